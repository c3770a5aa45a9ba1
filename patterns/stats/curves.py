"""Effects of ordered values: a smooth curve, and what single values add to it (`docs/statistics.md`, "Curves").

    b = curve + own,   curve ~ N(0, sigma^2 W),   own ~ N(0, tau^2)

W is the covariance of a random walk over the values: its second differences (or its first ones) are small, and round the
clock its ends meet. Both spreads are averaged over a grid by their marginal likelihood, which is the penalty of a
smoothing spline, 1 / sigma^2, with its uncertainty kept. A value that was hardly tried has nothing of its own to say and
lies on the curve of its neighbours; where neighbours are not alike, sigma falls and values are drawn to the mean instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from scipy.special import betaincinv, expit

from patterns.stats.rates import TAIL, Bools, Counts, Floats, Ints, Rates
from patterns.stats.strata import CHANCE

SPREADS = np.geomspace(0.03, 1.5, 7)  # of the curve, and of single values: from no difference to a factor of 20
SPREAD_SCALE = 0.5  # half-normal prior of both together: two in three values lie within a factor of 1.65
LEVEL_SD = 2.0  # of the mean log odds of a family's rates around the raw one: hardly felt from five events on
ROUNDS, CLOSE, LONGEST = 60, 1e-8, 1.0  # of the expansion about its own answer; the longest step is a factor of e
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
BLOCK = 4096  # strata at a time: bounds the memory

# The log likelihood at b: its slope and its curvature, (values,) and (values, values).
Expansion = Callable[[Floats], tuple[Floats, Floats]]


@dataclass(frozen=True)
class Walk:
    """How neighbouring values hang together. order: of the differences that are small, 1 or 2. cyclic: ends meet."""

    order: int = 2
    cyclic: bool = False


HOURS = DAYS = Walk(order=2, cyclic=True)
GAPS = Walk(order=2)
TOUCHES = Walk(order=1)


def walk_covariance(size: int, walk: Walk) -> Floats:
    """W, (size, size): of values around their mean, with a mean variance of 1 so that sigma means the same for all walks.

    Second differences leave a straight line free; it gets half of the variance, so that it is drawn to 0 with the rest.
    """
    differences = np.eye(size)
    for _ in range(walk.order):
        differences = np.roll(differences, -1, axis=0) - differences if walk.cyclic else np.diff(differences, axis=0)
    precision: Floats = differences.T @ differences
    rough = scaled(np.asarray(np.linalg.pinv(precision, rcond=1e-10, hermitian=True), dtype=np.float64))
    if walk.cyclic or walk.order == 1:
        return rough
    line = np.arange(size) - (size - 1) / 2
    return (rough + scaled(np.outer(line, line))) / 2


def scaled(covariance: Floats) -> Floats:
    """The covariance with a mean variance of 1; zeros stay."""
    variance = float(np.diag(covariance).mean())
    return covariance / variance if variance > 0 else covariance


@dataclass(frozen=True)
class Prior:
    """What is believed at each pair of spreads. sigma, tau, log_mass: (pairs,). covariance: (pairs, values, values)."""

    sigma: Floats
    tau: Floats
    log_mass: Floats
    covariance: Floats

    @classmethod
    @cache
    def of(cls, size: int, walk: Walk, level_sd: float) -> "Prior":
        sigma, tau = (grid.ravel() for grid in np.meshgrid(SPREADS, SPREADS, indexing="ij"))
        total = np.hypot(sigma, tau)  # half-normal, and how it falls into the two uniform
        log_mass = -0.5 * (total / SPREAD_SCALE) ** 2 + np.log(sigma * tau / total)
        smooth, single = sigma[:, None, None] ** 2, tau[:, None, None] ** 2
        covariance = smooth * walk_covariance(size, walk) + single * np.eye(size) + level_sd**2
        return cls(sigma, tau, log_mass, covariance)


@dataclass(frozen=True)
class Effects:
    """Posterior of log effects of a family's values, averaged over the spreads.

    mean: (values,). covariance: (values, values). sigma, tau: posterior means of the spreads.
    """

    mean: Floats
    covariance: Floats
    sigma: float
    tau: float


def posterior(expand: Expansion, size: int, walk: Walk, level_sd: float = 0.0) -> Effects:
    """Effects under the likelihood that `expand` describes, relative to the point b = 0. level_sd: of their mean.

    The likelihood is expanded to second order about the posterior mean, which is repeated until that stays where it is;
    given the spreads everything is then normal, and the marginal likelihood of each pair of spreads is exact. Values that
    the likelihood says nothing of, such as hours at night, follow from the others: only these are solved for.
    """
    prior = Prior.of(size, walk, level_sd)
    mean = np.zeros(size)
    slope, curvature = expand(mean)
    seen = np.flatnonzero(curvature.diagonal())
    toward = prior.covariance[:, :, seen]  # of all values with these
    own, one = toward[:, seen], np.eye(len(seen))
    for _ in range(ROUNDS):
        known = curvature[np.ix_(seen, seen)]
        target = slope[seen] + known @ mean[seen]
        inner = known @ own + one
        means = (toward @ np.linalg.solve(inner, np.broadcast_to(target[:, None], (len(inner), len(seen), 1))))[:, :, 0]
        log_mass = prior.log_mass + 0.5 * means[:, seen] @ target - 0.5 * np.linalg.slogdet(inner)[1]
        mass = np.exp(log_mass - log_mass.max())
        mass /= mass.sum()
        step = np.clip(mass @ means - mean, -LONGEST, LONGEST)
        mean = mean + step
        if np.abs(step).max() < CLOSE:
            break
        slope, curvature = expand(mean)
    around = means - mean
    gained = toward @ np.linalg.solve(inner, known @ toward.transpose(0, 2, 1))
    covariance = np.tensordot(mass, prior.covariance - gained, 1) + (around.T * mass) @ around
    return Effects(mean, (covariance + covariance.T) / 2, float(mass @ prior.sigma), float(mass @ prior.tau))


@dataclass(frozen=True)
class Strata:
    """Counts by stratum and value of the strata in which something happened and could be compared, (strata, values).

    n: rows. hits: (strata,), events. k: events by stratum and value. weight: (strata,), by how much the variance of the
    events among the values, given their number, is smaller than that of independent ones.
    """

    n: Floats
    k: Floats
    hits: Floats
    weight: Floats

    @classmethod
    def of(cls, codes: Ints, y: Bools, stratum: Ints, levels: int) -> "Strata":
        """codes: a row's value, negative = unknown. y: bool. stratum: non-negative codes."""
        known = codes >= 0
        codes, y, stratum = codes[known].astype(np.int64), y[known], stratum[known].astype(np.int64)
        used = np.bincount(stratum[y], minlength=int(stratum.max(initial=-1)) + 1) > 0
        inside = used[stratum]
        cell = (np.cumsum(used) - 1)[stratum[inside]] * levels + codes[inside]
        shape = (int(used.sum()), levels)
        n, k = (np.bincount(rows, minlength=shape[0] * levels) for rows in (cell, cell[y[inside]]))
        return cls.kept(n.reshape(shape).astype(np.float64), k.reshape(shape).astype(np.float64))

    @classmethod
    def kept(cls, n: Floats, k: Floats) -> "Strata":
        """Of these counts the strata that say something. A large one of one value alone is the sender's choice; a small
        one may be of one value by chance, and without it the share of the value in its own strata would look smaller.
        """
        total, hits = n.sum(axis=1), k.sum(axis=1)
        mixed = (n > 0).sum(axis=1) > 1
        rows = (hits > 0) & (mixed | ((total > 1) & (total < CHANCE)))
        n, k, total, hits = n[rows], k[rows], total[rows], hits[rows]
        silent = total - hits
        weight = np.where(silent > 0, (total - 1) / np.maximum(silent, 1.0), 0.0)
        return cls(n, k, hits, weight)

    @cached_property
    def heavy(self) -> Floats:
        """(strata,): events by their weight."""
        return self.weight * self.hits

    @cached_property
    def seen(self) -> Floats:
        """(values,): events by the weight of their strata."""
        return self.weight @ self.k

    def expand(self, effects: Floats) -> tuple[Floats, Floats]:
        """Slope and curvature of the conditional log likelihood at these log rate ratios.

        Given a stratum's events, each falls on a value in proportion to its rows times exp(effect); the stratum's own
        rate drops out (McCullagh and Nelder, Generalized Linear Models, 1989, section 7.3). The weight makes the
        curvature at 0 that of the exact, hypergeometric distribution.
        """
        size = self.n.shape[1]
        slope, curvature = self.seen.copy(), np.zeros((size, size))
        for low in range(0, len(self.n), BLOCK):
            rows = slice(low, low + BLOCK)
            due = self.n[rows] * np.exp(effects)
            share = due / due.sum(axis=1, keepdims=True)
            expected = self.heavy[rows] @ share
            slope -= expected
            curvature += np.diag(expected) - (share * self.heavy[rows, None]).T @ share
        return slope, curvature

    def log_likelihood(self, effects: Floats) -> float:
        """The conditional log likelihood at these log rate ratios, up to a constant."""
        due = self.n @ np.exp(effects)
        return float(self.weight @ (self.k @ effects - self.hits * np.log(due)))

    def company(self) -> Floats:
        """(values, values): of the other rows in the strata of each value, the share of each value, by expected events.

        The company of a value that is in no stratum is that of all.
        """
        total = self.n.sum(axis=1)
        rate, others = self.hits / np.maximum(total, 1.0), np.maximum(total - 1, 1.0)
        due = self.n * rate[:, None]
        met = due.T @ (self.n / others[:, None]) - np.diag((due / others[:, None]).sum(axis=0))
        met = np.where(met.sum(axis=1, keepdims=True) > 0, met, met.sum(axis=0) + 1e-12)
        shares: Floats = met / met.sum(axis=1, keepdims=True)
        return shares


