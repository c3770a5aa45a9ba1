"""Whatever is told, however often and in whatever order, is recorded once, and no state goes back."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connections
from django.utils.timezone import now

from conversion.models import (
    Activity,
    Agency,
    Callback,
    Event,
    InboundMessage,
    ProviderAccount,
    Suppression,
)
from engines.inbound import arrivals
from engines.inbound.arrivals import Taken, retry_waiting, take
from engines.outbox.settling import confirm
from tests.engines.inbound.coming import *  # noqa: F403 (fixtures)
from tests.engines.inbound.coming import SENT, arrival, dispatched, facts, kinds, lead_now, of, states

pytestmark = pytest.mark.django_db


def again():
    """What waits is due."""
    Callback.objects.filter(state="waiting").update(retry_at=now() - timedelta(seconds=1))
    return retry_waiting()


@pytest.mark.parametrize("kind", ["delivered", "opened", "clicked"])
def test_what_became_of_a_message_is_an_event_with_its_own_time(sent, customer, kind):
    assert take(of(sent, kind, details={"url": "https://a.example", "user_agent": "Mozilla"})) is Taken.DONE
    event = Event.objects.for_client(customer).get()
    assert (event.kind, event.activity_id, event.lead_id) == (kind, sent.pk, sent.lead_id)
    assert event.occurred_at == SENT + timedelta(hours=1)
    assert states(customer) == [("planned", ""), ("planned", ""), ("sent", "")]
    callback = Callback.objects.get()
    assert (callback.state, callback.payload, callback.activity_id, callback.client_id) == (
        "done",
        {},
        sent.pk,
        customer.pk,
    )


@pytest.mark.parametrize("early", [timedelta(seconds=30), timedelta(days=200)])
def test_what_answers_a_touch_comes_after_it_whatever_the_clock_there_says(sent, bob, customer, early):
    take(of(sent, "replied", occurred_at=SENT - early, text="No thanks, we are not interested."))
    assert Event.objects.for_client(customer).get().occurred_at == SENT
    assert (lead_now(bob).status, lead_now(bob).status_at) == ("not_interested", SENT)


def test_told_again_it_is_known(sent):
    assert take(of(sent, "opened")) is Taken.DONE
    before = facts()
    assert [take(of(sent, "opened")) for _ in range(3)] == [Taken.KNOWN] * 3
    assert facts() == before


@pytest.mark.parametrize("kind", ["delivered", "opened", "clicked", "bounced", "complained"])
def test_told_again_under_a_new_name_it_is_still_one_event(sent, customer, kind):
    take(of(sent, kind, key="1", details={"url": "u"}))
    take(of(sent, kind, key="2", details={"url": "u"}))
    assert kinds(customer) == [kind]


def test_two_openings_are_two(sent, customer):
    take(of(sent, "opened", key="1"))
    take(of(sent, "opened", key="2", occurred_at=SENT + timedelta(hours=2)))
    assert kinds(customer) == ["opened", "opened"]


def test_an_opening_within_seconds_of_the_delivery_is_a_machines(sent, customer):
    take(of(sent, "opened", key="1", occurred_at=SENT + timedelta(minutes=1, seconds=3)))
    take(of(sent, "delivered", key="2", occurred_at=SENT + timedelta(minutes=1)))
    take(of(sent, "opened", key="3", occurred_at=SENT + timedelta(hours=5)))
    marked = Event.objects.for_client(customer).filter(kind="opened").order_by("occurred_at")
    assert list(marked.values_list("is_machine", flat=True)) == [True, False]


def test_the_providers_name_finds_the_touch(sent, customer):
    assert take(arrival("delivered", sent.sender.account, message_id="m-1")) is Taken.DONE
    assert Event.objects.for_client(customer).get().activity_id == sent.pk


@pytest.mark.parametrize("state", ["dispatching", "unknown"])
@pytest.mark.parametrize("kind", ["accepted", "delivered", "opened", "bounced", "failed"])
def test_any_word_of_a_message_settles_its_unknown(bob, seat, customer, state, kind):
    touch = dispatched(bob, seat, state)
    assert take(of(touch, kind, message_id="m-7")) is Taken.DONE
    touch.refresh_from_db()
    assert (touch.state, touch.sent_at, touch.provider_message_id) == ("sent", SENT, "m-7")
    assert lead_now(bob).touch_count == 1
    assert not confirm(touch, "m-8")


def test_before_our_own_confirmation_it_waits(bob, seat, customer):
    touch = dispatched(bob, seat, "dispatching")
    assert take(arrival("delivered", seat.account, message_id="m-9")) is Taken.WAITING
    assert Callback.objects.get().payload["message_id"] == "m-9"
    assert again() == 0
    confirm(touch, "m-9")
    assert again() == 1
    assert kinds(customer) == ["delivered"]
    assert Callback.objects.values_list("state", "payload").get() == ("done", {})
    assert take(arrival("delivered", seat.account, message_id="m-9")) is Taken.KNOWN


def test_what_waits_is_not_asked_for_at_every_turn(seat):
    take(arrival("delivered", seat.account, message_id="m-9"))
    first = Callback.objects.get().retry_at
    assert first > now() + timedelta(seconds=10)
    Callback.objects.update(received_at=now() - timedelta(hours=2))
    again()
    assert Callback.objects.get().retry_at > now() + timedelta(minutes=110)


def test_a_name_that_never_was_ours_is_stored_and_given_up(seat, customer):
    take(arrival("delivered", seat.account, message_id="m-9"))
    Callback.objects.update(received_at=now() - timedelta(days=8))
    assert again() == 1
    callback = Callback.objects.get()
    assert (callback.state, callback.payload, callback.reason) == ("ignored", {}, "no touch of ours goes by that name")
    assert kinds(customer) == []


def test_a_touch_that_never_left_is_not_sent_by_what_is_told(bob, seat, customer):
    touch = dispatched(bob, seat, "queued", dispatched_at=None)
    assert take(of(touch, "delivered")) is Taken.WAITING
    assert states(customer) == [("queued", "")]
    assert kinds(customer) == []


def test_another_agencys_account_speaks_of_nobody_here(sent, customer, account):
    other = Agency.objects.create(name="Other", slug="other")
    theirs = ProviderAccount.objects.create(agency=other, channel="email", kind="resend", name="main")
    for fields in ({"idempotency_key": sent.idempotency_key}, {"message_id": "m-1"}):
        take(arrival("bounced", theirs, key=str(fields), **fields))
    take(arrival("unsubscribed", theirs, person="bob@recipient.example"))
    assert kinds(customer) == []
    assert not Suppression.objects.exists()
    assert lead_now(sent.lead).is_unsubscribed is None


def test_one_clients_own_account_speaks_of_nobody_elses(sent, twin, account, customer):
    account.client = twin.client
    account.save()
    assert take(of(sent, "bounced")) is Taken.IGNORED
    assert kinds(customer) == []


@pytest.mark.parametrize("order", list(itertools.permutations(["accepted", "delivered", "opened", "bounced"])))
def test_any_order_comes_to_the_same(bob, seat, customer, order):
    touch = dispatched(bob, seat, "unknown")
    for hours, kind in enumerate(["accepted", "delivered", "opened", "bounced"]):
        assert kind in order, hours
    for kind in order:
        moment = SENT + timedelta(hours=["accepted", "delivered", "opened", "bounced"].index(kind))
        take(of(touch, kind, occurred_at=moment, message_id="m-1"))
    lead = lead_now(bob)
    assert kinds(customer) == ["bounced", "delivered", "opened"]
    assert (lead.status, lead.status_at, lead.touch_count) == ("bounced", SENT + timedelta(hours=3), 1)
    assert states(customer) == [("sent", "")]


@pytest.mark.parametrize(
    "moment", [None, datetime(9999, 12, 31, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC)], ids=["none", "9999", "1"]
)
def test_a_moment_that_cannot_be_is_now(sent, customer, moment):
    take(of(sent, "delivered", occurred_at=moment))
    assert abs(Event.objects.for_client(customer).get().occurred_at - now()) < timedelta(minutes=1)


def test_what_no_database_takes_is_left_out(sent, customer):
    details = {"url": "https://a\0.example/\ud800", "deep": {"a": {"b": {"c": {"d": 1}}}}}
    assert take(of(sent, "clicked", details=details, person="a\0b")) is Taken.DONE
    assert Event.objects.for_client(customer).get().metadata["url"] == "https://a.example/?"


def test_a_kind_that_is_none_is_refused(sent):
    with pytest.raises(ValueError, match="teleported"):
        take(of(sent, "teleported"))


def test_a_fault_is_set_aside_and_tried_again(sent, customer, monkeypatch):
    real = arrivals.carry_out
    monkeypatch.setattr(arrivals, "carry_out", broken)
    assert take(of(sent, "delivered")) is Taken.WAITING
    assert facts() == (1, 0, 0, 0)
    assert Callback.objects.values_list("attempts", "reason").get() == (1, "RuntimeError")
    monkeypatch.setattr(arrivals, "carry_out", real)
    assert again() == 1
    assert kinds(customer) == ["delivered"]


def test_a_reply_on_which_it_broke_is_not_lost(sent, customer, monkeypatch):
    real = arrivals.carry_out
    monkeypatch.setattr(arrivals, "carry_out", broken)
    thread = (f"<{sent.idempotency_key}@acme.example>",)
    reply = of(sent, "replied", text="Which company?", references=thread, details={"headers": {"from": "bob"}})
    assert take(reply) is Taken.WAITING
    monkeypatch.setattr(arrivals, "carry_out", real)
    assert again() == 1
    assert InboundMessage.objects.values_list("text", "references", "lead").get() == (
        "Which company?",
        list(thread),
        sent.lead_id,
    )
    assert (kinds(customer), Callback.objects.get().payload) == (["replied"], {})


def test_the_third_fault_is_the_last(sent, customer, monkeypatch):
    monkeypatch.setattr(arrivals, "carry_out", broken)
    take(of(sent, "delivered"))
    assert (again(), again(), again()) == (0, 0, 0)
    assert Callback.objects.values_list("attempts", "state").get() == (3, "failed")


def test_a_database_that_is_away_is_told(sent, monkeypatch):
    def away(*_):
        raise OperationalError

    monkeypatch.setattr(arrivals, "carry_out", away)
    with pytest.raises(OperationalError):
        take(of(sent, "delivered"))
    assert facts() == (0, 0, 0, 0)


def broken(*_, **__):
    raise RuntimeError("of bob@recipient.example")


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
@pytest.mark.parametrize("kind", ["delivered", "bounced", "unsubscribed", "meeting_booked"])
def test_a_hundred_at_once_are_one(sent, customer, kind):
    def tell(number):
        try:
            name = "1" if number % 4 else str(number)
            return take(of(sent, kind, key=name, person="bob@recipient.example", details={"booking": "b"}))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        told = list(pool.map(tell, range(100)))
    assert set(told) == {Taken.DONE, Taken.KNOWN}
    assert kinds(customer) == [kind]
    assert Suppression.objects.count() == (kind in {"bounced", "unsubscribed"})
    assert Activity.objects.for_client(customer).filter(state="sent").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_all_kinds_at_once_over_a_send_that_is_unknown(bob, seat, customer):
    touch = dispatched(bob, seat, "unknown")
    told = ["accepted", "delivered", "opened", "clicked", "complained", "unsubscribed", "bounced", "failed"] * 5

    def tell(pair):
        try:
            return take(of(touch, pair[1], key=str(pair[0]), person="bob@recipient.example", message_id="m-1"))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(tell, enumerate(told))) == {Taken.DONE}
    assert kinds(customer) == ["bounced", "clicked", "complained", "delivered", "opened", "unsubscribed"]
    touch.refresh_from_db()
    assert (touch.state, lead_now(bob).touch_count) == ("sent", 1)
