"""One send, from its claim to the recorded answer."""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from threading import Event
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.db.models import Case, F, Value, When

from conversion import logs
from conversion.leases import UNCLAIMED
from conversion.models import Activity
from conversion.tenancy import across_clients
from conversion.vocabulary import ActivityState as State
from engines.guard import examine_all
from engines.outbox import durability
from engines.outbox.claims import Claim, new_token
from engines.outbox.clock import database_now
from engines.outbox.dispatching import Ready, dispatch
from engines.outbox.limits import FAULTS, Limits, back_off
from engines.outbox.record import record, storable
from engines.outbox.states import move
from engines.providers.contract import Deferred, Result, Uncertain
from engines.providers.registry import AccountError
from engines.rules import LOOK_AGAIN
from engines.verdicts import Cancel, Hold, Verdict
from engines.writing import MessageError

logger = logging.getLogger(__name__)
# What a database that is away, or a lock that is not to be had, raises: no fault of the touch.
AWAY = (OperationalError, InterfaceError)
PAUSES = (0.1, 0.3, 1.0, 2.0)  # seconds between attempts to write an answer down; then the last, again and again
NEVER = Event()


def send_now(activity: Activity, limits: Limits | None = None) -> Activity:
    """Send one planned or queued touch within the call, and return it as it stands then: sent, failed, unknown, held,
    cancelled, or queued where the provider deferred it. One that is in other hands is returned as it is.

    Raises RuntimeError inside an open transaction: the intent could not be committed before the message leaves.
    """
    if connection.in_atomic_block:
        raise RuntimeError("A message cannot be sent inside an open transaction: its claim must be committed first.")
    durability.require()
    limits = limits or Limits.of_settings()
    claim = Claim(activity.pk, new_token())
    columns = {"claimed_by": claim.token, "claimed_until": database_now() + limits.lease}
    if move(State.CLAIMED, State.PLANNED, State.QUEUED, pk=activity.pk, dispatched_at=None, columns=columns):
        for one in screened([claim]):
            send(one, limits)
    with across_clients("dispatch"):
        activity.refresh_from_db()
    return activity


def send(claim: Claim, limits: Limits, stop: Event = NEVER) -> None:
    """Send a claimed touch and record the answer. stop: set when the worker must end; an answer that cannot be written
    down by then is left to the sweep. Errors of a database that is away before the dispatch are raised.
    """
    with logs.about():
        ready = made_ready(claim, limits)
        if ready is not None:
            settle_in(ready, answer(ready, limits), limits, stop)


def made_ready(claim: Claim, limits: Limits) -> Ready | None:
    """Guard, compose and commit; None where the touch goes no further now. A touch on which this breaks is tried again,
    and held after three times.
    """
    try:
        return dispatch(claim, limits)
    except AWAY:
        withdraw(claim)
        raise
    except AccountError as error:  # mended without the touch: a key put back, credentials set again
        hold(claim, "account", str(error), database_now() + LOOK_AGAIN)
    except MessageError as error:
        hold(claim, "message", str(error), None)
    except Exception as error:
        logger.exception("touch %s cannot be sent", claim.id)
        again(claim, f"{type(error).__name__}: {error}")
    return None


def screened(claims: list[Claim]) -> list[Claim]:
    """Those of the claims that the guard lets pass before anything is made of them; the others are held or cancelled. It is
    asked again just before each dispatch, and there a touch on which it breaks is told apart from the others.
    """
    if not claims:
        return []
    try:
        at = database_now()
        verdicts = examine_all([one.id for one in claims], at)
        return [one for one in claims if not stopped(one, verdicts[one.id])]
    except AWAY:
        for one in claims:
            withdraw(one)
        raise
    except Exception:
        logger.exception("the guard broke on one of %d touches", len(claims))
        return claims


