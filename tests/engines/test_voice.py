"""Calls: recorded by the person who made them, or placed through Twilio on loopback."""
# ruff: noqa: F811 (fixtures are imported)

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction

from conversion.erasure import erase
from conversion.models import Activity, Lead, Sequence, Suppression
from engines.facts import CALL_ASKED
from engines.message import MessageError
from engines.outbox.clock import database_now
from engines.outbox.sending import send_now
from engines.voice import VoiceEngine
from tests.engines.guarded import DAY, TUESDAY, client_of, planned, reachable, said
from tests.engines.phones import (  # noqa: F401 (fixtures)
    OPERATOR,
    OURS,
    PERSON,
    daytime,
    number,
    person,
    twilio,
    voice_account,
)
from tests.factories import touch as make_touch

SCRIPT = "Hi Jo, are you open to a quick chat about growth?"


@pytest.fixture
def jo(make_client):
    """A lead whose client has nobody to call it through."""
    return person(make_client("Acme"))


@pytest.fixture
def lead(make_client, voice_account, daytime):
    client = make_client("Beta")
    number(client, voice_account)
    return person(client)


def complete(lead, **fields):
    return VoiceEngine().complete_call(lead, lead.client, **fields)


def place(lead, **fields):
    return VoiceEngine().place_call(lead, lead.client, **fields)


def in_sequence(lead, touch_number=3, **fields):
    sequence = Sequence.objects.create(client=lead.client, lead=lead, channels=["email", "email", "voice"])
    fields = {"state": "planned", "scheduled_at": database_now(), "plan": "email email voice", **fields}
    return make_touch(lead, channel="voice", sequence=sequence, touch_number=touch_number, **fields)


def report(touch, lead, **fields):
    return complete(lead, sequence_id=touch.sequence_id, touch_number=touch.touch_number, **fields)


