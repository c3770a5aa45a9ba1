"""Bringing history in through the browser: the list of imports, the upload, and what became of it."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from conversion import access, audit, imports, uploads
from conversion.importer.columns import Kind
from conversion.importer.faults import UnusableInput
from conversion.importer.files import Source
from conversion.importer.pulse import rows_done
from conversion.importer.receiving import MEBIBYTE, MOST_SENT, receive
from conversion.models import Client, ImportBatch, ImportUpload
from conversion.vocabulary import ImportStep, Role, RunState
from engines.desk import import_map
from engines.desk.doors import client_or_404, page, row_or_404, shown
from engines.desk.preview import plainly

PAGE = 50  # imports of a list
MOST_REQUEST = uploads.FILES * MOST_SENT + MEBIBYTE  # bytes
FIELDS = (*(kind.value for kind in Kind), "file")  # the last: somebody does not know what it holds
NO_ROWS = dict.fromkeys(("rows", "created", "updated", "unchanged", "rejected"), 0)
TELLING = {
    ImportStep.MAP: "Waits for its columns to be mapped.",
    ImportStep.CHECK: "Trying it: nothing is stored.",
    ImportStep.STORE: "Storing the rows.",
    ImportStep.UNDO: "Taking the import out again.",
}


@page()
def listed(request: HttpRequest, ref: str) -> HttpResponse:
    """The newest first: those of the browser and those of the command. ?before=: moments, of the page that follows."""
    client = client_or_404(request, ref)
    before = _moment(request.GET.get("before", ""))
    mine = ImportUpload.objects.for_client(client).order_by("-created_at")
    by_command = ImportBatch.objects.for_client(client).filter(uploads=None).order_by("-started_at")
    if before is not None:
        mine, by_command = mine.filter(created_at__lt=before), by_command.filter(started_at__lt=before)
    found = [*mine[: PAGE + 1], *map(of_command, by_command[: PAGE + 1])]
    found.sort(key=lambda one: one.created_at, reverse=True)
    context: dict[str, Any] = {
        "client": client,
        "uploads": found[:PAGE],
        "following": found[PAGE - 1].created_at.isoformat() if len(found) > PAGE else "",
        "may_act": access.of(request).may(client.pk, Role.OPERATOR),
    }
    return shown(request, "imports/list.html", "Imports", **context)


@csrf_exempt  # the page below is protected: here the size is looked at before anybody reads the body
@page("GET", "POST")
def upload(request: HttpRequest, ref: str) -> HttpResponse:
    client = client_or_404(request, ref, Role.OPERATOR)
    size = int(request.META.get("CONTENT_LENGTH") or 0)
    if size > MOST_REQUEST:
        _swallow(request, size)
        most = MOST_SENT // MEBIBYTE
        told = (
            f"The files are larger than {most} MiB each. Split them, or use the command import_history on the server."
        )
        return _upload_page(request, client, {"form": told}, 413)
    return _upload(request, client)


@csrf_protect
def _upload(request: HttpRequest, client: Client) -> HttpResponse:
    if request.method != "POST":
        return _upload_page(request, client, {})
    faults: dict[str, str] = {}
    with TemporaryDirectory(prefix="agency-os-import-") as folder:
        received = _received(request, Path(folder), faults)
        if not received and not faults:
            faults["form"] = "Choose at least one file."
        if not faults:
            try:
                kept = _kept(request, client, received)
            except UnusableInput as error:
                faults["form"] = str(error)
            else:
                return redirect("desk:import-map", pk=kept.pk)
    return _upload_page(request, client, faults, 413 if "larger than" in "".join(faults.values()) else 400)


def _received(request: HttpRequest, folder: Path, faults: dict[str, str]) -> dict[str, Source]:
    """The files that came, plain, by field; what is wrong with one goes to `faults`."""
    found = {}
    for name in FIELDS:
        for sent in request.FILES.getlist(name)[:1]:
            place = folder / name
            place.mkdir()
            try:
                found[name] = receive(sent.chunks(), sent.name or "", place)
            except UnusableInput as error:
                faults[name] = str(error)
    return found


def _kept(request: HttpRequest, client: Client, received: dict[str, Source]) -> ImportUpload:
    """The upload, with a first mapping. The kind of the file that nobody named is guessed, among those that are left."""
    left = [kind for kind in Kind if kind.value not in received]
    if "file" in received and not left:
        raise UnusableInput(f"give one to {uploads.FILES} files")
    files = [uploads.Received(Kind(name) if name != "file" else left[0], source) for name, source in received.items()]
    with transaction.atomic():
        kept = uploads.keep(client, files)
        slots = [slot for slot, name in enumerate(received) if name == "file"]
        import_map.begin(kept, guessed=frozenset(slots))
        audit.record(audit.actor_of(request), "upload", kept)
    return kept


def _upload_page(request: HttpRequest, client: Client, faults: dict[str, str], status: int = 200) -> HttpResponse:
    texts = {
        "leads": ("Leads", "One row a person: who it is, where it works, and what became of it."),
        "activities": ("Touches", "One row a message or call: when, to whom, on which channel, with what text."),
        "events": ("Events", "One row a reply, bounce, opt-out or booked meeting."),
        "file": ("A file of which you do not know what it holds", "It is looked at, and what it holds is guessed."),
    }
    fields = [(name, *texts[name], faults.get(name, "")) for name in FIELDS]
    context = {"client": client, "fields": fields, "fault": faults.get("form", ""), "most": MOST_SENT // MEBIBYTE}
    return shown(request, "imports/new.html", "Import history", status, **context)


def _swallow(request: HttpRequest, size: int) -> None:
    """Read what is too large to its end, as far as that is bearable: browsers show no answer while they still send."""
    left = min(size, 4 * MOST_REQUEST)
    while left > 0 and (piece := request.read(min(left, MEBIBYTE))):
        left -= len(piece)


@page()
def run(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How far an import is, and what came of it."""
    found = import_or_404(request, pk)
    step = ImportStep.STORE if found.step == ImportStep.UNDO else found.step
    context: dict[str, Any] = {
        "upload": found,
        "client": found.client,
        "result": _result(found, step),
        "undone": found.results.get("undo") if found.step == ImportStep.UNDO else None,
        "is_under_way": is_under_way(found),
        "telling": TELLING[ImportStep(found.step)],
        "done": rows_done(found),
        "error": plainly(found.error),
        "has_files": uploads.has_files(found),
        "has_rejects": uploads.has_rejects(found),
        "may_learn": import_map.may_learn(request, found),
    }
    return shown(request, "imports/run.html", "Import", **context)


