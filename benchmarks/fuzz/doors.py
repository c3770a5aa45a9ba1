"""Webhooks: hostile bodies under signatures that hold, and any body under those that do not.

No door may answer with a fault of its own. What is not taken leaves every table as it was, and so does what is told again; the
twin, another client with the same person, is never touched.
"""
# ruff: noqa: S101 (what each case has to hold)

import base64
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from django.test import Client as Browser
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from benchmarks.fuzz.hostile import CONTENT_TYPES, bodies, spoiled, spoiled_bytes, texts, written
from benchmarks.fuzz.rows import BASIC, EMAIL, MAILGUN, PERSON, PHONE, SEAT, SECRET, SVIX, TOKEN, World, counts, rows_of
from benchmarks.fuzz.tally import Tally, examine

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
TAKEN, TURNED, FORBIDDEN, TOO_LONG = {200, 204}, {400, 401, 413}, 401, 413
LONG = 50_000  # bytes: no door refuses fewer for their number alone
Headers = dict[str, str]


@dataclass(frozen=True)
class Knock:
    """A request, before it is signed. fields: of a form, where it is one."""

    path: str
    body: bytes
    content_type: str = JSON
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Door:
    """knocks: what comes, most of it hostile. sign: makes the headers that prove it."""

    name: str
    knocks: st.SearchStrategy[Knock]
    sign: Callable[[Knock], Headers]


