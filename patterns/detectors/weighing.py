"""WHO's weights: what the score's components should weigh, whether what was learned is better, and which scores are hot.

`docs/statistics.md`, "Components", "Weights" and "Promotion".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from conversion.vocabulary import COMPONENTS
from patterns.detectors.findings import Abstention
from patterns.detectors.frame import Ints
from patterns.detectors.learned import Subject, components_of, payload_of
from patterns.stats.crossfit import Crossfit, Slopes
from patterns.stats.gate import (
    EXPECTED,
    FOLDS,
    LATEST,
    MATTERS,
    Divided,
    Gain,
    Held,
    divide,
    gain,
    judge,
    judge_fixed,
    promotes,
)
from patterns.stats.omnibus import p_value
from patterns.stats.rates import Bools, Floats, about
from patterns.stats.weights import (
    Patterns,
    Prior,
    WeightFit,
    count_patterns,
    fit_fixed,
    fit_weights,
    weights_for,
)

MIN_LEADS = 30  # scored ones; with fewer, a fold of the cross-validation holds no more than five
MIN_CONVERSIONS = 20  # with fewer, a fold holds out three and a division decides
MIN_LATEST = 10  # conversions among the leads written to last, below which these are not asked
# Titles, industries and signals say what the rules' points say and more, so the points' own slopes are held to the prior
# more firmly than weights alone; and the components come out of a fit that is shrunken already, so their weights are held to
# it. Both chosen by the gain on fresh leads of simulated worlds, which is flat around them.
SLOPE_RIDGE, STACKED_RIDGE = 9.0, 64.0
HIGHEST_SCORE = 100
HOT_SHARE = 0.3  # of the conversions that the hot tier is to hold
GOAL = 0.6  # hot and warm together are to hold more than this share of the conversions
TARGETS = (0.65, 0.7, 0.75)  # aimed at on the leads learned from, so that held-out leads reach the goal too


@dataclass(frozen=True)
class Weighing:
    """weights: by component, those to use. components, evidence, tiers: payload parts. promoted: learned components and
    weights are to replace the rules and the champion. confidence: probability that what is to be used beats the defaults;
    0 where it is the defaults.
    """

    weights: dict[str, float]
    components: dict[str, Any]
    evidence: dict[str, Any]
    tiers: dict[str, Any]
    promoted: bool
    confidence: float


@dataclass(frozen=True)
class Trial:
    """Three ways to score, judged on the same held-out leads. matters: p-value of the hypothesis that no attribute does.
    expected: gain that is expected beforehand, in its standard errors. latest: the gain on the leads that were written to
    last, learned from those before; None where these are too few.
    """

    divisions: list[Divided]
    defaults: Held
    champion: Held
    challenger: Held
    found: Gain
    latest: Gain | None
    matters: float
    expected: float
    promoted: bool

    @property
    def chosen(self) -> Held:
        return self.challenger if self.promoted else self.champion


def weigh(
    subject: Subject,
    *,
    defaults: Mapping[str, float],
    champion: Mapping[str, float],
    rng: np.random.Generator,
    any_supported: bool = False,
) -> Weighing:
    """The weights to use for leads such as these, and the components to use them on.

    champion: the weights in use on the rules' components, which stay unless what is learned does better on held-out leads.
    any_supported: a finding says already that attributes matter.
    """
    if reason := too_few(subject.y):
        parts = reason.payload()
        return Weighing(dict(champion), parts, parts, parts, promoted=False, confidence=0.0)
    crossfit = Crossfit(subject.table, slopes(subject, Prior(vector(defaults), ridge=SLOPE_RIDGE)))
    trial, learned = hold_trial(subject, crossfit, vector(defaults), vector(champion), rng, any_supported=any_supported)
    final = learned if trial.promoted else fixed(subject, vector(champion))
    weights = named(learned.weights) if trial.promoted else dict(champion)
    components = Abstention("learned components did not do better on held-out leads, or not surely enough").payload()
    return Weighing(
        weights=weights,
        components=payload_of(subject, crossfit.effects) if trial.promoted else components,
        evidence=evidence(subject, trial, final, learned),
        tiers=tiers(subject, trial),
        promoted=trial.promoted,
        confidence=gain(trial.defaults.p, trial.chosen.p, subject.y, expected=trial.expected).share,
    )


def slopes(subject: Subject, prior: Prior) -> Slopes:
    """The prior of the weights as one of the slopes of the rules' components."""
    counted = count_patterns(subject.table.slopes, subject.y)
    ridge = np.broadcast_to(np.asarray(prior.ridge, dtype=np.float64), (len(COMPONENTS),))
    return Slopes(prior.coefficients(fit_fixed(counted, prior.weights)), ridge)


