"""One hazard model of the next touch: what a touch converts, given that its lead is still there.

    logit h = period + channel + tier + touch number + gap + channel in tier
              + [channel not used before] + channels used before + previous channel -> channel

A ridge logistic regression on counted patterns (`docs/statistics.md`, "The hazard model"). Every effect is held against
the others, so that a channel is not credited with the tier it is used for, nor a late touch with who is left by then.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from scipy.special import ndtr

from conversion.vocabulary import CHANNELS, TIERS
from patterns.detectors.atrisk import AtRisk
from patterns.detectors.families import TESTED_FROM, Family
from patterns.detectors.frame import Ints
from patterns.stats.counting import Patterns, count_patterns, dense_codes
from patterns.stats.fitted import Fit, Level
from patterns.stats.logistic import Term, fit_likeliest, ridge
from patterns.stats.rates import Counts, Floats
from patterns.stats.strata import Z95, Lifts

TOUCHES = 10  # touch numbers with an effect of their own; later ones share the last
GAP_STARTS = np.array([0, 2, 3, 4, 6, 8])  # days since the touch before: 0-1, 2, 3, 4-5, 6-7, 8 and more
COUNTS = 4  # channels used before: 1, 2, 3, 4 and more
EFFECT_SD = 0.3  # prior of an effect, log odds: two in three lie within a factor of 1.35
TRANSITION_SD = 0.2  # of a pair of channels, beyond what each of them does
TIER_SD = 1.0  # tiers are made to differ
COLUMNS = ("channel", "tier", "touch", "gap", "channel_in_tier", "new", "used", "transition")
SIZES = (len(CHANNELS), len(TIERS), TOUCHES, len(GAP_STARTS), len(CHANNELS) * len(TIERS), 1, COUNTS, len(CHANNELS) ** 2)
SDS = (EFFECT_SD, TIER_SD, EFFECT_SD, EFFECT_SD, EFFECT_SD, EFFECT_SD, EFFECT_SD, TRANSITION_SD)
INTERACTIONS = ("channel_in_tier", "used", "transition")
SCALES = (1.0, 0.5, 0.25, 0.125)  # of the interactions' prior, down to hardly any: the likeliest is taken
METHOD = "hazard model, ridge logistic, odds ratio; Benjamini-Hochberg"
HELD = "campaign or month, tier, touch number, gap, channels before"


@dataclass(frozen=True)
class Hazard:
    """The fitted model with the patterns behind it, and the scale of the interactions' prior."""

    patterns: Patterns
    fit: Fit
    scale: float = 1.0

    @cached_property
    def rate(self) -> Floats:
        """Fitted hazard of each pattern, in its own period."""
        eta = self.fit.log_odds(self.patterns.levels) + self.fit.strata[self.patterns.stratum]
        return np.asarray(1 / (1 + np.exp(-eta)))

    @cached_property
    def level(self) -> Level:
        """Of an average period: what predictions for other leads start from."""
        return Level.of(self.fit, self.patterns)

    @cached_property
    def previous_shares(self) -> Floats:
        """Share of all touches that came after each channel; the rest were first ones."""
        after = self.totals("transition", self.patterns.trials).reshape(len(CHANNELS), len(CHANNELS)).sum(axis=1)
        return np.asarray(after / max(float(self.patterns.trials.sum()), 1.0))

    def totals(self, column: str, amount: Floats | Ints) -> Floats:
        """Sum of an amount a pattern over each level of a column; rows without a level are in none."""
        level = self.patterns.levels[:, COLUMNS.index(column)]
        has = level >= 0
        return np.bincount(level[has], weights=amount[has], minlength=SIZES[COLUMNS.index(column)]).astype(np.float64)

    def counts(self, column: str) -> Counts:
        trials, events = (self.totals(column, n).astype(np.int64) for n in (self.patterns.trials, self.patterns.events))
        return Counts(trials, events)

    def predicted(self, column: str) -> Floats:
        """Conversions that the model expects at each level of a column."""
        return self.totals(column, self.patterns.trials * self.rate)

    def start(self, column: str) -> int:
        """Where the coefficients of a column begin."""
        return self.fit.starts[COLUMNS.index(column)]


def row_columns(table: AtRisk) -> list[Ints]:
    """Of each at-risk touch: channel, tier, touch, gap, new, used, and the channel before, -1 where there is none."""
    touch = np.clip(table.touch, 1, TOUCHES) - 1
    gap = gap_bin(table.gap)
    new = np.where(table.new, 0, -1)
    used = np.minimum(table.distinct, COUNTS) - 1
    return [table.channel, table.tier, touch, gap, new, used, table.previous]


