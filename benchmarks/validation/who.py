"""WHO: learned scores come near the best ones, are calibrated, and are believed where they are better."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from types import SimpleNamespace
from typing import Any

import numpy as np
from scipy.special import expit

from benchmarks.validation.claims import Claim, Question, Scale
from benchmarks.validation.discoveries import supports_anything
from conversion.als import DEFAULT_TIERS, DEFAULT_WEIGHTS
from conversion.vocabulary import COMPONENTS
from patterns.detectors.findings import Abstention
from patterns.detectors.frame import Category, Leads
from patterns.detectors.scored import components_in_force
from patterns.detectors.who import WhoDetector, lead_units
from patterns.simulator.columns import leads_of
from patterns.simulator.effects import World
from patterns.simulator.named import WORLDS
from patterns.simulator.truth import lead_chance
from patterns.simulator.world import Simulation, simulate
from patterns.stats.platt import platt
from patterns.stats.rates import Floats
from patterns.stats.weights import auc, calibration_error, count_patterns, fit_weights

AS_OF = datetime(2026, 3, 2, tzinfo=UTC)
FRESH = 10_000  # leads of the same world that nobody wrote to
HUGE = 200_000  # leads that the best weights are fitted to
DEFAULTS = np.array([DEFAULT_WEIGHTS[name] for name in COMPONENTS])
# Who books follows the rank of the title by the rules, and nothing else.
AUTHORITY = World(
    "authority",
    base=0.025,
    stars=0.0,
    titles={
        "Founder": 2.6,
        "Owner": 2.6,
        "CEO": 2.2,
        "VP Sales": 1.7,
        "Marketing Director": 1.4,
        "Head of Growth": 1.15,
        "Senior Manager": 1.0,
        "Operations Manager": 0.8,
        "Office Manager": 0.8,
        "Marketing Coordinator": 0.7,
    },
)
LEADS_FOR = {200: 1_060, 2_000: 10_300}  # leads of that world that give about so many conversions
LOST = {200: 0.020, 2_000: 0.005}
BELOW = 0.005


@dataclass(frozen=True)
class Job:
    world: str
    leads: int
    seed: int


def history(job: Job) -> Simulation:
    if job.world != AUTHORITY.name:
        return simulate(job.world, job.leads, job.seed, AS_OF)
    return Simulation.draw(AUTHORITY, job.leads, AS_OF.timestamp(), np.random.default_rng(job.seed))


def further(world: Simulation, leads: int, seed: int) -> tuple[Leads, Floats]:
    """Further leads of a world, and the true chance of each to book under the usual plan."""
    people = world.fresh(leads, np.random.default_rng((seed, 1)))
    nothing = np.full(leads, np.nan)
    unknown = SimpleNamespace(exit=np.full(leads, -1))
    found = leads_of(SimpleNamespace(people=people, converted_at=nothing, left_at=nothing, outcome=unknown))  # type: ignore[arg-type]
    return found, lead_chance(world, world.world.lead_factor(people))


@lru_cache(maxsize=4)
def best_weights(name: str) -> Floats:
    """Within the bounds, on the rules' components, of a world's leads without number."""
    leads, chance = further(history(Job(name, 2_000, 1)), HUGE, 1)
    won = np.random.default_rng(1).random(HUGE) < chance
    return fit_weights(count_patterns(leads.components.astype(np.float64), won), DEFAULTS).weights


def in_force(payload: Any, leads: Leads, rows: Any) -> Floats:
    """X'weights of each lead by what the payload says to use; the defaults where it abstained."""
    if isinstance(payload, Abstention):
        return np.asarray(leads.components[rows] @ DEFAULTS, dtype=np.float64)
    weights = np.array([payload["recommended_weights"][name] for name in COMPONENTS])
    return components_in_force(payload, leads, rows) @ weights


def evidence_of(payload: Any) -> Mapping[str, Any]:
    return {} if isinstance(payload, Abstention) else payload["weights_evidence"]