def fixed(subject: Subject, weights: Floats) -> WeightFit:
    return fit_fixed(count_patterns(subject.table.slopes, subject.y), weights)


def hold_trial(
    subject: Subject,
    crossfit: Crossfit,
    defaults: Floats,
    champion: Floats,
    rng: np.random.Generator,
    *,
    any_supported: bool,
) -> tuple[Trial, WeightFit]:
    """Judge the defaults, the champion and what was learned on the same folds. Also the learned weights: fitted to the
    components that each lead had when it was held out, since those that a lead had a share in flatter it.
    """
    divisions = divide(subject.y, rng)
    by_default = judge_fixed(divisions, subject.table.slopes, subject.y, defaults)
    same = np.array_equal(champion, defaults)
    current = by_default if same else judge_fixed(divisions, subject.table.slopes, subject.y, champion)
    held_out = [components_held_out(subject, crossfit, division) for division in divisions]
    worths = [worth for _, worth in held_out]
    challenger = judge(
        divisions,
        [components for components, _ in held_out],
        subject.y,
        lambda leads, repeat, fold: fit_weights(leads, stacked(worths[repeat][fold])),
    )
    p = p_value(subject.table, champion, crossfit.slopes)
    matters = any_supported or p <= MATTERS
    expected = EXPECTED if matters else 0.0
    found = gain(current.p, challenger.p, subject.y, expected=expected)
    latest = split_by_time(subject, crossfit, champion)
    promoted = matters and promotes(found, latest, current, challenger, int(subject.y.sum()))
    learned = fit_weights(leads_of(held_out[0][0], subject.y), stacked(components_of(subject, crossfit.effects)[1]))
    return Trial(divisions, by_default, current, challenger, found, latest, p, expected, promoted), learned


def stacked(worth: Floats) -> Prior:
    """Weights in proportion to what the components are worth, as a prior."""
    return Prior(weights_for(worth), ridge=STACKED_RIDGE)


def leads_of(components: Floats, y: Bools) -> Patterns:
    return Patterns(components, np.ones(len(y)), y.astype(np.float64))


def components_held_out(subject: Subject, crossfit: Crossfit, division: Divided) -> tuple[Floats, list[Floats]]:
    """(leads, 4): each lead's learned components as the other folds give them; and the components' worth by fold."""
    found, worths = np.empty((len(subject), len(COMPONENTS))), []
    for fold, effects in enumerate(crossfit.without_each(division.fold, FOLDS)):
        learned, worth = components_of(subject, effects)
        test = division.fold == fold
        found[test] = learned[test]
        worths.append(worth)
    return found, worths


def split_by_time(subject: Subject, crossfit: Crossfit, champion: Floats) -> Gain | None:
    """The gain on the leads that were written to last, learned from those before them."""
    late = subject.time >= np.quantile(subject.time, 1 - LATEST)
    before, after = np.flatnonzero(~late), np.flatnonzero(late)
    won = int(subject.y[after].sum())
    if min(won, int(subject.y[before].sum())) < MIN_LATEST:
        return None
    learned, worth = components_of(subject, crossfit.without(after))
    new = fit_weights(leads_of(learned[before], subject.y[before]), stacked(worth)).predict(learned[after])
    rules = subject.table.slopes
    old = fit_fixed(leads_of(rules[before], subject.y[before]), champion).predict(rules[after])
    return gain(old[None], new[None], subject.y[after])


