"""What whole plans of touches are worth, tried or not: the g-formula over the hazard model (`docs/statistics.md`, "HOW")."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit

from conversion.usual import USUAL_GAPS, USUAL_SEQUENCE
from conversion.vocabulary import CHANNELS, TIERS
from patterns.detectors.families import TESTED_FROM
from patterns.detectors.frame import Ints
from patterns.detectors.gains import Gain, deal
from patterns.detectors.hazard import COLUMNS, COUNTS, SIZES, Hazard, fit_hazard, gap_bin
from patterns.detectors.leaving import Leaving
from patterns.stats.counting import Patterns
from patterns.stats.logistic import gathered
from patterns.stats.plans import all_plans, channels_used, conversion
from patterns.stats.rates import Floats

DEFAULT = tuple(CHANNELS.index(channel) for channel in USUAL_SEQUENCE)
MIN_TOUCHES = 30  # at risk over a channel, or at a touch number, before a plan may hold it
DRAWS = 500
CANDIDATES = 100  # the best by point estimate, of which it is asked how sure their gain is
LISTED = 5  # of these the first ones: the others are variations of the same
MANY = 4096  # plans evaluated at a time: bounds the memory


@dataclass(frozen=True)
class Worth:
    """Plans with what they are worth: those whose gain is sure first, and among them by what they gain.

    In simulated worlds the plan with the largest gain is worth more than the one with the largest lower bound of all, which
    prefers small and common gains (0.99 against 0.94 of the best plan at 2,000 leads); the one with the largest lower bound
    among the five of the largest gain is worth 0.97.

    plans: channel codes (plans, touches). rate: share of leads that convert within the plan; low, high: 95 %.
    ratio, ratio_low, ratio_high: to the default plan of the same length. p_better: P(ratio > 1). log_mean,
    log_variance: of the log of the ratio.
    """

    plans: Ints
    rate: Floats
    low: Floats
    high: Floats
    ratio: Floats
    ratio_low: Floats
    ratio_high: Floats
    p_better: Floats
    log_mean: Floats
    log_variance: Floats

    def __len__(self) -> int:
        return len(self.plans)

    @property
    def chosen(self) -> int:
        """The place of the plan to follow: of the LISTED first, that with the highest lower end."""
        return int(np.argmax(self.ratio_low[:LISTED]))


@dataclass(frozen=True)
class Planner:
    """Evaluates plans under a fitted hazard of converting and one of leaving."""

    model: Hazard
    leaving: Leaving

    @cached_property
    def tiers(self) -> Floats:
        """Share of each tier among first touches, or among all where none is recorded."""
        patterns = self.model.patterns
        first = patterns.levels[:, COLUMNS.index("touch")] == 0
        rows = first if first.any() else np.ones(len(patterns), dtype=bool)
        tier = patterns.levels[rows, COLUMNS.index("tier")]
        total = np.bincount(tier, weights=patterns.trials[rows], minlength=len(TIERS))
        return np.asarray(total / total.sum(), dtype=np.float64)

    @cached_property
    def allowed(self) -> list[int]:
        """Channels that were used enough to say what they do."""
        counts = self.model.counts("channel")
        average = counts.successes.sum() / max(int(counts.trials.sum()), 1)
        enough = (counts.trials >= MIN_TOUCHES) & (counts.trials * average >= TESTED_FROM)
        return [int(code) for code in np.flatnonzero(enough)]

    @cached_property
    def length(self) -> int:
        """Touches of a plan: as many as the default's, or up to the last number that was reached often enough."""
        reached = self.model.counts("touch").trials[: len(DEFAULT)] >= MIN_TOUCHES
        return int(np.argmin(np.append(reached, False)))

    def rates(self, plans: Ints) -> Floats:
        """Share of leads that convert within each plan, by the coefficients as they stand."""
        total = np.zeros(len(plans))
        by_touch = self.leaving.by_touch(plans.shape[1])
        for low in range(0, len(plans), MANY):
            part = plans[low : low + MANY]
            leaving = by_touch[np.arange(part.shape[1]), part]
            for tier, share in enumerate(self.tiers):
                eta = gathered(self.model.fit.coefficients, self.model.fit.starts, flat_levels(part, tier))
                hazard = expit(self.model.level.intercept + eta).reshape(part.shape)
                total[low : low + MANY] += share * conversion(hazard, leaving)
        return total

    def drawn_rates(self, plans: Ints, rng: np.random.Generator) -> Floats:
        """The same for draws of both models' coefficients from their posteriors: (DRAWS, plans)."""
        coefficients, intercept = self.model.level.draws(self.model.fit, rng, DRAWS)
        by_touch = self.leaving.drawn_by_touch(plans.shape[1], rng, DRAWS)
        leaving = by_touch[:, np.arange(plans.shape[1]), plans]
        drawn = np.zeros((DRAWS, len(plans)))
        for tier, share in enumerate(self.tiers):
            eta = coefficients @ one_hot(flat_levels(plans, tier)).T + intercept[:, None]
            hazard = expit(eta).reshape(DRAWS, *plans.shape)
            drawn += share * conversion(hazard, leaving)
        return drawn

    def worth(self, plans: Ints, rng: np.random.Generator) -> Worth:
        """The worth of these plans, in the order of `Worth`."""
        both = np.concatenate([plans, np.array([DEFAULT[: plans.shape[1]]])])
        drawn = self.drawn_rates(both, rng)
        ratio = drawn[:, :-1] / drawn[:, -1:]
        low, middle, high = np.quantile(ratio, (0.025, 0.5, 0.975), axis=0)
        rate_low, rate_high = np.quantile(drawn[:, :-1], (0.025, 0.975), axis=0)
        order = np.lexsort((-middle, low <= 1))
        log_ratio = np.log(ratio)
        columns = (
            self.rates(plans),
            rate_low,
            rate_high,
            middle,
            low,
            high,
            (ratio > 1).mean(axis=0),
            log_ratio.mean(axis=0),
            log_ratio.var(axis=0),
        )
        return Worth(plans[order], *(column[order] for column in columns))

    def best(self, rng: np.random.Generator) -> Worth:
        """The worth of the best plans of the allowed channels; CANDIDATES of them."""
        plans = all_plans(self.allowed, self.length)
        order = np.argsort(-self.rates(plans), kind="stable")[:CANDIDATES]
        return self.worth(plans[order], rng)