def fuzz_doors(world: World, *, count: int, first_seed: int) -> list[Tally]:
    """So many cases for all doors together; each is tried with its signature, again, and without."""
    doors = doors_of(world)
    share = -(-count // len(doors))
    return [
        examine(door.name, door.knocks, partial(check, world, door), count=share, first_seed=first_seed)
        for door in doors
    ]


def check(world: World, door: Door, knock: Knock) -> None:
    before, twins, signed = counts(), rows_of(world.twin), door.sign(knock)
    for wrong in ({}, {name: f"{value[:-6]}AAAAAA" for name, value in signed.items()}):
        if door.name != "mailgun inbound":  # its signature stands in the body
            turned = knocked(knock, wrong)
            assert turned == FORBIDDEN or (turned == TOO_LONG and len(knock.body) > LONG), (
                "an invalid signature was let in"
            )
    assert counts() == before, "an invalid signature changed something"
    status = knocked(knock, signed)
    assert status in TAKEN | TURNED, f"answered with {status}"
    if status in TURNED:
        assert counts() == before, "refused, but something of it was stored"
        return
    after = counts()
    assert knocked(knock, signed) == status, "the same again was answered otherwise"
    assert counts() == after, "the same again was taken twice"
    assert rows_of(world.twin) == twins, "another client's rows changed"


def knocked(knock: Knock, headers: Headers) -> int:
    """The status. Raises what the view raised."""
    browser = Browser(enforce_csrf_checks=True)
    return browser.generic("POST", knock.path, knock.body, knock.content_type, headers=headers).status_code


def doors_of(world: World) -> list[Door]:
    return [*mail_doors(world), *twilio_doors(world), *booking_doors(world), unipile_door(world)]


def posted(path: str, found: st.SearchStrategy[bytes]) -> st.SearchStrategy[Knock]:
    """In JSON as it ought to be, or under another name."""
    return st.builds(Knock, st.just(path), found, st.just(JSON) | st.just(JSON) | st.sampled_from(CONTENT_TYPES))


# E-mail services.


def mail_doors(world: World) -> list[Door]:
    postmark, resend, mailgun, mailjet = (
        world.accounts[kind, "email"].pk for kind in ("postmark", "resend", "mailgun", "mailjet")
    )
    key = world.sent["email"].idempotency_key
    raw = spoiled_bytes(letter(key)).map(lambda mail: mail.decode("latin-1"))
    inbound = st.builds(lambda mail: {"From": "x", "Headers": [], "RawEmail": mail}, raw | texts)
    of_postmark = (
        bodies(*postmark_events(key)),
        bodies({"From": EMAIL, "Headers": [], "RawEmail": letter(key).decode()}),
    )
    whole = inbound.map(written)
    return [
        Door("postmark tracking", posted(f"/webhooks/postmark/{postmark}/tracking", of_postmark[0]), basic),
        Door("postmark inbound", posted(f"/webhooks/postmark/{postmark}/inbound", of_postmark[1] | whole), basic),
        Door("resend tracking", posted(f"/webhooks/resend/{resend}/tracking", bodies(*resend_events(key))), svix),
        Door("mailjet tracking", posted(f"/webhooks/mailjet/{mailjet}/tracking", bodies(mailjet_events(key))), basic),
        Door("mailgun inbound", mailgun_knocks(f"/webhooks/mailgun/{mailgun}/inbound", raw | texts), lambda _: {}),
    ]


def letter(key: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Bob <{EMAIL}>", "ann@acme.example", "Re: Hi"
    mail["Message-ID"], mail["In-Reply-To"] = "<reply-1@recipient.example>", f"<{key}@acme.example>"
    mail["Date"] = "Mon, 16 Nov 2026 12:30:00 +0000"
    mail.set_content("Which company are you with?\n\nOn Monday Ann wrote:\n> Hi")
    mail.add_alternative("<p>Which <b>company</b>?</p><blockquote>Hi</blockquote>", subtype="html")
    return mail.as_bytes()


def postmark_events(key: str) -> list[dict[str, Any]]:
    common = {"MessageID": "m-email", "Metadata": {"key": key}, "Tag": "t", "ServerID": 23}
    at = "2026-11-16T12:00:00Z"
    return [
        {"RecordType": "Delivery", "Recipient": EMAIL, "DeliveredAt": at, "Details": "ok", **common},
        {
            "RecordType": "Bounce",
            "ID": 4,
            "Type": "Transient",
            "TypeCode": 2,
            "Email": EMAIL,
            "BouncedAt": at,
            **common,
        },
        {"RecordType": "Open", "Recipient": EMAIL, "ReceivedAt": at, "UserAgent": "x", **common},
        {"RecordType": "Click", "Recipient": EMAIL, "ReceivedAt": at, "OriginalLink": "https://a.example", **common},
        {"RecordType": "SubscriptionChange", "Recipient": EMAIL, "ChangedAt": at, "SuppressSending": False, **common},
    ]


def resend_events(key: str) -> list[dict[str, Any]]:
    data = {"email_id": "m-email", "to": [EMAIL], "tags": {"key": key}, "created_at": "2026-11-16T12:00:00Z"}
    more = {"click": {"link": "https://a.example/x", "userAgent": "x"}, "bounce": {"type": "Transient", "message": "x"}}
    kinds = ("delivered", "opened", "clicked", "bounced", "failed")
    return [{"type": f"email.{kind}", "created_at": "2026-11-16T12:00:00Z", "data": data | more} for kind in kinds]


def mailjet_events(key: str) -> list[dict[str, Any]]:
    common = {
        "email": EMAIL,
        "time": 1_794_830_400,
        "MessageID": 19_421_777_835_146_490,
        "Payload": json.dumps({"key": key}),
    }
    return [{"event": kind, **common} for kind in ("sent", "open", "click", "blocked")]


def basic(_: Knock) -> Headers:
    return {"Authorization": "Basic " + base64.b64encode(BASIC.encode()).decode()}


def svix(knock: Knock) -> Headers:
    key, stamp = f"msg_{uuid4().hex}", str(int(time.time()))
    secret = base64.b64decode(SVIX.removeprefix("whsec_"))
    signed = hmac.digest(secret, f"{key}.{stamp}.".encode() + knock.body, "sha256")
    return {"svix-id": key, "svix-timestamp": stamp, "svix-signature": f"v1,{base64.b64encode(signed).decode()}"}


def mailgun_knocks(path: str, mails: st.SearchStrategy[str]) -> st.SearchStrategy[Knock]:
    @st.composite
    def made(draw: st.DrawFn) -> Knock:
        token, stamp = "a" * 50, str(int(time.time()))
        signature = hmac.digest(MAILGUN.encode(), f"{stamp}{token}".encode(), "sha256").hex()
        mail = {"sender": EMAIL, "recipient": "ann@acme.example", "body-mime": draw(mails), "timestamp": stamp}
        content = draw(spoiled({**mail, "token": token, "signature": signature}, texts))
        return Knock(path, form(content), FORM, content)

    return made()


def form(fields: Any) -> bytes:
    return urlencode(fields if isinstance(fields, dict) else {}, errors="surrogatepass").encode()


# Twilio.


def twilio_doors(world: World) -> list[Door]:
    sms, voice = world.accounts["twilio", "sms"].pk, world.accounts["twilio", "voice"].pk
    keys = {channel: world.sent[channel].idempotency_key for channel in ("sms", "voice")}
    call = {"CallSid": "CA1", "CallStatus": "completed", "ParentCallSid": "m-voice", "CallDuration": "31"}
    text = {"MessageSid": "SM2", "MessageStatus": "delivered", "ErrorCode": "30003"}
    said = {"MessageSid": "SM1", "From": PHONE, "To": "+61255500001", "Body": "Yes, Tuesday?", "OptOutType": ""}
    return [
        Door("twilio inbound", form_knocks(f"/webhooks/twilio/{sms}", said), twilio),
        Door("twilio message", form_knocks(f"/webhooks/twilio/{sms}/message", text, keys["sms"]), twilio),
        Door("twilio call", form_knocks(f"/webhooks/twilio/{voice}/call", call, keys["voice"]), twilio),
        Door("twilio leg", form_knocks(f"/webhooks/twilio/{voice}/leg", call, keys["voice"]), twilio),
        Door("twilio connect", form_knocks(f"/webhooks/twilio/{voice}/connect", call, keys["voice"]), twilio),
    ]


@st.composite
def form_knocks(draw: st.DrawFn, path: str, good: dict[str, str], key: str = "") -> Knock:
    fields = draw(spoiled({**good, "Timestamp": "Mon, 16 Nov 2026 12:30:00 +0000"}, texts))
    fields = fields if isinstance(fields, dict) else {}
    fields = {name: value.encode("utf-8", "replace").decode() for name, value in fields.items()}
    query = draw(st.just(key) | texts)
    address = f"{path}?{urlencode({'key': query}, errors='replace')}" if query else path
    return Knock(address, form(fields), FORM, fields)


def twilio(knock: Knock) -> Headers:
    address = settings.PUBLIC_URL.rstrip("/") + knock.path
    return {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(address, dict(knock.fields))}


# Calendars and LinkedIn.


def booking_doors(world: World) -> list[Door]:
    path, at = f"/webhooks/bookings/{world.hook.pk}", "2026-11-16T12:00:00Z"
    ours = {"event": "meeting_cancelled", "booking": "b-1", "email": "eve@else.example", "occurred_at": at}
    invitee = {"uri": "https://api.calendly.com/x", "email": EMAIL}
    meeting = {"uid": "u-1", "attendees": [{"email": EMAIL, "name": "Bob"}], "startTime": "x"}
    calendly = [{"event": f"invitee.{kind}", "created_at": at, "payload": invitee} for kind in ("created", "canceled")]
    calcom = [
        {"triggerEvent": f"BOOKING_{kind}", "createdAt": at, "payload": meeting} for kind in ("CREATED", "CANCELLED")
    ]

    def stamped(header: str, knock: Knock) -> Headers:
        stamp = str(int(time.time()))
        return {
            header: f"t={stamp},v1={hmac.digest(world.hook_secret, f'{stamp}.'.encode() + knock.body, 'sha256').hex()}"
        }

    def plain(knock: Knock) -> Headers:
        return {"X-Cal-Signature-256": hmac.digest(world.hook_secret, knock.body, "sha256").hex()}

    booked = {**ours, "event": "meeting_booked"}
    return [
        Door("bookings, ours", posted(path, bodies(ours, booked)), partial(stamped, "Booking-Signature")),
        Door("bookings, calendly", posted(path, bodies(*calendly)), partial(stamped, "Calendly-Webhook-Signature")),
        Door("bookings, cal.com", posted(path, bodies(*calcom)), plain),
    ]


def unipile_door(world: World) -> Door:
    path = f"/webhooks/unipile/{world.accounts['unipile', 'linkedin'].pk}"
    profile = "https://www.linkedin.com/in/bob/"
    sender = {"attendee_provider_id": PERSON, "attendee_profile_url": profile}
    message = {"account_id": SEAT, "message_id": "m-1", "sender": sender, "attendees": [sender], "message": "Hello"}
    relation = {"account_id": SEAT, "user_provider_id": PERSON, "user_profile_url": profile}
    good = (
        {"event": "message_received", "timestamp": "2026-11-16T12:00:00Z", "chat_id": "c-1", **message},
        {"event": "message_received", "is_sender": True, **message},
        {"event": "new_relation", "user_public_identifier": "bob", **relation},
        {"AccountStatus": {"account_id": SEAT, "message": "CREDENTIALS", "account_type": "LINKEDIN"}},
    )
    return Door("unipile", posted(path, bodies(*good)), lambda _: {"Unipile-Auth": SECRET})
