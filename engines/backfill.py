"""Making up for what earlier rows lack: snapshots, ALS components, converting touches; then learning from it.

Page by page over a client's leads, each page in a short transaction of its own that also moves the run's marker. A kill loses
at most a page; whoever starts again goes on after the last one, and two at once share the pages.
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

from conversion.attribution import LeadSet
from conversion.bulk import stored_id
from conversion.learned import EXTRA
from conversion.models import Activity, Client, Lead
from conversion.places import zone_of
from conversion.rebuilding import Unusable, rebuilt
from conversion.vocabulary import ActivityState, RunState
from engines import scorer
from engines.profile import ideal_profile
from engines.scoring import COLUMNS, score_leads
from patterns import guidance
from patterns.learning import Learned, learn
from patterns.models import BackfillRun

log = logging.getLogger(__name__)

PAGE = 100  # leads: with some ten touches each, about half a second in which their rows are locked
# What a snapshot is made from.
READ = (
    *("lead_id", "channel", "metadata", "subject", "touch_number", "plan", "template_id"),
    *("message_type", "outcome", "duration_seconds", "sent_at"),
)
OVER = (RunState.DONE, RunState.ABANDONED)

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
    """The client's run with these switches that was not finished, else a new one."""
    switches = {"content": content, "als": als, "learning": learning}
    with transaction.atomic():
        Client.objects.select_for_update(no_key=True).get(pk=client.pk)  # two starts at once make one run
        mine = BackfillRun.objects.for_client(client)
        run: BackfillRun | None = mine.filter(**switches).exclude(state__in=OVER).order_by("-started_at").first()
        if run is None:
            mine.exclude(state__in=OVER).update(state=RunState.ABANDONED, finished_at=now())
            run = BackfillRun.objects.create(client=client, total=leads_of(client).count(), **switches)
    return run


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
    number after each page. Raises ValueError for a deleted client, and what went wrong after writing its kind into the run.
    """
    if client.deleted_at is not None:
        raise ValueError(f"client {client.pk} is deleted: nothing is filled in")
    started = time.monotonic()
    at_work = run or start(client, content=content, als=als, learning=learning)
    state_of(at_work, state=RunState.STARTED, error="", finished_at=None)
    try:
        while step(client, at_work):
            progress(at_work.leads, max(at_work.total, at_work.leads))
        learned = learn(client, now().replace(microsecond=0)) if at_work.learning else None
    except Exception as error:
        state_of(at_work, state=RunState.FAILED, error=type(error).__name__, finished_at=now())
        raise
    state_of(at_work, state=RunState.DONE, finished_at=now())
    counts = {name: at_work.counts.get(name, 0) for name in ("snapshots", "unusable", "scored")}
    return BackfillResult(at_work.pk, at_work.leads, **counts, learned=learned, seconds=time.monotonic() - started)


def state_of(run: BackfillRun, **columns: Any) -> None:
    for name, value in columns.items():
        setattr(run, name, value)
    run.save(update_fields=list(columns))


def step(client: Client, run: BackfillRun) -> bool:
    """One page, and the run as it stands then; False where there was none left."""
    with transaction.atomic():
        row = BackfillRun.objects.for_client(client).select_for_update().get(pk=run.pk)
        leads = following(client, row.marker)
        if leads:
            found = {"scored": score(client, leads) if row.als else 0}
            if row.content:
                found |= rebuild(client, leads)
            with LeadSet() as page:
                page.add(lead.pk for lead in leads)
                page.settle()
            row.counts = {name: row.counts.get(name, 0) + count for name, count in found.items()}
            row.marker = [leads[-1].created_at.isoformat(), str(leads[-1].pk)]
            row.leads, row.moved_at = row.leads + len(leads), now()
            row.save(update_fields=["counts", "marker", "leads", "moved_at"])
    run.marker, run.counts, run.leads = row.marker, row.counts, row.leads
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
    return scorer.write([lead.pk for lead in bare], list(scorer.values(scores, known.weights, at, known.learned)))


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
