"""Weights of the lead score's components, and how well a score predicts (`docs/statistics.md`, "Weights").

Leads come counted: x (patterns, components), each row a distinct combination of components in 0-1, with n leads and k
conversions. Every sum then runs over sorted patterns and does not depend on the order of the leads.
"""

from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from scipy.special import expit

from conversion.als import HIGHEST, LOWEST
from patterns.stats.logistic import softplus
from patterns.stats.platt import FLAT, platt
from patterns.stats.rates import Bools, Floats

TOTAL = 0.85  # sum of the weights; risk has the rest of the score
RIDGE = 4.0  # prior precision of the coefficients: a component in 0-1 moves the log-odds by about 0.5 either way
SCALES = (0.5, 20.0)  # of the prior mean: below, the prior would say that a score means nothing; above, everything
NOTHING = 1e-9  # a sum of coefficients that is zero but for rounding
STEPS = 60  # of Newton's method; fits take 5 to 10
LEAST_SHARE = (
    1e-3  # of the largest coefficient: what one that says nothing counts as, so that weights can be shared out
)
DENSE = 4_000_000  # codes of component rows above which only those that occur are kept (32 MB a table)
BINS = 10  # of equal count, for the calibration error


@dataclass(frozen=True)
class Patterns:
    """Distinct component rows x (patterns, 4), sorted, with n leads and k conversions each (float64)."""

    x: Floats
    n: Floats
    k: Floats

    def __len__(self) -> int:
        return len(self.n)


@dataclass(frozen=True)
class WeightFit:
    """weights: sum to TOTAL, each within the bounds. P(converts) = sigmoid(intercept + scale * x'weights)."""

    weights: Floats
    intercept: float
    scale: float

    def predict(self, x: Floats) -> Floats:
        return np.asarray(expit(self.intercept + self.scale * (x @ self.weights)))


@dataclass(frozen=True)
class Prior:
    """What is believed of the weights before a client's leads are seen.

    weights: sum to TOTAL, each within the bounds. scale: what sum(b) / TOTAL is expected to be; where None, the weights'
    own best one on the leads at hand. intercept: None where nothing is known of it. ridge: precision of the coefficients
    scale * weights, one number or one a component. intercept_ridge: precision of the intercept.
    """

    weights: Floats
    scale: float | None = None
    intercept: float | None = None
    ridge: float | Floats = RIDGE
    intercept_ridge: float = 0.0

    def coefficients(self, usual: WeightFit) -> Floats:
        """The expected coefficients of the components, for leads to which the prior's weights are fitted so."""
        scale = usual.scale if self.scale is None else self.scale
        return float(np.clip(scale, *SCALES)) * self.weights


def count_patterns(components: Floats, y: Bools) -> Patterns:
    """Counts by distinct row; rows with an unknown (NaN) component are left out. y: bool, one a lead."""
    known = ~np.isnan(components).any(axis=1)
    rows = components[known]
    code = np.zeros(len(rows), dtype=np.int64)
    size = 1
    for column in rows.T:  # components take few values: finding each among them is far cheaper than sorting rows
        values = np.unique(column)
        code, size = code * len(values) + np.searchsorted(values, column), size * len(values)
        if size > DENSE:
            found, code = np.unique(code, return_inverse=True)
            size = len(found)
    first = np.full(size, -1, dtype=np.int64)
    first[code[::-1]] = np.arange(len(rows))[::-1]
    used = np.flatnonzero(first >= 0)
    place = np.zeros(size, dtype=np.int64)
    place[used] = np.arange(len(used))
    inverse, rows = place[code], rows[first[used]]
    n = np.bincount(inverse, minlength=len(rows)).astype(np.float64)
    k = np.bincount(inverse[y[known]], minlength=len(rows)).astype(np.float64)
    return Patterns(rows.astype(np.float64), n, k)


def fit_fixed(patterns: Patterns, weights: Floats) -> WeightFit:
    """The given weights with their best intercept and scale."""
    intercept, scale = platt(patterns.x @ weights, patterns.n, patterns.k)
    return WeightFit(weights, intercept, scale)


