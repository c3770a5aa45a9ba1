"""Fixtures that every test may use. The whole suite runs on SQLite, and on PostgreSQL where TEST_DATABASE_URL names one."""

from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management.commands import flush
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.utils.text import slugify
from django_celery_beat.models import PeriodicTask

from conversion import leases
from conversion.models import Agency, Client
from conversion.vocabulary import Flow

TESTS = Path(__file__).parent


def pytest_configure(config):
    """What has a default with SQLite alone."""
    settings.SUPPRESSION_KEY = settings.SUPPRESSION_KEY or "tests"
    settings.DEFAULT_PROVIDERS = dict.fromkeys(("email", "sms", "voice", "linkedin"), "console")
    settings.CREDENTIAL_KEY = settings.CREDENTIAL_KEY or ["A" * 43 + "="]
    settings.PUBLIC_URL = settings.PUBLIC_URL or "http://localhost:8000"
    settings.REQUIRE_TOTP = "nobody"
    if connection.vendor != "postgresql":
        leases.BEAT = 3600.0  # a database in memory hangs where two threads ask it


# Mathematics, and benchmarks that bring a database of their own: what asks for no database here is run on SQLite alone.
ONCE = ("patterns/stats", "patterns/detectors", "patterns/charts", "patterns/simulator", "benchmarks")


def pytest_collection_modifyitems(config, items):
    """Leave out, on SQLite, the tests that only PostgreSQL can run, and there those that were run on SQLite already."""
    if connection.vendor == "postgresql":
        left_out = {item for item in items if is_once(item)}
    else:
        left_out = {item for item in items if item.get_closest_marker("postgresql")}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def is_once(item):
    asks = item.get_closest_marker("django_db") or {"db", "transactional_db"} & {*item.fixturenames}
    return not asks and any(item.path.is_relative_to(TESTS / folder) for folder in ONCE)


@pytest.fixture
def agency(db):
    return Agency.objects.create(name="Northwind", slug="northwind")


@pytest.fixture
def make_client(agency):
    def make(name="Acme", **fields):
        return Client.objects.create(agency=agency, name=name, slug=slugify(name), **fields)

    return make


@pytest.fixture
def customer(make_client):
    """A client of the agency (pytest-django's own `client` is a browser)."""
    return make_client()


@pytest.fixture
def schedule(db):
    """The row of the learning flow, Sundays at 02:00 UTC, in force since Friday, 6 March 2026."""
    PeriodicTask.objects.all().delete()
    import_module("conversion.migrations.0007_ledger").schedules(apps, None)
    PeriodicTask.objects.filter(name=Flow.HEALTH).delete()
    row = PeriodicTask.objects.get(name=Flow.LEARNING)
    row.start_time = datetime(2026, 3, 6, 12, tzinfo=UTC)
    row.save()
    return row


@pytest.fixture(autouse=True, scope="session")
def emptied_quickly():
    """After a test that commits, Django empties all tables by TRUNCATE, which takes PostgreSQL longer than most tests: here the
    few that hold rows are emptied by DELETE, without triggers.
    """
    if connection.vendor != "postgresql":
        yield
        return
    monkey = pytest.MonkeyPatch()
    monkey.setattr(flush, "emit_post_migrate_signal", lambda *_, **__: None)
    everything = DatabaseOperations.sql_flush

    def sql_flush(self, style, tables, *, reset_sequences=False, allow_cascade=False):
        if reset_sequences:
            return everything(self, style, tables, reset_sequences=reset_sequences, allow_cascade=allow_cascade)
        names = [self.quote_name(table) for table in tables]
        with self.connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in names))
            filled = [name for (name,) in cursor.fetchall()]
        return ["SET LOCAL session_replication_role = replica", *(f"DELETE FROM {name}" for name in filled)]

    DatabaseOperations.sql_flush = sql_flush
    yield
    DatabaseOperations.sql_flush = everything
