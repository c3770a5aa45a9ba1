"""Making up for what earlier rows lack: snapshots, ALS components, converting touches; then learning from it.

Page by page over a client's leads, each page in a short transaction of its own that also moves the run's marker. A kill loses
at most a page; whoever takes the run next goes on after the last one. A run is one process's at a time (`conversion.leases`):
who asks for it by hand has it from then on, and whoever had it stops at its next page. What is asked for without doing it is
done by the workers of the queue `learning`, or by `run_backfills`.
"""

import json
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils.timezone import now

from conversion import leases, logs, waking
from conversion.attribution import LeadSet
from conversion.bulk import stored_id
from conversion.learned import EXTRA
from conversion.models import Activity, Client, Lead
from conversion.places import zone_of
from conversion.rebuilding import Unusable, rebuilt
from conversion.tenancy import across_clients
from conversion.vocabulary import ActivityState, Flow, RunState, Severity
from engines import scorer
from engines.profile import ideal_profile
from engines.scoring import COLUMNS, score_leads
from patterns import guidance, stopped
from patterns.alerts import Cause, settle
from patterns.learning import Learned, learn
from patterns.models import BackfillRun, HealthAlert

log = logging.getLogger(__name__)

PAGE = 100  # leads: with some ten touches each, about half a second in which their rows are locked
# What a snapshot is made from.
READ = (
    *("lead_id", "channel", "metadata", "subject", "touch_number", "plan", "template_id"),
    *("message_type", "outcome", "duration_seconds", "sent_at"),
)
OVER = (RunState.DONE, RunState.SKIPPED, RunState.ABANDONED)
STOPPED = (RunState.FAILED, RunState.HELD)
TASK = Flow.BACKFILL.value  # takes the next run

Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class BackfillResult:
    """leads: looked at, by this run as a whole. snapshots: rebuilt. unusable: touches whose metadata makes none. scored: leads.
    seconds: of this call.
    """

    run: UUID
    leads: int
    snapshots: int
    unusable: int
    scored: int
    learned: Learned | None
    seconds: float


def start(client: Client, *, content: bool = True, als: bool = True, learning: bool = True) -> BackfillRun:
    """The client's run with these switches that was not finished, else a new one; queued, unless somebody is at it. One with
    other switches is abandoned.
    """
    switches = {"content": content, "als": als, "learning": learning}
    with transaction.atomic():
        Client.objects.select_for_update(no_key=True).get(pk=client.pk)  # two starts at once make one run
        mine = BackfillRun.objects.for_client(client)
        run: BackfillRun | None = mine.filter(**switches).exclude(state__in=OVER).order_by("-id").first()
        if run is None:
            mine.exclude(state__in=OVER).update(state=RunState.ABANDONED, finished_at=now(), **leases.UNCLAIMED)
            return BackfillRun.objects.create(client=client, total=leads_of(client).count(), **switches)
        again = {"state": RunState.QUEUED, "attempts": 0, "due_at": None, "finished_at": None}
        if mine.filter(pk=run.pk, state__in=STOPPED).update(**again):
            run.refresh_from_db(from_queryset=mine)
    return run


def ask(client: Client, *, content: bool = True, als: bool = True, learning: bool = True) -> BackfillRun:
    """As `start`; on commit a worker is woken for it."""
    run = start(client, content=content, als=als, learning=learning)
    transaction.on_commit(lambda: waking.wake(TASK))
    return run


def look(at: datetime) -> None:
    """Put back what a process that vanished had taken, tell of what was given up, and wake a worker where there is something to
    do. at: aware, the present moment.
    """
    with across_clients("learning"):
        leases.give_up_vanished(BackfillRun.objects.all())
        tell_held(at)
    if is_waiting():
        waking.wake(TASK)


def tell_held(at: datetime) -> list[HealthAlert]:
    """Open the alerts about runs that were given up, and resolve those of runs that were asked for again."""
    held = BackfillRun.objects.filter(state=RunState.HELD, client__in=Client.objects.learned_for()).order_by("pk")
    causes = {
        run.client_id: [
            Cause(
                stopped.CODE,
                Severity.HIGH,
                f"The backfill stopped at {run.leads:,} of {run.total:,} leads and was given up "
                f"({run.error[:60] or 'unknown'}). What it filled in stays. Ask for it again: it goes on from there.",
                subject=stopped.BACKFILL,
                lasting=True,
            )
        ]
        for run in held
    }
    return settle(causes, HealthAlert.objects.filter(code=stopped.CODE, subject=stopped.BACKFILL), at)


def is_waiting() -> bool:
    """Whether there is something for a worker."""
    with across_clients("learning"):
        return leases.due(BackfillRun.objects.all()).exists()


def work() -> bool:
    """Do the run that has waited longest; whether there was one. Never raises what went wrong with it."""
    with across_clients("learning"):
        run = leases.take(BackfillRun.objects.select_related("client__agency"))
    if run is None:
        return False
    if run.client.deleted_at is not None:
        leases.finish(run, RunState.SKIPPED, error="The client is deleted.")
        return True
    try:
        done(run.client, run, by_hand=False)
    except Exception:  # whatever it was, the other clients' are still to come
        log.exception("a backfill broke off, attempt %d", run.attempts)
    return True


