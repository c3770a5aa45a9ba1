"""The rejects file: rows that were not stored, each with its line, its column, the reason, and the row as it was."""

import csv
import os
import stat
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from conversion.importer.faults import Reject, UnusableInput

HEADER = ("line", "column", "reason", "file", "row")
SHOWN = 5  # rejects that are kept to be shown


class Rejects:
    """Writes beside its final place, and moves there at the end, so that a half-written file is never taken for one.

    path: where to; asked: the user named it, so it is written even without rejects. Raises UnusableInput where it cannot
    be written, or is a file that is imported.
    """

    def __init__(self, path: Path, inputs: list[Path], *, asked: bool) -> None:
        self.path = path
        self.count = 0
        self.first: list[Reject] = []
        self._asked = asked
        self._stream: TextIO | None = None
        self._scratch: Path | None = None
        try:
            irregular = not stat.S_ISREG(path.lstat().st_mode)
            taken = any(one.exists() and path.samefile(one) for one in inputs)
        except FileNotFoundError:
            irregular = taken = False
        except OSError as error:
            raise UnusableInput(f"{str(path)[:80]}: the rejects file cannot be written ({error.strerror})") from error
        if taken:
            raise UnusableInput(f"{path}: the rejects file is a file that is imported; give another one")
        if irregular:  # it would be replaced by a file
            raise UnusableInput(f"{path}: the rejects file is a {'directory' if path.is_dir() else 'device or a link'}")
        if asked:
            self._open()
        elif not os.access(path.parent, os.W_OK):
            raise UnusableInput(f"{path}: no rejects file could be written here; say where with --rejects")

    def write(self, reject: Reject) -> None:
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(reject)
        stream = self._stream or self._open()
        cells = (reject.column, reject.reason, reject.file, reject.raw)
        csv.writer(stream, lineterminator="\n").writerow([reject.line, *map(guarded, cells)])

    def keep(self) -> None:
        """The file at its place."""
        if self._stream and self._scratch:
            self._stream.close()
            self._scratch.replace(self.path)
            self._stream = self._scratch = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What was not kept is gone."""
        if self._stream and self._scratch:
            self._stream.close()
            self._scratch.unlink(missing_ok=True)
            self._stream = self._scratch = None

    @property
    def written(self) -> bool:
        return self._asked or self.count > 0

    def _open(self) -> TextIO:
        try:
            handle, name = tempfile.mkstemp(prefix=f".{self.path.name[:100]}.", dir=self.path.parent)
        except OSError as error:
            raise UnusableInput(f"{self.path}: the rejects file cannot be written ({error.strerror})") from error
        self._scratch = Path(name)
        self._scratch.chmod(0o666 & ~_umask())
        self._stream = os.fdopen(handle, "w", encoding="utf-8", newline="")
        csv.writer(self._stream, lineterminator="\n").writerow(HEADER)
        return self._stream


def _umask() -> int:
    """The process's mask; Python can read it only by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: one that starts so, or with apostrophes before such a start, gets
    an apostrophe in front. `unguarded` takes it away again.
    """
    return f"'{cell}" if _is_formula(cell) else cell


def unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _is_formula(cell[1:]) else cell


def _is_formula(cell: str) -> bool:
    return cell.lstrip("'")[:1] in {"=", "+", "-", "@", "\t", "\r"}
