"""Lifts within strata: how much more often a value converts than the rows it is compared with.

The method's page is `docs/statistics.md`, "Lifts".

Raw ratios mix a value with when and to whom it was sent. Here rows are compared only with rows of their own stratum
(campaign or month, touch number, channel), by Mantel-Haenszel sums, which stay right however many and small the strata.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from patterns.stats.rates import APART_SD, TAIL, TINY, Bools, Floats, Ints

DENSE = 4_000_000  # cells of a full table (32 MB); beyond that only the cells that occur are made
CHANCE = 20  # rows; a larger stratum of a single value is the sender's choice
FEW = 10  # conversions of a value, up to which a variance near 0 is put down to their number
TAUS = np.geomspace(0.03, 1.5, 12)  # between-value spread of log-lifts: from "no difference" to a factor of 20
TAU_SCALE = 0.5  # half-normal prior of that spread: two in three values lie within a factor of 1.65
APART = 0.1  # share of values that may be of another kind than their family; as rates, but the best of many is picked
SCALES = np.append(TAUS, APART_SD)  # the last one is that of values apart from their family
PRECISION = 1 / SCALES**2
TAU_PRIOR = np.log(TAUS) - 0.5 * (TAUS / TAU_SCALE) ** 2  # of the logarithm of that spread
Z95 = 1.959964  # 97.5 % point of the normal distribution
TAILS = np.array([TAIL, 0.5, 1 - TAIL])[:, None]
NORMAL_TAILS = ndtri(TAILS)
ROUNDS = 12  # of cutting the bracket of a mixture's quantile into eighths: from some units of log-lift to far below six digits
EIGHTHS = np.arange(1.0, 8.0)[:, None, None, None]


@dataclass(frozen=True)
class Cells:
    """Counts by value and stratum, only the cells that occur, sorted by stratum and value.

    level, n, k: a cell's value, trials and successes. total, hits: trials and successes of its stratum. levels: the
    number of values. Rows whose value is unknown are in no cell and no total.
    """

    level: Ints
    n: Floats
    k: Floats
    total: Floats
    hits: Floats
    levels: int

    def per_level(self, values: Floats) -> Floats:
        """Sum over each value's cells."""
        return np.bincount(self.level, weights=values, minlength=self.levels).astype(np.float64)


@dataclass(frozen=True)
class Contrast:
    """Mantel-Haenszel sums of each value against the other rows of its strata; strata of the value alone drop out.

    up, down: its conversions weighted by the others' share, the others' weighted by its own; `up / down` is the rate
    ratio. noise: the variance of `up - down` under equal rates. odds: its share of the conversions expected in those
    strata against the others'. share: the probability that another row of its stratum has the same value, by expected
    conversions. expected: conversions expected of it under equal rates, all strata.
    """

    up: Floats
    down: Floats
    noise: Floats
    odds: Floats
    share: Floats
    expected: Floats

    def __len__(self) -> int:
        return len(self.up)


@dataclass(frozen=True)
class Lifts:
    """Shrunken lifts, one a value: median, 95 % interval, P(lift > 1).

    centre, spread: median and standard deviation of the log of the ratio to the rest, share: of the value in its strata.
    """

    lift: Floats
    low: Floats
    high: Floats
    p_better: Floats
    centre: Floats
    spread: Floats
    share: Floats


def stratify(codes: Ints, y: Bools, stratum: Ints, levels: int) -> Cells:
    """Counts by value and stratum. codes: a row's value, negative = unknown. stratum: non-negative codes, any size."""
    known = codes >= 0
    if not known.all():
        codes, y, stratum = codes[known], y[known], stratum[known]
    if not len(codes):
        none = np.zeros(0)
        return Cells(np.zeros(0, dtype=np.int64), none, none, none, none, levels)
    key = stratum.astype(np.int64) * levels + codes
    strata = int(stratum.max()) + 1
    if strata * levels <= DENSE:
        n, k = np.bincount(key, minlength=strata * levels), np.bincount(key[y], minlength=strata * levels)
        cell = np.flatnonzero(n)
        n, k = n[cell], k[cell]
    else:
        cell, inverse, n = np.unique(key, return_inverse=True, return_counts=True)
        k = np.bincount(inverse[y], minlength=len(cell))
    where, level = np.divmod(cell, levels)
    trials, successes = n.astype(np.float64), k.astype(np.float64)
    total, hits = (np.bincount(where, weights=column).astype(np.float64)[where] for column in (trials, successes))
    return Cells(level, trials, successes, total, hits, levels)


