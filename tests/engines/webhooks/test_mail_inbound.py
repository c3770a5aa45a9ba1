"""Replies that e-mail services bring."""

import json
import threading
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.test import Client as Browser

from conversion.models import InboundMessage, Suppression
from engines import unsubscribe
from tests.engines.inbound.coming import *  # noqa: F403 (fixtures)
from tests.engines.inbound.coming import SENT, facts, kinds, lead_now, states
from tests.engines.webhooks.knocking import BASIC, MAILGUN, basic, encoded, mailgun, post, svix
from tests.engines.webhooks.test_mail import POSTMARK, at, become

pytestmark = pytest.mark.django_db
NOTHING = (0, 0, 0, 0)
DSN = """From: MAILER-DAEMON@mx.example
To: ann@acme.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <dsn-1@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

The mail could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; bob@recipient.example
Action: failed
Status: STATUS
Diagnostic-Code: smtp; 550 <bob@recipient.example> is unknown
--b
Content-Type: text/rfc822-headers

Message-ID: <KEY@acme.example>
--b--
"""


def letter(text, sent=None, **headers):
    mail = EmailMessage()
    mail["From"] = "Bob <Bob@Recipient.example>"
    mail["To"] = "ann@acme.example"
    mail["Subject"] = headers.pop("subject", "Re: Hi")
    mail["Message-ID"] = "<reply-1@recipient.example>"
    mail["Date"] = SENT.strftime("%a, %d %b %Y 12:30:00 +0000")
    if sent is not None:
        mail["In-Reply-To"] = f"<{sent.idempotency_key}@acme.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def by_postmark(account, mail):
    become(account, "postmark", **POSTMARK)
    raw = mail if isinstance(mail, str) else mail.as_string()
    return post(at(account, "inbound"), encoded({"From": "x", "Headers": [], "RawEmail": raw}), **basic())


def test_a_reply_by_postmark(sent, twin, account, customer):
    for _ in range(2):
        assert by_postmark(account, letter("Sounds great, let's talk on Tuesday.", sent)) == 200
    found = InboundMessage.objects.get()
    assert (found.activity_id, found.lead_id, found.client_id) == (sent.pk, sent.lead_id, customer.pk)
    assert (found.person, found.ours, found.subject) == ("Bob@Recipient.example", "ann@acme.example", "Re: Hi")
    assert (found.reading, found.received_at.hour, found.provider_id) == ("positive", 12, "reply-1@recipient.example")
    assert kinds(customer) == ["positive_reply", "replied"]
    assert states(customer)[0] == ("cancelled", "replied")
    assert kinds(twin.client) == []


def test_a_reply_by_postmark_in_parts(sent, account, customer):
    become(account, "postmark", **POSTMARK)
    content = {
        "FromFull": {"Email": "bob@recipient.example", "Name": "Bob"},
        "ToFull": [{"Email": "ann@acme.example", "Name": ""}],
        "Subject": "Re: Hi",
        "Headers": [{"Name": "Message-ID", "Value": "<r-2@recipient.example>"}],
        "TextBody": "Thanks, but we are not interested.",
        "HtmlBody": "<p>Thanks</p>",
        "Attachments": [],
    }
    assert post(at(account, "inbound"), encoded(content), **basic()) == 200
    assert (InboundMessage.objects.get().reading, lead_now(sent.lead).status) == ("negative", "not_interested")


def test_an_absence_is_known_by_its_header(sent, account, customer):
    mail = letter("I am travelling and will answer when I am back.", sent, Auto_Submitted="auto-replied")
    assert by_postmark(account, mail) == 200
    assert InboundMessage.objects.get().reading in {"out_of_office", "automatic"}
    assert kinds(customer) == []


@pytest.mark.parametrize(("status", "expected"), [("5.1.1", ["bounced"]), ("4.2.2", [])])
def test_a_bounce_that_came_as_a_mail(sent, account, customer, status, expected):
    raw = DSN.replace("STATUS", status).replace("KEY", sent.idempotency_key)
    assert by_postmark(account, raw) == 200
    assert kinds(customer) == expected
    assert lead_now(sent.lead).has_bounced is (True if expected else None)
    assert not InboundMessage.objects.exists()


