"""Rows into the database while Python makes the next ones: COPY in a thread of its own, on the caller's connection."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from django.db import connection

from conversion.bulk import Writer
from conversion.encoding import Block
from conversion.interpreter import short_turns


class Feed:
    """Stores blocks one after another. Between `begin` and `wait` nobody else may use the connection; in the end it is free
    again, whatever became of the rows.
    """

    def __init__(self) -> None:
        self._open = ExitStack()
        self._pool: ThreadPoolExecutor | None = None
        self._storing: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.wait()
        self.close()

    def close(self) -> None:
        self._open.close()

    def begin(self, *given: tuple[Writer, Block | None]) -> None:
        """Store blocks, in this order. Where they cannot be stored beside, they are stored at once."""
        self.wait()
        storing = [writer.storing(block) for writer, block in given if block]
        if storing and all(storing):
            self._storing = self._thread().submit(_all, storing)
            return
        for writer, block in given:
            writer.store(block)

    def _thread(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = self._open.enter_context(ThreadPoolExecutor(max_workers=1, thread_name_prefix="feed"))
            self._open.enter_context(short_turns)
        return self._pool

    def wait(self) -> None:
        """Until what was begun is stored. Raises what the database says of it."""
        storing, self._storing = self._storing, None
        if storing is not None:
            with connection.wrap_database_errors:
                storing.result()


def _all(storing: Sequence[Callable[[], None] | None]) -> None:
    for store in storing:
        if store is not None:
            store()