def fit_weights(patterns: Patterns, prior: Floats | Prior) -> WeightFit:
    """The weights within the bounds that predict best, drawn to those of the prior.

    Minimises sum n log(1 + e^z) - k z + ridge / 2 |b - s0 w0|^2, z = a + x'b, over LOWEST/TOTAL sum(b) <= b_j <=
    HIGHEST/TOTAL sum(b), which is convex: Newton steps, each a quadratic programme solved exactly. An intercept and a
    free scale are part of it, without which the weights of rare outcomes go to the components with low means, whatever
    these predict. Weights are TOTAL b / sum(b). prior: weights alone stand for Prior(weights).
    """
    believed = prior if isinstance(prior, Prior) else Prior(prior)
    usual = fit_fixed(patterns, believed.weights)
    target, precision = np.zeros(patterns.x.shape[1] + 1), np.full(patterns.x.shape[1] + 1, FLAT)
    target[1:], precision[1:] = believed.coefficients(usual), believed.ridge
    start = np.concatenate([[usual.intercept], target[1:]])
    if believed.intercept is not None:
        target[0], precision[0] = believed.intercept, max(believed.intercept_ridge, FLAT)
    found = bounded_fit(patterns, target, precision, start)
    return usual if found is None else found


def bounded_fit(patterns: Patterns, target: Floats, precision: Floats, start: Floats) -> WeightFit | None:
    """The most probable coefficients under the prior N(target, 1 / precision) whose weights are within the bounds; None
    where they are all zero.

    target, precision, start: shape (1 + components,), the intercept first; the weights of `start` are within the bounds.
    """
    x = np.concatenate([np.ones((len(patterns), 1)), patterns.x], axis=1)
    theta = start

    def loss(at: Floats) -> float:
        z = x @ at
        return float(patterns.n @ softplus(z) - patterns.k @ z + 0.5 * precision @ (at - target) ** 2)

    value, case = loss(theta), 0
    for _ in range(STEPS):
        p = expit(x @ theta)
        gradient = x.T @ (patterns.n * p - patterns.k) + precision * (theta - target)
        hessian = (x * (patterns.n * p * (1 - p))[:, None]).T @ x + np.diag(precision)
        step, case = bounded_step(hessian, gradient, theta, case)
        length = 1.0
        while (new := loss(theta + length * step)) > value and length > 1e-6:  # noqa: PLR2004 - nothing left to gain
            length /= 2
        theta, before, value = theta + length * step, value, min(new, value)
        if before - value < 1e-9 * (1 + abs(value)):
            break
    total = float(theta[1:].sum())
    if total <= NOTHING:
        return None
    return WeightFit(within_bounds(TOTAL * theta[1:] / total), float(theta[0]), total / TOTAL)


def weights_for(coefficients: Floats) -> Floats:
    """Weights in proportion to the coefficients as far as the bounds allow; negative coefficients count as none."""
    largest = float(coefficients.max())
    if largest <= 0:
        return np.full(len(coefficients), TOTAL / len(coefficients))
    share = np.maximum(coefficients / largest, LEAST_SHARE)
    factor = np.sort(np.concatenate([LOWEST / share, HIGHEST / share]))  # at which a weight meets a bound
    total = np.minimum(np.maximum(factor[:, None] * share, LOWEST), HIGHEST).sum(axis=1)  # linear in between
    return within_bounds(float(np.interp(TOTAL, total, factor)) * share)


def within_bounds(weights: Floats) -> Floats:
    """The weights with the last bits of rounding taken off: each within its bounds, the sum TOTAL."""
    clipped = np.clip(weights, LOWEST, HIGHEST)
    free = (clipped > LOWEST + 1e-9) & (clipped < HIGHEST - 1e-9)
    slack = TOTAL - clipped.sum()
    return clipped + np.where(free, slack / max(free.sum(), 1), 0.0)


def bounded_step(hessian: Floats, gradient: Floats, theta: Floats, likely: int = 0) -> tuple[Floats, int]:
    """The step d that minimises d'Hd/2 + g'd with theta + d within the bounds of the weights, and its case.

    Each of the four coefficients is free, at its lower or at its upper bound: 81 cases. The one that satisfies the
    Karush-Kuhn-Tucker conditions is the minimum, since the problem is strictly convex: `likely`, or else all are solved
    at once.
    """
    steps, wrong = solved_cases(hessian, gradient, theta, slice(likely, likely + 1))
    if wrong[0] == 0:
        return steps[0], likely
    steps, wrong = solved_cases(hessian, gradient, theta, slice(None))
    value = 0.5 * np.einsum("ci,ij,cj->c", steps, hessian, steps) + steps @ gradient
    case = int(np.lexsort((value, wrong))[0])
    return steps[case], case


