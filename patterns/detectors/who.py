"""WHO: which leads convert, and what the score's components should weigh (`docs/statistics.md`, "WHO")."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from conversion.als import DEFAULT_WEIGHTS
from conversion.learned import SIGNALS, SIZES
from conversion.learned import size_label as label
from conversion.vocabulary import Outcome, PatternType, Status
from patterns.detectors.atrisk import at_risk
from patterns.detectors.booked import flags_with_bookings, values_with_bookings
from patterns.detectors.borrowing import Borrowing, Lender
from patterns.detectors.families import Family, any_supported, findings, flags_family, head, ranked, values_family
from patterns.detectors.findings import Abstention, Finding, rounded
from patterns.detectors.frame import UNKNOWN, Bools, Category, Frame, Ints, Leads
from patterns.detectors.learned import subject_of
from patterns.detectors.weighing import Weighing, weigh
from patterns.stats.counting import dense_codes
from patterns.stats.rates import Floats, about

MIN_CONVERSIONS = 10
MIN_LEADS = 30
STRATIFIED_BY = "campaign or month, and number of the first touch"

RANKED = ("title_rankings", "industry_rankings", "size_analysis", "timing_signals")

Part = list[dict[str, Any]] | dict[str, Any]


@dataclass(frozen=True)
class Units:
    """The leads that were followed for long enough: their rows, whether any such touch led to the outcome and to a booking,
    their stratum, and when the first such touch was sent (seconds since 1970).
    """

    row: Ints
    y: Bools
    booked: Bools
    stratum: Ints
    time: Floats
    outcome: Outcome

    def __len__(self) -> int:
        return len(self.row)


class WhoDetector:
    """Rates and lifts of titles, industries, sizes and signals, and the components and weights of the lead score.

    champion: the weights that learned ones must beat on held-out leads; the defaults, unless told otherwise. borrowing:
    what the client's agency lets it borrow, None where it lends nothing.
    """

    algorithm = "who-2"

    def __init__(self, champion: Mapping[str, float] = DEFAULT_WEIGHTS, borrowing: Borrowing | None = None) -> None:
        self.champion, self.borrowing = champion, borrowing

    def analyze(
        self, frame: Frame, as_of: datetime, rng: np.random.Generator, *, claims_only: bool = False
    ) -> dict[str, Any] | Abstention:
        """The `who` payload, or an abstention that says how many more leads are needed. as_of: aware."""
        units = lead_units(frame)
        reason, lender = too_few(units), self.lender(frame)
        if reason and not lender:
            return reason
        leads = frame.leads
        families = {} if reason else segment_families(leads, units)
        found = dict(zip(families, findings(list(families.values())), strict=True))
        supported = any(any_supported(items) for items in found.values())
        weighing = self.weighing(leads, units, rng, reason=reason, lender=lender, any_supported=supported)
        sure = weighing.confidence if supported or weighing.promoted else 0.0
        rankings: dict[str, Any] = {}
        if not claims_only:
            rankings = dict.fromkeys(RANKED, reason.payload()) if reason else ranked_parts(found, leads, units)
        payload = {
            **head(PatternType.WHO, as_of, len(units), sure, units.outcome),
            **rankings,
            "recommended_weights": weighing.weights,
            "learned_components": weighing.components,
            "recommended_tiers": weighing.tiers,
            "weights_evidence": weighing.evidence,
        }
        rounded_payload: dict[str, Any] = rounded(payload)
        return rounded_payload

    def lender(self, frame: Frame) -> Lender | None:
        """What may be borrowed, with the client's own bookings added: pools are made of bookings, whatever the rest of the
        pattern speaks of. Only a promoted one lends.
        """
        units = lead_units(frame, Outcome.BOOKED)
        if self.borrowing is None or not self.borrowing.promoted or not len(units):
            return None
        return Lender(self.borrowing, self.borrowing.fit(frame.leads.components[units.row].astype(np.float64), units.y))

    def weighing(
        self,
        leads: Leads,
        units: Units,
        rng: np.random.Generator,
        *,
        reason: Abstention | None,
        lender: Lender | None,
        any_supported: bool,
    ) -> Weighing:
        if lender and reason:
            return lender.alone(reason)
        made = weigh(
            subject_of(leads, units.row, units.y, units.stratum, units.time),
            defaults=DEFAULT_WEIGHTS,
            champion=lender.weights if lender else self.champion,
            rng=rng,
            any_supported=any_supported,
        )
        return lender.lent(made) if lender else made


def ranked_parts(found: Mapping[str, list[Finding]], leads: Leads, units: Units) -> dict[str, Any]:
    return {
        "title_rankings": ranking(found, "title"),
        "industry_rankings": ranking(found, "industry"),
        "size_analysis": size_analysis(found),
        "timing_signals": timing_signals(found, leads, units),
    }


def lead_units(frame: Frame, outcome: Outcome | None = None) -> Units:
    """One row a lead with a matured touch. Its stratum: campaign or month, and number, of the first such touch. outcome:
    that y speaks of, the one that the frame has enough of where None.
    """
    touches = at_risk(frame, outcome)
    if not len(touches):
        none = np.zeros(0, dtype=np.int64)
        return Units(none, none.astype(bool), none.astype(bool), none, none.astype(np.float64), touches.outcome)
    first = np.flatnonzero(np.diff(touches.lead, prepend=-1))
    return Units(
        row=touches.lead[first],
        y=np.logical_or.reduceat(touches.y, first),
        booked=np.logical_or.reduceat(touches.booked, first),
        stratum=dense_codes(touches.period[first], touches.touch[first]),
        time=frame.touches.sent_at[touches.row[first]].astype(np.float64),
        outcome=touches.outcome,
    )


def too_few(units: Units) -> Abstention | None:
    """Why these leads are too few to learn from, None where they are enough."""
    leads, won = len(units), int(units.y.sum())
    needed = max(MIN_LEADS - leads, (MIN_CONVERSIONS - won) * (leads + 1) / (won + 0.5))
    if needed <= 0:
        return None
    return Abstention(
        f"{won} conversions among {leads} leads that were followed for long enough; {MIN_CONVERSIONS} among "
        f"{MIN_LEADS} are needed: {about(needed)} more leads at this rate"
    )


def segment_families(leads: Leads, units: Units) -> dict[str, Family]:
    """The families of which at least one value is known, by name."""
    columns: dict[str, tuple[str, Sequence[Any], Ints]] = {
        "title": ("title", *used(leads.title, units.row)),
        "industry": ("industry", *used(leads.industry, units.row)),
        "size": ("range", [label(*size) for size in SIZES], size_codes(leads.employees[units.row])),
    }
    families = {
        name: values_with_bookings(
            values_family(key, labels, column, units.y, units.stratum, stratified_by=STRATIFIED_BY),
            column,
            units.y,
            units.booked,
            units.stratum,
        )
        for name, (key, labels, column) in columns.items()
        if (column >= 0).any()
    }
    flags = {name: getattr(leads, name)[units.row] for name in SIGNALS}
    known = {name: column for name, column in flags.items() if (column == 1).any() and (column == 0).any()}
    if known:
        flagged = list(known.values())
        family = flags_family("signal", list(known), flagged, units.y, units.stratum, stratified_by=STRATIFIED_BY)
        families["signals"] = flags_with_bookings(family, flagged, units.y, units.booked, units.stratum)
    return families


def used(category: Category, rows: Ints) -> tuple[list[str], Ints]:
    """Labels that occur in these rows, still sorted, and the rows' codes into them."""
    column = category.codes[rows]
    present = np.unique(column[column >= 0])
    position = np.full(len(category.labels) + 1, UNKNOWN, dtype=np.int64)  # the last entry answers for -1
    position[present] = np.arange(len(present))
    return [category.labels[code] for code in present], position[column]


