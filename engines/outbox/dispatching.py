"""From a claim to the committed intent to send.

One transaction asks the guard, composes the message, takes the snapshot and moves the row to `dispatching`. Only after its
commit, which is on the disk, may the first byte leave. While it runs, the lead's and the sender's rows and the list of
suppressions stand still: an opt-out that was committed before is seen, one that comes later is too late, and none falls
between. On SQLite the transaction has the database for itself.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from conversion.models import Activity, ProviderAccount, Sender, Suppression
from conversion.tenancy import across_clients
from conversion.vocabulary import ActivityState as State
from engines.guard import examine
from engines.outbox import circuit
from engines.outbox.alerts import open_unknown
from engines.outbox.claims import UNCLAIMED, Claim
from engines.outbox.clock import database_now
from engines.outbox.evidence import evidence
from engines.outbox.limits import Limits
from engines.outbox.states import move
from engines.providers.contract import Outgoing, Provider
from engines.providers.registry import provider_for
from engines.verdicts import Cancel, Hold
from engines.writing import outgoing_for

# Less than PostgreSQL's deadlock_timeout (1 s): where two wait for each other, it is the send that gives way, never the
# opt-out. Also how long a bulk load of suppressions makes one send wait before it goes back to the queue.
LOCK_WAIT = "SELECT set_config('lock_timeout', '300ms', true)"
# Readers and other sends pass; whoever writes to the list waits for our commit, or we for theirs.
LOCK_LIST = f"LOCK TABLE {Suppression._meta.db_table} IN SHARE MODE"

ASIDE = timedelta(seconds=0.5)  # until a touch is claimed again for whose account there was no room


@dataclass(frozen=True)
class Ready:
    """A touch whose intent is committed. since: the worker's monotonic clock when that began. is_repeat: it was tried
    before with the same key, and what became of that is not known.
    """

    activity: Activity
    outgoing: Outgoing
    provider: Provider
    account: ProviderAccount
    token: str
    dispatched_at: datetime
    since: float
    is_repeat: bool


@dataclass(frozen=True)
class Attempt:
    """at: the moment by the database's clock; since: by the worker's monotonic one."""

    claim: Claim
    account: ProviderAccount
    at: datetime
    since: float


def dispatch(claim: Claim, limits: Limits) -> Ready | None:
    """Commit the intent to send; None where the touch is held, cancelled, put back or no longer ours."""
    with transaction.atomic(durable=True), across_clients("dispatch"):
        activity = locked(claim)
        if activity is None:
            return None
        since, at = time.monotonic(), database_now()
        if activity.claimed_until is None or activity.claimed_until <= at or stopped(activity, claim, at):
            return None
        account = circuit.account_of(activity)
        if not claim.is_probe and (circuit.is_shut(account, at) or not circuit.has_room(account)):
            columns = UNCLAIMED | {"due_at": at + ASIDE}
            move(State.QUEUED, State.CLAIMED, pk=claim.id, columns=columns)
            return None
        attempt = Attempt(claim, account, at, since)
        return committed(activity, attempt, limits)


def locked(claim: Claim) -> Activity | None:
    """The touch with all that it is made from, locked until the transaction ends; None where it is not ours any more."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(LOCK_WAIT)
            cursor.execute(LOCK_LIST)
    rows = Activity.objects.select_related("lead", "client__agency", "sender__account")
    mine = rows.filter(pk=claim.id, state=State.CLAIMED, claimed_by=claim.token)
    activity: Activity | None = mine.select_for_update(of=("self", "lead"), no_key=True).first()
    if activity is not None and activity.sender_id is not None:
        # What a sender may still send today is counted by the guard: one send of it at a time.
        sender = Sender.objects.filter(pk=activity.sender_id).select_for_update(no_key=True)
        list(sender.values_list("pk"))
    return activity


def stopped(activity: Activity, claim: Claim, at: datetime) -> bool:
    """Whether the guard says no; the row says why. What was perhaps sent before can be neither held nor cancelled."""
    verdict = examine(activity.pk, at)
    if not isinstance(verdict, Hold | Cancel):
        return False
    columns: dict[str, Any] = {"reason_code": verdict.code, "reason": verdict.reason, **UNCLAIMED}
    if activity.dispatched_at is not None:
        move(State.UNKNOWN, State.CLAIMED, pk=claim.id, columns=columns)
        open_unknown(activity.client_id)
    elif isinstance(verdict, Cancel):
        move(State.CANCELLED, State.CLAIMED, pk=claim.id, columns=columns | {"due_at": None})
    else:
        move(State.HELD, State.CLAIMED, pk=claim.id, columns=columns | {"due_at": verdict.until})
    return True


def committed(activity: Activity, attempt: Attempt, limits: Limits) -> Ready | None:
    """Compose the touch, take its evidence and move it to `dispatching`; None where it may not be tried a second time."""
    claim, at = attempt.claim, attempt.at
    provider = provider_for(activity.sender.account if activity.sender else None, activity.channel)
    is_repeat = activity.dispatched_at is not None
    dispatched_at = activity.dispatched_at or at
    if is_repeat and not may_repeat(provider, dispatched_at, at, limits):
        move(State.UNKNOWN, State.CLAIMED, pk=claim.id, columns=UNCLAIMED)
        open_unknown(activity.client_id)
        return None
    activity.idempotency_key = activity.idempotency_key or str(activity.pk)
    outgoing = outgoing_for(activity)
    columns = evidence(activity, outgoing.subject, dispatched_at) | {
        "idempotency_key": activity.idempotency_key,
        "dispatched_at": dispatched_at,
        "claimed_until": at + limits.lease,
        "provider": provider.name[:40],
    }
    if not move(State.DISPATCHING, State.CLAIMED, pk=claim.id, claimed_by=claim.token, columns=columns):
        return None
    for name, value in columns.items():
        setattr(activity, name, value)
    return Ready(activity, outgoing, provider, attempt.account, claim.token, dispatched_at, attempt.since, is_repeat)


def may_repeat(provider: Provider, dispatched_at: datetime, at: datetime, limits: Limits) -> bool:
    """Whether a second attempt with the same key is certain to be over while the provider still knows the key."""
    window = provider.honours_key_for
    return window is not None and at + limits.lease < dispatched_at + window
