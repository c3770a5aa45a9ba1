"""What whole plans of touches are worth, tried or not: the g-formula over the hazard model (`docs/statistics.md`, "HOW")."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy.special import expit

from conversion.usual import USUAL_GAPS, USUAL_SEQUENCE
from conversion.vocabulary import CHANNELS, TIERS
from patterns.detectors.families import TESTED_FROM
from patterns.detectors.frame import Ints
from patterns.detectors.gains import Gain, deal
from patterns.detectors.hazard import COLUMNS, COUNTS, SIZES, Hazard, fit_hazard, gap_bin
from patterns.detectors.leaving import Leaving
from patterns.stats.counting import Patterns, dense_codes
from patterns.stats.fitted import gathered
from patterns.stats.plans import all_plans, channels_used, shared_conversion
from patterns.stats.rates import Floats

DEFAULT = tuple(CHANNELS.index(channel) for channel in USUAL_SEQUENCE)
MIN_TOUCHES = 30  # at risk over a channel, or at a touch number, before a plan may hold it
DRAWS = 500
CANDIDATES = 100  # the best by point estimate, of which it is asked how sure their gain is
LISTED = 5  # of these the first ones: the others are variations of the same


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

    def rates(self, menu: "Menu") -> Floats:
        """Share of leads that convert within each plan, by the coefficients as they stand."""
        fit = self.model.fit
        leaving = self.leaving.by_touch(menu.plans.shape[1])[menu.touch, menu.channel]
        total = np.zeros(len(menu))
        for tier in np.flatnonzero(self.tiers).tolist():
            hazard = expit(self.model.level.intercept + gathered(fit.coefficients, fit.starts, menu.levels(tier)))
            total += self.tiers[tier] * shared_conversion(hazard, leaving, menu.step)
        return total

    def drawn_rates(self, menu: "Menu", rng: np.random.Generator) -> Floats:
        """The same for draws of both models' coefficients from their posteriors: (plans, DRAWS)."""
        coefficients, intercept = self.model.level.draws(self.model.fit, rng, DRAWS)
        by_touch = self.leaving.drawn_by_touch(menu.plans.shape[1], rng, DRAWS)
        leaving = np.ascontiguousarray(by_touch[:, menu.touch, menu.channel].T)
        drawn = np.zeros((len(menu), DRAWS))
        for tier in np.flatnonzero(self.tiers).tolist():
            hazard = expit(one_hot(menu.levels(tier)) @ coefficients.T + intercept)
            drawn += self.tiers[tier] * shared_conversion(hazard, leaving, menu.step)
        return drawn

    def worth(self, plans: Ints, rng: np.random.Generator) -> Worth:
        """The worth of these plans, in the order of `Worth`."""
        menu = Menu.of(np.concatenate([plans, np.array([DEFAULT[: plans.shape[1]]])]))
        drawn = self.drawn_rates(menu, rng)
        ratio = drawn[:-1] / drawn[-1]
        low, middle, high = np.quantile(ratio, (0.025, 0.5, 0.975), axis=1)
        rate_low, rate_high = np.quantile(drawn[:-1], (0.025, 0.975), axis=1)
        order = np.lexsort((-middle, low <= 1))
        log_ratio = np.log(ratio)
        columns = (
            self.rates(menu)[:-1],
            rate_low,
            rate_high,
            middle,
            low,
            high,
            (ratio > 1).mean(axis=1),
            log_ratio.mean(axis=1),
            log_ratio.var(axis=1),
        )
        return Worth(plans[order], *(column[order] for column in columns))

    def best(self, rng: np.random.Generator) -> Worth:
        """The worth of the best plans of the allowed channels; CANDIDATES of them."""
        menu = whole_menu(tuple(self.allowed), self.length)
        order = np.argsort(-self.rates(menu), kind="stable")[:CANDIDATES]
        return self.worth(menu.plans[order], rng)


@dataclass(frozen=True)
class Menu:
    """Plans, and the steps that they are made of: touches that are alike in all that the hazard model looks at but the tier.

    Thousands of plans share some hundred steps, so hazards are worked out once a step.

    plans: channel codes (plans, touches). step: likewise, which of the steps each touch is. touch, previous (-1 for
    none), channel, before (channels used before) and new (1 or 0): of each step.
    """

    plans: Ints
    step: Ints
    touch: Ints
    previous: Ints
    channel: Ints
    before: Ints
    new: Ints

    @classmethod
    def of(cls, plans: Ints) -> "Menu":
        before, new = channels_used(plans)
        previous = np.concatenate([np.full((len(plans), 1), -1), plans[:, :-1]], axis=1)
        touch = np.broadcast_to(np.arange(plans.shape[1]), plans.shape)
        columns = [column.ravel() for column in (touch, previous, plans, before, new)]
        step = dense_codes(*columns)
        at = np.empty(step.max() + 1, dtype=np.int64)
        at[step] = np.arange(len(step))  # any one of the touches that are alike
        return cls(plans, step.reshape(plans.shape), *(column[at] for column in columns))

    def __len__(self) -> int:
        return len(self.plans)

    def levels(self, tier: int) -> Ints:
        """The hazard model's levels of each step for leads of a tier: (steps, columns)."""
        pair = np.where(self.previous < 0, -1, self.previous * len(CHANNELS) + self.channel)
        columns = {
            "channel": self.channel,
            "tier": np.full_like(self.channel, tier),
            "touch": self.touch,
            "gap": gap_bin(np.array((-1, *USUAL_GAPS)))[self.touch],
            "channel_in_tier": tier * len(CHANNELS) + self.channel,
            "new": self.new - 1,
            "used": np.minimum(self.before, COUNTS) - 1,
            "transition": pair,
        }
        return np.stack([columns[name] for name in COLUMNS], axis=1)


@lru_cache(maxsize=8)
def whole_menu(channels: tuple[int, ...], length: int) -> Menu:
    """Every plan of this length over these channels: always the same, and asked for several times a client."""
    return Menu.of(all_plans(channels, length))


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
