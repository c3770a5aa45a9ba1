"""Writing down what the provider answered: one short transaction, which may be repeated until it is committed."""

import math
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from conversion.bulk import stored_id
from conversion.leases import UNCLAIMED
from conversion.models import Activity, Callback
from conversion.tenancy import across_clients
from conversion.vocabulary import ActivityState as State
from conversion.vocabulary import ArrivalKind, CallbackState, LeadStatus
from engines import acquaintance
from engines.inbound.arrival import Arrival, digest, payload_of
from engines.outbox import circuit
from engines.outbox.alerts import open_unknown
from engines.outbox.clock import database_now
from engines.outbox.dispatching import Ready, may_repeat
from engines.outbox.limits import DEFERRALS, LONGEST_REST, RESENDS, REST, Limits, back_off
from engines.outbox.states import BEFORE, move
from engines.providers.contract import Accepted, Deferred, Refused, Result, Uncertain

OURS = (State.DISPATCHING, State.UNKNOWN)
OPEN = "state IN ({}) AND dispatched_at IS NOT NULL".format(", ".join(f"'{one.value}'" for one in BEFORE[State.SENT]))
# In SQL, since it runs for each message that goes out.
CONTACTED = f"""UPDATE conversion_lead SET touch_count = touch_count + 1,
        last_contacted_at = {{later}}(COALESCE(last_contacted_at, %s), %s),
        status = CASE WHEN status = '{LeadStatus.NEW.value}' THEN '{LeadStatus.CONTACTED.value}' ELSE status END
    WHERE id = %s AND EXISTS (SELECT 1 FROM conversion_activity a
        WHERE a.id = %s AND a.lead_id = conversion_lead.id AND {OPEN})"""
SENT = f"""UPDATE conversion_activity SET state = '{State.SENT.value}', sent_at = dispatched_at, due_at = NULL,
        claimed_until = NULL, reason_code = '', reason = '', attempts = 0, provider_message_id = %s, metadata = %s
    WHERE id = %s AND {OPEN}"""
PLAIN: dict[str, Any] = {"reason_code": "", "reason": "", "attempts": 0, **UNCLAIMED}


def record(ready: Ready, result: Result, limits: Limits) -> None:
    """Move the touch to the state that the answer proves, and tell the account's circuit of it. An answer that comes after
    the lease still counts: it settles an `unknown`.
    """
    with transaction.atomic(durable=True), across_clients("dispatch"):
        if isinstance(result, Accepted):
            mark_sent(ready.activity, result.message_id)
        else:
            not_taken(ready, result, limits)
        if not isinstance(result, Refused) and result.told:
            acquaintance.learned(ready.activity, result.told)
        if (
            isinstance(result, Deferred) and not result.is_of_account
        ):  # it says nothing of other messages, so: the next one
            circuit.give_back_probe(ready.account.pk, database_now())
        elif not isinstance(result, Uncertain):
            circuit.answered(ready.account, ready.dispatched_at)


def not_taken(ready: Ready, result: Refused | Deferred | Uncertain, limits: Limits) -> None:
    at = database_now()
    if isinstance(result, Uncertain):
        unproven(ready, result.reason, at, limits)
        circuit.unanswered(ready.account, ready.activity, at)
    elif ready.is_repeat:  # a no to this attempt proves nothing of the first
        unproven(ready, f"sent again, and not taken: {result.reason}", at, limits)
    elif isinstance(result, Refused):
        columns = {**PLAIN, "reason_code": "refused", "reason": storable(result.reason)}
        move(State.FAILED, *OURS, **mine(ready), columns=columns)
        if result.opted_out:
            opted_out(ready.activity, at)
    else:
        deferred(ready, result, at)
    if isinstance(result, Deferred) and result.is_of_account:
        circuit.rest(ready.account, at + pause_of(result))


