"""WHEN: on which day, at which hour, on which touch and after which gap a touch converts (`docs/statistics.md`, "WHEN")."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from conversion.usual import USUAL_DAYS, USUAL_GAPS, USUAL_HOURS
from conversion.vocabulary import PatternType, Status
from patterns.detectors.atrisk import AtRisk, at_risk
from patterns.detectors.families import Family, findings, head, ranked, values_family
from patterns.detectors.findings import Abstention, Finding, rounded
from patterns.detectors.frame import Bools, Frame, Ints
from patterns.detectors.gains import Gain, choice_gain, probability
from patterns.detectors.waiting import conversion_timing, gap_days
from patterns.stats.counting import count_patterns, dense_codes
from patterns.stats.rates import about
from patterns.stats.timing import fit_depletion

MIN_CONVERSIONS = 5
MIN_TOUCHES = 20
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = 24
TOUCHES = 10  # that a payload speaks of
GAP_STARTS = np.array([0, 2, 3, 4, 6, 8, 15])  # days; the last one begins what no plan waits
GAPS = ("0-1", "2", "3", "4-5", "6-7", "8-14")
WITHIN = "campaign or month, channel and touch number"
WITHIN_DAY = f"{WITHIN}, day of the week"  # what falls on a weekend waits for Monday, which ties gaps to days
WITHIN_TOUCH = "campaign or month, channel and tier"


@dataclass(frozen=True)
class Attribute:
    """One thing of a touch that may matter: its values' names, each row's code (-1 none) and stratum, the outcome.

    defaults: codes in use without the pattern; empty where nothing is decided by it.
    """

    key: str
    labels: Sequence[Any]
    codes: Ints
    y: Bools
    stratum: Ints
    within: str = WITHIN
    defaults: Sequence[int] = field(default=())

    @property
    def varies(self) -> bool:
        """Whether there is anything to compare: at least two values were used."""
        known = self.codes[self.codes >= 0]
        return bool(len(known)) and int(known.min()) != int(known.max())

    def family(self) -> Family:
        return values_family(self.key, self.labels, self.codes, self.y, self.stratum, stratified_by=self.within)


SOME_TOUCHES = 2  # numbers, below which a hazard has no course
DECIDED = ("day", "hour", "gap")  # what the allocator chooses; the touch number is what it is


class WhenDetector:
    """Days, hours, touch numbers and gaps, each within strata; the time from the first touch to a booking."""

    algorithm = "when-1"

    def analyze(self, frame: Frame, as_of: datetime, rng: np.random.Generator) -> dict[str, Any] | Abstention:
        """The `when` payload, or an abstention that says how many more touches are needed. as_of: aware."""
        table = at_risk(frame)
        if reason := too_few(table):
            return reason
        attributes = {name: made for name, made in attributes_of(table).items() if made.varies}
        found = dict(zip(attributes, findings([made.family() for made in attributes.values()]), strict=True))
        payload = {
            **head(PatternType.WHEN, as_of, len(table), confidence(attributes, found, rng)),
            "best_days": days(found.get("day"), table),
            "best_hours": hours(found.get("hour"), table),
            **touches(found.get("touch"), table),
            "optimal_sequence_gaps": gaps(found.get("gap"), table),
            "gap_hazard": gap_hazard(found.get("gap")),
            "conversion_timing": conversion_timing(frame),
        }
        rounded_payload: dict[str, Any] = rounded(payload)
        return rounded_payload


def too_few(table: AtRisk) -> Abstention | None:
    """Why these touches are too few to learn from, None where they are enough."""
    sent, won = len(table), int(table.y.sum())
    needed = max(MIN_TOUCHES - sent, (MIN_CONVERSIONS - won) * (sent + 1) / (won + 0.5))
    if needed <= 0:
        return None
    return Abstention(
        f"{won} conversions by {sent} touches that were followed for 14 days; {MIN_CONVERSIONS} by {MIN_TOUCHES} are "
        f"needed: {about(needed)} more touches at this rate"
    )


def attributes_of(table: AtRisk) -> dict[str, Attribute]:
    """What is compared, each value with the other touches of its stratum."""
    gap = np.searchsorted(GAP_STARTS, table.gap, side="right") - 1
    gap[gap == len(GAPS)] = -1
    return {
        "day": Attribute("day", DAYS, table.day, table.y, table.stratum, defaults=USUAL_DAYS),
        "hour": Attribute("hour", range(HOURS), table.hour, table.y, table.stratum, defaults=USUAL_HOURS),
        "touch": touch_attribute(table),
        "gap": Attribute("gap", GAPS, gap, table.y, dense_codes(table.stratum, table.day), WITHIN_DAY, (1, 2, 3, 4)),
    }


def touch_attribute(table: AtRisk) -> Attribute:
    """Touch numbers, with the silent touches that were made before the first one recorded of a lead.

    Of these only the number is known; they are taken to be in the period, channel and tier of that recorded touch.
    """
    rows = np.flatnonzero((table.previous < 0) & (table.touch > 1))
    number = table.touch[rows].astype(np.int64) - 1
    silent = np.repeat(rows, number)
    position = np.arange(len(silent)) - np.repeat(np.cumsum(number) - number, number)  # 0.. within each lead
    touch = np.concatenate([table.touch.astype(np.int64) - 1, position])
    stratum = dense_codes(table.period, table.channel, table.tier)
    return Attribute(
        key="touch",
        labels=range(1, TOUCHES + 1),
        codes=np.where(touch < TOUCHES, touch, -1),
        y=np.concatenate([table.y, np.zeros(len(silent), dtype=bool)]),
        stratum=np.concatenate([stratum, stratum[silent]]),
        within=WITHIN_TOUCH,
    )


def confidence(
    attributes: Mapping[str, Attribute], found: Mapping[str, Sequence[Finding]], rng: np.random.Generator
) -> float:
    """Probability that the supported days, hours and gaps together beat the defaults; 0 where none of them is supported.

    Touch numbers are known, not chosen. A bad value that the defaults never use is no gain to leave out.
    """
    gains: list[Gain] = []
    for name in (name for name in DECIDED if name in found):
        made = attributes[name]
        supported = [item for item in found[name] if item.status == Status.SUPPORTED]
        worst = not any(item.lift > 1 for item in supported)
        used = {made.labels[code] for code in made.defaults}
        if supported and not (worst and used.isdisjoint(item.key[made.key] for item in supported)):
            counted = count_patterns([made.codes], made.y, made.stratum)
            gains.append(choice_gain(counted, len(made.labels), made.defaults, rng, worst=worst))
    return probability(gains)


def days(items: Sequence[Finding] | None, table: AtRisk) -> Any:
    if items is None:
        return only_one("day of the week", table.day, DAYS).payload()
    used = [item for item in items if item.sample]
    return [{**item.payload(), "day_index": DAYS.index(item.key["day"])} for item in ranked(used)]


def hours(items: Sequence[Finding] | None, table: AtRisk) -> Any:
    if items is None:
        return only_one("hour of the day", table.hour, [f"{hour}:00" for hour in range(HOURS)]).payload()
    return [item.payload() for item in ranked([item for item in items if item.sample])]


def only_one(what: str, codes: Ints, names: Sequence[str]) -> Abstention:
    """Why a column in which not two values are known says nothing."""
    known = codes[codes >= 0]
    if not len(known):
        return Abstention(f"the {what} at the lead is not known of any touch")
    value = names[int(known[0])]
    return Abstention(
        f"all {len(known):,} touches fell on one {what} ({value}), so there is nothing to compare it with: "
        f"send some at another"
    )


def touches(items: Sequence[Finding] | None, table: AtRisk) -> dict[str, Any]:
    """What the payload says of touch numbers."""
    shares = np.bincount(np.minimum(table.touch[table.y], TOUCHES + 1), minlength=TOUCHES + 2)[1 : TOUCHES + 1]
    distribution = {f"touch_{i}": float(n) / int(table.y.sum()) for i, n in enumerate(shares, start=1)}
    if items is None:
        reason = only_one("touch number", table.touch, [str(i) for i in range(int(table.touch.max()) + 1)]).payload()
        return {
            "touch_hazard": reason,
            "converting_touch_distribution": distribution,
            "peak_converting_touch": int(table.touch[0]),
            "avg_touches_to_convert": float(table.touch[0]),
            "depletion": reason,
        }
    used = [item for item in items if item.sample]
    return {
        "touch_hazard": [item.payload() for item in used],
        "converting_touch_distribution": distribution,
        "peak_converting_touch": max(used, key=lambda item: item.rate).key["touch"],
        "avg_touches_to_convert": mean_touches(used),
        "depletion": depletion(used),
    }


def mean_touches(items: Sequence[Finding]) -> float:
    """Mean number of touches of those who convert within the touches seen, if all were followed through them.

    From the hazards, so that leads who are still under way do not make it look shorter than it is.
    """
    hazard = np.array([item.rate for item in items])
    number = np.array([item.key["touch"] for item in items])
    reached = np.concatenate([[1.0], np.cumprod(1 - hazard)[:-1]])
    return float(reached * hazard @ number / (reached @ hazard))


def depletion(items: Sequence[Finding]) -> dict[str, Any]:
    """How far falling hazards are explained by the willing having left: the beta-geometric audience.

    Of the touch numbers from 1 up to the first that is missing.
    """
    items = [item for place, item in enumerate(items, start=1) if item.key["touch"] == place]
    if len(items) < SOME_TOUCHES:
        return Abstention("too few touch numbers, counted from 1, to see the hazard fall").payload()
    trials, events = np.array([item.sample for item in items]), np.array([item.converted for item in items])
    found = fit_depletion(trials, events)
    return {
        "first_hazard": found.mean,
        "spread": found.spread,
        "p_value": found.p_value,
        "hazards": list(found.hazards),
    }


def gap_hazard(items: Sequence[Finding] | None) -> Any:
    if items is None:
        return Abstention("no two gaps between touches of a lead differ, so there is nothing to compare").payload()
    return [item.payload() for item in items if item.sample]


def gaps(items: Sequence[Finding] | None, table: AtRisk) -> dict[str, int]:
    """Days to wait before touches 2 to 6: the default, unless a supported gap is better."""
    better = [item for item in items or [] if item.status == Status.SUPPORTED and item.lift > 1]
    learned = gap_days(table, max(better, key=lambda item: item.lift).key["gap"]) if better else None
    return {f"touch_{i}_to_{i + 1}": learned or usual for i, usual in enumerate(USUAL_GAPS, start=1)}
