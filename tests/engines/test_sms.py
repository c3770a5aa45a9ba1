"""A text message really travels: to Twilio on loopback, read back from there."""
# ruff: noqa: F811 (fixtures are imported)

import re
from datetime import UTC, datetime

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from conversion.erasure import erase
from conversion.models import Activity, Callback, Event, Sequence, Suppression
from conversion.segments import segment_count
from engines import guard, shortmessage
from engines.inbound.arrivals import retry_waiting
from engines.message import MessageError
from engines.sms import SMSEngine
from tests.engines.guarded import TUESDAY, client_of, mailbox, planned, reachable, said
from tests.engines.phones import (  # noqa: F401 (fixtures)
    OURS,
    PERSON,
    THEIRS,
    daytime,
    lead,
    number,
    person,
    sms_account,
    twilio,
    twin,
)

TEXT = "Hi Jo, worth 15 minutes?"
STOP = "\nReply STOP to opt out"


def send(lead, message=TEXT, **fields):
    return SMSEngine().send(lead, lead.client, message, **fields)


def test_a_first_text_message_arrives_with_its_way_out(lead, twilio):
    touch = send(lead)
    (taken,) = twilio.taken
    assert (touch.state, touch.reason, touch.provider, touch.action) == ("sent", "", "twilio", "sms_sent")
    assert (taken["from"], taken["to"], taken["text"]) == (OURS, PERSON, TEXT + STOP)
    assert (touch.provider_message_id, taken["key"]) == (taken["sid"], touch.idempotency_key)
    assert taken["report_to"] == (
        f"https://outreach.example/webhooks/twilio/{touch.sender.account_id}/message?key={touch.idempotency_key}"
    )
    lead.refresh_from_db()
    assert (lead.touch_count, lead.status) == (1, "contacted")


def test_the_next_one_goes_without_the_words_and_each_client_says_them_once(lead, twin, twilio):
    for one, message in ((lead, TEXT), (lead, "And?"), (twin, TEXT)):
        send(one, message)
    assert [row["text"] for row in twilio.taken] == [TEXT + STOP, "And?", TEXT + STOP]


def test_who_says_stop_itself_says_it_once(lead, twilio):
    send(lead, f"{TEXT} STOP to end.")
    assert twilio.taken[0]["text"] == f"{TEXT} STOP to end."


@pytest.mark.parametrize(
    ("message", "segments"),
    [("a" * 139, 2), ("a" * 138, 1), ("ä€" * 46, 1), ("Hi ✓ " * 9, 1)],
    ids=["long", "just one", "gsm", "ucs-2"],
)
def test_the_snapshot_counts_what_is_billed(lead, message, segments):
    touch = send(lead, message)
    snapshot = touch.content_snapshot
    assert (snapshot["segment_count"], snapshot["body"], snapshot["channel"]) == (segments, message, "sms")
    assert (touch.chars, snapshot["char_count"]) == (len(message), len(message))


def test_in_a_sequence(lead):
    sequence = Sequence.objects.create(client=lead.client, lead=lead, channels=["sms"])
    touch = send(lead, touch_number=4, sequence_id=sequence.pk)
    assert (touch.sequence, touch.touch_number, touch.content_snapshot["sequence_id"]) == (
        sequence,
        4,
        str(sequence.pk),
    )


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (" \n", "message: is empty"),
        ("Hi {{first_name}}, hello", "message: still holds a placeholder: '{{first_name}}, hello'"),
        ("Hi\0", "message: holds control characters"),
        ("a" * 900, "message: takes 7 segments as a text message, and 6 are the most"),
        ("✓" * 400, "message: takes 7 segments as a text message, and 6 are the most"),
    ],
)
def test_what_cannot_go_out_is_refused_before_a_row_is_made(lead, message, reason):
    with pytest.raises(MessageError, match=re.escape(reason)):
        send(lead, message)
    assert Activity.objects.for_client(lead.client).count() == 0


def test_nothing_is_sent_for_another_client_or_in_a_transaction(lead, twin, twilio):
    with pytest.raises(ValueError, match="is no lead of Beta"):
        SMSEngine().send(lead, twin.client, TEXT)
    sequence = Sequence.objects.create(client=twin.client, lead=twin, channels=["sms"])
    with pytest.raises(ValueError, match="has no sequence"):
        send(lead, sequence_id=sequence.pk)
    with transaction.atomic(), pytest.raises(RuntimeError, match="open transaction"):
        send(lead)
    assert twilio.taken == []


