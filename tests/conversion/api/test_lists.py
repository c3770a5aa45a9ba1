"""Lists: filters, pages, exports, ETags, and the same number of queries whatever they hold."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conversion.models import Client, Sequence, Suppression
from tests import factories
from tests.callers import caller, person

MANY = 50


@pytest.fixture
def fill():
    """Rows of every kind at a client."""

    def fill(client, count):
        start = Suppression.objects.filter(client=client).count()
        for number in range(start, start + count):
            lead = factories.lead(
                client, email=f"p{number}@{client.slug}.com", email_key=f"p{number}@{client.slug}.com"
            )
            touch = factories.touch(lead, days=number)
            factories.event(lead, "replied", days=number, activity=touch)
            Sequence.objects.create(client=client, lead=lead, channels=["email"])
            Suppression.objects.create(client=client, kind="email", value=f"no{number}@{client.slug}.com")

    return fill


LISTS = ("leads", "activities", "sequences", "suppressions", "events")


def rows(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def count_queries(api, path):
    with CaptureQueriesContext(connection) as queries:
        answer = api.get(path)
    return len(queries), rows(answer)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("scope", ["", "&client=acme"])
def test_a_list_takes_the_same_queries_with_one_row_and_with_fifty(api, customer, fill, name, scope):
    path = f"/api/v1/{name}?limit=200{scope}"
    fill(customer, 1)
    few, found = count_queries(api, path)
    assert len(found) == 1
    fill(customer, MANY - 1)
    many, found = count_queries(api, path)
    assert len(found) == MANY
    assert few == many == (4 if scope else 3)


def test_the_list_of_clients_does_so_too(agency):
    root = caller(user=person(is_superuser=True))
    counts = []
    for more in (1, MANY - 1):
        Client.objects.bulk_create(
            Client(agency=agency, name=f"Acme {more} {number}", slug=f"acme-{more}-{number}") for number in range(more)
        )
        queries, found = count_queries(root, "/api/v1/clients?limit=200")
        counts.append((queries, len(found)))
    assert counts == [(2, 1), (2, MANY)]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_holds_the_callers_clients_alone(api, stranger, customer, other, fill, name):
    fill(customer, 2)
    fill(other, 3)
    assert [row["client"] for row in rows(api.get(f"/api/v1/{name}"))] == [str(customer.pk)] * 2
    assert [row["client"] for row in rows(stranger.get(f"/api/v1/{name}"))] == [str(other.pk)] * 3
    assert len(rows(api.get(f"/api/v1/{name}?client={customer.slug}"))) == 2
    for ref in (other.slug, other.pk):
        assert api.get(f"/api/v1/{name}?client={ref}").status_code == 404


@pytest.mark.parametrize("ordering", ["id", "-id"])
def test_pages_hold_each_row_once(api, customer, fill, ordering):
    fill(customer, 7)
    found, url = [], f"/api/v1/leads?limit=3&ordering={ordering}"
    sizes = []
    while url:
        answer = api.get(url)
        sizes.append(len(rows(answer)))
        found += [row["id"] for row in rows(answer)]
        url = answer.json()["next"]
    assert sizes == [3, 3, 1]
    assert found == sorted(set(found), reverse=ordering == "-id")


def test_rows_that_come_meanwhile_do_not_move_a_page(api, customer, fill):
    fill(customer, 4)
    first = api.get("/api/v1/leads?limit=2")
    factories.lead(customer)
    second = rows(api.get(first.json()["next"]))
    assert len({row["id"] for row in rows(first) + second}) == 4


@pytest.mark.parametrize(
    "query",
    [
        "nonsense=1",
        "client__name=Acme",
        "lead__client=1",
        "password=1",
        "ordering=email",
        "ordering=client__name",
        "ordering=",
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=1e3",
        "limit=" + "9" * 5000,
        "limit=%D9%A1",
        "cursor=nonsense",
        "cursor=" + "0" * 5000,
        "cursor=1",
        "status=sold",
        "status=",
        "status=new&status=dead",
        "do_not_contact=maybe",
        "do_not_contact=2",
        "min_score=NaN",
        "min_score=101",
        "min_score=" + "9" * 5000,
        "created_from=yesterday",
        "created_from=0001-01-01T00:00:00%2B14:00",
        "created_from=9999-12-31T23:59:59-14:00",
        "email=%00",
        "external_id=a%00b",
        "format=xml",
    ],
)
def test_what_a_list_does_not_know_is_refused(api, customer, query):
    answer = api.get(f"/api/v1/leads?{query}")
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


def test_a_row_takes_no_filters(api, customer):
    lead = factories.lead(customer)
    assert api.get(f"/api/v1/leads/{lead.pk}").status_code == 200
    assert api.get(f"/api/v1/leads/{lead.pk}?status=new").status_code == 400


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=contacted", ["b"]),
        ("als_tier=hot", ["a"]),
        ("external_id=b", ["b"]),
        ("email=%20A@EXAMPLE.com%20", ["a"]),
        ("email=nobody", []),
        ("do_not_contact=true", ["b"]),
        ("min_score=60", ["a"]),
        ("created_from=2026-03-02T00:00:00Z", ["b"]),
        ("created_before=2026-03-02", ["a"]),
        ("status=contacted&als_tier=hot", []),
    ],
)
def test_leads_are_narrowed_by(api, customer, query, found):
    day = factories.MONDAY
    factories.lead(
        customer,
        external_id="a",
        email="a@example.com",
        email_key="a@example.com",
        als_tier="hot",
        als_score=90,
        created_at=day.replace(day=1),
    )
    factories.lead(customer, external_id="b", status="contacted", do_not_contact=True, als_score=50, created_at=day)
    assert [row["external_id"] for row in rows(api.get(f"/api/v1/leads?{query}"))] == found


def test_rows_are_narrowed_by_the_rows_they_hang_on(api, customer, other):
    mine, another, theirs = factories.lead(customer), factories.lead(customer), factories.lead(other)
    touch = factories.touch(mine)
    factories.touch(another)
    factories.event(mine, "opened", activity=touch)
    foreign = factories.touch(theirs)
    assert [row["id"] for row in rows(api.get(f"/api/v1/activities?lead={mine.pk}"))] == [str(touch.pk)]
    assert len(rows(api.get(f"/api/v1/events?activity={touch.pk}"))) == 1
    assert api.get(f"/api/v1/activities?lead={theirs.pk}").status_code == 404
    assert api.get(f"/api/v1/events?activity={foreign.pk}").status_code == 404
    assert api.get("/api/v1/activities?lead=nonsense").status_code == 400


def test_deleted_leads_are_not_there(api, customer):
    lead = factories.lead(customer, deleted_at=factories.MONDAY)
    assert rows(api.get("/api/v1/leads")) == []
    assert api.get(f"/api/v1/leads/{lead.pk}").status_code == 404


def test_an_export_holds_everything_and_no_formula(api, customer, other, fill):
    fill(customer, 3)
    fill(other, 1)
    factories.lead(customer, first_name="=cmd|' /C calc'!A0", last_name="-2+3", title="@sum", extra={"note": "x"})
    answer = api.get("/api/v1/leads?format=csv&ordering=id&limit=1")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="leads.csv"'
    table = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [row["client"] for row in table] == [str(customer.pk)] * 4
    last = table[-1]
    assert (last["first_name"], last["last_name"], last["title"]) == ("'=cmd|' /C calc'!A0", "'-2+3", "'@sum")
    assert (last["extra"], last["email_verified"], last["als_score"]) == ('{"note": "x"}', "", "")


def test_an_export_by_its_media_type_and_over_pages(api, customer, fill, monkeypatch):
    monkeypatch.setattr("conversion.api.exports.PAGE", 2)
    fill(customer, 5)
    answer = api.get("/api/v1/activities", HTTP_ACCEPT="text/csv")
    table = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert len({row["id"] for row in table}) == 5


def test_a_problem_is_json_where_csv_was_asked_for(api):
    answer = api.get("/api/v1/leads?format=csv&nonsense=1")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_an_answer_that_did_not_change_is_not_sent_again(api, customer):
    lead = factories.lead(customer, first_name="Ann")
    for path in ("/api/v1/leads", f"/api/v1/leads/{lead.pk}", "/api/v1/clients"):
        tag = api.get(path)["ETag"]
        again = api.get(path, HTTP_IF_NONE_MATCH=tag)
        assert (again.status_code, again.content) == (304, b"")
    tag = api.get(f"/api/v1/leads/{lead.pk}")["ETag"]
    lead.first_name = "Bob"
    lead.save()
    assert api.get(f"/api/v1/leads/{lead.pk}", HTTP_IF_NONE_MATCH=tag).status_code == 200
    assert "private" in api.get("/api/v1/leads")["Cache-Control"]
