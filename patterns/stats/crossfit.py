"""Effects of many attributes at once, and the same effects as leads that were held out would have given them.

    logit P(converts) = a + stratum + sum_j slope_j x_j + sum_f effect_f[level of f]
    slope ~ N(its prior mean, 1/precision),   effect_f ~ N(0, tau_f^2),   stratum ~ N(0, STRATUM_SD^2)

`docs/statistics.md`, "Components". Fitted once, by Newton's method. Around that fit the log-likelihood is a quadratic form
and a sum over leads: what the other folds alone would have given is the solution without the held-out leads' share of it,
exact to second order and as cheap as one linear system (Beirami, Razaviyayn, Shahrampour and Tarokh 2017).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from scipy.special import expit

from patterns.stats.rates import Bools, Floats, Ints

STRATUM_SD = 1.0  # campaigns and months of one sender differ by less than e
INTERCEPT_SD = 10.0
# Each family's spread tau is estimated, and a lucky history makes it too large: a guess in log odds counts as eight more
# values. In simulated worlds this gains half as much again on fresh leads, at 100 and 200 conversions, as one value does.
GUESS, GUESSES = 0.15, 8.0
START = 0.3  # of the spreads
ROUNDS, SETTLED = 15, 0.01  # of expectation-maximisation; relative change at which it ends
STEPS, LONGEST, CLOSE = 40, 2.0, 1e-4  # Newton's; far below the effects' errors


@dataclass(frozen=True)
class Table:
    """Leads, in an order that is a function of their columns. slopes: (leads, m), each in 0-1. levels: (leads, families),
    -1 no level; sizes: number of levels of each family. stratum: codes 0... y: the lead converted.
    """

    slopes: Floats
    levels: Ints
    sizes: tuple[int, ...]
    stratum: Ints
    y: Bools

    def __len__(self) -> int:
        return len(self.y)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where each family's coefficients begin, and the number of all; intercept and slopes stand before them."""
        first = 1 + self.slopes.shape[1]
        return tuple(int(place) for place in first + np.cumsum([0, *self.sizes]))

    @cached_property
    def matrix(self) -> csr_array:
        """(leads, coefficients): a one, the slopes, and a one for each level."""
        leads, families = self.levels.shape
        dense = 1 + self.slopes.shape[1]
        first = np.tile(np.arange(dense), (leads, 1))
        columns = np.concatenate([first, self.levels + np.array(self.starts[:-1], dtype=np.int64)], axis=1)
        values = np.concatenate([np.ones((leads, 1)), self.slopes, np.ones((leads, families))], axis=1)
        keep = np.concatenate([np.ones((leads, dense), dtype=bool), self.levels >= 0], axis=1)
        rows = np.concatenate([[0], keep.sum(axis=1).cumsum()])
        return csr_array((values[keep], columns[keep], rows), shape=(leads, self.starts[-1]))

    @cached_property
    def strata(self) -> int:
        return int(self.stratum.max(initial=-1)) + 1


@dataclass(frozen=True)
class Slopes:
    """What is believed of the slopes beforehand: their mean and precision, one a slope."""

    mean: Floats
    precision: Floats


@dataclass(frozen=True)
class Moments:
    """The log-likelihood of some leads as a quadratic form; moments of disjoint leads add up.

    inner: curvature of the coefficients, (p, p). cross: with the strata, (strata, p). strata: of the strata, diagonal.
    target, strata_target: the linear part.
    """

    inner: Floats
    cross: Floats
    strata: Floats
    target: Floats
    strata_target: Floats

    def __sub__(self, other: "Moments") -> "Moments":
        return Moments(
            self.inner - other.inner,
            self.cross - other.cross,
            self.strata - other.strata,
            self.target - other.target,
            self.strata_target - other.strata_target,
        )

    def profiled(self) -> tuple[Floats, Floats]:
        """Curvature and linear part of the coefficients alone, the strata at their best."""
        weight = 1 / (self.strata + 1 / STRATUM_SD**2)
        inner = self.inner - (self.cross.T * weight) @ self.cross
        return inner, self.target - self.cross.T @ (weight * self.strata_target)

    def best_strata(self, coefficients: Floats) -> Floats:
        found: Floats = (self.strata_target - self.cross @ coefficients) / (self.strata + 1 / STRATUM_SD**2)
        return found


