"""The page on which the columns of uploaded files are mapped to ours."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.timezone import now

from conversion import access, audit, imports, uploads
from conversion.importer import mapping as mappings
from conversion.importer.columns import Kind
from conversion.importer.faults import UnusableInput
from conversion.importer.guessing import kind_of
from conversion.importer.suggesting import Suggestion, is_zone, joined, present, sample, suggest
from conversion.importer.values import Clock
from conversion.models import ImportUpload
from conversion.places import UnknownZone, zone_name, zone_names, zone_of
from conversion.vocabulary import ImportStep, Role
from engines.desk.doors import page, row_or_404, shown
from engines.desk.mapping_form import FileForm
from engines.desk.preview import plainly

NAME = "of this import"


@page("GET", "POST")
def mapping(request: HttpRequest, pk: UUID) -> HttpResponse:
    """GET shows how the files are read now, POST with `do` = `preview` or `check` reads them otherwise."""
    upload: ImportUpload = row_or_404(request, ImportUpload, pk, Role.OPERATOR)
    if not uploads.has_files(upload):
        gone = upload.error or "The files of this import are not kept any more."
        return shown(request, "imports/map.html", "Columns", upload=upload, client=upload.client, gone=gone)
    with forms_of(upload) as forms:
        zone, faults = str(upload.mapping.get("timezone") or ""), dict[str, str]()
        if request.method == "POST":
            zone = _take(forms, request.POST, faults)
        data = data_of(forms, zone)
        previews = _fitted(forms, data, faults)
        if request.method == "POST" and not faults and not any(form.errors for form in forms):
            return _saved(request, upload, data, forms)
        context: dict[str, Any] = {
            "upload": upload,
            "client": upload.client,
            "files": list(zip(forms, previews, strict=True)),
            "kinds": list(Kind),
            "zone": zone,
            "zones": zone_names(),
            "faults": faults,
            "is_faulty": bool(faults) or any(form.errors for form in forms),
            "origins": upload.results.get("origins", {}),
        }
        status = 400 if request.method == "POST" else 200
        return shown(request, "imports/map.html", "Columns of the files", status, **context)


def _saved(request: HttpRequest, upload: ImportUpload, data: dict[str, Any], forms: list[FileForm]) -> HttpResponse:
    files = [{**one, "kind": form.kind.value} for one, form in zip(upload.files, forms, strict=True)]
    # Columns that nobody has seen yet are not tried.
    is_check = request.POST.get("do") == "check" and not any(form.is_other_kind for form in forms)
    try:
        with transaction.atomic():
            imports.edit(upload, data, files)
            audit.record(audit.actor_of(request), "map", upload)
            if is_check:
                imports.ask(upload, ImportStep.CHECK)
    except imports.NotNow as error:
        messages.error(request, str(error))
        return redirect("desk:import", pk=upload.pk)
    if is_check:
        return redirect("desk:import", pk=upload.pk)
    return HttpResponseRedirect(f"{request.path}#preview")


def _take(forms: list[FileForm], posted: Mapping[str, Any], faults: dict[str, str]) -> str:
    """What was posted goes into the forms; the time zone is given back. Faults that are of no file go to `faults`."""
    for form in forms:
        kind = str(posted.get(form.name("kind"), form.kind))
        if kind not in list(Kind):
            form.errors[form.name("kind")] = "Choose one of the list."
        elif kind != form.kind:
            # Another kind has other columns: what was chosen for the old ones means nothing.
            form.kind, form.is_other_kind = Kind(kind), True
            form.section = suggest(form.kind, form.source.header, form.rows).section
        else:
            form.take(posted)
    try:
        uploads.check_kinds([form.kind for form in forms])
    except UnusableInput as error:
        faults["kinds"] = str(error)
    zone = str(posted.get("timezone", "")).strip()
    try:
        return zone_name(zone) if zone else ""
    except UnknownZone as error:
        faults["timezone"] = str(error)
        return zone[:64]


def data_of(forms: list[FileForm], zone: str) -> dict[str, Any]:
    """The tables of a mapping file."""
    data: dict[str, Any] = {form.kind.value: form.section for form in forms}
    if zone:
        data["timezone"] = zone
    return data


def _fitted(forms: list[FileForm], data: dict[str, Any], faults: dict[str, str]) -> list[Any]:
    """The preview of each file. What the importer finds wrong with the mapping goes to the field, or to `faults`."""
    if "timezone" in faults:
        data = {name: value for name, value in data.items() if name != "timezone"}
    try:
        read = mappings.read(data, NAME)
    except UnusableInput as error:
        faults["mapping"] = plainly(str(error))
        return [None] * len(forms)
    found = []
    for form in forms:
        file = read[form.kind]
        zone = zone_of(file.timezone, "", "UTC") if file.timezone else None
        found.append(form.fit(file, Clock(zone=zone, formats=file.formats, latest=now() + timedelta(days=1))))
    return found


@contextmanager
def forms_of(upload: ImportUpload) -> Iterator[list[FileForm]]:
    """A form for each file, filled with how it is read now; the beginnings of the files lie there while the block runs."""
    with ExitStack() as stack:
        forms = []
        for one in upload.files:
            source = stack.enter_context(uploads.beginning(upload, one["slot"], one["name"]))
            section = upload.mapping.get(one["kind"]) or {}
            forms.append(FileForm(one["slot"], Kind(one["kind"]), source, sample(source), section))
        yield forms


def begin(upload: ImportUpload, *, guessed: frozenset[int] = frozenset()) -> None:
    """The first mapping of an upload. guessed: slots of which nobody has said what they hold."""
    with forms_of(upload) as forms:
        zone, suggestions = "", dict[Kind, Suggestion]()
        origins = {}
        bare = False
        for form, one in zip(forms, upload.files, strict=True):
            known = imports.remembered(upload.client, one["header"])
            if form.slot in guessed:
                taken = {other.kind for other in forms if other.slot not in guessed or other.slot < form.slot}
                form.kind = Kind(known.kind) if known else kind_of(one["name"], form.source.header, form.rows)
                form.kind = form.kind if form.kind not in taken else next(kind for kind in Kind if kind not in taken)
            found = suggest(form.kind, form.source.header, form.rows)
            if known and known.kind == form.kind:
                section = dict(known.mapping["section"])
                section["columns"] = present(section.get("columns", {}), form.source.header)
                found = Suggestion(section, found.bare, "the last import of files with these columns")
                zone = zone or (known.mapping["zone"] if is_zone(known.mapping["zone"]) else "")
            suggestions[form.kind] = found
            origins[form.kind.value] = found.origin
            bare = bare or found.bare
        joined({form.kind: (form.source.header, form.rows) for form in forms}, suggestions)
        for form in forms:
            form.section = suggestions[form.kind].section
        # Only where a time needs it: said for times that have an offset it would be a claim of nothing.
        zone = zone or (upload.client.timezone if bare and is_zone(upload.client.timezone) else "")
        files = [{**one, "kind": form.kind.value} for one, form in zip(upload.files, forms, strict=True)]
        ImportUpload.objects.for_client(upload.client_id).filter(pk=upload.pk).update(
            mapping=data_of(forms, zone), files=files, results={"origins": origins}
        )


def may_learn(request: HttpRequest, upload: ImportUpload) -> bool:
    return access.of(request).may(upload.client_id, Role.ADMIN)
