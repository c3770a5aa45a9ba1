"""Writing down what came back: events, once each; what it proves of a touch; machines' opens and clicks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from conversion import machines
from conversion.models import Activity, Event, Lead
from conversion.vocabulary import ActivityState as State
from conversion.vocabulary import CallOutcome, Channel, EventKind
from engines.outbox import settling

# Once a touch, however often and under whatever name it is told. Openings and clicks are told apart by their moment and
# address, bookings by the meeting.
ONCE = frozenset({EventKind.DELIVERED, EventKind.BOUNCED, EventKind.COMPLAINED})
SEEN = frozenset({EventKind.OPENED, EventKind.CLICKED})
KEPT = ("url", "user_agent", "reason", "booking")  # of the details, on the event
OUTCOMES = frozenset(CallOutcome)
LONGEST = 86_400  # seconds of a call


@dataclass(frozen=True)
class Fact:
    """Something that happened to a lead. mark: names it among all others of the client. at: aware. message_id: the provider's
    name of the touch, where it gave it.
    """

    lead: Lead
    touch: Activity | None
    mark: str
    at: datetime
    message_id: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def record(kind: EventKind, fact: Fact) -> tuple[Event, bool]:
    """The event, and whether it is new."""
    kept = {name: fact.details[name] for name in KEPT if fact.details.get(name)}
    event, is_new = Event.objects.get_or_create(
        client_id=fact.lead.client_id,
        external_id=external_id(kind, fact),
        defaults={
            "lead": fact.lead,
            "activity": fact.touch,
            "kind": kind.value,
            "occurred_at": fact.at,
            "metadata": kept,
        },
    )
    if is_new and fact.touch is not None and tells_machines(kind, fact.touch):
        machines.mark(fact.lead.client, touch=fact.touch.pk)
    return event, is_new


def tells_machines(kind: EventKind, touch: Activity) -> bool:
    """Whether the event can show that a machine opened or clicked; a delivery can only where it comes after that."""
    if kind is not EventKind.DELIVERED:
        return kind in SEEN
    return Event.objects.for_client(touch.client_id).filter(lead=touch.lead_id, activity=touch, kind__in=SEEN).exists()


def external_id(kind: EventKind, fact: Fact) -> str:
    about = fact.touch.pk if fact.touch is not None else fact.lead.pk
    if kind is EventKind.UNSUBSCRIBED:
        return f"{kind.value}:{fact.lead.pk}"
    if kind in ONCE:
        return f"{kind.value}:{about}"
    if kind in SEEN:
        return f"{kind.value}:{about}:{short(fact.at.isoformat(), fact.details.get('url', ''))}"
    if kind is EventKind.MEETING_BOOKED and fact.details.get("booking"):
        return f"{kind.value}:{fact.lead.pk}:{short(fact.details['booking'])}"
    return f"{kind.value}:{fact.mark}"


def short(*parts: object) -> str:
    """32 hexadecimal digits that stand for the parts."""
    return sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]


def went(touch: Activity) -> bool:
    """Whether it may have left us; what a provider says of one that did not has to wait."""
    return touch.state == State.SENT or touch.dispatched_at is not None


def confirm(touch: Activity, message_id: str) -> None:
    """The provider has it: settles an unknown, and comes before our own word of it where that is late."""
    if touch.state != State.SENT:
        settling.confirm(touch, message_id or touch.provider_message_id)


def undelivered(touch: Activity, reason: str) -> None:
    """The provider took it, and could not bring it to the person. It stays sent, with the reason."""
    sent = Activity.objects.for_client(touch.client_id).filter(pk=touch.pk, state=State.SENT)
    told = f"The provider could not deliver it: {reason}" if reason else "The provider could not deliver it."
    sent.update(reason_code="undelivered", reason=told)


def call_completed(touch: Activity, at: datetime, details: Mapping[str, Any]) -> None:
    """How long the call took and how it ended, on the touch and in its snapshot, where nobody said so yet: a person's word
    stays.
    """
    mine = Activity.objects.for_client(touch.client_id).filter(pk=touch.pk, channel=Channel.VOICE)
    row = mine.first()
    if row is None:
        return
    columns: dict[str, Any] = {}
    seconds, outcome = details.get("duration_seconds"), details.get("outcome")
    if row.duration_seconds is None and isinstance(seconds, int) and 0 <= seconds <= LONGEST:
        columns["duration_seconds"] = seconds
    if not row.outcome and outcome in OUTCOMES:
        columns["outcome"] = outcome
    if columns and row.content_snapshot is not None:
        told = {**columns, "completed_at": at.astimezone(UTC).isoformat()}
        if "duration_seconds" in columns:
            told["duration_minutes"] = round(columns["duration_seconds"] / 60, 2)
        columns["content_snapshot"] = {**row.content_snapshot, **told}
    if columns:
        mine.update(**columns)


def sender_id_of(touch: Activity | None) -> UUID | None:
    return None if touch is None else touch.sender_id
