"""The figures that `/metrics` gives: read from the database when they are asked for, so that any process gives the same ones.

No label names a client, a person or an address. What is asked for is small or stands in an index, but for what a query says.
"""

import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Max, Min, Sum
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily as Gauge

from conversion.clock import database_now
from conversion.models import Activity, Callback, Delivery, FlowPeriod, InboundMessage, ProviderAccount, Sender, Sign
from conversion.tenancy import across_clients
from conversion.vocabulary import ActivityState as State
from conversion.vocabulary import CallbackState, DeliveryState, Flow, InboundState, RunState
from patterns.models import ConversionPattern, HealthAlert, LearningRun

# Whatever the database is busy with: a scrape gives up before the next one comes.
PATIENCE = "SET LOCAL statement_timeout = '5s'"
OPEN = (State.PLANNED, State.QUEUED, State.CLAIMED, State.DISPATCHING, State.UNKNOWN, State.HELD)
HOUR = timedelta(hours=1)
LATELY = timedelta(days=8)  # a weekly run, and what is left of it

Samples = Iterable[tuple[tuple[str, ...], float]]


def text() -> bytes:
    """All figures in Prometheus' text format. Raises DatabaseError where they cannot be read."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures())
    found: bytes = generate_latest(registry)
    return found


class Figures:
    """A collector: reads each figure once a scrape."""

    def collect(self) -> Iterator[Gauge]:
        start = time.monotonic()
        with transaction.atomic(), across_clients("operations"):
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute(PATIENCE)
            at = database_now()
            yield from (*of_queue(at), *of_learning(at), *of_trouble(), *of_callbacks())
        yield gauge("scrape_seconds", "What reading these figures took.", [((), time.monotonic() - start)])


def gauge(name: str, told: str, samples: Samples, *labels: str) -> Gauge:
    family = Gauge(f"agency_{name}", told, labels=labels)
    for values, number in samples:
        family.add_metric(values, number)
    return family


def counted(rows: Any, *columns: str) -> Samples:
    """The number of rows for each combination of the columns."""
    return [
        (tuple(map(str, values)), count)
        for *values, count in rows.order_by().values_list(*columns).annotate(total=Count("*"))
    ]


def age(moment: datetime | None, at: datetime) -> Samples:
    return [((), max((at - moment).total_seconds(), 0.0) if moment else 0.0)]


def of_queue(at: datetime) -> Iterator[Gauge]:
    rows = Activity.objects.order_by()
    of_state = dict(counted(rows.filter(state__in=OPEN), "state"))
    samples: list[Any] = [((state.value,), of_state.get((state.value,), 0)) for state in OPEN]
    samples.append(((State.FAILED.value,), rows.filter(state=State.FAILED).count()))  # an index of its own
    yield gauge("touches", "Touches in each state that is not over, and those that failed.", samples, "state")
    due = rows.filter(state=State.QUEUED, due_at__lte=at).aggregate(oldest=Min("due_at"))["oldest"]
    yield gauge("queue_age_seconds", "For how long the longest waiting touch has been due.", age(due, at))
    unknown = rows.filter(state=State.UNKNOWN).aggregate(oldest=Min("dispatched_at"))["oldest"]
    yield gauge("unknown_age_seconds", "How old the oldest send of unknown fate is.", age(unknown, at))
    held = counted(rows.filter(state=State.HELD), "reason_code")
    yield gauge("held", "Touches that are held, by the code of the reason.", held, "reason")
    # Of senders, by their index: imported touches have none, and are no sends of this server.
    sent = rows.filter(state=State.SENT, sender__in=Sender.objects.all(), sent_at__gt=at - HOUR, sent_at__lte=at)
    yield gauge("sent_last_hour", "Messages that went out within the last hour.", counted(sent, "channel"), "channel")


def of_learning(at: datetime) -> Iterator[Gauge]:
    lately = LearningRun.objects.filter(started_at__gt=at - LATELY)
    yield gauge("learning_runs", "Learning runs that began within 8 days, by state.", counted(lately, "state"), "state")
    done = lately.filter(state=RunState.DONE)
    taken = done.annotate(seconds=F("finished_at") - F("started_at")).aggregate(
        longest=Max("seconds"), all=Sum("seconds")
    )
    seconds = {name: value.total_seconds() if value else 0.0 for name, value in taken.items()}
    yield gauge("learning_seconds_longest", "The longest of them that is done.", [((), seconds["longest"])])
    yield gauge("learning_seconds", "All of them together that are done.", [((), seconds["all"])])
    rows = ConversionPattern.objects.order_by().values_list("pattern_type").annotate(Sum("sample_size"))
    told = "Leads (who, how) or touches (what, when) that the current patterns were learned from."
    yield gauge("learning_rows", told, [((kind,), count) for kind, count in rows], "pattern")
    last = FlowPeriod.objects.filter(state=RunState.DONE).order_by().values_list("flow").annotate(Max("finished_at"))
    ended = [((flow,), moment.timestamp()) for flow, moment in last if moment]
    yield gauge("flow_done_timestamp_seconds", "When each flow was last done.", ended, "flow")
    waiting = dict(counted(FlowPeriod.objects.filter(state__in=[RunState.QUEUED, RunState.STARTED]), "flow"))
    under_way = [((flow.value,), waiting.get((flow.value,), 0)) for flow in Flow]
    yield gauge("flow_runs_open", "Runs of each flow that are queued or under way.", under_way, "flow")
    signs = [((sign.name,), sign.at.timestamp()) for sign in Sign.objects.filter(value="")]
    yield gauge("alive_timestamp_seconds", "When who runs by itself was last at work.", signs, "name")


def of_trouble() -> Iterator[Gauge]:
    opened = counted(HealthAlert.objects.filter(resolved_at=None), "code", "severity")
    yield gauge("alerts_open", "Alerts that are open.", opened, "code", "severity")
    circuits = ProviderAccount.objects.filter(circuit_opened_at__isnull=False).count()
    yield gauge(
        "circuits_open", "Accounts that nothing is sent through, since they gave no clear answers.", [((), circuits)]
    )
    pending = Delivery.objects.filter(state=DeliveryState.PENDING).count()
    yield gauge("notices_pending", "Notices that are still to be delivered.", [((), pending)])


def of_callbacks() -> Iterator[Gauge]:
    states = (CallbackState.WAITING, CallbackState.FAILED)
    found = dict(counted(Callback.objects.filter(state__in=states), "state"))
    samples = [((state.value,), found.get((state.value,), 0)) for state in states]
    yield gauge("callbacks", "What providers told, and nothing could be made of yet.", samples, "state")
    unmatched = InboundMessage.objects.filter(state=InboundState.UNMATCHED).count()
    yield gauge("replies_unmatched", "Replies for which a person must say whose they are.", [((), unmatched)])
