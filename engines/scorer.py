"""Scoring leads: by the rules and by what was learned, explained in words, and kept on the lead."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import repeat
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.timezone import now

from conversion import als
from conversion.encoding import json_text
from conversion.interpreter import few_collections
from conversion.learned import EXTRA, LearnedComponents
from conversion.models import Client, Lead
from conversion.vocabulary import TIERS, PatternType
from engines.profile import ideal_profile
from engines.reasons import described, reasons
from engines.scoring import COLUMNS, PARTS, Scores, score_leads
from patterns import guidance
from patterns.guidance import Guidance

ONLY = (PatternType.WHO,)  # what a score asks of the guidance
BATCH = 10_000  # leads held at a time: some 20 MB
TABLE = "conversion_lead"
POINTS = tuple(f"als_{part}" for part in PARTS)
WRITTEN = ("als_score", "als_tier", "als_components", *POINTS)
SHARED = ("als_weights_used", "scored_at")  # alike on all leads that are scored together
ARRAYS = (
    "unnest(%s::int2[])",
    "unnest(%s::text[])",
    "jsonb_array_elements(%s::jsonb)",
    *("unnest(%s::int2[])" for _ in POINTS),
)


@dataclass(frozen=True)
class Score:
    """score: 0-100. components: rule points by name, with `scored_at`, as stored; `learned` holds the points that count in
    their place, where a pattern has them. probability: that the lead has the `outcome` (books, or replies where bookings
    are few) when it is worked as leads were; both None where the score is not calibrated. weights: the four that were
    used. weights_source: where they come from, in words. reasons: lines such as "+14: founder" (`engines.reasons`).
    """

    lead_id: str
    score: int
    tier: str
    components: Mapping[str, Any]
    weights: Mapping[str, float]
    weights_source: str
    reasons: tuple[str, ...]
    scored_at: datetime
    probability: float | None = None
    outcome: str | None = None

    def payload(self) -> dict[str, Any]:
        return {
            "lead_id": self.lead_id,
            "score": self.score,
            "tier": self.tier,
            "probability": self.probability,
            "outcome": self.outcome,
            "components": dict(self.components),
            "weights": dict(self.weights),
            "weights_source": self.weights_source,
            "reasons": list(self.reasons),
            "scored_at": self.scored_at.isoformat(),
        }


@dataclass(frozen=True)
class Scored:
    """What scoring a client's leads did. tiers: leads by tier. seconds: it took."""

    client: Client
    scored: int
    weights: Mapping[str, float]
    weights_source: str
    tiers: Mapping[str, int]
    seconds: float

    def payload(self) -> dict[str, Any]:
        return {
            "client": self.client.name,
            "scored": self.scored,
            "weights": dict(self.weights),
            "tiers": dict(self.tiers),
            "seconds": round(self.seconds, 3),
        }


class ScorerEngine:
    """Scores leads by the weights that their client's valid patterns give."""

    def score_lead(self, lead: Lead, client: Client | None = None, *, at: datetime | None = None) -> Score:
        """Score one lead, keep the score on it, and say why. at: aware, the moment of scoring; now if None.

        Two queries, and one more where neither `client` is given nor the lead's own is loaded. Raises ValueError for a
        lead of another client, and for a deleted lead or client.
        """
        owner = lead.client if client is None else client
        check(lead, owner)
        moment = (at or now()).astimezone(UTC)
        known = guidance.for_client(owner, moment, ONLY)
        score = explain(lead, ideal_profile(owner), known, moment)
        points = [score.components[part] for part in PARTS]
        written = (score.score, score.tier, json.dumps(score.components), *points)
        if not write([lead.pk], [written], score.weights, moment):
            raise ValueError(f"lead {lead.pk} is not there any more: not scored")
        kept = (score.score, score.tier, score.components, *points, score.weights, moment)
        for name, value in zip((*WRITTEN, *SHARED), kept, strict=True):
            setattr(lead, name, value)
        return score


