"""The rows that an import changes, as they were before, so that it can be undone."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from conversion.bulk import Writer
from conversion.models import Activity, Client, Event, ImportBatch, ImportChange, Lead
from conversion.models.rows import new_id
from conversion.tenancy import ClientRow

MODELS: Mapping[str, type[ClientRow]] = {"lead": Lead, "activity": Activity, "event": Event}
# Columns that are functions of other rows: after an undo they are worked out again, not restored.
DERIVED = frozenset({"touch_count", "last_contacted_at", "led_to_booking", "is_machine"})
PAGE = 2_000  # rows dealt with at once


class Changes:
    """What one batch changed."""

    def __init__(self, client: Client, batch: ImportBatch) -> None:
        self._client = client
        self._batch = batch
        self._writer = Writer(ImportChange)

    def add(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows (all columns) as they are, before they are changed. A row that this batch changed before is left out."""
        known = self._known([row["id"] for row in rows])
        self._writer.insert(
            [
                {
                    "id": new_id(),
                    "client_id": self._client.pk,
                    "batch_id": self._batch.pk,
                    "table": table,
                    "row_id": row["id"],
                    "before": as_json(row),
                    "after": None,
                }
                for row in rows
                if row["id"] not in known
            ]
        )

    def remember_leads(self, ids: Collection[UUID]) -> None:
        """Leads that touches or events are about to change. What this batch created is not remembered."""
        for page in pages(list(ids)):
            rows = Lead.objects.for_client(self._client).filter(pk__in=page).exclude(batch=self._batch)
            self.add("lead", list(rows.values()))

    def _known(self, ids: Sequence[UUID]) -> set[UUID]:
        changes = ImportChange.objects.for_client(self._client)
        return set(changes.filter(batch=self._batch, row_id__in=ids).values_list("row_id", flat=True))

    def settle(self) -> None:
        """Note how the rows are now. Where nothing changed in the end, nothing is kept."""
        open_changes = ImportChange.objects.for_client(self._client).filter(batch=self._batch)
        for table, model in MODELS.items():
            ids = list(open_changes.filter(table=table).values_list("pk", flat=True))
            for page in pages(ids):
                self._settle(list(open_changes.filter(pk__in=page).values()), model)

    def _settle(self, changes: list[dict[str, Any]], model: type[ClientRow]) -> None:
        present = rows_by_id(model, self._client, [change["row_id"] for change in changes])
        same = []
        for change in changes:
            now = as_json(present[change["row_id"]])
            change["after"] = {
                name: now[name]
                for name, value in change["before"].items()
                if name not in DERIVED and now[name] != value
            }
            if not change["after"]:
                same.append(change["id"])
        self._writer.update([change for change in changes if change["after"]])
        if same:
            ImportChange.objects.for_client(self._client).filter(pk__in=same).delete()


def leave_bookings(befores: Sequence[Mapping[str, Any]], afters: Sequence[Mapping[str, Any]]) -> None:
    """A touch that goes to another lead leaves its booking behind, since that lead may have one: settling says which touch led
    to it. befores, afters: the rows (all columns), in one order.
    """
    pairs = zip(befores, afters, strict=True)
    gone = [new["id"] for old, new in pairs if old.get("led_to_booking") and old["lead_id"] != new["lead_id"]]
    if gone:
        Activity.objects.filter(client__in={row["client_id"] for row in afters}, pk__in=gone).update(
            led_to_booking=False
        )


def rows_by_id(model: type[ClientRow], client: Client, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """All columns of the client's rows of these ids (some thousands at most), locked: nobody else changes them now."""
    rows = model.objects.for_client(client).filter(pk__in=ids).select_for_update(no_key=True)
    return {row["id"]: row for row in rows.values()}


def pages(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), PAGE):
        yield items[start : start + PAGE]


def as_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a row as JSON holds them, to the microsecond."""
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def from_json(model: type[ClientRow], row: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of `as_json`: Python values by column."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return {name: fields[name].to_python(value) for name, value in row.items()}
