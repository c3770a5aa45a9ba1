"""Templates, by programs."""

from uuid import uuid4

import pytest

from conversion.models import Activity, AuditEntry, MessageTemplate
from tests.callers import Caller
from tests.engines.guarded import TUESDAY, planned

pytestmark = pytest.mark.django_db
TEXT = {"channel": "email", "subject": "Hi {{ first_name }}", "body": "Worth 15 minutes, {{ first_name }}?"}


def template(client, **fields):
    return MessageTemplate.objects.create(client=client, **{**TEXT, **fields})


def test_made_changed_and_taken_away(acme, operator):
    made = operator.post("templates", {"client": "acme", **TEXT, "touch_number": 2, "variant": "b"})
    found = made.json()
    assert made.status_code == 201
    assert {name: found[name] for name in TEXT} == TEXT
    assert (found["client"], found["touch_number"], found["variant"], found["is_active"]) == (
        str(acme.pk),
        2,
        "b",
        True,
    )
    assert found["template_id"].startswith("email-2b-")
    changed = operator.patch(f"templates/{found['id']}", {"is_active": False, "body": "Other"}).json()
    assert (changed["id"], changed["body"], changed["subject"], changed["is_active"]) == (
        found["id"],
        "Other",
        TEXT["subject"],
        False,
    )
    assert changed["template_id"] != found["template_id"]
    assert operator.delete(f"templates/{found['id']}").status_code == 204
    assert not MessageTemplate.objects.for_client(acme).exists()
    assert [row.action for row in AuditEntry.objects.order_by("id")] == ["create", "change", "delete"]


def test_one_of_the_name_is_there(acme, operator):
    row = template(acme)
    answer = operator.post("templates", {"client": str(acme.pk), "channel": "email", "body": "Other"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "variant")
    row.refresh_from_db()
    assert row.body == TEXT["body"]


def test_touches_that_waited_for_it_move_on(jo, operator):
    row = planned(
        jo, None, state="held", reason_code="needs_content", plan="email", subject="", body="", scheduled_at=TUESDAY
    )
    operator.post("templates", {"client": "acme", **TEXT})
    row.refresh_from_db()
    assert (row.state, row.subject) == ("queued", "Hi Jo")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"channel": "sms"}, "subject"),
        ({"touch_number": 0}, "touch_number"),
        ({"touch_number": 2**31}, "touch_number"),
        ({"variant": "x" * 41}, "variant"),
        ({"body": "{% for x in y %}"}, "body"),
        ({"body": "{{ secret }}"}, "body"),
        ({"body": " "}, "body"),
        ({"subject": "a\r\nb"}, "subject"),
        ({"is_active": "no"}, "is_active"),
        ({"id": "x"}, "id"),
    ],
)
def test_what_cannot_be_stored(acme, operator, fields, field):
    answer = operator.post("templates", {"client": "acme", **TEXT, **fields})
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, [field])
    assert not MessageTemplate.objects.for_client(acme).exists()


def test_who_may(acme, twin, operator, viewer):
    mine, foreign = template(acme), template(twin)
    assert [row["id"] for row in viewer.get("templates").json()["results"]] == [str(mine.pk)]
    assert viewer.post("templates", {"client": "acme", **TEXT, "variant": "b"}).status_code == 403
    assert viewer.patch(f"templates/{mine.pk}", {"body": "x"}).status_code == 403
    assert viewer.delete(f"templates/{mine.pk}").status_code == 403
    assert Caller().get("templates").status_code == 401
    assert operator.post("templates", {"client": "twin", **TEXT, "variant": "b"}).status_code == 404
    for key in (foreign.pk, uuid4()):
        assert operator.get(f"templates/{key}").status_code == 404
        assert operator.patch(f"templates/{key}", {"body": "x"}).status_code == 404
        assert operator.delete(f"templates/{key}").status_code == 404
    assert set(MessageTemplate.objects.filter(client__in=[acme, twin]).values_list("body", flat=True)) == {TEXT["body"]}


def test_filters(acme, viewer):
    template(acme)
    template(acme, touch_number=2, is_active=False)
    for query, numbers in (
        ("is_active=true", [1]),
        ("touch_number=2", [2]),
        ("channel=email", [2, 1]),
        ("channel=sms", []),
    ):
        assert [row["touch_number"] for row in viewer.get(f"templates?{query}").json()["results"]] == numbers
    assert Activity.objects.for_client(acme).count() == 0
