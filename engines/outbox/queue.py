"""Into the queue, and out of it by hand."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from conversion.models import Activity, Client
from conversion.vocabulary import ActivityState as State
from engines.outbox.clock import database_now
from engines.outbox.states import move
from engines.outbox.waking import wake


def enqueue(client: Client, ids: Collection[UUID], at: datetime | None = None) -> int:
    """Queue touches that are planned or held, due at `at`, else when they were scheduled, else now; returns how many.
    Workers are woken when the transaction is committed.
    """
    columns: dict[str, Any] = {"reason_code": "", "reason": "", "attempts": 0}
    if at is not None:
        columns["due_at"] = at
    else:
        moment = Value(database_now(), output_field=Activity._meta.get_field("due_at"))
        columns["due_at"] = Coalesce(F("scheduled_at"), moment)
    count = move(State.QUEUED, State.PLANNED, State.HELD, client=client, pk__in=ids, columns=columns)
    if count:
        transaction.on_commit(wake)
    return count


def cancel(client: Client, ids: Collection[UUID], reason: str) -> int:
    """Cancel touches that are not on their way yet; returns how many. One that was perhaps sent is settled instead."""
    columns = {"due_at": None, "reason_code": "cancelled", "reason": reason, "claimed_by": "", "claimed_until": None}
    return move(State.CANCELLED, client=client, pk__in=ids, dispatched_at=None, columns=columns)
