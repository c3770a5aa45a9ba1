"""Look once a minute for what is due, and have the long work done: the place of beat and learners where there is no broker."""

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

from conversion import imports
from conversion.clock import database_now
from conversion.management.plainly import told_plainly
from engines import ahead, backfill
from engines.poll import poll
from patterns import flows

log = logging.getLogger(__name__)
EVERY = 60.0  # seconds between two polls
LOOK = 5.0  # seconds between looks for long work
PATIENCE = 15.0  # seconds that a worker has to put back what it was at
SAID_AGAIN = 3600.0  # seconds between two lines about what is planned, unless there was nothing before
# Commands that do long work, and whether there is some. Each in a process of its own, so that one client's time and memory are
# not the scheduler's.
WORKERS = {
    "run_learner": flows.is_waiting,
    "run_backfills": backfill.is_waiting,
    "run_imports": imports.is_waiting,
}


class Command(BaseCommand):
    help = (
        "Look once a minute for what is due, learn when it is time to, and fill in what was asked for, until told to stop "
        "(TERM or INT). "
        "Needs no broker; any number may run at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="look once, do what is due, and stop")

    def handle(self, *, once: bool, **_: Any) -> None:
        self.stop = threading.Event()
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self.said, self.say_again = "", 0.0
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
                    self.say()
                self.work()
            except (OperationalError, InterfaceError) as error:
                if once:
                    raise
                log.warning("the database is away: %s", error)
            if once:
                for worker in self.workers.values():
                    worker.wait()
                return
            self.stop.wait(LOOK)

    def say(self) -> None:
        """What is planned and when the next of it is due: at the start, where something is planned first, and then hourly."""
        line = ahead.said(database_now())
        is_first = self.said.startswith("no ") and not line.startswith("no ")
        if line != self.said and (is_first or time.monotonic() >= self.say_again):
            self.said, self.say_again = line, time.monotonic() + SAID_AGAIN
            self.stdout.write(line)
            self.stdout.flush()

    def work(self) -> None:
        """Keep one worker of each kind busy while there is something for it."""
        if settings.REDIS_URL:
            return
        for name, is_waiting in WORKERS.items():
            worker = self.workers.get(name)
            if (worker is None or worker.poll() is not None) and is_waiting():
                command = [sys.executable, "-m", "django", name, "--once"]
                self.workers[name] = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL)  # noqa: S603

    def end(self) -> None:
        busy = [worker for worker in self.workers.values() if worker.poll() is None]
        for worker in busy:
            worker.terminate()
        until = time.monotonic() + PATIENCE
        for worker in busy:
            try:
                worker.wait(max(until - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
