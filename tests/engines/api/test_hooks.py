"""A client's webhooks by API: set, changed, removed; the log of what was posted, and posting it once more."""

import pytest

from conversion.models import AuditEntry, Delivery, IdempotentCall, Notice, WebhookEndpoint
from conversion.notices import tell
from conversion.secrets import credentials_of
from conversion.vocabulary import DeliveryState, NoticeKind
from engines.notices.endpoints import set_endpoint
from tests.callers import caller

pytestmark = pytest.mark.django_db
URL = "https://hooks.example/key-of-the-receiver"


@pytest.fixture
def twin(make_client):
    return make_client("Twin")


def made(client, url=URL):
    return set_endpoint(client, url)[0]


def delivery(client, state=DeliveryState.FAILED, endpoint=None):
    tell(NoticeKind.PATTERN_PROMOTED, client, f"who {Notice.objects.for_client(client).count()}", {"pattern": "who"})
    notice = Notice.objects.for_client(client).latest("id")
    to = {"endpoint": endpoint} if endpoint else {"recipient": "jo@acme.example"}
    return Delivery.objects.create(client=client, notice=notice, state=state, attempts=8, **to)


def test_an_address_is_set_and_its_secret_shown_once(customer, twin):
    program = caller(customer, role="operator")
    answer = program.post("webhooks", {"client": "acme", "url": URL, "kinds": ["send_unknown", "send_unknown"]})
    endpoint = WebhookEndpoint.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "id": str(endpoint.pk),
        "client": str(customer.pk),
        "url": URL,
        "kinds": ["send_unknown"],
        "is_active": True,
        "created_at": answer.json()["created_at"],
        "secret": credentials_of(endpoint)["secret"],
    }
    [row] = program.get("webhooks").json()["results"]
    assert "secret" not in row
    assert AuditEntry.objects.get().action == "create"
    again = program.post("webhooks", {"client": "acme", "url": URL})
    assert (again.status_code, again.json()["errors"][0]["field"]) == (409, "url")


