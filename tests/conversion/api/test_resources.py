"""Clients, suppressions, and what is shown of the rest."""

import pytest

from conversion.models import AuditEntry, Sequence, Suppression
from conversion.suppressions import forget
from tests import factories
from tests.callers import caller, person

LIST = "/api/v1/suppressions"


def test_clients_are_those_that_the_caller_may_see(api, viewer, customer, other):
    for who, role in ((api, "admin"), (viewer, "viewer")):
        shown = who.get("/api/v1/clients").json()["results"]
        assert [(row["slug"], row["role"]) for row in shown] == [("acme", role)]
    for ref in (customer.slug, customer.pk):
        assert api.get(f"/api/v1/clients/{ref}").json()["name"] == "Acme"
    for ref in (other.slug, other.pk, "nobody", "%00", "a" * 300):
        assert api.get(f"/api/v1/clients/{ref}").status_code == 404


def test_rows_of_another_client_are_not_there(api, other):
    lead = factories.lead(other)
    touch = factories.touch(lead)
    rows = {
        "activities": touch,
        "events": factories.event(lead, "opened"),
        "sequences": Sequence.objects.create(client=other, lead=lead),
        "suppressions": Suppression.objects.create(client=other, kind="email", value="a@b.com"),
    }
    for name, row in rows.items():
        assert api.get(f"/api/v1/{name}/{row.pk}").status_code == 404
    assert api.delete(f"{LIST}/{rows['suppressions'].pk}").status_code == 404
    assert Suppression.objects.count() == 1


def test_what_a_touch_shows(api, customer):
    lead = factories.lead(customer)
    touch = factories.touch(lead, subject="Hi", body="Hello", content_snapshot={"version": 1})
    shown = api.get(f"/api/v1/activities/{touch.pk}").json()
    assert (shown["lead"], shown["client"]) == (str(lead.pk), str(customer.pk))
    assert (shown["subject"], shown["state"], shown["content_snapshot"]) == ("Hi", "sent", {"version": 1})
    assert shown["sent_at"] == "2026-03-02T10:00:00Z"
    assert not {"idempotency_key", "claimed_by", "batch", "source_hash"} & set(shown)


@pytest.mark.parametrize(
    ("value", "kind", "kept"),
    [
        (" Ann@Acme.Example ", "email", "ann@acme.example"),
        ("acme.example", "domain", "acme.example"),
        ("+61 412 345 678", "phone", "+61412345678"),
        ("https://www.linkedin.com/in/Ann/", "linkedin", "ann"),
    ],
)
def test_a_value_is_put_on_the_list_once(operator, customer, value, kind, kept):
    body = {"client": customer.slug, "value": value, "reason": "asked by phone"}
    first, again = operator.post(LIST, body), operator.post(LIST, body)
    assert (first.status_code, again.status_code) == (201, 200), first.content
    assert first.json() == again.json()
    entry = Suppression.objects.get()
    assert (entry.client, entry.kind, kept in entry.value) == (customer, kind, True)
    assert AuditEntry.objects.count() == 1
    assert kept not in str(AuditEntry.objects.values().get()["changes"])
    assert len(operator.get(LIST, {"value": value, "kind": kind}).json()["results"]) == 1


@pytest.mark.parametrize("value", ["", "nobody", "a@localhost", "+1", "x" * 501, "a b.com"])
def test_a_value_that_is_no_address(api, customer, value):
    answer = api.post(LIST, {"client": customer.slug, "value": value})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "value")
    assert not Suppression.objects.exists()


def test_nothing_is_put_on_another_clients_list(api, viewer, customer, other):
    assert api.post(LIST, {"client": other.slug, "value": "a.com"}).status_code == 404
    assert viewer.post(LIST, {"client": customer.slug, "value": "a.com"}).status_code == 403
    assert not Suppression.objects.exists()


def test_only_an_admin_takes_a_value_off_the_list(api, operator, customer):
    entry = Suppression.objects.create(client=customer, kind="email", value="a@b.com")
    assert operator.delete(f"{LIST}/{entry.pk}").status_code == 403
    assert api.delete(f"{LIST}/{entry.pk}").status_code == 204
    assert not Suppression.objects.exists()
    assert [entry.action for entry in AuditEntry.objects.all()] == ["delete"]


def test_who_asked_to_be_forgotten_stays_on_the_list(api, customer):
    forget([("email", "ann@acme.example")], customer)
    entry = Suppression.objects.get()
    assert api.delete(f"{LIST}/{entry.pk}").status_code == 409
    assert Suppression.objects.exists()


def test_the_lists_of_the_agency_and_of_everybody_are_not_shown(api, agency, customer):
    Suppression.objects.create(agency=agency, kind="email", value="a@b.com")
    hidden = Suppression.objects.create(kind="email", value="c@d.com")
    assert api.get(LIST).json()["results"] == []
    assert api.delete(f"{LIST}/{hidden.pk}").status_code == 404


def test_a_superuser_sees_all_clients_and_with_a_narrow_token_those(customer, other):
    root = person(is_superuser=True)
    assert len(caller(user=root).get("/api/v1/clients").json()["results"]) == 2
    narrow = caller(customer, user=root)
    assert [row["slug"] for row in narrow.get("/api/v1/clients").json()["results"]] == ["acme"]
    assert narrow.get(f"/api/v1/clients/{other.slug}").status_code == 404
