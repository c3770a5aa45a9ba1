import pytest

from engines.leads import LeadNotFound, find_lead
from tests.factories import MONDAY
from tests.factories import lead as make_lead


@pytest.fixture
def jo(customer):
    return make_lead(customer, external_id="crm-7", email="Jo@Example.com", email_key="jo@example.com")


def test_by_id_external_id_and_address(customer, jo):
    for text in (str(jo.pk), jo.pk.hex, "crm-7", " crm-7 ", "jo@example.com", "JO@EXAMPLE.COM"):
        assert find_lead(customer, text) == jo


def test_an_address_without_a_key_is_found(customer):
    lead = make_lead(customer, email="a@localhost")
    assert find_lead(customer, "A@localhost") == lead


@pytest.mark.parametrize(
    "text", ["", " ", "nobody@example.com", "\0", "crm-8", "00000000-0000-0000-0000-000000000000", "é" * 300]
)
def test_nobody(customer, jo, text):
    with pytest.raises(LeadNotFound, match="Acme has no lead with the id, external id or e-mail address"):
        find_lead(customer, text)


def test_a_lead_of_another_client_is_not_found(make_client, jo):
    other = make_client("Other")
    for text in (str(jo.pk), "crm-7", "jo@example.com"):
        with pytest.raises(LeadNotFound, match="Other has no lead"):
            find_lead(other, text)


def test_a_deleted_lead_is_not_found(customer, jo):
    jo.deleted_at = MONDAY
    jo.save()
    with pytest.raises(LeadNotFound, match="no lead"):
        find_lead(customer, "crm-7")


def test_an_address_of_several_leads(customer, jo):
    make_lead(customer, email="jo@example.com", email_key="jo@example.com")
    with pytest.raises(LeadNotFound, match=r"several leads of Acme have the address 'jo@example\.com'"):
        find_lead(customer, "jo@example.com")
