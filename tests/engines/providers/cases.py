"""What the shared suite needs to know of each provider: its stand-in, and how it is built."""

import json
import re
from email import message_from_bytes, policy
from urllib.parse import parse_qsl

from engines.providers import registry
from engines.providers.contract import Outgoing
from tests.engines.providers.standins import MailServer, Service

SECRET = "the-secret-of-this-account"  # noqa: S105 (of a stand-in)
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
    """kind: of the account. credentials, options: as an operator gives them; {url}, {host}, {port} are the stand-in's."""

    has_retry_after = True

    def __init__(self, kind, credentials, make, options=None):
        self.kind, self.credentials, self.make, self.options = kind, credentials, make, options

    def build(self, stand_in):
        options = self.options or {"api_url": stand_in.url}
        return registry.build("email", self.kind, options, self.credentials)


class SmtpCase(Case):
    has_retry_after = False

    def build(self, stand_in):
        options = {"host": "127.0.0.1", "port": str(stand_in.port), "security": "none"}
        return registry.build("email", "smtp", options, self.credentials)


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
    "mailgun": Case("mailgun", {"api_key": SECRET}, mailgun),
}
