"""Rows stored in a thread: in order, or not at all."""

import time

import pytest
from django.db import IntegrityError, connection, transaction

from conversion.bulk import Writer
from conversion.feed import Feed
from conversion.models import Lead
from conversion.models.rows import new_id
from tests.factories import lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def block(customer):
    """Makes a block of leads with these keys."""
    row = Lead.objects.for_client(customer).values().get(pk=lead(customer, external_id="model").pk)
    writer = Writer(Lead)

    def block(*keys):
        return writer, writer.form.block([{**row, "id": new_id(), "external_id": key} for key in keys])

    return block


def keys(of):
    found = Lead.objects.for_client(of).exclude(external_id="model").order_by("id")
    return list(found.values_list("external_id", flat=True))


def test_blocks_are_stored_one_after_another(customer, block):
    with Feed() as feed:
        feed.begin(block("1", "2"), block("3"))
        feed.begin(block("4"), (block()[0], None))
    assert keys(customer) == ["1", "2", "3", "4"]


def test_the_caller_goes_on_meanwhile(customer, block, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite stores at once")
    storing = Writer.storing

    def slowly(writer, given):
        store = storing(writer, given)
        return lambda: (time.sleep(0.3), store())

    monkeypatch.setattr(Writer, "storing", slowly)
    with Feed() as feed:
        begun = time.monotonic()
        feed.begin(block("1"))
        assert time.monotonic() - begun < 0.2
        feed.wait()
        assert keys(customer) == ["1"]


def test_what_the_database_says_is_raised_where_somebody_waits(customer, block):
    def twice():
        with transaction.atomic(), Feed() as feed:
            feed.begin(block("1", "1"))
            feed.begin(block("2"))

    with pytest.raises(IntegrityError):
        twice()
    assert keys(customer) == []


def test_whoever_breaks_off_has_the_connection_back(customer, block):
    def broken():
        with transaction.atomic(), Feed() as feed:
            feed.begin(block("1"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert keys(customer) == []
