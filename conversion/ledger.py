"""What is due of the flows, decided in the database: one row for each flow and moment, however many look for it.

The moments come from the schedules of django-celery-beat, which operators edit. Beat itself is not relied on: it sees only what
is due near the present hour, two of them fire twice, and one that was down fires nothing. So once a minute somebody asks here
which moment was the last one due, and writes it down, unless it stands there already. Of the moments missed in an outage only
the latest is caught up, since a run looks at everything up to its moment.
"""

import logging
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from celery.schedules import ParseException
from django.db.models import Max
from django_celery_beat.models import PeriodicTask

from conversion.models import FlowPeriod
from conversion.vocabulary import Flow, RunState

log = logging.getLogger(__name__)
# How far back the last moment is looked for: step by step, so that a schedule of every minute takes no longer than one of
# every leap day.
LOOK_BACK = tuple(timedelta(days=days) for days in (1 / 24, 1, 8, 32, 370, 1470))
MINUTE = timedelta(minutes=1)


def open_due(at: datetime) -> list[FlowPeriod]:
    """Write down, for each flow, the last moment that was due up to `at`, where that is new; returns the rows made.

    The row of a flow that is switched off is `skipped`: what was not wanted then is not caught up later.
    """
    opened = []
    rows = PeriodicTask.objects.filter(task__in=list(Flow)).select_related("crontab")
    for row in rows.order_by("pk"):
        try:
            moment = last_due(row, at)
        except (
            ValueError,
            RuntimeError,
            ParseException,
        ):  # one that no form would take; the others are still to be asked
            log.exception("the schedule of %s cannot be read", row.task)
            continue
        if moment is None:
            continue
        state = RunState.QUEUED if row.enabled else RunState.SKIPPED
        period, is_new = FlowPeriod.objects.get_or_create(flow=row.task, period=moment, defaults={"state": state})
        if is_new:
            log.info("%s of %s is %s", row.task, moment.isoformat(), state)
            opened.append(period)
    return opened


def ask(flow: Flow, at: datetime, clients: Collection[UUID] | None = None) -> FlowPeriod:
    """A run that somebody asks for, of all clients or of these, as of `at`; a moment later where another run has that one.
    Queued; the caller's transaction decides whether it is.
    """
    asked = {"is_asked": True, "scope": scope_of(clients)}
    while True:
        period, is_new = FlowPeriod.objects.get_or_create(flow=flow, period=at, defaults=asked)
        if is_new:
            return period
        at += timedelta(microseconds=1)


def scope_of(clients: Collection[UUID] | None) -> dict[str, list[str]]:
    """How a row keeps which clients it is for; empty: all."""
    return {} if clients is None else {"clients": sorted(map(str, clients))}


def last_due(row: PeriodicTask, at: datetime) -> datetime | None:
    """The last moment up to `at` that the row's crontab names: after the last one in the ledger, and not before the row's
    `start_time`. None where there is none, or no crontab.
    """
    if row.crontab is None:
        log.warning("the schedule %s has no crontab: it is never due", row.name)
        return None
    known = FlowPeriod.objects.filter(flow=row.task, is_asked=False).aggregate(last=Max("period"))["last"]
    bounds = [known, row.start_time and row.start_time - timedelta(microseconds=1)]
    since = max((bound for bound in bounds if bound is not None), default=at - LOOK_BACK[-1])
    schedule = row.crontab.schedule
    for span in LOOK_BACK:
        moments = between(schedule, max(since, at - span), at)
        if moments or at - span <= since:
            return moments[-1] if moments else None
    return None


def between(schedule: Any, after: datetime, until: datetime) -> list[datetime]:
    """The moments of a crontab in (after, until], in UTC."""
    found: list[datetime] = []
    last = after
    while True:
        moment = following(schedule, last)
        if moment > until:
            return found
        found.append(moment)
        last = moment


def following(schedule: Any, after: datetime) -> datetime:
    """The first moment of a crontab after another one, in UTC. An hour that the clocks leave out is read by the clock before
    the change, one that comes twice counts once.
    """
    start = after
    while True:
        local, delta, _ = schedule.remaining_delta(start.astimezone(schedule.tz), tz=schedule.tz)
        moment: datetime = (local + delta).astimezone(UTC)
        if moment > after:
            return moment
        start += MINUTE  # the wall clock went back
