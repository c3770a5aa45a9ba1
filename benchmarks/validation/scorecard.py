"""The scorecard: what a backtest says of a pattern agrees with the truth, and nothing leaks back from later facts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.validation.claims import Claim, Question, Scale
from conversion.vocabulary import Outcome, PatternType
from patterns.comparison import supported
from patterns.detectors.atrisk import at_risk
from patterns.detectors.backtest import judge_touches, judge_who, later_leads, later_touches, moment_of, vector
from patterns.detectors.earlier import until
from patterns.detectors.findings import Abstention
from patterns.detectors.frame import Frame
from patterns.detectors.how import HowDetector
from patterns.detectors.scored import components_in_force
from patterns.detectors.what import WhatDetector
from patterns.detectors.when import WhenDetector
from patterns.detectors.who import WhoDetector
from patterns.simulator.columns import leads_of
from patterns.simulator.truth import lead_chance
from patterns.simulator.world import Simulation, simulate
from patterns.stats.weights import auc

AS_OF = datetime(2026, 3, 2, tzinfo=UTC)
FRESH = 40_000  # leads of the same world that nobody wrote to, for the true figures
AUC_OFF = 0.01  # mean difference allowed between backtest and truth
AUC_APART = 0.06  # in one run: three standard errors of an AUC of 250 bookings
NULL_OFF = 0.02
SHARE_OFF = 0.03
COVERED = 0.9
TOUCH_DETECTORS = {PatternType.WHAT: WhatDetector, PatternType.WHEN: WhenDetector, PatternType.HOW: HowDetector}


@dataclass(frozen=True)
class Job:
    world: str
    leads: int
    seed: int


def learned_before(frame: Frame, moment: float, detector: Any, seed: int) -> Any:
    return detector().analyze(until(frame, moment), datetime.fromtimestamp(moment, UTC), np.random.default_rng(seed))


def run_who(job: Job) -> dict[str, float]:
    """Figures of the backtest and, of the same payload, on fresh leads whose true chance is known."""
    world = simulate(job.world, leads=job.leads, seed=job.seed, as_of=AS_OF)
    frame = world.frame()
    moment = moment_of(frame)
    payload = learned_before(frame, moment, WhoDetector, job.seed)
    found = judge_who(frame, moment, payload)
    leads, chance = fresh(world, job.seed)
    score = components_in_force(payload, leads, np.arange(FRESH)) @ vector(payload["recommended_weights"])
    return {
        "auc": found["auc"],
        "truth": auc(score, np.ones(FRESH), chance),
        "predicted": found["probabilities"]["predicted"],
        "observed": found["probabilities"]["observed"],
    }


def fresh(world: Simulation, seed: int) -> tuple[Any, Any]:
    """Further leads of the world, and how likely each is to book."""
    people = world.fresh(FRESH, np.random.default_rng(seed))
    nothing = np.full(FRESH, np.nan)
    unknown = SimpleNamespace(exit=np.full(FRESH, -1))
    leads = leads_of(SimpleNamespace(people=people, converted_at=nothing, left_at=nothing, outcome=unknown))
    return leads, lead_chance(world, world.world.lead_factor(people))


def run_null(job: Job) -> dict[str, float]:
    """AUC on later leads of weights learned from earlier ones, promoted or not; and of titles' raw rates among all."""
    frame = simulate(job.world, leads=job.leads, seed=job.seed, as_of=AS_OF).frame()
    moment = moment_of(frame)
    payload = learned_before(frame, moment, WhoDetector, job.seed)
    rows, y = later_leads(frame, at_risk(frame, Outcome.BOOKED), moment)
    weights = payload["weights_evidence"].get("learned_weights", payload["recommended_weights"])
    score = frame.leads.components[rows] @ vector(weights)
    booked = ~np.isnan(frame.leads.converted_at)
    place = frame.leads.title.codes.astype(np.int64) * 100 + frame.leads.industry.codes
    _, place = np.unique(place, return_inverse=True)
    raw = np.bincount(place, weights=booked) / np.bincount(place)
    ones, won = np.ones(len(rows)), y.astype(float)
    return {"auc": auc(score, ones, won), "naive": auc(raw[place][rows], ones, won)}


