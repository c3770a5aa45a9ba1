"""What Twilio tells: answers to text messages, what became of them, and of calls; and what connects a call.

Each request is signed with the account's auth token over the address and all fields (`X-Twilio-Signature`). The signature has
no timestamp, so a request may come again at any time; what it says is taken once, whenever it comes.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from twilio.request_validator import RequestValidator

from conversion.models import Activity, ProviderAccount
from conversion.secrets import CredentialError, credentials_of
from conversion.tenancy import across_clients
from conversion.vocabulary import ActivityState, ArrivalKind, CallOutcome, Channel
from engines.inbound.arrival import storable
from engines.inbound.arrivals import Arrival, take
from engines.outbox.clock import database_now
from engines.providers.twilio_terms import LEG, OPTED_OUT, connecting, hanging_up
from engines.webhooks.door import AWAY_NOW, FORBIDDEN, UNREADABLE, Turned, door

KIND = "twilio"
LIMIT = 100_000  # bytes; a text message has 1,600 characters and ten attachments' addresses at most
# Twilio's own words (help.twilio.com, "Twilio support for opt-out keywords"), and those of 47 CFR 64.1200(a)(10). Alone in a
# message; what is said in more words, the reading of replies finds.
STOPS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out", "opt-out"})
# twilio.com/docs/messaging/api/message-resource, "status". They all say that Twilio has it.
UNDER_WAY = frozenset({"accepted", "scheduled", "queued", "sending", "sent"})
ARRIVED = frozenset({"delivered", "read"})
LOST = frozenset({"undelivered", "failed", "canceled"})
WHY = {
    "30003": "the phone was off or out of reach",
    "30004": "the recipient or its carrier blocks it",
    "30005": "there is no such number",
    "30006": "a landline, or a carrier that takes no text messages",
    "30007": "filtered by the carrier",
}
# How the part of a call that rang the lead ended.
OUTCOMES = {
    "completed": CallOutcome.CONNECTED,
    "busy": CallOutcome.BUSY,
    "no-answer": CallOutcome.NO_ANSWER,
    "canceled": CallOutcome.NO_ANSWER,
}
NOT_REACHED = frozenset({"busy", "no-answer", "failed", "canceled"})
# A call is connected while it is young; afterwards nobody is told whom it was to ring.
YOUNG = timedelta(minutes=10)


@door(LIMIT)
def inbound(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """A text message to one of the account's numbers."""
    account, said = heard(request, account_id, Channel.SMS)
    text = said.get("Body", "")
    kind = ArrivalKind.UNSUBSCRIBED if is_stop(text, said.get("OptOutType", "")) else ArrivalKind.REPLIED
    take(
        Arrival(
            source=KIND,
            key=f"received {wanted(said, 'MessageSid')}",
            kind=kind.value,
            occurred_at=None,
            account=account,
            person=said.get("From", ""),
            ours=said.get("To", ""),
            channel=Channel.SMS.value,
            text=text,
        )
    )
    return twiml("<Response/>")


