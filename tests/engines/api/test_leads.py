"""Scores and plans on demand: what a preview says is what is stored, and a preview stores nothing."""

from uuid import uuid4

import pytest
from django.utils.timezone import now

from conversion.models import Activity, AuditEntry, Lead, Sequence
from engines.scorer import ScorerEngine
from tests.callers import Caller

pytestmark = pytest.mark.django_db
SCORE = {
    *("lead_id", "score", "tier", "probability", "outcome", "components", "weights", "weights_source", "reasons"),
    "scored_at",
}


def test_a_score_is_kept_with_its_reasons(jo, operator):
    answer = operator.post(f"leads/{jo.pk}/score")
    found = answer.json()
    assert (answer.status_code, set(found)) == (200, SCORE)
    jo.refresh_from_db()
    assert (jo.als_score, jo.als_tier, jo.als_components["authority"]) == (found["score"], found["tier"], 25)
    assert any("founder" in line for line in found["reasons"])


def test_a_preview_of_a_score_is_the_score(jo, viewer):
    found = viewer.post(f"leads/{jo.pk}/score", {"preview": True}).json()
    jo.refresh_from_db()
    assert (jo.als_score, jo.scored_at) == (None, None)
    score = ScorerEngine().score_lead(jo, jo.client)
    assert (found["score"], found["reasons"]) == (score.score, list(score.reasons))


def test_a_plan_is_stored_as_its_preview_said(jo, operator, viewer, time_machine):
    time_machine.move_to(now(), tick=False)
    preview = viewer.post(f"leads/{jo.pk}/plan", {"preview": True})
    assert (preview.status_code, Sequence.objects.for_client(jo.client).count()) == (200, 0)
    stored = operator.post(f"leads/{jo.pk}/plan")
    assert (stored.status_code, stored.json()) == (201, preview.json())
    touches = Activity.objects.for_client(jo.client).order_by("touch_number")
    assert [row.channel for row in touches] == [one["channel"] for one in stored.json()["sequence"]]
    assert {row.state for row in touches} == {"planned"}
    assert AuditEntry.objects.get().action == "plan"


def test_the_keys_of_a_plan(jo, viewer):
    plan = viewer.post(f"leads/{jo.pk}/plan", {"preview": True, "sequence": ["email", "voice"]}).json()
    assert set(plan) == {"lead_id", "sequence", "scheduled_touches", "patterns_used", "arm"}
    assert (plan["arm"], plan["patterns_used"]) == ("manual", dict.fromkeys(("who", "what", "when", "how"), False))
    first = plan["scheduled_touches"][0]
    assert set(first) == {"touch_number", "channel", "scheduled_at", "day_of_week", "hour", "reason"}
    assert first["scheduled_at"][-6:] in {"+11:00", "+10:00"}


def test_who_is_on_a_plan_gets_no_second_one(jo, operator):
    assert operator.post(f"leads/{jo.pk}/plan", {"touch_count": 3}).status_code == 201
    again = operator.post(f"leads/{jo.pk}/plan")
    assert (again.status_code, Activity.objects.for_client(jo.client).count()) == (409, 3)
    assert "on a plan already" in again.json()["detail"]


def test_who_may_not_be_contacted_gets_none(jo, viewer):
    Lead.objects.for_client(jo.client).update(do_not_contact=True)
    answer = viewer.post(f"leads/{jo.pk}/plan", {"preview": True})
    assert (answer.status_code, "not to be contacted" in answer.json()["detail"]) == (409, True)


@pytest.mark.parametrize("what", ["score", "plan"])
def test_who_may(jo, theirs, viewer, operator, what):
    assert viewer.post(f"leads/{jo.pk}/{what}").status_code == 403
    assert Caller().post(f"leads/{jo.pk}/{what}").status_code == 401
    for key in (theirs.pk, uuid4()):
        assert operator.post(f"leads/{key}/{what}").status_code == 404
        assert operator.post(f"leads/{key}/{what}", {"preview": True}).status_code == 404
    for row in (jo, theirs):
        row.refresh_from_db()
        assert row.scored_at is None
        assert not Sequence.objects.for_client(row.client).exists()


@pytest.mark.parametrize("field", ["deleted_at", "erased_at"])
def test_who_is_gone_is_not_there(jo, operator, field):
    Lead.objects.for_client(jo.client).update(**{field: now()})
    assert operator.post(f"leads/{jo.pk}/score").status_code == 404


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("score", {"preview": "yes"}, "preview"),
        ("score", {"prewiew": True}, "prewiew"),
        ("plan", {"touch_count": 0}, "touch_count"),
        ("plan", {"touch_count": 21}, "touch_count"),
        ("plan", {"touch_count": "3"}, "touch_count"),
        ("plan", {"touch_count": 2.5}, "touch_count"),
        ("plan", {"sequence": []}, "sequence"),
        ("plan", {"sequence": ["pigeon"]}, "sequence.0"),
        ("plan", {"sequence": "email"}, "sequence"),
        ("plan", {"sequence": ["email"], "touch_count": 2}, "touch_count"),
    ],
)
def test_bodies_that_make_no_sense(jo, operator, what, body, field):
    answer = operator.post(f"leads/{jo.pk}/{what}", body)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, [field])


def test_planned_twice_under_one_key_it_is_one_plan(jo, operator):
    answers = [operator.post(f"leads/{jo.pk}/plan", headers={"Idempotency-Key": "k1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Sequence.objects.for_client(jo.client).count() == 1
