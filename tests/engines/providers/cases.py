"""What the shared suite needs to know of each provider: its stand-in, and how it is built."""

import json
import re
from email import message_from_bytes, policy
from types import MappingProxyType
from typing import ClassVar
from urllib.parse import parse_qsl

from benchmarks.standins.twilio import Twilio
from benchmarks.standins.unipile import Unipile
from engines.providers import registry
from engines.providers.contract import Outgoing
from tests.engines.providers.standins import MailServer, Service

SECRET = "the-secret-of-this-account"  # noqa: S105 (of a stand-in)
TWILIO = {"account_sid": "AC1", "auth_token": SECRET}
HEADERS = {
    "Message-ID": "<key-1@sender.example>",
    "List-Unsubscribe": "<https://a.example/u/token>, <mailto:ann@sender.example?subject=unsubscribe>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
}


def outgoing(**fields):
    given = {
        "key": "key-1",
        "channel": "email",
        "sender": "ann@sender.example",
        "sender_name": "Ann Müller",
        "recipient": "bob@recipient.example",
        "subject": "Größe zählt",
        "text": "Hi Bob,\n.dots at the start stay\n",
        "html": "<p>Hi Bob</p>\n",
        "headers": HEADERS,
        "metadata": {"key": "key-1"},
    }
    return Outgoing(**{**given, **fields})


class Case:
    """kind: of the account. credentials, options: as an operator gives them; {url}, {host}, {port} are the stand-in's.

    A case of another channel than e-mail has its own `outgoing`, the `recipient` that no reason may repeat, and what of it
    arrives: `whole`, read by `arrived` from what the stand-in took.
    """

    has_retry_after = True
    recipient = "bob@recipient.example"
    whole: ClassVar = {
        "key": "key-1",
        "subject": "Größe zählt",
        "text": "Hi Bob,\n.dots at the start stay\n",
        "html": "<p>Hi Bob</p>\n",
        "headers": HEADERS,
    }

    def __init__(self, kind, credentials, make, options=None):
        self.kind, self.credentials, self.make, self.options = kind, credentials, make, options

    def build(self, stand_in):
        options = self.options or {"api_url": stand_in.url}
        return registry.build("email", self.kind, options, self.credentials)

    def outgoing(self, **fields):
        return outgoing(**fields)

    def arrived(self, taken):
        """Other headers than ours, and another spelling of their names, are the service's own business."""
        headers = {name.lower(): value for name, value in taken["headers"].items()}
        ours = {name: headers.get(name.lower()) for name in HEADERS}
        return {**{name: taken[name] for name in self.whole}, "headers": ours}


class SmtpCase(Case):
    has_retry_after = False

    def build(self, stand_in):
        options = {"host": "127.0.0.1", "port": str(stand_in.port), "security": "none"}
        return registry.build("email", "smtp", options, self.credentials)


class UnipileCase(Case):
    recipient = "bob-doe"
    whole: ClassVar = {
        "key": "key-1",
        "kind": "message",
        "text": "Hi Bob,\n.dots at the start stay",
        "account": "seat-1",
    }

    def build(self, stand_in):
        options = {"base_url": f"http://127.0.0.1:{stand_in.port}"}
        return registry.build("linkedin", "unipile", options, self.credentials)

    def outgoing(self, **fields):
        given = {"channel": "linkedin", "sender": "seat-1", "recipient": self.recipient, "text": self.whole["text"]}
        return outgoing(**{"subject": "", "html": "", "headers": {}, **given, **fields})

    def arrived(self, taken):
        return {name: taken[name] for name in self.whole}


class TwilioSmsCase(Case):
    recipient = "+61400000002"
    whole: ClassVar = {"key": "key-1", "to": recipient, "from": "+61400000001", "text": "Grüße, Bob {}"}
    channel, options_beside = "sms", MappingProxyType({})

    def build(self, stand_in):
        options = {"base_url": f"http://127.0.0.1:{stand_in.port}", **self.options_beside}
        return registry.build(self.channel, "twilio", options, self.credentials)

    def outgoing(self, **fields):
        given = {
            "channel": self.channel,
            "sender": "+61400000001",
            "recipient": self.recipient,
            "text": "Grüße, Bob {}",
        }
        callback = "https://outreach.example/webhooks/twilio/1"
        return outgoing(**{"subject": "", "html": "", "headers": {}, "callback": callback, **given, **fields})

    def arrived(self, taken):
        return {name: taken[name] for name in self.whole}


class TwilioVoiceCase(TwilioSmsCase):
    whole: ClassVar = {"key": "key-1", "to": "+61400000009", "from": "+61400000001"}
    channel, options_beside = "voice", MappingProxyType({"operator_phone": "+61400000009"})


def read_resend(request, body):
    content = json.loads(body)
    tags = {tag["name"]: tag["value"] for tag in content.get("tags", ())}
    assert request.headers["Authorization"] == f"Bearer {SECRET}"
    return {
        "key": tags["key"],
        "subject": content["subject"],
        "text": content["text"],
        "html": content["html"],
        "headers": content["headers"],
    }


def read_postmark(request, body):
    content = json.loads(body)
    assert request.headers["X-Postmark-Server-Token"] == SECRET
    return {
        "key": content["Metadata"]["key"],
        "subject": content["Subject"],
        "text": content["TextBody"],
        "html": content["HtmlBody"],
        "headers": {one["Name"]: one["Value"] for one in content["Headers"]},
    }


def read_mailgun(request, body):
    boundary = request.headers.get("Content-Type", "")
    if boundary.startswith("multipart/"):
        whole = message_from_bytes(f"Content-Type: {boundary}\r\n\r\n".encode() + body, policy=policy.HTTP)
        fields = {
            re.search('name="([^"]+)"', part["Content-Disposition"])[1]: part.get_payload(decode=True).decode()
            for part in whole.iter_parts()
        }
    else:
        fields = dict(parse_qsl(body.decode()))
    return {
        "key": fields["v:key"],
        "subject": fields["subject"],
        "text": fields["text"],
        "html": fields["html"],
        "headers": {name[2:]: value for name, value in fields.items() if name.startswith("h:")},
    }


def resend():
    return Service(read_resend, lambda message_id, _: {"id": message_id}, honours="Idempotency-Key")


def postmark():
    def answer(message_id, _):
        return {"ErrorCode": 0, "Message": "OK", "MessageID": message_id, "To": "bob@recipient.example"}

    return Service(read_postmark, answer)


def mailgun():
    return Service(
        read_mailgun, lambda message_id, _: {"id": f"<{message_id}>", "message": "Queued."}, None, {"refuse": 400}
    )


CASES = {
    "smtp": SmtpCase("smtp", {"username": "ann", "password": SECRET}, MailServer),
    "resend": Case("resend", {"api_key": SECRET}, resend),
    "postmark": Case("postmark", {"server_token": SECRET}, postmark),
    "twilio sms": TwilioSmsCase("twilio", TWILIO, lambda: Twilio("AC1", SECRET)),
    "twilio voice": TwilioVoiceCase("twilio", TWILIO, lambda: Twilio("AC1", SECRET)),
    "unipile": UnipileCase("unipile", {"api_key": SECRET}, lambda: Unipile(everybody=True)),
    "mailgun": Case("mailgun", {"api_key": SECRET}, mailgun),
}
