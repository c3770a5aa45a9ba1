"""Small clients borrow strength: weights of forty clients with under two hundred leads each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import expit

from benchmarks.validation.claims import Claim, Question, Scale
from conversion.als import DEFAULT_WEIGHTS
from conversion.vocabulary import COMPONENTS
from patterns.stats.pooling import borrowed, fit_pool, trial
from patterns.stats.rates import Floats
from patterns.stats.weights import Patterns, auc, count_patterns, fit_weights

CLIENTS, LEADS, FRESH = 40, (60, 200), 4_000
DEFAULTS = np.array([DEFAULT_WEIGHTS[name] for name in COMPONENTS])
BETWEEN = 1.0  # standard deviation of the clients' coefficients
INTERCEPT, INTERCEPT_SD = -3.0, 0.5  # bookings of 5 to 20 leads in a hundred
# What leads convert by on average: authority above all, the defaults' own order, and nothing at all.
MEANS = {
    "authority": np.array([0.5, 2.5, 1.5, 0.5]),
    "as the defaults": 3 * DEFAULTS,
    "nothing": np.zeros(4),
}


@dataclass(frozen=True)
class Job:
    world: str
    seed: int


def components(size: int, rng: np.random.Generator) -> Floats:
    """Rows of components as the rules give them, in 0-1."""
    quality = rng.choice([2, 4, 8, 11, 15, 20], size) / 20
    authority = rng.choice([5, 7, 12, 15, 18, 22, 25], size) / 25
    fit = (10 * rng.integers(0, 2, size) + rng.choice([0, 4, 8], size) + 7 * rng.integers(0, 2, size)) / 25
    timing = (6 * (rng.random(size) < 0.2) + 5 * (rng.random(size) < 0.2) + 4 * (rng.random(size) < 0.1)) / 15
    return np.column_stack([quality, authority, fit, timing])


def run(job: Job) -> Floats:
    """AUC lost against the true score on fresh leads, mean over the clients, of: the defaults, one vector for all, each
    client's own vector, and the product's way with its gate; then whether the gate opened.
    """
    rng = np.random.default_rng(job.seed)
    between = 0.0 if job.world == "nothing" else BETWEEN
    clients, truths = [], []
    for _ in range(CLIENTS):
        x = components(int(rng.integers(*LEADS)), rng)
        truth = MEANS[job.world] + between * rng.standard_normal(4)
        y = rng.random(len(x)) < expit(INTERCEPT + INTERCEPT_SD * rng.standard_normal() + x @ truth)
        clients.append((x, y))
        truths.append(truth)
    counted = [count_patterns(x, y) for x, y in clients]
    everybody = count_patterns(np.concatenate([x for x, _ in clients]), np.concatenate([y for _, y in clients]))
    one_for_all = fit_weights(everybody, DEFAULTS).weights
    opened = trial(counted, DEFAULTS, rng).promoted
    pool = fit_pool(counted)
    lost = [
        losses(truth, [DEFAULTS, one_for_all, own(one), borrowed(one, pool).weights if opened else DEFAULTS], rng)
        for one, truth in zip(counted, truths, strict=True)
    ]
    return np.array([*np.mean(lost, axis=0), opened])


def own(patterns: Patterns) -> Floats:
    return fit_weights(patterns, DEFAULTS).weights


def losses(truth: Floats, weights: Sequence[Floats], rng: np.random.Generator) -> list[float]:
    x = components(FRESH, rng)
    chance, each = expit(INTERCEPT + x @ truth), np.ones(FRESH)
    best = auc(x @ truth, each, chance)
    return [best - auc(x @ one, each, chance) for one in weights]


def judge(results: Sequence[Floats], world: str) -> Iterator[Claim]:
    usual, one_for_all, single, pooled, opened = np.mean(results, axis=0)
    figures = f"{pooled:.4f} of AUC lost, the gate open in {opened:.0%} of runs"
    naive = f"each client alone {single:.4f}, one vector for all {one_for_all:.4f}, the defaults {usual:.4f}"
    if world == "authority":
        bound = "at most half of what the defaults lose, and less than one vector for all"
        yield Claim(f"pooling: {world}", bound, figures, pooled <= usual / 2 and pooled < one_for_all, naive)
    elif world == "nothing":
        bound = "the gate opens in at most 5 % of runs"
        yield Claim(f"pooling: {world}", bound, figures, bool(opened <= max(0.05, 1 / len(results))), naive)
    else:
        bound = "at most 0.005 more than the defaults"
        yield Claim(f"pooling: {world}", bound, figures, bool(pooled <= usual + 0.005), naive)


def questions(scale: Scale) -> Iterator[Question]:
    for world in MEANS:
        jobs = [Job(world, seed) for seed in scale.some(40)]
        yield Question(f"pooling, {world}", jobs, run, partial(judge, world=world))
