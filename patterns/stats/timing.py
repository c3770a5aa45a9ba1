"""Estimators of when: smooth curves over ordered levels, depletion of an audience, and time to an event."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import chdtrc

from patterns.stats.counting import Patterns
from patterns.stats.logistic import Fit, Term, fit

Ints = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]

LEVEL_SD = 1.0  # of a curve's mean and slope, which its second differences leave free: wide on the log-odds scale
SMOOTHNESS = 10.0 ** np.arange(-1, 6)  # second differences of sd 3 down to 0.003, from free levels to a straight line
SPREAD_LIMITS = (-1.0, 16.0)  # log M of the beta-geometric: from a third of a willing lead's hazard to no depletion
HAZARD_LIMITS = (-14.0, 4.0)  # logit of the first hazard


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

    The marginal likelihood of each is Laplace's: log posterior - log det(curvature) / 2 + log det(penalty) / 2
    (Wood, Fast stable REML and ML estimation of semiparametric GLMs, JRSS B 73, 2011). Other terms stay as given.
    """
    best: tuple[float, Curve] | None = None
    for smoothness in SMOOTHNESS:
        curved = smooth(terms[place].size, float(smoothness), cyclic=cyclic)
        found = fit(patterns, [*terms[:place], curved, *terms[place + 1 :]])
        evidence = found.log_posterior - found.log_curvature / 2 + np.linalg.slogdet(curved.penalty)[1] / 2
        if best is None or evidence > best[0]:
            best = evidence, Curve(found, place, float(smoothness))
    assert best is not None  # noqa: S101  SMOOTHNESS is not empty
    return best[1]


@dataclass(frozen=True)
class Depletion:
    """A beta-geometric audience: each lead has its own constant hazard, drawn from Beta(mean * spread, ...).

    mean: hazard at touch 1. spread: M; the smaller, the more leads differ. hazards: mean * M / (M + t - 1) at touches
    1.., what is left of the willing. p_value: of a constant hazard against it, one-sided. p_beyond: of this curve
    against any other: what it leaves unexplained is touches that work better or worse, such as fatigue.
    """

    mean: float
    spread: float
    hazards: Floats
    p_value: float
    p_beyond: float


def fit_depletion(trials: Ints, events: Ints) -> Depletion:
    """The likeliest beta-geometric hazards of touches 1..T, from leads at risk and converted at each.

    The test is the likelihood ratio on the boundary of its parameter: half a chi-squared of one degree (Self and Liang,
    JASA 82, 1987). The model: Fader and Hardie, How to project customer retention, J. Interactive Marketing 21, 2007.
    """
    silent = trials - events
    position = np.arange(len(trials))

    def loss(logit: float, log_spread: float) -> float:
        hazard = 1 / (1 + np.exp(-logit)) / (1 + position * np.exp(-log_spread))
        return float(-(events @ np.log(hazard) + silent @ np.log1p(-hazard)))

    def inner(log_spread: float) -> tuple[float, float]:
        found = minimize_scalar(loss, bounds=HAZARD_LIMITS, args=(log_spread,), method="bounded")
        return float(found.fun), float(found.x)

    found = minimize_scalar(lambda spread: inner(spread)[0], bounds=SPREAD_LIMITS, method="bounded")
    constant = inner(SPREAD_LIMITS[1])
    depleted = inner(float(found.x))
    ratio = max(0.0, 2 * (constant[0] - depleted[0]))
    mean, spread = 1 / (1 + float(np.exp(-depleted[1]))), float(np.exp(found.x))
    p_value = float(chdtrc(1, ratio)) / 2 if ratio > 0 else 1.0
    hazards = mean / (1 + position / spread)
    due = trials * hazards
    misfit = float(((events - due) ** 2 / np.maximum(due * (1 - hazards), 1e-12)).sum())
    p_beyond = float(chdtrc(len(trials) - 2, misfit)) if len(trials) > 2 else 1.0  # noqa: PLR2004  two parameters
    return Depletion(mean, spread, hazards, p_value, p_beyond)


@dataclass(frozen=True)
class Incidence:
    """Cumulative incidence: `probability[i]` of the event having happened by `times[i]`, other exits allowed for.

    times: increasing, those at which anything ended. at_risk: leads still followed just before each time.
    """

    times: Floats
    probability: Floats
    at_risk: Ints

    def by(self, time: float) -> float:
        """Probability of the event up to and including `time`."""
        place = int(np.searchsorted(self.times, time, side="right"))
        return float(self.probability[place - 1]) if place else 0.0

    def quantile(self, share: float) -> float | None:
        """The time by which the event has happened with probability `share`; None where follow-up ends before."""
        place = int(np.searchsorted(self.probability, share - 1e-12))
        return float(self.times[place]) if place < len(self.times) else None


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
    return Incidence(times[kept], probability[kept], at_risk[kept])