def run(job: Job) -> dict[str, float]:
    """Figures of one history on further leads, whose outcomes count as their chances."""
    world = history(job)
    payload = WhoDetector().analyze(world.frame(), AS_OF, np.random.default_rng(job.seed))
    leads, chance = further(world, FRESH, job.seed)
    weighted, one = in_force(payload, leads, np.arange(FRESH)), np.ones(FRESH)
    usual = leads.components @ DEFAULTS
    found = {
        "auc": auc(weighted, one, chance),
        "default": auc(usual, one, chance),
        "ceiling": auc(chance, one, chance),
        "naive": auc(raw_rates(world, leads), one, chance),
        "promoted": float(evidence_of(payload).get("promoted", False)),
        "confidence": 0.0 if isinstance(payload, Abstention) else payload["confidence"],
        "supports": float(supports_anything(payload) if not isinstance(payload, Abstention) else False),
        "conversions": float(world.booked.any(axis=1).sum()),
    }
    if job.world == AUTHORITY.name:
        found["best"] = auc(leads.components @ best_weights(job.world), one, chance)
    return {**found, **reached(payload, weighted, usual, leads, chance)}


def raw_rates(world: Simulation, leads: Leads) -> Floats:
    """The textbook's score: the product of the raw rates of a lead's title, industry and hiring."""
    known, booked = leads_of(world), world.booked.any(axis=1)
    total = np.zeros(len(leads))
    for name in ("title", "industry", "hiring"):
        was, now = getattr(known, name), getattr(leads, name)
        was, now = (one.codes if isinstance(one, Category) else one for one in (was, now))
        seen = np.bincount(was + 1, minlength=now.max() + 2)
        won = np.bincount(was[booked] + 1, minlength=now.max() + 2)
        total += np.log(np.maximum(won / np.maximum(seen, 1), 1e-4))[now + 1]
    return total


def reached(payload: Any, weighted: Floats, usual: Floats, leads: Leads, chance: Floats) -> dict[str, float]:
    """Shares of the conversions and of the leads in the recommended hot and warm, and in those by default."""
    warm = {} if isinstance(payload, Abstention) else payload["recommended_tiers"]
    found = {}
    for name, x, cut in (("", weighted, warm.get("warm")), ("usual_", usual, DEFAULT_TIERS["warm"])):
        if cut is not None:
            upper = np.floor(np.clip(100 * x - leads.risk, 0, 100) + 1e-9) >= cut
            found |= {f"{name}capture": float(chance[upper].sum() / chance.sum()), f"{name}share": float(upper.mean())}
    return found


def run_calibration(job: Job) -> dict[str, float]:
    """How the probabilities of one history hold on another of the same world, whose leads were followed as its were."""
    world = history(job)
    payload = WhoDetector().analyze(world.frame(), AS_OF, np.random.default_rng(job.seed))
    evidence = evidence_of(payload)
    again = Simulation.draw(world.world, FRESH, world.as_of, np.random.default_rng((job.seed, 2))).frame()
    units = lead_units(again)
    x = in_force(payload, again.leads, units.row)
    logit = evidence["intercept"] + evidence["scale"] * x
    one, won = np.ones(len(units)), units.y.astype(np.float64)
    return {
        "ece": calibration_error(expit(logit), one, won),
        "slope": platt(logit, one, won)[1],
        "naive": calibration_error(np.clip(x / 0.85, 0, 1), one, won),  # the score taken as a share of its maximum
    }


def mean(results: Sequence[Mapping[str, float]], name: str) -> float:
    return float(np.mean([one[name] for one in results if name in one]))


def near_the_best(conversions: int, results: Sequence[Mapping[str, float]]) -> Iterator[Claim]:
    lost = mean(results, "best") - mean(results, "auc")
    yield Claim(
        f"AUC lost against the best weights, {conversions:,} conversions",
        f"at most {LOST[conversions]:.3f}, where the title's rank decides",
        f"{lost:+.4f} over {len(results)} runs of {mean(results, 'conversions'):.0f} conversions; "
        f"{mean(results, 'promoted'):.0%} promoted",
        lost <= LOST[conversions],
        naive=f"product of raw rates {mean(results, 'best') - mean(results, 'naive'):+.4f}, "
        f"defaults {mean(results, 'best') - mean(results, 'default'):+.4f}",
        oracle=f"best weights {mean(results, 'best'):.4f}, true chances {mean(results, 'ceiling'):.4f}",
    )


def never_worse(jobs: Sequence[Job], results: Sequence[Mapping[str, float]]) -> Iterator[Claim]:
    for leads in sorted({job.leads for job in jobs}):
        gained, naive = {}, {}
        for world in WORLDS:
            here = [one for job, one in zip(jobs, results, strict=True) if (job.world, job.leads) == (world, leads)]
            gained[world] = mean(here, "auc") - mean(here, "default")
            naive[world] = mean(here, "naive") - mean(here, "default")
        worst, worst_naive = min(gained, key=lambda name: gained[name]), min(naive, key=lambda name: naive[name])
        yield Claim(
            f"AUC against the defaults, {leads:,} leads",
            f"not below by more than {BELOW} on average in any world",
            f"lowest {gained[worst]:+.4f} ({worst}); who {gained['who']:+.4f}, all {gained['all']:+.4f}",
            gained[worst] >= -BELOW,
            naive=f"product of raw rates: lowest {naive[worst_naive]:+.4f} ({worst_naive})",
        )


