"""Scores to probabilities: a logistic curve over one score, for one set of counts or for many at once."""

import numpy as np
from scipy.special import expit

from patterns.stats.rates import Floats

FLAT = 1e-4  # precision on the intercept, so that the fit exists where everybody converts
STEPS = 60  # of Newton's method; fits take 5 to 10


def platt(score: Floats, n: Floats, k: Floats) -> tuple[float, float]:
    """Intercept and scale of P = sigmoid(intercept + scale * score), by maximum likelihood (Platt 1999).

    The scale has a faint prior (sd 100) so that it stays finite where the score separates the outcomes.
    """
    intercepts, scales = platt_each(score, n[None], k[None])
    return float(intercepts[0]), float(scales[0])


def platt_each(score: Floats, n: Floats, k: Floats) -> tuple[Floats, Floats]:
    """The same for several counts, (m, scores), of the same scores: m intercepts and scales."""
    centre = n @ score / n.sum(axis=1)
    x = score - centre[:, None]
    level, slope = np.zeros((2, len(n)))
    for _ in range(STEPS):
        p = expit(level[:, None] + slope[:, None] * x)
        weight, left = n * p * (1 - p), k - n * p
        one, cross, square = weight.sum(axis=1) + FLAT, (weight * x).sum(axis=1), (weight * x * x).sum(axis=1) + FLAT
        down, along = left.sum(axis=1) - FLAT * level, (left * x).sum(axis=1) - FLAT * slope
        determinant = one * square - cross**2
        steps = np.array([square * down - cross * along, one * along - cross * down]) / determinant
        level, slope = np.array([level, slope]) + np.clip(steps, -3.0, 3.0)
        if np.abs(steps).max() < 1e-10:  # noqa: PLR2004 - far below the six digits that are kept
            break
    return level - slope * centre, slope