def opted_out(activity: Activity, at: datetime) -> None:
    """The provider lets nothing through to the person any more: left to the poll, as if it had told so by itself."""
    arrival = Arrival(
        source=activity.provider,
        key=f"refused {activity.pk}",
        kind=ArrivalKind.UNSUBSCRIBED.value,
        occurred_at=at,
        client_id=activity.client_id,
        idempotency_key=activity.idempotency_key or "",
        channel=activity.channel,
    )
    told = Callback(
        key=digest(arrival),
        source=arrival.source,
        client_id=arrival.client_id,
        kind=arrival.kind,
        occurred_at=at,
        received_at=at,
        payload=payload_of(arrival),
        state=CallbackState.WAITING.value,
        retry_at=at,
    )
    Callback.objects.bulk_create([told], ignore_conflicts=True)


def storable(text: str) -> str:
    """What a provider said, without what no database takes: an answer must never fail to be written down."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def mine(ready: Ready) -> dict[str, Any]:
    return {"pk": ready.activity.pk, "claimed_by": ready.token}


def mark_sent(activity: Activity, message_id: str) -> bool:
    """The touch is sent, as of its dispatch; its lead was contacted once more. False where it was recorded already. To be
    called in a transaction; the lead's row comes first, so that a booking at the same moment finds this touch or waits.
    """
    message_id = storable(message_id)
    later = "GREATEST" if connection.vendor == "postgresql" else "MAX"
    moment = connection.ops.adapt_datetimefield_value(activity.dispatched_at)
    metadata = Activity._meta.get_field("metadata").get_db_prep_save(
        {**activity.metadata, "provider_message_id": message_id}, connection
    )
    touch, lead = stored_id(activity.pk), stored_id(activity.lead_id)
    with connection.cursor() as cursor:
        cursor.execute(CONTACTED.format(later=later), [moment, moment, lead, touch])
        if not cursor.rowcount:
            return False
        cursor.execute(SENT, [message_id[:255], metadata, touch])
        if cursor.rowcount:
            acquaintance.invited(activity)
            return True
        # While this one waited for the lead's row, another recorded the same touch and counted it.
        cursor.execute("UPDATE conversion_lead SET touch_count = touch_count - 1 WHERE id = %s", [lead])
    return False


def deferred(ready: Ready, result: Deferred, at: datetime) -> None:
    """Back to the queue, as it was, since nothing was accepted."""
    activity = ready.activity
    attempts = activity.attempts + 1 if activity.reason_code == "deferred" else 1
    columns: dict[str, Any] = {"reason_code": "deferred", "reason": storable(result.reason), "attempts": attempts}
    columns |= {**UNCLAIMED, "dispatched_at": None, "message_type": ready.message_type}
    if attempts >= DEFERRALS:
        move(State.FAILED, *OURS, **mine(ready), columns=columns)
        return
    due_at = at + max(pause_of(result), back_off(attempts))
    move(State.QUEUED, *OURS, **mine(ready), columns=columns | {"due_at": due_at})


def pause_of(result: Deferred) -> timedelta:
    seconds = result.retry_after
    if seconds is None or not math.isfinite(seconds):
        seconds = REST
    return timedelta(seconds=min(max(seconds, 0.0), LONGEST_REST))


def unproven(ready: Ready, reason: str, at: datetime, limits: Limits) -> None:
    """Nobody knows whether it was accepted. Where the provider takes a second attempt with the same key for the same
    message, it goes back to the queue with its key; else it is `unknown`.
    """
    activity, reason = ready.activity, storable(reason)
    attempts = activity.attempts + 1 if activity.reason_code == "repeated" else 1
    if attempts <= RESENDS and may_repeat(ready.provider, ready.dispatched_at, at, limits):
        columns = {"reason_code": "repeated", "reason": reason, "attempts": attempts, **UNCLAIMED}
        moved = move(
            State.QUEUED, State.DISPATCHING, **mine(ready), columns=columns | {"due_at": at + back_off(attempts)}
        )
    else:
        columns = {"reason_code": "uncertain", "reason": reason}
        moved = move(State.UNKNOWN, State.DISPATCHING, **mine(ready), columns=columns)
        if moved:
            open_unknown(activity.client_id)
