"""Taking an import out again: what it created goes, what it changed is as before, and nothing else moves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.timezone import now

from conversion import optouts
from conversion.attribution import LeadSet
from conversion.bulk import Writer, stored_id
from conversion.counts import counted
from conversion.importer.changes import DERIVED, MODELS, as_json, from_json, leave_bookings, pages, rows_by_id
from conversion.models import Client, ImportBatch, ImportChange
from conversion.tenancy import ClientRow

# Tables of what a batch creates, the referring first.
CREATED = ("conversion_event", "conversion_activity", "conversion_lead")
CALLED = {"lead": "lead", "activity": "touch", "event": "event"}  # what a row of each is, in words
MINE = "client_id = %s AND batch_id = %s"
NOT_MINE = "client_id = %s AND (batch_id IS NULL OR batch_id <> %s)"
MY_LEADS = f"(SELECT id FROM conversion_lead WHERE {MINE})"
MY_TOUCHES = f"(SELECT id FROM conversion_activity WHERE {MINE})"
# What may hang on created rows without being of the batch itself.
HANGING = {
    "touch": f"SELECT COUNT(*) FROM conversion_activity WHERE {NOT_MINE} AND lead_id IN {MY_LEADS}",
    "event": (
        f"SELECT COUNT(*) FROM conversion_event WHERE {NOT_MINE} "
        f"AND (lead_id IN {MY_LEADS} OR activity_id IN {MY_TOUCHES})"
    ),
    "plan": f"SELECT COUNT(*) FROM conversion_sequence WHERE lead_id IN {MY_LEADS}",
}
TOUCHED = f"""SELECT lead_id FROM conversion_activity WHERE {MINE} AND lead_id NOT IN {MY_LEADS}
    UNION SELECT lead_id FROM conversion_event WHERE {MINE} AND lead_id NOT IN {MY_LEADS}"""


class CannotUndo(ValueError):  # noqa: N818 (it says what is wrong)
    """The import cannot be taken out; the message says what stands on it."""


@dataclass(frozen=True)
class Undone:
    """removed, restored: rows by table. kept: columns of restored rows that were changed since and stay as they are.
    already: it was undone before, and nothing was done now.
    """

    removed: Mapping[str, int]
    restored: Mapping[str, int]
    kept: int = 0
    already: bool = False


def undo(batch: ImportBatch) -> Undone:
    """Take the batch out, in one transaction. Raises CannotUndo."""
    with transaction.atomic():
        client = Client.objects.select_for_update(no_key=True).get(pk=batch.client_id)
        batch = ImportBatch.objects.for_client(client).get(pk=batch.pk)
        if batch.undone_at is not None:
            return Undone({}, {}, already=True)
        _refuse(batch)
        with LeadSet() as leads:
            mine = (stored_id(client.pk), stored_id(batch.pk))
            leads.add_from(TOUCHED, mine * 4)
            removed = {table: _delete(table, mine) for table in CREATED}
            restored, kept = _restore(client, batch, leads)
            leads.settle(optouts.settle)
        ImportChange.objects.for_client(client).filter(batch=batch).delete()
        batch.undone_at = now()
        batch.save(update_fields=["undone_at"])
    return Undone({table.removeprefix("conversion_"): count for table, count in removed.items()}, restored, kept)


def _refuse(batch: ImportBatch) -> None:
    mine = (stored_id(batch.client_id), stored_id(batch.pk))
    if later := _later(batch):
        listed = ", ".join(f"{pk} ({counted(rows, 'row')})" for pk, rows in later.items())
        raise CannotUndo(
            f"cannot undo {batch.pk}: later imports changed rows of this one: undo them first, the latest first: {listed}"
        )
    hanging = {what: _count(query, mine * (query.count("%s") // 2)) for what, query in HANGING.items()}
    if any(hanging.values()):
        listed = " and ".join(counted(count, what) for what, count in hanging.items() if count)
        raise CannotUndo(
            f"cannot undo {batch.pk}: rows that are not of this import hang on rows that it created ({listed}); "
            "undo the imports that brought them first"
        )


def _later(batch: ImportBatch) -> dict[UUID, int]:
    """Imports after this one that changed rows which this one created or changed, with the number of these rows."""
    client, pk = stored_id(batch.client_id), stored_id(batch.pk)
    created = " UNION ALL ".join(f"SELECT id FROM {table} WHERE {MINE}" for table in CREATED)
    query = f"""SELECT change.batch_id, COUNT(*) FROM conversion_importchange change
        JOIN conversion_importbatch other ON other.id = change.batch_id
        JOIN conversion_importbatch me ON me.id = %s
        WHERE change.client_id = %s AND (other.started_at, other.id) > (me.started_at, me.id)
            AND change.row_id IN ({created} UNION ALL
                SELECT row_id FROM conversion_importchange WHERE {MINE})
        GROUP BY change.batch_id, other.started_at ORDER BY other.started_at DESC"""
    with connection.cursor() as cursor:
        cursor.execute(query, [pk, client, *(client, pk) * (len(CREATED) + 1)])
        return {UUID(str(other)): rows for other, rows in cursor.fetchall()}


def _restore(client: Client, batch: ImportBatch, leads: LeadSet) -> tuple[dict[str, int], int]:
    restored, kept = {}, 0
    for table, model in MODELS.items():
        changes = ImportChange.objects.for_client(client).filter(batch=batch, table=table)
        ids = list(changes.values_list("pk", flat=True))
        restored[table] = len(ids)
        for page in pages(ids):
            rows = list(changes.filter(pk__in=page).values("row_id", "before", "after"))
            kept += _restore_page(client, table, model, rows, leads)
    return restored, kept


def _restore_page(
    client: Client, table: str, model: type[ClientRow], changes: list[dict[str, Any]], leads: LeadSet
) -> int:
    """Write the rows as they were. Returns how many columns somebody else changed since, and which therefore stay."""
    present = rows_by_id(model, client, [change["row_id"] for change in changes])
    befores, rows, kept = [], [], 0
    for change in changes:
        row = present.get(change["row_id"])
        if row is None:
            continue
        leads.add([row["id"] if table == "lead" else row["lead_id"]])
        columns = _columns_to_restore(as_json(row), change["before"], change["after"])
        kept += len(change["after"] or {}) - len(columns)
        after = {**row, **from_json(model, columns)}
        if table != "lead":
            leads.add([after["lead_id"]])
        befores.append(row)
        rows.append(after)
    leave_bookings(befores, rows)
    writer = Writer(model)
    for _ in range(2):  # see LeadLoader.stored: where a status changes alone, its time is set by the triggers
        writer.update(rows, keep=DERIVED)
    return kept


def _columns_to_restore(
    present: dict[str, Any], before: dict[str, Any], after: dict[str, Any] | None
) -> dict[str, Any]:
    if after is None:  # the import broke off before it was noted: all columns
        return before
    return {name: before[name] for name, value in after.items() if present[name] == value}


def _delete(table: str, mine: tuple[Any, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE {MINE}", mine)
        return int(cursor.rowcount)


def _count(query: str, parameters: tuple[Any, ...]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return int(cursor.fetchone()[0])
