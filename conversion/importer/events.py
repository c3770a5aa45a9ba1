"""Rows of events.csv into the database, and what they make of their leads."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from conversion import machines, optouts
from conversion.importer.activities import addressee, addressees, own_key
from conversion.importer.columns import Kind
from conversion.importer.faults import BadRow
from conversion.importer.fitting import Fitting, Row
from conversion.importer.job import Job
from conversion.importer.loading import Loader
from conversion.importer.seen import Seen
from conversion.importer.touches import Addressee
from conversion.models import Activity, Event
from conversion.models.rows import new_id
from conversion.vocabulary import EventKind

KNOWN_BY = ("lead_external_id", "activity_external_id", "kind", "occurred_at", "body")
# Kinds of events that change their lead.
TELLING = frozenset({EventKind.MEETING_BOOKED, *optouts.STATUS_OF})
LOOKED_AT = frozenset({EventKind.OPENED, EventKind.CLICKED})


class EventLoader(Loader):
    kind = Kind.EVENTS
    model = Event
    table = "event"

    def __init__(self, job: Job, fitting: Fitting, name: str, seen: Seen) -> None:
        super().__init__(job, fitting, name, seen)
        self._looked_at = False
        self._leads: dict[str, Addressee] = {}
        self._touches: dict[str, tuple[Any, Any]] = {}

    def key(self, row: Row) -> str:
        return row.values.get("external_id") or own_key(row.values, KNOWN_BY)

    def prepare(self, rows: Sequence[Row]) -> None:
        client = self.job.client
        self._leads = addressees(client, [row.values["lead_external_id"] for row in rows])
        keys = {key for row in rows if (key := row.values.get("activity_external_id"))}
        touches = Activity.objects.for_client(client).filter(external_id__in=keys)
        self._touches = {key: (pk, lead) for key, pk, lead in touches.values_list("external_id", "id", "lead_id")}

    def fresh(self, row: Row, key: str) -> dict[str, Any]:
        lead = addressee(self._leads, row.values["lead_external_id"])
        return {
            "id": new_id(),
            "client_id": self.job.client.pk,
            "batch_id": self.job.batch.pk,
            "created_at": self.job.now,
            "external_id": key,
            "lead_id": lead.id,
            "activity_id": self._touch(row, lead),
            "kind": row.values["kind"],
            "occurred_at": row.values["occurred_at"],
            "body": row.values.get("body") or "",
            "is_machine": False,
            "metadata": {"extra": row.extra} if row.extra else {},
            "source_hash": row.hash,
        }

    def merged(self, before: Mapping[str, Any], row: Row) -> dict[str, Any]:
        after = self.fresh(row, before["external_id"])
        kept = ["id", "batch_id", "created_at"]
        if "body" not in row.values:
            kept.append("body")
        if "activity_external_id" not in row.values and before["lead_id"] == after["lead_id"]:
            kept.append("activity_id")
        return {
            **after,
            "metadata": {**before["metadata"], **after["metadata"]},
            **{name: before[name] for name in kept},
        }

    def _touch(self, row: Row, lead: Addressee) -> Any:
        key = row.values.get("activity_external_id")
        if not key:
            return None
        touch, owner = self._touches.get(key, (None, None))
        if touch is None:
            raise BadRow("activity_external_id", f"there is no touch {key[:60]!r}")
        if owner != lead.id:
            raise BadRow("activity_external_id", f"the touch {key[:60]!r} was sent to another lead")
        return touch

    def storing(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.job.changes.remember_leads({row["lead_id"] for row in rows if row["kind"] in TELLING})

    def stored(self, rows: Sequence[Mapping[str, Any]], *, before: Sequence[Mapping[str, Any]]) -> None:
        self.job.leads.add([row["lead_id"] for row in (*rows, *before) if row["kind"] in TELLING])
        self._looked_at = self._looked_at or any(row["kind"] in LOOKED_AT for row in rows)

    def finish(self, *further: Callable[[], None]) -> None:
        super().finish(optouts.settle, *further)
        if self._looked_at:
            machines.mark(self.job.client, self.job.batch)
