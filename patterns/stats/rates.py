"""Rates of a family of cells: raw, shrunken and with intervals (`docs/statistics.md`, "Rates").

A cell is a value of one attribute (a title, a weekday); a family is the values of one attribute. Everything shown as a
rate comes from `hierarchical`, which shrinks each cell towards its family by as much as the family itself asks for.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaincinv, betaln, expit, logit

Ints = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

TAIL = 0.025  # outside each end of a 95 % interval
GRID_MEAN = 15  # points of the quadrature over the family's mean: the posterior is smooth there
GRID_SIZE = 13  # and over the logarithm of its prior size
PRIOR_SIZE = (np.log(150), 2.0)  # log M ~ N(log 150, 2): cells of a family differ by 1 % to 200 % of its rate
SPAN = 4.0  # half-width of the quadrature in standard deviations: outside lies less than 1e-4 of the mass


@dataclass(frozen=True)
class Counts:
    """Trials and successes of a family's cells, int64 each. Counts of the same cells add up with `+`."""

    trials: Ints
    successes: Ints

    @classmethod
    def of(cls, codes: Ints, y: Bools, levels: int) -> "Counts":
        """Counts by code. codes: int, one a row, negative = unknown and left out. y: bool, the success of each row."""
        known = codes >= 0
        if not known.all():
            codes, y = codes[known], y[known]
        return cls(np.bincount(codes, minlength=levels), np.bincount(codes[y], minlength=levels))

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.trials + other.trials, self.successes + other.successes)

    def __len__(self) -> int:
        return len(self.trials)


@dataclass(frozen=True)
class Rates:
    """Posterior rates of a family's cells, as fractions.

    mean, low, high: float64 a cell, `low` to `high` the central 95 %. alpha, beta: the Beta distribution with the
    posterior's mean and variance. centre: the family's own mean rate, towards which cells are drawn.
    """

    mean: Floats
    low: Floats
    high: Floats
    alpha: Floats
    beta: Floats
    centre: float

    def above(self, rate: float) -> Floats:
        """Probability that each cell's rate is above `rate`."""
        return np.asarray(1.0 - betainc(self.alpha, self.beta, rate))

    def draws(self, rng: np.random.Generator, size: int) -> Floats:
        """Posterior draws, shape (size, cells)."""
        return rng.beta(self.alpha, self.beta, size=(size, len(self.alpha)))


def hierarchical(counts: Counts) -> Rates:
    """Rates under a hierarchical beta-binomial model, by quadrature over the family's mean and prior size.

    theta_j ~ Beta(mM, (1-m)M), k_j ~ Binomial(n_j, theta_j), logit m flat, log M normal (`PRIOR_SIZE`). The
    hyper-parameters are averaged over, not estimated once: plugging one estimate in gives too narrow intervals. Two
    passes: the first finds where the mass of logit m lies, the second puts its points there. Cells without trials get
    the family's own distribution. A family without trials gets the flat prior's.
    """
    trials, successes = counts.trials.astype(np.int64), counts.successes.astype(np.int64)
    if not len(trials):
        none = np.zeros(0)
        return Rates(none, none, none, none, none, 0.5)
    packed, inverse, weight = np.unique(
        trials * (trials.max() + 1) + successes, return_inverse=True, return_counts=True
    )
    n, k = np.divmod(packed, trials.max() + 1)
    total, hits = trials.sum(), successes.sum()
    pooled = (hits + 0.5) / (total + 1.0)
    centre, spread = float(logit(pooled)), 0.25 + float(1 / np.sqrt((total + 1.0) * pooled * (1 - pooled)))
    for _ in range(2):
        grid_m, grid_size, mass = _quadrature(n, k, weight, centre, spread)
        by_mean = mass.sum(axis=1)
        centre = float(by_mean @ grid_m)
        step = grid_m[1] - grid_m[0]
        spread = float(np.sqrt(max(by_mean @ (grid_m - centre) ** 2, (step / 2) ** 2)))
    a = expit(grid_m)[:, None] * np.exp(grid_size)
    b = expit(-grid_m)[:, None] * np.exp(grid_size)
    alpha, beta = _matched(n, k, a.ravel(), b.ravel(), mass.ravel())
    low, high = betaincinv(alpha, beta, TAIL), betaincinv(alpha, beta, 1 - TAIL)
    mean = alpha / (alpha + beta)
    family = float(by_mean @ expit(grid_m))
    return Rates(mean[inverse], low[inverse], high[inverse], alpha[inverse], beta[inverse], family)


def _quadrature(n: Ints, k: Ints, weight: Ints, centre: float, spread: float) -> tuple[Floats, Floats, Floats]:
    """Points of logit m and log M, and the posterior's mass at each pair, shape (GRID_MEAN, GRID_SIZE)."""
    grid_m = centre + spread * np.linspace(-SPAN, SPAN, GRID_MEAN)
    at, sd = PRIOR_SIZE
    grid_size = at + sd * np.linspace(-2.5, 2.5, GRID_SIZE)
    a = expit(grid_m)[:, None] * np.exp(grid_size)
    b = expit(-grid_m)[:, None] * np.exp(grid_size)
    fit = betaln(k[:, None, None] + a, (n - k)[:, None, None] + b) - betaln(a, b)
    log_mass = np.einsum("u,uab->ab", weight, fit) - 0.5 * ((grid_size - at) / sd) ** 2
    mass = np.exp(log_mass - log_mass.max())
    return grid_m, grid_size, mass / mass.sum()


def _matched(n: Ints, k: Ints, a: Floats, b: Floats, mass: Floats) -> tuple[Floats, Floats]:
    """One Beta a cell with the mean and variance of the mixture over the quadrature's points."""
    top, bottom = k[:, None] + a, n[:, None] + a + b
    mean = (top / bottom) @ mass
    second = (top * (top + 1) / (bottom * (bottom + 1))) @ mass
    variance = np.maximum(second - mean**2, 1e-12 * mean * (1 - mean))
    size = np.maximum(mean * (1 - mean) / variance - 1, 1e-6)
    return mean * size, (1 - mean) * size


def about(number: float) -> str:
    """A count in words that claims no more precision than it has: two significant digits, rounded up."""
    whole = max(round(number), 1)
    if whole <= 20:  # noqa: PLR2004 - up to here a person counts them
        return str(whole)
    unit = 10 ** max(len(str(whole)) - 2, 1)
    return f"about {-(-whole // unit) * unit:,}"
