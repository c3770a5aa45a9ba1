"""The learning flow: what is due becomes a run for each client, and whoever learns takes one after the other.

Everything stands in the database: the flow's row in the ledger, and a LearningRun for each client. So any number of processes
may open, spread and take at once, a broker may lose every message, and a process may be killed in any phase: its row is taken
again when its lease ran out, learns from the facts up to the same moment, and finds the same. Until then the client's patterns
stay as they are. A client that cannot be learned for holds up nobody else; after three attempts it is held, and an alert opens.
"""

import logging
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet
from django.utils.timezone import now

from conversion import leases, ledger, logs, waking
from conversion.clock import database_now
from conversion.models import Client, FlowPeriod
from conversion.tenancy import across_clients
from conversion.vocabulary import Flow, RunState
from patterns import alerts, health, learning, pooling, stopped
from patterns.models import HealthAlert, LearningRun, PooledWeights

log = logging.getLogger(__name__)
LEARN = "learn_client"  # the task that takes the next run
WAKES = 8  # learners that are woken at once; each wakes the next
OPEN = (RunState.QUEUED, RunState.STARTED)


def look(at: datetime) -> None:
    """Open what is due at a moment, put back what was left lying, and wake the learners where there is something to do."""
    ledger.open_due(at)
    put_back()
    settle()
    stopped.look(at)
    if is_waiting():
        waking.wake(LEARN, WAKES)


def ask(clients: Collection[UUID] | None = None) -> FlowPeriod:
    """Learn now, for these clients or for all: a run of the flow, which learners are woken for on commit."""
    period = ledger.ask(Flow.LEARNING, database_now(), clients)
    transaction.on_commit(lambda: waking.wake(LEARN, WAKES))
    return period


def ask_once(clients: Collection[UUID] | None = None) -> tuple[UUID, bool]:
    """As `ask`, unless a run for the same clients waits or is at work: the id of the run, and whether it is new. Called in a
    transaction, so that of two who ask at once one finds the other's.
    """
    # SQLite lets one write at a time. Clients are not locked: an import holds its own to the end.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [Flow.LEARNING])
    found = under_way(clients)
    return (found, False) if found is not None else (ask(clients).pk, True)


def under_way(clients: Collection[UUID] | None) -> UUID | None:
    """Of one client its part of a larger run counts, and what somebody runs by hand while its process is alive."""
    states: tuple[RunState, ...] = OPEN
    if clients is not None and len(clients) == 1:
        alive = Q(period__isnull=False) | Q(claimed_until__gt=database_now())
        mine = LearningRun.objects.filter(alive, client__in=clients, state__in=OPEN).order_by("-id").first()
        if mine is not None:
            return mine.pk
        states = (RunState.QUEUED,)  # once it was spread, the client's part says whether it is over
    scope = ledger.scope_of(clients)
    asked = periods().filter(state__in=states, is_asked=True).order_by("-id")
    return next((one.pk for one in asked if one.scope == scope), None)


def is_waiting() -> bool:
    """Whether there is something for a learner."""
    with across_clients("learning"):
        runs = LearningRun.objects.filter(period__isnull=False)
        return any(leases.due(rows).exists() for rows in (periods(), runs))


def step() -> bool:
    """One piece of work of a learner: spread a flow that is due over its clients, or learn for one client. Whether there was
    something to do. Never raises what went wrong with a client.
    """
    period = leases.take(periods())
    if period is not None:
        learning_flow(period)
        return True
    with across_clients("learning"):
        runs = LearningRun.objects.filter(period__isnull=False)
        run = leases.take(runs.select_related("client__agency", "period"))
    if run is None:
        return False
    learn_for(run)
    settle()
    return True


def learning_flow(period: FlowPeriod) -> None:
    """Give each client that the flow is for a run, once. What the agencies' clients have in common is made before, since all
    of them learn with the same.
    """
    with logs.about(run=period.pk), leases.held(period):
        try:
            clients = chosen(period)
            pool(clients, period)
            runs = [LearningRun(client=client, period=period, as_of=period.period) for client in clients]
            LearningRun.objects.bulk_create(runs, ignore_conflicts=True)
            leases.finish(period, RunState.STARTED, finished_at=None)
        except Exception as error:
            log.exception("the learning flow could not be begun")
            leases.fail(period, f"{type(error).__name__}: {error}")


def pool(clients: Collection[Client], period: FlowPeriod) -> None:
    """Make what the agencies' clients have in common, where it was not made for this moment. At the last attempt all learn
    without what cannot be made: with the aggregate of an earlier run, or with none.
    """
    made = set(PooledWeights.objects.filter(as_of=period.period).values_list("agency_id", flat=True))
    try:
        pooling.renew_for([client for client in clients if client.agency_id not in made], period.period)
    except Exception:
        if period.attempts < leases.ATTEMPTS:
            raise
        log.exception("learning goes on without a new aggregate")


def chosen(period: FlowPeriod) -> list[Client]:
    clients = Client.objects.learned_for().select_related("agency").order_by("pk")
    return list(clients.filter(pk__in=period.scope["clients"]) if "clients" in period.scope else clients)


def learn_for(run: LearningRun) -> None:
    """Learn for one client; its failure is written down, and goes no further."""
    client = run.client
    with logs.about(run=run.period_id, client=client.pk):
        if not Client.objects.learned_for().filter(pk=client.pk).exists():
            leases.finish(run, RunState.SKIPPED, error="The client is paused, deleted or without a subscription.")
            return
        try:
            learning.learn(client, run.as_of, run)
        except Exception:  # whatever it was, the other clients are still to come
            log.exception("learning failed, attempt %d", run.attempts)
            if run.state == RunState.HELD:
                tell(run)
        else:
            open_alerts = (
                HealthAlert.objects.for_client(client).filter(code=stopped.CODE).exclude(subject=stopped.BACKFILL)
            )
            alerts.resolve(open_alerts, now())


def put_back() -> None:
    """Queue again what a process that vanished had taken."""
    leases.give_up_vanished(FlowPeriod.objects.all())
    with across_clients("learning"):
        held = leases.give_up_vanished(LearningRun.objects.filter(period__isnull=False))
    for run in held:
        tell(run)


def tell(run: LearningRun) -> None:
    alerts.open_alert(run.client_id, health.learning_failed(run), now())


def settle() -> None:
    """End the flows whose clients are all through."""
    for period in periods().filter(state=RunState.STARTED, claimed_until=None):
        states = progress(period)
        if not any(state in states for state in OPEN):
            mine = periods().filter(pk=period.pk, state=RunState.STARTED)
            mine.update(state=RunState.DONE, finished_at=now(), results=states)


def progress(period: FlowPeriod) -> Mapping[str, int]:
    """How many clients of a run are in which state."""
    with across_clients("learning"):
        runs = LearningRun.objects.filter(period=period).order_by()
        return dict(runs.values_list("state").annotate(clients=Count("id")))


def periods() -> QuerySet[FlowPeriod]:
    return FlowPeriod.objects.filter(flow=Flow.LEARNING)
