"""From a touch to its message."""

import pytest

from conversion.models import ProviderAccount, Sender
from engines import unsubscribe
from engines.writing import MessageError, outgoing_for, reply_to
from tests.factories import lead as make_lead
from tests.factories import touch as make_touch


@pytest.fixture
def sender(make_client):
    client = make_client(postal_address="1 Street", sending_email="c@acme.example")
    return Sender.objects.create(client=client, channel="email", address="ann@acme.example", display_name="Ann")


def planned(by, /, **fields):
    lead = fields.pop("lead", None) or make_lead(by.client, email="bob@recipient.example")
    given = {"subject": "Hi", "body": "Hi Bob", "state": "planned", "idempotency_key": "key-1", "sender": by}
    return make_touch(lead, **{**given, **fields})


def test_the_message_of_a_touch(sender):
    touch = planned(sender)
    out = outgoing_for(touch)
    assert (out.key, out.channel, out.sender, out.sender_name) == ("key-1", "email", "ann@acme.example", "Ann")
    assert (out.recipient, out.subject, out.metadata) == ("bob@recipient.example", "Hi", {"key": "key-1"})
    assert unsubscribe.token_of(touch) in out.text
    assert unsubscribe.token_of(touch) in out.html
    assert outgoing_for(touch) == out


def test_without_a_sender_the_clients_address_writes(sender):
    assert outgoing_for(planned(sender, sender=None)).sender == "c@acme.example"
    sender.client.sending_email = ""
    sender.client.save()
    with pytest.raises(MessageError, match="sender: Acme has no address to send from"):
        outgoing_for(planned(sender, sender=None, idempotency_key="key-2"))


def test_a_thread_holds_what_was_sent_before_by_the_same_sender(sender):
    lead = make_lead(sender.client, email="bob@recipient.example")
    other = Sender.objects.create(client=sender.client, channel="email", address="eve@other.example")
    for number, (state, by) in enumerate(
        [("sent", sender), ("failed", sender), ("sent", other), ("unknown", sender), ("sent", sender)], start=1
    ):
        planned(by, lead=lead, state=state, touch_number=number, days=number, idempotency_key=f"earlier-{number}")
    planned(sender, lead=lead, state="sent", touch_number=6, days=6, idempotency_key=None)  # an imported one
    planned(sender, lead=lead, state="sent", touch_number=8, days=0, idempotency_key="later")
    out = outgoing_for(planned(sender, lead=lead, subject="", touch_number=7))
    assert out.headers["References"] == "<earlier-1@acme.example> <earlier-5@acme.example>"
    assert out.headers["In-Reply-To"] == "<earlier-5@acme.example>"
    assert out.subject == "Re: Hi"


def test_a_follow_up_without_anything_to_follow_needs_a_subject(sender):
    with pytest.raises(MessageError, match="subject: is empty"):
        outgoing_for(planned(sender, subject="", touch_number=2))


def test_subjects_of_answers():
    assert [reply_to(subject) for subject in ("Hi", "Re: Hi", "RE: Hi")] == ["Re: Hi", "Re: Hi", "RE: Hi"]


def test_a_link_that_nobody_can_reach_stops_everything_but_the_console(sender, settings):
    settings.PUBLIC_URL = "http://localhost:8000"
    touch = planned(sender)
    assert "http://localhost:8000/u/" in outgoing_for(touch).text
    sender.account = ProviderAccount(agency=sender.client.agency, channel="email", kind="smtp", name="main")
    touch.sender = sender
    with pytest.raises(MessageError, match="PUBLIC_URL is http://localhost:8000: one-click"):
        outgoing_for(touch)


def test_other_channels_and_touches_without_a_key(sender):
    touch = planned(sender, channel="mail", sender=None)
    with pytest.raises(MessageError, match="channel: no message can be written for mail yet"):
        outgoing_for(touch)
    with pytest.raises(ValueError, match="idempotency key"):
        outgoing_for(planned(sender, idempotency_key=None))
