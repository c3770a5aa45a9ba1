"""Taking what providers, mailboxes and calendars tell us: once each, in any order, days late.

An arrival and all that follows from it are one transaction. Whoever tells it again finds it known; two at once are one, since
the second waits for the first at the unique key.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction

from conversion.models import Callback, Event, InboundMessage
from conversion.vocabulary import ArrivalKind, CallbackState, InboundState
from engines.inbound.arrival import Arrival, Taken, arrival_of, cleaned, digest, payload_of
from engines.inbound.classify import Reading
from engines.inbound.consequences import carry_out, day_at, shut_unknown, stop_maybe
from engines.inbound.matching import Match, find, is_forgotten, pair_of
from engines.inbound.meaning import FOLLOWS, Meaning, meaning_of
from engines.inbound.recording import Fact, went
from engines.outbox.clock import database_now

__all__ = ["Arrival", "Taken", "retry_waiting", "take"]

logger = logging.getLogger(__name__)
# The database is away, or has chosen us to give way: whoever tells it will tell it again.
AWAY = (OperationalError, InterfaceError)
PATIENCE = timedelta(
    days=7
)  # how long an arrival waits for a touch of its name; longer than an unknown send is left unsettled
SOONEST, LATEST = timedelta(seconds=20), timedelta(hours=6)  # between two attempts
FAULTS = 3  # attempts on which it breaks, until it is left to a person
ENDED = {Taken.DONE: CallbackState.DONE, Taken.UNMATCHED: CallbackState.DONE, Taken.IGNORED: CallbackState.IGNORED}
# What a person has to place where nobody is known for it.
PLACED = frozenset({ArrivalKind.REPLIED, ArrivalKind.MEETING_BOOKED})


def take(arrival: Arrival) -> Taken:
    """Store an arrival once and do what follows from it, in one transaction, or in the caller's.

    Raises ValueError on a kind that is none, and OperationalError or InterfaceError where the database is away: then nothing is
    stored. An arrival that breaks for another reason is stored, and tried again by `retry_waiting`.
    """
    ArrivalKind(arrival.kind)
    at = database_now()
    arrival = cleaned(arrival, at)
    try:
        with transaction.atomic():
            callback = stored(arrival, at)
            return Taken.KNOWN if callback is None else settled(callback, arrival, at)
    except AWAY:
        raise
    except Exception as error:
        logger.exception("an arrival from %s broke", arrival.source)
        return set_aside(arrival, at, error)


def retry_waiting(limit: int = 100) -> int:
    """Try again what came before our own confirmation, or broke; returns how many wait no longer. Two at once share the
    work.
    """
    at = database_now()
    due = Callback.objects.filter(state=CallbackState.WAITING, retry_at__lte=at).order_by("retry_at")
    return sum(retry(key, at) for key in list(due.values_list("pk", flat=True)[:limit]))


def retry(key: UUID, at: datetime) -> bool:
    waiting = Callback.objects.filter(pk=key, state=CallbackState.WAITING).select_related("account")
    try:
        with transaction.atomic():
            mine = waiting.select_for_update(of=("self",), skip_locked=connection.vendor == "postgresql").first()
            return mine is not None and settled(mine, arrival_of(mine), at) is not Taken.WAITING
    except AWAY:
        raise
    except Exception as error:
        logger.exception("callback %s broke again", key)
        with transaction.atomic():
            mine = waiting.select_for_update(of=("self",)).first()
            if mine is not None:
                broke(mine, at, error)
        return False


def try_again(callback: Callback, at: datetime) -> bool:
    """Have one that was left to a person tried again with the next round, as if it had never broken; whether it was one."""
    failed = Callback.objects.filter(pk=callback.pk, state=CallbackState.FAILED)
    return bool(failed.update(state=CallbackState.WAITING, retry_at=at, attempts=0))


def stored(arrival: Arrival, at: datetime, **columns: object) -> Callback | None:
    """A row of its own, or None where it is known."""
    row = Callback(
        key=digest(arrival),
        source=arrival.source[:40],
        account=arrival.account,
        client_id=arrival.client_id,
        kind=arrival.kind,
        occurred_at=arrival.occurred_at or at,
        received_at=at,
        **columns,
    )
    Callback.objects.bulk_create([row], ignore_conflicts=True)
    return row if Callback.objects.filter(pk=row.pk).exists() else None


def set_aside(arrival: Arrival, at: datetime, error: Exception) -> Taken:
    with transaction.atomic():
        row = stored(arrival, at, payload=payload_of(arrival))
        if row is None:
            return Taken.KNOWN
        broke(row, at, error)
    return Taken.WAITING


def broke(row: Callback, at: datetime, error: Exception) -> None:
    """Count it. The reason is the error's kind alone: its text may repeat what came."""
    row.attempts += 1
    row.state = CallbackState.FAILED if row.attempts >= FAULTS else CallbackState.WAITING
    row.retry_at = at + SOONEST * 2**row.attempts
    row.reason = type(error).__name__
    row.save()


