"""The whole way on simulated clients: import their history, learn, print what was learned, act on it, and learn from that."""

import io
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils.timezone import now

from conversion.clients import find_client
from conversion.management.plainly import told_plainly
from conversion.models import Client
from engines.management import show
from patterns.simulator.load import load, load_fresh
from patterns.simulator.world import Simulation, simulate


@dataclass(frozen=True)
class Example:
    """A client of the demo: a history of so many leads of a simulated world."""

    name: str
    world: str
    leads: int
    about: str


EXAMPLES = (
    Example("Brightwave Software", "all", 8_000, "much history, and much in it that matters"),
    Example("Harbour Legal", "how", 2_000, "a year of outreach; only the channels matter"),
    Example("Tiny Studio", "all", 12, "just begun: too little to learn from"),
)
SEED = 7
DEMO_USER = "demo"
NEW_LEADS = 3  # of each client, to whom nothing was sent yet
REHEARSED = EXAMPLES[1].name  # whose plans are run through


class Command(BaseCommand):
    help = (
        "Import the history of three simulated clients, learn from it, print what was learned, act on it, learn again."
    )

    def handle(self, **_: Any) -> None:
        with told_plainly("what was imported and learned so far stays"):
            self.run_examples()

    def run_examples(self) -> None:
        today = datetime.combine(now().date(), time(), tzinfo=UTC)
        rehearsed: Simulation | None = None
        for number, example in enumerate(EXAMPLES, start=1):
            self.stdout.write(f"\n[{number}/{len(EXAMPLES)}] {example.name}: {example.about}")
            if Client.objects.filter(name=example.name, deleted_at__isnull=True).exists():
                self.stdout.write("  is here already, from an earlier demo")
                continue
            self.stdout.write(
                f"  importing {example.leads:,} leads and what was sent to them, through the importer ..."
            )
            self.stdout.flush()
            history = simulate(example.world, leads=example.leads, seed=SEED, as_of=today)
            load(history, example.name, stdout=io.StringIO())
            count = NEW_LEADS
            if example.name == REHEARSED:
                rehearsed, count = history, show.LEADS
            load_fresh(history, example.name, count, SEED, stdout=io.StringIO())
        for example in EXAMPLES:
            self.stdout.write("")
            call_command("learn_patterns", example.name, stdout=self.stdout)
            self.stdout.write("\nActing on it: the leads' scores, and a plan for one to whom nothing was sent yet")
            call_command("score_leads", example.name, stdout=self.stdout)
            call_command("plan_lead", example.name, "new-1", stdout=self.stdout)
        if rehearsed is not None:
            for line in show.rehearsal(find_client(REHEARSED), rehearsed, SEED, today):
                self.stdout.write(line)
                self.stdout.flush()
        self.stdout.write("\n".join(after()))
        self.stdout.write(way_in())


def way_in() -> str:
    """The line that opens the pages. With SQLite, where nobody can sign in yet, somebody is made who can."""
    address, users = f"`make serve`, then http://localhost:{settings.PORT}/", get_user_model().objects
    if settings.EMBEDDED and not users.exists():
        password = secrets.token_urlsafe(9)
        users.create_superuser(DEMO_USER, password=password)
        return f"See it: {address} as {DEMO_USER} with the password {password}"
    if settings.EMBEDDED and users.filter(username=DEMO_USER).exists():
        return (
            f"See it: {address} as {DEMO_USER} (a new password: .venv/bin/python manage.py changepassword {DEMO_USER})"
        )
    return f"See it: {address} (somebody to sign in as: .venv/bin/python manage.py createsuperuser)"


def after() -> Iterator[str]:
    first = EXAMPLES[0].name
    yield ""
    yield "What to try next"
    yield "----------------"
    for what, command in (
        ("the same as JSON", f'learn_patterns "{first}" --json'),
        ("what was known a month ago", f'learn_patterns "{first}" --as-of {now():%Y-%m}-01'),
        ("pictures of it", f'draw_patterns "{first}" --out pictures'),
        (
            "a world in which nothing matters",
            "simulate null --leads 5000 && .venv/bin/python manage.py learn_patterns simulated-null",
        ),
        ("your own history", 'import_history "My Client" --create --leads leads.csv --activities sent.csv --dry-run'),
    ):
        yield f"  {what}:\n    .venv/bin/python manage.py {command}"
    yield f"The data lies in {settings.DATABASES['default']['NAME']}; `make clean` removes it."
