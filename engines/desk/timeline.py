"""What happened between us and a lead, the newest first: touches that went out, and what came back."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from conversion.models import Activity, Event, Lead
from conversion.vocabulary import ActivityState as State
from conversion.vocabulary import EventKind

SHOWN = 50
LONGEST_VALUE = 2_000  # characters of one value of a snapshot
WENT = (State.SENT, State.DISPATCHING, State.UNKNOWN, State.FAILED)
SAID = {
    EventKind.DELIVERED: "Delivered",
    EventKind.OPENED: "Opened",
    EventKind.CLICKED: "Clicked",
    EventKind.REPLIED: "Replied",
    EventKind.POSITIVE_REPLY: "Replied with interest",
    EventKind.BOUNCED: "Bounced",
    EventKind.UNSUBSCRIBED: "Unsubscribed",
    EventKind.COMPLAINED: "Complained",
    EventKind.MEETING_BOOKED: "Booked a meeting",
}
TONES = {
    EventKind.POSITIVE_REPLY: "good",
    EventKind.MEETING_BOOKED: "good",
    EventKind.BOUNCED: "bad",
    EventKind.UNSUBSCRIBED: "bad",
    EventKind.COMPLAINED: "bad",
}


@dataclass(frozen=True)
class Moment:
    """One entry. text: of the message or the reply, untouched. snapshot: name and value, where the touch has one."""

    at: datetime
    title: str
    word: str = ""
    tone: str = "none"
    subject: str = ""
    text: str = ""
    note: str = ""
    snapshot: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Timeline:
    """earlier: up to which moment the next page goes; None: there is nothing before."""

    moments: list[Moment]
    earlier: datetime | None


def timeline(lead: Lead, before: datetime | None) -> Timeline:
    """The latest SHOWN entries, before a moment where one is given. Two queries, bounded."""
    found = [moment_of(touch) for touch in bounded(touches_of(lead), "moment", before)]
    found += [
        heard(event)
        for event in bounded(Event.objects.for_client(lead.client_id).filter(lead=lead), "occurred_at", before)
    ]
    found.sort(key=lambda one: one.at, reverse=True)
    shown = found[:SHOWN]
    if len(found) > SHOWN:  # what has the last one's moment too is not to be lost between two pages
        last = shown[-1].at
        shown += [one for one in found[SHOWN:] if one.at == last]
    return Timeline(shown, shown[-1].at if len(found) > len(shown) else None)


def touches_of(lead: Lead) -> QuerySet:
    rows = Activity.objects.for_client(lead.client_id).filter(lead=lead, state__in=WENT)
    return rows.annotate(moment=Coalesce("sent_at", "dispatched_at", "scheduled_at", "created_at")).select_related(
        "sender"
    )


def bounded(rows: QuerySet, column: str, before: datetime | None) -> list[Any]:
    earlier = rows if before is None else rows.filter(**{f"{column}__lt": before})
    return list(earlier.order_by(f"-{column}", "-pk")[: SHOWN + 1])


def moment_of(touch: Any) -> Moment:
    words = {"voice": "Call", "linkedin": "LinkedIn", "sms": "Text message", "email": "E-mail", "mail": "Letter"}
    title = f"{words[touch.channel]}, touch {touch.touch_number}"
    tones = {State.SENT: "none", State.FAILED: "bad", State.UNKNOWN: "bad"}
    snapshot = touch.content_snapshot if isinstance(touch.content_snapshot, dict) else {}
    outcome = touch.outcome.replace("_", " ") if touch.outcome else ""
    booked = "led to the booking" if touch.led_to_booking else ""
    sender = f"from {touch.sender.address}" if touch.sender else ""
    return Moment(
        at=touch.moment,
        title=title,
        word="" if touch.state == State.SENT else touch.state,
        tone=tones.get(touch.state, "maybe"),
        subject=touch.subject or text_of(snapshot.get("subject")),
        text=touch.body,
        note=", ".join(part for part in (sender, outcome, booked, touch.reason) if part),
        snapshot=[
            (name.replace("_", " "), text_of(value))
            for name, value in snapshot.items()
            if value not in (None, "", [], {})
        ],
    )


def text_of(value: Any) -> str:
    if isinstance(value, str) or value is None:
        return (value or "")[:LONGEST_VALUE]
    return json.dumps(value, ensure_ascii=False)[:LONGEST_VALUE]


def heard(event: Event) -> Moment:
    kind = EventKind(event.kind)
    note = "by a machine, not by a person" if event.is_machine else ""
    return Moment(
        event.occurred_at, SAID[kind], tone=TONES.get(kind, "none"), word="came back", text=event.body, note=note
    )
