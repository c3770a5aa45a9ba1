"""Write the whole database to a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from conversion.management.plainly import told_plainly
from engines.backups import BackupError, backup


class Command(BaseCommand):
    help = "Write all that the database holds to a new file, while everything goes on working. `restore` reads it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *, file: Path, **_: Any) -> None:
        with told_plainly("no backup was written", BackupError):
            size = backup(file)
        self.stdout.write(f"{file}: {size:,} bytes.")
