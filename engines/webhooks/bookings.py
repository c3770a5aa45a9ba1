"""Calendars tell that a meeting was booked or cancelled: Calendly, Cal.com, or anything that signs as we ask.

Each client has one address and one secret (`set_booking_hook`), with which every message is signed (HMAC-SHA-256, RFC 2104):
over `TIMESTAMP.BODY` in `Booking-Signature: t=TIMESTAMP,v1=HEX` and in Calendly's header of the same form, over the body alone
in Cal.com's, which knows no time.
"""

import hmac
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_datetime

from conversion.models import BookingHook, Client
from conversion.secrets import CredentialError, credentials_of, seal
from conversion.tenancy import across_clients
from conversion.vocabulary import ArrivalKind
from engines.inbound.arrivals import Arrival, take
from engines.webhooks.door import AWAY_NOW, FORBIDDEN, SKEW, SMALL, UNREADABLE, Turned, door, read_json

OURS, CALENDLY, CALCOM = "Booking-Signature", "Calendly-Webhook-Signature", "X-Cal-Signature-256"
PATH = "webhooks/bookings/"
# A meeting that is moved is booked again; the first booking is the one that counts.
BOOKED, CANCELLED = ArrivalKind.MEETING_BOOKED, ArrivalKind.MEETING_CANCELLED
OF_CALENDLY = {"invitee.created": BOOKED, "invitee.canceled": CANCELLED}
OF_CALCOM = {"BOOKING_CREATED": BOOKED, "BOOKING_RESCHEDULED": BOOKED, "BOOKING_CANCELLED": CANCELLED}


@transaction.atomic
def new_secret(client: Client) -> tuple[str, str]:
    """The client's address for its calendar, and a new secret, which is shown this once; one that was there ends.

    Raises KeyMissingError where it could not be encrypted.
    """
    hook, _ = BookingHook.objects.get_or_create(client=client)
    secret = secrets.token_urlsafe(32)
    seal(hook, {"secret": secret})
    hook.save(update_fields=["credentials"])
    return urljoin(settings.PUBLIC_URL.rstrip("/") + "/", f"{PATH}{hook.pk}"), secret


@door(SMALL)
def booking(request: HttpRequest, hook_id: UUID) -> HttpResponse:
    with across_clients("arrivals"):
        hook = BookingHook.objects.filter(pk=hook_id).first()
    if hook is None:
        raise Turned(FORBIDDEN, "no such address")
    source = proven(request, secret_of(hook))
    content = read_json(request.body)
    try:
        arrival = READERS[source](content, hook.client_id)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise Turned(UNREADABLE, f"{source}: no booking that can be read: {type(error).__name__}") from error
    if arrival is not None:
        take(arrival)
    return HttpResponse()


def secret_of(hook: BookingHook) -> bytes:
    try:
        secret = credentials_of(hook).get("secret", "")
    except CredentialError as error:
        raise Turned(AWAY_NOW, str(error)) from error
    if not secret:
        raise Turned(FORBIDDEN, "no secret is set")
    return secret.encode()


def proven(request: HttpRequest, secret: bytes) -> str:
    """The header whose signature holds: who sent it. Raises Turned."""
    for header in (OURS, CALENDLY):
        if given := request.headers.get(header):
            parts = dict(part.strip().partition("=")[::2] for part in given.split(","))
            stamp = parts.get("t", "")
            if not (stamp.isascii() and stamp.isdigit() and abs(time.time() - int(stamp[:12])) <= SKEW):
                raise Turned(FORBIDDEN, "the signature is too old, or of the future")
            return same(parts.get("v1", ""), secret, f"{stamp}.".encode() + request.body, header)
    return same(request.headers.get(CALCOM, ""), secret, request.body, CALCOM)


def same(given: str, secret: bytes, signed: bytes, header: str) -> str:
    expected = hmac.digest(secret, signed, "sha256").hex()
    if not hmac.compare_digest(expected.encode(), given.strip().casefold().encode("utf-8", "replace")):
        raise Turned(FORBIDDEN, "the signature is missing or wrong")
    return header


def of_ours(content: Mapping[str, Any], client_id: UUID) -> Arrival:
    """`event` (meeting_booked or meeting_cancelled), `booking` (its id), `email` or `phone` of the person, `occurred_at`."""
    kind = ArrivalKind(text(content["event"]))
    if kind not in {BOOKED, CANCELLED}:
        raise ValueError("event")
    person = text(content.get("email") or content["phone"])
    return arrival("booking", kind, text(content["booking"]), person, content.get("occurred_at"), client_id)


def of_calendly(content: Mapping[str, Any], client_id: UUID) -> Arrival | None:
    kind = OF_CALENDLY.get(text(content["event"]))
    if kind is None:
        return None
    invitee = content["payload"]
    return arrival("calendly", kind, text(invitee["uri"]), text(invitee["email"]), content.get("created_at"), client_id)


def of_calcom(content: Mapping[str, Any], client_id: UUID) -> Arrival | None:
    kind = OF_CALCOM.get(text(content["triggerEvent"]))
    if kind is None:
        return None
    meeting = content["payload"]
    person = text(meeting["attendees"][0]["email"])
    return arrival("calcom", kind, text(meeting["uid"]), person, content.get("createdAt"), client_id)


def arrival(  # noqa: PLR0917 (what a booking is made of)
    source: str, kind: ArrivalKind, booking_id: str, person: str, when: Any, client_id: UUID
) -> Arrival:
    return Arrival(
        source=source,
        key=f"{kind.value} {booking_id}",
        kind=kind.value,
        occurred_at=moment(when),
        client_id=client_id,
        person=person,
        details={"booking": booking_id},
    )


def text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text is wanted")
    return value


def moment(value: Any) -> datetime | None:
    """When it was booked; None where that is not said. Raises ValueError on a text that is no moment."""
    if value is None:
        return None
    found = parse_datetime(text(value))
    if found is None:
        raise ValueError("no moment")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


READERS = {OURS: of_ours, CALENDLY: of_calendly, CALCOM: of_calcom}
