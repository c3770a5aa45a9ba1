"""Rates of a family of cells: raw, shrunken and with intervals (`docs/statistics.md`, "Rates").

A cell is a value of one attribute (a title, a weekday); a family is the values of one attribute. Everything shown as a
rate comes from `hierarchical`, which shrinks each cell towards its family by as much as the family itself asks for.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaincinv, betaln, expit, gammaln, logit

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
MEANS = np.linspace(-SPAN, SPAN, GRID_MEAN)  # in standard deviations
_SIZE_AT = np.linspace(-2.5, 2.5, GRID_SIZE)
SIZES, SIZE_PRIOR = np.exp(PRIOR_SIZE[0] + PRIOR_SIZE[1] * _SIZE_AT), -0.5 * _SIZE_AT**2
TAILS = np.array([[TAIL], [1 - TAIL]])
TINY = float(np.finfo(float).tiny)
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
class Cells:
    """The distinct cells of several families, sorted by family.

    n, k: trials and successes, (cells,). family: code, (cells,). times: how often each occurs in each, (families, cells).
    """

    n: Floats
    k: Floats
    family: Ints
    times: Floats


@dataclass(frozen=True)
class Quadrature:
    """The posterior over each family's mean and prior size.

    means: logit m, (families, GRID_MEAN). alpha, beta: the cells' Beta priors, (families, GRID_MEAN, GRID_SIZE + 1): one for
    each prior size, and the last for cells apart. mass: of the points, (families, GRID_MEAN, GRID_SIZE). apart: probability
    that a cell is of the wide component, given the point, (cells, GRID_MEAN, GRID_SIZE).
    """

    means: Floats
    alpha: Floats
    beta: Floats
    mass: Floats
    apart: Floats


def hierarchical(counts: Counts) -> Rates:
    """Rates of one family, as `hierarchical_all`."""
    return hierarchical_all([counts])[0]


def hierarchical_all(families: Sequence[Counts]) -> list[Rates]:
    """Rates under a hierarchical beta-binomial model with a heavy tail, by quadrature over its mean and prior size.

    k_j ~ Binomial(n_j, theta_j); theta_j ~ Beta(mM, (1-m)M) but for one cell in five (`APART`), whose prior is a Beta of
    the same mean and of standard deviation `APART_SD` on the log-odds: a cell that is truly different is then not drawn
    into a family of equals. logit m flat, log M normal (`PRIOR_SIZE`). The hyper-parameters are averaged over, not
    estimated once: plugging one estimate in gives too narrow intervals. Two passes: the first finds where the mass of
    logit m lies, the second puts its points there. Cells without trials get the family's own distribution. A family
    without trials gets the flat prior's. Families say nothing of each other; many take hardly longer than one.
    """
    if not families:
        return []
    cells, place = _distinct(families)
    total, hits = cells.times @ cells.n, cells.times @ cells.k
    pooled = (hits + 0.5) / (total + 1.0)
    centre, spread = logit(pooled), 0.25 + 1 / np.sqrt((total + 1.0) * pooled * (1 - pooled))
    for _ in range(2):
        grid = _quadrature(cells, centre[:, None], spread[:, None])
        by_mean = grid.mass.sum(axis=2)
        centre = (by_mean * grid.means).sum(axis=1)
        off, step = grid.means - centre[:, None], grid.means[:, 1] - grid.means[:, 0]
        spread = np.sqrt(np.maximum((by_mean * off**2).sum(axis=1), (step / 2) ** 2))
    share, first, second = _components(cells, grid)
    mean = (share * first).sum(axis=0)
    low, high = _quantiles(share, *_beta_of(first, second))
    alpha, beta = _beta_of(mean, (share * second).sum(axis=0))
    centres = (by_mean * expit(grid.means)).sum(axis=1).tolist()
    return [Rates(mean[at], low[at], high[at], alpha[at], beta[at], of) for at, of in zip(place, centres, strict=True)]


def _distinct(families: Sequence[Counts]) -> tuple[Cells, list[list[int]]]:
    """The distinct cells, and where each family's cells stand among them.

    In plain Python: `numpy.unique` takes as long for ten cells as for a thousand.
    """
    found: list[tuple[int, int, int]] = []
    place = []
    for family, counts in enumerate(families):
        pairs = list(zip(counts.trials.tolist(), counts.successes.tolist(), strict=True))
        code = {pair: len(found) + i for i, pair in enumerate(sorted(set(pairs)))}
        found += [(n, k, family) for n, k in code]
        place.append([code[pair] for pair in pairs])
    n, k, codes = np.array(found, dtype=np.int64).reshape(-1, 3).T
    times = np.stack([np.bincount(np.array(at, dtype=np.int64), minlength=len(found)) for at in place])
    return Cells(n.astype(np.float64), k.astype(np.float64), codes, times.astype(np.float64)), place


def _quadrature(cells: Cells, centre: Floats, spread: Floats) -> Quadrature:
    """Points of logit m around `centre`, (families, 1), and the posterior's mass at each of them with each prior size."""
    means = centre + spread * MEANS
    up, down = expit(means)[..., None], expit(-means)[..., None]
    apart = 1 / (APART_SD**2 * up * down) - 1  # standard deviation APART_SD on the log-odds, to first order
    (a, b), (wide_a, wide_b) = ((up * size, down * size) for size in (SIZES, apart))
    n, k, of = cells.n[:, None, None], cells.k[:, None, None], cells.family
    # log beta-binomial probabilities but for the binomial coefficient; within, a + b is the same at every mean
    none = gammaln(a) + (gammaln(b) - gammaln(SIZES))
    within = gammaln(k + a[of]) + (gammaln(n - k + b[of]) - gammaln(n + SIZES)) - none[of] + math.log1p(-APART)
    wide = betaln(k + wide_a[of], n - k + wide_b[of]) - betaln(wide_a, wide_b)[of] + math.log(APART)
    either = np.logaddexp(within, wide)
    fit = cells.times @ either.reshape(len(of), GRID_MEAN * GRID_SIZE)
    log_mass = fit.reshape(-1, GRID_MEAN, GRID_SIZE) + SIZE_PRIOR
    mass = np.exp(log_mass - log_mass.max(axis=(1, 2), keepdims=True))
    alpha, beta = np.concatenate([a, wide_a], axis=2), np.concatenate([b, wide_b], axis=2)
    return Quadrature(means, alpha, beta, mass / mass.sum(axis=(1, 2), keepdims=True), np.exp(wide - either))


