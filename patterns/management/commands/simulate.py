"""Make a client from a simulated world whose truth is known, through the importer."""

from datetime import UTC, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.timezone import now

from conversion.management.plainly import told_plainly
from conversion.management.whole import whole
from conversion.models import Client
from patterns.simulator.load import load
from patterns.simulator.verdict import STRONG
from patterns.simulator.world import WORLDS, simulate

MOST_LEADS = 1_000_000


class Command(BaseCommand):
    help = "Make a client from a simulated world whose truth is known, through the importer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("world", choices=sorted(WORLDS), help="what matters in it")
        parser.add_argument("--leads", type=whole(1, MOST_LEADS), default=2_000, metavar="N", help="default 2,000")
        parser.add_argument("--seed", type=whole(0, 2**32 - 1), default=1, metavar="S", help="default 1")
        parser.add_argument("--client", metavar="NAME", help="default: Simulated WORLD")

    def handle(self, *, world: str, leads: int, seed: int, client: str | None, **_: Any) -> None:
        today = datetime.combine(now().date(), time(), tzinfo=UTC)
        history = simulate(world, leads=leads, seed=seed, as_of=today)
        name = client or f"Simulated {world}"
        with told_plainly("the simulated history was not stored", ValueError):
            if Client.objects.filter(name=name, deleted_at__isnull=True).exists():
                raise ValueError(
                    f"there is a client {name!r} already, which invented leads must not join: give --client"
                )
            load(history, name, stdout=self.stdout, stderr=self.stderr)
        strong = [one for one in history.truth if max(one.factor, 1 / one.factor) >= STRONG]
        self.stdout.write(f"Effects of {STRONG} and more in this world: {len(strong)}")
        for one in strong:
            self.stdout.write(f"  {one.detector} {', '.join(map(str, one.key.values()))}: {one.factor:.2f} times")
