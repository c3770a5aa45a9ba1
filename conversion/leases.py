"""Work that stands in the database until it is done, whatever becomes of the process that does it.

A row is taken by one process at a time, for a lease that a heartbeat keeps. Where the process vanishes the lease runs out, and
the row is taken again; where the work fails it goes back with a pause; after three attempts it is held for a person. What the
work writes is committed together with `finish`, which raises where the lease was lost, so that nothing is written twice.
"""

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import DatabaseError, close_old_connections, connections, transaction
from django.db.models import Q, QuerySet

from conversion.clock import database_now
from conversion.models.ledger import Leased
from conversion.tenancy import across_clients
from conversion.vocabulary import RunState as State

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)
BEAT = 15.0  # seconds between two heartbeats: three may be missed
ATTEMPTS = 3
PAUSE = timedelta(seconds=30)  # after the first failure; twice as long after the second
VANISHED = "The process that worked on it vanished."
UNCLAIMED: dict[str, Any] = {"claimed_by": "", "claimed_until": None}


class LeaseLostError(RuntimeError):
    """The lease ran out meanwhile, and the row is somebody else's."""


def due(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those that may be taken now."""
    return rows.filter(Q(due_at=None) | Q(due_at__lte=database_now()), state=State.QUEUED)


def take(rows: QuerySet[Any]) -> Any:
    """The oldest row of those queued and due, now ours; None where there is none. Called in the scope that the rows need
    (`across_clients`).
    """
    waiting = due(rows).order_by("id")
    if not waiting.exists():  # an idle embedded database is left alone
        return None
    with transaction.atomic():
        row = waiting.select_for_update(skip_locked=True, of=("self",)).first()
        if row is not None:
            begin(row)
            row.save(update_fields=["state", "claimed_by", "claimed_until", "started_at", "attempts"])
    return row


def begin(row: Leased) -> None:
    """Make the row ours; the caller saves it."""
    at = database_now()
    row.state, row.started_at, row.attempts = State.STARTED, at, row.attempts + 1
    row.claimed_by = f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid4().hex[:16]}"
    row.claimed_until = at + LEASE


@contextmanager
def held(row: Leased) -> Iterator[None]:
    """Keep the lease while the block runs. A process that is told to stop inside gives the row back."""
    stop = threading.Event()
    beat = threading.Thread(target=_keep, args=(type(row), row.pk, row.claimed_by, stop), daemon=True)
    beat.start()
    try:
        yield
    except Exception:
        raise
    except BaseException:
        _change(row, {"state": State.QUEUED, "attempts": row.attempts - 1, **UNCLAIMED})
        raise
    finally:
        stop.set()
        beat.join(BEAT)


def finish(row: Leased, state: State = State.DONE, **columns: Any) -> None:
    """The work is done. In the transaction that writes its results. Raises LeaseLostError."""
    if not _change(row, {"finished_at": database_now(), **UNCLAIMED, **columns, "state": state}):
        raise LeaseLostError(
            f"{row._meta.verbose_name} {row.pk}: its lease ran out, and it was taken by another process"
        )


def fail(row: Leased, error: str, *, again: bool = True) -> None:
    """The work failed: it is queued once more after a pause, held after the last attempt, or just failed where it is not to
    be repeated. Does nothing where the lease was lost.
    """
    columns: dict[str, Any] = {"error": error, **UNCLAIMED}
    if again and row.attempts < ATTEMPTS:
        columns |= {"state": State.QUEUED, "due_at": database_now() + PAUSE * row.attempts}
    else:
        columns |= {"state": State.HELD if again else State.FAILED, "finished_at": database_now()}
    _change(row, columns)


def give_up_vanished(rows: QuerySet[Any]) -> list[Any]:
    """Put back the rows whose process vanished; returns those that are held now. In the scope that the rows need."""
    gone = list(rows.filter(state=State.STARTED, claimed_until__lte=database_now()))
    for row in gone:
        fail(row, VANISHED)
    return [row for row in gone if row.state == State.HELD]


def _change(row: Leased, columns: dict[str, Any]) -> bool:
    """Set columns of a row that is ours, in the database and then here; whether it was ours."""
    if not _write(type(row), row.pk, row.claimed_by, columns):
        return False
    for name, value in columns.items():
        setattr(row, name, value)
    return True


def _write(model: type[Leased], pk: UUID, token: str, columns: dict[str, Any]) -> bool:
    with across_clients("instances"):
        mine = model._default_manager.filter(pk=pk, state=State.STARTED, claimed_by=token)
        return bool(mine.update(**columns))


def _keep(model: type[Leased], pk: UUID, token: str, stop: threading.Event) -> None:
    try:
        while not stop.wait(BEAT):
            try:
                close_old_connections()
                if not _write(model, pk, token, {"claimed_until": database_now() + LEASE}):
                    return
            except DatabaseError as error:
                log.warning("the lease of %s could not be kept: %s", pk, type(error).__name__)
    finally:
        connections.close_all()