def curve_lifts(strata: Strata, walk: Walk) -> tuple[Floats, Floats]:
    """Log-lifts of a family of ordered values, each against all rows of its strata, and their standard deviations.

    lift_v = exp(b_v) / sum_u a_vu exp(b_u), a the `company` of the value; the deviation by the delta method.
    """
    size = strata.n.shape[1]
    found = posterior(strata.expand, size, walk)
    odds = strata.company() * np.exp(found.mean)
    average = odds.sum(axis=1)
    rows = np.eye(size) - odds / average[:, None]
    variance = (rows @ found.covariance * rows).sum(axis=1)
    return found.mean - np.log(average), np.sqrt(np.maximum(variance, 0.0))


def curve_rates(counts: Counts, walk: Walk) -> Rates:
    """Rates of a family of ordered values, drawn to their curve on the log odds, as fractions, without strata."""
    n, k = counts.trials.astype(np.float64), counts.successes.astype(np.float64)
    level = float(np.log((k.sum() + 0.5) / (n.sum() - k.sum() + 0.5)))

    def expand(effects: Floats) -> tuple[Floats, Floats]:
        rate = expit(level + effects)
        return k - n * rate, np.diag(n * rate * (1 - rate))

    found = posterior(expand, len(n), walk, LEVEL_SD)
    spread = np.sqrt(np.maximum(np.diag(found.covariance), 1e-12))
    at = expit(level + found.mean[:, None] + spread[:, None] * NODES)
    weights = WEIGHTS / WEIGHTS.sum()
    mean = at @ weights
    variance = np.maximum((at - mean[:, None]) ** 2 @ weights, 1e-12 * mean * (1 - mean))
    size = np.maximum(mean * (1 - mean) / variance - 1, 1e-6)
    alpha, beta = mean * size, (1 - mean) * size
    low, high = betaincinv(alpha, beta, TAIL), betaincinv(alpha, beta, 1 - TAIL)
    return Rates(mean, low, high, alpha, beta, centre=float(expit(level)))