def check(lead: Lead, client: Client) -> None:
    """Raises ValueError unless the lead is the client's and both are there to be scored."""
    if lead.client_id != client.pk:
        raise ValueError(f"lead {lead.pk} is not of client {client.pk}")
    if client.deleted_at is not None:
        raise ValueError(f"client {client.pk} is deleted: its leads are not scored")
    if lead.deleted_at is not None:
        raise ValueError(f"lead {lead.pk} is deleted: not scored")


def explain(lead: Lead, icp: Mapping[str, Any], known: Guidance, at: datetime) -> Score:
    """The score of a lead with its reasons, a function of its arguments alone."""
    found = als.components_of(lead, icp)
    rule = {part: getattr(found, part) for part in PARTS}
    learned = known.learned.points(lead, rule) if known.learned else {}
    counted = als.Components(**{**rule, **learned})
    score = als.score(counted, known.weights)
    weighted = als.weighted(counted, known.weights)
    probability = known.calibration.probability(weighted) if known.calibration else None
    said = described(lead, known.learned, rule, learned) if known.learned else ()
    return Score(
        lead_id=str(lead.pk),
        score=score,
        tier=als.tier(score, known.tiers).value,
        components=as_stored(rule, learned, probability, at),
        weights=dict(known.weights),
        weights_source=known.weights_source,
        reasons=reasons(als.points_of(lead, icp), known.weights, score, said),
        scored_at=at,
        probability=probability,
        outcome=known.calibration.outcome.value if known.calibration else None,
    )


def as_stored(
    rule: Mapping[str, float], learned: Mapping[str, float], probability: float | None, at: datetime
) -> dict[str, Any]:
    """`als_components`: rule points, and what was learned where something was."""
    stored: dict[str, Any] = {**rule, "scored_at": at.isoformat()}
    if learned:
        stored["learned"] = dict(learned)
    if probability is not None:
        stored["probability"] = probability
    return stored


def score_client(
    client: Client,
    at: datetime | None = None,
    batch: int = BATCH,
    progress: Callable[[int], None] = lambda _: None,
) -> Scored:
    """Score all leads of a client that are not deleted, `batch` at a time, each batch in a transaction of its own.

    at: aware, the moment of scoring; now if None. progress: called with the number scored so far after each batch.
    Raises ValueError for a deleted client.
    """
    if client.deleted_at is not None:
        raise ValueError(f"client {client.pk} is deleted: its leads are not scored")
    started = time.monotonic()
    moment = (at or now()).astimezone(UTC)
    known = guidance.for_client(client, moment, ONLY)
    scored, tiers = 0, dict.fromkeys((tier.value for tier in TIERS), 0)
    for _, scores in score_batches(client, known, moment, batch):
        scored += len(scores)
        for position, tier in enumerate(TIERS):
            tiers[tier.value] += int((scores.tier == position).sum())
        progress(scored)
    return Scored(client, scored, known.weights, known.weights_source, tiers, time.monotonic() - started)


Mark = tuple[datetime, Any]  # created_at and id of a lead: its place in the order in which leads are scored


def score_batches(
    client: Client, known: Guidance, at: datetime, batch: int = BATCH, after: Mark | None = None
) -> Iterator[tuple[Mark, Scores]]:
    """Score the leads after a mark, `batch` at a time; after each transaction, the mark reached and the batch's scores."""
    icp = ideal_profile(client)
    asked = COLUMNS if known.learned is None or not known.learned.extras else (*COLUMNS, EXTRA)
    while True:
        with few_collections, transaction.atomic():
            rows = read(client, after, batch, asked)
            if not rows:
                return
            ids, *columns = zip(*rows, strict=True)
            by_name = dict(zip(asked, columns, strict=True))
            scores = score_leads(
                by_name, icp, known.weights, known.tiers, learned=known.learned, calibration=known.calibration
            )
            write(ids, list(values(scores, at, known.learned)), known.weights, at)
            created = Lead.objects.for_client(client).values_list("created_at", flat=True).get(pk=ids[-1])
        after = created, ids[-1]
        yield after, scores
        if len(ids) < batch:
            return


