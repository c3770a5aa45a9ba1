"""What is done with files that were uploaded: a dry run, the import, and taking it out again, in the background.

It stands in the database until it is done (`conversion.leases`): any number of workers may look, a process may be killed at
any moment, and two people may ask at once. An import, its result and the end of its files are one transaction, so that what is
repeated after a crash finds nothing of the first time.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from conversion import leases, logs, uploads, waking
from conversion.importer import mapping
from conversion.importer.faults import Reject, UnusableInput
from conversion.importer.files import opened
from conversion.importer.pulse import Pulse
from conversion.importer.reading import records
from conversion.importer.rejects import Rejects
from conversion.importer.run import Prepared, Report, import_files, prepare
from conversion.importer.undo import CannotUndo, Undone, undo
from conversion.models import Client, ImportBatch, ImportMapping, ImportUpload
from conversion.tenancy import across_clients
from conversion.vocabulary import ImportStep, RunState

log = logging.getLogger(__name__)
TASK = "import_uploads"  # takes the next one
HOURS = 6 * 3600  # of one import
REASONS = 50  # kinds of faults that a result lists
LINES = 5  # lines that stand for a kind
STOPPED = (RunState.FAILED, RunState.HELD)
_VARYING = re.compile(r"'[^']*'|\"[^\"]*\"|\b\d[\d,.]*\b")


class NotNow(ValueError):  # noqa: N818 (it says what is wrong)
    """The upload does not stand so that this could be asked for; the message says why."""


def ask(upload: ImportUpload, step: ImportStep) -> bool:
    """Have a step done; on commit a worker is woken for it. False where it was asked for, or done, already. Raises NotNow."""
    with transaction.atomic():
        rows = ImportUpload.objects.for_client(upload.client_id)
        row = rows.select_for_update(of=("self",)).get(pk=upload.pk)
        if row.step == step and (
            row.state in uploads.WAITING or (row.state == RunState.DONE and step != ImportStep.CHECK)
        ):
            return False
        _refuse(row, step)
        row.step, row.state, row.attempts, row.due_at, row.error = step, RunState.QUEUED, 0, None, ""
        row.done, row.total, row.finished_at, row.moved_at = 0, 0, None, now()
        row.results.pop(str(step), None)
        row.save()
        if step == ImportStep.STORE:
            _remember(row)
        transaction.on_commit(lambda: waking.wake(TASK))
    return True


def _refuse(row: ImportUpload, step: ImportStep) -> None:
    if row.step != ImportStep.MAP and row.state in uploads.WAITING:
        raise NotNow("Something is being done with this import at the moment. Wait until that has ended.")
    is_stored = row.step == ImportStep.UNDO or (row.step == ImportStep.STORE and row.state == RunState.DONE)
    if step == ImportStep.UNDO:
        if not is_stored or row.batch_id is None:
            raise NotNow("Nothing of this import was stored, so there is nothing to undo.")
        return
    if is_stored:
        raise NotNow("This import was stored. To bring more, upload files again.")
    if not uploads.has_files(row):
        raise NotNow(row.error or uploads.DROPPED)
    checked = row.step == ImportStep.CHECK and row.state == RunState.DONE
    if step == ImportStep.STORE and not checked and not (row.step == step and row.state in STOPPED):
        raise NotNow("Try it first: the import is started from what the trial found.")


def edit(upload: ImportUpload, data: Mapping[str, Any], files: Iterable[Mapping[str, Any]]) -> None:
    """Read the columns in another way. Raises NotNow where that is too late."""
    with transaction.atomic():
        rows = ImportUpload.objects.for_client(upload.client_id)
        row = rows.select_for_update(of=("self",)).get(pk=upload.pk)
        if row.step != ImportStep.MAP:
            _refuse(row, ImportStep.CHECK)
        row.step, row.state, row.error, row.mapping, row.files = ImportStep.MAP, RunState.QUEUED, "", data, list(files)
        row.results, row.moved_at, row.finished_at = {}, now(), None
        row.save()


def of_batch(batch: ImportBatch) -> ImportUpload:
    """The upload of an import that a command made: without files, to be shown and undone like another."""
    with transaction.atomic():
        Client.objects.select_for_update(no_key=True).get(pk=batch.client_id)
        mine = ImportUpload.objects.for_client(batch.client_id)
        found: ImportUpload | None = mine.filter(batch=batch).first()
        if found is None:
            found = as_upload(batch)
            found.save(force_insert=True)
    return found


def as_upload(batch: ImportBatch) -> ImportUpload:
    """Unsaved."""
    return ImportUpload(
        client_id=batch.client_id,
        batch=batch,
        step=ImportStep.UNDO if batch.undone_at else ImportStep.STORE,
        state=RunState.DONE,
        files=[{"slot": 0, "kind": kind, "name": name, "size": 0} for kind, name in batch.files.items()],
        created_at=batch.started_at,
        finished_at=batch.finished_at,
        results={"store": {"counts": batch.counts, "notes": []}},
    )


def look(at: datetime) -> None:
    """Put back what a process that vanished had taken, drop what lies for a day, and wake a worker where one is needed."""
    with across_clients("imports"):
        leases.give_up_vanished(ImportUpload.objects.all())
        uploads.drop_old(at)
    if is_waiting():
        waking.wake(TASK)


def is_waiting() -> bool:
    """Whether there is something for a worker."""
    with across_clients("imports"):
        return leases.due(ImportUpload.objects.exclude(step=ImportStep.MAP)).exists()


def work() -> bool:
    """Do what has waited longest; whether there was something. Never raises what went wrong with it."""
    with across_clients("imports"):
        waiting = ImportUpload.objects.exclude(step=ImportStep.MAP)
        upload = leases.take(waiting.select_related("client__agency", "batch"))
    if upload is None:
        return False
    with logs.about(client=upload.client_id, run=upload.pk):
        try:
            with leases.held(upload):
                _do(upload)
        except (UnusableInput, CannotUndo) as error:
            leases.fail(upload, str(error), again=False)
        except leases.LeaseLostError:
            log.warning("an import was taken away while it ran, and stored nothing")
        except Exception as error:  # whatever it was, the other clients' are still to come
            log.exception("an import broke off, attempt %d", upload.attempts)
            leases.fail(upload, type(error).__name__)
    return True


def _do(upload: ImportUpload) -> None:
    if upload.client.deleted_at is not None:
        with transaction.atomic():
            uploads.drop(upload)
            leases.finish(upload, RunState.SKIPPED, error="The client is deleted.")
    elif upload.step == ImportStep.UNDO:
        _take_out(upload)
    else:
        _bring_in(upload)


def _take_out(upload: ImportUpload) -> None:
    if upload.batch is None:
        raise UnusableInput("nothing of this import was stored")
    with transaction.atomic():
        undone = undo(upload.batch)
        uploads.drop(upload)
        kept = {name: uploads.without_rows(told) for name, told in upload.results.items()}
        leases.finish(upload, error="", results=kept | {"undo": _told(undone)}, moved_at=now())


def _told(undone: Undone) -> dict[str, Any]:
    return {"removed": dict(undone.removed), "restored": dict(undone.restored), "kept": undone.kept}


def _bring_in(upload: ImportUpload) -> None:
    at, dry = now(), upload.step == ImportStep.CHECK
    with uploads.laid_out(upload) as paths, Pulse(upload) as pulse:
        if not paths or not all(path.stat().st_size for path in paths.values()):
            raise UnusableInput(uploads.DROPPED)
        files = prepare(paths, mapping.read(upload.mapping, "of this import"), None, at)
        total = sum(map(rows_of, files))
        ImportUpload.objects.for_client(upload.client_id).filter(pk=upload.pk).update(total=total, done=0)
        target = next(iter(paths.values())).parent.parent / "rejects.csv"

        def stored(rejects: "Tally", *, whole: bool) -> Report:
            return import_files(
                files, lambda: upload.client, rejects, at, dry_run=dry, whole=whole, rows_done=pulse.tell
            )

        with Tally(target, list(paths.values()), asked=True) as rejects:
            report = stored(rejects, whole=False) if dry else None
            with transaction.atomic():
                report = report or stored(rejects, whole=True)
                rejects.keep()
                pulse.end()
                _end(upload, report, rejects, total)


def _end(upload: ImportUpload, report: Report, rejects: "Tally", total: int) -> None:
    """The result beside what was stored, in its transaction."""
    uploads.drop_rejects(upload)
    if rejects.count:
        with rejects.path.open("rb") as stream:
            uploads.write(upload, uploads.REJECTS, stream)
    counts = {kind.value: asdict(counts) for kind, counts in report.counts.items() if counts.rows}
    told = {"counts": counts, "notes": report.notes, "seconds": round(report.seconds, 1), "reasons": rejects.reasons()}
    columns: dict[str, Any] = {"results": {**upload.results, upload.step: told}, "done": total, "total": total}
    if report.batch is not None:
        uploads.drop(upload, rejects=False)
        columns["batch_id"] = report.batch
    leases.finish(upload, error="", moved_at=now(), **columns)


def rows_of(file: Prepared) -> int:
    with opened(file.source.path, zipped=file.source.zipped) as (text, _):
        return sum(1 for _ in records(text, file.source))


class Tally(Rejects):
    """Rejects, counted by their kind."""

    def __init__(self, path: Path, inputs: list[Path], *, asked: bool) -> None:
        super().__init__(path, inputs, asked=asked)
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._firsts: dict[tuple[str, str, str], tuple[str, list[int]]] = {}

    def write(self, reject: Reject) -> None:
        super().write(reject)
        kind = (reject.file, reject.column, _VARYING.sub("…", reject.reason))
        if kind not in self._counts and len(self._counts) >= REASONS:
            kind = ("", "", "other reasons")
        self._counts[kind] += 1
        _, lines = self._firsts.setdefault(kind, (reject.reason if kind[0] else kind[2], []))
        if len(lines) < LINES:
            lines.append(reject.line)

    def reasons(self) -> list[dict[str, Any]]:
        """The most frequent first."""
        return [
            {"file": kind[0], "column": kind[1], "count": count, "reason": reason, "lines": lines}
            for kind, count in self._counts.most_common()
            for reason, lines in [self._firsts[kind]]
        ]


def _remember(upload: ImportUpload) -> None:
    """How these columns were read, for the next files that have them."""
    for one in upload.files:
        kept = {"zone": upload.mapping.get("timezone"), "section": upload.mapping.get(one["kind"], {})}
        ImportMapping.objects.update_or_create(
            client_id=upload.client_id,
            kind=one["kind"],
            header=one["header"],
            defaults={"mapping": kept, "used_at": now()},
        )


def remembered(client: Client, header: str) -> ImportMapping | None:
    """How a file with these columns was read the last time, whatever it holds."""
    mine = ImportMapping.objects.for_client(client).filter(header=header)
    found: ImportMapping | None = mine.order_by("-used_at").first()
    return found
