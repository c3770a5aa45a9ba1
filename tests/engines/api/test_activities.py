"""What people and agents say of one touch."""

from uuid import uuid4

import pytest

from conversion.models import Activity, AuditEntry, Event, Suppression
from tests.callers import Caller
from tests.engines.guarded import TUESDAY, planned
from tests.factories import touch

pytestmark = pytest.mark.django_db
BODY = "Hi Jo, worth a conversation?"


def call(lead, **fields):
    return touch(lead, channel="voice", **{"state": "held", "scheduled_at": TUESDAY, "touch_number": 4, **fields})


def unknown(lead):
    return planned(lead, None, state="unknown", dispatched_at=TUESDAY, idempotency_key=uuid4().hex)


def held(lead):
    return planned(lead, None, state="held", reason_code="needs_content", subject="", body="", scheduled_at=TUESDAY)


class TestComplete:
    def test_a_meeting_converts_the_lead_and_the_touch_is_its_own(self, jo, operator):
        row, other = call(jo), touch(jo, state="planned", scheduled_at=TUESDAY)
        body = {"outcome": "meeting_booked", "duration_seconds": 240, "notes": "On Friday.", "script_id": "s-1"}
        answer = operator.post(f"activities/{row.pk}/complete", body)
        found = answer.json()
        assert (answer.status_code, found["id"], found["state"]) == (200, str(row.pk), "sent")
        assert (found["outcome"], found["duration_seconds"], found["led_to_booking"]) == ("meeting_booked", 240, True)
        assert found["content_snapshot"]["notes"] == "On Friday."
        jo.refresh_from_db()
        other.refresh_from_db()
        assert (jo.status, other.state) == ("converted", "cancelled")
        assert Activity.objects.for_client(jo.client).count() == 2
        assert AuditEntry.objects.get().object_id == str(row.pk)

    def test_a_wrong_number_is_not_called_again(self, jo, operator):
        operator.post(f"activities/{call(jo).pk}/complete", {"outcome": "wrong_number"})
        assert Suppression.objects.filter(client=jo.client, kind="phone").count() == 1

    @pytest.mark.parametrize("state", ["sent", "cancelled", "failed"])
    def test_one_that_is_over(self, jo, operator, state):
        row = call(jo, state=state)
        answer = operator.post(f"activities/{row.pk}/complete", {"outcome": "connected"})
        assert (answer.status_code, answer.json()["detail"]) == (409, f"The call is {state} already.")

    def test_what_is_no_call(self, jo, operator):
        answer = operator.post(f"activities/{held(jo).pk}/complete", {"outcome": "connected"})
        assert (answer.status_code, answer.json()["detail"]) == (409, "The touch is no call.")

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "outcome"),
            ({"outcome": "fine"}, "outcome"),
            ({"outcome": "connected", "duration_seconds": -1}, "duration_seconds"),
            ({"outcome": "connected", "duration_seconds": 2**31}, "duration_seconds"),
            ({"outcome": "connected", "duration_seconds": True}, "duration_seconds"),
            ({"outcome": "connected", "notes": "\u0007"}, "notes"),
            ({"outcome": "connected", "notes": "x" * 50_001}, "notes"),
            ({"outcome": "connected", "script_id": 7}, "script_id"),
        ],
    )
    def test_what_cannot_be_kept(self, jo, operator, body, field):
        row = call(jo)
        answer = operator.post(f"activities/{row.pk}/complete", body)
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, [field])
        row.refresh_from_db()
        assert row.state == "held"


class TestContent:
    def test_a_touch_that_waits_for_its_text_moves_on(self, jo, operator):
        row = held(jo)
        answer = operator.post(f"activities/{row.pk}/content", {"subject": "Quick question", "body": BODY})
        assert (answer.status_code, answer.json()["state"], answer.json()["body"]) == (200, "queued", BODY)

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"body": BODY}, "subject"),
            ({"subject": "Hi", "body": " "}, "body"),
            ({"subject": "Hi"}, "body"),
            ({"subject": "Hi {{ name }}", "body": BODY}, "subject"),
            ({"subject": "Hi\r\nBcc: all", "body": BODY}, "subject"),
            ({"subject": "Hi", "body": BODY, "html": "x"}, "html"),
        ],
    )
    def test_a_text_that_cannot_go_out(self, jo, operator, body, field):
        row = held(jo)
        answer = operator.post(f"activities/{row.pk}/content", body)
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, [field])
        row.refresh_from_db()
        assert (row.state, row.body) == ("held", "")

    def test_one_that_takes_no_text_any_more(self, jo, operator):
        row = touch(jo, body="as sent")
        assert operator.post(f"activities/{row.pk}/content", {"subject": "Hi", "body": BODY}).status_code == 409
        row.refresh_from_db()
        assert row.body == "as sent"


class TestSettle:
    @pytest.mark.parametrize(("sent", "state"), [(True, "sent"), (False, "failed")])
    def test_a_person_says_what_became_of_it(self, jo, operator, sent, state):
        row = unknown(jo)
        answer = operator.post(f"activities/{row.pk}/settle", {"sent": sent, "message_id": "m-1"})
        assert (answer.status_code, answer.json()["state"]) == (200, state)
        again = operator.post(f"activities/{row.pk}/settle", {"sent": not sent})
        assert (again.status_code, f"The touch is {state}" in again.json()["detail"]) == (409, True)

    def test_yes_is_no_truth(self, jo, operator):
        for body in ({"sent": "yes"}, {"sent": 1}, {}):
            assert operator.post(f"activities/{unknown(jo).pk}/settle", body).status_code == 400


@pytest.mark.parametrize(
    ("what", "make", "body"),
    [
        ("complete", call, {"outcome": "meeting_booked"}),
        ("content", held, {"subject": "Hi", "body": BODY}),
        ("settle", unknown, {"sent": True}),
    ],
)
def test_who_may(jo, theirs, operator, viewer, what, make, body):
    mine, foreign = make(jo), make(theirs)
    assert viewer.post(f"activities/{mine.pk}/{what}", body).status_code == 403
    assert Caller().post(f"activities/{mine.pk}/{what}", body).status_code == 401
    for key in (foreign.pk, uuid4()):
        assert operator.post(f"activities/{key}/{what}", body).status_code == 404
    for row in (mine, foreign):
        before = row.state
        row.refresh_from_db()
        assert row.state == before
    assert not Event.objects.for_client(theirs.client).exists()
