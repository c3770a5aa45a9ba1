"""Mailboxes are read once, from a real server, and left as they were."""

import threading
import time
from datetime import date, timedelta

import pytest
from django.db import connection

from conversion.models import Callback, Event, InboundMessage, Lead, Mailbox, ProviderAccount, Sender, Suppression
from conversion.secrets import seal
from engines.inbound import imap
from engines.inbound.imap import poll_mailboxes
from engines.message import message_id
from engines.unsubscribe import token_of
from tests.engines.inbound.mails import ANN, bounce, complaint, mail
from tests.engines.inbound.mailserver import PASSWORD, USER, MailServer
from tests.factories import lead as make_lead
from tests.factories import touch as make_touch

TOM = "tom@corp.example"


@pytest.fixture
def server():
    with MailServer() as running:
        yield running


def make_account(agency, server, name="main", **fields):
    options = {"host": "127.0.0.1", "port": 1, "security": "none"}
    options |= {"imap_host": "127.0.0.1", "imap_port": str(server.port), "imap_security": "none"}
    account = ProviderAccount(agency=agency, channel="email", kind="smtp", name=name, options=options, **fields)
    seal(account, {"username": USER, "password": PASSWORD})
    account.save()
    return account


@pytest.fixture
def account(agency, server):
    return make_account(agency, server)


@pytest.fixture
def sent(customer, account):
    """An e-mail that Ann sent to Tom; a second client of the agency, through the same account, knows a Tom as well."""
    sender = Sender.objects.create(client=customer, channel="email", address=ANN, account=account)
    tom = make_lead(customer, email=TOM, email_key=TOM)
    found = make_touch(tom, sender=sender, state="sent", subject="hello")
    found.idempotency_key = str(found.pk)
    found.save()
    return found


@pytest.fixture
def twin(make_client, account):
    other = make_client("Twin")
    sender = Sender.objects.create(client=other, channel="email", address="twin@acme.example", account=account)
    tom = make_lead(other, email=TOM, email_key=TOM)
    make_touch(tom, sender=sender, state="sent")
    return tom


def key(touch):
    return message_id(touch.idempotency_key, ANN)


def kinds(lead):
    return sorted(Event.objects.for_client(lead.client_id).filter(lead=lead).values_list("kind", flat=True))


def answer(touch, text="Sure, let's talk.", **fields):
    return mail(text, In_Reply_To=f"<{key(touch)}>", **fields)


def test_a_reply_is_taken_once_and_the_mailbox_stays_as_it_was(server, sent, twin):
    server.put(answer(sent))
    assert [poll_mailboxes(), poll_mailboxes()] == [1, 0]
    assert kinds(sent.lead) == ["positive_reply", "replied"]
    assert kinds(twin) == []
    said = {command.split(" ")[0] if not command.startswith("UID") else command[:9] for command in server.commands}
    assert said == {"CAPABILITY", "LOGIN", "EXAMINE", "UID SEARC", "UID FETCH", "LOGOUT"}


def test_the_same_mail_under_another_number_is_known(server, sent):
    server.put(answer(sent))
    poll_mailboxes()
    server.put(answer(sent))
    assert poll_mailboxes() == 1
    server.validity, server.mails = 8, {5: server.mails[1], 9: server.mails[2]}
    assert poll_mailboxes() == 2
    assert kinds(sent.lead) == ["positive_reply", "replied"]
    assert Callback.objects.count() == 1


def test_two_mails_without_an_id_are_two(server, sent):
    server.put(answer(sent, "One moment please.", name=""))
    server.put(answer(sent, "Who are you?", name=""))
    assert poll_mailboxes() == 2
    assert Callback.objects.count() == 2


def test_of_an_old_mailbox_only_the_last_days_are_read(server, account):
    for days in (400, 30, 3, 0):
        server.put(mail(f"mail of {days}", name=f"m{days}"), date.today() - timedelta(days=days))  # noqa: DTZ011 (as the server)
    assert poll_mailboxes() == 2
    assert poll_mailboxes() == 0
    server.put(mail("new", name="new"))
    assert poll_mailboxes() == 1


def test_of_a_mailbox_without_recent_mail_nothing_old_is_read(server, account):
    server.put(mail("old"), date(2020, 1, 1))
    assert [poll_mailboxes(), poll_mailboxes()] == [0, 0]
    server.put(mail("new", name="new"))
    assert poll_mailboxes() == 1


def test_an_empty_mailbox_and_then_the_first_mail(server, account):
    assert poll_mailboxes() == 0
    server.put(mail())
    assert poll_mailboxes() == 1