def solved_cases(hessian: Floats, gradient: Floats, theta: Floats, some: slice) -> tuple[Floats, Floats]:
    """Of some cases the steps, (cases, 1 + components), and how far each is from satisfying the conditions, 0 where it does."""
    rows, right = (part[some] for part in active_sets(len(theta) - 1))
    cases, size = len(rows), len(theta)
    system = np.zeros((cases, 2 * size - 1, 2 * size - 1))
    system[:, :size, :size] = hessian
    system[:, :size, size:] = -rows.transpose(0, 2, 1)
    system[:, size:, :size] = rows
    system[:, size:, size:] = right
    target = np.concatenate([np.broadcast_to(-gradient, (cases, size)), -(rows @ theta)], axis=1)
    solution = np.linalg.solve(system, target[:, :, None])[:, :, 0]
    steps, multipliers = solution[:, :size], solution[:, size:]
    b = (theta + steps)[:, 1:]
    total = b.sum(axis=1, keepdims=True)
    slack = np.minimum(b - LOWEST / TOTAL * total, HIGHEST / TOTAL * total - b).min(axis=1)
    scale = 1e-9 * (1 + np.abs(b).max(axis=1))
    wrong = np.maximum(-slack - scale, 0) + np.maximum(
        -multipliers.min(axis=1) / (1 + np.abs(gradient).max()) - 1e-9, 0
    )
    return steps, wrong


@cache
def active_sets(components: int) -> tuple[Floats, Floats]:
    """The cases of `bounded_step`: each coefficient is free, at its lower or at its upper bound.

    Returns the gradients of the active constraints, shape (cases, components, 1 + components), zero where a coefficient
    is free; and the diagonal that keeps the multiplier of a free one at zero.
    """
    cases = np.array(list(product((0, 1, 2), repeat=components)))  # 0 free, 1 at the lower, 2 at the upper bound
    at_low = np.eye(components) - LOWEST / TOTAL
    at_high = HIGHEST / TOTAL - np.eye(components)
    rows = np.where((cases == 1)[:, :, None], at_low, np.where((cases == 2)[:, :, None], at_high, 0.0))  # noqa: PLR2004
    rows = np.concatenate([np.zeros((len(cases), components, 1)), rows], axis=2)
    return rows, np.eye(components) * (cases == 0)[:, :, None]


def log_loss(p: Floats, n: Floats, k: Floats) -> float:
    """Mean negative log-likelihood a lead; probabilities of exactly 0 and 1 are moved off by 1e-12."""
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return float(-(k @ np.log(p) + (n - k) @ np.log1p(-p)) / n.sum())


@dataclass(frozen=True)
class Ranking:
    """Leads and conversions at each distinct score, the lowest first."""

    leads: Floats
    won: Floats

    @classmethod
    def of(cls, score: Floats, n: Floats, k: Floats) -> "Ranking":
        levels, place = np.unique(np.round(score, 10), return_inverse=True)
        leads, won = (np.bincount(place, weights=counts, minlength=len(levels)) for counts in (n, k))
        return cls(leads.astype(np.float64), won.astype(np.float64))

    def auc(self) -> float:
        """Probability that a converted lead scores above one that did not, ties counting half; 0.5 without both kinds."""
        lost = self.leads - self.won
        pairs = self.won.sum() * lost.sum()
        return float(self.won @ (np.cumsum(lost) - lost / 2) / pairs) if pairs else 0.5

    def capture(self, share: float) -> float:
        """Share of the conversions among the `share` of leads that score highest; leads of one score are taken in part."""
        leads, won = self.leads[::-1], self.won[::-1]
        room = np.clip(share * leads.sum() - (np.cumsum(leads) - leads), 0, leads)
        return float(won @ (room / np.maximum(leads, 1)) / won.sum()) if won.sum() else 0.0


def auc(score: Floats, n: Floats, k: Floats) -> float:
    return Ranking.of(score, n, k).auc()


def capture(score: Floats, n: Floats, k: Floats, share: float) -> float:
    return Ranking.of(score, n, k).capture(share)


def brier(p: Floats, n: Floats, k: Floats) -> float:
    """Mean squared error of the probabilities (Brier 1950)."""
    return float((k @ (1 - p) ** 2 + (n - k) @ p**2) / n.sum())


def calibration_error(p: Floats, n: Floats, k: Floats) -> float:
    """Expected calibration error over BINS bins of about equal count: mean |predicted - converted|."""
    order = np.argsort(p, kind="stable")
    p, n, k = p[order], n[order], k[order]
    middle = np.cumsum(n) - n / 2
    at = np.minimum((BINS * middle / n.sum()).astype(np.int64), BINS - 1)
    gap = np.bincount(at, weights=n * p - k, minlength=BINS)
    return float(np.abs(gap).sum() / n.sum())
