"""E-mail services tell what became of messages, and bring replies."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

from anymail.inbound import AnymailInboundMessage
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.http import HttpRequest, HttpResponse

from conversion.models import ProviderAccount
from conversion.vocabulary import ArrivalKind, Channel
from engines.inbound.arrivals import Arrival, take
from engines.inbound.mail import parse
from engines.inbound.posted import without_address
from engines.inbound.receiving import receive
from engines.webhooks import services
from engines.webhooks.door import LARGE, SMALL, UNREADABLE, Turned, door

KINDS = {
    EventType.SENT: ArrivalKind.ACCEPTED,
    EventType.QUEUED: ArrivalKind.ACCEPTED,
    EventType.DELIVERED: ArrivalKind.DELIVERED,
    EventType.OPENED: ArrivalKind.OPENED,
    EventType.CLICKED: ArrivalKind.CLICKED,
    EventType.FAILED: ArrivalKind.FAILED,
    EventType.REJECTED: ArrivalKind.FAILED,
    EventType.BOUNCED: ArrivalKind.BOUNCED,
    EventType.COMPLAINED: ArrivalKind.COMPLAINED,
    EventType.UNSUBSCRIBED: ArrivalKind.UNSUBSCRIBED,
}
# What a service did not even try, because of what it knows of the address.
OF_REASON = {
    RejectReason.BOUNCED: ArrivalKind.BOUNCED,
    RejectReason.INVALID: ArrivalKind.BOUNCED,
    RejectReason.SPAM: ArrivalKind.COMPLAINED,
    RejectReason.UNSUBSCRIBED: ArrivalKind.UNSUBSCRIBED,
}
# A receiver that would not have this message, or was not reached: the mailbox may be in good health.
PASSING = frozenset({RejectReason.TIMED_OUT, RejectReason.BLOCKED, RejectReason.OTHER})
FOR_GOOD = frozenset({"permanent", "hardbounce"})


@door(SMALL)
def tracking(request: HttpRequest, kind: str, account_id: UUID) -> HttpResponse:
    account, found = services.events(request, kind, account_id, services.TRACKING)
    for event in found:
        arrival = arrival_of(event, account)
        if arrival is not None:
            take(arrival)
    return HttpResponse()


@door(LARGE)
def inbound(request: HttpRequest, kind: str, account_id: UUID) -> HttpResponse:
    account, found = services.events(request, kind, account_id, services.INBOUND)
    for event in found:
        if event.message is not None:
            raw = raw_of(event.message)
            receive(parse(raw), raw, account, account.kind)
    return HttpResponse()


def raw_of(message: AnymailInboundMessage) -> bytes:
    """The mail as its sender's server wrote it, as far as the service tells."""
    try:
        return bytes(message)
    except (
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
    ) as error:  # a header or a charset that cannot be written
        raise Turned(UNREADABLE, f"a mail that cannot be read: {type(error).__name__}") from error


def arrival_of(event: AnymailTrackingEvent, account: ProviderAccount) -> Arrival | None:
    """None where nothing follows from it: a delay, an event of a kind that is not known."""
    kind = KINDS.get(event.event_type)
    if kind is None:
        return None
    if event.event_type == EventType.REJECTED:
        kind = OF_REASON.get(event.reject_reason, kind)
    reason = str(event.mta_response or event.description or "")
    details: dict[str, Any] = {"url": event.click_url, "user_agent": event.user_agent, "reason": without(reason, event)}
    if kind is ArrivalKind.BOUNCED:
        details["permanent"] = is_permanent(event)
    return Arrival(
        source=account.kind,
        key=key_of(event),
        kind=kind.value,
        occurred_at=event.timestamp,
        account=account,
        idempotency_key=own_key(event),
        message_id=str(event.message_id or ""),
        person=str(event.recipient or ""),
        channel=Channel.EMAIL.value,
        details={name: value for name, value in details.items() if value is not None and value != ""},
    )


def key_of(event: AnymailTrackingEvent) -> str:
    if event.event_id:
        return f"{event.event_type} {event.event_id}"
    parts = (event.event_type, event.message_id, event.timestamp, event.recipient, event.click_url, event.description)
    return sha256("\n".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()


def own_key(event: AnymailTrackingEvent) -> str:
    """Our idempotency key, as it went out with the message: as metadata, or with Resend as a tag."""
    metadata = event.metadata if isinstance(event.metadata, Mapping) else {}
    tags = part(event, "data", "tags")
    if isinstance(tags, list):
        tags = {one.get("name"): one.get("value") for one in tags if isinstance(one, dict)}
    found = metadata.get("key") or (tags.get("key") if isinstance(tags, dict) else "")
    return found if isinstance(found, str) else ""


def is_permanent(event: AnymailTrackingEvent) -> bool:
    """By the service's own word, else by anymail's."""
    said = (
        part(event, "data", "bounce", "type") or part(event, "event-data", "severity") or part(event, "Type")
    )  # Resend's, Mailgun's, Postmark's
    if isinstance(said, str) and event.event_type == EventType.BOUNCED:
        return said.casefold() in FOR_GOOD
    return event.reject_reason not in PASSING


def part(event: AnymailTrackingEvent, *path: str) -> Any:
    """What stands there in what the service sent; None where nothing does."""
    found = event.esp_event
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def without(reason: str, event: AnymailTrackingEvent) -> str:
    """The receiver's words without the person's address, which stands in rows and lists that outlive it."""
    recipient = str(event.recipient or "")
    return without_address(reason, recipient)[:500]
