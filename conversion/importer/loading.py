"""Rows into the database, a chunk at a time: which are new, changed, the same, or repeated within their file."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from conversion.als import DEFAULT_ICP
from conversion.bulk import Writer, analyse
from conversion.importer.changes import DERIVED, leave_bookings, rows_by_id
from conversion.importer.columns import Kind
from conversion.importer.faults import BadRow, Reject
from conversion.importer.fitting import Fitting, Row
from conversion.importer.job import Counts, Job
from conversion.importer.leads import LeadRows
from conversion.importer.scoring import Scoring
from conversion.importer.seen import Earlier, Seen
from conversion.models import Lead
from conversion.places import country_code
from conversion.tenancy import ClientRow

MOST_REJECTS = 1_000  # kept before they are written
MANY = 1_000  # rows, from which on the database's planner is told of them


class Present(NamedTuple):
    """A stored row that has the key of one that is imported."""

    id: UUID
    hash: int | None


class Loader:
    """Stores the rows of one file. A subclass says what a row's columns are, and what else follows."""

    kind: Kind
    model: type[ClientRow]
    table: str  # of ImportChange

    def __init__(self, job: Job, fitting: Fitting, name: str, seen: Seen) -> None:
        """name: of the file. seen: the keys of its rows so far."""
        self.job = job
        self.fitting = fitting
        self.counts = Counts()
        self._name = name
        self._seen = seen
        self._writer = Writer(self.model)
        self._rejects: list[Reject] = []
        self._first = not self.model.objects.for_client(job.client).exists()

    def load(self, rows: Sequence[Row]) -> None:
        """Store a chunk."""
        self.counts.rows += len(rows)
        keys = [self.key(row) for row in rows]
        earlier = self._seen.among(set(keys))
        present = self._present(keys)
        self.prepare(rows)
        mine: list[tuple[str, int, int]] = []
        new: list[Any] = []
        changed: list[tuple[Row, Present]] = []
        for row, key in zip(rows, keys, strict=True):
            try:
                if key in earlier:
                    self._repeated(row, earlier[key])
                    continue
                if key not in present:
                    new.append(self.fresh(row, key))
                elif present[key].hash == row.hash:
                    self.counts.unchanged += 1
                else:
                    changed.append((row, present[key]))
            except BadRow as fault:
                self._reject(row, fault)
                continue
            earlier[key] = Earlier(row.line, row.hash)
            mine.append((key, row.line, row.hash))
        self.counts.created += len(new)
        self.insert(new)
        self._update(changed)
        self._seen.add(mine)
        self._tell()

    def broken(self, line: int, raw: str, fault: BadRow) -> None:
        """A row that is no row, or whose cells do not fit their columns."""
        self.counts.rows += 1
        self._keep(Reject(self._name, line, fault.column, fault.reason, raw))
        if len(self._rejects) >= MOST_REJECTS:
            self._tell()

    def _repeated(self, row: Row, earlier: Earlier) -> None:
        if earlier.hash != row.hash:
            raise BadRow("external_id", f"stands on line {earlier.line} already, with other values")
        self.counts.unchanged += 1

    def _reject(self, row: Row, fault: BadRow) -> None:
        self._keep(Reject(self._name, row.line, self.fitting.theirs(fault.column), fault.reason, row.raw))

    def _keep(self, reject: Reject) -> None:
        self.counts.rejected += 1
        self._rejects.append(reject)

    def _tell(self) -> None:
        """The rejects of a chunk in the order of their lines, though some are found only when it is stored."""
        for reject in sorted(self._rejects, key=lambda reject: reject.line):
            self.job.reject(reject)
        self._rejects.clear()

    def _present(self, keys: Sequence[str]) -> dict[str, Present]:
        if self._first:  # what is there came from this file, and `seen` knows it
            return {}
        rows = self.model.objects.for_client(self.job.client).filter(external_id__in=set(keys))
        return {
            key: Present(pk, row_hash) for key, pk, row_hash in rows.values_list("external_id", "id", "source_hash")
        }

    def _update(self, changed: Sequence[tuple[Row, Present]]) -> None:
        if not changed:
            return
        self.flush()
        befores = rows_by_id(self.model, self.job.client, [present.id for _, present in changed])
        old: list[dict[str, Any]] = []
        new: list[Any] = []
        same: list[
            dict[str, Any]
        ] = []  # said in other words: only the hash is new, so that they are known the next time
        for row, present in changed:
            before = befores[present.id]
            try:
                after = self.merged(before, row)
            except BadRow as fault:
                self._reject(row, fault)
                continue
            if any(after[name] != value for name, value in before.items() if name != "source_hash"):
                old.append(before)
                new.append(after)
            else:
                same.append(after)
        self.counts.unchanged += len(same)
        self._writer.update(same, keep=DERIVED)
        self.job.changes.add(self.table, old)
        self.storing([*old, *new])
        leave_bookings(old, new)
        self._writer.update(new, keep=DERIVED)
        self.counts.updated += len(new)
        self.stored(new, before=old)

    def key(self, row: Row) -> str:
        """The row's external id."""
        raise NotImplementedError

    def prepare(self, rows: Sequence[Row]) -> None:
        """Look up what the rows of a chunk refer to."""

    def fresh(self, row: Row, key: str) -> Any:
        """A new row, as `insert` takes it: its columns. Raises BadRow."""
        raise NotImplementedError

    def insert(self, rows: Sequence[Any]) -> None:
        """Store the new rows of a chunk; at the latest when `flush` is called."""
        self.storing(rows)
        self._writer.insert(rows)
        self.stored(rows, before=[])

    def flush(self) -> None:
        """Called before rows are updated, and after the last chunk."""

    def merged(self, before: Mapping[str, Any], row: Row) -> dict[str, Any]:
        """The columns of a row that is there, as the file has it now. Raises BadRow."""
        raise NotImplementedError

    def storing(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Called before the rows of a chunk are inserted or updated."""

    def stored(self, rows: Sequence[Mapping[str, Any]], *, before: Sequence[Mapping[str, Any]]) -> None:
        """Called with the rows of a chunk that were inserted (`before` is empty), and with those that were updated."""

    def finish(self, *further: Callable[[], None]) -> None:
        """Called after the last chunk. further: as in `LeadSet.settle`."""
        self._tell()
        self.flush()
        if self.counts.created + self.counts.updated >= MANY:
            analyse(self.model)
        self.job.leads.settle(*further)

    def close(self) -> None:
        """Called in the end, whatever happened."""


class LeadLoader(Loader):
    kind = Kind.LEADS
    model = Lead
    table = "lead"

    def __init__(self, job: Job, fitting: Fitting, name: str, seen: Seen) -> None:
        super().__init__(job, fitting, name, seen)
        countries = tuple(job.client.icp.get("countries", DEFAULT_ICP["countries"]) or ())
        home = country_code(countries[0]) if len(countries) == 1 else None
        self._rows = LeadRows(job.client.pk, job.batch.pk, Scoring(job.client), home, job.now)

    def key(self, row: Row) -> str:
        return str(row.values["external_id"])

    def fresh(self, row: Row, key: str) -> dict[str, Any]:  # noqa: ARG002 (a lead's key is among its values)
        return self._rows.fresh(row)

    def merged(self, before: Mapping[str, Any], row: Row) -> dict[str, Any]:
        if before["deleted_at"] is not None:
            raise BadRow("external_id", "this lead was deleted here")
        return self._rows.merged(before, row, self.fitting.is_extra)

    def stored(self, rows: Sequence[Mapping[str, Any]], *, before: Sequence[Mapping[str, Any]]) -> None:
        self.job.leads.add([row["id"] for row in before])  # a new lead has no touches yet
        # Where a status changes and its time does not, the triggers put the present moment for it: written again, the
        # status is the same, and the time stays.
        again = [
            after
            for old, after in zip(before, rows, strict=False)
            if old["status"] != after["status"] and old["status_at"] == after["status_at"]
        ]
        self._writer.update(again, keep=DERIVED)
