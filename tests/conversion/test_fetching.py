"""Rows by SQL of our own are the instances that the ORM would have made."""

from datetime import UTC, datetime

import pytest

from conversion.fetching import fetched
from conversion.models import Lead
from tests.factories import lead

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 3, 2, 10, 0, 0, 123456, tzinfo=UTC)


def test_values_are_converted_and_others_fetched_when_asked_for(customer, django_assert_num_queries):
    kept = lead(customer, external_id="1", title="CEO", status_at=MOMENT, is_hiring=True, extra={"a": [1, None]})
    columns = tuple(
        field.attname
        for field in Lead._meta.concrete_fields
        if field.attname in {"id", "client_id", "external_id", "status_at", "is_hiring", "extra"}
    )
    statement = f"SELECT {', '.join(columns)}, title FROM conversion_lead WHERE external_id = %s"
    with django_assert_num_queries(1):
        [(found, (title,))] = fetched(Lead, columns, statement, ["1"])
        assert found == kept
        assert {name: getattr(found, name) for name in columns} == {name: getattr(kept, name) for name in columns}
        assert title == "CEO"
    assert found.title == "CEO"
    assert fetched(Lead, columns, statement, ["2"]) == []
