"""Fill in what a client's earlier rows lack, and learn from it; goes on where an earlier run broke off."""

import sys
from typing import Any

from django.core.management.base import CommandParser
from tqdm import tqdm

from conversion.clients import ClientNotFound, find_client
from conversion.management.audited import Audited
from conversion.management.plainly import told_plainly
from conversion.models import Client
from engines.backfill import BackfillResult, backfill, start


class Command(Audited):
    help = (
        "Rebuild snapshots from metadata, score leads that have no components, find the converting touches, and learn. "
        "Started again after it broke off, it goes on where it was."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", metavar="CLIENT", help="name, slug or id")
        parser.add_argument("--no-content", action="store_true", help="rebuild no snapshots")
        parser.add_argument("--no-als", action="store_true", help="score no leads")
        parser.add_argument("--no-learning", action="store_true", help="do not learn in the end")

    def handle(self, *, client: str, **off: Any) -> None:
        with told_plainly("the leads that were done stay so; start it again to go on", ClientNotFound):
            found = find_client(client)
            run = start(found, content=not off["no_content"], als=not off["no_als"], learning=not off["no_learning"])
            if run.leads:
                self.stderr.write(f"Going on after {run.leads:,} leads.")
            with tqdm(total=run.total, initial=run.leads, unit=" leads", disable=not sys.stderr.isatty()) as bar:
                outcome = backfill(found, run=run, progress=lambda done, _: bar.update(done - bar.n))
        self.stdout.write(summary(found, outcome))


def summary(client: Client, outcome: BackfillResult) -> str:
    done = (
        f"{client.name}: {outcome.leads:,} leads in {outcome.seconds:.1f} s: {outcome.snapshots:,} snapshots rebuilt, "
        f"{outcome.scored:,} leads scored, converting touches settled"
    )
    lines = [done]
    if outcome.unusable:
        lines.append(f"{outcome.unusable:,} touches hold metadata that no snapshot can be made of; the log names them.")
    if outcome.learned is not None:
        kinds = ", ".join(outcome.learned.payloads()) or "nothing: too little to learn from"
        lines.append(f"Learned: {kinds}")
    return "\n".join(lines)
