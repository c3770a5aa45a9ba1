import io
import os
from contextlib import contextmanager

import pytest
from django.core.management import call_command
from django.db import connection

from conversion import walls
from tests.journeys.walls import world as twins


@pytest.fixture
def world(db):
    return twins.grown()


def roles_made():
    """Two roles of this run's own, as `make_roles` makes them; they go when the transaction is rolled back."""
    names = [f"{name}_{os.getpid()}" for name in ("walls_web", "walls_flows")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = session_user")
        if not cursor.fetchone()[0]:
            pytest.skip("makes roles and takes them on, which needs a superuser of PostgreSQL")
        # In one transaction, rights are given before the tables are locked; autovacuum, which locks a table and then waits for
        # the rights' row of it, would stand against that. By itself, `make_roles` commits each step.
        if connection.in_atomic_block:
            tables = ", ".join(connection.introspection.table_names())
            cursor.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
    call_command("make_roles", web=names[0], flows=names[1], verbosity=0, stdout=io.StringIO())
    return names


@contextmanager
def taken_on(name):
    """The connection is one that this role logged in by; None: as it is."""
    if name is None:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION AUTHORIZATION {name}")
    walls._walls.clear()
    try:
        yield
    finally:
        walls._walls.clear()
        walls._view.set(walls.NOTHING)
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("RESET SESSION AUTHORIZATION; RESET ROLE")


@pytest.fixture
def as_web(db):
    """From here on the connection is one that the web's role logged in by."""
    names = roles_made()
    found = twins.grown()
    with taken_on(names[0]):
        yield found