def _components(cells: Cells, grid: Quadrature) -> tuple[Floats, Floats, Floats]:
    """The parts of each cell's posterior, within its family and apart from it: their probability and the first and second
    moments of the mixture over the points in each; all (2, cells).
    """
    n, k, of = cells.n[:, None, None], cells.k[:, None, None], cells.family
    mass, alpha, beta = grid.mass[of], grid.alpha[of], grid.beta[of]
    outside = mass * grid.apart
    weight = np.concatenate([mass - outside, outside.sum(axis=2, keepdims=True)], axis=2)
    top, bottom = k + alpha, n + (alpha + beta)
    first = top / bottom
    second = first * (top + 1) / (bottom + 1)
    by_size = np.stack([weight, weight * first, weight * second]).sum(axis=2)  # (3, cells, GRID_SIZE + 1)
    share, *moments = np.stack([by_size[..., :-1].sum(axis=2), by_size[..., -1]], axis=1)
    return share, *(moment / np.maximum(share, TINY) for moment in moments)


def _beta_of(mean: Floats, second: Floats) -> tuple[Floats, Floats]:
    """The Beta distribution of these first and second moments."""
    mean = np.minimum(np.maximum(mean, 1e-12), 1 - 1e-12)
    most = mean * (1 - mean)
    size = np.maximum(most / np.maximum(second - mean**2, 1e-12 * most) - 1, 1e-6)
    return mean * size, (1 - mean) * size


def _quantiles(share: Floats, alpha: Floats, beta: Floats) -> Floats:
    """The points below which each of `TAILS` of each cell's mixture lies, (tails, cells), between those of its parts.

    share, alpha, beta: (2, cells), of the parts.
    """
    share, alpha, beta = share[:, None], alpha[:, None], beta[:, None]
    low, high = np.sort(betaincinv(alpha, beta, TAILS), axis=0)
    width = high - low

    def below(at: Floats) -> Floats:
        return np.asarray((share * betainc(alpha, beta, at)).sum(axis=0))

    for _ in range(HALVINGS):
        width = width / 2
        low = low + width * (below(low + width) < TAILS)
    under, over = below(low), below(low + width)
    part = np.divide(TAILS - under, over - under, out=np.full(low.shape, 0.5), where=over > under)
    return np.asarray(low + np.clip(part, 0.0, 1.0) * width)


def about(number: float) -> str:
    """A count in words that claims no more precision than it has: two significant digits, rounded up."""
    whole = max(round(number), 1)
    if whole <= 20:  # noqa: PLR2004 - up to here a person counts them
        return str(whole)
    unit = 10 ** max(len(str(whole)) - 2, 1)
    return f"about {-(-whole // unit) * unit:,}"
