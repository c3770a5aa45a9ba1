"""What comes to the web server's doors: what providers say of messages, and what people answer; each signed as it has to be."""

import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings

from benchmarks.chaos.channels import SID, SIGNING_KEY, TOKEN, WEBHOOK_SECRET, profile_of
from benchmarks.chaos.servers import Line
from benchmarks.standins.linkedin import World, person_id
from benchmarks.standins.twilio import signed, stamp
from conversion.models import Activity, ProviderAccount, Sender
from engines import unsubscribe
from engines.providers.twilio_terms import CALL, LEG, MESSAGE

FORM = "application/x-www-form-urlencoded"
SECONDS = 42  # that a call takes


@dataclass(frozen=True)
class Knock:
    """A request."""

    path: str
    body: bytes
    headers: Mapping[str, str]


def reports(touch: Activity, line: Line) -> list[Knock]:
    """What the provider says of a message that it took, in the order in which it happened. The last says how it ended."""
    key, account = line.key, account_at(touch)
    if touch.channel == "email":
        return [of_mail(touch, account, kind, line.at) for kind in ("accepted", "delivered")]
    if touch.channel == "sms":
        sent = {"MessageSid": line.name, "To": touch.lead.phone, "From": touch.sender.address}
        return [
            of_twilio(account, f"/{MESSAGE}?key={key}", sent | {"MessageStatus": status})
            for status in ("queued", "sent", "delivered")
        ]
    if touch.channel == "voice":
        ended = {"CallStatus": "completed", "Timestamp": stamp()}
        child = {"CallSid": f"CA{touch.pk.hex}", "ParentCallSid": line.name, "CallDuration": str(SECONDS)}
        return [
            of_twilio(account, f"/{CALL}?key={key}", ended | {"CallSid": line.name}),
            of_twilio(account, f"/{LEG}?key={key}", ended | child),
        ]
    seat, name = touch.sender.address, profile_of(touch.lead)
    if line.name == "invitation":
        return [of_linkedin(account, World().accept(seat, name))]
    own = World().reply(seat, name, touch.body, own=True)
    echo = {"message_id": f"out-{key}", "attendees": [{"attendee_provider_id": person_id(name)}]}
    return [of_linkedin(account, own | echo)]


def reply(touch: Activity, text: str) -> Knock:
    """The person answers, by the channel of the touch or, who was called, by a text message."""
    account = account_at(touch)
    if touch.channel == "email":
        return of_letter(touch, account, text)
    if touch.channel == "linkedin":
        name = profile_of(touch.lead)
        said = World().reply(touch.sender.address, name, text) | {"message_id": f"in-{touch.pk}"}
        said["sender"]["attendee_profile_url"] = touch.lead.linkedin_url
        return of_linkedin(account, said)
    ours = touch.sender.address
    if touch.channel == "voice":
        texts = Sender.objects.for_client(touch.client_id).filter(channel="sms").select_related("account").first()
        account, ours = texts.account, texts.address
    said = {"MessageSid": f"SM{touch.pk.hex}", "From": touch.lead.phone, "To": ours, "Body": text}
    return of_twilio(account, "", said)


def says_no(touch: Activity) -> Knock:
    """The person wants no more, in the way that is the channel's own."""
    if touch.channel == "email":
        body = b"List-Unsubscribe=One-Click"
        return Knock(f"/{unsubscribe.PATH}{unsubscribe.token_of(touch)}", body, {"Content-Type": FORM})
    return reply(touch, "Please stop messaging me." if touch.channel == "linkedin" else "STOP")


def account_at(touch: Activity) -> ProviderAccount:
    account: ProviderAccount = touch.sender.account
    return account


def of_mail(touch: Activity, account: ProviderAccount, kind: str, at: float) -> Knock:
    event = {
        "event": kind,
        "id": f"{kind}-{touch.pk}",
        "timestamp": at,
        "recipient": touch.lead.email,
        "message": {"headers": {"message-id": f"chaos-{touch.pk}"}},
        "user-variables": {"key": str(touch.pk)},
    }
    body = json.dumps({"signature": of_now(), "event-data": event}).encode()
    return Knock(f"/webhooks/mailgun/{account.pk}/tracking", body, {"Content-Type": "application/json"})


def of_letter(touch: Activity, account: ProviderAccount, text: str) -> Knock:
    mail, ours = EmailMessage(), touch.sender.address
    mail["From"], mail["To"], mail["Subject"] = touch.lead.email, ours, f"Re: {touch.subject}"
    mail["Message-ID"] = f"<in-{touch.pk}@people.example>"
    mail["In-Reply-To"] = f"<{touch.pk}@{ours.rpartition('@')[2]}>"
    mail.set_content(text)
    form = {**of_now(), "sender": touch.lead.email, "recipient": ours, "body-mime": mail.as_string()}
    return Knock(f"/webhooks/mailgun/{account.pk}/inbound", urlencode(form).encode(), {"Content-Type": FORM})


def of_now() -> dict[str, str]:
    """Mailgun's signature, which stands in the body."""
    moment, token = str(int(time.time())), uuid4().hex
    signature = hmac.digest(SIGNING_KEY.encode(), f"{moment}{token}".encode(), "sha256").hex()
    return {"timestamp": moment, "token": token, "signature": signature}


def of_twilio(account: ProviderAccount, below: str, said: Mapping[str, str]) -> Knock:
    path, fields = f"/webhooks/twilio/{account.pk}{below}", {"AccountSid": SID, **said}
    headers = {"Content-Type": FORM, "X-Twilio-Signature": signed(TOKEN, settings.PUBLIC_URL + path, fields)}
    return Knock(path, urlencode(fields).encode(), headers)


def of_linkedin(account: ProviderAccount, said: Mapping[str, Any]) -> Knock:
    headers = {"Content-Type": "application/json", "Unipile-Auth": WEBHOOK_SECRET}
    return Knock(f"/webhooks/unipile/{account.pk}", json.dumps(said).encode(), headers)
