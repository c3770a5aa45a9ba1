"""Draw a client's current patterns as SVG files, one a question."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from conversion.clients import ClientNotFound, find_client
from conversion.management.plainly import told_plainly
from conversion.vocabulary import Outcome, PatternType, Status
from patterns import report
from patterns.charts import ranked_intervals, standalone
from patterns.models import ConversionPattern
from patterns.payloads import outcome_of

ROWS = 12  # the strongest; more would not fit a page
TITLES = {
    PatternType.WHO: "Which leads book",
    PatternType.WHAT: "What content books",
    PatternType.WHEN: "When touches book",
    PatternType.HOW: "Which channels book",
}


class Command(BaseCommand):
    help = "Draw a client's current patterns as SVG files, one a question."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", metavar="CLIENT", help="name, slug or id")
        parser.add_argument("--out", type=Path, default=Path(), metavar="FOLDER", help="where to write (default: here)")

    def handle(self, *, client: str, out: Path, **_: Any) -> None:
        with told_plainly("not every picture was drawn", ClientNotFound):
            owner = find_client(client)
            patterns = ConversionPattern.objects.for_client(owner).order_by("pattern_type")
            drawn = [path for pattern in patterns if (path := draw(pattern, owner.name, out))]
        self.stdout.write(
            "\n".join(map(str, drawn)) or f"{owner.name} has no finding to draw yet. Run: manage.py learn_patterns"
        )


def draw(pattern: ConversionPattern, client: str, folder: Path) -> Path | None:
    """Write the picture of one pattern; None where it holds no finding."""
    kind = PatternType(pattern.pattern_type)
    said = [one for one in report.findings(pattern.patterns) if one.finding.get("lift_high") is not None]
    order = list(Status)
    said.sort(key=lambda one: (order.index(Status(one.finding["status"])), -one.strength, one.name))
    chosen = sorted(said[:ROWS], key=lambda one: -one.finding["lift"])
    if not chosen:
        return None
    outcome = outcome_of(pattern.patterns)
    asked = TITLES[kind] if outcome == Outcome.BOOKED else f"{report.QUESTIONS[kind]}, by who {outcome.past}"
    title = f"{asked}: {client}"
    rows = [(one.name, one.against, one.finding) for one in chosen]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}.svg"
    path.write_text(standalone(ranked_intervals(title, rows, report.UNITS[kind], outcome.past)), encoding="utf-8")
    return path