def size_codes(employees: Ints) -> Ints:
    starts = np.array([low for low, _ in SIZES])
    return np.asarray(np.searchsorted(starts, employees, side="right") - 1)


def ranking(found: Mapping[str, list[Finding]], name: str) -> Part:
    items = found.get(name)
    if not items:
        return Abstention(f"no lead's {name} is known").payload()
    return [item.payload() for item in ranked(items)]


def size_analysis(found: Mapping[str, list[Finding]]) -> Part:
    """Every size in its order, and the range of the best supported one with the supported ones next to it."""
    items = found.get("size")
    if not items:
        return Abstention("no company's number of employees is known").payload()
    good = [item.status == Status.SUPPORTED and item.lift > 1 for item in items]
    distribution = [item.payload() for item in items if item.sample]
    if not any(good):
        return {"sweet_spot": None, "distribution": distribution}
    low = high = max((i for i in range(len(items)) if good[i]), key=lambda i: items[i].lift)
    while low > 0 and good[low - 1]:
        low -= 1
    while high + 1 < len(items) and good[high + 1]:
        high += 1
    return {"sweet_spot": {"min": SIZES[low][0], "max": SIZES[high][1]}, "distribution": distribution}


def timing_signals(found: Mapping[str, list[Finding]], leads: Leads, units: Units) -> dict[str, Any]:
    """A finding for each signal, against the leads known to be without it."""
    items = {item.key["signal"]: item for item in found.get("signals", [])}
    return {
        f"{name}_lift": items[name].payload() if name in items else missing(name, getattr(leads, name)[units.row])
        for name in SIGNALS
    }


def missing(name: str, column: Ints) -> dict[str, Any]:
    known = int((column >= 0).sum())
    if not known:
        return Abstention(f"{name} is not known of any lead").payload()
    kind = "with" if (column == 0).any() else "without"
    return Abstention(f"no lead is known {kind} {name}, so there is nothing to compare {known:,} leads with").payload()
