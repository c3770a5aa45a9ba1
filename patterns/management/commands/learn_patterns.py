"""Learn patterns from clients' histories, store them, and say what was learned."""

import argparse
import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.timezone import now

from conversion.clients import ClientNotFound, find_client
from conversion.management.audited import Audited
from conversion.management.plainly import FAILED, told_plainly
from conversion.models import Client
from patterns import learning, pooling, report
from patterns.detectors.findings import Abstention, rounded

log = logging.getLogger(__name__)


class Command(Audited):
    help = "Learn patterns from clients' histories, store them, and say what was learned."
    requires_system_checks = ()  # they load every page, for half a second

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("clients", nargs="*", metavar="CLIENT", help="name, slug or id; all active clients if none")
        parser.add_argument(
            "--as-of", type=moment, metavar="T", help="learn from facts up to this time (ISO 8601; default now)"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *, clients: list[str], as_of: datetime | None, json: bool, **_: Any) -> None:
        failures: list[str] = []
        moment_asked = as_of or now().replace(microsecond=0)
        with told_plainly("the stored patterns stay as they are", ClientNotFound):
            chosen = [find_client(name) for name in clients] or list(Client.objects.learned_for().order_by("name"))
            pooling.renew_for(chosen, moment_asked)
            outcomes = self.learned(chosen, moment_asked, failures)
            if json:
                self.stdout.write(document(list(outcomes)))
            elif not chosen:
                self.stdout.write(
                    "There is no client to learn for. Bring one in: manage.py import_history NAME --create"
                )
            else:
                for outcome in outcomes:
                    self.stdout.write("\n".join([*summary(outcome), ""]))
        if failures:
            raise CommandError("; ".join(failures), returncode=FAILED)

    def learned(self, clients: list[Client], as_of: datetime, failures: list[str]) -> Iterator[learning.Learned]:
        """One client after another; what goes wrong at one is kept for the end and does not stop the rest."""
        for number, client in enumerate(clients, start=1):
            if len(clients) > 1 and sys.stderr.isatty():
                self.stderr.write(f"[{number}/{len(clients)}] {client.name}")
            try:
                yield learning.learn(client, as_of)
            except Exception as error:
                log.debug("learning for client %s failed", client.pk, exc_info=True)
                failures.append(
                    f"{client.name}: learning failed, the stored patterns stay ({type(error).__name__}: {error})"
                )


def moment(text: str) -> datetime:
    """A time up to now; one without an offset is UTC."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no ISO 8601 time, such as 2026-03-01T02:00:00+00:00") from error
    value = value if value.tzinfo else value.replace(tzinfo=UTC)
    if value > now():
        raise argparse.ArgumentTypeError(f"{text!r} lies in the future: there are no facts up to it yet")
    try:
        return value.astimezone(UTC).replace(microsecond=0)
    except OverflowError as error:
        raise argparse.ArgumentTypeError(f"{text!r} lies before all time") from error


def document(outcomes: list[learning.Learned]) -> str:
    clients = [
        {
            "client": outcome.client.name,
            "id": str(outcome.client.pk),
            "as_of": outcome.as_of.isoformat(),
            "seconds": rounded(outcome.seconds),
            "patterns": {str(kind): payload(found) for kind, found in outcome.patterns.items()},
        }
        for outcome in outcomes
    ]
    return json.dumps({"clients": clients}, ensure_ascii=False)


def summary(outcome: learning.Learned) -> list[str]:
    head = (
        f"{outcome.client.name}: {outcome.leads:,} leads, {outcome.touches:,} touches "
        f"up to {outcome.as_of:%Y-%m-%d %H:%M} UTC, learned in {outcome.seconds:.1f} s"
    )
    text = [head, "=" * len(head)]
    if not outcome.kept:
        text.append("A look back: the patterns in force know later facts and stay.")
    for kind, found in outcome.patterns.items():
        text += ["", *report.lines(kind, payload(found))]
        if kind in outcome.stored:
            row = outcome.stored[kind]
            text += [f"  = {line}" for line in (report.changes(row.comparison), report.later(row.scorecard)) if line]
    return text


def payload(found: learning.Payload | Abstention) -> Any:
    return found.payload() if isinstance(found, Abstention) else found
