"""Rows into the database while the next ones are read: COPY in a thread of its own, on the import's connection."""

import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection

from conversion.bulk import Writer
from conversion.encoding import Block

# Seconds after which a thread lets the other one have its turn: usually ten times as long, in which the server, which takes what
# it is sent at once, waits for more.
TURN = 0.0005


class Feed:
    """Stores blocks one after another. Between `begin` and `wait` nobody else may use the connection."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="feed")
        self._storing: Future[None] | None = None

    def begin(self, block: Block | None) -> None:
        """Where it cannot be stored beside, it is stored at once."""
        self.wait()
        storing = self._writer.storing(block)
        if storing is None:
            self._writer.store(block)
        else:
            self._storing = self._pool.submit(storing)

    def wait(self) -> None:
        """Until what was begun is stored. Raises what the database says of it."""
        storing, self._storing = self._storing, None
        if storing is not None:
            with connection.wrap_database_errors:
                storing.result()

    def close(self) -> None:
        """The connection is free again, whatever became of the rows."""
        self._pool.shutdown()


@contextmanager
def short_turns() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
