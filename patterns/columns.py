"""Read a query as numpy columns, from SQLite and PostgreSQL alike.

SQL is written once, with a few marks that each database fills in its way: `{client}` and other parameters, `{epoch:x}` whole
seconds since 1970, `{hash:x}` 64 bits of a text's MD5 (0 for an empty one), `{list:name}` a table of (value, code) from a list
of texts, codes from 1, `{by:x}` an index that SQLite, which counts no rows beforehand, is told to use.
"""

import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.db import connection

# numpy type and PostgreSQL type of each column type; ids are compared, never computed with.
TYPES = {
    "i2": (">i2", "int2"),
    "i4": (">i4", "int4"),
    "i8": (">i8", "int8"),
    "f8": (">f8", "float8"),
    "id": ("V16", "uuid"),
}
COPY_HEADER = 19  # bytes: signature 11, flags 4, length of the extension 4
COPY_TRAILER = 2
CHUNK = 20_000  # rows held as tuples at a time

POSTGRESQL = {
    "epoch": "floor(extract(epoch FROM {0}))::int8",
    "hash": "CASE WHEN {0} = '' THEN 0 ELSE ('x' || left(md5({0}), 16))::bit(64)::int8 END",
    "list": "unnest(%({0})s::text[]) WITH ORDINALITY AS",
    "by": "",
}
SQLITE = {
    "epoch": "CAST(strftime('%%s', {0}) AS INTEGER)",
    "hash": "agency_hash({0})",
    "list": "(SELECT value, code FROM agency_list WHERE name = '{0}')",
    "by": "INDEXED BY {0}",
}
MARK = re.compile(r"\{(?:(epoch|hash|list|by):)?([\w.]+)\}")


def text_hash(text: str) -> int:
    """A text's signed 64-bit key, the same as `{hash:x}` in either database; 0 for an empty text."""
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[:8], signed=True) if text else 0


def read_columns(
    columns: Mapping[str, tuple[str, str]],
    source: str,
    where: Mapping[str, Any],
    lists: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """One array a column. columns: name -> (type of TYPES, SQL that is never null). source: the query from FROM on."""
    postgresql = connection.vendor == "postgresql"
    fields = ", ".join(f"CAST({sql} AS {TYPES[kind][1]})" if postgresql else f"{sql}" for kind, sql in columns.values())
    query = f"SELECT {fields} {source}"
    kinds = {name: kind for name, (kind, _) in columns.items()}
    if postgresql:
        return _copy(kinds, _fill(query, POSTGRESQL), {**where, **(lists or {})})
    _keep_lists(lists or {})
    return _fetch(kinds, _fill(query, SQLITE), _sqlite(where))


def read_values(query: str, where: Mapping[str, Any]) -> list[str]:
    """The texts of a one-column query, sorted by code point, the same on every database."""
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(_fill(query, POSTGRESQL if postgresql else SQLITE), where if postgresql else _sqlite(where))
        return sorted(row[0] for row in cursor.fetchall())


def _fill(query: str, dialect: Mapping[str, str]) -> str:
    def replace(match: re.Match[str]) -> str:
        mark, name = match.groups()
        return dialect[mark].format(name) if mark else f"%({name})s"

    filled = MARK.sub(replace, query)
    # A set-returning function names its columns after its alias.
    return re.sub(r"(WITH ORDINALITY AS) (\w+)", r"\1 \2(value, code)", filled)


def _keep_lists(lists: Mapping[str, Sequence[str]]) -> None:
    """The lists as an indexed table of this connection: a join with json_each takes the product of both sizes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS agency_list (name TEXT, value TEXT, code INTEGER, PRIMARY KEY (name, value)) "
            "WITHOUT ROWID"
        )
        cursor.execute("DELETE FROM agency_list")
        rows = [(name, value, code) for name, values in lists.items() for code, value in enumerate(values, start=1)]
        cursor.executemany("INSERT INTO agency_list VALUES (%s, %s, %s)", rows)


def _sqlite(where: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as Django stores them in SQLite: ids as hex, times as UTC text."""
    stored: dict[str, Any] = {}
    for name, value in where.items():
        if isinstance(value, uuid.UUID):
            stored[name] = value.hex
        elif isinstance(value, datetime):
            stored[name] = str(value.astimezone(UTC).replace(tzinfo=None))
        else:
            stored[name] = value
    return stored


def _copy(kinds: Mapping[str, str], query: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """A binary COPY whose fields all have a fixed width is an array of records."""
    parts: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind in kinds.items():
        parts += [(f"length of {name}", ">i4"), (name, TYPES[kind][0])]
    with connection.cursor() as cursor, cursor.cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT BINARY)", params) as copy:
        data = b"".join(copy)
    records = np.frombuffer(data[COPY_HEADER:-COPY_TRAILER], dtype=parts)
    return {
        name: records[name] if kind == "id" else records[name].astype(np.dtype(TYPES[kind][0]).newbyteorder("="))
        for name, kind in kinds.items()
    }


def _fetch(kinds: Mapping[str, str], query: str, params: Mapping[str, Any]) -> dict[str, Any]:
    chunks: dict[str, list[Any]] = {name: [] for name in kinds}
    with connection.cursor() as cursor:
        cursor.connection.create_function("agency_hash", 1, text_hash, deterministic=True)
        cursor.execute(query, params)
        while rows := cursor.fetchmany(CHUNK):
            for (name, kind), column in zip(kinds.items(), zip(*rows, strict=True), strict=True):
                values = [bytes.fromhex(value) for value in column] if kind == "id" else column
                chunks[name].append(np.array(values, dtype=np.dtype(TYPES[kind][0]).newbyteorder("=")))
    return {
        name: np.concatenate(parts) if parts else np.zeros(0, dtype=np.dtype(TYPES[kinds[name]][0]).newbyteorder("="))
        for name, parts in chunks.items()
    }