def contrast(cells: Cells) -> Contrast:
    """Each value against the rest of its strata.

    `noise` is the numerator of the Greenland-Robins variance (1985), which holds in few large and in many small strata.
    """
    n, k, total, hits = cells.n, cells.k, cells.total, cells.hits
    rest = total - n
    up, down = cells.per_level(k * rest / total), cells.per_level((hits - k) * n / total)
    noise = cells.per_level((hits * n * rest - k * (hits - k) * total) / total**2)
    mixed = np.where(rest > 0, hits * n / total, 0.0)  # expected conversions where there is something to compare with
    expected_mixed = cells.per_level(mixed)
    within = cells.per_level(mixed * rest / total)
    # a small stratum may be of one value by chance, and leaving it out would bias the share
    shared = np.where((total > 1) & ((rest > 0) | (total < CHANCE)), hits * n / total, 0.0)
    alike, all_shared = cells.per_level(shared * (n - 1) / np.maximum(total - 1, 1)), cells.per_level(shared)
    seen = np.where(expected_mixed > 0, expected_mixed, 1.0)
    own = np.where(expected_mixed > 0, 1 - within / seen, 0.0)
    return Contrast(
        up=up,
        down=down,
        noise=np.maximum(noise, 0.0),
        odds=own / np.maximum(1 - own, 1e-12),
        share=np.clip(alike / np.where(all_shared > 0, all_shared, 1.0), 0.0, 1.0),
        expected=cells.per_level(hits * n / total),
    )


def pick(sums: Contrast, levels: Ints) -> Contrast:
    """The contrast of some values alone."""
    columns = (sums.up, sums.down, sums.noise, sums.odds, sums.share, sums.expected)
    return Contrast(*(column[levels] for column in columns))


