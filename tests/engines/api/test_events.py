"""Events that are told, and replies of nobody that is known."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils.timezone import now

from conversion.models import Activity, Event, InboundMessage, Lead, ProviderAccount, Suppression
from tests.callers import Caller, caller, person
from tests.engines.guarded import planned
from tests.factories import touch

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(jo):
    """One touch that was sent, and two to come."""
    rows = [touch(jo, sent_at=now() - timedelta(days=3))]
    return rows + [touch(jo, state="planned", scheduled_at=now() + timedelta(days=n), touch_number=n) for n in (2, 3)]


def states(rows):
    found = dict(Activity.objects.filter(client=rows[0].client).values_list("pk", "state"))
    return [found[row.pk] for row in rows]


def said(lead, kind, **fields):
    return {"lead": str(lead.pk), "kind": kind, **fields}


def test_a_booking_converts_the_lead_and_ends_its_plan(jo, plan, operator):
    answer = operator.post("events", said(jo, "meeting_booked"))
    found = answer.json()
    assert (answer.status_code, found["meaning"]) == (201, "meeting_booked")
    assert [(one["kind"], one["lead"], one["activity"]) for one in found["events"]] == [
        ("meeting_booked", str(jo.pk), str(plan[0].pk))
    ]
    jo.refresh_from_db()
    plan[0].refresh_from_db()
    assert (jo.status, plan[0].led_to_booking, states(plan)) == (
        "converted",
        True,
        ["sent", "cancelled", "cancelled"],
    )


@pytest.mark.parametrize(
    ("text", "meaning", "kinds"),
    [
        ("Sounds great, let's talk on Tuesday.", "positive", ["replied", "positive_reply"]),
        ("Not interested, thanks.", "negative", ["replied"]),
        ("Please unsubscribe me.", "unsubscribed", ["unsubscribed"]),
        ("", "replied", ["replied"]),
    ],
)
def test_a_reply_is_read(jo, plan, operator, text, meaning, kinds):
    found = operator.post("events", said(jo, "replied", text=text, activity=str(plan[0].pk))).json()
    assert (found["meaning"], [one["kind"] for one in found["events"]]) == (meaning, kinds)
    assert states(plan) == ["sent", "cancelled", "cancelled"]
    kept = list(InboundMessage.objects.filter(lead=jo).values_list("text", "state", "client"))
    assert kept == ([(text, "matched", jo.client_id)] if text else [])
    assert Suppression.objects.filter(client=jo.client).exists() == (meaning == "unsubscribed")


def test_told_again_under_its_name_it_is_known(jo, plan, operator):
    body = said(jo, "replied", text="Sounds great", external_id="crm-7")
    first, second = operator.post("events", body), operator.post("events", body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert Event.objects.for_client(jo.client).count() == 2
    assert InboundMessage.objects.filter(lead=jo).count() == 1


def test_the_moment_is_kept(jo, operator):
    answer = operator.post("events", said(jo, "positive_reply", occurred_at="2026-03-02T10:00:00+11:00"))
    assert {one["occurred_at"] for one in answer.json()["events"]} == {"2026-03-01T23:00:00Z"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "sneezed"}, "kind"),
        ({"kind": "opened"}, "activity"),
        ({"kind": "opened", "text": "x"}, "text"),
        ({"kind": "replied", "occurred_at": "2099-01-01T00:00:00Z"}, "occurred_at"),
        ({"kind": "replied", "occurred_at": "0001-01-01T00:00:00Z"}, "occurred_at"),
        ({"kind": "replied", "occurred_at": "9999-12-31T23:59:59-14:00"}, "occurred_at"),
        ({"kind": "replied", "occurred_at": "2026-03-02T10:00:00"}, "occurred_at"),
        ({"kind": "replied", "occurred_at": "soon"}, "occurred_at"),
        ({"kind": "replied", "external_id": "x" * 201}, "external_id"),
        ({"kind": "replied", "lead": "jo"}, "lead"),
        ({"kind": "replied", "text": "a\u0000b"}, "text"),
        ({"kind": "replied", "body": "x"}, "body"),
    ],
)
def test_what_cannot_be(jo, operator, fields, field):
    answer = operator.post("events", {"lead": str(jo.pk), **fields})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not Event.objects.for_client(jo.client).exists()


def test_nothing_comes_back_of_what_was_not_sent(jo, plan, operator):
    answer = operator.post("events", said(jo, "replied", activity=str(plan[1].pk)))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "activity")


def test_who_may(jo, theirs, plan, operator, viewer):
    foreign = touch(theirs, sent_at=now())
    assert viewer.post("events", said(jo, "replied")).status_code == 403
    assert Caller().post("events", said(jo, "replied")).status_code == 401
    for body in (
        said(theirs, "replied"),
        {"lead": str(uuid4()), "kind": "replied"},
        said(jo, "opened", activity=str(foreign.pk)),
    ):
        assert operator.post("events", body).status_code == 404
    for client in (jo.client, theirs.client):
        assert not Event.objects.for_client(client).exists()


def test_events_are_listed(jo, theirs, plan, operator, viewer):
    Event.objects.create(client=theirs.client, lead=theirs, kind="replied", occurred_at=now())
    told = operator.post("events", said(jo, "replied")).json()["events"][0]
    assert viewer.get("events?kind=replied").json()["results"] == [told]
    assert viewer.get(f"events/{told['id']}").json() == told


def message(client=None, **fields):
    values = {"kind": "replied", "channel": "email", "state": "unmatched", "received_at": now()}
    return InboundMessage.objects.create(client=client, **{**values, "text": "Sounds great", **fields})


class TestInbound:
    def test_what_waits_is_listed_and_settled(self, jo, theirs, plan, operator, viewer):
        row = message(jo.client, reading="positive", rule="sounds great")
        message(theirs.client)
        listed = viewer.get("inbound?state=unmatched").json()["results"]
        assert [one["id"] for one in listed] == [str(row.pk)]
        answer = operator.post(f"inbound/{row.pk}/settle", {"lead": str(jo.pk)})
        assert (answer.status_code, answer.json()["state"], answer.json()["lead"]) == (200, "settled", str(jo.pk))
        assert states(plan) == ["sent", "cancelled", "cancelled"]
        assert Event.objects.for_client(jo.client).count() == 2
        assert InboundMessage.objects.get(pk=row.pk).settled_by is not None
        again = operator.post(f"inbound/{row.pk}/dismiss")
        assert (again.status_code, "settled already" in again.json()["detail"]) == (409, True)

    def test_what_is_nobodys(self, acme, operator):
        row = message(acme)
        assert operator.post(f"inbound/{row.pk}/dismiss").json()["state"] == "dismissed"

    def test_one_that_may_be_several_clients_is_for_who_sees_all(self, jo, twin, agency):
        account = ProviderAccount.objects.create(agency=agency, channel="email", kind="console", name="main")
        row = message(None, account=account)
        assert caller(jo.client, twin).get(f"inbound/{row.pk}").status_code == 404
        everywhere = caller(user=person(is_superuser=True))
        assert everywhere.post(f"inbound/{row.pk}/settle", {"lead": str(jo.pk)}).status_code == 200

    def test_an_account_of_one_client_tells_whose_it_is(self, acme, theirs, agency, operator, viewer):
        account = ProviderAccount.objects.create(
            agency=agency, client=acme, channel="email", kind="console", name="own"
        )
        row = message(None, account=account)
        assert caller(theirs.client).get(f"inbound/{row.pk}").status_code == 404
        assert viewer.post(f"inbound/{row.pk}/dismiss").status_code == 403
        assert operator.post(f"inbound/{row.pk}/dismiss").status_code == 200

    def test_who_may(self, jo, theirs, operator, viewer):
        mine, foreign = message(jo.client), message(theirs.client)
        assert viewer.post(f"inbound/{mine.pk}/dismiss").status_code == 403
        assert operator.post(f"inbound/{foreign.pk}/dismiss").status_code == 404
        assert operator.post(f"inbound/{foreign.pk}/settle", {"lead": str(jo.pk)}).status_code == 404
        assert operator.post(f"inbound/{mine.pk}/settle", {"lead": str(theirs.pk)}).status_code == 404
        both = caller(jo.client, theirs.client)
        answer = both.post(f"inbound/{mine.pk}/settle", {"lead": str(theirs.pk)})
        assert (answer.status_code, "did not come to Twin" in answer.json()["detail"]) == (409, True)
        assert set(InboundMessage.objects.values_list("state", flat=True)) == {"unmatched"}
        gone = Lead.objects.create(client=jo.client, deleted_at=now())
        assert operator.post(f"inbound/{mine.pk}/settle", {"lead": str(gone.pk)}).status_code == 404


@pytest.mark.parametrize("path", ["events", "inbound", "templates"])
@pytest.mark.parametrize("count", [1, 3])
def test_one_or_three_in_as_many_queries(jo, viewer, operator, django_assert_num_queries, path, count):
    for number in range(count):
        Event.objects.create(client=jo.client, lead=jo, kind="replied", occurred_at=now())
        message(jo.client, lead=jo, state="matched")
        operator.post("templates", {"client": "acme", "channel": "sms", "variant": str(number), "body": "Hi"})
        planned(jo, None, state="planned")
    with django_assert_num_queries(3):
        assert len(viewer.get(path).json()["results"]) == count
