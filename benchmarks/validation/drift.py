"""Weekly looks: what changes raises an alert, and a year in which nothing changes hardly ever does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np

from benchmarks.validation.claims import Claim, Question, Scale
from benchmarks.validation.weekly import LOOKS, Sending, frame_of, look
from conversion.vocabulary import PatternType, Status
from patterns.comparison import Last, Payload, compare
from patterns.detectors.atrisk import at_risk
from patterns.detectors.drift import Drop, rate_drop, since
from patterns.detectors.compared import compared
from patterns.detectors.earlier import until
from patterns.detectors.frame import Floats, Frame

ALARMS_ALLOWED = 0.05
FEW = 2
Z_NAIVE = 1.96
CHANGES = 12  # the look at which the truth changes, where it does


def always(factor: float, week: Floats) -> Floats:
    return np.full(len(week), factor)


def changed(before: float, after: float, week: Floats) -> Floats:
    return np.where(week < CHANGES, before, after)


def flat(factor: float = 1.0) -> Any:
    return partial(always, factor)


def turning(before: float, after: float) -> Any:
    return partial(changed, before, after)


NULL = Sending(400, 0.03, flat(), flat())
HALVED = Sending(1_000, 0.03, turning(1.0, 0.5), turning(1.0, 0.5))
TURNS = Sending(1_000, 0.03, turning(2.0, 0.5), flat())
STAYS = Sending(400, 0.03, flat(1.5), flat())
WEAK = Sending(200, 0.03, flat(1 / 1.5), flat())  # was never what it was taken for
LUCKY = Sending(400, 0.03, flat(1.0), flat(), luck=0.4)


@dataclass(frozen=True)
class Job:
    """sending: what is true. kind: the pattern in which the finding about hiring leads stands."""

    sending: Sending
    seed: int
    kind: PatternType = PatternType.WHO
    falls: bool = True


@dataclass(frozen=True)
class Year:
    """The first look, from 0 on, at which each alert was raised; None where it was not."""

    fell: int | None
    turned: int | None
    naive_fell: int | None
    naive_turned: int | None


def claim_of(kind: PatternType, as_of: float) -> Payload:
    """The payload that goes on claiming that the finding helps, as cumulative facts would for long."""
    finding = {"status": str(Status.SUPPORTED), "lift": 2.0}
    part: dict[str, Any] = {"timing_signals": {"hiring_lift": {**finding, "signal": "hiring"}}}
    if kind == PatternType.WHAT:
        part = {"pain_points": {"effective": [{**finding, "pain_point": "leads"}]}}
    return {"type": kind, "as_of": datetime.fromtimestamp(as_of, UTC).isoformat(), "confidence": 0.9, **part}


def run(job: Job) -> Year:
    facts = frame_of(job.sending, job.seed)
    last: Last | None = None
    first: dict[str, int] = {}
    for number in range(LOOKS + 1):
        frame = until(facts, look(number))
        payload, comparison = compare(claim_of(job.kind, frame.as_of), last, frame)
        last = Last(number, payload, comparison)
        if comparison["turned"]:
            first.setdefault("turned", number)
        if number and naive_turn(frame):
            first.setdefault("naive_turned", number)
        if job.falls:
            drop = rate_drop(frame)
            if isinstance(drop, Drop) and drop.fell:
                first.setdefault("fell", number)
            if naive_fall(frame):
                first.setdefault("naive_fell", number)
    return Year(*(first.get(name) for name in ("fell", "turned", "naive_fell", "naive_turned")))


def naive_fall(frame: Frame) -> bool:
    """A z-test of the latest matured week against the 8 before it."""
    table = at_risk(frame)
    age = (frame.as_of - 14 * 86_400 - frame.touches.sent_at[table.row]) // (7 * 86_400)
    return z_of(table.y, age == 0, (age >= 1) & (age <= 8)) < -Z_NAIVE


def naive_turn(frame: Frame) -> bool:
    """A z-test of all matured touches since the first look, with the value against those without it."""
    table = at_risk(frame)
    fresh = frame.touches.sent_at[table.row] > look(0) - 14 * 86_400
    hiring = frame.leads.hiring[table.lead] == 1
    return z_of(table.y, fresh & hiring, fresh & ~hiring) < -Z_NAIVE


def z_of(y: Any, one: Any, other: Any) -> float:
    n = np.array([one.sum(), other.sum()], dtype=float)
    k = np.array([y[one].sum(), y[other].sum()], dtype=float)
    if n.min() == 0 or k.sum() == 0:
        return 0.0
    p = k.sum() / n.sum()
    return float((k[0] / n[0] - k[1] / n[1]) / np.sqrt(p * (1 - p) * (1 / n).sum()))
