"""Long work, asked for or by schedule: learning, backfills and imports, under one form."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from conversion.access import Access
from conversion.api.viewsets import ApiView
from conversion.models import Client, FlowPeriod, ImportBatch
from conversion.vocabulary import Flow, RunState
from patterns.api.forms import RunForm
from patterns.models import BackfillRun, LearningRun

WAITING = frozenset({RunState.QUEUED, RunState.STARTED})
Form = dict[str, Any]


class Run(ApiView):
    """How far a run is. Of one over several clients, those that the caller may see."""

    @extend_schema(operation_id="run", responses=RunForm)
    def get(self, request: Any, run_id: UUID) -> Response:
        for look in LOOKS:
            if (found := look(run_id, self.access)) is not None:
                return Response(found)
        raise NotFound("There is no such run.")


def flow(run_id: UUID, access: Access) -> Form | None:
    """A run of the learning flow. One that was not spread over its clients yet has those that it was asked for."""
    period = FlowPeriod.objects.filter(pk=run_id, flow=Flow.LEARNING).first()
    if period is None:
        return None
    runs = list(LearningRun.objects.filter(client__in=access.clients(), period=period).select_related("client"))
    begun = {run.client_id for run in runs}
    later = [client for client in asked_for(period, access) if client.pk not in begun]
    if not runs and not later and access.ids() is not None:
        return None
    state = RunState(period.state)
    clients = [of_client(run.client, run.state, run.results, run.error) for run in runs]
    clients += [of_client(client, state if state not in WAITING else RunState.QUEUED) for client in later]
    done = sum(run.state not in WAITING for run in runs)
    progress = {"done": done, "total": len(clients), "unit": "clients"}
    return form(period, "learning", state, progress, sorted(clients, key=lambda one: str(one["client"])))


def asked_for(period: FlowPeriod, access: Access) -> list[Client]:
    """The clients it was asked for that the caller may see; none once it was spread over them."""
    if period.state not in {RunState.QUEUED, RunState.HELD, RunState.FAILED} or "clients" not in period.scope:
        return []
    return list(access.clients().filter(pk__in=period.scope["clients"]))


def learning(run_id: UUID, access: Access) -> Form | None:
    """One client's part of the learning flow, or a run that was started by hand."""
    run = LearningRun.objects.filter(client__in=access.clients(), pk=run_id).select_related("client").first()
    if run is None:
        return None
    progress = {"done": int(run.state not in WAITING), "total": 1, "unit": "clients"}
    return form(run, "learning", run.state, progress, [of_client(run.client, run.state, run.results, run.error)])


def backfill(run_id: UUID, access: Access) -> Form | None:
    run = BackfillRun.objects.filter(client__in=access.clients(), pk=run_id).select_related("client").first()
    if run is None:
        return None
    progress = {"done": run.leads, "total": max(run.total, run.leads), "unit": "leads"}
    return form(run, "backfill", run.state, progress, [of_client(run.client, run.state, run.results, run.error)])


def batch(run_id: UUID, access: Access) -> Form | None:
    """An import. How many rows it will have is known at its end."""
    run = ImportBatch.objects.filter(client__in=access.clients(), pk=run_id).select_related("client").first()
    if run is None:
        return None
    state = RunState.STARTED if run.finished_at is None else RunState.DONE
    rows = sum(table.get("rows", 0) for table in run.counts.values() if isinstance(table, dict))
    progress = {"done": rows, "total": rows, "unit": "rows"}
    return form(run, "import", state, progress, [of_client(run.client, state, run.counts)])


LOOKS: tuple[Callable[[UUID, Access], Form | None], ...] = (flow, backfill, learning, batch)


def form(run: Any, kind: str, state: str, progress: Form, clients: list[Form]) -> Form:
    return {
        "run_id": str(run.pk),
        "kind": kind,
        "state": str(state),
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "progress": progress,
        "clients": clients,
    }


def of_client(client: Client, state: str, results: Any = None, error: str = "") -> Form:
    """Of an error its kind alone: its text may quote a row."""
    return {
        "client_id": str(client.pk),
        "client": client.name,
        "state": str(state),
        "results": results or {},
        "error": error.partition(":")[0][:80],
    }
