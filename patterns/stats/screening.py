"""Which of many differences are real: tests within strata, false-discovery rates, the cost of a wrong choice.

`docs/statistics.md`, "Tests". All p-values are two-sided.
"""

import numpy as np
from scipy.special import gammainc, gammaincc, ndtr
from scipy.stats import false_discovery_control, hypergeom

from patterns.stats.rates import Floats, Ints
from patterns.stats.strata import Cells

NEAR_NORMAL = 1e-3  # skewness below which the gamma distribution's shape would lose digits


def fisher_mid_p(successes: Ints, trials: Ints, all_successes: Ints, all_trials: Ints) -> Floats:
    """Fisher's exact test with the mid-p correction, for rows drawn one by one in a single stratum.

    successes, trials: of the value; all_successes, all_trials: of the value and the rest together; arrays of one shape.
    Half of the observed table's probability counts as more extreme, without which the test is needlessly timid.
    """
    table = (all_trials, all_successes, trials)
    half = hypergeom.pmf(successes, *table) / 2
    up, down = hypergeom.sf(successes, *table) + half, hypergeom.cdf(successes - 1, *table) + half
    return np.asarray(np.minimum(1.0, 2 * np.minimum(up, down)))


def stratified_mid_p(cells: Cells) -> Floats:
    """p-value of each value against the rest of its strata; 1 where there is nothing to compare.

    Conditional on the margins of every stratum a value's conversions are a sum of independent hypergeometric counts, as
    in the Mantel-Haenszel and Birch tests. The sum's first three moments are exact; its tail is that of the Pearson
    type III distribution with these moments (the approximation of permutation tests by Kazi-Aoual et al. 1995), read
    without a continuity correction, which makes it a mid-p value.
    """
    n, total, hits = cells.n, cells.total, cells.hits
    share = hits / total
    pairs = np.maximum(total - 1, 1)
    variance_cell = n * share * (1 - share) * (total - n) / pairs
    skew_cell = variance_cell * (1 - 2 * share) * (total - 2 * n) / np.maximum(total - 2, 1)
    excess = cells.per_level(cells.k - n * share)
    variance, third = cells.per_level(variance_cell), cells.per_level(skew_cell)
    some = variance > 1e-12  # noqa: PLR2004 - rounding of an exact zero
    sd = np.sqrt(np.where(some, variance, 1.0))
    return np.where(some, two_sided(excess / sd, third / sd**3), 1.0)


def two_sided(z: Floats, skew: Floats) -> Floats:
    """Two-sided p-value of a standardised statistic whose distribution has that skewness (Pearson type III)."""
    flip = np.where(skew < 0, -1.0, 1.0)
    z, skew = z * flip, np.abs(skew)
    normal = skew < NEAR_NORMAL
    shape = 4 / np.where(normal, 1.0, skew) ** 2
    point = np.maximum(shape + z * np.sqrt(shape), 0.0)
    up = np.where(normal, ndtr(-z), gammaincc(shape, point))
    down = np.where(normal, ndtr(z), gammainc(shape, point))
    return np.asarray(np.minimum(1.0, 2 * np.minimum(up, down)))


def q_values(p_values: Floats) -> Floats:
    """Benjamini-Hochberg false-discovery rates over one family: all tests of one client and detector."""
    return np.asarray(false_discovery_control(p_values, method="bh")) if len(p_values) else np.zeros(0)


def chance_best(draws: Floats) -> Floats:
    """Share of the posterior draws, shape (draws, arms), in which each arm is the best."""
    return np.bincount(draws.argmax(axis=1), minlength=draws.shape[1]) / len(draws)


def expected_loss(draws: Floats) -> float:
    """What is given up, on average over the posterior draws (draws, arms), by acting on the arm with the best mean."""
    best = int(draws.mean(axis=0).argmax())
    return float((draws.max(axis=1) - draws[:, best]).mean())
