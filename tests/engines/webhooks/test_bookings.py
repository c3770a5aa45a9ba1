"""Calendars: each signature, each payload, and what must not come in."""

import hmac
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client as Browser

from conversion.models import Activity, BookingHook, Callback, InboundMessage
from conversion.secrets import credentials_of
from engines.webhooks.bookings import new_secret
from tests.engines.inbound.coming import *  # noqa: F403 (fixtures)
from tests.engines.inbound.coming import SENT, facts, kinds, lead_now, states
from tests.engines.webhooks.knocking import UNREADABLE, encoded, post, stamped

pytestmark = pytest.mark.django_db
NOTHING = (0, 0, 0, 0)
LATER = SENT + timedelta(hours=2)


@pytest.fixture
def hook(customer):
    url, secret = new_secret(customer)
    return url.removeprefix("http://localhost:8000"), secret


def ours(event="meeting_booked", **fields):
    return {
        "event": event,
        "booking": "b-1",
        "email": "bob@recipient.example",
        "occurred_at": LATER.isoformat(),
    } | fields


def calendly(event="invitee.created", **fields):
    invitee = {"uri": "https://api.calendly.com/scheduled_events/E/invitees/I", "email": "Bob@Recipient.example"}
    return {"event": event, "created_at": "2026-11-16T12:00:00.000000Z", "payload": invitee | fields}


def calcom(event="BOOKING_CREATED", **fields):
    meeting = {"uid": "u-1", "attendees": [{"email": "bob@recipient.example", "name": "Bob"}], "startTime": "x"}
    return {"triggerEvent": event, "createdAt": "2026-11-16T12:00:00.000Z", "payload": meeting | fields}


def tell(hook, content, header="Booking-Signature"):
    url, secret = hook
    body = encoded(content)
    plain = hmac.digest(secret.encode(), body, "sha256").hex()
    return post(url, body, **{header: plain if header.startswith("X-Cal") else stamped(body, secret)})


@pytest.mark.parametrize(
    ("content", "header"),
    [
        (ours(), "Booking-Signature"),
        (calendly(), "Calendly-Webhook-Signature"),
        (calcom(), "X-Cal-Signature-256"),
    ],
    ids=["ours", "calendly", "cal.com"],
)
def test_a_meeting_converts(sent, twin, hook, customer, content, header):
    assert tell(hook, content, header) == 200
    assert tell(hook, content, header) == 200
    lead = lead_now(sent.lead)
    assert (lead.status, lead.converted_at) == ("converted", LATER)
    assert Activity.objects.for_client(customer).get(led_to_booking=True).pk == sent.pk
    assert states(customer) == [("cancelled", "booked"), ("cancelled", "booked"), ("sent", "")]
    assert kinds(customer) == ["meeting_booked"]
    assert (kinds(twin.client), lead_now(twin.lead).status) == ([], "contacted")


@pytest.mark.parametrize(
    ("booked", "cancelled", "header"),
    [
        (ours(), ours("meeting_cancelled"), "Booking-Signature"),
        (calendly(), calendly("invitee.canceled"), "Calendly-Webhook-Signature"),
        (calcom(), calcom("BOOKING_CANCELLED"), "X-Cal-Signature-256"),
    ],
    ids=["ours", "calendly", "cal.com"],
)
def test_a_cancelled_meeting_was_booked_in_either_order(sent, hook, customer, booked, cancelled, header):
    for content in (cancelled, booked, cancelled):
        assert tell(hook, content, header) == 200
    assert (lead_now(sent.lead).status, kinds(customer)) == ("converted", ["meeting_booked"])
    assert sorted(Callback.objects.values_list("kind", "state")) == [
        ("meeting_booked", "done"),
        ("meeting_cancelled", "done"),
    ]


def test_a_meeting_that_is_moved_converts_once(sent, hook, customer):
    tell(hook, calcom(), "X-Cal-Signature-256")
    tell(hook, calcom("BOOKING_RESCHEDULED", uid="u-2") | {"createdAt": "2026-11-17T12:00:00Z"}, "X-Cal-Signature-256")
    assert kinds(customer) == ["meeting_booked"] * 2
    assert lead_now(sent.lead).converted_at == LATER


def test_a_meeting_by_phone_number(hook, customer):
    from tests.factories import lead  # noqa: PLC0415

    jo = lead(customer, phone="+61255501234")
    assert tell(hook, ours(email="", phone="+61 2 5550 1234")) == 200
    assert lead_now(jo).status == "converted"


def test_a_meeting_of_nobody_waits_for_a_person(sent, hook, customer):
    assert tell(hook, ours(email="who@nowhere.example")) == 200
    assert InboundMessage.objects.values_list("kind", "state", "person", "client").get() == (
        "meeting_booked",
        "unmatched",
        "who@nowhere.example",
        customer.pk,
    )


