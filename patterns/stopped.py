"""Runs of the learning flow that were given up before they reached the clients: whom that concerns is told at once.

A client's own run that is held is told where it happens (`patterns.flows`); the flow's row belongs to no client, and until its
alert opens nobody would know of it before learning is missed for 8 days. Looked at with each poll.
"""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from conversion.models import Client, FlowPeriod
from conversion.tenancy import across_clients
from conversion.vocabulary import Flow, RunState, Severity
from patterns.alerts import Cause, settle
from patterns.models import HealthAlert, LearningRun

CODE = "learning_failed"
FLOW, BACKFILL = "flow", "backfill"  # subjects of its alerts that are not about one run of one client


def look(at: datetime) -> list[HealthAlert]:
    """Open and resolve the alerts about runs of the flow that are held; those now open. at: aware, the present moment.

    One is over when the client was learned for since, in a later run or by hand, or has a run of its own to be told of.
    """
    with across_clients("learning"):
        causes: dict[UUID, list[Cause]] = defaultdict(list)
        for period in held():
            for client in concerned(period):
                causes[client] = [cause(period)]
        return settle(causes, HealthAlert.objects.filter(code=CODE, subject=FLOW), at)


def held() -> list[FlowPeriod]:
    """Those that no later run of all clients made good, the oldest first."""
    runs = FlowPeriod.objects.filter(flow=Flow.LEARNING)
    spread = runs.filter(is_asked=False, state__in=[RunState.STARTED, RunState.DONE]).aggregate(last=Max("period"))
    given_up = runs.filter(state=RunState.HELD)
    return list((given_up.filter(period__gt=spread["last"]) if spread["last"] else given_up).order_by("period"))


def concerned(period: FlowPeriod) -> list[UUID]:
    """The clients that the run was for, and that nothing was begun for since."""
    clients = Client.objects.learned_for().filter(created_at__lte=period.finished_at or period.period)
    if "clients" in period.scope:
        clients = clients.filter(pk__in=period.scope["clients"])
    begun = LearningRun.objects.filter(client__in=clients, as_of__gt=period.period)
    return list(clients.exclude(pk__in=begun.values("client")).values_list("pk", flat=True))


def cause(period: FlowPeriod) -> Cause:
    """Of the error only its kind: its text may quote a row."""
    kind = period.error.partition(":")[0][:60] or "unknown"
    text = (
        f"The learning run of {period.period:%Y-%m-%d %H:%M} UTC was given up before it reached any client ({kind}). The "
        "patterns in force stay until they expire. It is tried again with the next weekly run; `learn_patterns` learns now."
    )
    return Cause(CODE, Severity.HIGH, text, subject=FLOW, lasting=True)
