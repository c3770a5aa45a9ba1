"""Connections of a pool, by the web's own role: told when they are taken out, blank when they come back."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from conversion import sight, walls
from conversion.models import Agency, Client
from tests.journeys.walls.conftest import roles_made

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]
SHOWN = "SELECT current_user, current_setting('agency_os.clients', true), current_setting('agency_os.user', true)"


def asked(question):
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()


@pytest.fixture
def owner(db):
    return connection.settings_dict["USER"]


@pytest.fixture
def web(owner):
    """The role, while Django's own connections are a pool's of its."""
    names = roles_made()
    before = dict(connection.settings_dict), dict(connection.settings_dict["OPTIONS"])
    try:
        connection.close()
        connection.settings_dict |= {"USER": names[0], "CONN_MAX_AGE": 0}
        connection.settings_dict["OPTIONS"]["pool"] = {"min_size": 0, "max_size": 1, "reset": sight.taken_back}
        walls._walls.clear()
        yield names
    finally:
        walls.forget()
        connection.close()
        connection.close_pool()
        connection.settings_dict |= before[0] | {"OPTIONS": before[1]}
        walls._walls.clear()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DROP OWNED BY {}, {}; DROP ROLE {}, {}".format(*names, *names))


@pytest.fixture
def clients():
    agency = Agency.objects.create(name="Northwind", slug="northwind")
    return [Client.objects.create(agency=agency, name=name, slug=name) for name in ("mine", "theirs")]


def test_what_was_named_comes_with_the_connection_and_goes_with_it(clients, web):
    mine, _ = clients
    assert asked(SHOWN)[0] == web[0]
    assert Client.objects.count() == 0
    connection.close()  # back to the pool
    walls.show(user=1, clients=[mine.pk])  # before there is a connection
    assert list(Client.objects.all()) == [mine]
    assert asked(SHOWN) == (web[0], str(mine.pk), "1")
    connection.close()
    assert list(Client.objects.all()) == [mine]  # the next one is told as well
    walls.show(clients=None)
    assert Client.objects.count() == 2
    assert asked(SHOWN)[0] == web[1]
    connection.close()
    walls._view.set(walls.NOTHING)  # the pool's part alone
    assert asked(SHOWN) == (web[0], "", "")
    assert Client.objects.count() == 0


def test_a_rollback_takes_back_what_was_named_in_it(clients, web):
    with transaction.atomic():
        walls.show(clients=[clients[0].pk])
        transaction.set_rollback(True)
    assert Client.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [("INHERIT", "without asking"), ("SUPERUSER", "may see everything"), ("BYPASSRLS", "may see everything")],
)
def test_a_role_that_no_policy_would_bind_is_refused(owner, web, change, told):
    connection.close()
    connection.close_pool()
    connection.settings_dict["OPTIONS"].pop("pool")
    connection.settings_dict["USER"] = owner
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER ROLE {web[0]} {change}")
    with pytest.raises(CommandError, match=told):
        call_command("make_roles", web=web[0], flows=web[1])
