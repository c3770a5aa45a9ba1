"""One call of the importer: all files are looked at before anything is stored, then each is stored in one transaction."""

import gzip
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils.timezone import now as django_now

from conversion.bulk import checked_at_once
from conversion.importer import remarks
from conversion.importer.activities import ActivityLoader
from conversion.importer.changes import Changes
from conversion.importer.columns import Kind
from conversion.importer.events import EventLoader
from conversion.importer.faults import BadRow, Reject, UnreadableFile, UnusableInput
from conversion.importer.files import Source, inspect, opened
from conversion.importer.fitting import Fitting, Row
from conversion.importer.job import Counts, Job
from conversion.importer.loading import LeadLoader, Loader
from conversion.importer.mapping import ColumnMapping, FileMapping
from conversion.importer.reading import Record, records
from conversion.importer.rejects import Rejects
from conversion.importer.seen import Seen
from conversion.importer.values import Clock
from conversion.interpreter import few_collections
from conversion.models import Client, ImportBatch
from conversion.places import UnknownZone, zone_name, zone_of

CHUNK = 2_000  # rows stored at once; more saves nothing, and holds more in memory
# Another import of the same client may hold SQLite's only write lock for as long as its file takes.
SQLITE_WAIT = 600  # seconds
LOADERS: Mapping[Kind, type[Loader]] = {loader.kind: loader for loader in (LeadLoader, ActivityLoader, EventLoader)}

Progress = Callable[[int], object]


@dataclass(frozen=True)
class Prepared:
    """A file that can be imported."""

    kind: Kind
    source: Source
    fitting: Fitting


@dataclass
class Report:
    """What an import did. batch: None for a dry run, and where nothing was stored yet."""

    client: str = ""
    batch: str | None = None
    counts: dict[Kind, Counts] = field(default_factory=lambda: {kind: Counts() for kind in Kind})
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "client": self.client,
            "batch": self.batch,
            **{kind.value: asdict(counts) for kind, counts in self.counts.items()},
            "seconds": round(self.seconds, 3),
        }


def prepare(files: Mapping[Kind, Path], mapping: ColumnMapping, timezone: str | None, now: datetime) -> list[Prepared]:
    """Check all files; nothing is stored. timezone: of times without an offset, above the mapping's.

    Raises UnreadableFile, or UnusableInput on a time zone or a constant that cannot be used.
    """
    if not files:
        raise UnusableInput("give at least one of --leads, --activities and --events")
    sources = {kind: inspect(files[kind]) for kind in Kind if kind in files}
    return [
        Prepared(kind, source, Fitting(source, kind, mapping[kind], _clock(mapping[kind], timezone, now)))
        for kind, source in sources.items()
    ]


def _clock(mapping: FileMapping, timezone: str | None, now: datetime) -> Clock:
    try:
        name = zone_name(timezone) if timezone else mapping.timezone
    except UnknownZone as error:
        raise UnusableInput(f"--timezone: {error}") from error
    # A day: what lies further in the future cannot have happened; less may be another machine's clock.
    latest = now + timedelta(days=1)
    return Clock(zone=zone_of(name, "", "UTC") if name else None, formats=mapping.formats, latest=latest)


def import_files(
    files: list[Prepared],
    client: Callable[[], Client],
    rejects: Rejects,
    now: datetime,
    *,
    dry_run: bool = False,
    whole: bool = False,
    progress: Progress = lambda _: None,
    rows_done: Progress = lambda _: None,
) -> Report:
    """Store the files, leads first, each in its own transaction; a dry run takes everything back.

    client: finds or creates the client, inside the first transaction. whole: all of it belongs to the caller's
    transaction. progress: called with the bytes that were read since; rows_done: with the rows of all files so far.
    """
    started = time.monotonic()
    report = Report(notes=[note for file in files for note in file.fitting.notes])
    with ExitStack() as stack, _patient(), few_collections:
        if dry_run:
            stack.enter_context(_taken_back())
        job: Job | None = None
        for file in files:
            # No savepoint: beneath one, SQLite walks through all that it has written so far at each row.
            with transaction.atomic(savepoint=not (dry_run or whole)):
                job = job or _begin(client(), rejects.write, now)
                # Two imports of one client's files at once come one after the other.
                Client.objects.select_for_update(no_key=True).get(pk=job.client.pk)
                checked_at_once()
                _import(file, job, report, progress, rows_done)
                job.changes.settle()
                _record(job.batch, file, report.counts[file.kind], finished=file is files[-1])
        assert job is not None  # noqa: S101 (there is at least one file)
        report.client = job.client.name
        report.batch = None if dry_run else str(job.batch.pk)
        report.notes += remarks.about(job.client)
    report.seconds = time.monotonic() - started
    return report


def _begin(client: Client, reject: Callable[[Reject], None], now: datetime) -> Job:
    batch = ImportBatch.objects.create(client=client, started_at=now)
    return Job(client, batch, now, client.content_vocabulary, Changes(client, batch), reject)


def _record(batch: ImportBatch, file: Prepared, counts: Counts, *, finished: bool) -> None:
    batch.files[file.kind.value] = file.source.name
    batch.counts[file.kind.value] = asdict(counts)
    if finished:
        batch.finished_at = django_now()
    batch.save()


def _import(file: Prepared, job: Job, report: Report, progress: Progress, rows_done: Progress) -> None:
    with (
        Seen() as seen,
        job.leads,
        opened(file.source.path, zipped=file.source.zipped) as (text, raw),
        closing(LOADERS[file.kind](job, file.fitting, file.source.name, seen)) as loader,
    ):
        report.counts[file.kind] = loader.counts
        read = 0
        try:
            for chunk in _chunks(records(text, file.source), file.fitting, loader):
                loader.load(chunk)
                position = raw.tell()
                progress(position - read)
                read = position
                rows_done(sum(counts.rows for counts in report.counts.values()))
        except (UnicodeDecodeError, EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UnreadableFile(
                f"{file.source.path}: it changed while it was imported; nothing of it is stored"
            ) from error
        loader.finish()
        progress(file.source.size - read)


def _chunks(found: Iterator[Record], fitting: Fitting, loader: Loader) -> Iterator[list[Row]]:
    """The typed rows, CHUNK at a time; the others are rejected at once. The first chunks are smaller, so that whoever waits for
    them begins soon.
    """
    chunk: list[Row] = []
    size = max(1, CHUNK // 8)
    for record in found:
        try:
            chunk.append(fitting.row(record))
        except BadRow as fault:
            loader.broken(record.line, record.raw, fault)
        if len(chunk) >= size:
            yield chunk
            chunk, size = [], min(2 * size, CHUNK)
    if chunk:
        yield chunk


@contextmanager
def _taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def _patient() -> Iterator[None]:
    """Wait for SQLite's write lock for as long as another import may hold it."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        usual = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout = {SQLITE_WAIT * 1000}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")
