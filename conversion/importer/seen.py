"""Which keys a file has had so far, in constant memory: a scratch database on the disk, gone when it is closed."""

import sqlite3
from collections.abc import Collection, Iterable
from types import TracebackType
from typing import NamedTuple, Self


class Earlier(NamedTuple):
    """The row of this file that had a key first: its line, and its hash."""

    line: int
    hash: int


class Seen:
    """Keys of the rows of one file that were stored, or found stored already."""

    def __enter__(self) -> Self:
        self._scratch = sqlite3.connect("", isolation_level=None)  # "": a temporary file of SQLite's own
        self._scratch.execute("PRAGMA journal_mode = OFF")
        self._scratch.execute("PRAGMA synchronous = OFF")
        self._scratch.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, line INTEGER, hash INTEGER) WITHOUT ROWID")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scratch.close()

    def add(self, rows: Iterable[tuple[str, int, int]]) -> None:
        """Rows as (key, line, hash); none of the keys was added before."""
        self._scratch.execute("BEGIN")  # else each row is a transaction, and costs three times as much
        self._scratch.executemany("INSERT INTO seen VALUES (?, ?, ?)", rows)
        self._scratch.execute("COMMIT")

    def among(self, keys: Collection[str]) -> dict[str, Earlier]:
        """Those of the keys (some thousands at most) that the file had before."""
        places = ", ".join("?" * len(keys))
        found = self._scratch.execute(f"SELECT key, line, hash FROM seen WHERE key IN ({places})", tuple(keys))
        return {key: Earlier(line, row_hash) for key, line, row_hash in found}
