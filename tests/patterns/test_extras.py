"""Imported attributes as columns of the frame."""

from datetime import UTC, datetime

import pytest

from patterns import frames
from tests.factories import lead, touch

LATER = datetime(2026, 6, 1, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def columns(client):
    return frames.load(client, LATER).leads.extra


def known(client):
    """Each attribute's values, lead by lead in the order of the frame."""
    return {name: [[*one.labels, None][code] for code in one.codes.tolist()] for name, one in columns(client).items()}


def test_texts_are_values_and_all_else_is_unknown(customer):
    for extra in ({"plan": "paid", "age": 33}, {"plan": " free "}, {"plan": ""}, {}, {"plan": ["paid"]}):
        touch(lead(customer, extra=extra), days=1)
    assert sorted(map(str, known(customer)["plan"])) == ["None", "None", "None", "free", "paid"]
    assert list(columns(customer)) == ["plan"]


def test_spellings_of_one_value_are_one_by_the_most_frequent(customer):
    for text in ("Paid", "paid", "paid", "PAID"):
        touch(lead(customer, extra={"plan": text}), days=1)
    assert known(customer) == {"plan": ["paid"] * 4}


def test_names_and_numbers_are_no_attributes(customer):
    for i in range(52):
        touch(lead(customer, extra={"number": str(i), "half": str(i % 50)}), days=1)
    assert list(columns(customer)) == ["half"]


def test_only_touched_leads_of_this_client_count(make_client):
    ours, theirs = make_client("Ours"), make_client("Theirs")
    touch(lead(ours, extra={"plan": "paid"}), days=1)
    lead(ours, extra={"plan": "never touched"})
    touch(lead(theirs, extra={"plan": "theirs", "secret": "x"}), days=1)
    assert known(ours) == {"plan": ["paid"]}
