"""A history that is stored without an import is what learning reads: the simulated frame, column by column."""

from dataclasses import fields
from datetime import UTC, datetime

import numpy as np
import pytest

from benchmarks.simulated import store
from conversion.models import Activity, Lead
from patterns import frames
from patterns.detectors.frame import Category
from patterns.simulator.world import simulate

pytestmark = pytest.mark.django_db
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize("rows", [70, 20_000], ids=["many-blocks", "one-block"])
def test_what_is_stored_is_read_again(customer, make_client, monkeypatch, rows):
    monkeypatch.setattr("patterns.columns.CHUNK", rows)
    history = simulate("all", leads=120, seed=3, as_of=AS_OF)
    store(simulate("all", leads=20, seed=4, as_of=AS_OF), make_client("Twin"))
    assert store(history, customer) == Activity.objects.for_client(customer).count()
    read, drawn = frames.load(customer, AS_OF), history.frame()
    for part in ("leads", "touches"):
        for column in fields(getattr(drawn, part)):
            got, wanted = (getattr(getattr(frame, part), column.name) for frame in (read, drawn))
            if isinstance(wanted, Category):
                assert got.labels == wanted.labels
                got, wanted = got.codes, wanted.codes
            if column.name == "extra":
                assert got == wanted == {}
            elif column.name == "plan":  # the keys of plans are made from their names
                assert np.array_equal(got == 0, wanted == 0)
                assert len({*zip(got.tolist(), wanted.tolist(), strict=True)}) == len(np.unique(wanted)) > 1
            else:
                assert np.array_equal(got, wanted, equal_nan=got.dtype.kind == "f"), column.name
    assert Lead.objects.for_client(customer).filter(status="converted").count() == history.booked.sum() > 0
