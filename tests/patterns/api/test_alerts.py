"""Alerts, as programs read them, and say that somebody saw one."""

from uuid import uuid4

import pytest

from patterns.models import HealthAlert
from tests.callers import caller
from tests.factories import MONDAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def twin(make_client):
    return make_client("Twin")


def alert(client, code="expired", severity="high", **fields):
    told = {"pattern_type": "who", "message": "The who pattern expired."}
    return HealthAlert.objects.create(client=client, code=code, severity=severity, **{**told, **fields})


def test_a_caller_s_own_are_listed_newest_first(customer, twin):
    rows = [alert(customer), alert(customer, "drift", "medium")]
    alert(twin)
    found = caller(customer, role="viewer").get("alerts").json()
    assert [row["id"] for row in found["results"]] == [str(row.pk) for row in reversed(rows)]
    assert found["results"][1] == {
        "id": str(rows[0].pk),
        "client": str(customer.pk),
        "code": "expired",
        "pattern_type": "who",
        "subject": "",
        "severity": "high",
        "message": "The who pattern expired.",
        "opened_at": found["results"][1]["opened_at"],
        "seen_at": None,
        "resolved_at": None,
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("severity=medium", {"drift"}),
        ("code=expired", {"expired"}),
        ("open=true", {"expired", "drift"}),
        ("open=false", {"low_sample"}),
        ("seen=true", {"low_sample"}),
        ("seen=false", {"expired", "drift"}),
        ("client=acme", {"expired", "drift", "low_sample"}),
        ("pattern_type=who", {"expired", "drift", "low_sample"}),
        ("pattern_type=what", set()),
    ],
)
def test_filters(customer, twin, query, expected):
    alert(customer)
    alert(customer, "drift", "medium")
    alert(customer, "low_sample", "high", seen_at=MONDAY, resolved_at=MONDAY)
    found = caller(customer, twin).get(f"alerts?{query}").json()["results"]
    assert {row["code"] for row in found} == expected


@pytest.mark.parametrize(
    ("query", "status"),
    [("open=perhaps", 400), ("severity=worse", 400), ("code=x", 400), ("nonsense=1", 400), ("client=twin", 404)],
)
def test_what_no_list_knows(customer, twin, query, status):
    assert caller(customer).get(f"alerts?{query}").status_code == status


def test_seen_once(customer):
    row = alert(customer)
    mine = caller(customer, role="operator")
    first = mine.post(f"alerts/{row.pk}/seen")
    assert (first.status_code, first.json()["seen_at"] is None) == (200, False)
    assert mine.post(f"alerts/{row.pk}/seen").json() == first.json() == mine.get(f"alerts/{row.pk}").json()


def test_who_may_not(customer, twin):
    mine, theirs = alert(customer), alert(twin)
    assert caller(customer, role="viewer").post(f"alerts/{mine.pk}/seen").status_code == 403
    for key in (theirs.pk, uuid4()):
        assert caller(customer).post(f"alerts/{key}/seen").status_code == 404
        assert caller(customer).get(f"alerts/{key}").status_code == 404
    assert HealthAlert.objects.filter(client__in=[customer, twin], seen_at=None).count() == 2


def test_as_csv(customer):
    alert(customer, message="=1+1")
    rows = caller(customer).get("alerts?format=csv").getvalue().decode().splitlines()
    assert len(rows) == 2
    assert ",'=1+1," in rows[1]


@pytest.mark.parametrize("count", [1, 3])
def test_one_or_three_in_as_many_queries(customer, django_assert_num_queries, count):
    for number in range(count):
        alert(customer, subject=str(number))
    mine = caller(customer)
    with django_assert_num_queries(3):
        assert len(mine.get("alerts").json()["results"]) == count