def stopped(claim: Claim, verdict: Verdict) -> bool:
    if not isinstance(verdict, Hold | Cancel):
        return False
    to, due_at = (State.HELD, verdict.until) if isinstance(verdict, Hold) else (State.CANCELLED, None)
    columns = {"reason_code": verdict.code, "reason": verdict.reason, "due_at": due_at, **UNCLAIMED}
    # One that was perhaps sent before is not for the guard to hold; `dispatch` knows what to do with it.
    return move(to, State.CLAIMED, **mine(claim), dispatched_at=None, columns=columns) == 1


def mine(claim: Claim) -> dict[str, Any]:
    return {"pk": claim.id, "claimed_by": claim.token}


def answer(ready: Ready, limits: Limits) -> Result:
    """What the provider says."""
    if time.monotonic() - ready.since > limits.lease.total_seconds() - limits.timeout:
        return Deferred("the worker was stopped for so long that its claim ran out; nothing was sent", 0.0)
    try:
        return ready.provider.send(ready.outgoing, timeout=limits.timeout)
    except Exception as error:  # a fault of the provider's class, after who knows how many bytes
        logger.exception("provider %s broke", ready.provider.name)
        return Uncertain(f"{type(error).__name__}: {error}")


def settle_in(ready: Ready, result: Result, limits: Limits, stop: Event) -> None:
    """Record the answer, however long the database is away."""

    def write() -> None:
        record(ready, result, limits)

    answered = type(result).__name__.lower()
    if persistently(write, stop):
        logger.info("touch %s: %s by %s", ready.activity.pk, answered, ready.provider.name)
    else:
        logger.error("touch %s: its answer could not be written down: %s", ready.activity.pk, answered)


def persistently(write: Callable[[], None], stop: Event) -> bool:
    """Call until it works; False where `stop` is set before."""
    attempt = 0
    while True:
        try:
            write()
        except AWAY:
            pause = PAUSES[min(attempt, len(PAUSES) - 1)]
            attempt += 1
            logger.warning("the database is away; trying again in %s s", pause, exc_info=attempt == 1)
            if stop.wait(pause):
                return False
            close_old_connections()
        else:
            return True


def withdraw(claim: Claim) -> None:
    """The transaction broke, and its commit may yet have come through. Nothing left for the provider, so the touch goes
    back whatever stands there; where the database is still away, the sweep will find it.
    """
    try:
        close_old_connections()
        due_at = database_now() + back_off(0)
        move(State.QUEUED, State.CLAIMED, **mine(claim), columns={**UNCLAIMED, "due_at": due_at})
        columns = {**UNCLAIMED, "due_at": due_at}
        if not claim.is_repeat:  # else what became of the first attempt is still not known
            columns["dispatched_at"] = None
        move(State.QUEUED, State.DISPATCHING, **mine(claim), columns=columns)
    except AWAY:
        logger.warning("touch %s could not be put back; it will be when its claim runs out", claim.id)


def again(claim: Claim, reason: str) -> None:
    """Count a fault in a row; the third holds the touch."""
    attempts = Case(When(reason_code="fault", then=F("attempts") + 1), default=Value(1))
    due_at = database_now() + back_off(FAULTS)
    reason = storable(reason)
    columns = {"reason_code": "fault", "reason": reason, "attempts": attempts, "due_at": due_at, **UNCLAIMED}
    if move(State.QUEUED, State.CLAIMED, **mine(claim), columns=columns):
        to, told = end_of(claim), {"due_at": None, "reason": f"It failed {FAULTS} times in a row: {reason}"}
        move(to, State.QUEUED, pk=claim.id, reason_code="fault", attempts__gte=FAULTS, columns=told)


def hold(claim: Claim, code: str, reason: str, until: datetime | None) -> None:
    """until: when it is looked at again by itself; None: not before somebody changes it."""
    columns = {"reason_code": code, "reason": storable(reason), "due_at": until, **UNCLAIMED}
    move(end_of(claim), State.CLAIMED, **mine(claim), columns=columns)


def end_of(claim: Claim) -> State:
    """Where a touch stays that cannot be sent as it is; one that was perhaps sent before cannot be held."""
    return State.UNKNOWN if claim.is_repeat else State.HELD
