"""After a load PostgreSQL is told what it brought."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conversion import bulk
from conversion.clients import create_client
from conversion.importer import loading
from conversion.models import Lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return create_client("Analysed")


def statements(captured):
    return [query["sql"] for query in captured.captured_queries]


def test_the_planner_counts_the_rows_of_a_load(owner):
    rows = [Lead(client=owner, external_id=f"l{n}", email=f"l{n}@x.example") for n in range(50)]
    Lead.objects.bulk_create(rows)
    with CaptureQueriesContext(connection) as captured:
        bulk.analyse(Lead)
    if connection.vendor != "postgresql":
        assert statements(captured) == []
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'conversion_lead'::regclass")
        assert cursor.fetchone()[0] == Lead.objects.for_client(owner).count()


@pytest.mark.parametrize(("many", "told"), [(3, True), (4, False)])
def test_an_import_tells_the_planner_from_some_rows_on(owner, tmp_path, monkeypatch, many, told):
    asked = []
    monkeypatch.setattr(loading, "MANY", many)
    monkeypatch.setattr(loading, "analyse", asked.append)
    file = tmp_path / "leads.csv"
    file.write_text("external_id,email\na,a@x.example\nb,b@x.example\nc,c@x.example\n")
    call_command("import_history", str(owner.pk), leads=file)
    assert asked == ([Lead] if told else [])
