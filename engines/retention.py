"""Taking away rows, and texts of rows, that nothing reads any more, a page at a time, so that nobody waits for it.

What stays for good, because learning, attribution, suppression or evidence rests on it: touches and their snapshots, replies,
bookings, bounces, complaints and opt-outs, suppressions, every version of every pattern (plans name the versions they came
from), and whatever is still open.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet

from conversion.models import (
    Callback,
    Delivery,
    Event,
    FlowPeriod,
    IdempotentCall,
    ImportUpload,
    InboundMessage,
    Notice,
)
from conversion.tenancy import across_clients
from conversion.vocabulary import CallbackState, DeliveryState, EventKind, ImportStep, InboundState, RunState
from patterns.models import HealthAlert, LearningRun

PAGE = 1000  # rows deleted in one transaction
OVER = (RunState.DONE, RunState.FAILED, RunState.HELD, RunState.SKIPPED, RunState.ABANDONED)
# Shown, and never decided by: learning does not read them at all (`conversion.machines`).
SHOWN = (EventKind.DELIVERED, EventKind.OPENED, EventKind.CLICKED)


def events(before: datetime) -> QuerySet[Any]:
    return Event.objects.filter(kind__in=SHOWN, occurred_at__lt=before)


def callbacks(before: datetime) -> QuerySet[Any]:
    """The names of what providers told, by which it is known when it comes again."""
    return Callback.objects.filter(state__in=[CallbackState.DONE, CallbackState.IGNORED], received_at__lt=before)


def failures(before: datetime) -> QuerySet[Any]:
    """What providers told that broke on each attempt: with all that came, and nobody has looked into it since."""
    return Callback.objects.filter(state=CallbackState.FAILED, received_at__lt=before)


def texts(before: datetime) -> QuerySet[Any]:
    """Replies, whose words were read when they came; what they meant stands in events. One that waits for a person stays."""
    written = InboundMessage.objects.exclude(text="", subject="")
    return written.exclude(state=InboundState.UNMATCHED).filter(received_at__lt=before)


def deliveries(before: datetime) -> QuerySet[Any]:
    return Delivery.objects.exclude(state=DeliveryState.PENDING).filter(created_at__lt=before)


def notices(before: datetime) -> QuerySet[Any]:
    """Those that everybody was told of, once the record of the telling is gone. None comes again: a booking is news for days,
    and everything else has a subject of its own.
    """
    return Notice.objects.filter(addressed_at__isnull=False, created_at__lt=before, deliveries=None)


def runs(before: datetime) -> QuerySet[Any]:
    """All but the last of each client."""
    began = LearningRun.objects.filter(started_at__isnull=False).order_by()
    last = began.values("client").annotate(last=Max("started_at")).values("last")
    return LearningRun.objects.filter(state__in=OVER, started_at__lt=before).exclude(started_at__in=last)


def periods(before: datetime) -> QuerySet[Any]:
    """All but the last of each flow, from which the ledger counts on; what somebody asked for does not count there."""
    last = FlowPeriod.objects.order_by().values("flow", "is_asked").annotate(last=Max("period")).values("last")
    return FlowPeriod.objects.filter(state__in=OVER, period__lt=before).exclude(period__in=last)


def alerts(before: datetime) -> QuerySet[Any]:
    return HealthAlert.objects.filter(resolved_at__lt=before)


def calls(before: datetime) -> QuerySet[Any]:
    """What the API answered, to be repeated where the same call comes again within a day."""
    return IdempotentCall.objects.filter(created_at__lt=before)


def uploads(before: datetime) -> QuerySet[Any]:
    """What the pages say of imports; their files went long before. What was stored is undone as an import of the command is."""
    idle = ~Q(state__in=[RunState.QUEUED, RunState.STARTED]) | Q(step=ImportStep.MAP)
    return ImportUpload.objects.filter(idle, moved_at__lt=before)


@dataclass(frozen=True)
class Kind:
    """days: for how long rows are kept; least: no fewer, since something still reads them. emptied: columns that are emptied
    instead; the rows stay.
    """

    rows: Callable[[datetime], QuerySet[Any]]
    days: int
    least: int
    emptied: tuple[str, ...] = ()


KINDS: Mapping[str, Kind] = {
    "events": Kind(events, 400, 30),  # opens and clicks are told apart from machines' by what came around them
    "callbacks": Kind(callbacks, 90, 30),  # providers repeat themselves for days
    "failures": Kind(failures, 90, 30),  # they are mended within weeks, or never
    "texts": Kind(texts, 730, 30, ("subject", "text")),
    "deliveries": Kind(deliveries, 90, 7),
    "notices": Kind(notices, 400, 30),
    "runs": Kind(runs, 400, 30),
    "periods": Kind(periods, 400, 30),
    "alerts": Kind(alerts, 400, 30),
    "calls": Kind(calls, 1, 1),
    "uploads": Kind(uploads, 400, 30),
}


def prune(days: Mapping[str, int], at: datetime, *, dry_run: bool = False) -> dict[str, int]:
    """Delete, or empty, what is older; returns the rows of each kind. days: by name of the kind. at: aware. Interrupted, it
    has deleted whole pages, and the next run goes on.
    """
    found = {}
    with across_clients("operations"):
        for name, kind in KINDS.items():
            rows = kind.rows(at - timedelta(days=max(days.get(name, kind.days), kind.least)))
            found[name] = rows.count() if dry_run else deleted(rows, kind.emptied)
    return found


def deleted(rows: QuerySet[Any], emptied: tuple[str, ...] = ()) -> int:
    count, after = 0, None
    while True:
        rest = rows if after is None else rows.filter(pk__gt=after)
        page = list(rest.order_by("pk").values_list("pk", flat=True)[:PAGE])
        if not page:
            return count
        after = page[-1]
        with transaction.atomic():
            found = rows.filter(pk__in=page)  # what changed meanwhile stays
            if emptied:
                count += found.update(**dict.fromkeys(emptied, ""))
            else:
                count += found.delete()[1].get(rows.model._meta.label, 0)
