"""Rates: how often intervals cover, of one value apart from its family too, and what shrinking saves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import betaincinv
from statsmodels.stats.proportion import proportion_confint

from benchmarks.validation.claims import Claim, Question, Scale
from patterns.detectors.frame import Floats, Ints
from patterns.stats.rates import Counts, hierarchical
from patterns.stats.strata import contrast, lifts, stratify

VALUES = 12  # of a family
SIZES = (20, 60, 200, 600)  # of segments in clients of some hundred to some thousand leads
BASES = (0.02, 0.05, 0.15)  # as often as outreach is answered, and less
SPREADS = {"beta, size 60": 60.0, "beta, size 200": 200.0, "logit-normal, sd 0.2": 0.2, "logit-normal, sd 0.4": 0.4}
COVERED = (0.93, 0.97)
COVERED_ANYWHERE, SUCCESSES_ANYWHERE = 0.88, 30  # in each setting with so many expected successes a cell
ERROR_AT_MOST = 0.75  # of the raw rates'
OUTLIER_COVERED = 0.85

Sums = Mapping[Any, Floats]


@dataclass(frozen=True)
class Setting:
    """Rates of one family drawn from a distribution. size: trials of each cell."""

    spread: str
    base: float
    size: int

    def draw(self, rng: np.random.Generator) -> Floats:
        width = SPREADS[self.spread]
        if self.spread.startswith("beta"):
            return rng.beta(self.base * width, (1 - self.base) * width, VALUES)
        return np.asarray(1 / (1 + np.exp(-(np.log(self.base / (1 - self.base)) + rng.normal(0, width, VALUES)))))

    def known(self, won: Ints) -> Floats:
        """The best guess of somebody who knows the distribution, where that is a beta distribution; else NaN."""
        width = SPREADS[self.spread] if self.spread.startswith("beta") else np.nan
        return np.asarray((won + self.base * width) / (self.size + width))


SETTINGS = [Setting(spread, base, size) for spread in SPREADS for base in BASES for size in SIZES]


def run_rates(seed: int) -> Sums:
    """By setting: mean coverage of ours, of Wald's and of the exact interval, and the sums of squared errors."""
    rng = np.random.default_rng(seed)
    found = {}
    for setting in SETTINGS:
        true = setting.draw(rng)
        won = rng.binomial(setting.size, true)
        rates, raw = hierarchical(Counts(np.full(VALUES, setting.size), won)), won / setting.size
        wald = np.abs(raw - true) <= 1.96 * np.sqrt(raw * (1 - raw) / setting.size)
        low, high = proportion_confint(won, setting.size, method="beta")
        ours, exact = (rates.low <= true) & (true <= rates.high), (low <= true) & (true <= high)
        errors = [((guess - true) ** 2).sum() for guess in (rates.mean, raw, setting.known(won))]
        found[setting] = np.array([ours.mean(), wald.mean(), exact.mean(), *errors])
    return found


def judge_rates(results: Sequence[Sums]) -> Iterator[Claim]:
    total = {setting: np.mean([result[setting] for result in results], axis=0) for setting in SETTINGS}
    ours, wald, exact = np.mean(list(total.values()), axis=0)[:3]
    yield Claim(
        "rates: 95 % intervals, all settings",
        f"cover {COVERED[0]} to {COVERED[1]}",
        f"{ours:.3f} of {len(results) * len(SETTINGS) * VALUES:,}",
        COVERED[0] <= ours <= COVERED[1],
        naive=f"{wald:.3f} (raw rate and 1.96 standard errors)",
        oracle=f"{exact:.3f} (exact, Clopper-Pearson: no family, wider)",
    )
    large = {setting: row for setting, row in total.items() if setting.base * setting.size >= SUCCESSES_ANYWHERE}
    worst = min(large, key=lambda setting: large[setting][0])
    yield Claim(
        "rates: 95 % intervals, worst setting",
        f"cover at least {COVERED_ANYWHERE} in each of {len(large)} with {SUCCESSES_ANYWHERE} expected successes",
        f"{large[worst][0]:.3f} ({worst.spread}, {worst.base:.0%} of {worst.size:,})",
        large[worst][0] >= COVERED_ANYWHERE,
        naive=f"{min(row[1] for row in total.values()):.3f} in the worst of all {len(SETTINGS)}",
        oracle=f"{min(row[2] for row in large.values()):.3f}",
    )
    ratios, betas = (np.sqrt([row[of] / row[4] for row in total.values()]) for of in (3, 5))
    known = np.isfinite(betas)
    yield Claim(
        "rates: error of shrunken rates",
        f"at most {ERROR_AT_MOST} of the raw rates' on average over the settings",
        f"{ratios.mean():.2f}, {ratios.min():.2f} to {ratios.max():.2f} (root mean square)",
        bool(ratios.mean() <= ERROR_AT_MOST),
        naive="1 (the raw rates)",
        oracle=f"{betas[known].mean():.2f}, ours {ratios[known].mean():.2f} there (the beta distribution known)",
    )


