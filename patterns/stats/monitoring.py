"""Looks that may be repeated every week: evidence that keeps its error rate however often it is asked.

`docs/statistics.md`, "Drift and weekly looks". An e-value is a non-negative number whose mean is at most 1 where nothing
happened, so it is 20 or more in at most 5 % of such histories (Ville 1939, Ramdas et al. 2023). All logarithms are natural.
"""

import math

import numpy as np
from scipy.special import logsumexp

from patterns.stats.rates import Floats, Ints

LEVEL = 0.05  # share of the years without a change in which an alert may be raised
LOOKS = 52  # a year of weekly ones
LOG_FACTORS = np.array([0.2, 0.4, 0.7, 1.0])  # changes that are looked for: factors of 1.2, 1.5, 2 and 2.7
AT_ONCE = 0.5  # prior share of a change that was there from the first week on; the others begin in any later week
TUNED_FOR = 5_000  # trials at which the confidence sequence is narrowest


def log_ratios(wins: Ints, hits: Ints, with_it: Ints, without: Ints, log_factors: Floats) -> Floats:
    """Log likelihood ratios of each factor against none, summed over cells; (factors,).

    A cell is a group of trials that differ in nothing but whether they have a value. Arrays hold one element a cell:
    `hits` successes, `wins` of them among the `with_it` trials that have the value. Given its successes, a cell's wins are
    binomial with odds `factor * with_it / without`; where they are hypergeometric, as under no effect, the mean of the
    likelihood ratio is below 1 and not above (Hoeffding 1963), so the ratio stays an e-value.
    """
    factors = np.exp(log_factors)[:, None]
    both = np.log(np.maximum(with_it + without, 1)) - np.log(np.maximum(without + factors * with_it, 1e-300))
    terms = wins * log_factors[:, None] + hits * np.where(with_it + without > 0, both, 0.0)
    return np.asarray(terms.sum(axis=1))


def log_mean(log_values: Floats) -> float:
    """Logarithm of the mean of e-values given by their logarithms; a mean of e-values is one."""
    return float(logsumexp(log_values) - math.log(len(log_values)))


def log_evidence(by_week: Floats, dispersion: float = 1.0) -> float:
    """Log e-value of a change that began in some week and lasts. by_week: (weeks, factors), `log_ratios` of each week.

    The mean over factors, and over the weeks in which it may have begun: half the weight on the first, the rest spread
    over a year. Each term is a martingale from its beginning on, so the sum may be looked at every week: it reaches
    1 / LEVEL in at most LEVEL of the first years without a change, and in half as many of each further year, of which it
    reads the last LOOKS weeks (an e-detector, Shin, Ramdas and Rinaldo 2023). dispersion: of counts that vary more than
    chance, by which the log ratios are divided; a power below 1 of an e-value is none above 1.
    """
    if not len(by_week):
        return 0.0
    recent = by_week[-LOOKS:]
    since = recent[::-1].cumsum(axis=0)[::-1] / dispersion
    weight = np.full(len(recent), (1 - AT_ONCE) / (LOOKS - 1))
    if len(by_week) <= LOOKS:
        weight[0] = AT_ONCE
    each = logsumexp(since, axis=1) - math.log(since.shape[1])
    return float(logsumexp(each, b=weight))


def half_width(trials: float, variance: float, level: float = LEVEL) -> float:
    """Half the width of an asymptotic confidence sequence for a mean: at all looks at once it holds the truth in
    1 - level of histories (Waudby-Smith et al. 2024).

    variance: of one trial. Of a difference of two rates with n trials in all: n (p1 q1 / n1 + p0 q0 / n0). Infinite without
    trials.
    """
    if trials <= 0:
        return math.inf
    tuning = (-2 * math.log(level) + math.log1p(-2 * math.log(level))) / TUNED_FOR
    grown = trials * tuning + 1
    return math.sqrt(variance * 2 * grown / (trials**2 * tuning) * math.log(math.sqrt(grown) / level))
