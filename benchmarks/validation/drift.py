"""Weekly looks: what changes raises an alert, and a year in which nothing changes hardly ever does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np

from benchmarks.validation.claims import Claim, Question, Scale
from benchmarks.validation.weekly import LOOKS, Sending, frame_of, look
from conversion.vocabulary import PatternType, Status
from patterns.comparison import Last, Payload, compare
from patterns.detectors.atrisk import at_risk
from patterns.detectors.drift import Drop, rate_drop
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
WEEKLY = (100, 400, 800)  # touches: 3, 12 and 24 bookings a week
HALVED = Sending(1_000, 0.03, turning(1.0, 0.5), turning(1.0, 0.5))
TURNS = Sending(1_000, 0.03, turning(2.0, 0.5), flat())
STAYS = Sending(400, 0.03, flat(1.5), flat())
WRONG = Sending(200, 0.03, flat(), flat(1.5))  # was never what it was taken for
LUCKY = Sending(400, 0.03, flat(1.0), flat(), luck=0.4)


@dataclass(frozen=True)
class Job:
    """sending: what is true. kind: the pattern in which the finding about hiring leads stands. falls: whether to look for
    a fall of bookings too. looks: how many there are.
    """

    sending: Sending
    seed: int
    kind: PatternType = PatternType.WHO
    falls: bool = True
    looks: int = LOOKS


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
    for number in range(job.looks + 1):
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


def alarms(years: Sequence[Year], name: str) -> int:
    return sum(getattr(year, name) is not None for year in years)


def quiet(years: Sequence[Year], *, falls: bool, name: str) -> Iterator[Claim]:
    """Years without a change raise hardly any alert."""
    allowed = max(ALARMS_ALLOWED * len(years), FEW)
    for what, words in (("fell", "bookings fell"), ("turned", "a finding turned around")):
        if what == "turned" or falls:
            raised, naive = alarms(years, what), alarms(years, f"naive_{what}")
            yield Claim(
                f"{name}: {words}",
                f"at most {allowed:.0f} of {len(years)} years of weekly looks raise the alert",
                f"{raised}",
                raised <= allowed,
                naive=f"z at {Z_NAIVE} every week: {naive} of {len(years)}",
            )


def in_time(years: Sequence[Year], *, what: str, name: str, weeks: int, share: float, since: int) -> Iterator[Claim]:
    """Changes are found, so many weeks after they began of touches that are matured. An alert before the change is none."""
    found = [getattr(year, what) for year in years]
    late = sorted(look - since for look in found if look is not None and look >= since)
    hits = sum(delay <= weeks for delay in late)
    median = f"{late[len(late) // 2]}" if late else "never"
    yield Claim(
        name,
        f"found by week {weeks} in at least {share:.0%} of the years",
        f"{hits / len(years):.1%} of {len(years)}, median week {median}",
        hits >= share * len(years),
    )


def questions(scale: Scale) -> Iterator[Question]:
    year = "a year of weekly looks"
    jobs = [Job(replace(NULL, weekly=WEEKLY[seed % len(WEEKLY)]), seed) for seed in scale.seeds]
    yield Question(f"{year}, nothing changes", jobs, run, partial(quiet, falls=True, name="nothing changes"))
    jobs = [Job(STAYS, seed, falls=False) for seed in scale.some(100)]
    yield Question(f"{year}, a finding stays true", jobs, run, partial(quiet, falls=False, name="1.5 stays 1.5"))
    jobs = [Job(LUCKY, seed, PatternType.WHAT, falls=False) for seed in scale.some(100)]
    yield Question(f"{year}, luck of templates", jobs, run, partial(quiet, falls=False, name="luck of 12 templates"))
    jobs = [Job(HALVED, seed, looks=CHANGES + 8) for seed in scale.some(60)]
    name = "bookings halve, 1,000 sends a week"
    halved = partial(in_time, what="fell", name=name, weeks=4, share=0.7, since=CHANGES)
    yield Question(f"weekly looks, {name}", jobs, run, halved)
    jobs = [Job(TURNS, seed, falls=False, looks=CHANGES + 12) for seed in scale.some(60)]
    name = "2.0 turns to 0.5, 1,000 sends a week"
    turned = partial(in_time, what="turned", name=name, weeks=12, share=0.9, since=CHANGES)
    yield Question(f"weekly looks, {name}", jobs, run, turned)
    jobs = [Job(WRONG, seed, falls=False) for seed in scale.some(100)]
    name = "1.5 times the other way, 200 sends a week"
    wrong = partial(in_time, what="turned", name=name, weeks=52, share=0.8, since=0)
    yield Question(f"weekly looks, {name}", jobs, run, wrong)
