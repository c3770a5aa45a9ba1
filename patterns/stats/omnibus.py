"""Does any of many attributes matter at all? One test for all of them (`docs/statistics.md`, "Promotion")."""

import numpy as np
from scipy.special import gammaincc

from patterns.stats.crossfit import CLOSE, INTERCEPT_SD, STEPS, Effects, Moments, Slopes, Table, moments
from patterns.stats.rates import Floats

FAINT = 1e-4  # precision on the scale of the score, so that it exists where the score separates the outcomes
SPREAD = 0.3  # of the levels' effects, against which the test has its power


def p_value(table: Table, weights: Floats, slopes: Slopes) -> float:
    """Of the hypothesis that the chance to convert depends on slopes @ weights, the strata, and nothing else.

    The score test of a variance component (Lin 1997): U'KU, where U is the slope of the log-likelihood at the hypothesis in
    the direction of each coefficient, and K their spread. Its first three moments are those of a sum of squares of normal
    variables; its tail is that of the Pearson type III distribution with these moments.
    """
    state = without_effects(table, weights)
    found = moments(table, state)
    curvature, target = found.profiled()
    u = target - curvature @ state.coefficients
    free = np.zeros((len(u), 2))  # what the hypothesis leaves open: the rate, and how much the score tells
    free[0, 0], free[1 : table.starts[0], 1] = 1, weights
    along = curvature @ free
    inverse = np.linalg.inv(free.T @ along + np.diag([0, FAINT]))
    u = u - along @ (inverse @ (free.T @ u))
    spread = np.full(len(u), SPREAD**2)
    spread[0], spread[1 : table.starts[0]] = 0, 1 / slopes.precision
    weighted = spread[:, None] * (curvature - along @ inverse @ along.T)
    square = weighted @ weighted
    return upper_tail(
        float(spread @ u**2), np.trace(weighted), 2 * np.trace(square), 8 * float(np.sum(square * weighted.T))
    )


def without_effects(table: Table, weights: Floats) -> Effects:
    """The fit under the hypothesis, in the coefficients of the whole model."""
    score = Table((table.slopes @ weights)[:, None], table.levels[:, :0], (), table.stratum, table.y)
    prior = np.diag([1 / INTERCEPT_SD**2, FAINT])
    rate = (table.y.sum() + 0.5) / (len(table) + 1)
    now = Effects(np.array([np.log(rate / (1 - rate)), 0.0]), np.zeros(table.strata), np.zeros(0))
    for _ in range(STEPS):
        found: Moments = moments(score, now)
        inner, target = found.profiled()
        b = np.asarray(np.linalg.solve(inner + prior, target), dtype=np.float64)
        change = float(np.abs(b - now.coefficients).max())
        now = Effects(b, found.best_strata(b), now.taus)
        if change < CLOSE:
            break
    whole = np.zeros(table.starts[-1])
    whole[0], whole[1 : table.starts[0]] = now.coefficients[0], now.coefficients[1] * weights
    return Effects(whole, now.strata, now.taus)


def upper_tail(value: float, mean: float, variance: float, third: float) -> float:
    """P(X >= value) for a Pearson type III variable with these central moments; 1 where there is no variance."""
    if variance <= 0:
        return 1.0
    skew = third / variance**1.5
    shape = 4 / skew**2
    return float(gammaincc(shape, max(shape + (value - mean) / np.sqrt(variance) * np.sqrt(shape), 0.0)))
