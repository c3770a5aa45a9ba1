"""Learning and filling in that a person asks for: what it does, whether it runs already, and the word to go."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect

from conversion import audit
from conversion.models import Client
from conversion.vocabulary import Role, RunState
from engines import backfill as backfills
from engines.desk.doors import client_or_404, page, shown
from engines.desk.runs import SAID, took
from patterns import flows
from patterns.api.runs import WAITING
from patterns.models import BackfillRun, LearningRun

SWITCHES = {
    "content": "Rebuild the content of touches from what their metadata keeps",
    "als": "Score leads that were never scored",
    "learning": "Learn in the end",
}


@page("GET", "POST")
def learn(request: Any, ref: str) -> Any:
    """Learn anew for one client."""
    client = client_or_404(request, ref, Role.ADMIN)
    is_served = Client.objects.learned_for().filter(pk=client.pk).exists()
    if request.method == "POST" and is_served:
        return learning_asked(request, client)
    mine = LearningRun.objects.for_client(client)
    return shown(
        request,
        "learn.html",
        "Learn now",
        status=409 if request.method == "POST" else 200,
        client=client,
        is_served=is_served,
        last=said(mine.filter(state=RunState.DONE).order_by("-id").first()),
        running=flows.under_way([client.pk]),
    )


def learning_asked(request: Any, client: Client) -> Any:
    """What runs or waits already is enough: a second press makes no second run."""
    with transaction.atomic():
        run, is_new = flows.ask_once([client.pk])
        if is_new:
            audit.record(audit.actor_of(request), "learn", client)
    if is_new:
        messages.success(request, "Learning was asked for. It begins as soon as a learner is free.")
    else:
        messages.info(request, "Learning is under way already.")
    return redirect("desk:run", run)


@page("GET", "POST")
def backfill(request: Any, ref: str) -> Any:
    """Fill in what a client's rows lack."""
    client = client_or_404(request, ref, Role.ADMIN)
    error = ""
    chosen = (
        {name: name in request.POST for name in SWITCHES} if request.method == "POST" else dict.fromkeys(SWITCHES, True)
    )
    if request.method == "POST":
        if any(chosen.values()):
            return backfill_asked(request, client, chosen)
        error = "Choose at least one thing that is to be done."
    mine = BackfillRun.objects.for_client(client)
    running = mine.exclude(state__in=backfills.OVER).order_by("-id").first()
    return shown(
        request,
        "backfill.html",
        "Fill in what is missing",
        status=400 if error else 200,
        client=client,
        switches=[(name, words, chosen[name]) for name, words in SWITCHES.items()],
        error=error,
        last=said(mine.filter(state=RunState.DONE).order_by("-id").first()),
        running=running,
        word=SAID[running.state] if running else "",
    )


def backfill_asked(request: Any, client: Client, chosen: dict[str, bool]) -> Any:
    """The same one that is not finished goes on, so that a second press changes nothing."""
    with transaction.atomic():
        before = set(
            BackfillRun.objects.for_client(client).filter(state__in=list(WAITING)).values_list("pk", flat=True)
        )
        run = backfills.ask(client, **chosen)
        if run.pk not in before:
            audit.record(audit.actor_of(request), "backfill", client)
            messages.success(request, "The backfill was asked for. It begins as soon as a worker is free.")
        else:
            messages.info(request, "It is under way already.")
    return redirect("desk:run", run.pk)


def said(run: Any) -> dict[str, Any] | None:
    """When the last one ended, and how long it took."""
    return None if run is None else {"run": run, "took": took(run.started_at, run.finished_at)}