def flat_levels(plans: Ints, tier: int) -> Ints:
    """The hazard model's levels of each touch of each plan for leads of a tier: (plans * touches, columns)."""
    before, new = channels_used(plans)
    previous = np.concatenate([np.full((len(plans), 1), -1), plans[:, :-1]], axis=1)
    touch = np.broadcast_to(np.arange(plans.shape[1]), plans.shape)
    bins = gap_bin(np.array((-1, *USUAL_GAPS)))
    columns = {
        "channel": plans,
        "tier": np.full_like(plans, tier),
        "touch": touch,
        "gap": np.broadcast_to(bins[: plans.shape[1]], plans.shape),
        "channel_in_tier": tier * len(CHANNELS) + plans,
        "new": new - 1,
        "used": np.minimum(before, COUNTS) - 1,
        "transition": np.where(previous < 0, -1, previous * len(CHANNELS) + plans),
    }
    return np.stack([columns[name].ravel() for name in COLUMNS], axis=1)


def one_hot(levels: Ints) -> Floats:
    """Levels (rows, columns) as 0/1 over all coefficients."""
    starts = np.cumsum([0, *SIZES[:-1]])
    rows = np.zeros((len(levels), sum(SIZES) + 1))
    np.put_along_axis(rows, np.where(levels < 0, sum(SIZES), levels + starts), 1.0, axis=1)
    return rows[:, :-1]


def plan_gain(patterns: Patterns, planner: Planner, rng: np.random.Generator) -> Gain:
    """Gain of the plan that would be chosen on one half of the touches, judged by the other half; both ways.

    The two verdicts share the agreement of the halves, so their mean is taken as no surer than one of them.
    """
    trials, events = deal(patterns.trials, patterns.events, rng, parts=2)
    halves = [Planner(fit_hazard(subset(patterns, n, k)), planner.leaving) for n, k in zip(trials, events, strict=True)]
    if not all(half.allowed and half.length for half in halves):
        return Gain(0.0, 0.0)
    judged = []
    for choosing, judging in (halves, halves[::-1]):
        best = choosing.best(rng)
        judged.append(judging.worth(best.plans[[best.chosen]], rng))
    mean = float(np.mean([worth.log_mean[0] for worth in judged]))
    return Gain(mean, float(sum(worth.log_variance[0] for worth in judged)) / len(judged))


def subset(patterns: Patterns, trials: Ints, events: Ints) -> Patterns:
    """The patterns with other counts; those without trials drop out."""
    kept = trials > 0
    return Patterns(patterns.levels[kept], patterns.stratum[kept], trials[kept], events[kept])


def names(plan: Sequence[int] | Ints) -> list[str]:
    return [str(CHANNELS[code]) for code in plan]
