"""Whose a reply is, what it says, and what follows from that."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from conversion.models import Activity, Callback, Event, InboundMessage, Lead, ProviderAccount, Sender, Suppression
from conversion.suppressions import hashed
from engines.inbound import unmatched
from engines.inbound.arrivals import Taken, take
from engines.inbound.unmatched import SettledError
from tests.engines.inbound.coming import *  # noqa: F403 (fixtures)
from tests.engines.inbound.coming import SENT, arrival, dispatched, kinds, lead_now, planned, states
from tests.factories import lead as make_lead

pytestmark = pytest.mark.django_db
LATER = SENT + timedelta(days=1)


def reply(account, text="Which company are you with?", **fields):
    fields = {"person": "Bob@Recipient.example", "ours": "ann@acme.example", "occurred_at": LATER, **fields}
    return arrival("replied", account, text=text, **fields)


def message():
    return InboundMessage.objects.get()


def test_a_reply_in_the_thread(sent, twin, account, customer):
    thread = (f"<{sent.idempotency_key}@acme.example>",)
    assert take(reply(account, person="colleague@recipient.example", ours="", references=thread)) is Taken.DONE
    found = message()
    assert (found.lead_id, found.activity_id, found.client_id, found.state) == (
        sent.lead_id,
        sent.pk,
        customer.pk,
        "matched",
    )
    assert (found.person_key, found.text) == ("colleague@recipient.example", "Which company are you with?")
    event = Event.objects.for_client(customer).get()
    assert (event.kind, event.activity_id, event.occurred_at, event.body) == ("replied", sent.pk, LATER, "")
    assert found.event_id == event.pk
    assert states(customer) == [("cancelled", "replied"), ("cancelled", "replied"), ("sent", "")]
    assert (kinds(twin.client), states(twin.client)) == ([], [("planned", ""), ("sent", "")])


@pytest.mark.parametrize("reference", ["<m-1@mail.service.example>", "<m-1>", "m-1"])
def test_a_reply_to_the_services_own_message_id(sent, account, reference):
    take(reply(account, person="x@recipient.example", ours="", references=("<other@a.example>", reference)))
    assert message().activity_id == sent.pk


def test_the_last_of_a_thread_is_answered(sent, account, bob, seat):
    second = dispatched(bob, seat, "sent", sent_at=SENT + timedelta(hours=3), touch_number=2)
    thread = tuple(f"<{one.idempotency_key}@acme.example>" for one in (second, sent))
    take(reply(account, references=thread))
    assert message().activity_id == second.pk


def test_a_reply_in_a_thread_settles_an_unknown(bob, seat, account):
    touch = dispatched(bob, seat, "unknown")
    take(reply(account, references=(f"<{touch.idempotency_key}@acme.example>",)))
    touch.refresh_from_db()
    assert touch.state == "sent"


def test_a_reply_outside_any_thread_is_known_by_its_address(sent, twin, account, customer):
    take(reply(account))
    found = message()
    assert (found.lead_id, found.activity_id, found.sender_id) == (sent.lead_id, sent.pk, sent.sender_id)
    assert kinds(twin.client) == []


def test_a_reply_by_address_proves_nothing_of_a_send(bob, seat, account):
    touch = dispatched(bob, seat, "unknown")
    take(reply(account))
    touch.refresh_from_db()
    assert touch.state == "unknown"


def test_two_clients_with_the_same_person_and_no_word_to_whom(sent, twin, account, customer):
    assert take(reply(account, ours="")) is Taken.UNMATCHED
    assert (message().client_id, message().state) == (None, "unmatched")
    assert kinds(customer) == kinds(twin.client) == []


def test_of_two_clients_the_one_that_touched_the_person(sent, account, make_client):
    make_lead(make_client("Beta"), email="bob@recipient.example", email_key="bob@recipient.example")
    take(reply(account, ours=""))
    assert message().lead_id == sent.lead_id


def test_of_two_leads_with_one_address_the_touched_one(sent, account, customer):
    make_lead(customer, email="bob@recipient.example", email_key="bob@recipient.example")
    take(reply(account))
    assert message().lead_id == sent.lead_id


@pytest.mark.parametrize("references", [(), ("m-1",)], ids=["no thread", "a thread"])
def test_leads_with_one_e_mail_address_are_one_person(sent, twin, account, customer, seat, references):
    other = make_lead(customer, email="bob@recipient.example", email_key="bob@recipient.example")
    dispatched(other, seat, "sent")
    planned(other, seat, 2)
    Lead.objects.for_client(customer).filter(pk=sent.lead_id).update(last_contacted_at=SENT)
    assert take(reply(account, references=references)) is Taken.DONE
    assert (message().lead_id, kinds(customer)) == (sent.lead_id, ["replied"])
    assert states(customer) == [("cancelled", "replied")] * 3 + [("sent", "")] * 2
    assert states(twin.client) == [("planned", ""), ("sent", "")]


@pytest.mark.parametrize("text", ["Who is this?", "Please stop"])
def test_people_who_share_a_number_are_told_apart_by_a_person_and_get_no_more_there(customer, twin, agency, text):
    account = ProviderAccount.objects.create(agency=agency, channel="sms", kind="twilio", name="sms")
    seat = Sender.objects.create(client=customer, channel="sms", address="+61255500000", account=account)
    leads = [
        make_lead(customer, phone="+61255501234", email=f"{name}@a.example", email_key=f"{name}@a.example")
        for name in ("jo", "al")
    ]
    for lead in leads:
        dispatched(lead, seat, "sent", channel="sms")
        planned(lead, seat, 2, channel="sms")
        planned(lead, seat, 3)
    Lead.objects.for_client(twin.client).filter(pk=twin.lead_id).update(phone="+61255501234")
    assert take(reply(account, text, channel="sms", person="+61255501234", ours="+61255500000")) is Taken.UNMATCHED
    assert (message().client_id, kinds(customer)) == (customer.pk, [])
    gone = {state for state in states(customer) if state[0] == "cancelled"}
    assert len(gone) == 1
    assert sorted(Activity.objects.for_client(customer).values_list("channel", "state")) == [
        *[("email", "planned")] * 2,
        *[("sms", "cancelled")] * 2,
        *[("sms", "sent")] * 2,
    ]
    assert states(twin.client) == [("planned", ""), ("sent", "")]


def test_a_stop_to_a_number_from_which_two_clients_write_holds_for_both(customer, make_client, agency):
    account = ProviderAccount.objects.create(agency=agency, channel="sms", kind="twilio", name="sms")
    clients = [customer, make_client("Beta"), make_client("Gamma")]
    ours = ["+61255500000", "+61255500000", "+61255500001"]
    seats = [
        Sender.objects.create(client=client, channel="sms", address=address, account=account)
        for client, address in zip(clients, ours, strict=True)
    ]
    leads = [make_lead(client, phone="+61255501234") for client in clients]
    dispatched(leads[0], seats[0], "sent", channel="sms")
    take(reply(account, "STOP", channel="sms", person="+61255501234", ours=ours[0]))
    assert set(Suppression.objects.values_list("client", flat=True)) == {client.pk for client in clients[:2]}
    assert [lead_now(lead).is_unsubscribed for lead in leads] == [True, None, None]


def test_days_of_return_count_from_the_day_on_which_it_came_at_the_lead(sent, account, bob):
    Lead.objects.for_client(bob.client).filter(pk=bob.pk).update(timezone="Australia/Sydney")
    evening = SENT.replace(hour=22)  # Tuesday morning in Sydney
    take(reply(account, "I'm out of office, back tomorrow.", occurred_at=evening))
    assert message().until == (evening + timedelta(days=2)).date()


def test_a_stranger(sent, account, customer):
    assert take(reply(account, person="who@nowhere.example")) is Taken.UNMATCHED
    assert Callback.objects.get().state == "done"
    assert states(customer)[0] == ("planned", "")


def test_who_asked_to_be_forgotten_leaves_no_trace(account, customer):
    Suppression.objects.create(client=customer, kind="email", value=hashed("email", "bob@recipient.example"))
    assert take(reply(account)) is Taken.IGNORED
    assert not InboundMessage.objects.exists()
    assert Callback.objects.get().payload == {}


def test_a_number(customer, agency):
    account = ProviderAccount.objects.create(agency=agency, channel="sms", kind="twilio", name="sms")
    seat = Sender.objects.create(client=customer, channel="sms", address="+61255500000", account=account)
    lead = make_lead(customer, phone="+61255501234", email="jo@a.example", email_key="jo@a.example")
    touch = dispatched(lead, seat, "sent", channel="sms")
    take(reply(account, "STOP", channel="sms", person="+61255501234", ours="+61255500000"))
    assert (message().lead_id, message().activity_id) == (lead.pk, touch.pk)
    assert Suppression.objects.values_list("kind", "value").get() == ("phone", "+61255501234")
    assert lead_now(lead).is_unsubscribed


def test_a_profile_however_it_is_written(customer, agency):
    account = ProviderAccount.objects.create(agency=agency, channel="linkedin", kind="unipile", name="li")
    lead = make_lead(customer, linkedin_url="https://www.linkedin.com/in/jo-doe/")
    make_lead(customer, linkedin_url="https://www.linkedin.com/in/jo-doe-2/")
    take(reply(account, channel="linkedin", person="https://au.linkedin.com/in/Jo-Doe", ours=""))
    assert message().lead_id == lead.pk


def test_interest(sent, account, customer):
    take(reply(account, "Sounds great, let's talk on Tuesday."))
    assert kinds(customer) == ["positive_reply", "replied"]
    assert (message().reading, message().rule != "") == ("positive", True)
    assert lead_now(sent.lead).status == "contacted"


def test_no_interest(sent, account, customer):
    take(reply(account, "Thanks, but we are not interested."))
    assert kinds(customer) == ["replied"]
    assert (lead_now(sent.lead).status, lead_now(sent.lead).status_at) == ("not_interested", LATER)
    assert states(customer)[0] == ("cancelled", "replied")


def test_no_interest_after_a_booking_leaves_the_booking(sent, account, customer):
    Lead.objects.for_client(customer).update(status="converted", status_at=SENT)
    take(reply(account, "Thanks, but we are not interested."))
    assert lead_now(sent.lead).status == "converted"


def test_an_opt_out_in_words(sent, account, customer):
    take(reply(account, "Please take me off your list."))
    lead = lead_now(sent.lead)
    assert (lead.is_unsubscribed, lead.status) == (True, "unsubscribed")
    assert kinds(customer) == ["unsubscribed"]
    assert states(customer) == [("cancelled", "unsubscribed"), ("cancelled", "unsubscribed"), ("sent", "")]


def test_an_opt_out_of_a_stranger_is_heeded_and_shown(account, customer, seat):
    assert take(reply(account, "Unsubscribe me please", person="who@nowhere.example")) is Taken.UNMATCHED
    assert Suppression.objects.values_list("client", "value").get() == (customer.pk, "who@nowhere.example")


def test_an_absence_moves_the_next_touch_and_stops_nothing(bob, seat, account, customer):
    dispatched(bob, seat, "sent")
    soon = planned(bob, seat, 2)
    back = (now() + timedelta(days=20)).date()
    text = f"I am out of the office until {back:%d %B %Y} with no access to e-mail."
    take(reply(account, text, subject="Automatic reply: Hi", occurred_at=now(), details={"headers": {}}))
    assert (message().reading, message().until) == ("out_of_office", back)
    assert kinds(customer) == []
    touch = Activity.objects.for_client(customer).get(pk=soon.pk)
    assert touch.state == "planned"
    assert touch.scheduled_at.date() >= back
    assert lead_now(bob).status == "contacted"


def test_a_machines_answer_changes_nothing(sent, account, customer):
    headers = {"auto-submitted": "auto-replied"}
    take(reply(account, "Your ticket 4711 was opened.", details={"headers": headers}))
    assert (message().reading, kinds(customer)) == ("automatic", [])
    assert states(customer)[0] == ("planned", "")


@pytest.mark.parametrize(("permanent", "expected"), [(True, ["bounced"]), (False, []), (None, [])])
def test_what_reads_like_a_bounce(sent, account, customer, permanent, expected):
    thread = (f"<{sent.idempotency_key}@acme.example>",)
    said = {"person": "mailer-daemon@mx.example", "ours": "", "references": thread, "channel": "email"}
    details = {"headers": {"content-type": "multipart/report; report-type=delivery-status"}, "permanent": permanent}
    take(reply(account, "550 5.1.1 User unknown", subject="Undelivered Mail", details=details, **said))
    assert kinds(customer) == expected
    assert set(Suppression.objects.values_list("value", flat=True)) <= {"bob@recipient.example"}


def test_a_person_says_whose_it_is(sent, twin, account, customer):
    take(reply(account, "Sounds great, let's talk.", ours=""))
    other = make_lead(customer, email="else@recipient.example")
    settled = unmatched.settle(message(), sent.lead)
    assert (settled.state, settled.lead_id, settled.client_id) == ("settled", sent.lead_id, customer.pk)
    assert settled.settled_at is not None
    assert kinds(customer) == ["positive_reply", "replied"]
    assert states(customer)[0] == ("cancelled", "replied")
    for action in (lambda: unmatched.settle(message(), other), lambda: unmatched.dismiss(message())):
        with pytest.raises(SettledError, match="settled already"):
            action()
    assert (kinds(twin.client), Event.objects.for_client(customer).filter(lead=other).count()) == ([], 0)


def test_what_came_to_one_client_is_not_settled_to_another(sent, twin, account):
    take(reply(account, person="who@nowhere.example"))
    with pytest.raises(SettledError, match="did not come to Beta"):
        unmatched.settle(message(), twin.lead)
    assert [unmatched.waiting(one).count() for one in (sent.client, twin.client, None)] == [1, 0, 1]


def test_a_booking_settled_converts(sent, customer):
    booked = arrival("meeting_booked", None, client_id=customer.pk, person="robert@private.example")
    take(booked)
    unmatched.settle(message(), sent.lead)
    lead = lead_now(sent.lead)
    assert (lead.status, lead.converted_at) == ("converted", booked.occurred_at)


def test_a_message_dismissed_changes_nothing(sent, account, customer):
    take(reply(account, person="who@nowhere.example"))
    assert unmatched.dismiss(message()).state == "dismissed"
    assert (kinds(customer), unmatched.waiting().count()) == ([], 0)