def settled(callback: Callback, arrival: Arrival, at: datetime) -> Taken:
    """Match it, do what follows, and write on the callback what became of it."""
    match = find(arrival, callback.occurred_at)
    is_reply = arrival.kind == ArrivalKind.REPLIED
    meaning, reading = meaning_of(arrival, day_at(match, callback.occurred_at) if is_reply else at.date())
    taken, reason = concluded(callback, arrival, match, meaning, reading)
    if taken is Taken.WAITING and at - callback.received_at > PATIENCE:
        taken, reason = Taken.IGNORED, "no touch of ours goes by that name"
    callback.client_id = match.client_id
    callback.activity = match.touch if match.is_named else None
    callback.reason = reason
    if taken is Taken.WAITING:
        callback.payload = payload_of(arrival)
        callback.retry_at = at + min(max(at - callback.received_at, SOONEST), LATEST)
        callback.state = CallbackState.WAITING
    else:
        callback.payload, callback.retry_at = {}, None
        callback.state = ENDED[taken]
    callback.save()
    return taken


def concluded(
    callback: Callback, arrival: Arrival, match: Match, meaning: Meaning, reading: Reading | None
) -> tuple[Taken, str]:
    """What becomes of it, and why in words where that is not plain."""
    follow, touch = FOLLOWS[meaning], match.touch
    if meaning is Meaning.MEETING_CANCELLED:
        return Taken.DONE, "a meeting that was booked stays one that was booked"
    if follow.of_touch and (not match.is_named or touch is None or not went(touch)):
        named = arrival.idempotency_key or arrival.message_id
        return (Taken.WAITING, "") if named else (Taken.IGNORED, "it names no touch")
    if match.lead is None:
        return nobodys(callback, arrival, match, meaning, reading)
    fact = Fact(match.lead, touch, callback.key, happened(callback, match), arrival.message_id, arrival.details)
    events = carry_out(meaning, fact, match, reading, pair_of(arrival))
    if events is None:
        return Taken.IGNORED, "the person asked to be forgotten"
    if is_message(arrival):
        message_of(callback, arrival, match, reading, events).save()
    return Taken.DONE, ""


def happened(callback: Callback, match: Match) -> datetime:
    """When: what follows from a touch comes after it, whatever the clock says of whoever tells it."""
    dispatched_at = match.touch.dispatched_at if match.touch is not None and match.is_named else None
    return max(callback.occurred_at, dispatched_at) if dispatched_at else callback.occurred_at


def is_message(arrival: Arrival) -> bool:
    return arrival.kind == ArrivalKind.REPLIED or bool(arrival.text.strip())


def nobodys(
    callback: Callback, arrival: Arrival, match: Match, meaning: Meaning, reading: Reading | None
) -> tuple[Taken, str]:
    """No lead is known for it: a person is asked, and whoever wants to be left alone is, whoever it may be."""
    person = pair_of(arrival)
    if not match.clients or is_forgotten(arrival, match.clients):
        return Taken.IGNORED, "" if match.clients else "its account serves no client"
    if meaning in {Meaning.UNSUBSCRIBED, Meaning.COMPLAINED} and person is not None:
        shut_unknown(match, arrival.account.agency_id if arrival.account else None, person, FOLLOWS[meaning].reason)
    stop_maybe(match, meaning, person)
    if arrival.kind not in PLACED and not arrival.text.strip():
        return Taken.IGNORED, "no lead goes by that address"
    if meaning in {Meaning.SOFT_BOUNCE, Meaning.BOUNCED, Meaning.AUTOMATIC}:
        return Taken.IGNORED, "a machine's answer to nobody that is known"
    message_of(callback, arrival, match, reading, []).save()
    return Taken.UNMATCHED, ""


def message_of(
    callback: Callback, arrival: Arrival, match: Match, reading: Reading | None, events: list[Event]
) -> InboundMessage:
    person = pair_of(arrival)
    found = InboundState.MATCHED if match.lead is not None else InboundState.UNMATCHED
    return InboundMessage(
        callback=callback,
        account=arrival.account,
        client_id=match.client_id,
        sender=match.sender,
        kind=arrival.kind,
        channel=arrival.channel,
        provider_id=arrival.key[:255],
        person=arrival.person[:500],
        person_key=person[1][:255] if person else "",
        ours=arrival.ours[:500],
        subject=arrival.subject,
        text=arrival.text,
        references=list(arrival.references),
        received_at=callback.occurred_at,
        reading=reading.kind.value if reading else "",
        rule=reading.rule[:120] if reading else "",
        until=reading.until if reading else None,
        lead=match.lead,
        activity=match.touch,
        event=events[-1] if events else None,
        state=found.value,
    )
