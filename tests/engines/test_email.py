"""An e-mail really travels: to an SMTP server on loopback, read back part by part."""

import re
from datetime import timedelta

import pytest
from django.core.signing import Signer
from django.db import transaction
from django.db.models import F
from django.test import Client as Browser
from django.test import override_settings

from conversion.erasure import erase
from conversion.models import Activity, Event, Sender, Sequence, Suppression
from conversion.tenancy import across_clients
from engines.email import EmailEngine
from engines.message import MessageError
from tests.engines.mailbox import PUBLIC_URL, account, mailbox, sender  # noqa: F401 (fixtures)
from tests.factories import lead as make_lead

pytestmark = pytest.mark.django_db(transaction=True)

BODY = "Hi Jürgen,\n\nworth 15 minutes? See https://acme.example/?a=1&b=2\n\nAnn <ann@acme.example>"


@pytest.fixture
def lead(sender):  # noqa: F811 (a fixture)
    return make_lead(sender.client, email="Juergen@Größe.example", first_name="Jürgen")


def send(lead, subject="Größe zählt", body=BODY, **given):
    return EmailEngine().send(lead, lead.client, subject, body, **given)


def month_before(lead):
    """Let what was sent to the lead lie a month further back, so that it is not too much for it."""
    earlier = Activity.objects.filter(lead=lead)
    month = timedelta(days=30)
    earlier.update(sent_at=F("sent_at") - month, dispatched_at=F("dispatched_at") - month)


def parts(mail):
    return {part.get_content_type(): part.get_content().replace("\r\n", "\n") for part in mail.iter_parts()}


def link_in(mail):
    return mail["List-Unsubscribe"].split(">")[0].removeprefix("<")


def test_a_first_e_mail_arrives_whole(lead, mailbox):  # noqa: F811
    touch = send(lead, template_id="t-1")
    assert (touch.state, touch.reason) == ("sent", "")
    ((envelope_from, envelope_to, mail),) = mailbox.received
    assert (envelope_from, envelope_to) == ("ann@acme.example", ["Juergen@xn--gre-6ka8i.example"])
    assert mail["From"] == "Ann Müller <ann@acme.example>"
    assert mail["To"] == "Juergen@xn--gre-6ka8i.example"
    assert mail["Subject"] == "Größe zählt"
    assert mail["Message-ID"] == f"<{touch.idempotency_key}@acme.example>"
    assert touch.provider_message_id == f"{touch.idempotency_key}@acme.example"
    assert (mail["In-Reply-To"], mail["References"]) == (None, None)
    assert mail.get_content_type() == "multipart/alternative"
    url = link_in(mail)
    assert parts(mail) == {
        "text/plain": f"{BODY}\n\n-- \nAcme Pty Ltd · 1 Collins St, Melbourne\nTo stop these e-mails: {url}\n",
        "text/html": (
            '<!doctype html>\n<html><head><meta charset="utf-8"><title>Größe zählt</title></head><body>\n'
            "<p>Hi Jürgen,</p>\n"
            '<p>worth 15 minutes? See <a href="https://acme.example/?a=1&amp;b=2">https://acme.example/?a=1&amp;b=2</a></p>\n'
            "<p>Ann &lt;ann@acme.example&gt;</p>\n"
            "<hr>\n<p><small>Acme Pty Ltd · 1 Collins St, Melbourne<br>\n"
            f'<a href="{url}">Unsubscribe</a> to stop these e-mails.</small></p>\n</body></html>\n'
        ),
    }


