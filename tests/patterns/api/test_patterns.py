"""The patterns of a client, as programs read them."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils.timezone import now

from patterns.models import ConversionPattern, ConversionPatternHistory
from tests.callers import Caller, caller
from tests.patterns.stored import AT, PAYLOADS, finding, keep, keep_all, who

pytestmark = pytest.mark.django_db
FIELDS = {"patterns", "sample_size", "confidence", "computed_at", "valid_until", "is_valid"}


@pytest.fixture
def twin(make_client):
    return make_client("Twin")


def version(client, number, *, kind="who", superseded=None):
    return ConversionPatternHistory.objects.create(
        client=client,
        pattern_type=kind,
        version=number,
        patterns=PAYLOADS[kind](),
        sample_size=500,
        confidence=0.8,
        algorithm="who-1",
        computed_at=AT,
        valid_until=AT + timedelta(days=14),
        superseded_at=superseded,
    )


def test_all_of_a_client_by_id_or_slug(customer, twin):
    keep_all(customer, valid_until=now() + timedelta(days=1))
    keep(twin, "who", who(note="of the twin"))
    for ref in (customer.pk, customer.slug):
        answer = caller(customer, role="viewer").get(f"patterns/{ref}")
        found = answer.json()
        assert (answer.status_code, found["client_id"]) == (200, str(customer.pk))
        assert list(found["patterns"]) == ["who", "what", "when", "how"]
        assert [set(one) for one in found["patterns"].values()] == [FIELDS] * 4
        assert found["patterns"]["who"]["patterns"] == who()
        assert found["patterns"]["who"]["is_valid"] is True


def test_none_yet(customer):
    assert caller(customer).get("patterns/acme").json() == {"client_id": str(customer.pk), "patterns": {}}


def test_one_type(customer):
    keep(customer, "what", valid_until=now() - timedelta(seconds=1))
    found = caller(customer, role="viewer").get("patterns/acme/what").json()
    assert set(found) == {*FIELDS, "client_id", "pattern_type"}
    assert (found["client_id"], found["pattern_type"], found["is_valid"]) == (str(customer.pk), "what", False)
    assert (found["sample_size"], found["confidence"]) == (500, 0.8)


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("patterns/acme/why", 400, {"type"}),
        ("patterns/acme/WHO", 400, {"type"}),
        ("patterns/acme/who", 404, set()),
        ("patterns/twin/who", 404, set()),
        ("patterns/twin", 404, set()),
        ("patterns/nobody", 404, set()),
        ("patterns/acme/why/history", 400, {"type"}),
        ("patterns/twin/who/history", 404, set()),
        ("patterns/acme/who/history?ordering=name", 400, {"ordering"}),
        ("patterns/acme/who/history?cursor=x", 400, {"cursor"}),
        ("patterns/acme?type=who", 400, {"type"}),
        ("patterns/acme/who/", 404, set()),
        ("patterns/acme%00/who", 404, set()),
    ],
)
def test_what_is_not_there(customer, twin, path, status, told):
    keep(twin, "who")
    answer = caller(customer).get(path)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert {error["field"] for error in answer.json().get("errors", [])} == told
    assert "Twin" not in answer.text


def test_nobody_in_particular_is_told_nothing(customer):
    keep(customer, "who")
    for path in ("patterns/acme", "patterns/acme/who", "patterns/acme/who/history", "alerts"):
        assert Caller().get(path).status_code == 401


def test_an_etag_spares_what_is_known(customer):
    keep(customer, "who", valid_until=now() + timedelta(days=1))
    mine = caller(customer)
    first = mine.get("patterns/acme/who")
    again = mine.get("patterns/acme/who", HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    ConversionPattern.objects.for_client(customer).update(confidence=0.9)
    changed = mine.get("patterns/acme/who", HTTP_IF_NONE_MATCH=first["ETag"])
    assert (changed.status_code, changed["ETag"] != first["ETag"]) == (200, True)


def test_few_queries(customer, django_assert_max_num_queries):
    keep_all(customer)
    mine = caller(customer)
    for path in ("patterns/acme", "patterns/acme/who"):
        with django_assert_max_num_queries(5):
            assert mine.get(path).status_code == 200


def test_findings_as_csv_hold_no_formula(customer):
    evil = '=HYPERLINK("http://evil.example")'
    keep(customer, "who", who(title_rankings=[finding(title="Founder"), finding(title=evil)]))
    answer = caller(customer).get("patterns/acme/who?format=csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="acme-who-1.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    titles = [(row["name"], row["lift"], row["status"]) for row in rows if row["place"] == "title_rankings"]
    assert titles == [("title Founder", "1.5", "supported"), (f"title {evil}", "1.5", "supported")]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_history_newest_first_by_pages(customer, twin, django_assert_num_queries):
    mine = caller(customer, role="viewer")
    for number in range(1, 4):
        version(customer, number, superseded=None if number == 3 else AT)
        version(twin, number)
    version(customer, 1, kind="what")
    first = mine.get("patterns/acme/who/history?limit=2").json()
    assert [row["version"] for row in first["results"]] == [3, 2]
    assert [row["superseded_at"] for row in first["results"]] == [None, "2026-03-02T10:00:00Z"]
    second = mine.get(first["next"]).json()
    assert ([row["version"] for row in second["results"]], second["next"]) == ([1], None)
    oldest = mine.get("patterns/acme/who/history?ordering=id").json()
    assert [row["version"] for row in oldest["results"]] == [1, 2, 3]


@pytest.mark.parametrize("count", [1, 3])
def test_history_asks_as_often_of_one_as_of_three(customer, django_assert_num_queries, count):
    for number in range(count):
        version(customer, number + 1)
    mine = caller(customer)
    with django_assert_num_queries(4):
        assert len(mine.get("patterns/acme/who/history").json()["results"]) == count
