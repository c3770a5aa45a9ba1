"""Keeping patterns: one current per client and type, every version in the history, all in one transaction."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from conversion.models import Client
from conversion.notices import tell
from conversion.vocabulary import NoticeKind, PatternType
from patterns.comparison import Last
from patterns.models import ConversionPattern, ConversionPatternHistory

VALID_FOR = timedelta(days=14)  # two weekly runs: one may fail before a pattern expires

Payload = Mapping[str, Any]
Compare = Callable[[Payload, Last | None], tuple[Payload, dict[str, Any]]]


def uncompared(payload: Payload, _: Last | None) -> tuple[Payload, dict[str, Any]]:
    return payload, {}


@transaction.atomic
def store(
    client: Client,
    learned: Mapping[PatternType, Payload],
    *,
    algorithms: Mapping[PatternType, str],
    conversions: int,
    now: datetime,
    scorecards: Mapping[PatternType, Mapping[str, Any]] | None = None,
    compare: Compare = uncompared,
) -> dict[PatternType, ConversionPattern]:
    """Make the payloads the client's current patterns, valid for fourteen days from `now`, and archive them.

    A stored WHO pattern also sets the client's `conversion_sample_count` and, where its weights were promoted,
    `als_learned_weights`. conversions: the converted leads. compare: given a payload and the version in force, what to keep
    of it and its comparison. Types that are not in `learned` keep the pattern they have,
    and so do those whose pattern knows later facts: a look back must not undo what was learned since. Returns what was
    stored.
    """
    owner = Client.objects.select_for_update().get(pk=client.pk)  # two runs at once store one after the other
    stored = {}
    current = {row.pattern_type: row for row in ConversionPattern.objects.for_client(owner)}
    for kind, found in learned.items():
        last = current.get(kind)
        if last is not None and last.patterns.get("as_of", "") > found["as_of"]:
            continue
        payload, comparison = compare(found, last and Last(last.version, last.patterns, last.comparison))
        columns = {
            "version": _next_version(owner, kind),
            "patterns": payload,
            "scorecard": dict((scorecards or {}).get(kind, {})),
            "comparison": comparison,
            "sample_size": payload["sample_size"],
            "confidence": payload["confidence"],
            "algorithm": algorithms[kind],
            "computed_at": now,
            "valid_until": now + VALID_FOR,
        }
        history = ConversionPatternHistory.objects.filter(client=owner, pattern_type=kind)
        history.filter(superseded_at__isnull=True).update(superseded_at=now)
        ConversionPatternHistory.objects.create(client=owner, pattern_type=kind, **columns)
        stored[kind], _ = ConversionPattern.objects.update_or_create(client=owner, pattern_type=kind, defaults=columns)
    if PatternType.WHO in stored:
        _adopt(owner, stored[PatternType.WHO].patterns, conversions, now)
        _tell_promotion(owner, stored[PatternType.WHO], current.get(PatternType.WHO))
    return stored


def _next_version(client: Client, kind: PatternType) -> int:
    versions = ConversionPatternHistory.objects.filter(client=client, pattern_type=kind).order_by("-version")
    return (versions.values_list("version", flat=True).first() or 0) + 1


def _adopt(client: Client, payload: Mapping[str, Any], conversions: int, now: datetime) -> None:
    client.conversion_sample_count = conversions
    evidence = payload["weights_evidence"]
    if evidence.get("promoted") and "borrowed" not in evidence:  # what is lent ends with the pattern
        client.als_learned_weights = payload["recommended_weights"]
        client.als_weights_updated_at = now
    client.save(update_fields=["conversion_sample_count", "als_learned_weights", "als_weights_updated_at"])


def _tell_promotion(client: Client, pattern: ConversionPattern, before: ConversionPattern | None) -> None:
    """Weights that are promoted again are no news."""
    if not pattern.patterns["weights_evidence"].get("promoted"):
        return
    weights = pattern.patterns["recommended_weights"]
    if before is None or before.patterns.get("recommended_weights") != weights:
        payload = {
            "object": "patterns.conversionpattern",
            "id": str(pattern.pk),
            "pattern": pattern.pattern_type,
            "version": pattern.version,
            "weights": weights,
            "sample_size": pattern.sample_size,
            "confidence": pattern.confidence,
        }
        tell(NoticeKind.PATTERN_PROMOTED, client, f"{pattern.pattern_type} {pattern.version}", payload)
