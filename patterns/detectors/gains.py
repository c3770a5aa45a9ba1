"""How sure it is that acting on a pattern beats the defaults: chosen on some of the facts, judged on the others.

A choice looks best on the facts that it was made on (the winner's curse), so its gain is measured where it was not seen.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from patterns.detectors.families import TESTED_FROM
from patterns.detectors.frame import Ints
from patterns.stats.counting import Patterns
from patterns.stats.strata import Cells, contrast, lifts

FOLDS = 5
GAIN_SD = 0.3  # prior of the log of a gain: two in three decisions change the outcome by less than a third


@dataclass(frozen=True)
class Gain:
    """Log of the ratio of conversions, the choice against what it replaces, and its variance."""

    log_ratio: float
    variance: float


NO_GAIN = Gain(0.0, 0.0)


def probability(gains: Sequence[Gain]) -> float:
    """Probability that the choices together gain something; each gain has the prior N(0, GAIN_SD^2). 0 for none."""
    known = [gain for gain in gains if gain.variance > 0]
    if not known:
        return 0.0
    shrink = [GAIN_SD**2 / (GAIN_SD**2 + gain.variance) for gain in known]
    mean = sum(part * gain.log_ratio for part, gain in zip(shrink, known, strict=True))
    variance = sum(part * gain.variance for part, gain in zip(shrink, known, strict=True))
    return float(ndtr(mean / math.sqrt(variance)))


def choice_gain(
    table: Patterns, levels: int, defaults: Sequence[int], rng: np.random.Generator, *, worst: bool = False
) -> Gain:
    """Gain of the value that looks best in four fifths of the rows over the defaults, in the last fifth; all five.

    table: rows counted by their one column, a value's code below `levels` (-1 unknown), and stratum. defaults: codes that
    are used without the pattern; those other than the choice are what it is compared with, or, where there are none, all
    other values. worst: the choice is to leave out the value that looks worst.
    """
    won = np.zeros(2)  # conversions of the choice, and of what it is compared with
    due = np.zeros(2)  # those expected if values did not differ
    trials, events = deal(table.trials, table.events, rng)
    for part in range(FOLDS):
        train = cells(table, levels, table.trials - trials[part], table.events - events[part])
        test = cells(table, levels, trials[part], events[part])
        sums = contrast(train)
        lift = np.where(sums.expected >= TESTED_FROM, lifts(sums).centre, np.nan)
        if np.isnan(lift).all():
            return NO_GAIN
        chosen = int(np.nanargmin(lift) if worst else np.nanargmax(lift))
        others = [code for code in defaults if code != chosen] or [c for c in range(levels) if c != chosen]
        expected, seen = test.per_level(test.hits * test.n / test.total), test.per_level(test.k)
        won += seen[chosen], seen[others].sum()
        due += expected[chosen], expected[others].sum()
    if due.min() <= 0:
        return NO_GAIN
    log_rate = np.log((won + 0.5) / (due + 0.5))
    gain = float(log_rate[0] - log_rate[1])
    return Gain(-gain if worst else gain, float((1 / (won + 0.5)).sum()))


def cells(table: Patterns, levels: int, trials: Ints, events: Ints) -> Cells:
    """The cells of counts by value and stratum; a table's row that has no trials, or no value, is in none."""
    kept = (trials > 0) & (table.levels[:, 0] >= 0)
    stratum, n, k = table.stratum[kept], trials[kept].astype(np.float64), events[kept].astype(np.float64)
    total, hits = (np.bincount(stratum, weights=column)[stratum].astype(np.float64) for column in (n, k))
    return Cells(table.levels[kept, 0], n, k, total, hits, levels)


def deal(trials: Ints, events: Ints, rng: np.random.Generator, parts: int = FOLDS) -> tuple[Ints, Ints]:
    """Trials and events of each cell dealt into parts of near equal size at random; both (parts, cells)."""
    left, hits = trials.copy(), events.copy()
    dealt_trials, dealt_events = np.zeros((2, parts, len(trials)), dtype=np.int64)
    extra = rng.integers(0, parts, len(trials))  # where the remainder begins, so that no part is always the larger
    for part in range(parts):
        size = trials // parts + ((part - extra) % parts < trials % parts)
        size = left if part == parts - 1 else np.minimum(size, left)
        got = rng.hypergeometric(hits, left - hits, size)
        dealt_trials[part], dealt_events[part] = size, got
        left, hits = left - size, hits - got
    return dealt_trials, dealt_events