def together(parts: list[Contrast]) -> Contrast:
    """Several contrasts as one family, in their order, for values that should be shrunk by one common spread."""
    names = ("up", "down", "noise", "odds", "share", "expected")
    return Contrast(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def mantel_haenszel(sums: Contrast) -> tuple[Floats, Floats]:
    """Rate ratio of each value against the rest of its strata and the variance of its logarithm (Greenland-Robins).

    Ratio NaN and variance infinite where either side has no conversions in a shared stratum.
    """
    some = (sums.up > 0) & (sums.down > 0)
    up, down = np.where(some, sums.up, 1.0), np.where(some, sums.down, 1.0)
    return np.where(some, up / down, np.nan), np.where(some, sums.noise / (up * down), np.inf)


def lifts(sums: Contrast, *, against_rest: bool = False, groups: int = 1) -> Lifts:
    """Shrunken lifts of one family.

    Likelihood of a value's log rate ratio e against the rest: that of a binomial split of x + z conversions with odds
    `odds * exp(e)`, where x and z are chosen so that its maximum is the Mantel-Haenszel ratio and its curvature there
    the Greenland-Robins information; it is Poisson for a rare value and binomial for a common one, and defined for zero
    counts. Prior e ~ N(0, tau^2) but for one value in ten (`APART`), whose prior is N(0, `APART_SD`^2): a single value
    that is truly different is then not drawn in by a family of equals. tau is averaged over a grid (half-normal prior), by
    Laplace's approximation at each tau. A value with little evidence goes to 1, and how little is judged by how much the
    whole family varies.

    The lift is against the expected count, that is against all rows of the stratum with the value itself among them;
    with `against_rest` (flags) against the rows without it. groups: how many sets of values are each compared among
    themselves, such as the variants of several tests.
    """
    share = np.zeros(len(sums)) if against_rest else sums.share
    if not len(sums):
        return Lifts(*(np.zeros(0) for _ in range(7)))
    some = (sums.noise > 0) & (sums.odds > 0)
    noise, odds = np.where(some, sums.noise, 1.0), np.where(some, sums.odds, 1.0)
    # x is a value's conversions where these are rare, which a scale of 1 + odds makes of `up`. Where its few rows all
    # converted, the variance comes out as nearly 0, since it knows of no row that did not: then x is held to their number.
    scale = np.minimum((sums.down + sums.up * odds) / noise, (1 + odds) * (1 + sums.up / FEW))
    x, z = np.where(some, sums.up * scale, 0.0), np.where(some, sums.down * scale / odds, 0.0)
    mode, information, evidence = _modes(x, z, odds)
    # each value is compared with all the others, so a family of J holds J - 1 independent comparisons
    independent = (len(sums) - groups) / len(sums) if len(sums) > groups and not against_rest else 1.0
    within, wide = evidence[:, :-1] + np.log1p(-APART), evidence[:, -1:] + np.log(APART)
    either = np.logaddexp(within, wide)
    log_mass = independent * either.sum(axis=0) + TAU_PRIOR
    mass = np.exp(log_mass - log_mass.max())
    mass /= mass.sum()
    chance = np.exp(wide - either)  # of being apart from the family, at each tau
    weight = np.concatenate([mass * (1 - chance), (chance @ mass)[:, None]], axis=1)
    spread = 1 / np.sqrt(information)
    low, middle, high = _quantiles(mode, spread, weight)
    mean = (weight * mode).sum(axis=1)
    variance = (weight * (spread**2 + mode**2)).sum(axis=1) - mean**2
    return Lifts(
        lift=against_all(np.exp(middle), share),
        low=against_all(np.exp(low), share),
        high=against_all(np.exp(high), share),
        p_better=(weight * ndtr(mode / spread)).sum(axis=1),
        centre=middle,
        spread=np.sqrt(variance),
        share=share,
    )


def _quantiles(mode: Floats, spread: Floats, weight: Floats) -> Floats:
    """The points (tails, values) below which each of `TAILS` of each value's mixture of normal distributions lies.

    The narrow ones, which differ by their tau alone, are taken as one of their mean and variance.
    """
    inner = weight[:, :-1] / np.maximum(weight[:, :-1].sum(axis=1, keepdims=True), TINY)
    mean = (inner * mode[:, :-1]).sum(axis=1)
    variance = (inner * (spread[:, :-1] ** 2 + mode[:, :-1] ** 2)).sum(axis=1) - mean**2
    apart = weight[:, -1]
    share, at, sd = np.array([[1 - apart, apart], [mean, mode[:, -1]], [np.sqrt(variance), spread[:, -1]]])[:, :, None]
    low, high = np.sort(at + NORMAL_TAILS * sd, axis=0)  # the mixture's quantile lies between its parts'
    width = high - low
    for _ in range(ROUNDS):
        width = width / 8
        below = (share * ndtr((low + width * EIGHTHS - at) / sd)).sum(axis=1)
        low = low + width * (below < TAILS).sum(axis=0)
    return np.asarray(low + width / 2)


def _modes(x: Floats, z: Floats, odds: Floats) -> tuple[Floats, Floats, Floats]:
    """Mode, curvature and Laplace's log evidence of each value's log-lift at each scale; all of shape (values, scales).

    The function is concave, so Newton's method with steps of at most 1 gets there from 0.
    """
    x, size, log_odds = x[:, None], (x + z)[:, None], np.log(odds)[:, None]
    mode = np.zeros((len(x), len(SCALES)))
    for _ in range(50):
        chance = 1 / (1 + np.exp(-(log_odds + mode)))
        due = size * chance
        information = due * (1 - chance) + PRECISION
        step = np.minimum(np.maximum((x - due - mode * PRECISION) / information, -1.0), 1.0)
        mode = mode + step
        if np.abs(step).max() < 1e-9:  # noqa: PLR2004 - far below the six digits that are kept
            break
    fit = x * mode - size * (np.logaddexp(0.0, log_odds + mode) - np.logaddexp(0.0, log_odds))
    evidence = fit - 0.5 * mode**2 * PRECISION - 0.5 * np.log(information / PRECISION)
    return mode, information, evidence


def against_all(ratio: Floats, share: Floats) -> Floats:
    """A rate ratio against the rest as a lift against all, where the value itself makes up `share` of the rows."""
    return ratio / (1 - share + share * ratio)
