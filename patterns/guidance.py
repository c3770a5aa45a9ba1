"""What may be asked of a client's valid patterns: the one narrow way from what was learned to what is decided.

Everything here has been checked again, blended with the defaults by confidence, and filtered to what may be acted on:
the weights of the lead score below a confidence of 0.5 are the defaults, up to 0.7 a mixture, above it the learned ones;
the supported findings of the other patterns count whole from 0.5 on, and not at all below it.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F

from conversion.als import DEFAULT_TIERS
from conversion.bulk import stored_id
from conversion.learned import LearnedComponents
from conversion.models import Client
from conversion.usual import USUAL_GAPS
from conversion.vocabulary import PatternType
from patterns.components import Calibration
from patterns.models import ConversionPattern
from patterns.payloads import Payload
from patterns.supported import Variants, WinningSequence, how, variants, when
from patterns.trust import ACTED_ON, by_default, tiers_of, trust_of, weighting

SCORING = (
    "recommended_weights",
    "learned_components",
    "weights_evidence",
    "outcome",
)  # what a score asks of a WHO pattern
OBJECT = {
    "postgresql": "jsonb_build_object({})".format(", ".join(f"'{part}', patterns -> '{part}'" for part in SCORING)),
    "sqlite": "json_object({})".format(", ".join(f"'{part}', json_extract(patterns, '$.{part}')" for part in SCORING)),
}
STATEMENT = f"""SELECT pattern_type, version, confidence,
        CASE pattern_type WHEN '{PatternType.WHO}' THEN {{object}} WHEN '{PatternType.WHAT}' THEN NULL ELSE patterns END
    FROM patterns_conversionpattern WHERE client_id = %s AND valid_until > %s AND pattern_type IN ({{kinds}})"""

__all__ = ["Guidance", "Stored", "Variants", "WinningSequence", "for_client", "read", "texts_of"]


class Stored(NamedTuple):
    """As much of a stored pattern as is read here."""

    pattern_type: str
    version: int
    confidence: float
    patterns: Any


@dataclass(frozen=True)
class Guidance:
    """weights: the four of the score, blended by confidence; weights_source says in words where they come from.
    learned: components in place of the rules', None where the rules' count. calibration: of the score, None where unknown.
    tiers: least score of `hot` and `warm`, the client's.

    The rest holds supported findings of patterns that may be acted on, and is empty where there are none:
    winning_sequences: best first (by lift_low). best_first_channel. channel_lifts_by_tier: tier -> channel -> lift.
    gaps: days before touch 2, 3, .. 6, None where not learned. best_days (0 = Monday, at the lead), best_hours: lift
    above 1, best first. avoid_days, avoid_hours: lift below 1, worst first.
    versions: type -> version of the patterns that may be acted on; `who` where its weights have a share in `weights`.
    """

    weights: Mapping[str, float] = field(default_factory=by_default)
    weights_source: str = "default weights"
    tiers: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_TIERS))
    winning_sequences: tuple[WinningSequence, ...] = ()
    best_first_channel: str | None = None
    channel_lifts_by_tier: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    gaps: tuple[int | None, ...] = (None,) * len(USUAL_GAPS)
    best_days: tuple[int, ...] = ()
    avoid_days: tuple[int, ...] = ()
    best_hours: tuple[int, ...] = ()
    avoid_hours: tuple[int, ...] = ()
    versions: Mapping[str, int] = field(default_factory=dict)
    proofs: Mapping[tuple[str, object], str] = field(default_factory=dict)
    learned: LearnedComponents | None = None
    calibration: Calibration | None = None

    @classmethod
    def defaults(cls, tiers: Mapping[str, float] | None = None) -> "Guidance":
        """What holds where nothing is known."""
        return cls(tiers=dict(tiers or DEFAULT_TIERS))

    @property
    def winning_sequence(self) -> tuple[str, ...] | None:
        return self.winning_sequences[0].channels if self.winning_sequences else None

    def sequence_of(self, touches: int) -> WinningSequence | None:
        """The best supported sequence of exactly this many touches."""
        return next((one for one in self.winning_sequences if len(one.channels) == touches), None)

    def better_channels(self, tier: str) -> tuple[str, ...]:
        """Channels with a supported lift above 1 for leads of the tier, best first."""
        lifts = self.channel_lifts_by_tier.get(tier, {})
        return tuple(sorted((name for name in lifts if lifts[name] > 1), key=lambda name: (-lifts[name], name)))

    def evidence(self, name: str, key: object = None) -> str:
        """Why, in words; empty where nothing is known. name and key: ("weights",), ("winning_sequence", channels),
        ("best_first_channel", channel), ("channel_by_tier", (tier, channel)), ("gap", 1 .. 5), ("day", 0 .. 6),
        ("hour", 0 .. 23).
        """
        return self.proofs.get((name, key), "")


def for_client(client: Client, at: datetime, only: Collection[PatternType] = tuple(PatternType)) -> Guidance:
    """What the client's patterns that are valid at `at` say. only: types that are asked for; for a score, WHO is enough.

    One query, which leaves the rankings of who and what unread: they can hold thousands of titles, and no single
    decision asks for them. In SQL, since a single decision is to take milliseconds.
    """
    statement = STATEMENT.format(object=OBJECT[connection.vendor], kinds=", ".join(["%s"] * len(only)))
    with connection.cursor() as cursor:
        until = connection.ops.adapt_datetimefield_value(at)
        cursor.execute(statement, [stored_id(client.pk), until, *(str(kind) for kind in only)])
        rows = cursor.fetchall()
    stored = {
        kind: Stored(kind, version, confidence, None if content is None else json.loads(content))
        for kind, version, confidence, content in rows
    }
    return read(stored, client)


def texts_of(clients: Collection[Client], at: datetime) -> dict[Any, Variants]:
    """What the clients' valid WHAT patterns support of the templates that a touch was sent in, by client id. One query."""
    valid = ConversionPattern.objects.valid_at(at).filter(client__in=clients, pattern_type=PatternType.WHAT)
    columns = ("client_id", "pattern_type", "version", "confidence", F("patterns__variants"), F("patterns__outcome"))
    by_id = {client.pk: client for client in clients}
    found = {}
    for client_id, kind, version, confidence, tests, outcome in valid.values_list(*columns):
        row = Stored(kind, version, confidence, {"variants": tests, "outcome": outcome})
        if tests is not None and (trust_of(row, by_id[client_id]) or 0) >= ACTED_ON:
            found[client_id] = variants(Payload(kind, row.patterns, by_id[client_id]))
    return found