def test_a_call_that_comes_again_is_answered_without_the_secret(customer):
    program = caller(customer, role="operator")
    calls = [
        program.post("webhooks", {"client": "acme", "url": URL}, headers={"Idempotency-Key": "1"}).json()
        for _ in range(2)
    ]
    secret = calls[0].pop("secret")
    assert calls[0] == calls[1]
    assert secret not in IdempotentCall.objects.get().answer


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"client": "acme", "url": "ftp://hooks.example"}, "url"),
        ({"client": "acme", "url": "http://hooks.example"}, "url"),
        ({"client": "acme", "url": "https://user@hooks.example"}, "url"),
        ({"client": "acme", "url": "https://hooks.example/" + "a" * 500}, "url"),
        ({"client": "acme", "url": 7}, "url"),
        ({"client": "acme", "url": URL, "kinds": ["lead_lost"]}, "kinds.0"),
        ({"client": "acme", "url": URL, "kinds": []}, "kinds"),
        ({"client": "acme", "url": URL, "kind": "all"}, "kind"),
        ({"url": URL}, "client"),
    ],
)
def test_what_makes_no_endpoint(customer, body, field):
    answer = caller(customer).post("webhooks", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    assert WebhookEndpoint.objects.count() == 0


def test_changing_and_removing(customer):
    endpoint = made(customer)
    program = caller(customer, role="operator")
    answer = program.patch(f"webhooks/{endpoint.pk}", {"is_active": False, "kinds": ["lead_converted"]}).json()
    assert (answer["is_active"], answer["kinds"], "secret" in answer) == (False, ["lead_converted"], False)
    assert AuditEntry.objects.get().changes["is_active"] == [True, False]
    answer = program.patch(f"webhooks/{endpoint.pk}", {"new_secret": True}).json()
    endpoint.refresh_from_db()
    assert (answer["secret"], answer["is_active"]) == (credentials_of(endpoint)["secret"], False)
    delivery(customer, endpoint=endpoint)
    assert program.delete(f"webhooks/{endpoint.pk}").status_code == 204
    assert (WebhookEndpoint.objects.count(), Delivery.objects.for_client(customer).count()) == (0, 0)


def test_a_viewer_reads_where_it_leads_and_no_more(customer):
    endpoint = made(customer)
    row = delivery(customer, endpoint=endpoint)
    program = caller(customer, role="viewer")
    assert program.get(f"webhooks/{endpoint.pk}").json()["url"] == "https://hooks.example/…"
    assert "key-of" not in program.get("deliveries").content.decode()
    calls = [
        program.post("webhooks", {"client": "acme", "url": URL}),
        program.patch(f"webhooks/{endpoint.pk}", {"is_active": False}),
        program.delete(f"webhooks/{endpoint.pk}"),
        program.post(f"deliveries/{row.pk}/replay"),
    ]
    assert [call.status_code for call in calls] == [403] * 4
    assert WebhookEndpoint.objects.get().is_active


def test_another_client_s_are_not_there(customer, twin):
    endpoint = made(twin)
    row = delivery(twin, endpoint=endpoint)
    program = caller(customer)
    calls = [
        program.get(f"webhooks/{endpoint.pk}"),
        program.patch(f"webhooks/{endpoint.pk}", {"is_active": False}),
        program.delete(f"webhooks/{endpoint.pk}"),
        program.post("webhooks", {"client": "twin", "url": URL}),
        program.get("webhooks", {"client": "twin"}),
        program.get(f"deliveries/{row.pk}"),
        program.get("deliveries", {"endpoint": str(endpoint.pk)}),
        program.post(f"deliveries/{row.pk}/replay"),
    ]
    assert [call.status_code for call in calls] == [404] * 8
    assert (program.get("webhooks").json()["results"], program.get("deliveries").json()["results"]) == ([], [])
    assert WebhookEndpoint.objects.get().is_active
    assert Delivery.objects.for_client(twin).get().state == "failed"


def test_an_agency_s_endpoints_are_its_own(customer, agency):
    endpoint = made(agency)
    row = delivery(customer, endpoint=endpoint)
    program = caller(customer)
    assert program.get("webhooks").json()["results"] == []
    assert program.delete(f"webhooks/{endpoint.pk}").status_code == 404
    assert program.get(f"deliveries/{row.pk}").json()["to"] == "webhook to hooks.example"


def test_the_log_and_replaying(customer):
    endpoint = made(customer)
    row = delivery(customer, endpoint=endpoint)
    delivery(customer)  # by e-mail
    delivery(customer, DeliveryState.DELIVERED, made(customer, f"{URL}/2"))
    program = caller(customer, role="operator")
    assert len(program.get("deliveries").json()["results"]) == 2
    [found] = program.get("deliveries", {"state": "failed", "endpoint": str(endpoint.pk)}).json()["results"]
    assert (found["id"], found["kind"], found["to"]) == (str(row.pk), "pattern_promoted", "webhook to hooks.example")
    answer = program.post(f"deliveries/{row.pk}/replay")
    assert (answer.status_code, answer.json()["state"], answer.json()["attempts"]) == (202, "pending", 0)
    assert AuditEntry.objects.get().action == "replay"
    again = program.post(f"deliveries/{row.pk}/replay")
    assert (again.status_code, again.json()["detail"]) == (409, "It is still to be posted.")
    assert program.get("deliveries", {"kind": "lead_lost"}).status_code == 400


@pytest.mark.parametrize("address", ["webhooks", "deliveries"])
def test_lists_ask_the_same_number_of_queries(customer, address, django_assert_num_queries):
    program = caller(customer)
    delivery(customer, endpoint=made(customer))
    program.get(address)
    with django_assert_num_queries(3):
        program.get(address)
    for number in range(2, 10):
        delivery(customer, endpoint=made(customer, f"{URL}/{number}"))
    with django_assert_num_queries(3):
        assert len(program.get(address).json()["results"]) == 9
