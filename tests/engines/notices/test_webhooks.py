"""Notices are posted to endpoints: signed, once where it works, again where it does not, and to the right client's alone."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from conversion.models import Client, Delivery, Lead, Notice, WebhookEndpoint
from conversion.notices import tell
from conversion.vocabulary import NoticeKind, Severity
from engines.notices import deliver_due
from engines.notices.delivering import PAUSES
from engines.notices.endpoints import set_endpoint
from patterns.alerts import Cause, open_alert
from tests.engines.notices.receiver import endpoint, is_signed, receiver  # noqa: F401 (fixtures)
from tests.factories import lead, touch

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HIGH = Cause("circuit_open", Severity.HIGH, "Sending has stopped.", subject="email 1")
UNKNOWN = Cause("unknown_send", Severity.HIGH, "1 message may have been sent.")


@pytest.fixture(autouse=True)
def no_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    settings.PUBLIC_URL = "https://agency.example"


def deliveries(client):
    rows = Delivery.objects.for_client(client).order_by("created_at", "id")
    return list(rows.values_list("state", "attempts", "status_code", "answer"))


def test_a_notice_is_posted_once_and_signed(customer, endpoint, receiver):  # noqa: F811
    alert = open_alert(customer.pk, UNKNOWN, NOON)
    assert [deliver_due(at=NOON), deliver_due(at=NOON)] == [1, 0]
    [request] = receiver.got
    assert is_signed(request, endpoint.told)
    assert not is_signed(request, "guessed")
    assert not is_signed((*request[:2], request[2] + b" "), endpoint.told)
    notice = Notice.objects.for_client(customer).get()
    assert request[1]["Agency-Notice"] == str(notice.pk)
    [document] = receiver.documents()
    assert (document["id"], document["kind"], document["severity"]) == (str(notice.pk), "send_unknown", "high")
    assert document["client_id"] == str(customer.pk)
    assert document["link"] == f"https://agency.example/admin/patterns/healthalert/{alert.pk}/change/"
    assert document["data"]["message"] == "1 message may have been sent."
    assert deliveries(customer) == [("delivered", 1, 204, "")]


def test_an_endpoint_hears_of_its_own_clients_alone(customer, make_client, endpoint, receiver, agency):  # noqa: F811
    twin = make_client("Twin")
    open_alert(twin.pk, HIGH, NOON)
    assert deliver_due(at=NOON) == 0
    set_endpoint(agency, f"{receiver.url}/all")
    for client in (customer, twin):
        open_alert(client.pk, UNKNOWN, NOON)
    assert deliver_due(at=NOON) == 3
    assert sorted((path, json.loads(body)["client_id"]) for path, _, body in receiver.got) == sorted(
        [("/hook", str(customer.pk)), ("/hook/all", str(customer.pk)), ("/hook/all", str(twin.pk))]
    )


def test_only_the_kinds_asked_for(customer, endpoint, receiver):  # noqa: F811
    set_endpoint(customer, receiver.url, ["send_unknown"])
    open_alert(customer.pk, HIGH, NOON)
    open_alert(customer.pk, UNKNOWN, NOON)
    tell(NoticeKind.PATTERN_PROMOTED, customer, "who 2", {"pattern": "who"})
    deliver_due(at=NOON)
    assert [one["kind"] for one in receiver.documents()] == ["send_unknown"]


def test_it_is_tried_again_with_pauses_and_then_given_up(customer, endpoint, receiver):  # noqa: F811
    open_alert(customer.pk, HIGH, NOON)
    receiver.answers = [500] * 20
    at = NOON
    for number, pause in enumerate(PAUSES, start=1):
        deliver_due(at=at)
        assert deliveries(customer) == [("pending", number, 500, "it answered 500")]
        deliver_due(at=at + pause - timedelta(seconds=1))
        assert len(receiver.got) == number
        at += pause
    deliver_due(at=at)
    assert deliveries(customer) == [("failed", len(PAUSES) + 1, 500, "it answered 500")]
    deliver_due(at=at + timedelta(days=30))
    assert len({one["id"] for one in receiver.documents()}) == 1
    assert len(receiver.got) == len(PAUSES) + 1


def test_one_that_is_not_taken_does_not_hold_up_the_others(customer, endpoint, receiver):  # noqa: F811
    receiver.answers = [400, 400]
    open_alert(customer.pk, HIGH, NOON)
    open_alert(customer.pk, UNKNOWN, NOON)
    assert deliver_due(at=NOON) == 0
    assert len(receiver.got) == 1
    receiver.answers = []
    assert deliver_due(at=NOON + timedelta(minutes=5)) == 2
    assert sorted(deliveries(customer)) == [("delivered", 1, 204, ""), ("delivered", 2, 204, "")]


def test_an_endpoint_that_is_away(customer, endpoint, receiver):  # noqa: F811
    WebhookEndpoint.objects.update(url="http://127.0.0.1:1/hook")
    open_alert(customer.pk, HIGH, NOON)
    assert deliver_due(at=NOON) == 0
    assert deliveries(customer) == [("pending", 1, None, "no answer: NewConnectionError")]


def test_a_redirect_is_not_followed(customer, endpoint, receiver):  # noqa: F811
    receiver.answers = [302]
    open_alert(customer.pk, HIGH, NOON)
    assert deliver_due(at=NOON) == 0
    assert ([path for path, *_ in receiver.got], deliveries(customer)[0][2]) == (["/hook"], 302)


@pytest.mark.parametrize("change", ["off", "no_secret", "sealed_otherwise", "deleted"])
def test_what_cannot_or_should_not_be_posted_any_more(customer, endpoint, receiver, change):  # noqa: F811
    open_alert(customer.pk, HIGH, NOON)
    receiver.answers = [500]
    deliver_due(at=NOON)
    if change == "off":
        set_endpoint(customer, receiver.url, is_active=False)
    elif change == "no_secret":
        WebhookEndpoint.objects.update(credentials="")
    elif change == "sealed_otherwise":
        WebhookEndpoint.objects.update(credentials="broken")
    else:
        Client.objects.filter(pk=customer.pk).update(deleted_at=NOON)
    assert deliver_due(at=NOON + PAUSES[0]) == 0
    expected = {
        "off": ("dropped", "the endpoint does not ask for it any more"),
        "no_secret": ("pending", "it has no secret"),
        "sealed_otherwise": ("pending", "its secret cannot be read"),
        "deleted": ("dropped", "the client is deleted"),
    }
    [(state, _, _, answer)] = deliveries(customer)
    assert (state, answer) == expected[change]
    assert len(receiver.got) == 1


def test_a_process_that_vanished_has_it_sent_again(customer, endpoint, receiver, monkeypatch):  # noqa: F811
    open_alert(customer.pk, HIGH, NOON)
    with monkeypatch.context() as patched:
        patched.setattr("engines.notices.delivering.webhook.send", interrupt)
        with pytest.raises(KeyboardInterrupt):
            deliver_due(at=NOON)
    assert deliver_due(at=NOON + timedelta(minutes=4)) == 0
    assert deliver_due(at=NOON + timedelta(minutes=5)) == 1
    assert len(receiver.got) == 1


def interrupt(*_):
    raise KeyboardInterrupt


@pytest.mark.postgresql
def test_several_polls_at_once_post_each_notice_once(customer, endpoint, receiver):  # noqa: F811
    for number in range(12):
        open_alert(customer.pk, Cause("circuit_open", Severity.HIGH, "Shut.", subject=f"email {number}"), NOON)

    def one_poll(_):
        try:
            return deliver_due(at=NOON)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        done = sum(pool.map(one_poll, range(4)))
    done += deliver_due(at=NOON)
    ids = [one["id"] for one in receiver.documents()]
    assert (done, len(ids), len(set(ids))) == (12, 12, 12)


def test_conversions_since_the_endpoint_was_made(customer, make_client, endpoint, receiver):  # noqa: F811
    WebhookEndpoint.objects.update(created_at=NOON - timedelta(days=1))
    twin = make_client("Twin")
    hour = timedelta(hours=1)
    for client in (customer, twin):
        for moment in (NOON - hour, NOON - timedelta(days=2)):
            lead(client, email="jo@example.com", status="converted", status_at=moment)
        lead(client, status="new")
    booked = Lead.objects.for_client(customer).get(converted_at=NOON - hour)
    led = touch(booked, sent_at=NOON - 2 * hour, touch_number=3, channel="sms")
    Lead.objects.for_client(customer).filter(pk=booked.pk).update(converted_at=NOON - hour / 2)  # marks it
    assert [deliver_due(at=NOON), deliver_due(at=NOON)] == [1, 0]
    [document] = receiver.documents()
    assert document["kind"] == "lead_converted"
    assert document["link"] == f"https://agency.example/admin/conversion/lead/{booked.pk}/change/"
    assert document["data"] == {
        "object": "conversion.lead",
        "id": str(booked.pk),
        "converted_at": "2026-03-02T11:30:00+00:00",
        "activity_id": str(led.pk),
        "channel": "sms",
        "touch_number": 3,
    }
    assert b"jo@example.com" not in receiver.got[0][2]


def test_nobody_asks_for_conversions(customer, django_assert_num_queries):
    lead(customer, status="converted", status_at=NOON)
    with django_assert_num_queries(3):  # endpoints, notices, deliveries
        deliver_due(at=NOON)
    assert Notice.objects.for_client(customer).count() == 0