def test_the_mail_that_unsubscribes(sent, account, customer):
    mail = letter("", subject=f"unsubscribe {unsubscribe.token_of(sent)}")
    assert by_postmark(account, mail) == 200
    assert lead_now(sent.lead).is_unsubscribed
    assert Suppression.objects.get().value == "bob@recipient.example"
    assert states(customer)[0] == ("cancelled", "unsubscribed")


def test_a_reply_by_mailgun(sent, account, customer):
    become(account, "mailgun", api_key="k", webhook_signing_key=MAILGUN)
    raw = letter("Which company are you with?", sent).as_string()
    form = {**mailgun(), "sender": "bob@recipient.example", "recipient": "ann@acme.example", "body-mime": raw}
    path = at(account, "inbound")
    assert Browser().post(path, {**form, "signature": "0" * 64}).status_code == 401
    assert facts() == NOTHING
    assert Browser(enforce_csrf_checks=True).post(path, form).status_code == 200
    assert kinds(customer) == ["replied"]


@pytest.mark.parametrize("field", ["x" * 3_000_000, "x" * 26_000_000])
def test_a_form_that_is_too_big(sent, account, field):
    become(account, "mailgun", api_key="k", webhook_signing_key=MAILGUN)
    form = {**mailgun(), "body-mime": field}
    assert Browser().post(at(account, "inbound"), form).status_code == (413 if len(field) > 25_000_000 else 401)
    assert facts() == NOTHING


@pytest.mark.parametrize("body", [b"", b"--x\r\nbroken", b"\xff" * 100])
def test_a_form_that_is_none(account, body):
    become(account, "mailgun", api_key="k", webhook_signing_key=MAILGUN)
    for kind in ("multipart/form-data; boundary=x", "multipart/form-data", "text/plain", ""):
        assert post(at(account, "inbound"), body, content_type=kind) in {400, 401}
    assert facts() == NOTHING


class Resend(BaseHTTPRequestHandler):
    """Gives the one mail that was received, to whoever has the key."""

    status = 200

    def do_GET(self):
        known = self.headers["Authorization"] == "Bearer re_1" and self.path.endswith("/emails/receiving/" + RECEIVED)
        body = json.dumps(
            {
                "from": "Bob <bob@recipient.example>",
                "to": ["ann@acme.example"],
                "subject": "Re: Hi",
                "text": None,
                "html": "<p>Please <b>remove me</b> from your list</p>",
                "headers": {"in-reply-to": "<x@acme.example>"},
                "message_id": "<r-3@recipient.example>",
            }
        ).encode()
        self.send_response(self.status if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


RECEIVED = "56761188-7520-42d8-8898-ff6fc54ce618"


@pytest.fixture
def resend(account, monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Resend)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    account.options = {"api_url": f"http://127.0.0.1:{server.server_address[1]}/"}
    account.save()
    yield lambda status: monkeypatch.setattr(Resend, "status", status)
    server.shutdown()
    server.server_close()


def received(email_id=RECEIVED):
    return encoded({"type": "email.received", "created_at": SENT.isoformat(), "data": {"email_id": email_id}})


def test_resend_is_asked_for_the_mail(sent, account, resend, customer):
    body = received()
    assert post(at(account, "inbound"), body) == 401
    assert post(at(account, "inbound"), body, **svix(body)) == 200
    assert InboundMessage.objects.get().reading == "unsubscribe"
    assert lead_now(sent.lead).is_unsubscribed


@pytest.mark.parametrize("status", [401, 404, 500])
def test_resend_does_not_give_it(sent, account, resend, status):
    resend(status)
    body = received()
    assert post(at(account, "inbound"), body, **svix(body)) == 503
    assert facts() == NOTHING


@pytest.mark.parametrize("email_id", ["../../../admin", "x", None, 7, ["a"]])
def test_resend_names_no_mail(sent, account, resend, email_id):
    body = received(email_id)
    assert post(at(account, "inbound"), body, **svix(body)) in {200, 400}
    assert facts() == NOTHING


def test_without_the_inbound_secret(sent, account, resend):
    become(account, "resend", api_key="re_1", signing_secret=BASIC)
    body = received()
    assert post(at(account, "inbound"), body, **svix(body)) == 401


def test_a_mail_that_is_large(sent, account, customer):
    mail = letter("Which company are you with?", sent)
    mail.add_attachment(b"x" * 4_000_000, maintype="application", subtype="pdf", filename="a.pdf")
    assert by_postmark(account, mail) == 200
    assert kinds(customer) == ["replied"]