def test_a_round_takes_as_many_as_it_may_and_the_next_goes_on(server, account):
    for number in range(5):
        server.put(mail(name=f"m{number}"))
    assert [poll_mailboxes(limit=2) for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.parametrize(("status", "bounced"), [("5.1.1", True), ("4.2.2", False)])
def test_a_bounce(server, sent, twin, status, bounced):
    server.put(bounce(key(sent), status=status))
    assert poll_mailboxes() == 1
    assert kinds(sent.lead) == (["bounced"] if bounced else [])
    assert Lead.objects.for_client(sent.client).get().has_bounced is (True if bounced else None)
    assert kinds(twin) == []


@pytest.mark.parametrize(
    ("code", "bounced"), [("550 5.1.1 unknown", True), ("550 unknown", True), ("451 4.2.0 busy", False), ("", False)]
)
def test_a_bounce_in_words(server, sent, code, bounced):
    text = f"Your message could not be delivered to {TOM}.\r\n{code}\r\nMessage-ID: <{key(sent)}>"
    server.put(mail(text, sender="mailer-daemon@mx.example", subject="Undelivered Mail Returned to Sender"))
    poll_mailboxes()
    assert kinds(sent.lead) == (["bounced"] if bounced else [])


def test_a_delay_is_no_bounce(server, sent):
    server.put(bounce(key(sent), action="delayed", status="4.4.1"))
    assert poll_mailboxes() == 1
    assert kinds(sent.lead) == []
    assert Callback.objects.count() == 0


def test_a_complaint(server, sent, twin):
    server.put(complaint(key(sent)))
    poll_mailboxes()
    assert "complained" in kinds(sent.lead)
    assert Suppression.objects.filter(client=sent.client, value=TOM).exists()
    assert not Suppression.objects.filter(client=twin.client).exists()


def test_a_mail_to_the_unsubscribe_address(server, sent, twin):
    server.put(mail("", subject=f"unsubscribe {token_of(sent)}", sender="other@corp.example"))
    poll_mailboxes()
    assert kinds(sent.lead) == ["unsubscribed"]
    assert Suppression.objects.filter(client=sent.client, kind="email", value=TOM).exists()
    assert kinds(twin) == []


def test_with_a_token_that_is_none_of_ours_the_writer_is_meant(server, sent):
    server.put(mail("", subject=f"unsubscribe {token_of(sent)}x", to=ANN))
    poll_mailboxes()
    assert kinds(sent.lead) == ["unsubscribed"]


@pytest.mark.parametrize(
    "fields",
    [
        {"sender": "news@shop.example", "subject": "Sale"},
        {"sender": "list@shop.example", "subject": "Re: thread", "List_Id": "<l.example>", "In_Reply_To": "<x@y>"},
        {"sender": ANN, "subject": "Re: copy to myself", "In_Reply_To": "<x@y>"},
    ],
    ids=["stranger", "list", "own"],
)
def test_what_is_none_of_our_business_is_not_kept(server, sent, fields):
    server.put(mail("private words", **fields))
    assert poll_mailboxes() == 1
    assert not Callback.objects.exists()
    assert not InboundMessage.objects.exists()


def test_a_stranger_who_answers_waits_for_a_person(server, sent):
    server.put(mail(sender="jo@corp.example", In_Reply_To="<lost@acme.example>"))
    poll_mailboxes()
    assert InboundMessage.objects.get().state == "unmatched"


def test_a_large_mail_is_read_at_its_beginning(server, sent):
    server.put(answer(sent, "Sure, let's talk.\r\n\r\n" + "x" * 3_000_000))
    assert poll_mailboxes() == 1
    assert kinds(sent.lead) == ["positive_reply", "replied"]


@pytest.mark.parametrize("mode", ["refuse", "hang", "garbage", "reset", "deaf"])
def test_a_mailbox_that_fails_rests_and_the_others_go_on(server, sent, agency, settings, mode, caplog):
    settings.SEND_TIMEOUT_SECONDS = 0.3
    server.put(answer(sent))
    with MailServer() as broken:
        broken.put(mail(name="other"))
        broken.mode = mode
        bad = make_account(agency, broken, name="bad")
        Mailbox.objects.create(account=bad)
        Mailbox.objects.create(account=sent.sender.account)
        assert poll_mailboxes() == 1
        assert kinds(sent.lead) == ["positive_reply", "replied"]
        row = Mailbox.objects.get(account=bad)
        assert row.failures == 1
        assert row.error
        assert PASSWORD not in row.error + caplog.text
        assert row.resting_until is not None
        asked = len(broken.commands)
        poll_mailboxes()
        assert len(broken.commands) == asked
        broken.mode = "ok"
        Mailbox.objects.filter(pk=row.pk).update(resting_until=None)
        assert poll_mailboxes() == 1
        row.refresh_from_db()
        assert (row.failures, row.error, row.resting_until) == (0, "", None)


def test_a_server_that_is_not_there(agency, server, account):
    account.options["imap_port"] = "1"
    account.save()
    assert poll_mailboxes() == 0
    assert Mailbox.objects.get().failures == 1


@pytest.mark.parametrize("fields", [{"is_active": False}, {"kind": "resend"}], ids=["off", "other kind"])
def test_accounts_that_are_not_read(server, account, fields):
    ProviderAccount.objects.filter(pk=account.pk).update(**fields)
    assert poll_mailboxes() == 0
    assert server.commands == []


def test_a_round_ends_in_time(server, account, monkeypatch):
    monkeypatch.setattr(imap, "ROUND", 0.0)
    server.put(mail())
    started = time.monotonic()
    assert poll_mailboxes() == 0
    assert time.monotonic() - started < 5


def test_an_arrival_that_cannot_be_stored_is_read_again(server, sent, monkeypatch):
    def away(*_):
        raise RuntimeError("the database is away")

    server.put(answer(sent))
    with monkeypatch.context() as broken:
        broken.setattr(imap, "receive", away)
        assert poll_mailboxes() == 0
    row = Mailbox.objects.get()
    assert (row.failures, row.error) == (1, "the database is away")
    Mailbox.objects.update(resting_until=None)
    assert poll_mailboxes() == 1
    assert kinds(sent.lead) == ["positive_reply", "replied"]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_who_poll_at_once_take_each_mail_once(server, sent):
    for number in range(8):
        server.put(answer(sent, name=f"m{number}"))
    read, start = [], threading.Barrier(6)

    def poll():
        try:
            start.wait(10)
            read.append(poll_mailboxes())
        finally:
            connection.close()

    threads = [threading.Thread(target=poll) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(read) == 8
    assert Callback.objects.count() == 8
    assert sum(command.startswith("UID FETCH") for command in server.commands) == 8
