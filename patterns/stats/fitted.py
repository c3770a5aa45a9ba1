"""What a ridge logistic regression says once it is fitted: effects, contrasts, and predictions for an average row."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from patterns.stats.counting import Patterns

Ints = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]

LEVEL_STEPS = 20  # of Newton's method on the intercept alone
CLOSE = 1e-9  # of the intercept


@dataclass(frozen=True)
class Fit:
    """Posterior mode and curvature of the log odds.

    coefficients: (p,), the terms one after the other. covariance: (p, p), the inverse curvature with the intercept and
    the strata profiled out. starts: where each term begins, and p. intercept: mean of the strata; strata: deviations
    from it. log_likelihood: without penalties. log_posterior: with them, up to a constant. log_curvature: log
    determinant of the negative Hessian of the whole model, strata included.
    """

    coefficients: Floats
    covariance: Floats
    starts: tuple[int, ...]
    intercept: float
    strata: Floats
    log_likelihood: float
    log_posterior: float
    log_curvature: float

    def block(self, term: int) -> slice:
        """Where the coefficients of a term, counted from 0, stand."""
        return slice(self.starts[term], self.starts[term + 1])

    def contrast(self, weights: Floats) -> tuple[Floats, Floats]:
        """Estimates and standard errors of `weights @ coefficients`; weights (m, p) or (p,) give (m,) or ()."""
        estimate = weights @ self.coefficients
        variance = np.einsum("...i,ij,...j->...", weights, self.covariance, weights)
        return estimate, np.sqrt(np.maximum(variance, 0.0))

    def log_odds(self, levels: Ints) -> Floats:
        """Log odds of rows with these levels (rows, terms) in a stratum of the mean intercept."""
        return self.intercept + gathered(self.coefficients, self.starts, levels)


@dataclass(frozen=True)
class Level:
    """What a fit says of an average row: for predictions where all rows stand in one average stratum.

    intercept: with which the rows of the fit, all in that stratum, would have as many events as they had. average: of
    each coefficient's column, weighted by binomial weights, whose sum is `weight`.
    """

    intercept: float
    average: Floats
    weight: float

    @classmethod
    def of(cls, fit: Fit, patterns: Patterns) -> "Level":
        """Of a fit and the patterns that it was made on."""
        eta = gathered(fit.coefficients, fit.starts, patterns.levels)
        events, trials = float(patterns.events.sum()), patterns.trials
        intercept = fit.intercept
        for _ in range(LEVEL_STEPS):  # Newton on one number: the sum of rates rises with it
            rate = 1 / (1 + np.exp(-(eta + intercept)))
            slope = max(float(trials @ (rate * (1 - rate))), 1e-9)
            step = (events - float(trials @ rate)) / slope if events else 0.0
            intercept += float(np.clip(step, -1.0, 1.0))
            if abs(step) < CLOSE:
                break
        rate = 1 / (1 + np.exp(-(eta + fit.strata[patterns.stratum] + fit.intercept)))
        weight = trials * rate * (1 - rate)
        total = float(weight.sum())
        average = np.zeros(len(fit.coefficients))
        for place, (low, high) in enumerate(pairwise(fit.starts)):
            level = patterns.levels[:, place]
            has = level >= 0
            average[low:high] = np.bincount(level[has], weight[has], high - low)
        return cls(intercept, average / max(total, 1e-300), total)

    def draws(self, fit: Fit, rng: np.random.Generator, size: int) -> tuple[Floats, Floats]:
        """Posterior draws of the coefficients (size, p) and of the intercept (size,) that goes with them.

        The overall level is known far better than any effect: what the effects add on average the intercept takes off.
        """
        values, vectors = np.linalg.eigh(fit.covariance)
        moves = rng.standard_normal((size, len(values))) @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
        noise = rng.standard_normal(size) / math.sqrt(max(self.weight, 1e-300))
        return fit.coefficients + moves, self.intercept - moves @ self.average + noise


def gathered(coefficients: Floats, starts: Sequence[int], levels: Ints) -> Floats:
    """Sum over the columns of the coefficient of each row's level; level -1 adds nothing."""
    total = np.zeros(len(levels))
    for place, start in enumerate(starts[:-1]):
        padded = np.append(coefficients[start : starts[place + 1]], 0.0)  # level -1 reads the last entry
        total += padded[levels[:, place]]
    return total
