"""Touch numbers: their hazard, and what of its fall is depletion (the willing have left) and what is fatigue."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from conversion.vocabulary import Status
from patterns.detectors.atrisk import AtRisk
from patterns.detectors.findings import (
    EFFECT_SUPPORTED,
    OUTCOMES_SUPPORTED,
    Q_SUPPORTED,
    SIGN_SUGGESTIVE,
    Abstention,
    Finding,
)
from patterns.detectors.frame import Bools, Ints
from patterns.stats.curves import Strata
from patterns.stats.decline import MIN_TOUCHES, Decline, fit_decline

TOUCHES = 10  # that a payload speaks of
SOME_TOUCHES = 2  # numbers, below which a hazard has no course


def with_silent_touches(table: AtRisk, stratum: Ints) -> tuple[Ints, Bools, Ints]:
    """Touch number less 1 (-1 beyond TOUCHES), outcome and stratum of the touches, and after them of the silent ones.

    Silent are those that were made before the first one recorded of a lead. Of these only the number is known; they are
    taken to be in the period, channel and tier of that recorded touch.
    """
    rows = np.flatnonzero((table.previous < 0) & (table.touch > 1))
    number = table.touch[rows].astype(np.int64) - 1
    silent = np.repeat(rows, number)
    position = np.arange(len(silent)) - np.repeat(np.cumsum(number) - number, number)  # 0.. within each lead
    touch = np.concatenate([table.touch.astype(np.int64) - 1, position])
    y = np.concatenate([table.y, np.zeros(len(silent), dtype=bool)])
    return np.where(touch < TOUCHES, touch, -1), y, np.concatenate([stratum, stratum[silent]])


def decline_of(codes: Ints, y: Bools, stratum: Ints) -> Decline | None:
    """Depletion and fatigue of the touch numbers from 1 up to the first that is missing; None with fewer than two."""
    used = np.bincount(codes[codes >= 0], minlength=TOUCHES) > 0
    last = TOUCHES if used.all() else int(np.argmin(used))
    if last < SOME_TOUCHES:
        return None
    return fit_decline(Strata.of(np.where(codes < last, codes, -1), y, stratum, last))


def touches(
    items: Sequence[Finding] | None, table: AtRisk, decline: Decline | None, q_value: float, nothing: Abstention
) -> dict[str, Any]:
    """What the payload says of touch numbers. q_value: of fatigue. nothing: why, where only one number was sent."""
    shares = np.bincount(np.minimum(table.touch[table.y], TOUCHES + 1), minlength=TOUCHES + 2)[1 : TOUCHES + 1]
    distribution = {f"touch_{i}": float(n) / int(table.y.sum()) for i, n in enumerate(shares, start=1)}
    if items is None:
        return {
            "touch_hazard": nothing.payload(),
            "converting_touch_distribution": distribution,
            "peak_converting_touch": int(table.touch[0]),
            "avg_touches_to_convert": float(table.touch[0]),
            "depletion": nothing.payload(),
            "fatigue": nothing.payload(),
        }
    used = [item for item in items if item.sample]
    return {
        "touch_hazard": [item.payload() for item in used],
        "converting_touch_distribution": distribution,
        "peak_converting_touch": max(used, key=lambda item: item.rate).key["touch"],
        "avg_touches_to_convert": mean_touches(used),
        "depletion": depletion(items, decline),
        "fatigue": fatigue(decline, q_value),
    }


def mean_touches(items: Sequence[Finding]) -> float:
    """Mean number of touches of those who convert within the touches seen, if all were followed through them.

    From the hazards, so that leads who are still under way do not make it look shorter than it is.
    """
    hazard = np.array([item.rate for item in items])
    number = np.array([item.key["touch"] for item in items])
    reached = np.concatenate([[1.0], np.cumprod(1 - hazard)[:-1]])
    return float(reached * hazard @ number / (reached @ hazard))


def depletion(items: Sequence[Finding], decline: Decline | None) -> dict[str, Any]:
    """The beta-geometric audience, its hazards at the level at which as many bookings are due as there were."""
    if decline is None:
        return Abstention("too few touch numbers, counted from 1, to see the hazard fall").payload()
    followed = items[: len(decline.relative)]
    sent = np.array([item.sample for item in followed], dtype=np.float64)
    first = sum(item.converted for item in followed) / float(sent @ decline.relative)
    return {
        "first_hazard": first,
        "spread": decline.spread,
        "p_value": decline.p_value,
        "hazards": list(first * decline.relative),
    }


def fatigue(decline: Decline | None, q_value: float) -> dict[str, Any]:
    """What the last touch keeps of the hazard that depletion leaves to it, and whether that is less than all of it.

    Supported as other findings are: the test within all tests of the detector, an interval below 1, enough bookings.
    """
    if decline is None or decline.fatigue is None:
        return Abstention(f"fewer than {MIN_TOUCHES} touch numbers, counted from 1: no fatigue can be seen").payload()
    found, last = decline.fatigue, len(decline.relative)
    enough = decline.events >= OUTCOMES_SUPPORTED and found.remaining <= 1 - EFFECT_SUPPORTED
    if q_value <= Q_SUPPORTED and enough and found.high < 1:
        status = Status.SUPPORTED
    else:
        status = Status.SUGGESTIVE if found.p_value <= 1 - SIGN_SUGGESTIVE else Status.NONE
    return {
        "touch": last,
        "remaining": found.remaining,
        "low": found.low,
        "high": found.high,
        "p_value": found.p_value,
        "q_value": q_value,
        "status": str(status),
    }