def read(client: Client, after: Mark | None, batch: int, asked: Sequence[str] = COLUMNS) -> list[tuple[Any, ...]]:
    """The next leads in the order of an index, locked in that order: (id, *asked). after: of the last one."""
    leads = Lead.objects.for_client(client).filter(deleted_at__isnull=True)
    if after is not None:
        created, last = after
        later = Q(created_at__gt=created) | Q(created_at=created, id__gt=last)
        leads = leads.filter(later, created_at__gte=created)  # the second is what the index is searched by
    ordered = leads.order_by("created_at", "id").select_for_update(no_key=True)  # touches may name them meanwhile
    return list(ordered.values_list("id", *asked)[:batch])


def write(ids: Sequence[Any], rows: Sequence[tuple[Any, ...]], weights: Mapping[str, float], at: datetime) -> int:
    """Keep scores, values of WRITTEN a row, on the leads with these ids that are not deleted, with one prepared
    statement. Returns how many leads that were. Raw, because the ORM takes longer to make the statement than to run it.
    """
    shared = (json.dumps(dict(weights)), connection.ops.adapt_datetimefield_value(at))
    alike = ", ".join(f"{name} = %s" for name in SHARED)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            pairs = ", ".join(f"{name} = new.{name}" for name in WRITTEN)
            cursor.execute(
                f"UPDATE {TABLE} SET {alike}, {pairs} FROM ROWS FROM (unnest(%s::uuid[]), {', '.join(ARRAYS)}) "
                f"AS new(id, {', '.join(WRITTEN)}) WHERE new.id = {TABLE}.id AND deleted_at IS NULL",
                [*shared, *arrays(ids, *zip(*rows, strict=True))],
            )
        else:
            pairs = ", ".join(f"{name} = %s" for name in WRITTEN)
            cursor.executemany(
                f"UPDATE {TABLE} SET {alike}, {pairs} WHERE id = %s AND deleted_at IS NULL",
                [(*shared, *row, key.hex) for row, key in zip(rows, ids, strict=True)],
            )
        return int(cursor.rowcount)


def arrays(*columns: Sequence[Any]) -> list[str]:
    """The ids and the columns WRITTEN as texts: PostgreSQL reads each at once, where the driver would quote value by value.
    None of ids, numbers and tiers needs quotes.
    """
    texts = [",".join(map(str, column)) for column in columns]
    return [
        f"[{text}]" if name == "als_components" else f"{{{text}}}"
        for name, text in zip(("id", *WRITTEN), texts, strict=True)
    ]


def values(scores: Scores, at: datetime, learned: LearnedComponents | None = None) -> Iterator[tuple[Any, ...]]:
    """Values of WRITTEN, a row a lead. The JSON of the components is made once for each distinct set of them."""
    names = [tier.value for tier in TIERS]
    texts: dict[tuple[Any, ...], str] = {}
    parts = tuple(learned.parts) if learned else ()
    columns = (scores.components.tolist(), scores.score.tolist(), scores.tier.tolist())
    found = repeat(()) if scores.learned is None else map(tuple, scores.learned.tolist())
    chances = repeat(None) if scores.probability is None else scores.probability.tolist()
    for points, score, tier, points_learned, chance in zip(*columns, found, chances, strict=False):
        key = (*points, *points_learned)
        text = texts.get(key)
        if text is None:
            stored = as_stored(
                dict(zip(PARTS, points, strict=True)), dict(zip(parts, points_learned, strict=True)), chance, at
            )
            text = texts[key] = json_text(stored)
        yield (score, names[tier], text, *points)
