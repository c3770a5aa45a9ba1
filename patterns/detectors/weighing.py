"""WHO's weights: what the score's components should weigh, whether that is better, and which scores are hot and warm.

`docs/statistics.md`, "Weights" and "Promotion".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from conversion.vocabulary import COMPONENTS
from patterns.detectors.findings import Abstention
from patterns.detectors.frame import Bools
from patterns.stats.gate import Fold, Gain, Held, divide, gain, judge, promotes
from patterns.stats.rates import Floats, about
from patterns.stats.weights import Patterns, WeightFit, count_patterns, fit_fixed, fit_weights

MIN_LEADS = 30  # scored ones; with fewer, a fold of the cross-validation holds no more than five
# Below about 20 conversions, one in fifteen histories in which no component matters would be promoted; above, one in 40.
MIN_CONVERSIONS = 20
HIGHEST_SCORE = 100
HOT_SHARE = 0.3  # of the conversions that the hot tier is to hold
GOAL = 0.6  # hot and warm together are to hold more than this share of the conversions
TARGETS = (0.65, 0.7, 0.75)  # aimed at on the leads learned from, so that held-out leads reach the goal too


@dataclass(frozen=True)
class Weighing:
    """weights: by component, those to use. evidence, tiers: payload parts. promoted: the learned weights are to replace
    the champion. confidence: probability that the weights beat the defaults; 0 where they are the defaults.
    """

    weights: dict[str, float]
    evidence: dict[str, Any]
    tiers: dict[str, Any]
    promoted: bool
    confidence: float


@dataclass(frozen=True)
class Trial:
    """Three ways to weigh, judged on the same held-out leads."""

    folds: list[Fold]
    defaults: Held
    champion: Held
    challenger: Held
    found: Gain
    promoted: bool

    @property
    def chosen(self) -> Held:
        return self.challenger if self.promoted else self.champion


def weigh(
    components: Floats,
    risk: Floats,
    y: Bools,
    *,
    defaults: Mapping[str, float],
    champion: Mapping[str, float],
    rng: np.random.Generator,
) -> Weighing:
    """The weights to use for leads with these components (leads, 4; NaN unscored), risk points and outcomes.

    champion: the weights in use, which stay unless learned ones do better on held-out leads. Risk that is not known is 0.
    """
    if reason := too_few(components, y):
        parts = reason.payload()
        return Weighing(dict(champion), parts, parts, promoted=False, confidence=0.0)
    counted = count_patterns(np.column_stack([components, np.nan_to_num(risk)]), y)
    patterns, points = Patterns(counted.x[:, :-1], counted.n, counted.k), counted.x[:, -1]
    prior, current = vector(defaults), vector(champion)
    learned = fit_weights(patterns, prior)
    trial = hold_trial(divide(patterns, rng), prior, current)
    final = learned if trial.promoted else fit_fixed(patterns, current)
    evidence = {
        "auc_default": trial.defaults.auc,
        "auc_learned": trial.challenger.auc,
        "log_loss_gain": trial.found.mean,
        "gain_low": trial.found.low,
        "promoted": trial.promoted,
        "intercept": final.intercept,
        "scale": final.scale,
        "brier": trial.chosen.brier,
        "ece": trial.chosen.ece,
        "learned_weights": named(learned.weights),
    }
    weights = named(learned.weights) if trial.promoted else dict(champion)
    confidence = gain(trial.folds, trial.defaults, trial.chosen).share
    return Weighing(weights, evidence, tiers(trial, patterns, points, final), trial.promoted, confidence)


def hold_trial(folds: list[Fold], defaults: Floats, champion: Floats) -> Trial:
    """Judge the defaults, the champion and the learned weights on the same folds."""
    by_default = judge(folds, defaults, defaults)
    current = by_default if np.array_equal(champion, defaults) else judge(folds, champion, defaults)
    challenger = judge(folds, None, defaults)
    found = gain(folds, current, challenger)
    return Trial(folds, by_default, current, challenger, found, promotes(found, current, challenger))


def too_few(components: Floats, y: Bools) -> Abstention | None:
    """Why weights cannot be learned from these leads, None where they can."""
    scored = ~np.isnan(components).any(axis=1)
    leads, won = int(scored.sum()), int(y[scored].sum())
    if not leads:
        return Abstention("no lead that was followed for long enough has its score components: score the leads first")
    needed = max(MIN_LEADS - leads, (MIN_CONVERSIONS - won) * (leads + 1) / (won + 0.5))
    if needed > 0:
        return Abstention(
            f"{won} conversions among {leads} scored leads; {MIN_CONVERSIONS} among {MIN_LEADS} are needed: "
            f"{about(needed)} more scored leads at this rate"
        )
    missed = leads - won
    if missed < MIN_CONVERSIONS:
        return Abstention(f"only {missed} scored leads did not convert; {MIN_CONVERSIONS} are needed to compare with")
    return None


def vector(weights: Mapping[str, float]) -> Floats:
    return np.array([weights[component] for component in COMPONENTS], dtype=np.float64)


def named(weights: Floats) -> dict[str, float]:
    return {str(component): float(weight) for component, weight in zip(COMPONENTS, weights, strict=True)}


def tiers(trial: Trial, patterns: Patterns, points: Floats, final: WeightFit) -> dict[str, Any]:
    """Scores from which a lead should count as hot and warm, and the share of held-out conversions that lies there.

    The scores are the highest that put HOT_SHARE of the conversions into hot and one of TARGETS into hot and warm; the
    first target that reaches GOAL on held-out leads is taken. Abstains where the score does not separate: where hot and
    warm hold no more of the conversions than of the leads.
    """
    for target in TARGETS:
        captured, share, conversions = held_out_capture(trial, points, target)
        doubt = float(ndtri(0.95)) * np.sqrt(share * (1 - share) / conversions)
        if captured - share <= doubt:
            return Abstention(
                f"the score does not separate: its upper tiers would hold {captured:.0%} of the conversions and "
                f"{share:.0%} of the leads"
            ).payload()
        if captured > GOAL:
            hot, warm = cuts(scores(patterns, points, final), patterns.k, target)
            return {"hot": hot, "warm": warm, "capture": captured, "share": share}
    return Abstention(f"no cut puts more than {GOAL:.0%} of held-out conversions into hot and warm").payload()


def held_out_capture(trial: Trial, points: Floats, target: float) -> tuple[float, float, float]:
    """Share of conversions and of leads at or above the warm cut, over all folds, and conversions of one repeat."""
    captured = above = conversions = leads = 0.0
    for fold, fit in zip(trial.folds, trial.chosen.fits, strict=True):
        score = scores(fold.test, points, fit)
        upper = score >= cuts(score, fold.train.k, target)[1]
        captured, conversions = captured + fold.test.k[upper].sum(), conversions + fold.test.k.sum()
        above, leads = above + fold.test.n[upper].sum(), leads + fold.test.n.sum()
    repeats = len(trial.folds) * conversions / (conversions + sum(fold.train.k.sum() for fold in trial.folds))
    return float(captured / conversions), float(above / leads), float(conversions / repeats)


def scores(patterns: Patterns, points: Floats, fit: WeightFit) -> Floats:
    """The lead score of each pattern: 0-100, cut to an integer as leads' scores are."""
    exact = np.clip(100 * (patterns.x @ fit.weights) - points, 0, 100)
    return np.floor(exact + 1e-9)  # a sum of weights that is an integer but for rounding keeps its value


def cuts(score: Floats, won: Floats, target: float) -> tuple[int, int]:
    """The highest scores at or above which lie HOT_SHARE and `target` of the conversions; hot above warm."""
    by_score = np.bincount(score.astype(np.int64), weights=won, minlength=HIGHEST_SCORE + 1)
    reached = by_score[::-1].cumsum()[::-1] / max(won.sum(), 1)
    hot, warm = (int(np.flatnonzero(reached >= share)[-1]) for share in (HOT_SHARE, target))
    warm = min(warm, HIGHEST_SCORE - 1)
    return max(hot, warm + 1), warm
