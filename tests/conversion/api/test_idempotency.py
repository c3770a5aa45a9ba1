"""With a key of the caller's, a call is carried out once, whatever happens between."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils.timezone import now

from conversion import erasure
from conversion.models import AuditEntry, IdempotentCall, Lead
from tests.callers import Caller, caller

LEADS = "/api/v1/leads"


def post(api, client, key="k1", **fields):
    return api.post(LEADS, {"client": client.slug, **fields}, HTTP_IDEMPOTENCY_KEY=key)


def count(client):
    return Lead.objects.for_client(client).count()


def test_the_same_call_is_carried_out_once_and_answered_the_same(api, customer):
    first = post(api, customer, email="ann@acme.example")
    again = post(api, customer, email="ann@acme.example")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert (count(customer), AuditEntry.objects.count()) == (1, 1)


def test_the_order_of_a_bodys_names_makes_no_other_call(api, customer):
    body = f'{{"client": "{customer.slug}", "title": "CEO"}}', f'{{"title":"CEO","client":"{customer.slug}"}}'
    for text in body:
        answer = api.post(LEADS, data=text, content_type="application/json", HTTP_IDEMPOTENCY_KEY="k1")
        assert answer.status_code == 201
    assert count(customer) == 1


def test_a_key_that_was_used_for_another_call_is_refused(api, customer):
    post(api, customer, title="CEO")
    answer = post(api, customer, title="CFO")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    elsewhere = api.post("/api/v1/suppressions", {"client": customer.slug, "value": "a.com"}, HTTP_IDEMPOTENCY_KEY="k1")
    assert elsewhere.status_code == 422
    assert count(customer) == 1


def test_what_failed_may_be_tried_again(api, customer):
    assert post(api, customer, email="nonsense").status_code == 400
    assert not IdempotentCall.objects.exists()
    assert post(api, customer, email="ann@acme.example").status_code == 201


def test_a_conflict_may_be_tried_again(api, customer):
    post(api, customer, "k1", external_id="a")
    assert post(api, customer, "k2", external_id="a").status_code == 409
    Lead.objects.for_client(customer).update(external_id="b")
    assert post(api, customer, "k2", external_id="a").status_code == 201


def test_a_call_whose_process_died_is_carried_out_by_the_next(api, customer):
    digest = None
    post(api, customer)
    digest = IdempotentCall.objects.get().digest
    Lead.objects.for_client(customer).delete()
    IdempotentCall.objects.update(status=None, answer="")
    assert post(api, customer).status_code == 201
    assert (count(customer), IdempotentCall.objects.get().digest) == (1, digest)


def test_keys_belong_to_their_caller(api, customer):
    twin = caller(customer)
    assert post(api, customer).json()["id"] != post(twin, customer).json()["id"]
    assert count(customer) == 2


def test_a_caller_who_may_no_more_is_not_told_again(api, customer):
    post(api, customer)
    customer.memberships.all().delete()
    assert post(api, customer).status_code in {201, 404}
    assert count(customer) == 1


def test_after_a_day_the_key_is_free_again(api, customer):
    post(api, customer)
    IdempotentCall.objects.update(created_at=now() - timedelta(hours=25))
    assert post(api, customer).status_code == 201
    assert (count(customer), IdempotentCall.objects.count()) == (2, 1)


@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "é", "\x07"])
def test_a_key_that_cannot_be_one(api, customer, key):
    assert post(api, customer, key).status_code == 400
    assert count(customer) == 0


def test_an_answer_about_a_person_goes_when_the_person_does(api, customer):
    post(api, customer, "k1", email="Ann@Acme.example")
    post(api, customer, "k2", email="bob@acme.example")
    erasure.erase("ann@acme.example", customer)
    assert not IdempotentCall.objects.filter(answer__icontains="ann@acme").exists()
    assert post(api, customer, "k1", email="Ann@Acme.example").status_code == 410
    assert post(api, customer, "k2", email="bob@acme.example").status_code == 201


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_same_call_many_times_at_once_is_carried_out_once(agency, make_client):
    client = make_client("Acme Parallel")
    token = caller(client)._credentials

    def once(_):
        api = Caller()
        api._credentials = token
        try:
            return post(api, client, email="ann@acme.example").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(once, range(24)))
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert count(client) == 1
