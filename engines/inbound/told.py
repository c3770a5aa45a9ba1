"""What a person or a program tells of a lead that it names: the same follows as if a provider had told it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.db import transaction

from conversion.models import Activity, Event, InboundMessage, Lead
from conversion.vocabulary import ArrivalKind, Channel, EventKind, InboundState
from engines.inbound.arrival import OLDEST
from engines.inbound.classify import Reading, classify
from engines.inbound.consequences import carry_out
from engines.inbound.matching import Match, last_touch
from engines.inbound.meaning import FOLLOWS, OF_REPLY, Meaning
from engines.inbound.recording import Fact, external_id, went
from engines.outbox.clock import database_now

MARK = 200  # characters: with the kind before it, it is the event's external id


class ToldError(ValueError):
    """It cannot be so. field: what of it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


@dataclass(frozen=True)
class Word:
    """kind: what happened. at: aware, None: now. touch: the one that it is about, where that is known. text, subject: of a
    reply, which is read (`engines.inbound.classify`). mark: names it among all others of the client, so that it is recorded
    once; empty: it has not been told before.
    """

    kind: EventKind
    at: datetime | None = None
    touch: Activity | None = None
    text: str = ""
    subject: str = ""
    mark: str = ""


@dataclass(frozen=True)
class Heard:
    """meaning: what it was taken for. events: that stand for it. is_new: none of them was there before."""

    meaning: Meaning
    events: list[Event]
    is_new: bool


def tell(lead: Lead, word: Word) -> Heard:
    """Record it, and do what follows from it, in one transaction. Raises ToldError."""
    at = database_now()
    moment = word.at or at
    check(word, moment, at)
    channel = word.touch.channel if word.touch else ""
    meaning, reading = meaning_of(word, channel, moment)
    touch = word.touch or last_touch(lead, channel, moment)
    fact = Fact(lead, touch, word.mark or uuid4().hex, moment)
    match = Match((lead.client_id,), lead, touch, touch.sender if touch else None, is_named=word.touch is not None)
    with transaction.atomic():
        names = [external_id(kind, fact) for kind in FOLLOWS[meaning].events]
        known = Event.objects.for_client(lead.client_id).filter(external_id__in=names).exists()
        events = carry_out(meaning, fact, match, reading)
        if events is None:
            raise ToldError("lead", "the person asked to be forgotten")
        if word.text.strip() and not known:
            message(word, fact, match, reading, events).save()
    return Heard(meaning, events, not known)


def check(word: Word, moment: datetime, at: datetime) -> None:
    if not at - OLDEST <= moment <= at:
        raise ToldError("occurred_at", "lies in the future" if moment > at else "lies more than ten years back")
    if word.kind not in {EventKind.REPLIED, EventKind.POSITIVE_REPLY} and (word.text or word.subject):
        raise ToldError("text", f"an event of the kind {word.kind} has none")
    follow = FOLLOWS[Meaning.POSITIVE if word.kind is EventKind.POSITIVE_REPLY else Meaning(word.kind.value)]
    if follow.of_touch and word.touch is None:
        raise ToldError("activity", f"an event of the kind {word.kind} is one of a touch: say of which")
    if word.touch is not None and not went(word.touch):
        raise ToldError("activity", f"the touch is {word.touch.state}: nothing can have come back of it")


def meaning_of(word: Word, channel: str, at: datetime) -> tuple[Meaning, Reading | None]:
    """A reply means what its text says; without one, that somebody replied."""
    if word.kind is EventKind.POSITIVE_REPLY:
        return Meaning.POSITIVE, None
    if word.kind is not EventKind.REPLIED or not word.text.strip():
        return Meaning(word.kind.value), None
    reading = classify(word.text, word.subject, {}, channel or Channel.EMAIL.value, at.date())
    return OF_REPLY.get(reading.kind, Meaning.AUTOMATIC), reading


def message(word: Word, fact: Fact, match: Match, reading: Reading | None, events: list[Event]) -> InboundMessage:
    return InboundMessage(
        client_id=fact.lead.client_id,
        lead=fact.lead,
        activity=fact.touch,
        event=events[-1] if events else None,
        sender=match.sender,
        kind=ArrivalKind.REPLIED.value,
        channel=fact.touch.channel if fact.touch else "",
        provider_id=fact.mark,
        subject=word.subject,
        text=word.text,
        received_at=fact.at,
        reading=reading.kind.value if reading else "",
        rule=reading.rule[:120] if reading else "",
        until=reading.until if reading else None,
        state=InboundState.MATCHED.value,
    )
