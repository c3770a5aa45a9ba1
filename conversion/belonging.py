"""What hangs on a client's row is the same client's: the database refuses a touch at another client's lead.

A row that names another one by a foreign key has its client, or (an agency's account) one that has none; and a row that others
may name never changes its client. Checked by triggers on both databases, for every foreign key between rows of clients: on
PostgreSQL once for each statement that inserts, which costs an import little (docs/walls.md has figures), where foreign keys
over two columns would need a second index on each table that is named.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.apps import apps
from django.db import connections, models, transaction

from conversion.policies import APPS

PREFIX = "belongs_"


@dataclass(frozen=True)
class Tie:
    """A foreign key from one table of clients' rows to another. shared: the row that it names may be without a client."""

    table: str
    column: str
    parent: str
    shared: bool

    def broken(self, row: str) -> str:
        """SQL: whether `row` (NEW, or a table's alias) names a row of somebody else's.

        The client is compared outside the look-up, so that each named row is found by its id: joined, PostgreSQL without
        fresh statistics goes through all rows of the client for each row.
        """
        whose = f"p.client_id = {row}.client_id" + (" OR p.client_id IS NULL" if self.shared else "")
        return (
            f"{row}.{self.column} IS NOT NULL AND {row}.client_id IS NOT NULL AND NOT COALESCE("
            f"(SELECT {whose} FROM {self.parent} p WHERE p.id = {row}.{self.column}), FALSE)"
        )

    @property
    def named(self) -> str:
        """SQL: what fresh rows name, each once: thousands of touches name some hundreds of leads, and one import."""
        return f"(SELECT DISTINCT client_id, {self.column} FROM fresh WHERE {self.column} IS NOT NULL)"

    @property
    def told(self) -> str:
        return f"{self.table}.{self.column} names a row of another client"


def ties() -> dict[str, list[Tie]]:
    """By table, in the order of the columns."""
    found: dict[str, list[Tie]] = {}
    for model in apps.get_models():
        if model._meta.app_label not in APPS or _client_of(model) is None:
            continue
        for field in model._meta.concrete_fields:
            parent: Any = field.related_model
            whose = None if parent is None or field.name == "client" else _client_of(parent)
            if whose is not None:
                tie = Tie(model._meta.db_table, str(field.column), parent._meta.db_table, whose.null)
                found.setdefault(tie.table, []).append(tie)
    return found


def _client_of(model: Any) -> models.Field | None:
    return next((field for field in model._meta.concrete_fields if field.name == "client"), None)


def on_postgresql() -> Iterator[tuple[str, str]]:
    """(table, statements) of the triggers on it."""
    for table, mine in ties().items():
        fresh = "".join(
            _refusal(f"EXISTS (SELECT 1 FROM {tie.named} fresh WHERE {tie.broken('fresh')})", tie) for tie in mine
        )
        changed = "".join(_refusal(tie.broken("NEW"), tie) for tie in mine)
        columns = ["client_id", *(tie.column for tie in mine)]
        differs = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns)
        yield (
            table,
            f"""
            CREATE OR REPLACE FUNCTION {PREFIX}{table}_new() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN {fresh} RETURN NULL; END $$;
            CREATE OR REPLACE FUNCTION {PREFIX}{table}_changed() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN {changed} RETURN NEW; END $$;
            CREATE OR REPLACE TRIGGER {PREFIX}new AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh
                FOR EACH STATEMENT EXECUTE FUNCTION {PREFIX}{table}_new();
            CREATE OR REPLACE TRIGGER {PREFIX}changed BEFORE UPDATE OF {", ".join(columns)} ON {table}
                FOR EACH ROW WHEN ({differs}) EXECUTE FUNCTION {PREFIX}{table}_changed();
            """,
        )
    for table in parents():
        yield (
            table,
            f"""
            CREATE OR REPLACE FUNCTION {PREFIX}for_good() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE integrity_constraint_violation USING MESSAGE = TG_TABLE_NAME || ': a row keeps its client'; END $$;
            CREATE OR REPLACE TRIGGER {PREFIX}for_good BEFORE UPDATE OF client_id ON {table}
                FOR EACH ROW WHEN (NEW.client_id <> OLD.client_id) EXECUTE FUNCTION {PREFIX}for_good();
            """,
        )


def _refusal(condition: str, tie: Tie) -> str:
    return f"IF {condition} THEN RAISE integrity_constraint_violation USING MESSAGE = '{tie.told}'; END IF;\n"


def parents() -> list[str]:
    return sorted({tie.parent for mine in ties().values() for tie in mine})


def on_sqlite() -> Iterator[tuple[str, str]]:
    """(name, definition) of each trigger."""
    for table, mine in ties().items():
        for tie in mine:
            refuse = f"WHEN {tie.broken('NEW')} BEGIN SELECT RAISE(ABORT, '{tie.told}'); END"
            name = f"{PREFIX}{table}_{tie.column}"
            yield f"{name}_new", f"BEFORE INSERT ON {table} {refuse}"
            yield f"{name}_changed", f"BEFORE UPDATE OF client_id, {tie.column} ON {table} {refuse}"
    for table in parents():
        yield (
            f"{PREFIX}{table}_for_good",
            f"""BEFORE UPDATE OF client_id ON {table} WHEN NEW.client_id <> OLD.client_id
            BEGIN SELECT RAISE(ABORT, '{table}: a row keeps its client'); END""",
        )


def install(using: str = "default", **_: Any) -> None:
    """Create the triggers where they are not as they are to be. Connected to `post_migrate`."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    if not {*ties(), *parents()} <= tables:
        return  # migrated back
    if connection.vendor == "postgresql":
        _install_on_postgresql(using)
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        present = dict(cursor.fetchall())
        for name, definition in on_sqlite():
            statement = f"CREATE TRIGGER {name} {definition}"
            if present.get(name) != statement:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
                cursor.execute(statement)


def _install_on_postgresql(using: str) -> None:
    """A table at a time, each locked only for a moment. The definition stands in a remark, to be known again."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, string_agg(obj_description(oid, 'pg_trigger'), '' ORDER BY tgname) "
            "FROM pg_trigger WHERE tgname LIKE %s GROUP BY 1",
            [f"{PREFIX}%"],
        )
        present = dict(cursor.fetchall())
    wanted: dict[str, str] = {}
    for table, statements in on_postgresql():
        wanted[table] = wanted.get(table, "") + statements
    for table, statements in wanted.items():
        mark = sha256(statements.encode()).hexdigest()
        if present.get(table) == mark:
            continue
        name = f"{PREFIX}for_good" if table in parents() else f"{PREFIX}new"
        with transaction.atomic(using=using), connection.cursor() as cursor:
            cursor.execute(f"{statements} COMMENT ON TRIGGER {name} ON {table} IS '{mark}'")