def evidence(subject: Subject, trial: Trial, final: WeightFit, learned: WeightFit) -> dict[str, Any]:
    rate = float(subject.y.mean())
    return {
        "auc_default": trial.defaults.auc,
        "auc_learned": trial.challenger.auc,
        "log_loss_gain": trial.found.mean,
        "gain_low": trial.found.low,
        "gain_latest": None if trial.latest is None else trial.latest.mean,
        "p_value": trial.matters,
        "promoted": trial.promoted,
        "intercept": final.intercept,
        "scale": final.scale,
        "brier": trial.chosen.brier,
        "brier_skill": 1 - trial.chosen.brier / (rate * (1 - rate)),
        "ece": trial.chosen.ece,
        "learned_weights": named(learned.weights),
    }


def too_few(y: Bools) -> Abstention | None:
    """Why weights cannot be learned from these scored leads, None where they can."""
    leads, won = len(y), int(y.sum())
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


def tiers(subject: Subject, trial: Trial) -> dict[str, Any]:
    """Scores from which a lead should count as hot and warm, and the share of held-out conversions that lies there.

    The scores are the highest that put HOT_SHARE of the conversions into hot and one of TARGETS into hot and warm; the
    first target that reaches GOAL on held-out leads is taken. Abstains where the score does not separate: where hot and
    warm hold no more of the conversions than of the leads.
    """
    score = score_of(trial.chosen.score, subject.risk)
    won = int(subject.y.sum())
    for target in TARGETS:
        captured, share = held_out_capture(score, trial.divisions, subject.y, target)
        doubt = float(ndtri(0.95)) * np.sqrt(share * (1 - share) / won)
        if captured - share <= doubt:
            return Abstention(
                f"the score does not separate: its upper tiers would hold {captured:.0%} of the conversions and "
                f"{share:.0%} of the leads"
            ).payload()
        if captured > GOAL:
            hot, warm = cuts(score.ravel(), np.tile(subject.y, len(score)), target)
            return {"hot": hot, "warm": warm, "capture": captured, "share": share}
    return Abstention(f"no cut puts more than {GOAL:.0%} of held-out conversions into hot and warm").payload()


def held_out_capture(score: Ints, divisions: list[Divided], y: Bools, target: float) -> tuple[float, float]:
    """Share of conversions and of leads at or above the warm cut that the other folds give, over all folds."""
    captured = above = 0
    for row, division in zip(score, divisions, strict=True):
        for train, test in division.halves():
            upper = row[test] >= cuts(row[train], y[train], target)[1]
            captured, above = captured + int(y[test][upper].sum()), above + int(upper.sum())
    return captured / (len(score) * int(y.sum())), above / score.size


def score_of(weighted: Floats, risk: Floats) -> Ints:
    """The lead score of each lead: 0-100, cut to an integer as leads' scores are."""
    exact = np.clip(100 * weighted - risk, 0, HIGHEST_SCORE)
    return np.floor(exact + 1e-9).astype(
        np.int64
    )  # a sum of weights that is an integer but for rounding keeps its value


def cuts(score: Ints, y: Bools, target: float) -> tuple[int, int]:
    """The highest scores at or above which lie HOT_SHARE and `target` of the conversions; hot above warm."""
    by_score = np.bincount(score[y], minlength=HIGHEST_SCORE + 1)
    reached = by_score[::-1].cumsum()[::-1] / max(int(y.sum()), 1)
    hot, warm = (int(np.flatnonzero(reached >= share)[-1]) for share in (HOT_SHARE, target))
    warm = min(warm, HIGHEST_SCORE - 1)
    return max(hot, warm + 1), warm
