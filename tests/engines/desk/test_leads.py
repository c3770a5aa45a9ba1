import pytest

from tests.engines.desk.browsers import desk, text
from tests.factories import lead

pytestmark = pytest.mark.django_db
QUERIES = 7  # session, user, memberships, the client, count, a page; and one in the frame


def names(browser, client, **query):
    return [one.last_name for one, _ in browser.get(f"/clients/{client.slug}/leads", query).context["items"]]


def test_best_first_by_tier_and_those_without_a_score_apart(customer, make_client):
    for name, score, tier in (("Low", 10, "cool"), ("High", 90, "hot"), ("Mid", 60, "warm"), ("None", None, "")):
        lead(customer, last_name=name, als_score=score, als_tier=tier)
    lead(make_client("Twin"), last_name="Theirs", als_score=95)
    browser = desk(customer, role="viewer")
    assert names(browser, customer) == ["High", "Mid", "Low"]
    found = {tier: names(browser, customer, tier=tier) for tier in ("hot", "warm", "cool", "not scored")}
    assert found == {"hot": ["High"], "warm": ["Mid"], "cool": ["Low"], "not scored": ["None"]}


def test_one_is_looked_up(customer, make_client):
    for owner in (customer, make_client("Twin")):
        lead(owner, first_name="Ada", last_name="Lovelace", email_key="ada@x.example", external_id="A-1")
    lead(customer, last_name="Lowe")
    browser, mine = desk(customer), customer.leads.for_client(customer).get(last_name="Lovelace")
    for wanted in ("love", "Ada Lov", "ADA@x.example", "A-1", str(mine.pk)):
        assert names(browser, customer, q=wanted) == ["Lovelace"], wanted
    for wanted in ("l", "velace", "Bob Lov", "\0", "%", "_o", "x" * 400):
        assert names(browser, customer, q=wanted) == [], wanted


def test_strangers_find_no_list(customer, make_client):
    assert desk(make_client("Twin"), role="admin").get(f"/clients/{customer.slug}/leads").status_code == 404


def test_an_empty_one_says_what_to_do(customer):
    assert "Import some" in text(desk(customer).get(f"/clients/{customer.slug}/leads"))


@pytest.mark.parametrize("count", [1, 50])
def test_as_many_queries_for_fifty(customer, count, django_assert_num_queries):
    for _ in range(count):
        lead(customer, als_score=5)
    browser = desk(customer)
    with django_assert_num_queries(QUERIES):
        browser.get(f"/clients/{customer.slug}/leads")
