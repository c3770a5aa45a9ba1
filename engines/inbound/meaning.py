"""What an arrival means, and what follows from that: one table."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from conversion.vocabulary import ArrivalKind, Channel, EventKind
from engines.inbound.arrival import Arrival
from engines.inbound.classify import Kind, Reading, classify


class Meaning(StrEnum):
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    FAILED = "failed"
    SOFT_BOUNCE = "soft_bounce"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    REPLIED = "replied"
    POSITIVE = "positive"
    NEGATIVE = "negative"
    OUT_OF_OFFICE = "out_of_office"
    AUTOMATIC = "automatic"
    MEETING_BOOKED = "meeting_booked"
    MEETING_CANCELLED = "meeting_cancelled"
    INVITATION_ACCEPTED = "invitation_accepted"
    CALL_COMPLETED = "call_completed"


@dataclass(frozen=True)
class Follow:
    """events: recorded of the lead. code, reason: with which the rest of its touches is stopped. suppresses: the address must
    not be written to any more. of_touch: it speaks of a touch alone, so without one it waits.
    """

    events: tuple[EventKind, ...] = ()
    code: str = ""
    reason: str = ""
    suppresses: bool = False
    of_touch: bool = False


REPLY = Follow((EventKind.REPLIED,), "replied", "the lead replied")
FOLLOWS = {
    Meaning.ACCEPTED: Follow(of_touch=True),
    Meaning.DELIVERED: Follow((EventKind.DELIVERED,), of_touch=True),
    Meaning.OPENED: Follow((EventKind.OPENED,), of_touch=True),
    Meaning.CLICKED: Follow((EventKind.CLICKED,), of_touch=True),
    Meaning.FAILED: Follow(of_touch=True),
    Meaning.SOFT_BOUNCE: Follow(of_touch=True),
    Meaning.BOUNCED: Follow((EventKind.BOUNCED,), "bounced", "its e-mail address bounced", suppresses=True),
    Meaning.COMPLAINED: Follow((EventKind.COMPLAINED,), "complained", "the lead complained", suppresses=True),
    Meaning.UNSUBSCRIBED: Follow((EventKind.UNSUBSCRIBED,), "unsubscribed", "the lead unsubscribed", suppresses=True),
    Meaning.REPLIED: REPLY,
    Meaning.POSITIVE: Follow((EventKind.REPLIED, EventKind.POSITIVE_REPLY), REPLY.code, REPLY.reason),
    Meaning.NEGATIVE: REPLY,
    Meaning.OUT_OF_OFFICE: Follow(),
    Meaning.AUTOMATIC: Follow(),
    Meaning.MEETING_BOOKED: Follow((EventKind.MEETING_BOOKED,), "booked", "the lead booked a meeting"),
    Meaning.MEETING_CANCELLED: Follow(),
    Meaning.INVITATION_ACCEPTED: Follow(),
    Meaning.CALL_COMPLETED: Follow(of_touch=True),
}
OF_REPLY = {
    Kind.POSITIVE: Meaning.POSITIVE,
    Kind.NEGATIVE: Meaning.NEGATIVE,
    Kind.OUT_OF_OFFICE: Meaning.OUT_OF_OFFICE,
    Kind.UNSUBSCRIBE: Meaning.UNSUBSCRIBED,
    Kind.AUTOMATIC: Meaning.AUTOMATIC,
    Kind.NEUTRAL: Meaning.REPLIED,
}


def meaning_of(arrival: Arrival, today: date) -> tuple[Meaning, Reading | None]:
    """Also how its text was read, where it has one to read. today: at the lead, when it came; "back on Monday" counts from it.

    A bounce is for good unless it says that it is not; one that only looks like a bounce is not for good unless it says so.
    """
    kind = ArrivalKind(arrival.kind)
    if kind is ArrivalKind.BOUNCED:
        return bounce(arrival, is_permanent=arrival.details.get("permanent", True) is True), None
    if kind is not ArrivalKind.REPLIED:
        return Meaning(kind.value), None
    headers = arrival.details.get("headers")
    reading = classify(
        arrival.text,
        arrival.subject,
        headers if isinstance(headers, dict) else {},
        arrival.channel or Channel.EMAIL.value,
        today,
    )
    if reading.kind is Kind.BOUNCE:
        return bounce(arrival, is_permanent=arrival.details.get("permanent") is True), reading
    return OF_REPLY[reading.kind], reading


def bounce(arrival: Arrival, *, is_permanent: bool) -> Meaning:
    """What bounces marks the lead's e-mail address as dead, so it is e-mail alone that bounces; elsewhere a send failed."""
    if arrival.channel not in {"", Channel.EMAIL}:
        return Meaning.FAILED
    return Meaning.BOUNCED if is_permanent else Meaning.SOFT_BOUNCE
