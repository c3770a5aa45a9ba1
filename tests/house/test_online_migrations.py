"""A new migration does not lock a large table that is in use: it would stop every send and every page while it runs.

Those up to FROM make a new database, and may do as they like.
"""

import re

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader

from conversion.online import AddIndexOnline, AddUniqueOnline, LeaveRoom, Lighten, heavier

FROM = {"conversion": 10, "patterns": 6, "engines": 1}
# Tables that may have millions of rows.
LARGE = {"activity", "event", "lead", "importchange", "callback", "inboundmessage", "suppression"}
SAFE = (
    migrations.CreateModel,
    AddIndexOnline,
    AddUniqueOnline,
    Lighten,
    LeaveRoom,
    AddConstraintNotValid,
    ValidateConstraint,
    migrations.RemoveIndex,
    migrations.RemoveConstraint,
    migrations.RemoveField,
    migrations.AlterModelOptions,
    migrations.AlterModelManagers,
    migrations.SeparateDatabaseAndState,
)
WAY_OUT = {
    migrations.AddIndex: "use conversion.online.AddIndexOnline in a migration with atomic = False",
    migrations.AddConstraint: "a check: AddConstraintNotValid, and ValidateConstraint in a migration of its own; a unique one: "
    "AddUniqueOnline",
    migrations.AddField: "a null column, or one with db_default; no index, and no foreign key in the same step",
    migrations.AlterField: "Lighten where it only loses a foreign key, an index or uniqueness; else a new column beside it, "
    "filled in pages, and read once it is full",
    migrations.RunPython: "a command that works in pages, such as backfill_patterns; a migration changes tables, not rows",
    migrations.RunSQL: "as for RunPython",
    migrations.RenameField: "the version that still runs would break: add, copy, remove, in three releases",
    migrations.RenameModel: "as for RenameField",
    migrations.DeleteModel: "the version that still runs would break: first release without its use, then delete it",
}


def objection(operation):
    """Why an operation may not stand in a migration, with the way out; empty where it may."""
    if isinstance(operation, SAFE):
        return ""
    name = getattr(operation, "model_name", getattr(operation, "name", "")).lower()
    speaks_of_rows = isinstance(operation, migrations.RunPython | migrations.RunSQL)
    if name not in LARGE and not speaks_of_rows:
        return ""
    if isinstance(operation, migrations.AddField) and is_added_at_once(operation.field):
        return ""
    way_out = next(
        (told for kind, told in WAY_OUT.items() if isinstance(operation, kind)), "say why it is safe, in SAFE"
    )
    return f"{type(operation).__name__} of {name or 'rows'}: {way_out}"


def is_added_at_once(field):
    """PostgreSQL keeps a constant default beside the table; it writes no row."""
    plain = not (field.is_relation or field.unique or field.db_index)
    return plain and (field.null or field.db_default is not models.NOT_PROVIDED or is_constant(field))


def is_constant(field):
    return field.has_default() and not callable(field.default)


def new_migrations():
    for (app, name), migration in sorted(MigrationLoader(None).disk_migrations.items()):
        if app in FROM and int(re.match(r"\d+", name)[0]) >= FROM[app]:
            yield migration


def test_new_migrations_lock_nothing_large():
    found = {str(migration): [objection(one) for one in migration.operations] for migration in new_migrations()}
    assert {name: [told for told in objections if told] for name, objections in found.items() if any(objections)} == {}


def test_what_is_built_online_is_not_in_a_transaction():
    online = [
        one
        for one in new_migrations()
        if any(isinstance(step, AddIndexOnline | AddUniqueOnline) for step in one.operations)
    ]
    assert [str(one) for one in online if one.atomic] == []
    assert online


PLAIN, INDEXED = models.CharField(max_length=9, default=""), models.CharField(max_length=9, default="", db_index=True)
INDEX = models.Index(fields=["state"], name="x")
UNIQUE = models.UniqueConstraint(fields=["state"], condition=models.Q(state="x"), name="x")
CHECK = models.CheckConstraint(condition=models.Q(state="x"), name="x")


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddIndex("activity", INDEX),
        migrations.AddConstraint("Event", CHECK),
        migrations.AddField("lead", "x", INDEXED),
        migrations.AddField("lead", "x", models.CharField(max_length=9, default=str)),
        migrations.AddField("lead", "x", models.ForeignKey("conversion.Client", models.CASCADE, null=True)),
        migrations.AlterField("activity", "state", PLAIN),
        migrations.RenameField("lead", "email", "mail"),
        migrations.RunPython(migrations.RunPython.noop),
        migrations.RunSQL("UPDATE conversion_lead SET email = ''"),
        migrations.DeleteModel("Event"),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_what_locks_is_refused_with_a_way_out(operation):
    assert ": " in objection(operation)


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddIndex("agency", INDEX),
        migrations.CreateModel("Letter", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("lead", "x", PLAIN),
        migrations.AddField("lead", "x", models.IntegerField(null=True)),
        migrations.RemoveField("lead", "x"),
        AddIndexOnline("activity", INDEX),
        AddUniqueOnline("activity", UNIQUE),
        Lighten("activity", "state", PLAIN),
        LeaveRoom("lead", 50),
        AddConstraintNotValid("activity", CHECK),
        ValidateConstraint("activity", "x"),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_what_does_not_is_not(operation):
    assert objection(operation) == ""


@pytest.mark.parametrize(
    ("before", "after", "gained"),
    [
        (models.CharField(max_length=9, unique=True), models.CharField(max_length=9), ""),
        (models.IntegerField(db_index=True), models.IntegerField(help_text="x"), ""),
        (models.IntegerField(), models.IntegerField(db_index=True), "it gains db_index"),
        (models.IntegerField(), models.IntegerField(unique=True), "it gains unique"),
        (models.IntegerField(), models.BigIntegerField(), "the column itself changes"),
        (models.IntegerField(null=True), models.IntegerField(), "the column itself changes"),
    ],
)
def test_what_is_lightened_only_loses(before, after, gained):
    for field in (before, after):
        field.set_attributes_from_name("x")
    assert heavier(before, after, connection).startswith(gained)
    assert bool(gained) == bool(heavier(before, after, connection))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such setting")
@pytest.mark.django_db
def test_room_is_left_and_taken_back():
    state = MigrationLoader(connection).project_state()

    def options():
        with connection.cursor() as cursor:
            cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'conversion_lead'")
            return cursor.fetchone()[0]

    assert options() == ["fillfactor=50"]
    with connection.schema_editor() as editor:
        LeaveRoom("lead", 50).database_backwards("conversion", editor, state, state)
        assert options() is None
        LeaveRoom("lead", 80).database_forwards("conversion", editor, state, state)
    assert options() == ["fillfactor=80"]