@dataclass(frozen=True)
class Outlier:
    """One value of a family converts at a multiple of the others' rate."""

    base: float
    factor: float
    values: int = 15
    size: int = 300

    @property
    def rates(self) -> Floats:
        return np.where(np.arange(self.values) == 0, self.factor, 1.0) * self.base

    def __str__(self) -> str:
        return f"{self.factor:g} x {self.base:.0%}"


OUTLIERS = (Outlier(0.1, 2.0), Outlier(0.05, 2.0, size=600), Outlier(0.1, 0.5, size=600))
REPEATS = 5  # families a seed


def run_outlier(seed: int) -> Sums:
    """By outlier: coverage by the rate's interval, the lift's, and that of the plug-in of one beta distribution."""
    rng = np.random.default_rng(seed)
    found: dict[Outlier, Floats] = {outlier: np.zeros(3) for outlier in OUTLIERS}
    for outlier in OUTLIERS * REPEATS:
        true = outlier.rates
        won = rng.binomial(outlier.size, true)
        rates = hierarchical(Counts(np.full(outlier.values, outlier.size), won))
        codes = np.repeat(np.arange(outlier.values), outlier.size)
        y = (np.arange(outlier.size) < won[:, None]).ravel()
        shrunken = lifts(contrast(stratify(codes, y, np.zeros(len(y), dtype=np.int64), outlier.values)))
        lift, (low, high) = true[0] / true.mean(), plugged_in(won, outlier.size)
        inside = (
            rates.low[0] <= true[0] <= rates.high[0],
            shrunken.low[0] <= lift <= shrunken.high[0],
            low[0] <= true[0] <= high[0],
        )
        found[outlier] += np.array(inside) / REPEATS
    return found


def plugged_in(won: Ints, size: int) -> tuple[Floats, Floats]:
    """The textbook's empirical Bayes: one beta distribution by moments, taken for known."""
    raw = won / size
    mean = raw.mean()
    between = max(float(raw.var(ddof=1) - mean * (1 - mean) / size), 1e-6)
    prior = max(mean * (1 - mean) / between - 1, 1.0)
    a, b = mean * prior + won, (1 - mean) * prior + size - won
    return betaincinv(a, b, 0.025), betaincinv(a, b, 0.975)


def judge_outlier(results: Sequence[Sums]) -> Iterator[Claim]:
    for outlier in OUTLIERS:
        rate, lift, naive = np.mean([result[outlier] for result in results], axis=0)
        yield Claim(
            f"one outlier of 15, {outlier}, {outlier.size} trials each",
            f"covered in at least {OUTLIER_COVERED}, by the rate's and the lift's interval",
            f"{rate:.3f}, {lift:.3f}",
            min(rate, lift) >= OUTLIER_COVERED,
            naive=f"{naive:.3f} (one beta distribution plugged in)",
        )


def questions(scale: Scale) -> Iterator[Question]:
    yield Question("rates drawn from a distribution", scale.seeds, run_rates, judge_rates)
    yield Question("rates, one outlier", scale.seeds, run_outlier, judge_outlier)
