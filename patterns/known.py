"""All that a client's valid patterns say, checked, for those who tell it to people: findings by their place, and facts.

Findings of WHAT, WHEN and HOW are known where the pattern may be acted on. Those of WHO always are: its confidence
speaks of the weights of the score, not of who books. Facts (when bookings come, by which channels) describe the past
and are known at any confidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from conversion.models import Client
from conversion.vocabulary import CHANNELS, Outcome, PatternType, Status
from patterns.models import ConversionPattern
from patterns.payloads import (
    TRIALS_HIGHEST,
    Claim,
    Payload,
    ReadClaims,
    is_abstained,
    listed,
    member,
    named,
    number,
    record,
    status,
    text,
    unnamed,
    whole,
    whole_key,
)
from patterns.supported import WinningSequence, best_days, best_hours, by_channel, first_touches, gaps, winning
from patterns.trust import ACTED_ON, trust_of

LONGEST_TEXT = 100_000  # words or characters that a message may have
LATEST_TOUCH = 1_000
SIGNALS = {"new_role_lift": "new_role", "hiring_lift": "hiring", "funded_lift": "funded"}
FURTHER = {"new_channel": "new_channel"}
LENGTHS = {"email": "words", "linkedin": "words", "sms": "chars"}

# Where findings stand, and how they are read.
PLACES: Mapping[str, Mapping[str, ReadClaims]] = {
    PatternType.WHO: {
        "title_rankings": listed("title", text),
        "industry_rankings": listed("industry", text),
        "size_analysis.distribution": listed("range", text),
        "timing_signals": named(SIGNALS),
    },
    PatternType.WHAT: {
        "subject_patterns.winning": listed("pattern", text),
        "subject_patterns.losing": listed("pattern", text),
        "pain_points.effective": listed("pain_point", text),
        "pain_points.ineffective": listed("pain_point", text),
        "ctas.effective": listed("cta", text),
        "ctas.by_type": unnamed,
        "angles.rankings": listed("angle", text),
        "personalization_lift": unnamed,
    },
    PatternType.WHEN: {
        "best_days": best_days,
        "best_hours": best_hours,
        "touch_hazard": listed("touch", whole_key(1, LATEST_TOUCH)),
    },
    PatternType.HOW: {"first_touch_effectiveness": first_touches, "multi_channel_lift": named(FURTHER)},
}


@dataclass(frozen=True, slots=True)
class Length:
    """A supported best length of a channel's texts, and the range around it that does no worse. unit: words or chars.
    sample: touches, converted: of them, both None where the payload does not say.
    """

    unit: str
    best: int
    low: int
    high: int
    sample: int | None
    converted: int | None
    q_value: float | None


@dataclass(frozen=True, slots=True)
class Timing:
    """Days from the first touch to the booking: their mean, and the day by which 80 % of those who book have booked."""

    average: float
    by_80: float


@dataclass(frozen=True)
class Source:
    """A valid pattern: what it is known by. acted_on: its findings may be. outcome: what it speaks of."""

    version: int
    confidence: float
    sample_size: int
    computed_at: datetime
    valid_until: datetime
    acted_on: bool
    outcome: Outcome = Outcome.BOOKED


@dataclass(frozen=True)
class Known:
    """sources: by type. claims: (type, place in the payload) -> findings. sequences: supported, the surest first.
    next_channels: channel of a touch -> findings of the channels after it. lengths: by channel. gaps: days before touch
    2 .. 6, None where not learned, with the finding behind them. peak_touch: the touch that converts best, where that is
    supported. booking_shares: share of the bookings by channel, largest first.
    """

    sources: Mapping[str, Source] = field(default_factory=dict)
    claims: Mapping[tuple[str, str], tuple[Claim, ...]] = field(default_factory=dict)
    sequences: tuple[WinningSequence, ...] = ()
    next_channels: Mapping[str, tuple[Claim, ...]] = field(default_factory=dict)
    lengths: Mapping[str, Length] = field(default_factory=dict)
    gaps: tuple[int | None, ...] = ()
    gap_claim: Claim | None = None
    peak_touch: Claim | None = None
    timing: Timing | None = None
    booking_shares: Mapping[str, float] = field(default_factory=dict)

    def of(self, kind: str, place: str) -> tuple[Claim, ...]:
        return self.claims.get((kind, place), ())

    def outcome(self, kind: str) -> Outcome:
        """What the pattern of the type speaks of."""
        return self.sources[kind].outcome if kind in self.sources else Outcome.BOOKED


def for_client(client: Client, at: datetime) -> Known:
    """What the client's patterns that are valid at `at` say. One query."""
    valid = ConversionPattern.objects.valid_at(at).for_client(client).order_by("pattern_type")
    return read({row.pattern_type: row for row in valid}, client)


