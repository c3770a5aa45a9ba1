"""Rows of a model by SQL that stands ready: for what is asked at every call, where Django takes several times as long to make
the query, and to read what comes of it, as a database to answer it.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models

Convert = Callable[[Any], Any]


M = TypeVar("M", bound=models.Model)


def fetched(
    model: type[M], columns: tuple[str, ...], statement: str, values: Sequence[Any]
) -> list[tuple[M, tuple[Any, ...]]]:
    """A statement's rows, each as an instance and the values that follow its own. columns: of the model, by attname and in
    its order, with which the statement's begin; another one is fetched when somebody asks for it.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = [list(row) for row in cursor.fetchall()]
    for place, convert in converters(connection.vendor, model, columns):
        for row in rows:
            row[place] = convert(row[place])
    end = len(columns)
    return [(model.from_db(DEFAULT_DB_ALIAS, columns, row[:end]), tuple(row[end:])) for row in rows]


@cache
def converters(vendor: str, model: type[models.Model], columns: tuple[str, ...]) -> list[tuple[int, Convert]]:  # noqa: ARG001
    """By place of the column, as Django's own queries apply them. vendor: of the connection, whose driver decides."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    found: list[tuple[int, Convert]] = []
    for place, name in enumerate(columns):
        field = fields[name]
        column = field.get_col(model._meta.db_table)
        steps = [*connection.ops.get_db_converters(column), *field.get_db_converters(connection)]
        found += [(place, partial(_converted, step, column)) for step in steps]
    return found


def _converted(step: Callable[[Any, Any, Any], Any], column: Any, value: Any) -> Any:
    return step(value, column, connection)
