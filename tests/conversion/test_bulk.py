"""Rows written around the ORM are the rows that the ORM would have written."""

from datetime import UTC, datetime

import pytest

from conversion import bulk
from conversion.bulk import Writer, stored_id
from conversion.encoding import Encoded
from conversion.models import ImportChange, Lead
from conversion.models.rows import new_id
from conversion.walls import Wall
from tests.factories import lead

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 3, 2, 10, 0, 0, 123456, tzinfo=UTC)


def columns(of):
    return Lead.objects.filter(client=of.client_id).values().get(pk=of.pk)


@pytest.mark.parametrize("binds", [True, False])
def test_inserted_rows_read_back_as_they_were_given(customer, monkeypatch, binds):
    monkeypatch.setattr(bulk, "wall", lambda: Wall(binds=binds, flows=None))
    model = lead(
        customer,
        external_id="1",
        title='"é\\n,\t%s',
        extra={"a": [1, "é"], "b": None},
        status_at=MOMENT,
        is_hiring=False,
    )
    row = {**columns(model), "id": new_id(), "external_id": "2"}
    Writer(Lead).insert([row])
    assert columns(Lead(pk=row["id"], client=customer)) == row
    shared = {
        **row,
        "id": new_id(),
        "external_id": "3",
        "client_id": stored_id(customer.pk),
        "extra": Encoded('{"a":1}'),
    }
    Writer(Lead).insert([shared])
    assert columns(Lead(pk=shared["id"], client=customer)) == {**shared, "client_id": customer.pk, "extra": {"a": 1}}
    Writer(Lead).insert([])


def test_updated_rows_keep_what_is_to_be_kept(customer):
    rows = [columns(lead(customer, external_id=str(number), touch_count=number)) for number in range(3)]
    changed = [{**row, "title": "CEO", "touch_count": 9, "status_at": MOMENT} for row in rows[:2]]
    Writer(Lead).update(changed, keep=("touch_count",))
    found = Lead.objects.for_client(customer).order_by("external_id").values_list("title", "touch_count", "status_at")
    assert list(found) == [("CEO", 0, MOMENT), ("CEO", 1, MOMENT), ("", 2, None)]
    Writer(Lead).update([])


def test_a_column_whose_name_is_a_word_of_sql_is_quoted():
    assert "table" in Writer(ImportChange).columns


def test_what_rows_share_is_given_once(customer):
    model = lead(customer, external_id="1", title="CEO")
    row = {**columns(model), "id": new_id(), "external_id": "2"}
    shared = {name: row.pop(name) for name in ("client_id", "title", "extra", "created_at")}
    Writer(Lead, shared).insert([row])
    assert columns(Lead(pk=row["id"], client=customer)) == row | shared
