"""Entering and changing leads through the API: by the rules of an import, noted, and at one's own clients alone."""

import pytest

from conversion.models import AuditEntry, Lead
from conversion.suppressions import forget
from tests import factories
from tests.callers import caller

LEADS = "/api/v1/leads"
ANN = {
    "external_id": "crm-1",
    "email": " Ann.Lee@Acme.Example ",
    "phone": "0412 345 678",
    "first_name": "Ann",
    "title": "Founder",
    "country": "Australia",
    "employee_count": 20,
    "email_verified": True,
    "is_hiring": None,
    "timezone": "Australia/Sydney",
    "extra": {"source": "fair", "blank": None},
}


def post(api, client, **fields):
    return api.post(LEADS, {"client": client.slug, **fields})


def stored(client):
    return Lead.objects.for_client(client).get()


def test_a_lead_is_entered_as_an_import_would(api, customer):
    answer = post(api, customer, **ANN)
    assert answer.status_code == 201, answer.content
    lead = stored(customer)
    assert (lead.email, lead.email_key, lead.phone) == ("Ann.Lee@Acme.Example", "ann.lee@acme.example", "+61412345678")
    assert (lead.status, lead.extra, lead.source_hash, lead.batch) == ("new", {"source": "fair"}, None, None)
    assert (lead.als_data_quality, lead.als_authority, lead.als_company_fit) == (11, 25, 15)
    assert lead.als_score == 51
    assert lead.als_tier == "warm"
    shown = answer.json()
    assert shown == api.get(f"{LEADS}/{lead.pk}").json()
    assert (shown["client"], shown["email_verified"], shown["is_hiring"]) == (str(customer.pk), True, None)
    assert shown["als_components"]["authority"] == 25
    assert set(shown["als_weights_used"]) == {"data_quality", "authority", "company_fit", "timing"}


def test_a_lead_needs_no_more_than_its_client(api, customer):
    assert post(api, customer).status_code == 201
    assert post(api, customer).status_code == 201


@pytest.mark.parametrize("ref", ["slug", "pk"])
def test_nothing_is_entered_at_another_client(api, customer, other, ref):
    answer = api.post(LEADS, {"client": str(getattr(other, ref)), "email": "a@b.com"})
    assert answer.status_code == 404
    assert not Lead.objects.for_client(other).exists()


def test_a_key_that_is_taken_is_a_conflict(api, customer, other):
    factories.lead(other, external_id="crm-1")  # the twin's own
    assert post(api, customer, external_id="crm-1").status_code == 201
    answer = post(api, customer, external_id="crm-1")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "external_id")
    second = post(api, customer, external_id="crm-2").json()["id"]
    assert api.patch(f"{LEADS}/{second}", {"external_id": "crm-1"}).status_code == 409
    assert Lead.objects.for_client(customer).filter(external_id="crm-1").count() == 1


def test_only_what_is_named_changes(api, customer):
    lead = Lead.objects.for_client(customer).get(pk=post(api, customer, **ANN).json()["id"])
    answer = api.patch(f"{LEADS}/{lead.pk}", {"title": "Engineer", "employee_count": None, "extra": {"note": "x"}})
    assert answer.status_code == 200, answer.content
    changed = stored(customer)
    assert (changed.title, changed.employee_count, changed.first_name) == ("Engineer", None, "Ann")
    assert changed.extra == {"source": "fair", "note": "x"}
    assert changed.als_authority == 5
    assert changed.als_score < lead.als_score
    assert answer.json()["als_score"] == changed.als_score
    api.patch(f"{LEADS}/{lead.pk}", {"extra": {"note": None}, "first_name": " "})
    assert (stored(customer).extra, stored(customer).first_name) == ({"source": "fair"}, "")


@pytest.mark.parametrize("flag", ["do_not_contact", "is_unsubscribed", "has_bounced"])
def test_what_protects_a_person_is_set_and_never_cleared(api, customer, flag):
    lead = factories.lead(customer)
    path = f"{LEADS}/{lead.pk}"
    assert api.patch(path, {flag: True}).status_code == 200
    for value in (False, None):
        answer = api.patch(path, {flag: value, "title": "CEO"})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, flag)
    assert (getattr(stored(customer), flag), stored(customer).title) == (True, "")


