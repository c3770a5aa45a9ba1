"""Score all leads of a client by the weights in force, and keep the scores on the leads."""

import json as json_lib
import sys
from typing import Any

from django.core.management.base import CommandParser

from conversion.clients import ClientNotFound, find_client
from conversion.management.audited import Audited
from conversion.management.plainly import told_plainly
from engines.scorer import Scored, score_client


class Command(Audited):
    help = "Score all leads of a client by the weights in force, and keep the scores on the leads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", metavar="CLIENT", help="name, slug or id")
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *, client: str, json: bool, **_: Any) -> None:
        with told_plainly("the leads of the batch at hand keep their scores", ClientNotFound):
            outcome = score_client(find_client(client), progress=self.progress)
        if sys.stderr.isatty() and outcome.scored:
            self.stderr.write("")
        self.stdout.write(json_lib.dumps(outcome.payload(), ensure_ascii=False) if json else summary(outcome))

    def progress(self, scored: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{scored:,} leads scored", ending="")


def summary(outcome: Scored) -> str:
    if not outcome.scored:
        return f"{outcome.client.name} has no leads to score."
    tiers = ", ".join(f"{count:,} {tier}" for tier, count in outcome.tiers.items())
    weights = ", ".join(f"{name.replace('_', ' ')} {weight:.2f}" for name, weight in outcome.weights.items())
    return (
        f"{outcome.client.name}: {outcome.scored:,} leads scored in {outcome.seconds:.1f} s: {tiers}\n"
        f"Weights: {weights}; {outcome.weights_source}"
    )