@door(LIMIT)
def message(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """What became of a text message of ours."""
    account, said = heard(request, account_id, Channel.SMS)
    sid, status = wanted(said, "MessageSid"), said.get("MessageStatus") or said.get("SmsStatus") or ""
    code, details = said.get("ErrorCode", ""), {}
    if status in UNDER_WAY:
        kind = ArrivalKind.ACCEPTED
    elif status in ARRIVED:
        kind = ArrivalKind.DELIVERED
    elif status in LOST:
        kind = ArrivalKind.UNSUBSCRIBED if code == str(OPTED_OUT) else ArrivalKind.FAILED
        details["reason"] = WHY.get(code, f"error {code}" if code.isdecimal() else status)
    else:  # a word that Twilio added later
        return HttpResponse(status=204)
    return told(account, request, kind, f"{kind.value} {sid}", Channel.SMS, sid, details)


@door(LIMIT)
def call(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """How the part of a call ended that rang the operator."""
    account, said = heard(request, account_id, Channel.VOICE)
    sid, status = wanted(said, "CallSid"), said.get("CallStatus", "")
    if status in NOT_REACHED:
        reason = {"reason": f"the operator was not reached ({status})"}
        return told(account, request, ArrivalKind.FAILED, f"failed {sid}", Channel.VOICE, sid, reason)
    return told(account, request, ArrivalKind.ACCEPTED, f"accepted {sid}", Channel.VOICE, sid, {})


@door(LIMIT)
def leg(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """How the part of a call ended that rang the lead."""
    account, said = heard(request, account_id, Channel.VOICE)
    sid, status = wanted(said, "CallSid"), said.get("CallStatus", "")
    parent, seconds = said.get("ParentCallSid", ""), said.get("CallDuration", "")
    if status == "failed":
        reason = {"reason": "the call could not be connected"}
        return told(account, request, ArrivalKind.FAILED, f"failed {sid}", Channel.VOICE, parent, reason)
    if status not in OUTCOMES:  # it has not ended yet
        return HttpResponse(status=204)
    details: dict[str, Any] = {"outcome": OUTCOMES[status].value}
    if seconds.isascii() and seconds.isdigit():
        details["duration_seconds"] = int(seconds[:9])
    return told(account, request, ArrivalKind.CALL_COMPLETED, f"completed {sid}", Channel.VOICE, parent, details)


@door(LIMIT)
def connect(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """The operator pressed a key: whom to ring. Nobody, where the call is not a young one of this account, or the lead has
    opted out since.
    """
    account, _ = heard(request, account_id, Channel.VOICE)
    key, since = storable(request.GET.get("key", "")), database_now() - YOUNG
    with across_clients("arrivals"):
        went = Activity.objects.filter(
            idempotency_key=key,
            channel=Channel.VOICE,
            sender__account=account,
            state__in=[ActivityState.DISPATCHING, ActivityState.SENT, ActivityState.UNKNOWN],
            dispatched_at__gte=since,
        )
        touch = went.exclude(lead__is_unsubscribed=True).exclude(lead__do_not_contact=True).filter(lead__erased_at=None)
        found = touch.select_related("lead", "sender").first()
    if found is None or found.sender is None:
        return twiml(hanging_up())
    leg_url = address(request).replace("/connect?", f"/{LEG}?", 1)
    return twiml(connecting(found.lead.phone.strip(), found.sender.address.strip(), leg_url))


def heard(request: HttpRequest, account_id: UUID, channel: Channel) -> tuple[ProviderAccount, QueryDict]:
    """The account, and what Twilio said. Raises Turned: 401 where the signature is missing or wrong, or there is no token to
    check it by.
    """
    account = ProviderAccount.objects.filter(pk=account_id, kind=KIND, channel=channel).first()
    if account is None:
        raise Turned(FORBIDDEN, "no such account")
    try:
        token = credentials_of(account).get("auth_token", "")
    except CredentialError as error:
        raise Turned(AWAY_NOW, str(error)) from error
    signature = request.headers.get("X-Twilio-Signature", "")
    if not token or not signature or request.content_type != "application/x-www-form-urlencoded":
        raise Turned(FORBIDDEN, "not signed, or no token to check it by")
    if not RequestValidator(token).validate(address(request), request.POST, signature):
        raise Turned(FORBIDDEN, "not signed as it should be")
    return account, request.POST


def address(request: HttpRequest) -> str:
    """The address as Twilio knows it: ours before any proxy."""
    query = request.META.get("QUERY_STRING", "")
    return f"{settings.PUBLIC_URL.rstrip('/')}{request.path_info}" + (f"?{query}" if query else "")


def wanted(said: QueryDict, name: str) -> str:
    value = said.get(name, "")
    if not (value.isascii() and value.isalnum()) or len(value) > 64:  # noqa: PLR2004 (Twilio's names have 34 characters)
        raise Turned(UNREADABLE, f"{name} is missing, or no name of Twilio's")
    return value


def told(  # noqa: PLR0917 (what all reports of a touch have)
    account: ProviderAccount,
    request: HttpRequest,
    kind: ArrivalKind,
    key: str,
    channel: Channel,
    message_id: str,
    details: dict[str, Any],
) -> HttpResponse:
    """Take a report of a touch of ours, which stands in the address under its key."""
    take(
        Arrival(
            source=KIND,
            key=key,
            kind=kind.value,
            occurred_at=moment(request.POST.get("Timestamp", "")),
            account=account,
            idempotency_key=request.GET.get("key", ""),
            message_id=message_id,
            channel=channel.value,
            details=details,
        )
    )
    return HttpResponse(status=204)


def moment(text: str) -> datetime | None:
    """Of RFC 2822, as Twilio writes it of calls; of messages it tells none."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def is_stop(text: str, opt_out_type: str) -> bool:
    """opt_out_type: what Twilio's own reading says, where it is switched on. START undoes nothing here: who opted out by
    another way stays out, and a person decides about the rest.
    """
    words = " ".join(text.strip(" \t\r\n.!\"'").casefold().split())
    return words in STOPS or opt_out_type == "STOP"


def twiml(content: str) -> HttpResponse:
    return HttpResponse(content, content_type="text/xml")
