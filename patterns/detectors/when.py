"""WHEN: on which day, at which hour, on which touch and after which gap a touch converts (`docs/statistics.md`, "WHEN")."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np

from conversion.usual import USUAL_DAYS, USUAL_HOURS
from conversion.vocabulary import PatternType, Status
from patterns.detectors.atrisk import AtRisk, at_risk
from patterns.detectors.booked import values_with_bookings
from patterns.detectors.curves import ordered_family
from patterns.detectors.families import Family, discoveries, findings_at, head, ranked
from patterns.detectors.fatigue import TOUCHES, decline_of, touches, with_silent_touches
from patterns.detectors.findings import Abstention, Finding, rounded
from patterns.detectors.frame import Bools, Frame, Ints
from patterns.detectors.gains import Gain, choice_gain, probability
from patterns.detectors.gaps import (
    GAPS,
    costly_gaps,
    gap_codes,
    gap_hazard,
    optimal_gap,
    sequence_gaps,
    unsubscribes_family,
)
from patterns.detectors.waiting import conversion_timing
from patterns.stats import curves
from patterns.stats.counting import count_patterns, dense_codes
from patterns.stats.curves import Walk
from patterns.stats.decline import Decline
from patterns.stats.rates import about

MIN_CONVERSIONS = 5
MIN_TOUCHES = 20
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = 24
WITHIN = "campaign or month, channel and touch number"
WITHIN_DAY = f"{WITHIN}, day of the week"  # what falls on a weekend waits for Monday, which ties gaps to days
USUAL_GAP_CODES = (1, 2, 3, 4)  # of GAPS: where the default gaps of 2, 3, 4, 5 and 7 days lie
WITHIN_TOUCH = "campaign or month, channel and tier"


@dataclass(frozen=True)
class Attribute:
    """One thing of a touch that may matter: its values' names, each row's code (-1 none) and stratum, the outcome.

    walk: how neighbouring values hang together. defaults: codes in use without the pattern; empty where nothing is
    decided by it.
    """

    key: str
    labels: Sequence[Any]
    codes: Ints
    y: Bools
    stratum: Ints
    walk: Walk
    within: str = WITHIN
    defaults: Sequence[int] = field(default=())

    @property
    def varies(self) -> bool:
        """Whether there is anything to compare: at least two values were used."""
        known = self.codes[self.codes >= 0]
        return bool(len(known)) and int(known.min()) != int(known.max())

    def family(self) -> Family:
        columns = (self.codes, self.y, self.stratum)
        return ordered_family(self.key, self.labels, *columns, walk=self.walk, stratified_by=self.within)


def family_of(made: Attribute, table: AtRisk) -> Family:
    """The attribute's family, with what each value does to bookings where the outcome comes before them."""
    booked = np.concatenate([table.booked, np.zeros(len(made.y) - len(table), dtype=bool)])  # silent touches come last
    return values_with_bookings(made.family(), made.codes, made.y, booked, made.stratum)


DECIDED = ("day", "hour", "gap")  # what the allocator chooses; the touch number is what it is


class WhenDetector:
    """Days, hours, touch numbers and gaps, each within strata; the time from the first touch to a booking."""

    algorithm = "when-2"

    def analyze(
        self, frame: Frame, as_of: datetime, rng: np.random.Generator, *, claims_only: bool = False
    ) -> dict[str, Any] | Abstention:
        """The `when` payload, or an abstention that says how many more touches are needed. as_of: aware."""
        table = at_risk(frame)
        if reason := too_few(table):
            return reason
        attributes = {name: made for name, made in attributes_of(table).items() if made.varies}
        found = judged(attributes, table)
        costly = costly_gaps(found.costs)
        gap = optimal_gap(found.of("gap"), costly)
        sure = 0.0 if claims_only else confidence(attributes, found, costly, rng)
        payload = {
            **head(PatternType.WHEN, as_of, len(table), sure, table.outcome),
            "best_days": days(found.of("day"), table),
            "best_hours": hours(found.of("hour"), table),
            **touches(found.of("touch"), table, found.decline, found.fatigue_q, only_one_touch(table)),
            "optimal_sequence_gaps": sequence_gaps(gap, table),
            "optimal_gap": gap,
            "gap_hazard": gap_hazard(found.of("gap"), found.costs),
            "conversion_timing": conversion_timing(frame),
        }
        rounded_payload: dict[str, Any] = rounded(payload)
        return rounded_payload