def read(stored: Mapping[str, Any], client: Any) -> Known:
    """What stored patterns (type -> row), taken as valid, say. client: its `pk` is read, for the log."""
    sources: dict[str, Source] = {}
    claims: dict[tuple[str, str], tuple[Claim, ...]] = {}
    rest: dict[str, Any] = {}
    for kind, row in sorted(stored.items()):
        confidence = trust_of(row, client)
        if confidence is None:
            continue
        payload = Payload(kind, row.patterns, client)
        acted_on = kind == PatternType.WHO or confidence >= ACTED_ON
        sources[str(kind)] = Source(
            row.version, confidence, row.sample_size, row.computed_at, row.valid_until, acted_on, payload.outcome
        )
        rest |= facts(str(kind), payload)
        if acted_on:
            found = {(str(kind), place): payload.claims(place, reader) for place, reader in PLACES[kind].items()}
            claims |= found
            rest |= conclusions(str(kind), payload, found)
    return Known(sources=sources, claims=claims, **rest)


def facts(kind: str, payload: Payload) -> dict[str, Any]:
    """Fields of Known that describe what happened."""
    if kind == PatternType.WHEN:
        return {"timing": payload.part("conversion_timing", timing, None)}
    if kind == PatternType.HOW:
        empty: dict[str, float] = {}
        return {"booking_shares": payload.part("booking_channel_distribution", shares, empty)}
    return {}


def conclusions(kind: str, payload: Payload, found: Mapping[tuple[str, str], tuple[Claim, ...]]) -> dict[str, Any]:
    """Fields of Known that may be acted on, beside the findings themselves."""
    if kind == PatternType.WHAT:
        read_lengths = {
            name: payload.part(f"optimal_length.{name}", length_in(unit), None) for name, unit in LENGTHS.items()
        }
        return {"lengths": {name: one for name, one in read_lengths.items() if one is not None}}
    if kind == PatternType.WHEN:
        days, behind = gaps(payload)
        peak = payload.part("peak_converting_touch", whole_key(1, LATEST_TOUCH), None)
        hazards = found[kind, "touch_hazard"]
        return {
            "gaps": days,
            "gap_claim": behind,
            "peak_touch": next((one for one in hazards if one.key == peak and one.helps), None),
        }
    if kind == PatternType.HOW:
        empty: dict[str, tuple[Claim, ...]] = {}
        after = payload.part("channel_transitions", rows, empty)
        return {
            "sequences": winning(payload),
            "next_channels": {channel: payload.spoken(claims) for channel, claims in after.items()},
        }
    return {}


def rows(value: Any, place: str) -> dict[str, tuple[Claim, ...]]:
    """Channel of a touch -> the channels of the touch after it; channels that nothing is said of are left out."""
    holder = record(value, place)
    return {
        channel.value: by_channel(holder[channel], f"{place}.{channel}")
        for channel in CHANNELS
        if channel in holder and not is_abstained(holder[channel])
    }


def timing(value: Any, place: str) -> Timing:
    holder = record(value, place)
    average, by_80 = (
        number(member(holder, name, place), f"{place}.{name}", 0) for name in ("avg_days_to_convert", "percentile_80")
    )
    return Timing(average, by_80)


def shares(value: Any, place: str) -> dict[str, float]:
    holder = record(value, place)
    found = {
        channel.value: number(holder[channel], f"{place}.{channel}", 0, 1) for channel in CHANNELS if channel in holder
    }
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def length_in(unit: str) -> Any:
    def read_length(value: Any, place: str) -> Length | None:
        holder = record(value, place)
        if "status" in holder and status(holder["status"], f"{place}.status") != Status.SUPPORTED:
            return None

        def of(name: str, low: int, high: int) -> int:
            return whole(member(holder, name, place), f"{place}.{name}", low, high)

        sample = of("sample", 0, TRIALS_HIGHEST) if "sample" in holder else None
        q_value = holder.get("q_value")
        low = of("range_min", 1, LONGEST_TEXT)
        high = of("range_max", low, LONGEST_TEXT)
        return Length(
            unit=unit,
            best=of(f"optimal_{unit}", low, high),
            low=low,
            high=high,
            sample=sample,
            converted=None if sample is None else of("converted", 0, sample),
            q_value=None if q_value is None else number(q_value, f"{place}.q_value", 0, 1),
        )

    return read_length
