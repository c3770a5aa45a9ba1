"""Draw a client's current patterns as SVG files, one a picture."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from conversion.clients import ClientNotFound, find_client
from conversion.management.plainly import told_plainly
from conversion.vocabulary import PatternType
from patterns.charts.colours import standalone
from patterns.models import ConversionPattern
from patterns.pictures import Picture, pictures


class Command(BaseCommand):
    help = "Draw a client's current patterns as SVG files, one a picture."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", metavar="CLIENT", help="name, slug or id")
        parser.add_argument("--out", type=Path, default=Path(), metavar="FOLDER", help="where to write (default: here)")

    def handle(self, *, client: str, out: Path, **_: Any) -> None:
        with told_plainly("not every picture was drawn", ClientNotFound):
            owner = find_client(client)
            patterns = ConversionPattern.objects.for_client(owner).order_by("pattern_type")
            drawn = [path for pattern in patterns for path in draw(pattern, owner.name, out)]
        self.stdout.write(
            "\n".join(map(str, drawn)) or f"{owner.name} has no finding to draw yet. Run: manage.py learn_patterns"
        )


def draw(pattern: ConversionPattern, client: str, folder: Path) -> list[Path]:
    """Write the pictures of one pattern; none where it holds no finding."""
    return [write(picture, client, folder) for picture in pictures(PatternType(pattern.pattern_type), pattern.patterns)]


def write(picture: Picture, client: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{picture.key}.svg"
    heading = f"{picture.title}: {client}"
    path.write_text(standalone(picture.svg, heading, picture.note), encoding="utf-8")
    return path
