"""The history of a pattern: its versions, what changed between them, and what one of them said."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils.timezone import now

from patterns.models import ConversionPatternHistory
from tests.callers import person
from tests.patterns.stored import AT, finding, who

pytestmark = pytest.mark.django_db
QUERIES = 6  # session, person, membership, client, versions, and one of the frame


def version(client, number, *, kind="who", current=False, **fields):
    at = AT + timedelta(weeks=number)
    defaults = {
        "patterns": who(),
        "sample_size": 500 + number,
        "confidence": 0.8,
        "algorithm": "who-2",
        "computed_at": at,
        "valid_until": now() + timedelta(days=7) if current else at + timedelta(days=14),
        "superseded_at": None if current else at + timedelta(weeks=1),
        "comparison": {
            "against": number - 1 or None,
            "added": [],
            "kept": ["title Founder"],
            "withdrawn": [],
            "turned": [],
        },
    }
    return ConversionPatternHistory.objects.create(
        client=client, pattern_type=kind, version=number, **defaults | fields
    )


def seen(client, query="", role="viewer", kind="who"):
    browser = Browser()
    browser.force_login(person(client, role=role))
    return browser.get(f"/clients/{client.slug}/patterns/{kind}/history{query}")


def test_versions_stand_newest_first_with_what_changed(customer):
    version(customer, 1, comparison={"against": None, "added": ["title Founder", "title Clerk"]})
    version(
        customer,
        2,
        comparison={
            "against": 1,
            "added": ["industry Software"],
            "withdrawn": ["title Clerk"],
            "kept": ["title Founder"],
        },
    )
    version(
        customer,
        3,
        current=True,
        scorecard={"backtest": {"ratio": 1.4, "low": 1.1, "high": 1.8, "followed": 200, "others": 900}},
    )
    answer = seen(customer)
    found = answer.context["versions"]
    assert [(one.row.version, one.state) for one in found] == [(3, "in force"), (2, "replaced"), (1, "replaced")]
    assert {change.heading: list(change.names) for change in found[1].changes} == {
        "New": ["industry Software"],
        "Kept": ["title Founder"],
        "No longer supported": ["title Clerk"],
    }
    assert found[2].against == "The first version: there is nothing to compare it with."
    assert found[0].later.startswith("Later touches that followed what was supported booked 1.40 times as often")
    assert "From 502 leads, confidence 0.80, by the algorithm who-2." in answer.content.decode()


def test_a_version_can_be_opened(customer):
    version(customer, 1, patterns=who(title_rankings=[finding(title="Plumber")]))
    version(customer, 2, current=True)
    text = seen(customer, "?version=1").content.decode()
    assert "What version 1 said" in text
    assert "Plumbers book 1.50 times as often as average, 1.25 to 1.75; 1,000 leads." in text
    assert "<svg" in text
    assert "Plumber" not in seen(customer).content.decode()


def test_what_a_version_spoke_of_is_said(customer):
    card = {"backtest": {"ratio": 1.4, "low": 1.1, "high": 1.8, "followed": 200, "others": 900}}
    version(customer, 1, current=True, patterns=who(outcome="replied"), scorecard=card)
    answer = seen(customer, "?version=1")
    assert "supported replied 1.40 times as often" in answer.context["versions"][0].later
    assert "reply 1.50 times as often as average" in answer.content.decode()


def test_pages_go_by_version(customer):
    for number in range(1, 48):
        version(customer, number, current=number == 47)
    seen_versions, query = [], ""
    for _ in range(5):
        answer = seen(customer, query)
        seen_versions += [one.row.version for one in answer.context["versions"]]
        if answer.context["older"] is None:
            break
        query = f"?before={answer.context['older']}"
        assert query in answer.content.decode()
    assert seen_versions == list(range(47, 0, -1))
    assert "There is no older version." in seen(customer, "?before=1").content.decode()


@pytest.mark.parametrize(
    "query", ["?version=9", "?version=x", "?version=-1", "?version=99999999999999999999", "?before=%00", "?before=1.5"]
)
def test_versions_that_are_none_are_not_found(customer, query):
    version(customer, 1, current=True)
    assert seen(customer, query).status_code == 404


def test_without_versions_it_says_what_comes_next(customer):
    assert "No version was learned yet." in seen(customer).content.decode()
    assert f"/clients/{customer.slug}/learn" not in seen(customer).content.decode()
    assert f"/clients/{customer.slug}/learn" in seen(customer, role="admin").content.decode()


@pytest.mark.parametrize("broken", [[], "text", {"a": {"status": "supported", "lift": "x"}}, {"title_rankings": 5}])
def test_what_nobody_learned_breaks_nothing(customer, broken):
    version(
        customer,
        1,
        current=True,
        patterns=broken,
        comparison={"added": 5, "turned": [3]},
        scorecard={"backtest": {"auc": "x"}},
    )
    assert seen(customer).status_code == 200
    assert seen(customer, "?version=1").status_code == 200


def test_of_another_client_and_kind_there_is_nothing(customer, make_client):
    other = make_client("Other")
    version(other, 1, current=True, comparison={"added": ["title Secret"]})
    version(customer, 1, kind="what", current=True, comparison={"added": ["angle aside"]})
    text = seen(customer).content.decode()
    assert "Secret" not in text
    assert "aside" not in text
    browser = Browser()
    browser.force_login(person(other))
    assert browser.get(f"/clients/{customer.slug}/patterns/what/history").status_code == 404
    assert seen(customer, kind="whom").status_code == 404
    assert Browser().get(f"/clients/{customer.slug}/patterns/who/history").status_code == 302


def test_the_same_queries_with_one_version_and_with_fifty(customer, django_assert_num_queries):
    browser = Browser()
    browser.force_login(person(customer))
    version(customer, 1)
    address = f"/clients/{customer.slug}/patterns/who/history"
    with django_assert_num_queries(QUERIES):
        browser.get(address)
    for number in range(2, 51):
        version(customer, number, current=number == 50)
    with django_assert_num_queries(QUERIES):
        assert len(browser.get(address).context["versions"]) == 20
