"""Champion against challenger: what was learned is promoted where it does better on leads not learned from.

`docs/statistics.md`, "Promotion". Leads come in an order that is a function of their columns, so that what is drawn by
position does not depend on the order in which they were stored.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr, ndtri

from patterns.stats.platt import platt_each
from patterns.stats.rates import Bools, Floats, Ints
from patterns.stats.weights import Patterns, Ranking, WeightFit, brier, calibration_error

FOLDS = 5
REPEATS = 5  # the same leads in other folds: takes the luck of one division out of the decision
LEADS_DIVIDED = 40_000  # in all repeats: where there are many leads, the luck of one division is small
TOP = 0.2  # share of leads that an agency works first
LATEST = 0.25  # share of the leads, those written to last, that the time split holds out
# Promotion asks three questions. Does anything matter (a supported finding, or one test of everything)? Is the gain on
# held-out leads one, by a clear margin? Do the latest leads speak against it, as far as so few can?
MATTERS = 0.02  # beside the findings, of which one in twenty histories without effects has one
# What held-out leads say of the gain is uncertain by about as much as the gain is worth while conversions are in the hundreds.
# Where something is shown to matter, a gain of one standard error is expected beforehand, give or take one.
EXPECTED = 1.0
CLEAR = 0.3  # quantile of the gain's distribution that has to be above zero
DOUBT = 0.05  # the same, where nothing else says that there is something to gain
DOUBT_LATEST = 0.05  # share of resamples of the latest leads with a gain, below which they speak against it


@dataclass(frozen=True)
class Divided:
    """One division: the fold of each lead. `halves` gives the leads learned from and those held out."""

    fold: Ints

    def halves(self) -> list[tuple[Ints, Ints]]:
        return [(np.flatnonzero(self.fold != one), np.flatnonzero(self.fold == one)) for one in range(FOLDS)]


@dataclass(frozen=True)
class Held:
    """How one way of scoring did on held-out leads.

    fits: one a fold, of all repeats. score: (repeats, leads), x'weights of each lead when it was held out. p: likewise, its
    probability. auc, capture: means over repeats, of the area under the curve and of the share of conversions among the
    TOP leads. brier, ece: of all held-out predictions.
    """

    fits: tuple[WeightFit, ...]
    score: Floats
    p: Floats
    auc: float
    capture: float
    brier: float
    ece: float


@dataclass(frozen=True)
class Gain:
    """Log-loss that a challenger saves a held-out lead. share: of resamples of the leads in which it saves any."""

    mean: float
    low: float
    share: float


def divide(y: Bools, rng: np.random.Generator) -> list[Divided]:
    """Random divisions of the leads into FOLDS parts, each with its share of the conversions."""
    repeats = min(max(LEADS_DIVIDED // max(len(y), 1), 1), REPEATS)
    return [divide_once(y, rng) for _ in range(repeats)]


def divide_once(y: Bools, rng: np.random.Generator) -> Divided:
    fold = np.empty(len(y), dtype=np.int64)
    for kind in (True, False):
        rows = rng.permutation(np.flatnonzero(y == kind))
        fold[rows] = np.arange(len(rows)) % FOLDS
    return Divided(fold)


def judge(
    divisions: list[Divided], components: list[Floats], y: Bools, learn: Callable[[Patterns, int, int], WeightFit]
) -> Held:
    """Held-out figures of one way of scoring.

    components: for each division (leads, 4), each lead's as it is known when its fold is held out. learn: the weights that
    leads give, asked once a repeat and fold (the numbers of which it is told as well).
    """
    fits, score, p = [], np.empty((len(divisions), len(y))), np.empty((len(divisions), len(y)))
    one, won = np.ones(len(y)), y.astype(np.float64)
    for repeat, (division, x) in enumerate(zip(divisions, components, strict=True)):
        for fold, (train, test) in enumerate(division.halves()):
            found = learn(Patterns(x[train], one[train], won[train]), repeat, fold)
            fits.append(found)
            score[repeat, test] = x[test] @ found.weights
            p[repeat, test] = found.predict(x[test])
    return held(tuple(fits), score, p, y)


def judge_fixed(divisions: list[Divided], components: Floats, y: Bools, weights: Floats) -> Held:
    """The same for given weights, of which only the intercept and the scale are learned; components: (leads, 4).

    Many leads share a score, so they are counted, and the fits of all folds are made at once.
    """
    score = components @ weights
    values, place = np.unique(score, return_inverse=True)
    cell = np.array([division.fold for division in divisions]) * len(values) + place
    n, k = (others(some, len(values)) for some in (cell, cell[:, y]))
    intercept, scale = platt_each(values, n, k)
    fits = tuple(WeightFit(weights, float(a), float(b)) for a, b in zip(intercept, scale, strict=True))
    at = np.array([division.fold + FOLDS * repeat for repeat, division in enumerate(divisions)])
    return held(fits, np.tile(score, (len(divisions), 1)), expit(intercept[at] + scale[at] * score), y)


def others(cell: Ints, values: int) -> Floats:
    """How many leads outside of each fold have each value: (repeats * FOLDS, values).

    cell: (repeats, leads), each lead's fold * values + value.
    """
    within = np.array([np.bincount(row, minlength=FOLDS * values) for row in cell]).reshape(len(cell), FOLDS, values)
    found: Floats = (within.sum(axis=1, keepdims=True) - within).reshape(-1, values).astype(np.float64)
    return found


def held(fits: tuple[WeightFit, ...], score: Floats, p: Floats, y: Bools) -> Held:
    one, won = np.ones(len(y)), y.astype(np.float64)
    rankings = [Ranking.of(row, one, won) for row in p]
    many, outcome = np.ones(p.size), np.tile(won, len(p))
    return Held(
        fits=fits,
        score=score,
        p=p,
        auc=float(np.mean([ranking.auc() for ranking in rankings])),
        capture=float(np.mean([ranking.capture(TOP) for ranking in rankings])),
        brier=brier(p.ravel(), many, outcome),
        ece=calibration_error(p.ravel(), many, outcome),
    )


def gain(champion: Floats, challenger: Floats, y: Bools, expected: float = 0.0) -> Gain:
    """What the challenger saves over the champion. Both: (repeats, leads), probabilities of held-out leads. expected: the
    gain that is expected beforehand, in standard errors, give or take one; 0: nothing is known beforehand.

    A lead is held out once in each repeat; its repeats are not independent, so they count as one lead. The resamples
    are those of a bootstrap over leads in its normal limit. The fits of different folds share leads, which the variance
    leaves out. `mean` is what was measured; `low` and `share` are of its distribution together with what was expected.
    """
    saved = np.where(y, np.log(challenger / champion), np.log1p(-challenger) - np.log1p(-champion)).mean(axis=0)
    mean = float(saved.mean())
    error = float(saved.std() / np.sqrt(len(saved)))
    centre, spread = (mean, error) if expected == 0 else ((mean + expected * error) / 2, error / np.sqrt(2))
    share = float(ndtr(centre / spread)) if spread > 0 else 0.0
    return Gain(mean, centre + float(ndtri(CLEAR)) * spread, share)


def promotes(found: Gain, latest: Gain | None, champion: Held, challenger: Held, won: int) -> bool:
    """Whether the gain is one on average and in 70 % of cases, and neither the latest leads nor those worked first speak
    against it. latest: None where they are too few to be asked. won: conversions.
    """
    lost = champion.capture - challenger.capture
    doubt = float(np.sqrt(champion.capture * (1 - champion.capture) / won))
    against = latest is not None and latest.share < DOUBT_LATEST
    return found.mean > 0 and found.low > 0 and not against and lost <= doubt
