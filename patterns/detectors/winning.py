"""The sequences worth trying: the best of the plans that surely gain something over the default plan.

The best by what is expected of them are listed; of these, the one to follow is that with the highest lower end. What a
plan claims is its lower end, too: picked from thousands, it is expected to be worth less than it looks.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from conversion.vocabulary import Status
from patterns.detectors.families import Family
from patterns.detectors.findings import EFFECT_SUPPORTED, Abstention, Finding
from patterns.detectors.followed import Assigned
from patterns.detectors.frame import Ints
from patterns.detectors.sequences import LISTED, MIN_TOUCHES, Planner, Worth, names
from patterns.stats.plans import channels_used

METHOD = "g-formula over the hazard model, 500 posterior draws; lift against the default sequence"


def winning_sequences(
    planner: Planner, found: Mapping[str, Sequence[Finding]], assigned: Assigned, rng: np.random.Generator
) -> list[dict[str, Any]] | dict[str, Any]:
    """Payloads of the best plans that are supported or suggestive, the surest gain first; an abstention where there is no
    choice to make.
    """
    if len(planner.allowed) < 2 or not planner.length:  # noqa: PLR2004 - a choice needs two
        return Abstention(
            f"{len(planner.allowed)} channel was used for {MIN_TOUCHES} touches or more with conversions to expect: "
            "sequences differ only where there are two"
        ).payload()
    worth = planner.best(rng)
    items = []
    for i in range(len(worth)):
        status = plan_status(worth, i, found)
        if status != Status.NONE:
            items.append(payload(worth, i, status, assigned))
        if len(items) == LISTED:
            break
    return sorted(items, key=lambda item: -item["lift_low"])


def plan_status(worth: Worth, i: int, found: Mapping[str, Sequence[Finding]]) -> Status:
    """Supported where the lower bound of its ratio is above 1 and something that it does is a supported gain.

    The plan itself was picked from thousands; what it does was tested, with the false-discovery rate of all tests.
    Without such a test behind it a plan whose lower bound is above 1 is suggestive, and any other is nothing.
    """
    if worth.ratio_low[i] <= 1 or worth.ratio[i] - 1 < EFFECT_SUPPORTED:
        return Status.NONE
    tested = any(item.status == Status.SUPPORTED and item.lift > 1 for item in terms(worth.plans[i], found))
    return Status.SUPPORTED if tested else Status.SUGGESTIVE


def terms(plan: Ints, found: Mapping[str, Sequence[Finding]]) -> list[Finding]:
    """The tested effects that a plan makes use of."""
    channels = names(plan)
    _, new = channels_used(plan[None, :])
    steps = set(pairwise(channels))
    items = [item for item in found.get("channel", []) if item.key["channel"] in channels]
    items += [item for item in found.get("first", []) if item.key["first"] == channels[0]]
    items += [item for item in found.get("new", []) if new.any()]
    for name, family in found.items():
        if name.startswith("tier "):
            items += [item for item in family if item.key["channel"] in channels]
        if name.startswith("after "):
            items += [item for item in family if (item.key["from"], item.key["to"]) in steps]
    return items


def payload(worth: Worth, i: int, status: Status, assigned: Assigned) -> dict[str, Any]:
    plan = tuple(int(code) for code in worth.plans[i])
    place = assigned.plans.index(plan) if plan in assigned.plans else None
    return {
        "sequence": names(plan),
        "conversion_rate": float(worth.low[i]),  # what it claims
        "rate": float(worth.rate[i]),
        "low": float(worth.low[i]),
        "high": float(worth.high[i]),
        "sample_size": 0 if place is None or assigned.family is None else int(assigned.family.counts.trials[place]),
        "tried": 0 if place is None else int(assigned.leads[place]),
        "lift": float(worth.ratio[i]),
        "lift_low": float(worth.ratio_low[i]),
        "lift_high": float(worth.ratio_high[i]),
        "p_better": float(worth.p_better[i]),
        "status": str(status),
        "method": METHOD,
        "as_assigned": None if place is None or assigned.family is None else as_assigned(assigned.family, place),
    }


def as_assigned(family: Family, place: int) -> dict[str, float]:
    """What the leads put on the plan did, whatever was sent of it: evidence beside the model's estimate."""
    return {
        "converted": int(family.counts.successes[place]),
        "rate": float(family.rates.mean[place]),
        "low": float(family.rates.low[place]),
        "high": float(family.rates.high[place]),
        "lift": float(family.lifts.lift[place]),
    }
