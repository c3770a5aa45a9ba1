"""Settle a database that was restored."""

from typing import Any

from django.core.management.base import CommandParser

from conversion.management.audited import Audited
from conversion.management.plainly import told_plainly
from engines.outbox.restored import after_restore


class Command(Audited):
    help = (
        "Settle a database that was restored or moved: what may have gone out since the backup becomes unknown, and sending "
        "is possible again. `restore` does this by itself."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--nothing-was-sent",
            action="store_true",
            help="everything was stopped before the backup or the copy was made, and stayed so: nothing is held",
        )

    def handle(self, *, nothing_was_sent: bool, **_: Any) -> None:
        with told_plainly("nothing was changed"):
            found = after_restore(nothing_was_sent=nothing_was_sent)
        if found.due or found.in_flight:
            self.stdout.write(
                f"{found.due:,} touches have come due since and may have gone out, {found.in_flight:,} were on their way or of "
                "unknown fate: none of them is sent by itself. Look at the providers, then say what was sent with "
                "`manage.py release_restored`."
            )
        else:
            self.stdout.write("Nothing is held; what is due will be sent.")
