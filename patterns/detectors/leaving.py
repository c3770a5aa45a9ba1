"""Who unsubscribes after a touch that did not convert: what a plan loses on its way.

    logit u = channel + touch number + gap

A ridge logistic regression over the at-risk touches that did not convert (`docs/statistics.md`, "Sequences"). Few leads
leave, so the effects are drawn to none as far as the facts ask for.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import expit

from conversion.usual import USUAL_GAPS
from conversion.vocabulary import CHANNELS
from patterns.detectors.atrisk import AtRisk
from patterns.detectors.frame import Ints
from patterns.detectors.hazard import GAP_STARTS, SCALES, TOUCHES, gap_bin, likeliest
from patterns.stats.counting import count_patterns
from patterns.stats.fitted import Fit, Level
from patterns.stats.logistic import Term, ridge
from patterns.stats.rates import Floats

SIZES = (len(CHANNELS), TOUCHES, len(GAP_STARTS))
EFFECT_SD = 0.5  # log odds: one channel may well be left twice as often as another


@dataclass(frozen=True)
class Leaving:
    """The fitted hazard of leaving, and the touches that it was fitted to."""

    fit: Fit
    level: Level

    def by_touch(self, touches: int) -> Floats:
        """(touches, channels): the probability that a lead leaves after each touch of a plan at the usual gaps."""
        coefficients = self.fit.coefficients @ usual_rows(touches).T
        return np.asarray(expit(self.level.intercept + coefficients).reshape(touches, len(CHANNELS)))

    def drawn_by_touch(self, touches: int, rng: np.random.Generator, draws: int) -> Floats:
        """The same for draws of the coefficients from their posterior: (draws, touches, channels)."""
        coefficients, intercept = self.level.draws(self.fit, rng, draws)
        odds = coefficients @ usual_rows(touches).T + intercept[:, None]
        return np.asarray(expit(odds).reshape(draws, touches, len(CHANNELS)))


def fit_leaving(table: AtRisk) -> Leaving:
    """The model of the touches of this table that did not convert."""
    stayed = ~table.y
    touch = np.clip(table.touch[stayed], 1, TOUCHES) - 1
    columns: list[Ints] = [table.channel[stayed], touch, gap_bin(table.gap[stayed])]
    patterns = count_patterns(columns, table.left[stayed])
    fit, _ = likeliest(patterns, effect_terms, SCALES)
    return Leaving(fit, Level.of(fit, patterns))


@cache
def effect_terms(scale: float) -> tuple[Term, ...]:
    return tuple(ridge(size, EFFECT_SD * scale) for size in SIZES)


def usual_rows(touches: int) -> Floats:
    """The model's columns of every touch and channel of a plan at the usual gaps: (touches * channels, coefficients)."""
    bins = gap_bin(np.array((-1, *USUAL_GAPS)))
    rows = np.zeros((touches, len(CHANNELS), sum(SIZES)))
    for touch in range(touches):
        rows[touch, :, : len(CHANNELS)] = np.eye(len(CHANNELS))
        rows[touch, :, len(CHANNELS) + min(touch, TOUCHES - 1)] = 1.0
        if bins[touch] >= 0:
            rows[touch, :, len(CHANNELS) + TOUCHES + bins[touch]] = 1.0
    return rows.reshape(touches * len(CHANNELS), -1)
