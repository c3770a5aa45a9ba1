"""Bring CSV texts into a client, as a command would."""

import csv
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from conversion.importer.columns import Kind
from conversion.importer.mapping import NONE, parse
from conversion.importer.rejects import Rejects, unguarded
from conversion.importer.run import import_files, prepare
from conversion.models import Activity, Event, ImportBatch, Lead

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)


@dataclass
class Brought:
    """What an import did: counts as (created, updated, unchanged, rejected), and its rejects as (line, column, reason)."""

    client: object
    report: object
    rejects: list

    def __getattr__(self, name):
        counts = self.report.counts[Kind(name)]
        assert counts.rows == counts.created + counts.updated + counts.unchanged + counts.rejected
        return (counts.created, counts.updated, counts.unchanged, counts.rejected)

    @property
    def batch(self):
        return ImportBatch.objects.for_client(self.client).get(pk=self.report.batch)


@pytest.fixture
def bring(tmp_path, customer):
    def bring(client=None, *, mapping="", timezone=None, now=NOW, dry_run=False, **texts):
        paths = {}
        for name, text in texts.items():
            path = paths[Kind(name)] = tmp_path / f"{name}.csv"
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        target = tmp_path / "rejects.csv"
        prepared = prepare(paths, parse(mapping, "test.toml") if mapping else NONE, timezone, now)
        with Rejects(target, list(paths.values()), asked=True) as rejects:
            report = import_files(prepared, lambda: client or customer, rejects, now, dry_run=dry_run)
            rejects.keep()
        with target.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        told = [(int(row["line"]), unguarded(row["column"]), unguarded(row["reason"])) for row in rows]
        return Brought(client or customer, report, told)

    return bring


@pytest.fixture
def lead_of(customer):
    return lambda key: Lead.objects.for_client(customer).get(external_id=key)


@pytest.fixture
def touch_of(customer):
    return lambda key: Activity.objects.for_client(customer).get(external_id=key)


FACTS = {
    Lead: ("id", "client_id", "batch_id"),
    Activity: ("id", "client_id", "batch_id", "lead_id", "created_at"),
    Event: ("id", "client_id", "batch_id", "lead_id", "activity_id", "created_at"),
}


@pytest.fixture
def facts(customer):
    """All that is stored of a client, without ids, in an order of its own."""

    def facts(client=None):
        found = {}
        for model, ids in FACTS.items():
            rows = model.objects.for_client(client or customer)
            names = [field.attname for field in model._meta.concrete_fields if field.attname not in ids]
            owner = [] if model is Lead else ["lead__external_id"]
            found[model.__name__] = sorted(map(repr, rows.values_list("external_id", *owner, *names)))
        return found

    return facts
