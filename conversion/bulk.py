"""Many rows at once, around the ORM: prepared tuples on SQLite, COPY on PostgreSQL. Triggers fire as always.

COPY goes through a staging table where policies bind the role, since PostgreSQL refuses it on their tables, and for updates.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any, cast
from uuid import UUID

from django.db import connection, models, transaction
from uuid_utils import uuid7

from conversion.encoding import Block, Form, Stored, Values
from conversion.walls import wall

NOTHING: Values = {}
SAMPLE = 25  # of 300 rows each, by which the planner is told of a load: a quarter of the usual
FEW = 100  # rows that one statement inserts: on SQLite each statement costs as much as half a row


class Writer:
    """Inserts and updates rows of one model. A row is a mapping of all its columns (attnames) to Python values."""

    def __init__(self, model: type[models.Model], always: Values = NOTHING, first: Sequence[str] = ()) -> None:
        """always: values by column that all rows share; the rows need not have them. first: columns that stand in front in
        stored rows, where rows differ by these alone.
        """
        null = {name for name, value in always.items() if value is None}  # as any column that is not named
        kinds = {one.attname: _kind(one) for one in model._meta.concrete_fields if one.attname not in null}
        given = {name: value for name, value in always.items() if name not in null}
        self.form = Form(connection.vendor, kinds, given, first)
        self.columns = self.form.columns
        self._table = model._meta.db_table
        self._staging = f"staged_{self._table}"
        self._names = ", ".join(map(connection.ops.quote_name, self.columns))

    def insert(self, rows: Sequence[Values]) -> None:
        self.store(self.form.block(rows))

    def insert_stored(self, rows: Sequence[tuple[Stored, Stored]]) -> None:
        """Insert rows such as `form.stored` makes, each in two parts: its own, and what it may share with others. One statement
        for few of them: COPY where it can be, since the driver reads a statement of a hundred parameters for a millisecond.
        """
        if connection.vendor == "postgresql" and wall().binds and len(rows) <= FEW:
            self._prepared([(*own, *rest, *self.form.shared) for own, rest in rows])
        else:
            self.store(self.form.joined(rows))

    def store(self, block: Block | None) -> None:
        """Insert rows that `form` has written; None: there are none."""
        if not block:
            return
        if connection.vendor != "postgresql":
            self._prepared(cast("list[Stored]", block))
        elif wall().binds:
            self._stage(block)
            self._run(f"INSERT INTO {self._table} ({self._names}) SELECT {self._names} FROM {self._staging}")
        else:
            self._copy(self._table, block)

    def storing(self, block: Block | None) -> Callable[[], None] | None:
        """What stores the block, to be called in another thread while nobody uses the connection; it raises the driver's own
        errors. None where rows cannot be stored so.
        """
        if not block or connection.vendor != "postgresql" or wall().binds:
            return None
        driver, statement = connection.connection, self._copying(self._table)

        def store() -> None:
            with driver.cursor() as cursor, cursor.copy(statement) as copy:
                copy.write(block)

        return store

    def _prepared(self, rows: Sequence[Stored]) -> None:
        whole = len(rows) - len(rows) % FEW
        batches, rest = [rows[start : start + FEW] for start in range(0, whole, FEW)], rows[whole:]
        with connection.cursor() as cursor:
            if batches:
                cursor.executemany(self._inserting(FEW), [[*chain.from_iterable(batch)] for batch in batches])
            if rest:
                cursor.execute(self._inserting(len(rest)), [*chain.from_iterable(rest)])

    def _inserting(self, rows: int) -> str:
        places = f"({', '.join(['%s'] * len(self.columns))})"
        return f"INSERT INTO {self._table} ({self._names}) VALUES {', '.join([places] * rows)}"

    def update(self, rows: Sequence[Values], *, keep: Iterable[str] = ()) -> None:
        """Set all columns of the rows, found by `id`, except those in `keep`."""
        if not rows:
            return
        changed = [name for name in self.columns if name not in {"id", *keep}]
        names = [connection.ops.quote_name(name) for name in changed]
        block = self.form.block(rows)
        if connection.vendor == "postgresql":
            self._stage(block)
            pairs = ", ".join(f"{name} = staged.{name}" for name in names)
            self._run(
                f"UPDATE {self._table} SET {pairs} FROM {self._staging} staged WHERE staged.id = {self._table}.id"
            )
            return
        pairs = ", ".join(f"{name} = %s" for name in names)
        order = [self.columns.index(name) for name in (*changed, "id")]
        with connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {self._table} SET {pairs} WHERE id = %s",
                [tuple(row[index] for index in order) for row in cast("list[Any]", block)],
            )

    def _stage(self, block: Block) -> None:
        self._run(f"CREATE TEMP TABLE IF NOT EXISTS {self._staging} (LIKE {self._table}) ON COMMIT DROP")
        self._run(f"TRUNCATE {self._staging}")
        self._copy(self._staging, block)

    def _copy(self, table: str, block: Block) -> None:
        # Of Django's cursor, `copy` alone lets the driver's own errors through.
        with (
            connection.cursor() as cursor,
            connection.wrap_database_errors,
            cursor.copy(self._copying(table)) as copy,
        ):
            copy.write(block)

    def _copying(self, table: str) -> str:
        return f"COPY {table} ({self._names}) FROM STDIN"

    @staticmethod
    def _run(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)


def checked_at_once() -> None:
    """For the rest of the transaction, rows named by others are looked up as they are stored, and not all at the commit."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def analyse(model: type[models.Model]) -> None:
    """Let PostgreSQL count what a load has brought: until autovacuum has been there, it takes the table for what it was
    before, and reads it all again for each row of a join. Where the role may not, PostgreSQL only warns. Only what indexes hold
    is counted: the other columns take longer, and autovacuum counts them soon.
    """
    if connection.vendor == "postgresql":
        held = {name for one in (*model._meta.indexes, *model._meta.constraints) for name in getattr(one, "fields", ())}
        fields = [field for field in model._meta.concrete_fields if field.name in held or field.primary_key]
        names = ", ".join(connection.ops.quote_name(field.attname) for field in fields)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL default_statistics_target = {SAMPLE}")
            cursor.execute(f"ANALYZE {model._meta.db_table} ({names})")
            cursor.execute("SET LOCAL default_statistics_target TO DEFAULT")


def empty(model: type[models.Model]) -> dict[str, Any]:
    """A row of which nothing is known, by column: null, a plain default such as 0, or an empty text."""
    return {
        field.attname: None if field.null else field.default if isinstance(field.default, int | str) else ""
        for field in model._meta.concrete_fields
    }


def _kind(field: models.Field) -> str:
    held = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(held, models.IntegerField | models.FloatField | models.BooleanField):
        return "number" if field.null else "sure"
    return {"UUIDField": "id", "DateTimeField": "moment", "JSONField": "json"}.get(held.get_internal_type(), "")


def fresh_id() -> str:
    """A new id, as `stored_id` gives it on SQLite; PostgreSQL reads it in a load."""
    return uuid7().hex


def stored_id(value: UUID) -> Any:
    """An id as a parameter of raw SQL, and as a value that many rows share."""
    return value if connection.vendor == "postgresql" else value.hex