def run_touches(job: Job) -> dict[str, tuple[float, float, float, float]]:
    """By pattern: the realised ratio with its interval, and the true one of the same touches."""
    world = simulate(job.world, leads=job.leads, seed=job.seed, as_of=AS_OF)
    frame = world.frame()
    moment, table = moment_of(frame), at_risk(frame, Outcome.BOOKED)
    found = {}
    for kind, detector in TOUCH_DETECTORS.items():
        payload = learned_before(frame, moment, detector, job.seed)
        if isinstance(payload, Abstention):
            continue
        claims = [(said.name, said.path, said.finding) for said in supported(payload).values()]
        by_tier = kind == PatternType.HOW
        card = judge_touches(frame, moment, claims, by_tier=by_tier, outcome=Outcome.BOOKED)
        if "ratio" in card:
            later = later_touches(frame, table, moment, claims, by_tier=by_tier)
            hazard = world.hazard[np.nonzero(world.sent)][table.row[later.row]]
            found[kind] = (card["ratio"], card["low"], card["high"], true_ratio(later, hazard))
    return found


def true_ratio(later: Any, hazard: Any) -> float:
    """The Mantel-Haenszel ratio with true chances in place of outcomes."""
    size = int(later.stratum.max()) + 1
    one = later.follows == 1
    n1, n0 = np.bincount(later.stratum[one], minlength=size), np.bincount(later.stratum[~one], minlength=size)
    k1 = np.bincount(later.stratum[one], weights=hazard[one], minlength=size)
    k0 = np.bincount(later.stratum[~one], weights=hazard[~one], minlength=size)
    return float((k1 * n0 / (n1 + n0)).sum() / (k0 * n1 / (n1 + n0)).sum())


def agreement(results: Sequence[dict[str, float]]) -> Iterator[Claim]:
    apart = np.array([one["auc"] - one["truth"] for one in results])
    far = float(np.mean(np.abs(apart) > AUC_APART))
    yield Claim(
        "AUC on later leads against fresh leads",
        f"{AUC_OFF} apart at most on average, {AUC_APART} at most in 95 % of runs",
        f"{apart.mean():+.4f} on average, {far:.0%} of {len(apart)} further apart",
        bool(abs(apart.mean()) <= AUC_OFF and far <= 0.05),
    )
    off = np.array([one["predicted"] - one["observed"] for one in results])
    yield Claim(
        "predicted share of later leads that book",
        f"within {SHARE_OFF} of the share seen on average; leads learned from were followed for a shorter time",
        f"{off.mean():+.4f}",
        bool(abs(off.mean()) <= SHARE_OFF),
    )


def nothing_leaks(results: Sequence[dict[str, float]]) -> Iterator[Claim]:
    mean = float(np.mean([one["auc"] for one in results]))
    naive = float(np.mean([one["naive"] for one in results]))
    yield Claim(
        "no leakage: AUC where nothing matters",
        f"0.5 within {NULL_OFF} on average",
        f"{mean:.4f} of {len(results)} runs",
        abs(mean - 0.5) <= NULL_OFF,
        naive=f"raw rates of title and industry, learned from the leads they are judged on: {naive:.3f}",
    )


def realised(results: Sequence[dict[str, tuple[float, float, float, float]]]) -> Iterator[Claim]:
    for kind in TOUCH_DETECTORS:
        found = [one[kind] for one in results if kind in one]
        covered = sum(low <= truth <= high for _, low, high, truth in found)
        ratios = np.array([(ratio, truth) for ratio, *_, truth in found]).reshape(-1, 2).mean(axis=0)
        yield Claim(
            f"realised ratio of later touches: {kind}",
            f"the interval covers the true ratio in at least {COVERED:.0%} of the runs that judge",
            f"{covered} of {len(found)}; on average {ratios[0]:.2f}, truth {ratios[1]:.2f}",
            covered >= COVERED * len(found) - 1,
        )


def questions(scale: Scale) -> Iterator[Question]:
    jobs = [Job("all", 6_000, seed) for seed in scale.some(24)]
    yield Question("scorecard: backtest of WHO", jobs, run_who, agreement)
    jobs = [Job("null", 6_000, seed) for seed in scale.some(60)]
    yield Question("scorecard: nothing leaks", jobs, run_null, nothing_leaks)
    jobs = [Job("all", 10_000, seed) for seed in scale.some(20)]
    yield Question("scorecard: realised ratios", jobs, run_touches, realised)
