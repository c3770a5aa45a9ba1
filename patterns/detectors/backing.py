"""How sure WHAT is that acting on its findings pays, judged on templates that the findings were not learned from.

`docs/statistics.md`, "Confidence".
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from patterns.detectors.features import Fitted
from patterns.detectors.frame import Bools
from patterns.detectors.texts import Written, informative, model_of
from patterns.stats.mixed import Texts, fit_mixed
from patterns.stats.rates import Floats


def chance_of_gain(fitted: Fitted, rng: np.random.Generator) -> float:
    """Probability that texts chosen by what was learned book more often than others.

    The templates of each channel are split in two halves at random. What one half teaches about features and lengths
    scores the texts of the other, where the effect of that score is estimated as a feature's is; the verdicts of both
    halves are averaged. They share the agreement of the halves, so they may be as good as one verdict: the average is taken
    as no surer than either (Stouffer's root of two would hold for independent ones).
    """
    counts = fitted.counts
    first = halves(counts, rng)[counts.template]
    parts = [subset(fitted, side) for side in (first, ~first)]
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


@dataclass(frozen=True)
class Half:
    """Some templates' model, all columns kept, and where the model of all templates saw its cells."""

    texts: Texts
    near: Floats


def subset(fitted: Fitted, keep: Bools) -> Half | None:
    """The model of some templates alone; None where no stratum of theirs can tell texts apart."""
    counts = fitted.counts
    some = replace(counts, **{name: getattr(counts, name)[keep] for name in ("stratum", "template", "text", "n", "k")})
    telling = informative(some)
    if not telling.any():
        return None
    return Half(model_of(some, some.has, fitted.lengths, telling), fitted.log_odds[keep][telling])


def verdict(learn: Half | None, judge: Half | None) -> float:
    """Standardised effect, on the texts of `judge`, of the score that `learn` gives them; 0 where nothing can be said."""
    if learn is None or judge is None:
        return 0.0
    score: Floats = judge.texts.x @ fit_mixed(learn.texts, learn.near).effects.mean
    if np.ptp(score) == 0:
        return 0.0
    score = (score - score.mean()) / score.std()  # its own effect is then of the size that the prior expects
    alone = replace(judge.texts, x=score[:, None], features=0)
    estimate, error = fit_mixed(alone, judge.near).effects.single(np.ones((1, 1)))
    return float(estimate[0] / error[0])
