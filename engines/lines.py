"""The lines of a brief: what is known, said in words, with the numbers behind it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import chain, islice
from typing import Any

from conversion.vocabulary import Outcome, PatternType
from engines.calendar import DAY_NAMES
from patterns.known import Known, Length
from patterns.payloads import Claim, harming, helping
from patterns.report import one_line
from patterns.supported import ODDS, WinningSequence, gap_words

TOUCHES, LEADS = "touches", "leads"
AVERAGE, WITHOUT, USED = "the average", "those without it", "the odds of one used before"
SHOWN = 5  # titles, industries and the like: who writes needs the first few, the pattern has them all
SEQUENCES_SHOWN = 3
HELPS, HARMS, DESCRIBES = "helps", "harms", "describes"
SIGNS = {HELPS: "+", HARMS: "-", DESCRIBES: "."}
DEFAULT = "default"
WHO, WHAT, WHEN, HOW = (kind.value for kind in PatternType)

Sections = dict[str, tuple["Line", ...]]


@dataclass(frozen=True)
class Line:
    """value: what it speaks of. says: the line in words, evidence included. effect: helps, harms or describes.
    evidence: the numbers.
    """

    value: Any
    says: str
    effect: str
    evidence: Mapping[str, Any]

    @property
    def sign(self) -> str:
        return SIGNS[self.effect]

    def payload(self) -> dict[str, Any]:
        return {"value": self.value, "says": self.says, "effect": self.effect, "evidence": dict(self.evidence)}


def content(found: Known) -> Sections:
    def of(place: str) -> tuple[Claim, ...]:
        return found.of(WHAT, place)

    subjects = chain(helping(of("subject_patterns.winning")), harming(of("subject_patterns.losing")))
    return {
        "effective_pain_points": lines(helping(of("pain_points.effective")), TOUCHES, WITHOUT),
        "ineffective_pain_points": lines(harming(of("pain_points.ineffective")), TOUCHES, WITHOUT),
        "ctas": lines(helping(of("ctas.effective")), TOUCHES, name=lambda key: f'"{key}"'),
        "cta_types": lines(supported(of("ctas.by_type")), TOUCHES),
        "angles": lines(supported(of("angles.rankings")), TOUCHES, WITHOUT),
        "subjects": lines(subjects, TOUCHES, WITHOUT),
        "lengths": tuple(length(channel, best, found.outcome(WHAT)) for channel, best in found.lengths.items()),
        "personalization": lines(supported(of("personalization_lift")), TOUCHES, WITHOUT),
    }


def timing(found: Known) -> Sections:
    days, hours = found.of(WHEN, "best_days"), found.of(WHEN, "best_hours")
    peak = () if found.peak_touch is None else (found.peak_touch,)
    return {
        "best_days": tuple(day(claim) for claim in helping(days)),
        "avoid_days": tuple(day(claim) for claim in harming(days)),
        "best_hours": lines(helping(hours), TOUCHES, name=hour),
        "avoid_hours": lines(harming(hours), TOUCHES, name=hour),
        "peak_touch": lines(peak, TOUCHES, name=lambda key: f"touch {key}"),
        "gaps": gaps(found),
        "conversion_window": window(found),
    }


def channels(found: Known) -> Sections:
    best_next = (
        (channel, claim) for channel, claims in found.next_channels.items() for claim in islice(helping(claims), 1)
    )
    return {
        "first_channels": lines(supported(found.of(HOW, "first_touch_effectiveness")), LEADS),
        "further_channel": lines(
            supported(found.of(HOW, "multi_channel_lift")), TOUCHES, USED, name=lambda _: "a channel not used before"
        ),
        "sequences": tuple(sequence(plan) for plan in found.sequences[:SEQUENCES_SHOWN]),
        "next_channels": tuple(
            line(claim, f"after {channel}, {claim.key}", TOUCHES, ODDS, {"after": channel, "next": claim.key})
            for channel, claim in best_next
        ),
        "booking_channels": bookings(found),
    }


def audience(found: Known) -> Sections:
    def best(place: str, against: str = AVERAGE, name: Callable[[Any], str] = str) -> tuple[Line, ...]:
        return lines(helping(found.of(WHO, place)), LEADS, against, name)

    return {
        "titles": best("title_rankings"),
        "industries": best("industry_rankings"),
        "sizes": best("size_analysis.distribution", name=lambda key: f"{key} employees"),
        "signals": best("timing_signals", WITHOUT, spoken),
    }


def lines(
    claims: Iterable[Claim], unit: str, against: str = AVERAGE, name: Callable[[Any], str] | None = None
) -> tuple[Line, ...]:
    """A line for each of the first findings."""
    return tuple(line(claim, (name or spoken)(claim.key), unit, against) for claim in islice(claims, SHOWN))


def line(claim: Claim, name: str, unit: str, against: str, value: Any = None) -> Line:
    return Line(
        value=claim.key if value is None else value,
        says=f"{one_line(name)}: {claim.words(unit, against)}",
        effect=HELPS if claim.helps else HARMS,
        evidence=numbers(claim),
    )


def numbers(claim: Claim) -> dict[str, Any]:
    names = (
        "sample",
        "converted",
        "rate",
        "low",
        "high",
        "lift",
        "lift_low",
        "lift_high",
        "q_value",
        "frequency",
    )
    return {name: getattr(claim, name) for name in names if getattr(claim, name) is not None}


def supported(claims: tuple[Claim, ...]) -> Iterable[Claim]:
    """What helps, then what harms, the strongest first."""
    return chain(helping(claims), harming(claims))


def spoken(key: Any) -> str:
    return str(key).replace("_", " ")


def day(claim: Claim) -> Line:
    name = str(DAY_NAMES[int(claim.key)])
    return line(claim, name, TOUCHES, AVERAGE, {"day": name, "day_index": claim.key})


def hour(key: Any) -> str:
    return f"{key:02d}:00"


def length(channel: str, best: Length, outcome: Outcome) -> Line:
    unit = "words" if best.unit == "words" else "characters"
    counts = "" if best.sample is None else f"; {best.sample:,} {TOUCHES}, {best.converted:,} {outcome.past}"
    chance = "" if best.q_value is None else f", q {best.q_value:.2g}"
    return Line(
        value={"channel": channel, f"optimal_{best.unit}": best.best, "range_min": best.low, "range_max": best.high},
        says=f"{channel}: about {best.best} {unit}, {best.low} to {best.high} do no worse{counts}{chance}",
        effect=HELPS,
        evidence={
            name: value for name, value in asdict(best).items() if name in EVIDENCE_OF_LENGTH and value is not None
        },
    )


EVIDENCE_OF_LENGTH = ("sample", "converted", "q_value")


def gaps(found: Known) -> tuple[Line, ...]:
    learned = {f"touch_{i}_to_{i + 1}": days for i, days in enumerate(found.gaps, start=1) if days is not None}
    if not learned:
        return ()
    words = ", ".join(DEFAULT if days is None else str(days) for days in found.gaps)
    proof = "" if found.gap_claim is None else f"; {gap_words(found.gap_claim)}"
    return (
        Line(
            value=learned,
            says=f"{words} days before touches 2 to {len(found.gaps) + 1}{proof}",
            effect=HELPS,
            evidence={} if found.gap_claim is None else numbers(found.gap_claim),
        ),
    )


def window(found: Known) -> tuple[Line, ...]:
    if found.timing is None:
        return ()
    touches = found.sources[WHEN].sample_size
    return (
        Line(
            value={"average_days": found.timing.average, "days_80_percent": found.timing.by_80},
            says=(
                f"{found.timing.average:.1f} days from the first touch on average, 80% within "
                f"{found.timing.by_80:.1f} days; from {touches:,} {TOUCHES}"
            ),
            effect=DESCRIBES,
            evidence={"sample": touches},
        ),
    )


def sequence(plan: WinningSequence) -> Line:
    return Line(
        value=list(plan.channels),
        says=f"{', '.join(plan.channels)}: {plan.evidence}",
        effect=HELPS,
        evidence={name: value for name, value in asdict(plan).items() if name != "channels"},
    )


def bookings(found: Known) -> tuple[Line, ...]:
    if not found.booking_shares:
        return ()
    leads = found.sources[HOW].sample_size
    said = ", ".join(f"{channel} {share:.0%}" for channel, share in found.booking_shares.items())
    return (
        Line(
            value=dict(found.booking_shares),
            says=f"{said}; from {leads:,} {LEADS}. It says where touches were sent, too: no reason to send more there",
            effect=DESCRIBES,
            evidence={"sample": leads},
        ),
    )
