"""System checks say what is wrong and what to do about it."""

import pytest
from django.db import connection

from conversion import walls
from conversion.checks import check_database, check_production, check_role, check_second_wall


@pytest.mark.django_db
def test_the_databases_of_the_tests_are_fine():
    assert check_database(databases=["default"]) == []


@pytest.mark.django_db
def test_a_database_that_cannot_keep_a_promise_is_refused(monkeypatch):
    if connection.vendor == "postgresql":  # confirms commits before they are on the disk
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
        expected = [
            ("agency.E001", "A send is claimed by a commit; lose it, and a message goes out twice. Set it to on.")
        ]
    else:
        monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 8, 3))
        hint = "Install Python with SQLite 3.35 or newer, or set DATABASE_URL to a PostgreSQL database."
        expected = [("agency.E002", hint)]
    assert [(found.id, found.hint) for found in check_database(databases=["default"])] == expected


def test_the_embedded_set_up_is_no_production(settings):
    settings.EMBEDDED, settings.REDIS_URL = True, ""
    assert [found.id for found in check_production()] == ["agency.W001", "agency.W002"]
    settings.EMBEDDED, settings.REDIS_URL = False, "redis://localhost:6379/0"
    assert check_production() == []


def test_production_needs_a_key_for_the_suppression_hashes(settings):
    settings.EMBEDDED, settings.REDIS_URL, settings.SUPPRESSION_KEY = False, "redis://localhost:6379/0", ""
    assert [found.id for found in check_production()] == ["agency.E008"]
    settings.SUPPRESSION_KEY = "long"
    assert check_production() == []


def test_the_web_has_a_role_of_its_own_in_production(settings):
    settings.EMBEDDED, settings.WEB_DATABASE_URL = False, ""
    assert [found.id for found in check_second_wall()] == ["agency.W014"]
    settings.WEB_DATABASE_URL = "postgresql://agency_web@localhost/agency"
    assert check_second_wall() == []
    settings.EMBEDDED, settings.WEB_DATABASE_URL = True, ""
    assert check_second_wall() == []


@pytest.mark.django_db
def test_nobody_else_connects_by_that_role(monkeypatch):
    assert check_role(databases=["default"]) == []
    monkeypatch.setitem(walls._walls, "default", walls.Wall(binds=True, flows=None))
    assert [found.id for found in check_role(databases=["default"])] == (
        ["agency.E011"] if connection.vendor == "postgresql" else []
    )