def test_what_is_kept_of_it(lead):
    touch = send(lead, template_id="t-1")
    lead.refresh_from_db()
    assert (lead.touch_count, lead.last_contacted_at, lead.status) == (1, touch.sent_at, "contacted")
    assert touch.content_snapshot["subject"] == "Größe zählt"
    assert touch.content_snapshot["template_id"] == "t-1"
    assert touch.content_snapshot["cta_used"] == "worth 15 minutes"
    assert touch.provider == "smtp"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"touch_number": 0}, "touch_number: counted from 1, to 32767 at most"),
        ({"touch_number": 32_768}, "touch_number: counted from 1, to 32767 at most"),
        ({"template_id": "x" * 256}, "template_id: is longer than 255 characters"),
        ({"template_id": "x\0"}, "template_id: holds control characters"),
        (
            {"subject": "=?utf-8?q?a=0D=0ABcc:_x=40y.com?="},
            "subject: holds an encoded word (=?...?=); write its letters",
        ),
    ],
)
def test_what_no_row_could_hold_is_refused_before_one_is_made(lead, given, reason):
    with pytest.raises(ValueError, match=re.escape(reason)):
        send(lead, **given)
    assert Activity.objects.for_client(lead.client).count() == 0


def test_the_header_for_one_click_is_complete_and_works(lead, mailbox):  # noqa: F811
    send(lead)
    mail = mailbox.received[0][2]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url, mailto = mail["List-Unsubscribe"].split(", ")
    assert url.startswith(f"<{PUBLIC_URL}/u/")
    assert mailto.startswith("<mailto:ann@acme.example?subject=unsubscribe%20")
    path = link_in(mail).removeprefix(PUBLIC_URL)
    answer = Browser(enforce_csrf_checks=True).post(
        path, "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200
    lead.refresh_from_db()
    assert (lead.is_unsubscribed, lead.status, lead.touch_count) == (True, "unsubscribed", 1)
    assert Event.objects.filter(lead=lead).values_list("kind", flat=True).get() == "unsubscribed"
    assert Suppression.objects.values_list("kind", "value", "client").get() == (
        "email",
        "juergen@xn--grsse-kua.example",  # the key by which addresses are compared
        lead.client_id,
    )
    again = send(lead, "Again", "Hello?")
    assert again.state != "sent"
    assert again.reason
    assert len(mailbox.received) == 1


def test_a_follow_up_stands_in_the_thread(lead, mailbox):  # noqa: F811
    sequence = Sequence.objects.create(client=lead.client, lead=lead, channels=["email", "email", "email"])
    elsewhere = send(lead, "Elsewhere", sequence_id=None)
    touches = []
    for number, subject in enumerate(["Größe zählt", "", "One more"], start=1):
        month_before(lead)
        touches.append(send(lead, subject, f"Touch {number}", touch_number=number, sequence_id=sequence.pk))
    ids = [f"<{touch.idempotency_key}@acme.example>" for touch in touches]
    mails = [mail for _, _, mail in mailbox.received][1:]
    assert [mail["In-Reply-To"] for mail in mails] == [None, ids[0], ids[1]]
    assert [mail["References"] for mail in mails] == [None, ids[0], f"{ids[0]} {ids[1]}"]
    assert [mail["Subject"] for mail in mails] == ["Größe zählt", "Re: Größe zählt", "One more"]
    assert elsewhere.idempotency_key not in str(mails)


def test_a_lead_keeps_hearing_from_the_same_sender(lead, sender):  # noqa: F811
    first = send(lead)
    Sender.objects.create(client=lead.client, channel="email", address="aaa@acme.example", account=sender.account)
    lead.client.sending_email = "aaa@acme.example"
    lead.client.save()
    assert send(lead, "", "Again", touch_number=2).sender == first.sender
    other = make_lead(lead.client, email="bob@recipient.example")
    assert send(other).sender.address == "aaa@acme.example"


def test_a_client_with_an_address_only_gets_a_sender_for_it(make_client, account):  # noqa: F811
    client = make_client("Beta", sending_email="b@beta.example", postal_address="2 Pitt St")
    lead = make_lead(client, email="bob@recipient.example")
    with override_settings(DEFAULT_PROVIDERS={"email": "console"}):
        touch = send(lead)
    assert (touch.state, touch.provider, touch.sender.address) == ("sent", "console", "b@beta.example")
    with override_settings(DEFAULT_PROVIDERS={"email": "none"}):
        touch = send(make_lead(client, email="eve@recipient.example"))
    assert (touch.state, touch.reason_code) == ("held", "no_account")
    assert touch.reason == "b@beta.example has no account at a provider, and there is no default for email"


def test_inside_an_open_transaction_nothing_happens(lead, mailbox):  # noqa: F811
    with transaction.atomic(), pytest.raises(RuntimeError, match="open transaction"):
        send(lead)
    assert Activity.objects.filter(lead=lead).count() == 0
    assert mailbox.received == []


def test_a_text_that_cannot_go_out_leaves_nothing_behind(lead):
    for subject, body, field in (
        ("Hi\r\nBcc: all@example.com", "Hi", "subject"),
        ("Hi", "Dear {{ first_name }}", "body"),
        ("{% now %}", "Hi", "subject"),
        ("", "Hi", "subject"),
        ("Hi", " \n", "body"),
        ("Hi", "x" * 1_000_000, "body"),
        ("Hi", "a\0b", "body"),
    ):
        with pytest.raises(MessageError) as error:
            send(lead, subject, body)
        assert error.value.field == field
    assert Activity.objects.filter(lead=lead).count() == 0


def test_another_clients_lead_or_sequence_is_refused(lead, make_client):
    other = make_lead(make_client("Beta"), email=lead.email)
    with pytest.raises(ValueError, match="is no lead of Acme"):
        EmailEngine().send(other, lead.client, "Hi", "Hi")
    theirs = Sequence.objects.create(client=other.client, lead=other)
    with pytest.raises(ValueError, match="has no sequence"):
        send(lead, sequence_id=theirs.pk)
    with pytest.raises(ValueError, match="is no id"):
        send(lead, sequence_id="first")
    with across_clients("operations"):
        assert Activity.objects.count() == 0


def test_what_the_law_or_the_account_forbids_is_held_with_its_reason(lead, mailbox, account, settings):  # noqa: F811
    client = lead.client
    for target, name, value, reason in (
        (client, "postal_address", "", "an e-mail needs a postal address"),
        (settings, "PUBLIC_URL", "", "an e-mail needs an unsubscribe link"),
        (settings, "PUBLIC_URL", "http://localhost:8000", "an e-mail needs an unsubscribe link"),
        (account, "is_active", False, "the account that ann@acme.example sends through is switched off"),
        (account, "credentials", "gAAAA", "the credentials of the account main cannot be read"),
    ):
        before = getattr(target, name)
        setattr(target, name, value)
        client.save()
        account.save()
        touch = send(lead)
        assert (touch.state, touch.reason[: len(reason)]) == ("held", reason)
        setattr(target, name, before)
        if target is account:  # looked at again by itself, since it is mended without the touch
            assert touch.due_at is not None
    assert mailbox.received == []


def test_no_text_stays_of_a_letter_to_somebody_who_was_forgotten(lead, mailbox):  # noqa: F811
    erase(str(lead.pk), lead.client)
    touch = send(lead)
    assert (touch.state, touch.reason) == ("cancelled", "the person asked to be forgotten")
    assert (touch.subject, touch.body, mailbox.received) == ("", "", [])


def test_the_agencys_postal_address_stands_in(lead, mailbox, agency):  # noqa: F811
    agency.postal_address = "Northwind, 9 George St, Sydney"
    agency.save()
    lead.client.postal_address = ""
    lead.client.save()
    lead.client.refresh_from_db()
    assert send(lead).state == "sent"
    assert "Northwind, 9 George St, Sydney" in parts(mailbox.received[0][2])["text/plain"]


def test_a_server_that_is_away_leaves_it_queued(lead, account):  # noqa: F811
    account.options = {**account.options, "port": 1}
    account.save()
    touch = send(lead)
    assert touch.state == "queued"
    assert touch.reason.startswith("connecting failed: ")
    lead.refresh_from_db()
    assert (lead.touch_count, lead.status) == (0, "new")


def test_a_link_of_another_server_is_no_link(lead, mailbox):  # noqa: F811
    send(lead)
    token = link_in(mailbox.received[0][2]).rpartition("/")[2]
    forged = Signer(key="another", salt="engines.unsubscribe", sep=".").sign(token.rpartition(".")[0])
    assert Browser().post(f"/u/{forged}").status_code == 404
    assert Browser().post(f"/u/{token}").status_code == 200