@dataclass(frozen=True)
class Effects:
    """coefficients: the intercept, the slopes, the families' levels. strata: of each. taus: spread of each family."""

    coefficients: Floats
    strata: Floats
    taus: Floats


def moments(table: Table, at: Effects, rows: Ints | slice = slice(None)) -> Moments:
    """The quadratic form of some of the leads around `at`."""
    x, stratum, y = table.matrix[rows], table.stratum[rows], table.y[rows]
    eta = x @ at.coefficients + at.strata[stratum]
    p = expit(eta)
    w = p * (1 - p)
    weighted = x.multiply(w[:, None]).tocsr()
    place = csr_array((np.ones(len(y)), (stratum, np.arange(len(y)))), shape=(table.strata, len(y)))
    pull = y - p + w * eta
    return Moments(
        inner=(x.T @ weighted).toarray(),
        cross=(place @ weighted).toarray(),
        strata=np.bincount(stratum, w, table.strata).astype(np.float64),
        target=x.T @ pull,
        strata_target=np.bincount(stratum, pull, table.strata).astype(np.float64),
    )


def solve(found: Moments, slopes: Slopes, starts: tuple[int, ...], taus: Floats | None = None) -> Effects:
    """The most probable coefficients, and the families' spreads, which are estimated where `taus` does not give them."""
    first, sizes = starts[0], np.diff(starts)
    inner, target = found.profiled()
    center, precision = np.zeros(len(target)), np.empty(len(target))
    center[1:first], precision[0], precision[1:first] = slopes.mean, 1 / INTERCEPT_SD**2, slopes.precision
    spread = np.full(len(sizes), START) if taus is None else taus
    for _ in range(ROUNDS):
        precision[first:] = np.repeat(1 / spread**2, sizes)
        covariance = np.linalg.inv(inner + np.diag(precision))
        b = covariance @ (target + precision * center)
        if taus is not None or not len(sizes):
            break
        square = np.add.reduceat((b**2 + np.diag(covariance))[first:], np.array(starts[:-1]) - first)
        before, spread = spread, np.sqrt((square + GUESSES * GUESS**2) / (sizes + GUESSES))
        if np.abs(spread / before - 1).max() < SETTLED:
            break
    return Effects(b, found.best_strata(b), spread)


def fit(table: Table, slopes: Slopes) -> Effects:
    """The effects that all leads give. The spreads follow from the quadratic form around the current step."""
    rate = (table.y.sum() + 0.5) / (len(table) + 1)
    start = np.zeros(table.starts[-1])
    start[0] = np.log(rate / (1 - rate))
    now, taus = Effects(start, np.zeros(table.strata), np.zeros(0)), None
    for step in range(STEPS):
        found = solve(moments(table, now), slopes, table.starts, taus if step % 3 else None)
        change = found.coefficients - now.coefficients
        now = Effects(now.coefficients + np.clip(change, -LONGEST, LONGEST), found.strata, found.taus)
        taus = found.taus
        if np.abs(change).max() < CLOSE:
            break
    return now


class Crossfit:
    """Effects of all leads, and of all but some."""

    def __init__(self, table: Table, slopes: Slopes) -> None:
        self.table, self.slopes = table, slopes
        self.effects = fit(table, slopes)
        self.all = moments(table, self.effects)

    def without(self, rows: Ints) -> Effects:
        """What the other leads give, with their own spreads of the families."""
        return solve(self.all - moments(self.table, self.effects, rows), self.slopes, self.table.starts)
