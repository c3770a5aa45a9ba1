"""How sure WHAT is that acting on its findings pays, judged on templates that the findings were not learned from.

`docs/statistics.md`, "Confidence".
"""

from dataclasses import replace

import numpy as np
from scipy.special import ndtr

from patterns.detectors.features import Fitted
from patterns.detectors.frame import Bools, Floats
from patterns.detectors.texts import Written, informative, model_of
from patterns.stats.mixed import Texts, fit_effects


def chance_of_gain(fitted: Fitted, rng: np.random.Generator) -> float:
    """Probability that texts chosen by what was learned book more often than others.

    The templates of each channel are split in two halves at random. What one half teaches about features and lengths
    scores the texts of the other, where the effect of that score is estimated as a feature's is; the verdicts of both
    halves are averaged. They share the agreement of the halves, so they may be as good as one verdict: the average is taken
    as no surer than either (Stouffer's root of two would hold for independent ones).
    """
    counts = fitted.counts
    first = halves(counts, rng)[counts.template]
    parts = [subset(counts, fitted.lengths, side) for side in (first, ~first)]
    verdicts = [verdict(learn, judge) for learn, judge in (parts, parts[::-1])]
    return float(ndtr(sum(verdicts) / 2))


def halves(counts: Written, rng: np.random.Generator) -> Bools:
    """A random half of each channel's templates, one flag a template."""
    size = int(counts.template.max()) + 1
    channel = np.zeros(size, dtype=np.int64)
    channel[counts.template] = counts.channel[counts.text]
    order = np.lexsort((rng.random(size), channel))
    half = np.zeros(size, dtype=bool)
    half[order[::2]] = True
    return half


def subset(counts: Written, lengths: Floats, keep: Bools) -> Texts | None:
    """The model of some templates alone, all columns kept; None where no stratum of theirs can tell texts apart."""
    some = Written(
        **{name: getattr(counts, name)[keep] for name in ("stratum", "template", "text", "n", "k")},
        **{name: getattr(counts, name) for name in ("has", "features", "channel", "length", "cta")},
    )
    telling = informative(some)
    return model_of(some, some.has, lengths, telling) if telling.any() else None


def verdict(learn: Texts | None, judge: Texts | None) -> float:
    """Standardised effect, on the texts of `judge`, of the score that `learn` gives them; 0 where nothing can be said."""
    if learn is None or judge is None:
        return 0.0
    score = judge.x @ fit_effects(learn).mean
    if np.ptp(score) == 0:
        return 0.0
    score = (score - score.mean()) / score.std()  # its own effect is then of the size that the prior expects
    estimate, error = fit_effects(replace(judge, x=score[:, None], features=0)).single(np.ones((1, 1)))
    return float(estimate[0] / error[0])
