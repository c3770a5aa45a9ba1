"""From a claim to the committed intent to send.

One transaction asks the guard, composes the message, takes the snapshot and moves the row to `dispatching`. Only after its
commit, which is on the disk, may the first byte leave. While it runs, the lead's and the sender's rows stand still, and so
does the list of suppressions: an opt-out that was committed before is seen, one that comes later is too late, and none falls
between. On SQLite the transaction has the database for itself.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from conversion import logs
from conversion.leases import UNCLAIMED
from conversion.models import Activity, ProviderAccount
from conversion.tenancy import across_clients
from conversion.triggers import GATE
from conversion.vocabulary import ActivityState as State
from engines.guard import examine
from engines.outbox import circuit, whole
from engines.outbox.alerts import open_unknown
from engines.outbox.claims import Claim
from engines.outbox.clock import database_now, present, require_silent
from engines.outbox.evidence import evidence
from engines.outbox.limits import Limits
from engines.outbox.states import move, move_mine
from engines.providers.contract import Outgoing, Provider
from engines.providers.registry import provider_for
from engines.verdicts import Cancel, Hold
from engines.writing import outgoing_for

# Less than PostgreSQL's deadlock_timeout (1 s): where two wait for each other, it is the send that gives way, never the
# opt-out. Also how long a bulk load of suppressions makes one send wait before it goes back to the queue.
LOCK_WAIT = "SET LOCAL lock_timeout = 300"
# Whoever writes an entry passes the same gate (conversion/triggers.py) and waits for our commit, or we for theirs; readers,
# other sends, and whoever cleans up or analyses the list pass.
LOCK_LIST = f"LOCK TABLE {GATE} IN SHARE MODE"
LOCK_TOUCH = """SELECT a.claimed_until FROM conversion_activity a JOIN conversion_lead l ON l.id = a.lead_id
    WHERE a.id = %s AND a.state = 'claimed' AND a.claimed_by = %s FOR NO KEY UPDATE"""
# What a sender may still send today is counted by the guard: one send of it at a time.
LOCK_SENDER = """SELECT 1 FROM conversion_sender
    WHERE id = (SELECT sender_id FROM conversion_activity WHERE id = %s) FOR NO KEY UPDATE"""
# In this order, on one way to the server and back.
LOCKS = f"{LOCK_WAIT}; {LOCK_LIST}; {LOCK_TOUCH}; {LOCK_SENDER}; SELECT clock_timestamp()"

ASIDE = timedelta(seconds=0.5)  # until a touch is claimed again for whose account there was no room


@dataclass(frozen=True)
class Ready:
    """A touch whose intent is committed. since: the worker's monotonic clock when that began. is_repeat: it was tried
    before with the same key, and what became of that is not known. message_type: of the touch before it was composed, which
    settles what a LinkedIn touch left open.
    """

    activity: Activity
    outgoing: Outgoing
    provider: Provider
    account: ProviderAccount
    token: str
    dispatched_at: datetime
    since: float
    is_repeat: bool
    message_type: str = ""


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
        since, at = time.monotonic(), locked(claim)
        if at is None or stopped(claim, at):
            return None
        activity = whole.read(claim.id)
        logs.add(client=activity.client_id)
        account = circuit.account_of(activity)
        if not claim.is_probe and (circuit.is_shut(account, at) or not circuit.has_room(account)):
            columns = UNCLAIMED | {"due_at": at + ASIDE}
            move(State.QUEUED, State.CLAIMED, pk=claim.id, columns=columns)
            return None
        attempt = Attempt(claim, account, at, since)
        return committed(activity, attempt, limits)


def locked(claim: Claim) -> datetime | None:
    """Lock all that the touch is made from until the transaction ends; the moment of it, by the database's clock. None where
    the touch is not ours any more.
    """
    if connection.vendor != "postgresql":  # the transaction has the database for itself
        ours = Activity.objects.filter(pk=claim.id, state=State.CLAIMED, claimed_by=claim.token)
        until, at = ours.values_list("claimed_until", flat=True).first(), database_now()
    else:
        with connection.cursor() as cursor:
            cursor.execute(LOCKS, [claim.id, claim.token, claim.id])
            answers = []
            while cursor.nextset():
                answers.append(cursor.fetchall() if cursor.description else [])
        _, touch, _, [[at]] = answers
        until = touch[0][0] if touch else None
    at = present(at)
    return at if until is not None and until > at else None


def stopped(claim: Claim, at: datetime) -> bool:
    """Whether the guard says no; the row says why. What was perhaps sent before can be neither held nor cancelled."""
    verdict = examine(claim.id, at)
    if not isinstance(verdict, Hold | Cancel):
        return False
    columns: dict[str, Any] = {"reason_code": verdict.code, "reason": verdict.reason, **UNCLAIMED}
    if claim.is_repeat:
        move(State.UNKNOWN, State.CLAIMED, pk=claim.id, columns=columns)
        open_unknown(Activity.objects.values_list("client_id", flat=True).get(pk=claim.id))
    elif isinstance(verdict, Cancel):
        move(State.CANCELLED, State.CLAIMED, pk=claim.id, columns=columns | {"due_at": None})
    else:
        move(State.HELD, State.CLAIMED, pk=claim.id, columns=columns | {"due_at": verdict.until})
    return True


def committed(activity: Activity, attempt: Attempt, limits: Limits) -> Ready | None:
    """Compose the touch, take its evidence and move it to `dispatching`; None where it may not be tried a second time."""
    claim, at = attempt.claim, attempt.at
    provider = provider_for(activity.sender.account if activity.sender else None, activity.channel)
    require_silent(provider.name)
    is_repeat = activity.dispatched_at is not None
    dispatched_at = activity.dispatched_at or at
    if is_repeat and not may_repeat(provider, dispatched_at, at, limits):
        move(State.UNKNOWN, State.CLAIMED, pk=claim.id, columns=UNCLAIMED)
        open_unknown(activity.client_id)
        return None
    activity.idempotency_key = activity.idempotency_key or str(activity.pk)
    outgoing = outgoing_for(activity)
    given_type = activity.message_type
    activity.message_type = outgoing.metadata.get("message_type", activity.message_type)
    columns = evidence(activity, outgoing.subject, dispatched_at, outgoing.text) | {
        "idempotency_key": activity.idempotency_key,
        "dispatched_at": dispatched_at,
        "claimed_until": at + limits.lease,
        "provider": provider.name[:40],
    }
    if not move_mine(State.DISPATCHING, State.CLAIMED, claim.id, claim.token, columns):
        return None
    for name, value in columns.items():
        setattr(activity, name, value)
    account, token, since = attempt.account, claim.token, attempt.since
    return Ready(activity, outgoing, provider, account, token, dispatched_at, since, is_repeat, given_type)


def may_repeat(provider: Provider, dispatched_at: datetime, at: datetime, limits: Limits) -> bool:
    """Whether a second attempt with the same key is certain to be over while the provider still knows the key."""
    window = provider.honours_key_for
    return window is not None and at + limits.lease < dispatched_at + window
