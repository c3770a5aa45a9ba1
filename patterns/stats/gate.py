"""Champion against challenger: learned weights are promoted where they do better on leads not learned from.

`docs/statistics.md`, "Promotion". Repeated cross-validation over counted patterns.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from patterns.stats.rates import Floats
from patterns.stats.weights import (
    Patterns,
    WeightFit,
    auc,
    brier,
    calibration_error,
    capture,
    fit_fixed,
    fit_weights,
)

FOLDS = 5
REPEATS = 5  # the same leads in other folds: takes the luck of one division out of the decision
TOP = 0.2  # share of leads that an agency works first
DOUBT = 0.05  # quantile of the gain over resamples of the held-out leads that has to be above zero


@dataclass(frozen=True)
class Fold:
    """One fold: the leads that weights were learned from and those they are judged on, over the same patterns."""

    train: Patterns
    test: Patterns


@dataclass(frozen=True)
class Held:
    """How one way of choosing weights did on held-out leads.

    fits: one a fold. auc, capture: means over folds, of the area under the curve and of the share of conversions among
    the TOP leads. brier, ece: of all held-out predictions.
    """

    fits: tuple[WeightFit, ...]
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


def divide(patterns: Patterns, rng: np.random.Generator) -> list[Fold]:
    """REPEATS random divisions of the leads into FOLDS parts, each with its share of the conversions.

    Leads of one pattern and outcome are alike, so only how many of each go to each fold is drawn (multivariate
    hypergeometric): the result does not depend on the order of the leads.
    """
    return [fold for _ in range(REPEATS) for fold in divide_once(patterns, rng)]


def divide_once(patterns: Patterns, rng: np.random.Generator) -> list[Fold]:
    won = deal(patterns.k, rng)
    lost = deal(patterns.n - patterns.k, rng)
    return [
        Fold(
            train=Patterns(patterns.x, patterns.n - k - other, patterns.k - k),
            test=Patterns(patterns.x, k + other, k),
        )
        for k, other in zip(won, lost, strict=True)
    ]


def deal(counts: Floats, rng: np.random.Generator) -> list[Floats]:
    """Counts of each pattern in each of FOLDS parts of equal size."""
    left = counts.astype(np.int64)
    parts = []
    for fold in range(FOLDS, 1, -1):
        part = rng.multivariate_hypergeometric(left, int(left.sum()) // fold, method="marginals")
        parts.append(part.astype(np.float64))
        left = left - part
    return [*parts, left.astype(np.float64)]


def judge(folds: list[Fold], weights: Floats | None, prior: Floats) -> Held:
    """Held-out figures of fixed `weights` (their intercept and scale are learned) or, with None, of learned ones."""
    fits = [fit_weights(fold.train, prior) if weights is None else fit_fixed(fold.train, weights) for fold in folds]
    pairs = list(zip((fold.test for fold in folds), fits, strict=True))
    p = np.concatenate([fit.predict(test.x) for test, fit in pairs])
    n, k = np.concatenate([test.n for test, _ in pairs]), np.concatenate([test.k for test, _ in pairs])
    return Held(
        fits=tuple(fits),
        auc=float(np.mean([auc(test.x @ fit.weights, test.n, test.k) for test, fit in pairs])),
        capture=float(np.mean([capture(test.x @ fit.weights, test.n, test.k, TOP) for test, fit in pairs])),
        brier=brier(p, n, k),
        ece=calibration_error(p, n, k),
    )


def gain(folds: list[Fold], champion: Held, challenger: Held) -> Gain:
    """What the challenger saves over the champion, from the held-out log-loss of every lead.

    A lead is held out once in each repeat; its repeats are not independent, so they count as one lead. The resamples
    are those of a bootstrap over leads in its normal limit. The fits of different folds share leads, which the variance
    leaves out; in simulated worlds where no component matters the gate opens in under 3 % of runs, because learned
    weights then lose on average.
    """
    total = square = leads = 0.0
    for fold, old, new in zip(folds, champion.fits, challenger.fits, strict=True):
        before, after = old.predict(fold.test.x), new.predict(fold.test.x)
        won, lost = np.log(after / before), np.log1p(-after) - np.log1p(-before)
        other = fold.test.n - fold.test.k
        total += float(fold.test.k @ won + other @ lost)
        square += float(fold.test.k @ won**2 + other @ lost**2)
        leads += float(fold.test.n.sum())
    mean = total / leads
    error = float(np.sqrt(max(square / leads - mean**2, 0.0) * REPEATS / leads))
    share = float(ndtr(mean / error)) if error > 0 else 0.0
    return Gain(mean, mean + float(ndtri(DOUBT)) * error, share)


def promotes(found: Gain, champion: Held, challenger: Held) -> bool:
    """Better on average and in 95 % of resamples, and among the leads worked first no conversion fewer."""
    return found.mean > 0 and found.low > 0 and challenger.capture >= champion.capture
