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
APART = 0.2  # share of cells that may be of another kind than their family: one in five
APART_SD = 0.7  # spread of those, on the log-odds: two in three lie within a factor of 2 of the family
HALVINGS = 12  # of the bracket of a mixture's quantile, before one straight line: six digits


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


@dataclass(frozen=True)
class Part:
    """One component of each cell's posterior: a Beta distribution, given that the cell is of that kind."""

    alpha: Floats
    beta: Floats

    @property
    def mean(self) -> Floats:
        return self.alpha / (self.alpha + self.beta)

    @property
    def second(self) -> Floats:
        size = self.alpha + self.beta
        return np.asarray(self.alpha * (self.alpha + 1) / (size * (size + 1)))


@dataclass(frozen=True)
class Quadrature:
    """The posterior over the family's mean and prior size.

    means, sizes: logit m and log M, the points. mass: (means, sizes). apart: (cells, means, sizes), probability that a
    cell is of the wide component, given the point.
    """

    means: Floats
    sizes: Floats
    mass: Floats
    apart: Floats


def hierarchical(counts: Counts) -> Rates:
    """Rates under a hierarchical beta-binomial model with a heavy tail, by quadrature over its mean and prior size.

    k_j ~ Binomial(n_j, theta_j); theta_j ~ Beta(mM, (1-m)M) but for one cell in five (`APART`), whose prior is a Beta of
    the same mean and of standard deviation `APART_SD` on the log-odds: a cell that is truly different is then not drawn
    into a family of equals. logit m flat, log M normal (`PRIOR_SIZE`). The hyper-parameters are averaged over, not
    estimated once: plugging one estimate in gives too narrow intervals. Two passes: the first finds where the mass of
    logit m lies, the second puts its points there. Cells without trials get the family's own distribution. A family
    without trials gets the flat prior's.
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
        grid = _quadrature(n, k, weight, centre, spread)
        by_mean = grid.mass.sum(axis=1)
        centre = float(by_mean @ grid.means)
        step = grid.means[1] - grid.means[0]
        spread = float(np.sqrt(max(by_mean @ (grid.means - centre) ** 2, (step / 2) ** 2)))
    within, wide, apart = _components(n, k, grid)
    mean = (1 - apart) * within.mean + apart * wide.mean
    alpha, beta = _beta_of(mean, (1 - apart) * within.second + apart * wide.second)
    low, high = (_quantile(within, wide, apart, tail) for tail in (TAIL, 1 - TAIL))
    family = float(by_mean @ expit(grid.means))
    return Rates(mean[inverse], low[inverse], high[inverse], alpha[inverse], beta[inverse], family)


def _quadrature(n: Ints, k: Ints, weight: Ints, centre: float, spread: float) -> Quadrature:
    """Points of logit m and log M, and the posterior's mass at each pair, shape (GRID_MEAN, GRID_SIZE)."""
    grid_m = centre + spread * np.linspace(-SPAN, SPAN, GRID_MEAN)
    at, sd = PRIOR_SIZE
    grid_size = at + sd * np.linspace(-2.5, 2.5, GRID_SIZE)
    within = _log_chance(n, k, *_prior(grid_m[:, None], np.exp(grid_size)))
    wide = _log_chance(n, k, *_wide_prior(grid_m[:, None]))
    within, wide = within + np.log1p(-APART), wide + np.log(APART)
    fit = np.logaddexp(within, wide)
    log_mass = np.einsum("u,uab->ab", weight, fit) - 0.5 * ((grid_size - at) / sd) ** 2
    mass = np.exp(log_mass - log_mass.max())
    return Quadrature(grid_m, grid_size, mass / mass.sum(), np.exp(wide - fit))


def _prior(logit_m: Floats, size: Floats) -> tuple[Floats, Floats]:
    return expit(logit_m) * size, expit(-logit_m) * size


def _wide_prior(logit_m: Floats) -> tuple[Floats, Floats]:
    """The Beta of that mean whose standard deviation is `APART_SD` on the log-odds, to first order."""
    return _prior(logit_m, 1 / (APART_SD**2 * expit(logit_m) * expit(-logit_m)) - 1)


def _log_chance(n: Ints, k: Ints, a: Floats, b: Floats) -> Floats:
    """Log beta-binomial probabilities, but for the binomial coefficient; (cells, *shape of a)."""
    return np.asarray(betaln(k[:, None, None] + a, (n - k)[:, None, None] + b) - betaln(a, b))


def _components(n: Ints, k: Ints, grid: Quadrature) -> tuple[Part, Part, Floats]:
    """Each cell's posterior within its family and apart from it, and the probability of the latter."""
    a, b = _prior(grid.means[:, None], np.exp(grid.sizes))
    inside = (grid.mass * (1 - grid.apart)).reshape(len(n), -1)
    within = _matched(n, k, a.ravel(), b.ravel(), inside)
    outside = np.einsum("ab,uab->ua", grid.mass, grid.apart)
    wide = _matched(n, k, *_wide_prior(grid.means), outside)
    return within, wide, np.clip(outside.sum(axis=1), 0.0, 1.0)


def _matched(n: Ints, k: Ints, a: Floats, b: Floats, weight: Floats) -> Part:
    """One Beta a cell with the mean and variance of the mixture over points. weight: (cells, points), of any sum."""
    weight = weight / np.maximum(weight.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    top, bottom = k[:, None] + a, n[:, None] + a + b
    first = top / bottom
    return Part(*_beta_of((first * weight).sum(axis=1), (first * (top + 1) / (bottom + 1) * weight).sum(axis=1)))


def _beta_of(mean: Floats, second: Floats) -> tuple[Floats, Floats]:
    """The Beta distribution of these first and second moments."""
    mean = np.clip(mean, 1e-12, 1 - 1e-12)
    variance = np.maximum(second - mean**2, 1e-12 * mean * (1 - mean))
    size = np.maximum(mean * (1 - mean) / variance - 1, 1e-6)
    return mean * size, (1 - mean) * size


def _quantile(within: Part, wide: Part, apart: Floats, tail: float) -> Floats:
    """The point below which `tail` of each cell's mixture lies: between the quantiles of its two components."""
    ends = [betaincinv(part.alpha, part.beta, tail) for part in (within, wide)]

    def below(at: Floats) -> Floats:
        parts = (1 - apart) * betainc(within.alpha, within.beta, at) + apart * betainc(wide.alpha, wide.beta, at)
        return np.asarray(parts)

    low, high = np.minimum(*ends), np.maximum(*ends)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        short = below(middle) < tail
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    under, over = below(low), below(high)
    part = np.divide(tail - under, over - under, out=np.full(len(low), 0.5), where=over > under)
    return np.asarray(low + np.clip(part, 0.0, 1.0) * (high - low))


def about(number: float) -> str:
    """A count in words that claims no more precision than it has: two significant digits, rounded up."""
    whole = max(round(number), 1)
    if whole <= 20:  # noqa: PLR2004 - up to here a person counts them
        return str(whole)
    unit = 10 ** max(len(str(whole)) - 2, 1)
    return f"about {-(-whole // unit) * unit:,}"
