"""How long to wait between touches: what a gap does to bookings and to unsubscribes, and which one to choose."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from conversion.usual import USUAL_GAPS
from conversion.vocabulary import Status
from patterns.detectors.atrisk import AtRisk
from patterns.detectors.curves import ordered_family
from patterns.detectors.families import Family
from patterns.detectors.findings import Abstention, Finding
from patterns.detectors.frame import Ints
from patterns.detectors.waiting import gap_days
from patterns.stats import curves

GAP_STARTS = np.array([0, 2, 3, 4, 6, 8, 15])  # days; the last one begins what no plan waits
GAPS = ("0-1", "2", "3", "4-5", "6-7", "8-14")
MIN_UNSUBSCRIBES = 5


def gap_codes(table: AtRisk) -> Ints:
    """The position of each touch's gap in GAPS, -1 for a first touch and for longer ones."""
    code = np.searchsorted(GAP_STARTS, table.gap, side="right") - 1
    code[code == len(GAPS)] = -1
    return code


def unsubscribes_family(codes: Ints, table: AtRisk, stratum: Ints, within: str) -> Family | None:
    """Unsubscribing after a touch, by the gap before it, in the strata of the bookings; None with too few of them."""
    if int(table.left[codes >= 0].sum()) < MIN_UNSUBSCRIBES:
        return None
    return ordered_family("gap", GAPS, codes, table.left, stratum, walk=curves.GAPS, stratified_by=within)


def gap_hazard(items: Sequence[Finding] | None, costs: Sequence[Finding] | None) -> Any:
    """The gaps that were used, each with what it does to unsubscribes. costs: None where those are too few."""
    if items is None:
        return Abstention("no two gaps between touches of a lead differ, so there is nothing to compare").payload()
    beside = [cost_payload(one) for one in costs] if costs is not None else [unknown_cost()] * len(items)
    return [{**item.payload(), "unsubscribes": cost} for item, cost in zip(items, beside, strict=True) if item.sample]


def unknown_cost() -> dict[str, Any]:
    return Abstention(
        f"fewer than {MIN_UNSUBSCRIBES} touches were followed by an unsubscribe; {MIN_UNSUBSCRIBES} are needed"
    ).payload()


def cost_payload(cost: Finding) -> dict[str, Any]:
    """hazard: share of the touches that were followed by an unsubscribe within the window, with its interval.

    ratio: of that share within strata, against all touches.
    """
    return {
        "unsubscribed": cost.converted,
        "hazard": cost.rate,
        "low": cost.low,
        "high": cost.high,
        "ratio": cost.lift,
        "ratio_low": cost.lift_low,
        "ratio_high": cost.lift_high,
        "p_worse": cost.p_better,
        "q_value": cost.q_value,
        "status": str(cost.status),
    }


def costly_gaps(costs: Sequence[Finding] | None) -> frozenset[str]:
    """Gaps that clearly cost unsubscribes: the whole interval of the ratio lies above 1.

    No test is asked for beyond that. Not to take a gap costs a few bookings, and an address that is lost stays lost.
    """
    return frozenset(cost.key["gap"] for cost in costs or [] if cost.lift_low > 1)


def optimal_gap(items: Sequence[Finding] | None, costly: frozenset[str]) -> str | None:
    """The supported gap with the largest lift above 1 among those that do not clearly cost unsubscribes."""
    better = [item for item in items or [] if item.status == Status.SUPPORTED and item.lift > 1]
    usable = [item for item in better if item.key["gap"] not in costly]
    return str(max(usable, key=lambda item: item.lift).key["gap"]) if usable else None


def sequence_gaps(gap: str | None, table: AtRisk) -> dict[str, int]:
    """Days to wait before touches 2 to 6: inside the optimal gap, else the default."""
    learned = gap_days(table, gap) if gap is not None else None
    return {f"touch_{i}_to_{i + 1}": learned or usual for i, usual in enumerate(USUAL_GAPS, start=1)}