def believed(results: Sequence[Mapping[str, float]]) -> Iterator[Claim]:
    sure = np.array([one["confidence"] for one in results])
    yield Claim(
        "confidence after 200 conversions in the world all",
        "above 0.7 in more than half of the runs",
        f"median {np.median(sure):.2f}; above 0.7 in {np.mean(sure > 0.7):.0%} of {len(sure)}; "
        f"{mean(results, 'conversions'):.0f} conversions",
        bool(np.mean(sure > 0.7) > 0.5),
    )
    acted = [one for one in results if one["promoted"]]
    better = float(np.mean([one["auc"] > one["default"] for one in acted])) if acted else 1.0
    stated = mean(acted, "confidence") if acted else 0.0
    yield Claim(
        "what was promoted ranks fresh leads better",
        "as often as its confidence says, within 0.1",
        f"{better:.2f} of {len(acted)}; mean confidence {stated:.2f}; AUC {mean(results, 'default'):.3f} to "
        f"{mean(results, 'auc'):.3f}",
        better >= stated - 0.1,
        naive=f"product of raw rates {mean(results, 'naive'):.3f}",
    )
    told = [one for one in results if "capture" in one]
    captured, share = (mean(told, "capture"), mean(told, "share")) if told else (0.0, 1.0)
    yield Claim(
        "fresh conversions in recommended hot and warm",
        "more than 60 % on average, and fewer of the leads",
        f"{captured:.1%} of the conversions, {share:.1%} of the leads, in the {len(told)} of {len(results)} runs with tiers",
        captured > 0.6 and share < captured,
        naive=f"usual tiers: {mean(results, 'usual_capture'):.1%} of the conversions, {mean(results, 'usual_share'):.1%} of "
        "the leads",
    )


def silent(results: Sequence[Mapping[str, float]]) -> Iterator[Claim]:
    hits = sum(one["supports"] > 0 for one in results)
    sure = [one["confidence"] for one in results]
    unfounded = sum(one["confidence"] >= 0.5 and not one["promoted"] for one in results)
    yield Claim(
        "WHO where nothing matters",
        "at most 7 % of the runs support anything; confidence under 0.5 in the rest",
        f"{hits} of {len(results)}; {sum(one['promoted'] for one in results):.0f} promoted; {unfounded} unfounded; mean "
        f"confidence {np.mean(sure):.3f}",
        hits <= max(0.07 * len(results), 2) and unfounded == 0 and float(np.mean(sure)) < 0.5,
    )


def honest(results: Sequence[Mapping[str, float]]) -> Iterator[Claim]:
    ece, slope = mean(results, "ece"), mean(results, "slope")
    yield Claim(
        "calibration, 10,000 leads",
        "ECE at most 0.02, Platt slope within 0.9-1.1, on another history",
        f"ECE {ece:.4f}, slope {slope:.3f}, over {len(results)} runs",
        ece <= 0.02 and 0.9 <= slope <= 1.1,
        naive=f"score as a share of its maximum: ECE {mean(results, 'naive'):.3f}",
    )


def questions(scale: Scale) -> Iterator[Question]:
    for conversions, leads in LEADS_FOR.items():
        jobs = [Job(AUTHORITY.name, leads, seed) for seed in scale.some(40)]
        yield Question(f"who: near the best, {conversions:,}", jobs, run, partial(near_the_best, conversions))
    jobs = [Job(world, leads, seed) for leads in (100, 1_000) for world in WORLDS for seed in scale.some(12)]
    yield Question("who: never worse", jobs, run, partial(never_worse, jobs))
    jobs = [Job("all", 1_050, seed) for seed in scale.some(120)]
    yield Question("who: believed", jobs, run, believed)
    jobs = [
        Job("null", leads, seed)
        for leads, count in ((200, 100), (2_000, 100), (20_000, 10))
        for seed in scale.some(count)
    ]
    yield Question("who: silent", jobs, run, silent)
    jobs = [Job(world, 10_000, seed) for world in ("all", "who") for seed in scale.some(12)]
    yield Question("who: calibrated", jobs, run_calibration, honest)