def test_who_told_twilio_to_stop_gets_nothing_more_from_anybody_at_the_client(lead, twin, twilio):
    twilio.stopped.add((OURS, PERSON))
    touch = send(lead)
    assert (touch.state, touch.reason) == ("failed", "the recipient told the provider to stop (error 21610)")
    assert retry_waiting() == 1
    lead.refresh_from_db()
    assert (lead.is_unsubscribed, lead.status) == (True, "unsubscribed")
    assert Suppression.objects.values_list("client", "kind", "value").get() == (lead.client_id, "phone", PERSON)
    assert Event.objects.filter(lead=lead).values_list("kind", flat=True).get() == "unsubscribed"
    assert send(lead).state == "cancelled"
    assert (retry_waiting(), Callback.objects.values_list("state", flat=True).get()) == (0, "done")
    assert send(twin).state == "sent"  # told another number to stop


@pytest.mark.parametrize("code", [20404, 21606, 21609, 21611])
def test_an_account_at_fault_makes_messages_wait(lead, twilio, code):
    twilio.mode, twilio.error_code = "refuse", code
    touch = send(lead)
    assert (touch.state, touch.reason_code, twilio.taken) == ("queued", "deferred", [])


@pytest.mark.parametrize("mode", ["hang", "fault", "reset", "garbage", "wrong", "redirect"])
def test_an_answer_that_proves_nothing_leaves_it_unknown(lead, twilio, mode, settings):
    settings.SEND_TIMEOUT_SECONDS = 0.5
    twilio.mode = mode
    touch = send(lead)
    assert touch.state == "unknown"
    assert len(twilio.taken) == (0 if mode == "redirect" else 1)


def test_a_person_who_was_forgotten_leaves_no_text(lead, twilio):
    erase(str(lead.pk), lead.client)
    lead.refresh_from_db()
    touch = send(lead)
    assert (touch.state, touch.body, touch.content_snapshot, twilio.taken) == ("cancelled", "", None, [])


class TestGuard:
    @pytest.fixture
    def touch(self, make_client, settings):
        settings.DEFAULT_PROVIDERS = {"sms": "console"}
        client = client_of(make_client)
        return planned(reachable(client), mailbox(client, channel="sms", address=OURS), channel="sms")

    def test_hours(self, touch):
        night = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)  # 21:00 in Sydney
        assert said(touch) == ("Go",)
        assert said(touch, night)[:2] == ("Hold", "quiet_hours")
        assert guard.examine(touch, night).until == datetime(2026, 3, 3, 21, 0, tzinfo=UTC)  # 08:00 there

    @pytest.mark.parametrize("phone", ["0255501234", "+61 2 5550 1234", "+0255501234"])
    def test_a_number_in_another_form_cannot_be_compared_with_those_that_opted_out(self, touch, phone):
        lead = touch.lead
        lead.phone = phone
        lead.save()
        reason = "the lead cannot be reached by sms: no phone number in its international form"
        assert said(touch) == ("Cancel", "no_address", reason)

    def test_a_stop_must_be_heard(self, touch, settings):
        settings.PUBLIC_URL = "http://localhost:8000"
        settings.DEFAULT_PROVIDERS = {"sms": "twilio"}
        assert said(touch)[1:3] == (
            "no_callback_url",
            "a STOP is heard by an https address alone, and PUBLIC_URL is not set to one",
        )

    def test_without_a_provider(self, touch, settings):
        settings.DEFAULT_PROVIDERS = {"sms": "none", "email": "console"}
        assert said(touch)[1:3] == (
            "no_account",
            f"{OURS} has no account at a provider, and there is no default for sms",
        )

    def test_a_suppressed_number(self, touch):
        Suppression.objects.create(client=touch.client, kind="phone", value=touch.lead.phone)
        assert said(touch, TUESDAY)[:2] == ("Cancel", "suppressed")


@given(st.text(min_size=1, max_size=700))
def test_what_is_composed_is_whole_and_within_the_limit(body):
    """Whatever is written: it is refused, or goes out whole with the words to opt out by."""
    try:
        shortmessage.check_text(body)
    except MessageError:
        return
    text = shortmessage.compose(shortmessage.Note("k", OURS, PERSON, body, is_first=True)).text
    assert text.startswith(shortmessage.lines_of(body).strip())
    assert "STOP" in text
    assert 1 <= segment_count(text) <= shortmessage.SEGMENTS


@given(st.text(alphabet=st.sampled_from("aé€[]ß✓😀\n"), max_size=900))
def test_segments_by_their_definition(text):
    """Against a count that puts one character after the other into parts."""
    gsm = not set(text) & set("✓😀")
    sizes = [2 if letter in ("€[]" if gsm else "😀") else 1 for letter in text]
    single, part = (160, 153) if gsm else (70, 67)
    parts, room = 1, part
    for size in sizes:
        if size > room:
            parts, room = parts + 1, part
        room -= size
    assert segment_count(text) == (0 if not text else 1 if sum(sizes) <= single else parts)
