"""Forget a person: what is the person's own goes, and a keyed hash keeps it out."""

import json as json_lib
import time
from dataclasses import replace
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandParser

from conversion.clients import ClientNotFound
from conversion.erasure import Erased, clear, erase
from conversion.management.audited import Audited
from conversion.management.plainly import told_plainly
from conversion.management.somebody import add_person, whom
from conversion.people import PersonNotFound

PATIENCE = 120.0  # seconds that a send may take to be answered; its lease is shorter
PAUSE = 1.0


class Command(Audited):
    help = "Forget a person: its data is erased for good, and a keyed hash keeps it from being written to again."

    def add_arguments(self, parser: CommandParser) -> None:
        add_person(parser)
        parser.add_argument("--dry-run", action="store_true", help="say what would be erased; nothing is changed")
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *, person: list[str], everywhere: bool, dry_run: bool, json: bool, **_: Any) -> None:
        with told_plainly("nothing was erased", ClientNotFound, PersonNotFound, ImproperlyConfigured):
            client, text = whom(person, everywhere=everywhere)
            erased = erase(text, client, dry_run=dry_run)
        if not dry_run:
            with told_plainly("the person is erased, but for what the answer to a send may bring"):
                erased = answered(erased)
        if json:
            self.stdout.write(json_lib.dumps(document(erased, dry_run=dry_run)))
            return
        self.stdout.write(report(erased, dry_run=dry_run))


def answered(erased: Erased) -> Erased:
    """Wait for the sends that are under way, whose answers are cleared away as well."""
    deadline = time.monotonic() + PATIENCE
    while erased.in_flight and time.monotonic() < deadline:
        time.sleep(PAUSE)
        erased = replace(erased, in_flight=clear(erased.ids))
    return erased


def document(erased: Erased, *, dry_run: bool) -> dict[str, Any]:
    names = ("leads", "touches", "cancelled", "events", "messages", "changes", "entries")
    counts = {name: getattr(erased, name) for name in names}
    return {"dry_run": dry_run, "ids": [str(one) for one in erased.ids], **counts, "in_flight": erased.in_flight}


def report(erased: Erased, *, dry_run: bool) -> str:
    done = "Would be erased" if dry_run else "Erased"
    rows = f"{erased.leads:,} leads with {erased.touches:,} touches, {erased.events:,} events and {erased.messages:,} messages"
    lines = [
        f"{done}: {rows}, and {erased.changes:,} rows of what imports could undo.",
        f"Touches cancelled: {erased.cancelled:,}. Hashes added to the suppression lists: {erased.entries:,}.",
    ]
    if not erased.leads:
        lines.append("No lead goes by it. An import of the person stays suppressed all the same.")
    if erased.uploads:
        lines.append(f"Uploaded files that may hold the person, dropped: of {erased.uploads:,} imports.")
    if erased.in_flight and not dry_run:
        lines.append(
            f"{erased.in_flight:,} messages are being sent at this moment; run the command again for {erased.ids[0]}."
        )
    if not dry_run:
        lines.append("Backups, exports and the files that commands imported are not reached: see docs/sending.md.")
    return "\n".join(lines)