@dataclass(frozen=True)
class Judged:
    """The findings of each attribute, of the gaps' unsubscribes (None: too few), and depletion with fatigue's q-value."""

    items: Mapping[str, Sequence[Finding]]
    costs: Sequence[Finding] | None
    decline: Decline | None
    fatigue_q: float

    def of(self, name: str) -> Sequence[Finding] | None:
        """Findings of an attribute, None where it does not vary."""
        return self.items.get(name)


def judged(attributes: Mapping[str, Attribute], table: AtRisk) -> Judged:
    """All tests of this detector, under one false-discovery rate."""
    families = [family_of(made, table) for made in attributes.values()]
    gap, touch = attributes.get("gap"), attributes.get("touch")
    costs = unsubscribes_family(gap.codes, table, gap.stratum, gap.within) if gap else None
    decline = decline_of(touch.codes, touch.y, touch.stratum) if touch else None
    worn = np.array([decline.fatigue.p_value] if decline and decline.fatigue else [np.nan])
    everything = [*families, costs] if costs else families
    *q_values, fatigue_q = discoveries(*(family.p_values for family in everything), worn)
    found = [findings_at(family, q) for family, q in zip(everything, q_values, strict=True)]
    return Judged(
        items=dict(zip(attributes, found, strict=False)),
        costs=found[-1] if costs else None,
        decline=decline,
        fatigue_q=float(fatigue_q[0]),
    )


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
    by_day = dense_codes(table.stratum, table.day)
    columns = (
        Attribute("day", DAYS, table.day, table.y, table.stratum, curves.DAYS, defaults=USUAL_DAYS),
        Attribute("hour", range(HOURS), table.hour, table.y, table.stratum, curves.HOURS, defaults=USUAL_HOURS),
        touch_attribute(table),
        Attribute("gap", GAPS, gap_codes(table), table.y, by_day, curves.GAPS, WITHIN_DAY, USUAL_GAP_CODES),
    )
    return {column.key: column for column in columns}


def touch_attribute(table: AtRisk) -> Attribute:
    """Touch numbers, with the silent touches that were made before the first one recorded of a lead."""
    codes, y, stratum = with_silent_touches(table, dense_codes(table.period, table.channel, table.tier))
    return Attribute("touch", range(1, TOUCHES + 1), codes, y, stratum, curves.TOUCHES, WITHIN_TOUCH)


def confidence(
    attributes: Mapping[str, Attribute], found: Judged, costly: frozenset[str], rng: np.random.Generator
) -> float:
    """Probability that the supported days, hours and gaps together beat the defaults; 0 where none of them is supported.

    Touch numbers are known, not chosen. A bad value that the defaults never use is no gain to leave out. costly: gaps
    that are not chosen, however many bookings they bring.
    """
    gains: list[Gain] = []
    for name in (name for name in DECIDED if name in found.items):
        made = attributes[name]
        if name == "gap":
            made = replace(
                made, codes=np.where(np.isin(made.codes, [GAPS.index(gap) for gap in costly]), -1, made.codes)
            )
        usable = [item for item in found.items[name] if name != "gap" or item.key["gap"] not in costly]
        supported = [item for item in usable if item.status == Status.SUPPORTED]
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


def only_one_touch(table: AtRisk) -> Abstention:
    """Why touch numbers say nothing where only one was sent."""
    return only_one("touch number", table.touch, [str(i) for i in range(int(table.touch.max()) + 1)])