class TestComplete:
    def test_a_call_is_recorded_with_its_snapshot(self, jo):
        before = database_now()
        touch = complete(
            jo, script_id="s-1", script_content=SCRIPT, outcome="voicemail", duration_seconds=90, notes="Call again."
        )
        snapshot = touch.content_snapshot
        assert {name: snapshot[name] for name in ("script_id", "script_content", "outcome", "notes")} == {
            "script_id": "s-1",
            "script_content": SCRIPT,
            "outcome": "voicemail",
            "notes": "Call again.",
        }
        assert (snapshot["duration_seconds"], snapshot["duration_minutes"], snapshot["channel"]) == (90, 1.5, "voice")
        assert (snapshot["cta_used"], snapshot["has_first_name"], "body" in snapshot) == (
            "open to a quick chat",
            True,
            False,
        )
        assert snapshot["completed_at"] == touch.sent_at.isoformat()
        assert (touch.state, touch.action, touch.outcome, touch.duration_seconds) == (
            "sent",
            "voice_completed",
            "voicemail",
            90,
        )
        assert before <= touch.sent_at <= database_now()
        assert (jo.touch_count, jo.status, jo.last_contacted_at) == (1, "contacted", touch.sent_at)

    def test_it_completes_the_touch_that_waits_for_it(self, jo):
        planned = in_sequence(jo, state="held", reason_code="call_due", reason="a call is due", body=SCRIPT)
        later = in_sequence(jo, touch_number=4)
        touch = report(planned, jo, duration_seconds=5)
        assert (touch.pk, touch.state, touch.reason_code, touch.due_at) == (planned.pk, "sent", "", None)
        assert touch.content_snapshot["script_content"] == SCRIPT
        assert (Activity.objects.for_client(jo.client).count(), jo.touch_count) == (2, 1)
        later.refresh_from_db()
        assert later.state == "planned"

    def test_a_report_comes_once(self, jo):
        planned = in_sequence(jo)
        report(planned, jo)
        with pytest.raises(ValueError, match="call 3 of the sequence was completed before"):
            report(planned, jo, outcome="meeting_booked")
        jo.refresh_from_db()
        assert (jo.touch_count, jo.status) == (1, "contacted")

    def test_a_call_after_the_touch_was_given_up_is_one_of_its_own(self, jo):
        planned = in_sequence(jo, state="cancelled", reason_code="call_missed")
        touch = report(planned, jo)
        assert touch.pk != planned.pk
        assert (touch.sequence_id, touch.touch_number, touch.state) == (planned.sequence_id, 3, "sent")

    def test_a_booked_meeting_converts_and_ends_the_rest(self, jo):
        first, call, last = in_sequence(jo, 1), in_sequence(jo, 2), in_sequence(jo, 3)
        make_touch(jo, days=-1)
        touch = report(call, jo, outcome="meeting_booked", duration_seconds=300)
        jo.refresh_from_db()
        assert (jo.status, jo.converted_at, touch.led_to_booking) == ("converted", touch.sent_at, True)
        for other in (first, last):
            other.refresh_from_db()
            assert (other.state, other.reason_code) == ("cancelled", "booked")

    def test_a_wrong_number_is_called_by_nobody_of_the_client(self, jo, make_client):
        twin = person(make_client("Beta"))
        complete(jo, outcome="wrong_number")
        assert Suppression.objects.values_list("client", "kind", "value", "reason").get() == (
            jo.client_id,
            "phone",
            PERSON,
            "a wrong number",
        )
        assert complete(twin).state == "sent"

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"outcome": "hung_up"}, "outcome: 'hung_up' is none of connected, voicemail"),
            ({"duration_seconds": -1}, "duration_seconds: a number from 0 to 86400"),
            ({"duration_seconds": 1.5}, "duration_seconds: a whole number"),
            ({"duration_seconds": 10**9}, "duration_seconds: a number from 0 to 86400"),
            ({"touch_number": 0}, "touch_number: counted from 1"),
            ({"sequence_id": "x"}, "sequence_id: 'x' is no id"),
            ({"script_id": "x" * 256}, "script_id: is longer than 255 characters"),
            ({"notes": "a\0"}, "notes: holds control characters"),
            ({"script_content": "a" * 50_001}, "script_content: is longer than 50,000 characters"),
        ],
    )
    def test_what_cannot_be_kept_changes_nothing(self, jo, fields, reason):
        with pytest.raises(ValueError, match=reason):
            complete(jo, **fields)
        assert Activity.objects.for_client(jo.client).count() == 0

    def test_nothing_is_recorded_of_another_clients_lead_or_of_who_was_forgotten(self, jo, make_client):
        twin = person(make_client("Beta"))
        with pytest.raises(ValueError, match="is no lead of Beta"):
            VoiceEngine().complete_call(jo, twin.client)
        with pytest.raises(ValueError, match="has no sequence"):
            complete(jo, sequence_id=in_sequence(twin).sequence_id)
        erase(str(jo.pk), jo.client)
        with pytest.raises(ValueError, match="was deleted or erased"):
            complete(jo, notes="Jo said")
        assert Activity.objects.for_client(jo.client).count() == 0

    def test_it_may_be_part_of_a_bigger_change(self, jo):
        with transaction.atomic():
            assert complete(jo).state == "sent"


class TestDue:
    @pytest.fixture
    def touch(self, make_client):
        lead = reachable(client_of(make_client))
        return planned(lead, None, channel="voice", metadata={}, scheduled_at=TUESDAY)

    def test_it_waits_for_a_person(self, touch):
        reason = "a call is due: somebody makes it, or has it placed, until Saturday 7 March 10:00 (Sydney)"
        assert said(touch) == ("Hold", "call_due", reason, TUESDAY + 4 * DAY)

    def test_but_not_at_night(self, touch):
        assert said(touch, TUESDAY - timedelta(hours=3))[:2] == ("Hold", "quiet_hours")

    def test_after_an_outage_it_is_shown_for_a_day_before_it_is_given_up(self, touch):
        late = TUESDAY + 7 * DAY
        assert said(touch, late)[:2] == ("Hold", "call_due")
        assert said(touch, late)[3] == late + DAY
        touch.reason_code = "call_due"
        touch.save()
        assert said(touch, late) == ("Cancel", "call_missed", "nobody called within 4 days")
        assert said(touch, TUESDAY + DAY)[:2] == ("Hold", "call_due")

    def test_the_wish_to_be_connected_runs_out(self, touch):
        touch.metadata = {CALL_ASKED: TUESDAY.isoformat()}
        touch.save()
        assert said(touch)[:2] == ("Hold", "no_sender")  # past the question who calls
        assert said(touch, TUESDAY + timedelta(minutes=11))[:2] == ("Hold", "call_due")

    def test_the_outbox_places_no_call_by_itself(self, lead, twilio):
        touch = send_now(in_sequence(lead, state="queued", due_at=database_now()))
        assert (touch.state, touch.reason_code, twilio.requests) == ("held", "call_due", [])


