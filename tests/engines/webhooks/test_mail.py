"""E-mail services: their signatures, their events, and what must not come in."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError, connections
from django.test import Client as Browser

from conversion.models import Callback, Event
from conversion.secrets import seal
from engines.webhooks import mail
from tests.engines.inbound.coming import *  # noqa: F403 (fixtures)
from tests.engines.inbound.coming import SENT, dispatched, facts, kinds, lead_now, states
from tests.engines.webhooks.knocking import BASIC, MAILGUN, UNREADABLE, basic, encoded, mailgun, post, svix

pytestmark = pytest.mark.django_db
NOTHING = (0, 0, 0, 0)
POSTMARK = {"server_token": "t", "webhook_secret": BASIC}


def at(account, what="tracking"):
    return f"/webhooks/{account.kind}/{account.pk}/{what}"


def become(account, kind, **credentials):
    account.kind = kind
    seal(account, credentials)
    account.save()
    return account


def event(kind, message="m-1", **data):
    data = {"email_id": message, "to": ["Bob@Recipient.example"], **data}
    return encoded({"type": f"email.{kind}", "created_at": (SENT + timedelta(hours=1)).isoformat(), "data": data})


def tell(account, kind, **data):
    body = event(kind, **data)
    return post(at(account), body, **svix(body))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("sent", []),
        ("delivered", ["delivered"]),
        ("opened", ["opened"]),
        ("complained", ["complained"]),
        ("delivery_delayed", []),
        ("something_new", []),
    ],
)
def test_resends_events(sent, account, customer, kind, expected):
    assert tell(account, kind) == 200
    assert kinds(customer) == expected
    assert all(one.occurred_at == SENT + timedelta(hours=1) for one in Event.objects.for_client(customer))


def test_a_click_keeps_its_address(sent, account, customer):
    tell(account, "clicked", click={"link": "https://a.example/x", "userAgent": "Mozilla"})
    metadata = Event.objects.for_client(customer).get().metadata
    assert metadata == {"url": "https://a.example/x", "user_agent": "Mozilla"}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"message": "the mailbox does not exist", "type": "Permanent"}, ["bounced"]),
        ({"message": "the mailbox is full", "type": "Transient"}, []),
        ({"message": "The recipient's email provider sent a hard bounce message"}, ["bounced"]),
    ],
)
def test_a_bounce_is_for_good_or_not(sent, account, customer, said, expected):
    assert tell(account, "bounced", bounce=said) == 200
    assert kinds(customer) == expected


def test_a_bounce_does_not_repeat_the_address(sent, account, customer):
    tell(account, "bounced", bounce={"message": "hard bounce message: <Bob@Recipient.example> unknown"})
    assert "recipient.example" not in str(Event.objects.for_client(customer).get().metadata).casefold()


@pytest.mark.parametrize("tags", [{"key": None}, [{"name": "key", "value": None}]], ids=["object", "list"])
def test_the_tag_finds_a_touch_that_we_have_not_confirmed(bob, seat, account, tags):
    touch = dispatched(bob, seat, "dispatching")
    key = touch.idempotency_key
    tags = {"key": key} if isinstance(tags, dict) else [{"name": "key", "value": key}]
    assert tell(account, "delivered", message="m-7", tags=tags) == 200
    touch.refresh_from_db()
    assert (touch.state, touch.provider_message_id) == ("sent", "m-7")


def test_an_unknown_message_is_stored(account):
    assert tell(account, "delivered", message="m-404") == 200
    assert Callback.objects.get().state == "waiting"


def test_repeated_it_is_one(sent, account, customer):
    body = event("opened")
    headers = svix(body)
    assert {post(at(account), body, **headers) for _ in range(3)} == {200}
    assert {post(at(account), body, **svix(body)) for _ in range(3)} == {200}
    assert kinds(customer) == ["opened"]


def test_not_signed_or_signed_by_another(sent, account):
    body = event("delivered")
    good = svix(body)
    wrong = [
        {},
        {**good, "svix-signature": "v1,AAAA"},
        {**good, "svix-signature": "x"},
        {**good, "svix-id": "msg_other"},
        {**good, "svix-timestamp": "soon"},
        {name: value for name, value in good.items() if name != "svix-id"},
        svix(body + b" "),
        svix(body, secret="whsec_" + "QUJD" * 8),
        svix(body, at=time.time() - 301),
        svix(body, at=time.time() + 330),
        basic(),
    ]
    assert [post(at(account), body, **headers) for headers in wrong] == [401] * len(wrong)
    assert facts() == NOTHING


@pytest.mark.parametrize("embedded", [True, False])
@pytest.mark.parametrize("credentials", [{}, {"api_key": "re_1"}, {"signing_secret": ""}, {"signing_secret": "whsec_"}])
def test_without_a_secret_nobody_comes_in(sent, account, settings, embedded, credentials):
    settings.EMBEDDED, settings.DEBUG = embedded, embedded
    become(account, "resend", **credentials)
    assert tell(account, "delivered") == 401
    body = event("delivered")
    assert post(at(account), body) == 401
    assert facts() == NOTHING


def test_an_account_that_is_none_looks_like_a_wrong_signature(sent, account):
    body = event("delivered")
    for path in (
        f"/webhooks/resend/{uuid4()}/tracking",
        f"/webhooks/postmark/{account.pk}/tracking",
        f"/webhooks/nobody/{account.pk}/tracking",
        f"/webhooks/amazon_ses/{account.pk}/tracking",
    ):
        assert post(path, body, **svix(body)) == 401
    assert Browser().get(at(account)).status_code == 405
    assert Browser().head(at(account)).status_code == 200
    assert facts() == NOTHING


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read(sent, account, body):
    status = post(at(account), body, **svix(body))
    assert status == (401 if b"\xe9" in body else 400)  # no text, so nothing that was signed
    assert facts() == NOTHING


def test_what_is_too_big(sent, account):
    body = event("delivered", note="x" * 1_000_001)
    assert post(at(account), body, **svix(body)) == 413
    assert facts() == NOTHING


def test_a_length_that_lies(sent, account):
    body = event("delivered")
    for length in ("x", "²", "9" * 30):
        given = {"CONTENT_LENGTH": length}
        status = Browser().post(at(account), body, content_type="application/json", **given).status_code
        assert status in {400, 413}
    assert facts() == NOTHING


def test_the_database_is_away(sent, account, monkeypatch):
    def away(_):
        raise OperationalError

    monkeypatch.setattr(mail, "take", away)
    assert tell(account, "delivered") == 503


def test_postmark_proves_itself_by_the_address(sent, account, customer):
    become(account, "postmark", **POSTMARK)
    body = encoded({"RecordType": "Delivery", "MessageID": "m-1", "DeliveredAt": SENT.isoformat(), "Metadata": {}})
    assert post(at(account), body, **basic("user:wrong")) == 401
    assert post(at(account), body) == 401
    assert post(at(account), body, **basic()) == 200
    assert kinds(customer) == ["delivered"]


@pytest.mark.parametrize(("kind", "expected"), [("HardBounce", ["bounced"]), ("SoftBounce", []), ("Transient", [])])
def test_postmarks_bounces(sent, account, customer, kind, expected):
    become(account, "postmark", **POSTMARK)
    said = {"ID": 7, "Type": kind, "Email": "bob@recipient.example", "BouncedAt": SENT.isoformat()}
    body = encoded({"RecordType": "Bounce", "MessageID": "m-1", "Metadata": {"key": sent.idempotency_key}, **said})
    assert post(at(account), body, **basic()) == 200
    assert kinds(customer) == expected


def test_postmark_tells_of_an_unsubscribing(sent, account, customer):
    become(account, "postmark", **POSTMARK)
    said = {"SuppressSending": True, "SuppressionReason": "ManualSuppression", "Recipient": "bob@recipient.example"}
    body = encoded({"RecordType": "SubscriptionChange", "MessageID": "m-1", "Metadata": {}, **said})
    assert post(at(account), body, **basic()) == 200
    assert (kinds(customer), lead_now(sent.lead).is_unsubscribed) == (["unsubscribed"], True)
    assert states(customer)[0] == ("cancelled", "unsubscribed")


def of_mailgun(signature, kind="delivered", **data):
    said = {
        "event": kind,
        "timestamp": SENT.timestamp(),
        "recipient": "bob@recipient.example",
        "message": {"headers": {"message-id": "m-1@mg.example"}},
        **data,
    }
    return encoded({"signature": signature, "event-data": said})


def test_mailgun_signs_its_token(sent, account, customer):
    become(account, "mailgun", api_key="k", webhook_signing_key=MAILGUN)
    bounce = {"kind": "failed", "severity": "permanent", "reason": "bounce"}
    key = {"user-variables": {"key": sent.idempotency_key}}
    assert post(at(account), of_mailgun(mailgun("other"), **key)) == 401
    assert post(at(account), of_mailgun(mailgun(at=time.time() - 301), **key)) == 401
    assert post(at(account), of_mailgun({}, **key)) == 401
    assert post(at(account), b"[" * 50_000) == 401
    assert facts() == NOTHING
    assert post(at(account), of_mailgun(mailgun(), **key)) == 200
    assert post(at(account), of_mailgun(mailgun(), **bounce, **key)) == 200
    assert kinds(customer) == ["bounced", "delivered"]


def test_mailguns_own_key_is_no_secret_for_webhooks(sent, account):
    become(account, "mailgun", api_key=MAILGUN)
    assert post(at(account), of_mailgun(mailgun())) == 401


def test_a_list_of_events(sent, account, customer):
    become(account, "sparkpost", api_key="k", webhook_secret=BASIC)
    said = {"rcpt_to": "bob@recipient.example", "timestamp": str(int(SENT.timestamp())), "transmission_id": "m-1"}
    found = [
        {"msys": {group: {**said, "type": kind, "event_id": kind, "rcpt_meta": {"key": sent.idempotency_key}}}}
        for group, kind in (("message_event", "delivery"), ("track_event", "open"), ("message_event", "injection"))
    ]
    assert post(at(account), encoded(found), **basic()) == 200
    assert kinds(customer) == ["delivered", "opened"]


def test_days_late_it_counts_as_of_its_own_day(sent, account, customer):
    body = encoded(
        {
            "type": "email.delivered",
            "created_at": "2026-11-16T10:05:00.000Z",
            "data": {"email_id": "m-1", "to": ["bob@recipient.example"]},
        }
    )
    assert post(at(account), body, **svix(body)) == 200
    assert Event.objects.for_client(customer).get().occurred_at == datetime(2026, 11, 16, 10, 5, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_a_hundred_at_once(sent, account, customer):
    body = event("bounced", bounce={"message": "no such user", "type": "Permanent"})
    headers = svix(body)

    def knock(_):
        try:
            return post(at(account), body, **headers)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(knock, range(100))) == {200}
    assert (facts(), kinds(customer)) == ((1, 1, 0, 1), ["bounced"])
