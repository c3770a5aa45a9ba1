"""Leads are scored anew when their client's WHO pattern changes: pulled by the poll, which compares versions.

Learning does not know who reads its patterns. Each client has a row that says by which version its leads are scored, and how
far; a version that differs, also that of a pattern which expired, starts from the first lead. Two polls at once score the same
leads twice and alike, so nobody waits for anybody. While learners have clients to learn for, a new pattern's leads wait for a
while: scoring 200 clients takes as much of a machine as learning for 60 of them.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from conversion.models import Client
from conversion.tenancy import across_clients
from conversion.vocabulary import PatternType
from engines import scorer
from patterns import flows, guidance
from patterns.models import ConversionPattern, Rescoring

SECONDS = 20.0  # of one call, some 400,000 leads: the poll has other things to do
BATCH = 5_000  # leads: what a kill lets be done again
PATIENCE = timedelta(minutes=10)  # for which the leads of a new pattern wait while learning goes on


def rescore(at: datetime, seconds: float = SECONDS) -> int:
    """Score what is to be scored anew, for so long; returns how many leads that were. The next call goes on from there."""
    end, scored = time.monotonic() + seconds, 0
    for client, version in outdated(at):
        for count in scored_by(client, version, at):
            scored += count
            if time.monotonic() >= end:
                return scored
    return scored


def outdated(at: datetime) -> Iterator[tuple[Client, int]]:
    """Clients whose leads are not all scored by the WHO pattern that is valid, and its version (0: none)."""
    with across_clients("learning"):
        valid = ConversionPattern.objects.valid_at(at).filter(pattern_type=PatternType.WHO)
        known = list(valid.values_list("client_id", "version", "computed_at"))
        fresh = at - PATIENCE if flows.is_waiting() else at
        waiting = {client for client, _, computed in known if fresh < computed <= at}
        versions: dict[UUID, int] = {client: version for client, version, _ in known}
        rows = Rescoring.objects.values_list("client_id", "version", "finished_at")
        done = {client: version for client, version, finished in rows if finished is not None}
        begun = {client for client, *_ in rows}
    asked = {pk: versions.get(pk, 0) for pk in {*versions, *begun}}
    late = [pk for pk, version in asked.items() if done.get(pk) != version and pk not in waiting]
    for client in Client.objects.learned_for().filter(pk__in=late).order_by("pk"):
        yield client, asked[client.pk]


def scored_by(client: Client, version: int, at: datetime) -> Iterator[int]:
    """Score the client's leads by the pattern of this version, from where it stopped; after each batch, its size."""
    row, _ = Rescoring.objects.get_or_create(client=client, defaults={"version": version, "started_at": at})
    if row.version != version:
        row.version, row.after, row.started_at, row.finished_at = version, None, at, None
        row.save()
    elif row.finished_at is not None:
        return  # meanwhile, by another poll
    mine = Rescoring.objects.for_client(client).filter(version=version)
    after = (datetime.fromisoformat(row.after[0]), UUID(row.after[1])) if row.after else None
    known = guidance.for_client(client, at, scorer.ONLY)
    for mark, scores in scorer.score_batches(client, known, row.started_at, BATCH, after):
        created, last = mark
        if not mine.update(after=[created.isoformat(), str(last)]):
            return  # a newer version is on its way
        yield len(scores)
    mine.update(finished_at=at)
