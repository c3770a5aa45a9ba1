"""What follows for a lead from what came back: flags, statuses, suppressions, what is stopped, who converted."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils.timezone import now

from conversion.models import (
    Activity,
    Callback,
    Connection,
    InboundMessage,
    Lead,
    ProviderAccount,
    Sender,
    Suppression,
)
from engines.inbound.arrivals import Taken, take
from tests.engines.inbound.coming import *  # noqa: F403 (fixtures)
from tests.engines.inbound.coming import SENT, arrival, dispatched, kinds, lead_now, of, states
from tests.factories import lead as make_lead

pytestmark = pytest.mark.django_db


def test_a_bounce_ends_it(sent, twin, customer):
    assert take(of(sent, "bounced", details={"permanent": True, "reason": "550 no such user"})) is Taken.DONE
    lead = lead_now(sent.lead)
    assert (lead.has_bounced, lead.status, lead.status_at) == (True, "bounced", SENT + timedelta(hours=1))
    assert states(customer) == [("cancelled", "bounced"), ("cancelled", "bounced"), ("sent", "")]
    assert Suppression.objects.values_list("client", "kind", "value").get() == (
        customer.pk,
        "email",
        "bob@recipient.example",
    )
    assert states(twin.client) == [("planned", ""), ("sent", "")]
    assert lead_now(twin.lead).has_bounced is None


def test_a_soft_bounce_ends_nothing(sent, customer):
    assert take(of(sent, "bounced", details={"permanent": False})) is Taken.DONE
    assert kinds(customer) == []
    assert states(customer) == [("planned", ""), ("planned", ""), ("sent", "")]
    assert lead_now(sent.lead).has_bounced is None


def test_many_bounces_pause_the_sender(customer, seat):
    touches = []
    for number in range(20):
        lead = make_lead(customer, email=f"jo{number}@a.example", email_key=f"jo{number}@a.example")
        touches.append(dispatched(lead, seat, "sent", sent_at=now(), dispatched_at=now()))
    take(of(touches[0], "bounced", occurred_at=now()))
    seat.refresh_from_db()
    assert seat.paused_at is not None
    assert "1 of its 20 sends" in seat.pause_reason


def test_a_failure_is_told_on_the_touch_and_the_touch_stays_sent(sent, customer):
    assert take(of(sent, "failed", details={"reason": "the handset was off"})) is Taken.DONE
    sent.refresh_from_db()
    assert (sent.state, sent.reason_code) == ("sent", "undelivered")
    assert sent.reason.endswith("could not deliver it: the handset was off")
    assert kinds(customer) == []


@pytest.mark.parametrize(
    ("kind", "flags"), [("complained", (True, True)), ("unsubscribed", (True, None))], ids=["complaint", "opt-out"]
)
def test_who_wants_to_be_left_alone_is(sent, twin, customer, kind, flags):
    assert take(of(sent, kind, person="bob@recipient.example")) is Taken.DONE
    lead = lead_now(sent.lead)
    assert (lead.is_unsubscribed, lead.do_not_contact) == flags
    assert lead.status == "unsubscribed"
    assert states(customer) == [("cancelled", kind), ("cancelled", kind), ("sent", "")]
    assert kinds(customer) == [kind]
    assert Suppression.objects.get().client_id == customer.pk
    assert lead_now(twin.lead).is_unsubscribed is None


def test_an_opt_out_from_another_address_shuts_both(sent):
    take(of(sent, "unsubscribed", person="robert@private.example"))
    assert set(Suppression.objects.values_list("value", flat=True)) == {
        "bob@recipient.example",
        "robert@private.example",
    }


def test_an_opt_out_of_nobody_that_is_known_is_heeded(account, customer):
    assert take(arrival("unsubscribed", account, person="new@a.example")) is Taken.IGNORED
    assert Suppression.objects.values_list("client", "agency", "value").get() == (
        customer.pk,
        None,
        "new@a.example",
    )


def test_an_opt_out_that_may_be_any_clients_binds_the_agency(account, customer, make_client):
    make_client("Beta")
    take(arrival("unsubscribed", account, person="new@a.example"))
    assert Suppression.objects.values_list("client", "agency").get() == (None, account.agency_id)


def test_an_opt_out_at_the_number_of_one_client_is_that_clients(account, customer, make_client, seat):
    make_client("Beta")
    take(arrival("unsubscribed", account, person="new@a.example", ours="Ann@Acme.example"))
    assert Suppression.objects.values_list("client", "agency").get() == (customer.pk, None)


def test_a_meeting_converts_and_is_attributed(sent, twin, customer):
    booked = arrival("meeting_booked", None, client_id=customer.pk, person="BOB@recipient.example", channel="")
    assert take(booked) is Taken.DONE
    lead = lead_now(sent.lead)
    assert (lead.status, lead.converted_at) == ("converted", SENT + timedelta(hours=1))
    assert Activity.objects.for_client(customer).get(led_to_booking=True).pk == sent.pk
    assert states(customer) == [("cancelled", "booked"), ("cancelled", "booked"), ("sent", "")]
    assert (lead_now(twin.lead).status, kinds(twin.client)) == ("contacted", [])


def test_a_meeting_that_is_cancelled_stays_booked(sent, customer):
    take(arrival("meeting_booked", None, client_id=customer.pk, person="bob@recipient.example"))
    gone = arrival("meeting_cancelled", None, client_id=customer.pk, person="bob@recipient.example")
    assert take(gone) is Taken.DONE
    assert lead_now(sent.lead).status == "converted"
    assert kinds(customer) == ["meeting_booked"]


def test_a_meeting_of_nobody_waits_for_a_person(customer):
    assert take(arrival("meeting_booked", None, client_id=customer.pk, person="who@a.example")) is Taken.UNMATCHED
    message = InboundMessage.objects.get()
    assert (message.kind, message.state, message.client_id, message.person_key) == (
        "meeting_booked",
        "unmatched",
        customer.pk,
        "who@a.example",
    )


def test_an_erased_lead_is_left_alone(sent, customer):
    Lead.objects.for_client(customer).filter(pk=sent.lead_id).update(erased_at=now(), email="", email_key="")
    take(of(sent, "complained", person="bob@recipient.example", text="Leave me alone, I am Bob"))
    assert kinds(customer) == []
    assert not InboundMessage.objects.exists()
    assert Callback.objects.get().payload == {}


def test_an_unknown_send_to_an_erased_lead_is_settled(bob, seat, customer):
    touch = dispatched(bob, seat, "unknown")
    Lead.objects.for_client(customer).update(erased_at=now(), email="", email_key="")
    assert take(of(touch, "delivered", message_id="m-1")) is Taken.IGNORED
    touch.refresh_from_db()
    assert (touch.state, touch.provider_message_id, kinds(customer)) == ("sent", "", [])


def test_how_a_call_ended(bob, customer, agency):
    account = ProviderAccount.objects.create(agency=agency, channel="voice", kind="twilio", name="calls")
    seat = Sender.objects.create(client=customer, channel="voice", address="+61255500000", account=account)
    snapshot = {"outcome": None, "duration_seconds": None, "notes": "a"}
    touch = dispatched(bob, seat, "unknown", channel="voice", content_snapshot=snapshot)
    ended = {"outcome": "voicemail", "duration_seconds": 90}
    assert take(of(touch, "call_completed", channel="voice", details=ended)) is Taken.DONE
    touch.refresh_from_db()
    assert (touch.state, touch.outcome, touch.duration_seconds) == ("sent", "voicemail", 90)
    assert touch.content_snapshot == {
        **ended,
        "notes": "a",
        "duration_minutes": 1.5,
        "completed_at": "2026-11-16T11:00:00+00:00",
    }
    take(of(touch, "call_completed", key="2", channel="voice", details={"outcome": "busy", "duration_seconds": 1}))
    touch.refresh_from_db()
    assert (touch.outcome, touch.duration_seconds) == ("voicemail", 90)


def test_an_invitation_accepted(bob, customer, agency):
    account = ProviderAccount.objects.create(agency=agency, channel="linkedin", kind="unipile", name="li")
    seat = Sender.objects.create(client=customer, channel="linkedin", address="seat-1", account=account)
    Lead.objects.for_client(customer).update(linkedin_url="https://linkedin.com/in/bob")
    told = arrival("invitation_accepted", account, channel="linkedin", ours="seat-1")
    told = replace(told, person="https://www.linkedin.com/in/Bob/")
    assert take(replace(told, details={"person_id": "ACo1"})) is Taken.DONE
    known = Connection.objects.for_client(customer).get()
    assert (known.lead_id, known.sender_id, known.state, known.person_id) == (bob.pk, seat.pk, "accepted", "ACo1")
    assert (
        take(replace(told, key="2", person="https://www.linkedin.com/in/bobby", details={"person_id": "ACo9"}))
        is Taken.IGNORED
    )
    assert take(replace(told, key="3", person="", details={"person_id": "ACo1"})) is Taken.DONE


@pytest.mark.parametrize("late", [timedelta(days=3), timedelta(days=400)])
def test_days_late_it_takes_its_own_time(sent, customer, late):
    Activity.objects.for_client(customer).filter(pk=sent.pk).update(sent_at=now() - late, dispatched_at=now() - late)
    moment = (now() - late + timedelta(minutes=5)).replace(microsecond=0)
    take(of(sent, "meeting_booked", occurred_at=moment))
    assert lead_now(sent.lead).converted_at == moment
