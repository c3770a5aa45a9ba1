"""Read a query as numpy columns, from SQLite and PostgreSQL alike.

SQL is written once, with a few marks that each database fills in its way: `{client}` and other parameters, `{epoch:x}` whole
seconds since 1970, `{micros:x}` a column of the type "us", `{key:x}` 64 bits that tell texts apart (0: an empty one).
"""

import hashlib
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Model

# numpy type and PostgreSQL type of each column type. Ids are compared, never computed with; "us": microseconds since 1970.
TYPES = {
    "i2": (">i2", "int2"),
    "i4": (">i4", "int4"),
    "i8": (">i8", "int8"),
    "f8": (">f8", "float8"),
    "us": (">i8", "timestamptz"),
    "id": ("V16", "uuid"),
}
COPY_HEADER = 19  # bytes: signature 11, flags 4, length of the extension 4
COPY_TRAILER = 2  # bytes, which no row is as few as
CHUNK = 20_000  # rows held as they came
MOST_IDS = 10_000  # of a query
Y2K = 946_684_800_000_000  # microseconds: PostgreSQL counts from 2000

POSTGRESQL = {
    "epoch": "floor(extract(epoch FROM {0}))::int8",
    "micros": "{0}",
    "key": "CASE WHEN {0} = '' THEN 0 ELSE hashtextextended({0}, 0) END",
}
SQLITE = {
    "epoch": "CAST(strftime('%%s', {0}) AS INTEGER)",
    "micros": "CAST(strftime('%%s', {0}) AS INTEGER) * 1000000 + CAST(substr({0}, 21) AS INTEGER)",
    "key": "agency_key({0})",
}
MARK = re.compile(r"\{(?:(epoch|micros|key):)?([\w.]+)\}")


@lru_cache(maxsize=1 << 16)
def text_key(text: str) -> int:
    """A text's signed 64 bits, the same everywhere; 0 for an empty text."""
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[:8], signed=True) if text else 0


def read_columns(columns: Mapping[str, tuple[str, str]], source: str, where: Mapping[str, Any]) -> dict[str, Any]:
    """One array a column. columns: name -> (type of TYPES, SQL that is never null). source: the query from FROM on."""
    postgresql = connection.vendor == "postgresql"
    fields = ", ".join(f"CAST({sql} AS {TYPES[kind][1]})" if postgresql else f"{sql}" for kind, sql in columns.values())
    query = _fill(f"SELECT {fields} {source}", POSTGRESQL if postgresql else SQLITE)
    kinds = {name: kind for name, (kind, _) in columns.items()}
    chunks: dict[str, list[Any]] = {name: [np.zeros(0, dtype=_native(kind))] for name, kind in kinds.items()}
    for chunk in _copied(kinds, query, where) if postgresql else _fetched(kinds, query, _sqlite(where)):
        for name, column in chunk.items():
            chunks[name].append(column)
    return {name: np.concatenate(chunks.pop(name)) for name in kinds}


def read_texts(names: Sequence[str], model: type[Model], ids: Any) -> dict[bytes, tuple[str, ...]]:
    """Text columns of the rows of these ids, by id."""
    found: dict[bytes, tuple[str, ...]] = {}
    keys = [uuid.UUID(bytes=bytes(key)) for key in ids]
    with connection.cursor() as cursor:
        for low in range(0, len(keys), MOST_IDS):
            block = [key if connection.vendor == "postgresql" else key.hex for key in keys[low : low + MOST_IDS]]
            places = ", ".join(["%s"] * len(block))
            cursor.execute(f"SELECT id, {', '.join(names)} FROM {model._meta.db_table} WHERE id IN ({places})", block)
            found |= {uuid.UUID(str(key)).bytes: tuple(texts) for key, *texts in cursor.fetchall()}
    return found


def _fill(query: str, dialect: Mapping[str, str]) -> str:
    def replace(match: re.Match[str]) -> str:
        mark, name = match.groups()
        return dialect[mark].format(name) if mark else f"%({name})s"

    return MARK.sub(replace, query)


def _native(kind: str) -> np.dtype[Any]:
    return np.dtype(TYPES[kind][0]).newbyteorder("=")


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


def _copied(kinds: Mapping[str, str], query: str, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A binary COPY whose fields all have a fixed width is an array of records."""
    parts: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind in kinds.items():
        parts += [(f"length of {name}", ">i4"), (name, TYPES[kind][0])]
    layout = np.dtype(parts)
    for data in _blocks(f"COPY ({query}) TO STDOUT (FORMAT BINARY)", params, CHUNK * layout.itemsize):
        records = np.frombuffer(data, dtype=layout)
        yield {name: _column(records[name], kind) for name, kind in kinds.items()}


def _column(values: Any, kind: str) -> Any:
    column = values.astype(_native(kind))
    return column + Y2K if kind == "us" else column


def _blocks(statement: str, params: Mapping[str, Any], size: int) -> Iterator[bytearray]:
    """The bytes of the rows, some `size` at a time. psycopg's `read` costs more than a row, so it only waits: what has come
    with a row is taken from libpq.
    """
    block = bytearray()
    with connection.cursor() as cursor, cursor.cursor.copy(statement, params) as copy:
        take: Callable[[int], tuple[int, Any]] = copy.connection.pgconn.get_copy_data
        row = copy.read()[COPY_HEADER:]
        while row:
            there = len(row)
            while there > COPY_TRAILER:
                block += row
                there, row = take(1)
            if len(block) >= size:
                yield block
                block = bytearray()
            row = copy.read()
    yield block


def _fetched(kinds: Mapping[str, str], query: str, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.connection.create_function("agency_key", 1, text_key, deterministic=True)
        cursor.execute(query, params)
        while rows := cursor.fetchmany(CHUNK):
            columns = zip(kinds.items(), zip(*rows, strict=True), strict=True)
            yield {name: _parsed(kind, column) for (name, kind), column in columns}


def _parsed(kind: str, column: tuple[Any, ...]) -> Any:
    if kind == "id":
        return np.frombuffer(bytes.fromhex("".join(column)), dtype=_native(kind))
    return np.array(column, dtype=_native(kind))
