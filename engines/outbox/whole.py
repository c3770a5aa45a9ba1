"""A touch with all that its message is made from, in one statement.

The same statement runs for each message that goes out; Django's own would be built anew each time, at the price of the rest of
the dispatch.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

from conversion.bulk import stored_id
from conversion.models import Activity, Agency, Client, Lead, ProviderAccount, Sender

PARTS: tuple[tuple[str, type[Model]], ...] = (
    ("a", Activity),
    ("l", Lead),
    ("c", Client),
    ("g", Agency),
    ("s", Sender),
    ("p", ProviderAccount),
)
STATEMENT = """SELECT {columns} FROM conversion_activity a JOIN conversion_lead l ON l.id = a.lead_id
    JOIN conversion_client c ON c.id = a.client_id JOIN conversion_agency g ON g.id = c.agency_id
    LEFT JOIN conversion_sender s ON s.id = a.sender_id LEFT JOIN conversion_provideraccount p ON p.id = s.account_id
    WHERE a.id = %s"""

Converter = Callable[[Any], Any]


def read(touch: UUID) -> Activity:
    """The touch with its lead, client, agency, sender and account. Raises DoesNotExist where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(statement(), [stored_id(touch)])
        row = cursor.fetchone()
    if row is None:
        raise Activity.DoesNotExist(f"there is no touch {touch}")
    end, objects = 0, []
    for model, converters in conversions(connection.vendor):
        start, end = end, end + len(model._meta.concrete_fields)
        objects.append(made(model, row[start:end], converters))
    activity, lead, client, agency, sender, account = objects
    activity.lead, activity.client, activity.sender, client.agency = lead, client, sender, agency
    if sender is not None:
        sender.account = account
    found: Activity = activity
    return found


def made(model: type[Model], values: Sequence[Any], converters: Sequence[tuple[int, Converter]]) -> Any:
    """An instance, as the ORM makes one; None for the columns of a row that is not there."""
    if values[0] is None:
        return None
    values = list(values)
    for place, convert in converters:
        values[place] = convert(values[place])
    return model.from_db(connection.alias, [field.attname for field in model._meta.concrete_fields], values)


@cache
def statement() -> str:
    columns = [f'{alias}."{field.column}"' for alias, model in PARTS for field in model._meta.concrete_fields]
    return STATEMENT.format(columns=", ".join(columns))


@cache
def conversions(vendor: str) -> list[tuple[type[Model], list[tuple[int, Converter]]]]:
    """Of each model, how the values of some columns, by place, are made from what the driver of this database gives."""
    del vendor
    return [(model, of_model(model)) for _, model in PARTS]


def of_model(model: type[Model]) -> list[tuple[int, Converter]]:
    found: list[tuple[int, Converter]] = []
    for place, field in enumerate(model._meta.concrete_fields):
        column = field.get_col(model._meta.db_table)
        steps = [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]
        found += [(place, converter(step, column)) for step in steps]
    return found


def converter(step: Callable[..., Any], column: Any) -> Converter:
    return lambda value: step(value, column, connection)
