"""How well patterns do: a backtest of each, and what stands beside it; plain data, kept with the pattern.

Pure: told the frame, what was learned from it, how to learn, and earlier weights (`docs/statistics.md`, "The scorecard").
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from conversion.vocabulary import COMPONENTS, Outcome, PatternType
from patterns.comparison import supported
from patterns.detectors.atrisk import at_risk
from patterns.detectors.backtest import Payload, judge_touches, judge_who, moment_of
from patterns.detectors.earlier import until
from patterns.detectors.findings import Abstention, rounded
from patterns.detectors.frame import Frame
from patterns.detectors.waiting import conversion_timing
from patterns.stats.gate import MATTERS
from patterns.stats.rates import Floats, about

RUNS = 8  # the latest ones, whose weights are compared
MIN_RUNS = 3
SETTLED_SPREAD = 0.05  # of any weight over these runs: a lead's score moves by at most five points
SETTLED_CONVERSIONS = 100
MIN_BOOKED = 5
Z = 1.959964

Learn = Callable[[Frame, datetime], Mapping[PatternType, Payload | Abstention]]


def scorecards(
    frame: Frame, payloads: Mapping[PatternType, Payload], learn: Learn, weights: Sequence[Mapping[str, float]]
) -> dict[PatternType, dict[str, Any]]:
    """The scorecard of each payload. weights: of earlier WHO versions, the latest last, without that of this payload.

    Learns once more, from the earlier part of the frame; of that only what `backtest` reads is needed.
    """
    if not payloads:
        return {}
    moment = moment_of(frame)
    earlier: Mapping[PatternType, Payload | Abstention] = {}
    if not isinstance(moment, Abstention):
        earlier = learn(until(frame, moment), datetime.fromtimestamp(moment, UTC))
    shared = {"bookings": bookings(frame), "days_to_booking": days(frame), "touches_to_booking": touches(frame)}
    cards: dict[PatternType, dict[str, Any]] = {}
    for kind, payload in payloads.items():
        card = {"backtest": backtest(kind, frame, moment, earlier.get(kind)), **shared}
        if kind == PatternType.WHO:
            card |= {
                "promotion": promotion(payload),
                "weights": spread([*weights, payload["recommended_weights"]], frame),
            }
        cards[kind] = rounded(card)
    return cards


def backtest(
    kind: PatternType, frame: Frame, moment: float | Abstention, learned: Payload | Abstention | None
) -> dict[str, Any]:
    """What was learned up to the moment, judged on what came after it; the reason where it cannot be."""
    if isinstance(moment, Abstention):
        return moment.payload()
    began = {"learned_up_to": datetime.fromtimestamp(moment, UTC).isoformat()}
    if learned is None or isinstance(learned, Abstention):
        reason = learned.reason if learned else "it was not learned"
        return {**began, **Abstention(f"nothing was learned by then: {reason}").payload()}
    if kind == PatternType.WHO:
        return {**began, **judge_who(frame, moment, learned)}
    claims = [(said.name, said.path, said.finding) for _, said in sorted(supported(learned).items())]
    outcome = Outcome(learned.get("outcome", Outcome.BOOKED))
    return {**began, **judge_touches(frame, moment, claims, by_tier=kind == PatternType.HOW, outcome=outcome)}


def promotion(payload: Payload) -> dict[str, Any]:
    """Whether learned weights are in force, and why."""
    evidence = payload["weights_evidence"]
    if "abstained" in evidence:
        return {"promoted": False, "reason": evidence["abstained"]}
    if "borrowed" in evidence:
        lender = evidence["borrowed"]
        reason = f"borrowed from what {lender['clients']} clients have in common, version {lender['version']}"
        return {"promoted": True, "reason": reason}
    if evidence["promoted"]:
        gain = f"{evidence['log_loss_gain']:.2g} log-loss a lead saved on held-out leads, at least {evidence['gain_low']:.2g}"
        return {"promoted": True, "reason": gain}
    if evidence["log_loss_gain"] <= 0:
        reason = "learned weights predict held-out leads worse than those in use"
    elif evidence["p_value"] > MATTERS:
        reason = f"nothing shows that any attribute of the leads matters (p = {evidence['p_value']:.2g})"
    elif evidence["gain_low"] <= 0:
        reason = "learned weights gain on held-out leads, but no more than chance may"
    else:
        reason = "learned weights find fewer of the conversions among the leads that would be worked first"
    return {"promoted": False, "reason": reason}


def spread(weights: Sequence[Mapping[str, float]], frame: Frame) -> dict[str, Any]:
    """How far the weights moved over the latest runs, and whether they have settled."""
    latest = weights[-RUNS:]
    conversions = int(np.isfinite(frame.leads.converted_at).sum())
    if len(latest) < MIN_RUNS:
        missing = MIN_RUNS - len(latest)
        return Abstention(
            f"{len(latest)} run{'s' * (len(latest) != 1)} so far; {MIN_RUNS} are needed to see weights move: {missing} more"
        ).payload()
    moved = {str(name): max(w[name] for w in latest) - min(w[name] for w in latest) for name in COMPONENTS}
    enough = conversions >= SETTLED_CONVERSIONS
    return {
        "runs": len(latest),
        "conversions": conversions,
        "spread": moved,
        "settled": enough and max(moved.values()) <= SETTLED_SPREAD,
        "more_conversions_needed": 0 if enough else SETTLED_CONVERSIONS - conversions,
    }


def bookings(frame: Frame) -> dict[str, Any]:
    """Share of the leads with a matured touch whose matured touches booked; Wilson's interval (1927)."""
    table = at_risk(frame, Outcome.BOOKED)
    if not len(table):
        return Abstention("no touch was followed for 14 days yet").payload()
    first = np.flatnonzero(np.diff(table.lead, prepend=-1))
    leads, booked = len(first), int(np.logical_or.reduceat(table.y, first).sum())
    low, high = wilson(booked, leads)
    return {"leads": leads, "booked": booked, "rate": booked / leads, "low": low, "high": high}


