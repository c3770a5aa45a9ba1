"""Picking up what was left lying: claims of workers that vanished, sends without an answer, touches that have come due.

Every step looks first and writes only where there is something, so that an idle embedded database is left alone, and every
write repeats its conditions, so that any number of sweeps may run at once.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When

from conversion.leases import UNCLAIMED
from conversion.models import Activity
from conversion.tenancy import across_clients
from conversion.vocabulary import ActivityState as State
from engines import acquaintance
from engines.outbox import alerts, circuit
from engines.outbox.claims import CHANNELS
from engines.outbox.clock import database_now
from engines.outbox.dispatching import may_repeat
from engines.outbox.limits import LOSSES, Limits
from engines.outbox.record import mark_sent
from engines.outbox.states import move
from engines.providers.contract import Absent, Accepted, Provider
from engines.providers.registry import AccountError, provider_for

logger = logging.getLogger(__name__)
NEVER = Event()
AT_ONCE = 100  # sends without an answer that one sweep looks at
NO_ANSWER = "The worker that was sending it vanished before the provider's answer was written down."


@dataclass
class Swept:
    """How many touches a sweep moved. returned: claims that ran out, back to the queue. repeated: sent again with the same
    key, where the provider takes both for one. sent: found at the provider. absent: not found there, back to the queue.
    unknown: nobody can tell. ripened: planned or held touches that have come due.
    """

    returned: int = 0
    repeated: int = 0
    sent: int = 0
    absent: int = 0
    unknown: int = 0
    ripened: int = 0


def sweep(limits: Limits | None = None, stop: Event = NEVER) -> Swept:
    """One round; cut short where `stop` is set meanwhile. Raises OperationalError where the database is away."""
    limits = limits or Limits.of_settings()
    swept = Swept()
    with across_clients("dispatch"):
        at = database_now()
        swept.returned = returned(at)
        for activity in unanswered(at):
            if stop.is_set():
                break
            settle_one(activity, at, limits, swept)
        swept.ripened = ripened(at)
        alerts.refresh()
    return swept


def returned(at: datetime) -> int:
    """Claims that ran out before a dispatch. A touch whose worker vanishes again and again is held."""
    expired = Q(claimed_until__lte=at)
    if not Activity.objects.filter(expired, state=State.CLAIMED).exists():
        return 0
    losses = Case(When(reason_code="lost", then=F("attempts") + 1), default=Value(1))
    columns = {**UNCLAIMED, "reason_code": "lost", "reason": "Its worker vanished.", "attempts": losses}
    count = move(State.QUEUED, State.CLAIMED, claimed_until__lte=at, columns=columns)
    told = f"Each of the {LOSSES} workers that had it vanished before sending it."
    lost: dict[str, Any] = {"reason_code": "lost", "attempts__gte": LOSSES, "dispatched_at": None}
    move(State.HELD, State.QUEUED, **lost, columns={"due_at": None, "reason": told})
    return count


def unanswered(at: datetime) -> QuerySet[Activity]:
    """Sends whose lease ran out without an answer, and unknown ones that the provider is to be asked about again."""
    rows = Activity.objects.filter(
        Q(state=State.DISPATCHING) | Q(state=State.UNKNOWN, dispatched_at__isnull=False), claimed_until__lte=at
    )
    return rows.select_related("client", "lead", "sender__account").order_by("state", "claimed_until")[:AT_ONCE]


def settle_one(activity: Activity, at: datetime, limits: Limits, swept: Swept) -> None:
    """Ask the provider, send again where that is safe, or say that nobody knows."""
    provider = provider_of(activity)
    found: Accepted | Absent | None = None
    if acquaintance.accepted_since(activity):  # its lead was quicker than its provider's answer
        found = Accepted(activity.provider_message_id)
    elif provider is not None and not circuit.is_shut(circuit.account_of(activity), at):
        found = looked_up(provider, activity)
    was = State(activity.state)
    mine = {"pk": activity.pk, "claimed_until": activity.claimed_until}
    if isinstance(found, Accepted):
        with transaction.atomic(durable=True):
            swept.sent += mark_sent(activity, found.message_id)
    elif isinstance(found, Absent):
        columns = {**UNCLAIMED, "dispatched_at": None, "due_at": at, "reason_code": "absent"}
        columns["reason"] = "The provider never got it, so it is sent again."
        swept.absent += move(State.QUEUED, was, **mine, columns=columns)
    elif was is State.UNKNOWN:
        ask_later(activity, at)
    elif provider is not None and activity.dispatched_at and may_repeat(provider, activity.dispatched_at, at, limits):
        columns = {**UNCLAIMED, "due_at": at, "reason_code": "repeated", "reason": NO_ANSWER}
        swept.repeated += move(State.QUEUED, was, **mine, columns=columns)
    else:
        swept.unknown += became_unknown(activity, mine)


def ask_later(activity: Activity, at: datetime) -> None:
    """The older an unknown send, the longer until the provider is asked again: from a minute on, as long as it is old."""
    pause = max(timedelta(minutes=1), at - (activity.dispatched_at or at))
    mine = Activity.objects.filter(pk=activity.pk, state=State.UNKNOWN, claimed_until=activity.claimed_until)
    mine.update(claimed_until=at + pause)


def became_unknown(activity: Activity, mine: dict[str, Any]) -> int:
    with transaction.atomic(durable=True):
        columns = {"reason_code": "no_answer", "reason": NO_ANSWER}
        count = move(State.UNKNOWN, State.DISPATCHING, **mine, columns=columns)
        if count:
            alerts.open_unknown(activity.client_id)
    return count


def provider_of(activity: Activity) -> Provider | None:
    try:
        return provider_for(activity.sender.account if activity.sender else None, activity.channel)
    except AccountError:
        return None


def looked_up(provider: Provider, activity: Activity) -> Accepted | Absent | None:
    try:
        return provider.look_up(activity.idempotency_key or "")
    except Exception:
        logger.exception("provider %s broke when it was asked about %s", provider.name, activity.pk)
        return None


def ripened(at: datetime) -> int:
    """Planned and held touches whose time has come; the guard is asked again."""
    due: dict[str, Any] = {"due_at__lte": at, "channel__in": CHANNELS}
    if not Activity.objects.filter(state__in=[State.PLANNED, State.HELD], **due).exists():
        return 0
    return move(State.QUEUED, State.PLANNED, State.HELD, **due)