def test_a_status_does_not_go_back(api, customer):
    lead = factories.lead(customer, email="a@b.com")
    touch = factories.touch(lead)
    path = f"{LEADS}/{lead.pk}"
    assert api.patch(path, {"status": "converted"}).status_code == 200
    touch.refresh_from_db(from_queryset=touch.__class__.objects.for_client(customer))
    assert touch.led_to_booking
    assert stored(customer).converted_at is not None
    answer = api.patch(path, {"status": "new"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "status")
    assert stored(customer).status == "converted"


def test_a_lead_of_another_client_is_not_there(api, other):
    lead = factories.lead(other, first_name="Ann")
    path = f"{LEADS}/{lead.pk}"
    for answer in (api.get(path), api.patch(path, {"first_name": "Eve"}), api.delete(path)):
        assert answer.status_code == 404
        assert "Ann" not in answer.content.decode()
    assert (stored(other).first_name, stored(other).deleted_at) == ("Ann", None)


def test_viewers_read_and_operators_act(customer):
    lead = factories.lead(customer)
    path = f"{LEADS}/{lead.pk}"
    viewer, operator = caller(customer, role="viewer"), caller(customer, role="operator")
    assert viewer.get(path).status_code == 200
    for answer in (post(viewer, customer), viewer.patch(path, {"title": "CEO"}), viewer.delete(path)):
        assert (answer.status_code, "operator" in answer.json()["detail"]) == (403, True)
    assert stored(customer).title == ""
    assert operator.patch(path, {"title": "CEO"}).status_code == 200
    assert post(operator, customer).status_code == 201


def test_a_deleted_lead_is_gone_and_its_row_stays(api, customer):
    lead = factories.lead(customer)
    path = f"{LEADS}/{lead.pk}"
    assert (api.delete(path).status_code, api.get(path).status_code, api.delete(path).status_code) == (204, 404, 404)
    assert stored(customer).deleted_at is not None


def test_nothing_is_entered_of_who_asked_to_be_forgotten(api, customer):
    lead = factories.lead(customer, erased_at=factories.MONDAY, do_not_contact=True)
    answer = api.patch(f"{LEADS}/{lead.pk}", {"first_name": "Ann"})
    assert answer.status_code == 409
    assert stored(customer).first_name == ""


def test_who_is_entered_again_stays_suppressed(api, customer):
    forget([("email", "ann@acme.example")], customer)
    assert post(api, customer, email="ann@acme.example").status_code == 201
    assert api.get("/api/v1/suppressions").json()["results"][0]["value"].startswith("hmac:")


def test_what_changes_is_noted_without_free_texts(api, customer):
    lead = post(api, customer, **ANN).json()["id"]
    api.patch(f"{LEADS}/{lead}", {"first_name": "Beth", "do_not_contact": True, "status": "contacted"})
    api.patch(f"{LEADS}/{lead}", {"first_name": "Beth"})  # nothing becomes different
    api.delete(f"{LEADS}/{lead}")
    created, changed, deleted = AuditEntry.objects.order_by("at", "id")
    assert [entry.action for entry in (created, changed, deleted)] == ["create", "change", "delete"]
    assert all((entry.client_id, entry.object_id) == (customer.pk, lead) for entry in (created, changed, deleted))
    assert changed.changes["do_not_contact"] == [None, True]
    assert changed.changes["status"] == ["new", "contacted"]
    assert changed.changes["first_name"] == ["…", "…"]
    assert "Beth" not in str(changed.changes)
    assert " by " in changed.actor


def test_a_put_is_no_way_in(api, customer):
    lead = factories.lead(customer)
    answer = api.put(f"{LEADS}/{lead.pk}", {"first_name": "x"})
    assert answer.status_code == 405
    assert set(answer["Allow"].split(", ")) >= {"GET", "PATCH", "DELETE"}
