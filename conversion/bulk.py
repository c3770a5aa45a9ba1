"""Many rows at once, around the ORM: prepared tuples on SQLite, COPY into a staging table on PostgreSQL.

COPY goes through staging because PostgreSQL refuses it on a table with row-level security. Triggers fire as always.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import connection, models

Values = Mapping[str, Any]


class Writer:
    """Inserts and updates rows of one model. A row is a mapping of all its columns (attnames) to Python values."""

    def __init__(self, model: type[models.Model]) -> None:
        fields = model._meta.concrete_fields
        self.columns = tuple(field.attname for field in fields)
        self._table = model._meta.db_table
        self._staging = f"staged_{self._table}"
        self._values = itemgetter(*self.columns)
        converters = enumerate(_converter(connection.vendor, _kind(field)) for field in fields)
        self._converters = [(index, convert) for index, convert in converters if convert is not None]
        self._names = ", ".join(map(connection.ops.quote_name, self.columns))

    def insert(self, rows: Sequence[Values]) -> None:
        if not rows:
            return
        if connection.vendor == "postgresql":
            self._stage(rows)
            self._run(f"INSERT INTO {self._table} ({self._names}) SELECT {self._names} FROM {self._staging}")
            return
        places = ", ".join(["%s"] * len(self.columns))
        statement = f"INSERT INTO {self._table} ({self._names}) VALUES ({places})"
        with connection.cursor() as cursor:
            cursor.executemany(statement, [self._tuple(row) for row in rows])

    def update(self, rows: Sequence[Values], *, keep: Iterable[str] = ()) -> None:
        """Set all columns of the rows, found by `id`, except those in `keep`."""
        if not rows:
            return
        changed = [name for name in self.columns if name not in {"id", *keep}]
        names = [connection.ops.quote_name(name) for name in changed]
        if connection.vendor == "postgresql":
            self._stage(rows)
            pairs = ", ".join(f"{name} = staged.{name}" for name in names)
            self._run(
                f"UPDATE {self._table} SET {pairs} FROM {self._staging} staged WHERE staged.id = {self._table}.id"
            )
            return
        pairs = ", ".join(f"{name} = %s" for name in names)
        order = [self.columns.index(name) for name in (*changed, "id")]
        stored = [self._tuple(row) for row in rows]
        with connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {self._table} SET {pairs} WHERE id = %s",
                [tuple(row[index] for index in order) for row in stored],
            )

    def _tuple(self, row: Values) -> tuple[Any, ...]:
        values = list(self._values(row))
        for index, convert in self._converters:
            value = values[index]
            if value is not None:
                values[index] = convert(value)
        return tuple(values)

    def _stage(self, rows: Sequence[Values]) -> None:
        self._run(f"CREATE TEMP TABLE IF NOT EXISTS {self._staging} (LIKE {self._table}) ON COMMIT DROP")
        self._run(f"TRUNCATE {self._staging}")
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY {self._staging} ({self._names}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(self._tuple(row))

    @staticmethod
    def _run(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)


def analyse(model: type[models.Model]) -> None:
    """Let PostgreSQL count what a load has brought: until autovacuum has been there, it takes the table for what it was
    before, and reads it all again for each row of a join. Where the role may not, PostgreSQL only warns.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {model._meta.db_table}")


def empty(model: type[models.Model]) -> dict[str, Any]:
    """A row of which nothing is known, by column: null, a plain default such as 0, or an empty text."""
    return {
        field.attname: None if field.null else field.default if isinstance(field.default, int | str) else ""
        for field in model._meta.concrete_fields
    }


def _kind(field: models.Field) -> str:
    if isinstance(field, models.ForeignKey):
        return _kind(field.target_field)
    return {"UUIDField": "id", "DateTimeField": "moment", "JSONField": "json"}.get(field.get_internal_type(), "")


def _converter(vendor: str, kind: str) -> Callable[[Any], Any] | None:
    """How a Python value is handed to the database; None: as it is."""
    converters: dict[str, Callable[[Any], Any]] = {"json": json_text}
    if vendor != "postgresql":
        converters |= {"id": sqlite_id, "moment": sqlite_moment}
    return converters.get(kind)


class Encoded(str):
    """A JSON text, where a Python value is expected: what many rows share is encoded once."""

    __slots__ = ()


# No row holds itself; to look whether one does takes a fifth of the time.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def json_text(value: Any) -> str:
    return value if isinstance(value, Encoded) else _encode(value)


def sqlite_id(value: UUID | str) -> str:
    """As Django stores it: 32 hexadecimal digits. One that `stored_id` gave stays."""
    return value if isinstance(value, str) else value.hex


def sqlite_moment(value: datetime) -> str:
    """As Django stores it: UTC without its offset. The value is in UTC."""
    return str(value.replace(tzinfo=None))


def stored_id(value: UUID) -> Any:
    """An id as a parameter of raw SQL, and as a value that many rows share."""
    return value if connection.vendor == "postgresql" else value.hex