class TestPlace:
    def test_the_operator_is_rung_and_connected_with_the_lead(self, lead, twilio):
        touch = place(lead, script_id="s-1", script_content=SCRIPT)
        (call,) = twilio.taken
        assert (touch.state, touch.provider_message_id, touch.outcome) == ("sent", call["sid"], "")
        assert (call["to"], call["from"], call["key"]) == (OPERATOR, OURS, touch.idempotency_key)
        assert PERSON not in str(call)
        assert touch.content_snapshot["script_content"] == SCRIPT
        assert twilio.pick_up(call["sid"], press=False) == ""
        assert twilio.pick_up(call["sid"]) == PERSON
        assert twilio.end_leg(call["sid"], "completed", 75) == 204
        assert twilio.end_call(call["sid"], "completed") == 204
        touch.refresh_from_db()
        assert (touch.outcome, touch.duration_seconds, touch.state) == ("connected", 75, "sent")

    def test_a_persons_word_counts_more_than_the_providers(self, lead, twilio):
        waiting = in_sequence(lead, state="held", reason_code="call_due", body=SCRIPT)
        touch = place(lead, sequence_id=waiting.sequence_id, touch_number=3)
        assert (touch.pk, touch.state, touch.body) == (waiting.pk, "sent", SCRIPT)
        sid = touch.provider_message_id
        twilio.pick_up(sid)
        twilio.end_leg(sid, "completed", 60)
        done = report(touch, lead, outcome="meeting_booked", duration_seconds=55, notes="Tuesday at 10")
        lead.refresh_from_db()
        assert (done.pk, done.outcome, done.duration_seconds, done.sent_at) == (
            touch.pk,
            "meeting_booked",
            55,
            touch.sent_at,
        )
        assert (done.content_snapshot["outcome"], done.content_snapshot["notes"]) == ("meeting_booked", "Tuesday at 10")
        assert (lead.status, lead.touch_count, done.led_to_booking) == ("converted", 1, True)
        assert twilio.end_leg(sid, "no-answer") == 204
        done.refresh_from_db()
        assert (done.outcome, done.provider_message_id) == ("meeting_booked", sid)

    def test_a_person_may_speak_before_the_provider(self, lead, twilio):
        touch = place(lead)
        twilio.pick_up(touch.provider_message_id)
        assert complete(lead, outcome="voicemail", duration_seconds=20).pk == touch.pk
        twilio.end_leg(touch.provider_message_id, "completed", 25)
        touch.refresh_from_db()
        assert (touch.outcome, touch.duration_seconds) == ("voicemail", 20)
        assert complete(lead).pk != touch.pk  # another call

    @pytest.mark.parametrize("said", [0, 70])
    def test_the_provider_knows_how_long_it_took(self, lead, twilio, said):
        before = place(lead)
        twilio.pick_up(before.provider_message_id)
        twilio.end_leg(before.provider_message_id, "completed", 75)
        assert complete(lead, outcome="connected", duration_seconds=said).duration_seconds == (said or 75)
        after = place(lead)
        complete(lead, outcome="connected", duration_seconds=said)
        twilio.pick_up(after.provider_message_id)
        twilio.end_leg(after.provider_message_id, "completed", 75)
        after.refresh_from_db()
        assert (after.duration_seconds, after.content_snapshot["duration_seconds"]) == (said or 75, said or 75)

    @pytest.mark.parametrize(
        ("change", "rung"),
        [({"is_unsubscribed": True}, ""), ({"do_not_contact": True}, ""), ({"first_name": "Al"}, PERSON)],
    )
    def test_who_opted_out_while_the_operator_was_rung_is_not(self, lead, twilio, change, rung):
        touch = place(lead)
        Lead.objects.for_client(lead.client).filter(pk=lead.pk).update(**change)
        assert twilio.pick_up(touch.provider_message_id) == rung

    def test_a_key_pressed_long_after_rings_nobody(self, lead, twilio):
        touch = place(lead)
        Activity.objects.for_client(lead.client).update(dispatched_at=database_now() - timedelta(minutes=11))
        assert twilio.pick_up(touch.provider_message_id) == ""

    def test_an_operator_who_is_not_there(self, lead, twilio):
        touch = place(lead)
        assert twilio.end_call(touch.provider_message_id, "no-answer") == 204
        touch.refresh_from_db()
        assert (touch.state, touch.outcome) == ("sent", "")
        assert touch.reason == "The provider could not deliver it: the operator was not reached (no-answer)"

    @pytest.mark.parametrize("mode", ["hang", "fault", "reset", "garbage"])
    def test_an_order_without_an_answer_is_settled_by_the_report(self, lead, twilio, mode, settings):
        settings.SEND_TIMEOUT_SECONDS = 0.5
        twilio.mode = mode
        touch = place(lead)
        assert (touch.state, len(twilio.taken)) == ("unknown", 1)
        assert twilio.pick_up(twilio.taken[0]["sid"]) == PERSON
        assert twilio.end_call(twilio.taken[0]["sid"], "completed") == 204
        touch.refresh_from_db()
        assert (touch.state, touch.provider_message_id) == ("sent", twilio.taken[0]["sid"])

    def test_a_call_that_cannot_be_placed_now_becomes_one_that_is_due(self, lead, twilio, settings):
        settings.PUBLIC_URL = "http://localhost"
        touch = place(lead)
        assert (touch.state, touch.reason_code, twilio.requests) == ("held", "no_callback_url", [])
        assert touch.reason == "a call is reported on by an https address alone, and PUBLIC_URL is not set to one"

    @pytest.mark.postgresql
    def test_eight_clicks_at_once_ring_once(self, lead, twilio):
        waiting = in_sequence(lead, state="held", reason_code="call_due")

        def click(_):
            try:
                return place(lead, sequence_id=waiting.sequence_id, touch_number=3).pk
            finally:
                connections.close_all()

        with ThreadPoolExecutor(8) as pool:
            touches = set(pool.map(click, range(8)))
        assert touches == {waiting.pk}
        assert len(twilio.taken) == 1

    def test_a_touch_that_is_with_the_provider_is_given_back_as_it_is(self, lead, twilio, settings):
        settings.SEND_TIMEOUT_SECONDS = 0.5
        waiting = in_sequence(lead, state="held", reason_code="call_due")
        twilio.mode = "hang"
        assert place(lead, sequence_id=waiting.sequence_id, touch_number=3).state == "unknown"
        twilio.mode = "accept"
        again = place(lead, sequence_id=waiting.sequence_id, touch_number=3)
        assert (again.pk, again.state, len(twilio.taken)) == (waiting.pk, "unknown", 1)
        assert report(waiting, lead).state == "sent"  # the person who was connected knows

    def test_not_in_a_transaction_nor_for_another_client(self, lead, jo, twilio):
        with transaction.atomic(), pytest.raises(RuntimeError, match="open transaction"):
            place(lead)
        with pytest.raises(ValueError, match="is no lead of Acme"):
            VoiceEngine().place_call(lead, jo.client)
        with pytest.raises(MessageError, match="script_content: holds control"):
            place(lead, script_content="a\0")
        assert twilio.requests == []

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("daytime")
    def test_by_the_console_nobody_is_rung(self, jo, settings):
        settings.DEFAULT_PROVIDERS = {"voice": "console"}
        jo.client.sending_phone = OURS
        jo.client.save()
        touch = place(jo)
        assert (touch.state, touch.provider, touch.sender.address) == ("sent", "console", OURS)
