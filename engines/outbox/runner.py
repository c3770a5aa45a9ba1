"""The sending loop: sweep, claim, send, wait. What a worker process runs, with a broker or without one."""

import logging
import queue
import threading
import time

from django.db import close_old_connections, connections

from conversion import signs
from conversion.tenancy import across_clients
from engines.outbox import durability
from engines.outbox.claims import Claim, claim, release
from engines.outbox.limits import Limits
from engines.outbox.sending import AWAY, screened, send
from engines.outbox.sweep import sweep

logger = logging.getLogger(__name__)
POLL = 1.0  # seconds between looks at an empty queue
SWEEP = 5.0  # seconds between sweeps
AWAY_PAUSE = 1.0  # seconds before the next attempt where the database is away
RECORDING = 5.0  # seconds in which an answer is written down, once the worker is to end


class Runner:
    """Sends what is due, on `threads` threads with a database connection each; with one thread, within the call.

    A claim is taken only when a thread will soon be free for it: at most twice as many touches as threads are in hand.
    """

    def __init__(self, threads: int, limits: Limits | None = None) -> None:
        self.threads = threads
        self.limits = limits or Limits.of_settings()
        self.stop = threading.Event()
        self.claimed = 0
        self.is_cut_short = False  # it ended while there was more to claim
        self._jobs: queue.SimpleQueue[Claim | None] = queue.SimpleQueue()
        self._freed = threading.Condition()
        self._in_hand = 0
        self._swept = float("-inf")
        self._is_checked = False

    def run(self, *, until_idle: bool = False, seconds: float = float("inf")) -> int:
        """Run until `stop` is set, for `seconds`, or, with until_idle, until nothing is due; returns how many touches were
        claimed. What was begun is finished, and what was claimed and not begun goes back. Raises NotDurableError.
        """
        hands = [
            threading.Thread(target=self._work, daemon=True) for _ in range(self.threads if self.threads > 1 else 0)
        ]
        end = time.monotonic() + seconds
        for hand in hands:
            hand.start()
        try:
            while not self.stop.is_set() and time.monotonic() < end:
                if self._step():
                    continue
                if until_idle and self._is_idle():
                    break
                self._rest()
            else:
                self.is_cut_short = not self.stop.is_set()
        finally:
            self._finish(hands)
        return self.claimed

    def _step(self) -> bool:
        """One round of the loop; whether something was claimed."""
        before = self.claimed
        try:
            close_old_connections()
            if not self._is_checked:
                durability.require()
                self._is_checked = True
            if time.monotonic() - self._swept >= SWEEP:
                self._swept = time.monotonic()
                sweep(self.limits, self.stop)
                signs.beat("sender")
            if not self.stop.is_set():
                self._claim()
        except AWAY as error:
            self._is_checked = False  # what comes back may be another database
            logger.warning("the database is away: %s", error)
            self.stop.wait(AWAY_PAUSE)
            return True
        return self.claimed > before

    def _claim(self) -> None:
        with self._freed:
            room = self.threads * 2 - self._in_hand if self._in_hand <= self.threads else 0
        if room <= 0:
            return
        claims = claim(room, self.limits)
        self.claimed += len(claims)
        claims = screened(claims)
        with self._freed:
            self._in_hand += len(claims)
        for one in claims:
            if self.threads > 1:
                self._jobs.put(one)
            else:
                self._do(one)

    def _rest(self) -> None:
        """Wait for a free hand where all are busy, else for the next poll."""
        with self._freed:
            busy = self._in_hand
            if busy > self.threads:
                self._freed.wait(POLL)
                return
            if busy:
                self._freed.wait(min(POLL, 0.02))
                return
        self.stop.wait(POLL)

    def _is_idle(self) -> bool:
        with self._freed:
            return self._in_hand == 0

    def _work(self) -> None:
        try:
            while True:
                try:
                    one = self._jobs.get(timeout=POLL)
                except queue.Empty:
                    close_old_connections()  # its health is asked after a pause, not before each touch
                    continue
                if one is None:
                    return
                self._do(one)
        finally:
            connections.close_all()

    def _do(self, one: Claim) -> None:
        try:
            with across_clients("dispatch"):
                if self.stop.is_set():
                    release([one])
                else:
                    send(one, self.limits, self.stop)
        except AWAY as error:
            logger.warning("touch %s: the database is away: %s", one.id, error)
            self.stop.wait(AWAY_PAUSE)
            close_old_connections()
        except Exception:
            logger.exception("touch %s", one.id)
        finally:
            with self._freed:
                self._in_hand -= 1
                self._freed.notify_all()

    def _finish(self, hands: list[threading.Thread]) -> None:
        waiting = []
        while not self._jobs.empty():
            try:
                one = self._jobs.get_nowait()
            except queue.Empty:
                break
            if one is not None:
                waiting.append(one)
        for _ in hands:
            self._jobs.put(None)
        try:
            release(waiting)
        except AWAY:
            logger.warning("%d claims could not be put back; they will be when they run out", len(waiting))
        # A provider answers within its time-out. Who is not done then is left to the sweep: the claim is on the disk.
        end = time.monotonic() + self.limits.timeout + RECORDING
        for hand in hands:
            hand.join(max(end - time.monotonic(), 0.0))