def backfill(
    client: Client,
    *,
    content: bool = True,
    als: bool = True,
    learning: bool = True,
    run: BackfillRun | None = None,
    progress: Progress = lambda *_: None,
) -> BackfillResult:
    """Fill in what the client's rows lack, from where a run that broke off stood, and learn.

    run: from `start`, whose switches then count; else that of these switches. progress: called with the leads done and their
    number after each page. Raises ValueError for a deleted client, LeaseLostError where somebody else asked for the run by hand
    meanwhile, and what went wrong after writing its kind into the run.
    """
    if client.deleted_at is not None:
        raise ValueError(f"client {client.pk} is deleted: nothing is filled in")
    at_work = run or start(client, content=content, als=als, learning=learning)
    take_over(at_work)
    return done(client, at_work, progress)


def take_over(run: BackfillRun) -> None:
    """Make the run ours, whoever has it."""
    with transaction.atomic():
        run.refresh_from_db(from_queryset=BackfillRun.objects.for_client(run.client_id).select_for_update())
        leases.begin(run)
        run.error, run.finished_at = "", None
        run.save()


def done(
    client: Client, run: BackfillRun, progress: Progress = lambda *_: None, *, by_hand: bool = True
) -> BackfillResult:
    """The run, which is ours, to its end. One that breaks off is queued again, but for one by hand: who started it sees it."""
    started = time.monotonic()
    with logs.about(client=client.pk, run=run.pk), leases.held(run):
        try:
            while page(client, run):
                progress(run.leads, max(run.total, run.leads))
            learned = learn(client, now().replace(microsecond=0)) if run.learning else None
            leases.finish(run, error="")
        except BaseException as error:
            if by_hand or isinstance(error, Exception):  # else told to stop, and put back as it was
                leases.fail(run, type(error).__name__, again=not by_hand)
            raise
    counts = {name: run.results.get(name, 0) for name in ("snapshots", "unusable", "scored")}
    return BackfillResult(run.pk, run.leads, **counts, learned=learned, seconds=time.monotonic() - started)


def page(client: Client, run: BackfillRun) -> bool:
    """One page, and the run as it stands then; False where there was none left. Raises LeaseLostError."""
    with transaction.atomic():
        mine = BackfillRun.objects.for_client(client).filter(state=RunState.STARTED, claimed_by=run.claimed_by)
        row = mine.select_for_update().filter(pk=run.pk).first()
        if row is None:
            raise leases.LeaseLostError(f"backfill {run.pk} was taken by another process")
        leads = following(client, row.marker)
        if leads:
            found = {"scored": score(client, leads) if row.als else 0}
            if row.content:
                found |= rebuild(client, leads)
            with LeadSet() as settled:
                settled.add(lead.pk for lead in leads)
                settled.settle()
            row.results = {name: row.results.get(name, 0) + count for name, count in found.items()}
            row.marker = [leads[-1].created_at.isoformat(), str(leads[-1].pk)]
            row.leads, row.moved_at = row.leads + len(leads), now()
            row.save(update_fields=["results", "marker", "leads", "moved_at"])
    run.marker, run.results, run.leads = row.marker, row.results, row.leads
    return bool(leads)


def leads_of(client: Client) -> Any:
    return Lead.objects.for_client(client).filter(deleted_at=None)


def following(client: Client, marker: Sequence[str] | None) -> list[Lead]:
    """The next leads in the order of an index, locked in that order, which is the scorer's."""
    leads = leads_of(client)
    if marker is not None:
        created, last = datetime.fromisoformat(marker[0]), marker[1]
        later = Q(created_at__gt=created) | Q(created_at=created, pk__gt=last)
        leads = leads.filter(later, created_at__gte=created)  # the second is what the index is searched by
    return list(leads.order_by("created_at", "pk").select_for_update(no_key=True)[:PAGE])


def score(client: Client, leads: Iterable[Lead]) -> int:
    """Score the leads that have no components, by the weights in force; how many."""
    bare = [lead for lead in leads if lead.als_components is None or lead.als_data_quality is None]
    if not bare:
        return 0
    at = now()
    known = guidance.for_client(client, at, scorer.ONLY)
    columns = {name: [getattr(lead, name) for lead in bare] for name in (*COLUMNS, EXTRA)}
    scores = score_leads(
        columns, ideal_profile(client), known.weights, known.tiers, learned=known.learned, calibration=known.calibration
    )
    return scorer.write([lead.pk for lead in bare], list(scorer.values(scores, at, known.learned)), known.weights, at)


def rebuild(client: Client, leads: Iterable[Lead]) -> dict[str, int]:
    """Give the leads' sent touches that have no snapshot the one that their metadata makes."""
    by_id = {lead.pk: lead for lead in leads if lead.erased_at is None}
    bare = Activity.objects.for_client(client).filter(
        lead__in=list(by_id), state=ActivityState.SENT, content_snapshot__isnull=True
    )
    found, unusable = [], 0
    for touch in bare.only(*READ):
        lead = by_id[touch.lead_id]
        zone = zone_of(lead.timezone, lead.country, client.timezone)
        try:
            columns = rebuilt(touch, lead, zone, client.content_vocabulary)
        except Unusable as error:
            log.warning("touch %s has no usable metadata: %s", touch.pk, error)
            unusable += 1
            continue
        if columns is not None:
            found.append(
                {**columns, "content_snapshot": json.dumps(columns["content_snapshot"]), "id": stored_id(touch.pk)}
            )
    write(found)
    return {"snapshots": len(found), "unusable": unusable}


def write(rows: Sequence[dict[str, Any]]) -> None:
    """Raw, since the ORM takes longer to make the statement than to run it; a snapshot that came meanwhile stays."""
    if not rows:
        return
    names = [name for name in rows[0] if name != "id"]
    pairs = ", ".join(f"{name} = %s" for name in names)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE conversion_activity SET {pairs} WHERE id = %s AND content_snapshot IS NULL",
            [[*(row[name] for name in names), row["id"]] for row in rows],
        )
