"""How far an import is, where other processes see it before it is committed.

Another connection writes it into the upload's row; but on SQLite, which has one writer, it stands in a file beside the
database, which is on the same machine as whoever asks.
"""

import logging
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from django.db import DatabaseError, connection, connections

from conversion.models import ImportUpload
from conversion.tenancy import across_clients
from conversion.vocabulary import RunState

log = logging.getLogger(__name__)
EVERY = 1.0  # seconds between two writes


class Pulse:
    """`tell` it the rows that were dealt with. Ends with the block, or before by `end`."""

    def __init__(self, upload: ImportUpload) -> None:
        self._upload = upload
        self._done = 0
        self._file = _beside(upload)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def tell(self, done: int) -> None:
        self._done = done
        if self._file is not None:
            with suppress(OSError):
                self._file.write_text(str(done))

    def __enter__(self) -> Self:
        self.tell(0)  # a process that was killed left its last word there
        if connection.vendor != "sqlite":
            self._thread = threading.Thread(target=self._keep, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """No write is under way any more, so that the row can be locked."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        if self._file is not None:
            with suppress(OSError):
                self._file.unlink(missing_ok=True)

    def _keep(self) -> None:
        told = 0
        try:
            while not self._stop.wait(EVERY):
                if self._done != told:
                    told = self._done
                    self._write(told)
        finally:
            connections.close_all()

    def _write(self, done: int) -> None:
        mine = ImportUpload.objects.filter(
            pk=self._upload.pk, state=RunState.STARTED, claimed_by=self._upload.claimed_by
        )
        try:
            with across_clients("imports"):
                mine.update(done=done)
        except DatabaseError as error:
            log.warning("the progress of %s could not be told: %s", self._upload.pk, type(error).__name__)


def rows_done(upload: ImportUpload) -> int:
    """What the last pulse told."""
    file = _beside(upload)
    if file is None or upload.state != RunState.STARTED:
        return upload.done
    try:
        return int(file.read_text() or 0)
    except (OSError, ValueError):
        return upload.done


def _beside(upload: ImportUpload) -> Path | None:
    if connection.vendor != "sqlite":
        return None
    name = str(connection.settings_dict["NAME"])
    return None if "memory" in name else Path(f"{name}.import-{upload.pk}")