def gap_bin(days: Ints) -> Ints:
    """The place of a gap among GAP_STARTS; -1 before a first touch, whose gap is -1."""
    return np.searchsorted(GAP_STARTS, days, side="right") - 1


def hazard_patterns(table: AtRisk) -> Patterns:
    """The at-risk touches, counted by what the model looks at; strata are the periods."""
    base = count_patterns(row_columns(table), table.y, dense_codes(table.period))
    return Patterns(model_levels(list(base.levels.T)), base.stratum, base.trials, base.events)


def model_levels(columns: list[Ints]) -> Ints:
    """The model's COLUMNS (rows, columns) of those of `row_columns`."""
    channel, tier, touch, gap, new, used, previous = (column.astype(np.int32) for column in columns)
    pair = np.where(previous < 0, -1, previous * len(CHANNELS) + channel)
    return np.stack([channel, tier, touch, gap, tier * len(CHANNELS) + channel, new, used, pair], axis=1)


@cache
def terms(scale: float) -> tuple[Term, ...]:
    """The model's terms, the prior of the interactions made narrower by `scale`."""
    sds = (sd * scale if column in INTERACTIONS else sd for column, sd in zip(COLUMNS, SDS, strict=True))
    return tuple(ridge(size, sd) for size, sd in zip(SIZES, sds, strict=True))


def fit_hazard(patterns: Patterns, scales: Sequence[float] = SCALES) -> Hazard:
    """The model with that of the scales of its interactions that has the largest marginal likelihood (Laplace's).

    Forty cells of little effect would else make thousands of plans differ by chance alone.
    """
    return Hazard(patterns, *likeliest(patterns, terms, scales))


def likeliest(
    patterns: Patterns, terms_at: Callable[[float], Sequence[Term]], scales: Sequence[float]
) -> tuple[Fit, float]:
    """The fit with that of the scales of its priors that has the largest marginal likelihood (Laplace's), and the scale.

    Raises IndexError where there is no scale.
    """
    place, found = fit_likeliest(patterns, [terms_at(scale) for scale in scales])
    return found, scales[place]


def row_of(model: Hazard, parts: Mapping[tuple[str, int], float]) -> Floats:
    """The weights of (column, level) effects as one row over all coefficients."""
    row = np.zeros(len(model.fit.coefficients))
    for (column, level), weight in parts.items():
        row[model.start(column) + level] += weight
    return row


def against_all(model: Hazard, rows: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """Log odds of alternatives less the log of their average odds, and standard errors.

    rows: (alternatives, coefficients). shares: of the touches, one an alternative.
    """
    odds = np.exp(rows @ model.fit.coefficients)
    average = float(shares @ odds) / float(shares.sum())
    weight = shares * odds / float(shares @ odds)
    _, error = model.fit.contrast(rows - weight @ rows)
    return np.log(odds / average), np.asarray(error)


def against_rest(model: Hazard, rows: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """As `against_all` for two alternatives or more, but each against the average odds of the others."""
    estimate, error = np.zeros(len(rows)), np.zeros(len(rows))
    for i in range(len(rows)):
        others = np.where(np.arange(len(rows)) == i, 0.0, shares)
        estimate[i], error[i] = (part[i] for part in against_all(model, rows, others))
    return estimate, error


def effects_family(
    keys: Sequence[Mapping[str, Any]], counts: Counts, predicted: Floats, effect: tuple[Floats, Floats]
) -> Family:
    """Family of effects of the model. effect: log odds ratios and standard errors; predicted: conversions by the model.

    A value is tested where enough conversions would be expected of it without its effect, and not where it is alone.
    """
    estimate, error = effect
    z = np.divide(estimate, error, out=np.zeros_like(estimate), where=error > 0)
    expected = predicted / np.exp(estimate)
    testable = (expected >= TESTED_FROM) & (error > 0)
    return Family(
        keys=tuple(keys),
        counts=counts,
        lifts=Lifts(
            lift=np.exp(estimate),
            low=np.exp(estimate - Z95 * error),
            high=np.exp(estimate + Z95 * error),
            p_better=np.asarray(ndtr(z)),
            centre=estimate,
            spread=error,
            share=np.zeros(len(estimate)),
        ),
        expected=expected,
        p_values=np.where(testable, 2 * ndtr(-np.abs(z)), np.nan),
        stratified_by=HELD,
        method=METHOD,
    )
