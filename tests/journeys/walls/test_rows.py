"""On PostgreSQL nothing foreign is shown or written, though the application's own filters are switched off."""

import pytest
from django.db import DatabaseError, connection, transaction

from conversion import policies, walls
from conversion.models import Activity, Client, IdempotentCall, Lead, Membership, Suppression
from conversion.tenancy import across_clients

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

GUARDED = sorted(model._meta.db_table for model, _ in policies.guarded())
WITH_CLIENT = sorted(
    model._meta.db_table
    for model, _ in policies.guarded()
    if "client" in {field.name for field in model._meta.concrete_fields}
)
FORBIDDEN = "row-level security policy"
REFUSALS = (FORBIDDEN, "permission denied", "a row keeps its client", "names a row of another client")


def rows(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def done(statement, *values):
    """How many rows a statement touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def refused(statement, *values):
    """Whether the database refuses a statement: by policies, rights, or since clients would be mixed."""
    try:
        with transaction.atomic():
            done(statement, *values)
    except DatabaseError as error:
        return any(word in str(error) for word in REFUSALS)
    return False


@pytest.mark.usefixtures("as_web")
def test_where_nobody_was_named_nothing_is_shown():
    shown = {table: len(rows(f"SELECT * FROM {table}")) for table in GUARDED}
    everybodys = {"conversion_suppression": 1, "conversion_provideraccount": 1}
    assert shown == dict.fromkeys(GUARDED, 0) | everybodys


def test_each_table_shows_its_own(as_web):
    mine = as_web.mine.client.pk
    walls.show(clients=[mine])
    whose = {table: {row[0] for row in rows(f"SELECT DISTINCT client_id FROM {table}")} for table in WITH_CLIENT}
    assert [table for table, ids in whose.items() if mine not in ids] == [], (
        "grow a row in tests/journeys/walls/world.py"
    )
    assert {table: ids - {mine, None} for table, ids in whose.items() if ids - {mine, None}} == {}


def test_no_table_lets_anything_foreign_be_changed_or_deleted(as_web):
    walls.show(user=as_web.mine.user.pk, clients=[as_web.mine.client.pk])
    theirs = [as_web.neighbour.client.pk, as_web.foreign.client.pk]
    changeable = [table for table in WITH_CLIENT if table != "conversion_auditentry"]
    changed = {
        table: done(f"UPDATE {table} SET client_id = client_id WHERE client_id = ANY(%s)", theirs)
        for table in changeable
    }
    deleted = {table: done(f"DELETE FROM {table} WHERE client_id = ANY(%s)", theirs) for table in changeable}
    assert changed == deleted == dict.fromkeys(changeable, 0)


def test_no_row_is_given_to_somebody_else(as_web):
    mine, theirs = as_web.mine.client.pk, as_web.foreign.client.pk
    walls.show(user=as_web.mine.user.pk, clients=[mine])
    statement = "UPDATE {} SET client_id = %s WHERE client_id = %s"
    assert [table for table in WITH_CLIENT if not refused(statement.format(table), theirs, mine)] == []


def test_no_row_is_made_for_somebody_else(as_web):
    """A copy of one's own row, under another's name."""
    mine, theirs = as_web.mine.client.pk, as_web.foreign.client.pk
    walls.show(user=as_web.mine.user.pk, clients=[mine])
    assert [table for table in WITH_CLIENT if not refused(copy_of(table), theirs, mine)] == []


def copy_of(table):
    told = rows("SELECT column_name, is_identity FROM information_schema.columns WHERE table_name = %s", table)
    columns = [name for name, is_identity in told if is_identity == "NO"]
    values = [{"client_id": "%s", "id": "gen_random_uuid()"}.get(name, f'"{name}"') for name in columns]
    names = ", ".join(f'"{name}"' for name in columns)
    return f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} FROM {table} WHERE client_id = %s LIMIT 1"


@pytest.mark.usefixtures("as_web")
def test_the_audit_log_is_neither_changed_nor_taken_away():
    walls.show(clients=None)
    assert refused("UPDATE conversion_auditentry SET actor = 'nobody'")
    assert refused("DELETE FROM conversion_auditentry")


@pytest.mark.usefixtures("as_web")
def test_whoever_sees_everything_alters_no_table():
    walls.show(clients=None)
    assert refused("TRUNCATE conversion_sign")
    with pytest.raises(DatabaseError, match="must be owner"), transaction.atomic():
        done("ALTER TABLE conversion_lead DISABLE ROW LEVEL SECURITY")


def test_managers_without_their_scope_show_nothing_foreign(as_web):
    walls.show(clients=[as_web.mine.client.pk])
    with across_clients("operations"):
        assert {lead.client_id for lead in Lead.objects.all()} == {as_web.mine.client.pk}
        assert Activity.objects.exclude(client=as_web.mine.client).count() == 0
        assert Lead.objects.filter(pk=as_web.foreign.lead.pk).update(first_name="x") == 0
        assert Lead.objects.filter(pk=as_web.neighbour.lead.pk).delete()[0] == 0
    assert [client.name for client in Client.objects.all()] == ["mine"]


def test_several_clients_are_shown_together(as_web):
    walls.show(clients=[as_web.mine.client.pk, as_web.foreign.client.pk])
    assert {client.name for client in Client.objects.all()} == {"mine", "foreign"}


def test_what_an_agency_shares_is_read_and_not_written(as_web):
    walls.show(clients=[as_web.mine.client.pk])
    shown = {row[0] for row in rows("SELECT value FROM conversion_suppression")}
    assert shown == {"no@example.com", "all@northwind.example", "nobody@example.com"}
    assert done("DELETE FROM conversion_suppression WHERE client_id IS NULL") == 0
    assert done("UPDATE conversion_provideraccount SET is_active = false WHERE client_id IS NULL") == 0
    with pytest.raises(DatabaseError, match=FORBIDDEN), transaction.atomic():
        Suppression.objects.create(kind="domain", value="example.com")  # everybody's
    names = {row[0] for row in rows("SELECT name FROM conversion_agency")}
    assert names == {"Northwind"}
    assert rows("SELECT count(*) FROM conversion_mailbox") == [(2,)]  # its own, and the shared account's


def test_a_message_that_may_be_another_clients_is_shown_to_neither(as_web):
    walls.show(clients=[as_web.mine.client.pk])
    open_ones = {row[0] for row in rows("SELECT id FROM conversion_inboundmessage WHERE client_id IS NULL")}
    assert open_ones == {as_web.mine.nobodys.pk}


def test_a_callers_own_grants_and_calls_alone_are_shown(as_web):
    walls.show(user=as_web.mine.user.pk)
    assert [one.user_id for one in Membership.objects.all()] == [as_web.mine.user.pk]
    assert [one.user_id for one in IdempotentCall.objects.all()] == [as_web.mine.user.pk]
    assert len(rows("SELECT * FROM conversion_apitoken_clients")) == 1


def test_lifting_shows_everything_and_is_taken_back(as_web):
    with walls.lifted("arrivals"):
        assert Client.objects.count() == 3
    assert Client.objects.count() == 0
    with pytest.raises(ValueError, match="not a named cross-client place"), walls.lifted("whim"):
        pass


def test_lifting_is_taken_back_where_a_query_broke_the_transaction(as_web):
    with pytest.raises(DatabaseError), transaction.atomic(), walls.lifted("arrivals"):
        rows("SELECT 1 / 0")
    assert Client.objects.count() == 0


def test_one_client_for_a_moment(as_web):
    walls.show(clients=[as_web.mine.client.pk])
    with walls.only(as_web.foreign.client.pk):
        assert [client.name for client in Client.objects.all()] == ["foreign"]
    assert [client.name for client in Client.objects.all()] == ["mine"]


def test_the_end_of_a_request_forgets(as_web):
    walls.show(clients=None)
    assert Client.objects.count() == 3
    walls.forget()
    assert Client.objects.count() == 0


def test_whoever_may_not_take_the_other_role_on_is_stopped(as_web):
    walls._walls["default"] = walls.Wall(binds=True, flows=None)
    with pytest.raises(walls.NoWayThroughError, match="make_roles"):
        walls.show(clients=None)
