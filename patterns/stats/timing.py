"""Estimators of when: a smooth curve inside a larger model, and the time to an event among competing ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from patterns.stats.counting import Patterns
from patterns.stats.fitted import Fit
from patterns.stats.logistic import Term, fit_likeliest
from patterns.stats.strata import Z95

Ints = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]

LEVEL_SD = 1.0  # of a curve's mean and slope, which its second differences leave free: wide on the log-odds scale
SMOOTHNESS = 10.0 ** np.arange(-1, 6)  # second differences of sd 3 down to 0.003, from free levels to a straight line
GRID = 480  # parts of a horizon on which the ends of an interval of times are sought: an eighth of a day within 60


@dataclass(frozen=True)
class Curve:
    """A fit whose term at `place` is smoothed; `smoothness` is the chosen precision of its second differences."""

    fit: Fit
    place: int
    smoothness: float

    def contrasts(self, weights: Floats) -> tuple[Floats, Floats]:
        """Log odds of each level less their mean under `weights` (one a level, summing to 1), and standard errors."""
        block = self.fit.block(self.place)
        size = block.stop - block.start
        rows = np.zeros((size, len(self.fit.coefficients)))
        rows[:, block] = np.eye(size) - weights
        return self.fit.contrast(rows)


def second_differences(size: int, *, cyclic: bool = False) -> Floats:
    """The matrix that takes ordered levels to their second differences: (size - 2, size), or (size, size) if cyclic."""
    if cyclic:
        return np.roll(np.eye(size), -1, axis=1) - 2 * np.eye(size) + np.roll(np.eye(size), 1, axis=1)
    return np.diff(np.eye(size), n=2, axis=0)


def smooth(size: int, smoothness: float, *, cyclic: bool = False) -> Term:
    """A term whose neighbouring levels follow a curve: its second differences have this precision."""
    differences = second_differences(size, cyclic=cyclic)
    return Term(size, smoothness * differences.T @ differences + np.eye(size) / LEVEL_SD**2)


def fit_curve(patterns: Patterns, terms: Sequence[Term], place: int, *, cyclic: bool = False) -> Curve:
    """The fit in which the column at `place` is a penalised curve, its smoothness the likeliest of seven.

    Other terms stay as given.
    """
    size, before, after = terms[place].size, terms[:place], terms[place + 1 :]
    curves = [smooth(size, float(smoothness), cyclic=cyclic) for smoothness in SMOOTHNESS]
    best, found = fit_likeliest(patterns, [[*before, curve, *after] for curve in curves])
    return Curve(found, place, float(SMOOTHNESS[best]))


@dataclass(frozen=True)
class Incidence:
    """Cumulative incidence: `probability[i]` of the event having happened by `times[i]`, other exits allowed for.

    times: increasing, those at which anything ended. at_risk: leads still followed just before each time. events,
    others: leads that the event, or another exit, ended at each.
    """

    times: Floats
    probability: Floats
    at_risk: Ints
    events: Ints
    others: Ints

    def by(self, time: float) -> float:
        """Probability of the event up to and including `time`."""
        place = int(np.searchsorted(self.times, time, side="right"))
        return float(self.probability[place - 1]) if place else 0.0

    def quantile(self, share: float) -> float | None:
        """The time by which the event has happened with probability `share`; None where follow-up ends before."""
        place = int(np.searchsorted(self.probability, share - 1e-12))
        return float(self.times[place]) if place < len(self.times) else None

    def interval(self, time: float) -> tuple[float, float]:
        """95 % interval of the probability by `time`, from its error on the log odds; itself where it is 0 or 1."""
        share = self.by(time)
        if not 0 < share < 1:
            return share, share
        error = float(self.errors(np.array([time]), np.zeros(1), time)[0]) / (share * (1 - share))
        low, high = expit(logit(share) + np.array([-1, 1]) * Z95 * error)
        return float(low), float(high)

    def quantile_interval(self, level: float, horizon: float) -> tuple[float, float]:
        """95 % interval of the time by which a share `level` of the events within `horizon` have happened.

        The times at which the share so far, probability(time) / probability(horizon), does not differ from `level` on
        the log odds (Brookmeyer and Crowley, Biometrics 38, 1982), rounded outwards on a grid.
        """
        at = np.linspace(0.0, horizon, GRID + 1)
        probability = np.concatenate([[0.0], self.probability])[np.searchsorted(self.times, at, side="right")]
        share = probability / self.by(horizon)
        inside = (share > 0) & (share < 1)
        odds = logit(np.where(inside, share, 0.5)) - logit(level)
        error = self.errors(at, share, horizon) / self.by(horizon) / np.where(inside, share * (1 - share), 1.0)
        below = np.flatnonzero(np.where(inside, odds + Z95 * error < 0, share <= 0))
        above = np.flatnonzero(np.where(inside, odds - Z95 * error > 0, share >= 1))
        return float(at[below[-1]]), float(at[above[0]])

    def errors(self, at: Floats, levels: Floats, horizon: float) -> Floats:
        """Standard errors of probability(at) - level * probability(horizon), one a time up to the horizon and its level.

        By the delta method from the multinomial counts of each time's exits (Aalen and Johansen 1978). The probability
        by t moves with the hazard of the event at an earlier time s by S(s-) - (F(t) - F(s)) / (1 - h(s)), and with that
        of another exit by the second part alone: both are linear in F(t), so sums up to each time are enough.
        """
        first, second = self.events / self.at_risk, self.others / self.at_risk
        stay = 1 - first - second
        before = np.concatenate([[1.0], np.cumprod(stay)[:-1]])
        stay = np.where(stay > 0, stay, 1.0)  # nobody is left then, and nothing comes later
        other, later = self.probability / stay, 1 / stay
        own = before + other
        both = own * first + other * second
        ended = later * (first + second)
        sums = np.zeros((3, len(self.times) + 1))  # of squares in the constant, of products, of squares in F
        sums[0, 1:] = np.cumsum((own**2 * first + other**2 * second - both**2) / self.at_risk)
        sums[1, 1:] = np.cumsum((both * later - both * ended) / self.at_risk)
        sums[2, 1:] = np.cumsum((ended * later - ended**2) / self.at_risk)

        probability = np.concatenate([[0.0], self.probability])
        places, last = (np.searchsorted(self.times, time, side="right") for time in (at, horizon))
        upto, rest = sums[:, places], sums[:, [last]] - sums[:, places]
        end = probability[last]
        kept, excess = 1 - levels, probability[places] - levels * end
        variance = kept**2 * upto[0] - 2 * kept * excess * upto[1] + excess**2 * upto[2]
        variance += levels**2 * (rest[0] - 2 * end * rest[1] + end**2 * rest[2])
        return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def incidence(duration: Floats, cause: Ints, *, event: int = 1) -> Incidence:
    """Aalen-Johansen incidence of one cause among competing ones; with a single cause it is 1 - Kaplan-Meier.

    duration: time under observation, any unit. cause: 0 still under observation at its end, else what ended it. At a
    tie the ends come before the censored leave.
    """
    times, place = np.unique(duration, return_inverse=True)
    leaving = np.bincount(place, minlength=len(times))
    ended = np.bincount(place[cause > 0], minlength=len(times))
    events = np.bincount(place[cause == event], minlength=len(times))
    at_risk = leaving[::-1].cumsum()[::-1]
    survival = np.cumprod(1 - ended / np.maximum(at_risk, 1))
    before = np.concatenate([[1.0], survival[:-1]])
    probability = np.cumsum(before * events / np.maximum(at_risk, 1))
    kept = ended > 0
    return Incidence(times[kept], probability[kept], at_risk[kept], events[kept], (ended - events)[kept])
