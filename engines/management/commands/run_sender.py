"""Send what is due, and go on until told to stop."""

import signal
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from conversion.management.plainly import told_plainly
from conversion.management.whole import whole
from conversion.models import Activity
from conversion.tenancy import across_clients
from engines.outbox.durability import NotDurableError
from engines.outbox.home import NotAtHomeError
from engines.outbox.runner import Runner


class Command(BaseCommand):
    help = (
        "Send what is due, and go on until told to stop (TERM or INT): what was begun is finished first. "
        "Needs no broker; any number may run at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop when nothing is due any more")
        parser.add_argument(
            "--threads", type=whole(1, 64), default=settings.SEND_THREADS, metavar="N", help="sends at the same time"
        )

    def handle(self, *, once: bool, threads: int, **_: Any) -> None:
        with told_plainly("what was not sent stays in the queue", NotDurableError, NotAtHomeError, ValueError):
            # On SQLite a table that is missing looks to the runner like a database that is away, and it would wait for it.
            if connection.vendor == "sqlite":
                with across_clients("dispatch"):
                    Activity.objects.exists()
            runner = Runner(threads)
            listen(runner)
            claimed = runner.run(until_idle=once)
        self.stdout.write(f"{claimed} touches were taken from the queue.")


def listen(runner: Runner) -> None:
    """End on TERM and INT, when what was begun is finished."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        runner.stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
