"""Which of many differences are real: tests within strata, false-discovery rates, the cost of a wrong choice.

`docs/statistics.md`, "Tests". All p-values are two-sided.
"""

import numpy as np
from scipy.special import gammainc, gammaincc, ndtr

from patterns.stats.rates import Floats
from patterns.stats.strata import Cells

NEAR_NORMAL = 1e-3  # skewness below which the gamma distribution's shape would lose digits


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
    """Benjamini-Hochberg false-discovery rates over one family: all tests of one client and detector.

    As scipy.stats.false_discovery_control; importing scipy.stats takes longer than learning from a small client.
    """
    tests = len(p_values)
    order = np.argsort(p_values, kind="stable")[::-1]
    rates: Floats = np.empty(tests)
    rates[order] = np.minimum.accumulate(p_values[order] * tests / np.arange(tests, 0, -1))
    return np.minimum(rates, 1.0)
