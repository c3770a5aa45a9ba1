"""What is done to leads from their table: after a page that asks, to a hundred at once, and each is noted."""

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth import get_user_model
from django.contrib.messages import get_messages
from django.urls import reverse

from conversion.models import AuditEntry, Lead, Suppression
from conversion.tenancy import across_clients
from tests.callers import person
from tests.factories import lead

LIST = "admin:conversion_lead_changelist"


@pytest.fixture
def root(client, db):
    client.force_login(get_user_model().objects.create_superuser("root"))
    return client


@pytest.fixture
def ada(customer):
    return lead(
        customer, email="ada@example.com", email_key="ada@example.com", phone="+15550100200", first_name="Ada Lovelace"
    )


def act(browser, action, *leads, **more):
    data = {"action": action, ACTION_CHECKBOX_NAME: [str(one.pk) for one in leads], **more}
    return browser.post(f"{reverse(LIST)}?client={leads[0].client_id}", data)


def said(answer):
    return [str(one) for one in get_messages(answer.wsgi_request)]


def notes():
    return list(AuditEntry.objects.filter(object_type="conversion.lead").values_list("action", flat=True))


@pytest.mark.parametrize("action", ["take_out", "suppress", "erase"])
def test_each_asks_first_and_shows_whom_it_takes(root, ada, action):
    page = act(root, action, ada)
    assert page.status_code == 200
    assert "Ada Lovelace" in page.content.decode() or str(ada) in page.content.decode()
    ada.refresh_from_db()
    assert (ada.deleted_at, ada.first_name, Suppression.objects.filter(client=ada.client).count()) == (
        None,
        "Ada Lovelace",
        0,
    )
    assert notes() == []


def test_a_lead_is_taken_out_once(root, ada):
    assert said(act(root, "take_out", ada, confirmed="yes")) == ["Taken out: 1."]
    with across_clients("operations"):
        assert Lead.objects.get(pk=ada.pk).deleted_at is not None
    assert notes() == ["delete"]


def test_addresses_and_numbers_go_on_the_list(root, ada):
    assert said(act(root, "suppress", ada, confirmed="yes")) == ["Put on the list: 2."]
    listed = set(Suppression.objects.filter(client=ada.client).values_list("kind", "value"))
    assert listed == {("email", "ada@example.com"), ("phone", "+15550100200")}
    assert "Put on the list: 0." in said(act(root, "suppress", ada, confirmed="yes"))[-1]


def test_a_person_is_forgotten(root, ada):
    assert said(act(root, "erase", ada, confirmed="yes")) == ["Erased: 1 leads."]
    with across_clients("operations"):
        gone = Lead.objects.get(pk=ada.pk)
    assert (gone.email, gone.first_name, gone.phone) == ("", "", "")
    assert notes() == ["erase"]


def test_more_than_a_hundred_are_not_cut_off_silently(root, customer):
    leads = [lead(customer, external_id=str(number), last_name=f"Number {number}") for number in range(101)]
    page = act(root, "take_out", *leads).content.decode()
    assert "You chose more leads than are done at once" in page
    assert page.count(f'name="{ACTION_CHECKBOX_NAME}"') == 100
    newest = leads[:0:-1]
    answer = act(root, "take_out", *newest, confirmed="yes", rest="yes")
    assert said(answer) == [
        "Taken out: 100. The others that were chosen are left as they were: 100 are done at once. Choose them again."
    ]
    with across_clients("operations"):
        assert list(Lead.objects.filter(deleted_at=None)) == [leads[0]]


def test_a_hundred_are_all_of_them(root, customer):
    leads = [lead(customer, external_id=str(number)) for number in range(100)]
    assert "You chose more" not in act(root, "take_out", *leads).content.decode()
    assert said(act(root, "take_out", *leads, confirmed="yes")) == ["Taken out: 100."]


@pytest.mark.parametrize(
    ("role", "action", "offered"),
    [
        ("viewer", "take_out", False),
        ("viewer", "suppress", False),
        ("operator", "take_out", True),
        ("operator", "suppress", True),
        ("operator", "erase", False),
        ("admin", "erase", True),
    ],
)
def test_actions_are_offered_by_role(client, ada, role, action, offered):
    client.force_login(person(ada.client, role=role, is_staff=True))
    assert ('name="confirmed"' in act(client, action, ada).content.decode()) == offered
    act(client, action, ada, confirmed="yes")
    assert bool(notes()) == offered


def test_whose_role_is_too_low_at_one_of_the_clients_does_nothing(client, make_client, ada):
    other = make_client("Other")
    user = person(ada.client, role="admin", is_staff=True)
    user.memberships.create(client=other, role="viewer", accepted_at=user.memberships.get().accepted_at)
    client.force_login(user)
    theirs = lead(other, external_id="2")
    data = {"action": "take_out", ACTION_CHECKBOX_NAME: [str(ada.pk), str(theirs.pk)], "confirmed": "yes"}
    assert client.post(f"{reverse(LIST)}?e=1&q=", data).status_code in {302, 403}
    with across_clients("operations"):
        assert Lead.objects.filter(deleted_at=None).count() == 2


def test_a_search_goes_by_address_name_and_id(client, make_client, ada):
    there = lead(ada.client, external_id="crm-7", last_name="Smithers")
    lead(make_client("Other"), external_id="crm-7", last_name="Smith", email_key="ada@example.com")
    client.force_login(person(ada.client, role="viewer", is_staff=True))

    def found(term):
        return {row.pk for row in client.get(reverse(LIST), {"q": term}).context["cl"].result_list}

    assert found("ADA@example.com") == {ada.pk}
    assert found("crm-7") == found("smith") == found("Smithers") == found(str(there.pk)) == {there.pk}
    assert found("mithers") == found("nobody") == set()


def test_a_search_that_much_fits_says_so(root, customer, monkeypatch):
    monkeypatch.setattr("conversion.admin.long.MOST_FOUND", 2)
    for number in range(3):
        lead(customer, external_id=str(number), last_name="Smith")
    page = root.get(reverse(LIST), {"q": "Smith"})
    assert len(page.context["cl"].result_list) == 2
    assert "More than 2 fit" in page.content.decode()
