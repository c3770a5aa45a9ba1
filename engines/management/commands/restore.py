"""Read a backup into an empty database."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandParser

from conversion.management.audited import Audited
from conversion.management.plainly import told_plainly
from engines.backups import BackupError, restore


class Command(Audited):
    help = (
        "Read a backup into the database, which must be empty, bring it up to this program's version, and settle what may "
        "have been sent since the backup was made (after_restore). Stop everything that sends first."
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--nothing-was-sent",
            action="store_true",
            help="everything was stopped before the backup was made, and stayed so: nothing is held",
        )

    def handle(self, *, file: Path, nothing_was_sent: bool, **_: Any) -> None:
        with told_plainly("nothing was restored", BackupError):
            restore(file)
        with told_plainly("the backup was read; run `manage.py migrate` and `manage.py after_restore`"):
            call_command("migrate", verbosity=0, interactive=False)
        call_command("after_restore", nothing_was_sent=nothing_was_sent, stdout=self.stdout)