@pytest.mark.parametrize(
    ("content", "header"),
    [
        (calendly("routing_form_submission.created"), "Calendly-Webhook-Signature"),
        (calcom("PING"), "X-Cal-Signature-256"),
    ],
)
def test_what_is_no_booking_is_let_pass(hook, content, header):
    assert tell(hook, content, header) == 200
    assert facts() == NOTHING


def test_not_signed_or_signed_by_another(sent, twin, hook):
    url, secret = hook
    body = encoded(ours())
    good = stamped(body, secret)
    _, foreign = new_secret(twin.client)
    plain = hmac.digest(secret.encode(), body, "sha256").hex()
    wrong = [
        {},
        {"Booking-Signature": ""},
        {"Booking-Signature": plain},
        {"Booking-Signature": "t=,v1="},
        {"Booking-Signature": good.replace("v1=", "v0=")},
        {"Booking-Signature": good[:-1] + ("0" if good[-1] != "0" else "1")},
        {"Booking-Signature": f"t={int(time.time())},v1={plain}"},
        {"Booking-Signature": stamped(body, secret, at=time.time() - 301)},
        {"Booking-Signature": stamped(body, secret, at=time.time() + 330)},
        {"Booking-Signature": stamped(body, secret, at=9e18)},
        {"Booking-Signature": stamped(body, foreign)},
        {"Booking-Signature": stamped(body + b" ", secret)},
        {"Booking-Signature": "t=²,v1=é"},
        {"Calendly-Webhook-Signature": plain},
        {"X-Cal-Signature-256": good},
        {"X-Cal-Signature-256": hmac.digest(foreign.encode(), body, "sha256").hex()},
    ]
    assert [post(url, body, **headers) for headers in wrong] == [401] * len(wrong)
    assert post(f"/webhooks/bookings/{uuid4()}", body, **{"Booking-Signature": good}) == 401
    assert facts() == NOTHING


@pytest.mark.parametrize("embedded", [True, False])
def test_without_a_secret_nobody_comes_in(sent, hook, customer, settings, embedded):
    settings.EMBEDDED, settings.DEBUG = embedded, embedded
    BookingHook.objects.for_client(customer).update(credentials="")
    assert tell(hook, ours()) == 401
    assert tell((hook[0], ""), ours()) == 401
    assert facts() == NOTHING


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read(hook, body):
    url, secret = hook
    assert post(url, body, **{"Booking-Signature": stamped(body, secret)}) == 400
    assert facts() == NOTHING


@pytest.mark.parametrize(
    ("content", "header"),
    [
        (ours(event="delivered"), "Booking-Signature"),
        (ours(event=7), "Booking-Signature"),
        (ours(booking=""), "Booking-Signature"),
        (ours(email=["a"]), "Booking-Signature"),
        (ours(occurred_at="tomorrow"), "Booking-Signature"),
        (ours(occurred_at="2026-13-45T99:00:00Z"), "Booking-Signature"),
        (calendly() | {"payload": None}, "Calendly-Webhook-Signature"),
        (calendly(email=None), "Calendly-Webhook-Signature"),
        (calcom(attendees=[]), "X-Cal-Signature-256"),
        (calcom(attendees={"0": 1}), "X-Cal-Signature-256"),
        (calcom(uid=7), "X-Cal-Signature-256"),
    ],
)
def test_a_booking_that_lacks_something(sent, hook, content, header):
    assert tell(hook, content, header) == 400
    assert facts() == NOTHING


def test_what_is_too_big(hook):
    assert tell(hook, ours(note="x" * 1_000_001)) == 413
    assert Browser().get(hook[0]).status_code == 405


def test_days_late_it_counts_as_of_its_own_day(sent, hook):
    tell(hook, ours(occurred_at="2026-11-16 13:00:00"))
    assert lead_now(sent.lead).converted_at == datetime(2026, 11, 16, 13, 0, tzinfo=UTC)


def test_the_command_shows_address_and_secret_once(customer, capsys):
    call_command("set_booking_hook", "acme")
    first = capsys.readouterr().out
    hook = BookingHook.objects.for_client(customer).get()
    secret = credentials_of(hook)["secret"]
    assert f"Address: http://localhost:8000/webhooks/bookings/{hook.pk}\nSecret: {secret}\n" in first
    assert secret not in hook.credentials
    call_command("set_booking_hook", "acme", json=True)
    assert f"/{hook.pk}" in capsys.readouterr().out
    hook.refresh_from_db()
    assert credentials_of(hook)["secret"] != secret
    with pytest.raises(CommandError):
        call_command("set_booking_hook", "nobody")


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_a_hundred_at_once(sent, hook, customer):
    def knock(_):
        try:
            return tell(hook, ours())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(knock, range(100))) == {200}
    assert (kinds(customer), facts()) == (["meeting_booked"], (1, 1, 0, 0))
    assert Activity.objects.for_client(customer).filter(led_to_booking=True).count() == 1
