"""Long work: learning, backfills and imports, how far each is, and what came of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404, JsonResponse
from django.urls import reverse

from conversion import access
from conversion.counts import counted
from conversion.models import Client, ImportUpload
from conversion.vocabulary import PatternType, RunState
from engines.desk.doors import page, shown
from engines.desk.lists import chosen, clients_of, kept, paged, word_of
from patterns.api.runs import LOOKS, WAITING
from patterns.models import BackfillRun, LearningRun

TONES: Mapping[str, str] = {
    RunState.DONE: "good",
    RunState.FAILED: "bad",
    RunState.HELD: "bad",
    RunState.QUEUED: "maybe",
    RunState.STARTED: "maybe",
}
SAID: Mapping[str, str] = {
    RunState.QUEUED: "waits for a worker",
    RunState.STARTED: "under way",
    RunState.DONE: "done",
    RunState.FAILED: "failed",
    RunState.HELD: "given up: a person has to look",
    RunState.SKIPPED: "left out",
    RunState.ABANDONED: "abandoned",
}
KINDS: Mapping[str, str] = {"learning": "Learning", "backfill": "Backfill", "import": "Import"}
MODELS: Mapping[str, type[Any]] = {"learning": LearningRun, "backfill": BackfillRun}
Form = dict[str, Any]


@page()
def listed(request: Any) -> Any:
    """Runs of one kind, the newest first."""
    clients = clients_of(request)
    client, kind = chosen(clients, request), word_of(request, "kind", tuple(MODELS)) or "learning"
    rows: QuerySet = MODELS[kind].objects.filter(client__in=[client] if client else clients)
    pages = paged(rows.select_related("client").order_by("-id"), request)
    return shown(
        request,
        "runs.html",
        "Runs",
        items=[row_of(run, kind) for run in pages],
        pages=pages,
        kind=kind,
        kinds={name: KINDS[name] for name in MODELS},
        clients=clients,
        client=client,
        waiting_imports=imports(clients),
        kept=kept(client=client.slug if client else "", kind=kind),
    )


def imports(clients: list[Client]) -> list[ImportUpload]:
    """Those under way, which have pages of their own."""
    under_way = Q(state__in=list(WAITING))
    rows = ImportUpload.objects.filter(under_way, client__in=clients).exclude(step="map").select_related("client")
    return list(rows.order_by("-id")[:10])


def row_of(run: Any, kind: str) -> Form:
    return {
        "run": run,
        "word": SAID[run.state],
        "tone": TONES.get(run.state, "none"),
        "came": came(kind, run.results, run.error),
        "took": took(run.started_at, run.finished_at),
    }


def took(start: datetime | None, end: datetime | None) -> str:
    """How long the last attempt took, in words: "3 min 20 s"."""
    if start is None or end is None or end < start:
        return ""
    seconds = int((end - start) / timedelta(seconds=1))
    if not seconds:
        return "less than a second"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{count} {unit}" for count, unit in ((hours, "h"), (minutes, "min"), (rest, "s")) if count]
    return " ".join(parts[:2])


def came(kind: str, results: Any, error: str) -> list[str]:
    """What came of a client's part, in words. Of an error its kind alone: its text may quote a row."""
    lines = [learned(name, results[name]) for name in PatternType if kind == "learning" and name.value in results]
    if kind == "backfill" and results:
        counts = {
            "scored": ("lead", "scored"),
            "snapshots": ("text", "rebuilt"),
            "unusable": ("text", "that could not be"),
        }
        lines += [f"{counted(int(results.get(name, 0)), one)} {came}" for name, (one, came) in counts.items()]
    if kind == "import":
        tables = {name: table for name, table in results.items() if isinstance(table, dict)}
        lines += [f"{name}: {counted(table.get('rows', 0), 'row')}" for name, table in tables.items()]
    if error:
        lines.append(error.partition(":")[0][:80])
    return lines


def learned(kind: str, result: Any) -> str:
    """Of one pattern: the version that was stored, or why none was."""
    found = result if isinstance(result, Mapping) else {}
    if found.get("version"):
        return f"{kind.upper()}: version {found['version']} is in force"
    return f"{kind.upper()}: {found.get('abstained') or 'as it was: nothing new was stored'}"


def found_or_404(request: Any, pk: UUID) -> Form:
    """The run in the one form that the API gives it. Raises Http404."""
    reach = access.of(request)
    for look in LOOKS:
        found = look(pk, reach)
        if found is not None:
            return found
    raise Http404(f"There is no run {pk}.")


@page()
def run(request: Any, pk: UUID) -> Any:
    """How far one is, and what came of it, client by client."""
    found = found_or_404(request, pk)
    told = told_of(found)
    clients = [
        {
            **one,
            "word": SAID[one["state"]],
            "tone": TONES.get(one["state"], "none"),
            "came": came(found["kind"], one["results"], one["error"]),
        }
        for one in found["clients"]
    ]
    return shown(
        request,
        "run.html",
        f"{KINDS[found['kind']]} of {len(clients)} clients" if len(clients) > 1 else title_of(found),
        run=found,
        told=told,
        tone=TONES.get(found["state"], "none"),
        state=SAID[found["state"]],
        clients=clients,
        took=took(found["started_at"], found["finished_at"]),
        address=reverse("desk:run-progress", args=[pk]),
    )


def title_of(found: Form) -> str:
    names = [one["client"] for one in found["clients"]]
    return f"{KINDS[found['kind']]}{f' for {names[0]}' if names else ''}"


@page()
def progress(request: Any, pk: UUID) -> Any:
    """What conversion/static/desk/progress.js shows."""
    return JsonResponse(told_of(found_or_404(request, pk)))


def told_of(found: Form) -> Form:
    """{state, done, total, text, finished}."""
    state, count = found["state"], found["progress"]
    done, total = count["done"], count["total"]
    is_over = state not in WAITING
    of = f": {done:,} of {total:,} {count['unit']}" if total and state != RunState.QUEUED else ""
    return {
        "state": SAID[state],
        "done": done,
        "total": total,
        "text": f"{KINDS[found['kind']]} {SAID[state]}{of}.",
        "finished": is_over,
    }