def read(rows: Mapping[str, Any], client: Any) -> Guidance:
    """The guidance of stored patterns (type -> row with `version`, `confidence` and the payload `patterns`), taken as
    valid. client: its `pk`, `als_learned_weights` and `als_tiers` are read. What may not be used is left out, and the log
    says what.
    """
    weighed = weighting(rows.get(PatternType.WHO), client)
    acted_on = {
        kind: Payload(kind, row.patterns, client)
        for kind, row in sorted(rows.items())
        if kind != PatternType.WHO and (trust_of(row, client) or 0) >= ACTED_ON
    }
    versions = {str(kind): rows[kind].version for kind in acted_on}
    if weighed.version is not None:
        versions[PatternType.WHO.value] = weighed.version
    fields: dict[str, Any] = {}
    proofs: dict[tuple[str, object], str] = {("weights", None): weighed.source}
    for kind, reader in ((PatternType.WHEN, when), (PatternType.HOW, how)):
        if kind in acted_on:
            found, evidence = reader(acted_on[kind])
            fields |= found
            proofs |= evidence
    return Guidance(
        weights=weighed.weights,
        weights_source=weighed.source,
        tiers=tiers_of(client),
        versions=dict(sorted(versions.items())),
        proofs=proofs,
        learned=weighed.learned,
        calibration=weighed.calibration,
        **fields,
    )
