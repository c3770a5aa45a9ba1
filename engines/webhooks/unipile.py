"""Unipile tells of LinkedIn: who connected with a seat, who wrote to it, and which seat is signed out.

It signs nothing, but sends the headers that a webhook was made with: one of them carries the account's `webhook_secret`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from hmac import compare_digest
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from conversion.models import ProviderAccount
from conversion.secrets import CredentialError, credentials_of
from conversion.vocabulary import ArrivalKind, Channel
from engines.inbound.arrivals import Arrival, take
from engines.inbound.echoes import echo_of
from engines.outbox.clock import database_now
from engines.seat_alerts import signed_in, signed_out
from engines.webhooks.door import FORBIDDEN, SMALL, Turned, door, read_json

HEADER = "Unipile-Auth"
KIND = "unipile"
# developer.unipile.com, "Account status updates". ERROR and what only tells of progress say nothing of the seat itself.
SIGNED_OUT = frozenset({"CREDENTIALS", "STOPPED", "DELETED"})
SIGNED_IN = frozenset({"OK", "RECONNECTED", "CREATION_SUCCESS"})


@door(SMALL)
def callback(request: HttpRequest, account_id: UUID) -> HttpResponse:
    account = believed(request, account_id)
    content = read_json(request.body)
    status = content.get("AccountStatus")
    if isinstance(status, Mapping):
        of_status(account, status)
        return HttpResponse()
    handler = HANDLERS.get(text(content, "event"))
    arrival = handler(account, content) if handler else None
    if arrival is not None:
        take(arrival)
    return HttpResponse()


def believed(request: HttpRequest, account_id: UUID) -> ProviderAccount:
    """The account, whose secret the request knows. Raises Turned where it does not, or there is none."""
    account = ProviderAccount.objects.filter(pk=account_id, channel=Channel.LINKEDIN, kind=KIND).first()
    try:
        secret = credentials_of(account).get("webhook_secret", "") if account else ""
    except CredentialError as error:
        raise Turned(FORBIDDEN, "the account's credentials cannot be read") from error
    given = request.headers.get(HEADER, "")
    if account is None or not secret or not compare_digest(given.encode("utf-8", "replace"), secret.encode()):
        raise Turned(FORBIDDEN, "the secret is missing, wrong or not set")
    return account


def new_relation(account: ProviderAccount, content: Mapping[str, Any]) -> Arrival | None:
    """Somebody accepted an invitation, or connected otherwise; told up to eight hours later, and without a moment or a name of
    the event. It counts once a day: who leaves and connects again does so on another one.
    """
    seat, person = text(content, "account_id"), text(content, "user_provider_id")
    public = text(content, "user_public_identifier")
    profile = text(content, "user_profile_url") or (f"https://www.linkedin.com/in/{public}/" if public else "")
    if not seat or not (person or profile):
        return None
    at = database_now()
    return Arrival(
        source=KIND,
        key=f"new_relation {seat} {person or profile} {at:%Y-%m-%d}",
        kind=ArrivalKind.INVITATION_ACCEPTED.value,
        occurred_at=at,
        account=account,
        person=profile or person,
        ours=seat,
        channel=Channel.LINKEDIN.value,
        details={"person_id": person},
    )


def message_received(account: ProviderAccount, content: Mapping[str, Any]) -> Arrival | None:
    """A message in a chat: a reply, or one of ours, which comes back as well."""
    seat, message = text(content, "account_id"), text(content, "message_id")
    if not seat or not message:
        return None
    sender = content.get("sender")
    sender = sender if isinstance(sender, Mapping) else {}
    person = text(sender, "attendee_provider_id")
    if content.get("is_sender") is True or person == own_id(content):
        return echo_of(account, seat, message, people(content), text(content, "message"))
    if not person:
        return None
    return Arrival(
        source=KIND,
        key=message,
        kind=ArrivalKind.REPLIED.value,
        occurred_at=moment(text(content, "timestamp")),
        account=account,
        person=text(sender, "attendee_profile_url") or person,
        ours=seat,
        channel=Channel.LINKEDIN.value,
        subject=text(content, "subject"),
        text=text(content, "message"),
        details={"person_id": person, "chat_id": text(content, "chat_id")},
    )


def of_status(account: ProviderAccount, status: Mapping[str, Any]) -> None:
    seat, said = text(status, "account_id"), text(status, "message")
    if seat and said in SIGNED_OUT:
        signed_out(account, seat)
    elif seat and said in SIGNED_IN:
        signed_in(account, seat)


def own_id(content: Mapping[str, Any]) -> str | None:
    info = content.get("account_info")
    return text(info, "user_id") or None if isinstance(info, Mapping) else None


def people(content: Mapping[str, Any]) -> list[str]:
    attendees = content.get("attendees")
    those = attendees if isinstance(attendees, list) else []
    return [found for one in those if isinstance(one, Mapping) and (found := text(one, "attendee_provider_id"))]


def text(content: Mapping[str, Any], name: str) -> str:
    found = content.get(name)
    return found if isinstance(found, str) else ""


def moment(stamp: str) -> datetime | None:
    """None where it names none, or none that has an offset."""
    try:
        found = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return found if found.utcoffset() is not None else None


HANDLERS: Mapping[str, Callable[[ProviderAccount, Mapping[str, Any]], Arrival | None]] = {
    "new_relation": new_relation,
    "message_received": message_received,
}
