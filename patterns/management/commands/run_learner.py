"""Learn for the clients that the learning flow has queued, one after the other."""

import logging
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, close_old_connections

from conversion.management.plainly import told_plainly
from patterns import flows

log = logging.getLogger(__name__)
POLL = 2.0  # seconds between looks at an empty queue


class Stopped(BaseException):
    """TERM or INT: what is under way goes back to the queue. Nothing went wrong, so no `except Exception` keeps it."""


class Command(BaseCommand):
    help = (
        "Learn for the clients that the learning flow has queued, one after the other, until told to stop (TERM or INT). "
        "Needs no broker; any number may run at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop when nothing is queued any more")

    def handle(self, *, once: bool, **_: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        try:
            with told_plainly("what was learned before stays"):
                while self.step(once) or not once:
                    pass
        except Stopped:
            self.stdout.write("Stopped; what was not finished is queued.")

    def seconds(self) -> int:
        """That one piece of work may take."""
        return settings.LEARN_TIMEOUT_SECONDS

    def work(self) -> bool:
        return flows.step()

    def step(self, once: bool) -> bool:
        """One piece of work, or a pause where there is none; whether there was one."""
        try:
            close_old_connections()
            with time_limit(self.seconds()):
                if self.work():
                    return True
        except (OperationalError, InterfaceError) as error:
            if once:
                raise
            log.warning("the database is away: %s", error)
        if not once:
            time.sleep(POLL)
        return False


def stop(_signal: int, _frame: FrameType | None) -> None:
    raise Stopped


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise TimeoutError in the block after so many seconds. On the main thread."""

    def out_of_time(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"not done within {seconds} s (LEARN_TIMEOUT_SECONDS)")

    before = signal.signal(signal.SIGALRM, out_of_time)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
