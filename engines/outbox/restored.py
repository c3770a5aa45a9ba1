"""After a restore: what may have gone out since the backup was made is not sent again before a person, or the provider, says
what became of it.

The backup knows what was waiting then. Of that, whatever has come due since may have been sent, and what was on its way may
have been settled; both become `unknown`, as if they were dispatched when they were due: they count against caps and fatigue,
a provider's word settles them, and everything else is up to a person. What is due later cannot have gone out, and stays.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from conversion.clock import database_now
from conversion.leases import UNCLAIMED
from conversion.models import Activity, Client
from conversion.tenancy import across_clients
from conversion.vocabulary import ActivityState as State
from engines.outbox import alerts, home
from engines.outbox.claims import CHANNELS
from engines.outbox.evidence import evidence
from engines.outbox.settling import settle
from engines.outbox.states import move

logger = logging.getLogger(__name__)
CODE = "restored"
REASON = "It may have gone out since the backup was made that the database was restored from."
WAITING = (State.PLANNED, State.QUEUED, State.CLAIMED, State.HELD)
PAGE = 500


@dataclass(frozen=True)
class Settled:
    """due: touches that may have gone out since the backup. in_flight: those that were on their way, or of unknown fate,
    when it was made.
    """

    due: int = 0
    in_flight: int = 0


def after_restore(*, nothing_was_sent: bool = False) -> Settled:
    """Settle a database that was restored, in one transaction, and let it send again from where it is. nothing_was_sent:
    everything was stopped before the backup was made, and stayed so: what was waiting goes on waiting.
    """
    with transaction.atomic(durable=True), across_clients("dispatch"):
        found = Settled() if nothing_was_sent else Settled(perhaps_sent(database_now()), in_flight())
        alerts.refresh()
        home.adopt()
    return found


def in_flight() -> int:
    """None of them is asked about at the provider by itself: one that forgets would let it be sent again."""
    was_tried = Q(state__in=WAITING, dispatched_at__isnull=False) | Q(state=State.DISPATCHING)
    tried = Activity.objects.filter(was_tried).update(
        state=State.UNKNOWN.value, reason_code=CODE, reason=REASON, **UNCLAIMED
    )
    known = Activity.objects.filter(state=State.UNKNOWN, claimed_until__isnull=False)
    return tried + known.update(**UNCLAIMED)


def perhaps_sent(at: datetime) -> int:
    """What was waiting and has come due by now, or has no time at all. A step that no table of states knows: only a restore
    makes it.
    """
    count = 0
    while rows := list(due_by(at)[:PAGE]):
        for activity in rows:
            columns = as_if_dispatched(activity, activity.moment or activity.created_at)
            count += Activity.objects.filter(pk=activity.pk).update(state=State.UNKNOWN.value, **columns)
    return count


def due_by(at: datetime) -> QuerySet[Any]:
    waiting = Activity.objects.filter(state__in=WAITING, channel__in=CHANNELS, dispatched_at=None)
    moments = waiting.annotate(moment=Coalesce("due_at", "scheduled_at"))
    return moments.filter(Q(moment__lte=at) | Q(moment=None)).select_related("lead", "client").order_by("pk")


def as_if_dispatched(activity: Activity, at: datetime) -> dict[str, Any]:
    columns = {"dispatched_at": at, "idempotency_key": activity.idempotency_key or str(activity.pk), **UNCLAIMED}
    if activity.body:
        try:
            columns |= evidence(activity, activity.subject, at)
        except Exception:
            logger.exception("touch %s: its text cannot be read", activity.pk)
    return columns | {"reason_code": CODE, "reason": REASON}


def waiting_for(client: Client, ids: Collection[UUID] = ()) -> QuerySet[Activity]:
    """The client's touches that wait for a person's word since a restore; of these ids alone, where some are given."""
    found = Activity.objects.for_client(client).filter(state=State.UNKNOWN, reason_code=CODE)
    return found.filter(pk__in=ids) if ids else found


def release(client: Client, ids: Collection[UUID] = (), *, sent: bool) -> int:
    """Say that they were sent, or that they were not and may go; returns how many. The guard looks at those that go as at
    any other.
    """
    count = 0
    for activity in waiting_for(client, ids).order_by("pk"):
        if sent:
            settle(activity, sent=True)
            count += 1
        else:
            count += not_sent(activity)
    with across_clients("dispatch"):
        alerts.refresh()
    return count


def not_sent(activity: Activity) -> int:
    """Back to the queue; one that has no text yet, back to the plan."""
    columns: dict[str, Any] = {"dispatched_at": None, "reason_code": "", "reason": "", "attempts": 0}
    if activity.body:
        return move(State.QUEUED, State.UNKNOWN, pk=activity.pk, columns=columns | {"due_at": database_now()})
    mine = Activity.objects.for_client(activity.client_id).filter(pk=activity.pk, state=State.UNKNOWN)
    return mine.update(state=State.PLANNED.value, **columns | {"due_at": None})