def wilson(k: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of k in n."""
    centre = (k + Z**2 / 2) / (n + Z**2)
    width = Z / (n + Z**2) * math.sqrt(k * (n - k) / n + Z**2 / 4)
    return max(centre - width, 0.0), min(centre + width, 1.0)


def days(frame: Frame) -> dict[str, Any]:
    """Days from the first touch to the booking, leads still under way allowed for."""
    timing = conversion_timing(frame)
    if "abstained" in timing:
        return {"abstained": timing["abstained"]}
    return {
        "median": timing["percentile_50"],
        "percentile_80": timing["percentile_80"],
        "horizon": timing["horizon_days"],
    }


def touches(frame: Frame) -> dict[str, Any]:
    """Touches up to the booking, of those who would book if all were followed through the touch numbers sent."""
    table = at_risk(frame, Outcome.BOOKED)
    booked = int(table.y.sum())
    if booked < MIN_BOOKED:
        more = (MIN_BOOKED - booked) * (len(table) + 1) / (booked + 0.5)
        return Abstention(
            f"{booked} bookings that a touch is credited with; {MIN_BOOKED} are needed: {about(more)} more touches at this rate"
        ).payload()
    sent, won = np.bincount(table.touch), np.bincount(table.touch[table.y], minlength=int(table.touch.max()) + 1)
    number = np.flatnonzero(sent)
    hazard: Floats = won[number] / sent[number]
    reached = np.concatenate([[1.0], np.cumprod(1 - hazard)[:-1]])
    by = (reached * hazard).cumsum()
    return {
        "median": int(number[np.searchsorted(by, by[-1] / 2)]),
        "mean": float(reached * hazard @ number / by[-1]),
        "followed_up_to": int(number[-1]),
    }