def _result(found: ImportUpload, step: str) -> dict[str, Any] | None:
    told = found.results.get(step)
    if told is None:
        return None
    files = [
        {"kind": kind.value, "name": one["name"], **NO_ROWS, **told["counts"][kind.value]}
        for kind in Kind
        for one in found.files
        if one["kind"] == kind.value and told.get("counts", {}).get(kind.value)
    ]
    reasons = [{**one, "reason": plainly(one["reason"])} for one in told.get("reasons", [])]
    notes = [plainly(note) for note in told.get("notes", [])]
    return {
        **told,
        "files": files,
        "reasons": reasons,
        "notes": notes,
        "rejected": sum(one["rejected"] for one in files),
    }


@page("GET", "POST")
def start(request: HttpRequest, pk: UUID) -> HttpResponse:
    """POST stores the rows, in the background; a second press finds it begun."""
    found = import_or_404(request, pk)
    if request.method == "POST":
        return _asked(request, found, ImportStep.STORE, "The import has begun.", "This import has begun already.")
    context: dict[str, Any] = {"upload": found, "client": found.client, "result": _result(found, ImportStep.CHECK)}
    return shown(request, "imports/start.html", "Store these rows?", **context)


@page("GET", "POST")
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """GET asks, POST takes the import out again, in the background."""
    found = import_or_404(request, pk)
    if request.method == "POST":
        if found.pk == found.batch_id:  # shown as an upload, and none yet
            found = imports.of_batch(row_or_404(request, ImportBatch, pk, Role.OPERATOR))
        already = "This import is being taken out, or was already."
        return _asked(request, found, ImportStep.UNDO, "The import is being taken out again.", already)
    context: dict[str, Any] = {"upload": found, "client": found.client, "result": _result(found, ImportStep.STORE)}
    return shown(request, "imports/undo.html", "Take this import out again?", **context)


def _asked(request: HttpRequest, found: ImportUpload, step: ImportStep, begun: str, already: str) -> HttpResponse:
    try:
        with transaction.atomic():
            is_new = imports.ask(found, step)
            if is_new:
                audit.record(audit.actor_of(request), "import" if step == ImportStep.STORE else "undo", found)
    except imports.NotNow as error:
        messages.error(request, str(error))
    else:
        (messages.success if is_new else messages.info)(request, begun if is_new else already)
    return redirect("desk:import", pk=found.pk)


@page()
def progress(request: HttpRequest, pk: UUID) -> JsonResponse:
    """{state, done, total, text, finished}: rows."""
    found = import_or_404(request, pk)
    done, finished = rows_done(found), not is_under_way(found)
    text = TELLING[ImportStep(found.step)]
    if finished:
        text = plainly(found.error) or "Done."
    elif found.state == RunState.QUEUED:
        text = "Waits for a worker to take it."
    return JsonResponse(
        {
            "state": found.state,
            "done": found.total if finished and not found.error else done,
            "total": found.total,
            "text": text,
            "finished": finished,
        }
    )


@page()
def rejects(request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
    """The rejects file of the last trial or import, as CSV; of none its header."""
    found = import_or_404(request, pk)
    body = list(uploads.read(found, uploads.REJECTS)) if uploads.has_rejects(found) else [uploads.NO_REJECTS]
    answer = StreamingHttpResponse(_bytes(body), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="rejects-{found.pk}.csv"'
    return answer


def _bytes(pieces: list[bytes]) -> Iterator[bytes]:
    yield from pieces


def import_or_404(request: HttpRequest, pk: UUID) -> ImportUpload:
    """By its own id, or by that of the batch which the import made; of a command's import as if it were uploaded, unsaved."""
    try:
        found: ImportUpload = row_or_404(request, ImportUpload, pk, Role.OPERATOR, "batch")
    except Http404:
        batch: ImportBatch = row_or_404(request, ImportBatch, pk, Role.OPERATOR)
        mine = ImportUpload.objects.for_client(batch.client_id).filter(batch=batch).select_related("client", "batch")
        return mine.first() or of_command(batch)
    return found


def of_command(batch: ImportBatch) -> ImportUpload:
    """A command's import, to be shown like an upload. It has the batch's id."""
    shown_as = imports.as_upload(batch)
    shown_as.pk = batch.pk
    return shown_as


def is_under_way(found: ImportUpload) -> bool:
    return found.step != ImportStep.MAP and found.state in uploads.WAITING


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
