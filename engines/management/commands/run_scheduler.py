"""Look once a minute for what is due, and learn when it is time to: the place of beat and learners where there is no broker."""

import logging
import signal
import subprocess
import sys
import threading
import time
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, close_old_connections

from conversion.clock import database_now
from conversion.management.plainly import told_plainly
from engines.poll import poll
from patterns import flows

log = logging.getLogger(__name__)
EVERY = 60.0  # seconds between two polls
LOOK = 5.0  # seconds between looks for something to learn
PATIENCE = 15.0  # seconds that a learner has to put back what it was at


class Command(BaseCommand):
    help = (
        "Look once a minute for what is due, and learn when it is time to, until told to stop (TERM or INT). "
        "Needs no broker; any number may run at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="look once, learn what is due, and stop")

    def handle(self, *, once: bool, **_: Any) -> None:
        self.stop = threading.Event()
        self.learner: subprocess.Popen[bytes] | None = None
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.told_to_stop)
        with told_plainly("what is due stays due"):
            try:
                self.run(once)
            finally:
                self.end()

    def told_to_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stop.set()

    def run(self, once: bool) -> None:
        due = time.monotonic()
        while not self.stop.is_set():
            try:
                close_old_connections()
                if time.monotonic() >= due:
                    due = time.monotonic() + EVERY
                    poll(database_now())
                self.learn()
            except (OperationalError, InterfaceError) as error:
                if once:
                    raise
                log.warning("the database is away: %s", error)
            if once:
                if self.learner is not None:
                    self.learner.wait()
                return
            self.stop.wait(LOOK)

    def learn(self) -> None:
        """Keep one learner at work while there is something to learn. It is a process of its own, so that one client's time
        and memory are not the scheduler's.
        """
        is_busy = self.learner is not None and self.learner.poll() is None
        if is_busy or settings.REDIS_URL or not flows.is_waiting():
            return
        command = [sys.executable, "-m", "django", "run_learner", "--once"]
        self.learner = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL)  # noqa: S603

    def end(self) -> None:
        if self.learner is None or self.learner.poll() is not None:
            return
        self.learner.terminate()
        try:
            self.learner.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.learner.kill()
            self.learner.wait()
