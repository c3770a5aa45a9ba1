"""What templates have for no reason that the hazard model knows, and how unsure it makes the effects of channels.

A channel's touches share a few dozen templates, so a lucky one among them looks like a better channel. The templates'
own spread is estimated from what the model leaves over, and carried into the covariance of its effects.
"""

from dataclasses import replace

import numpy as np

from conversion.vocabulary import CHANNELS
from patterns.detectors.atrisk import AtRisk
from patterns.detectors.frame import Ints
from patterns.detectors.hazard import COLUMNS, SIZES, Hazard, model_levels, row_columns
from patterns.stats.counting import count_patterns, dense_codes
from patterns.stats.rates import Floats

MIN_SENDS = 20  # of a template that is told apart: what was sent a few times says nothing of its spread


def with_template_luck(model: Hazard, table: AtRisk) -> Hazard:
    """The model with the variance that templates add to its effects.

    Template j moves its touches' log odds by u_j ~ N(0, s^2). To first order the effects then move by V X' W Z u, where
    V is their covariance, X the touches' levels (centred), W the binomial weights and Z the touches' templates, so s^2
    times the square of that matrix comes on top. s^2 is that of the method of moments, from observed less fitted
    conversions by template, whose mean by channel the fit has taken up already. Without templates nothing changes.
    """
    template = frequent(table.template)
    templates = int(template.max(initial=-1)) + 1
    if templates <= len(CHANNELS):
        return model
    counted = count_patterns([template, *row_columns(table)], table.y, dense_codes(table.period))
    template, levels = counted.levels[:, 0], model_levels(list(counted.levels[:, 1:].T))
    eta = model.fit.log_odds(levels) + model.fit.strata[counted.stratum]
    rate = 1 / (1 + np.exp(-eta))
    weight = counted.trials * rate * (1 - rate)
    known = template >= 0
    excess, weights = (
        np.bincount(template[known], weights=amount[known], minlength=templates)
        for amount in (counted.events - counted.trials * rate, weight)
    )
    freedom = templates / (templates - len(CHANNELS))
    spread = max(0.0, freedom * float((excess**2 - weights).sum()) / float((weights**2).sum()))
    if not spread:
        return model
    average = np.concatenate([model.totals(column, model_weight(model)) for column in COLUMNS])
    moved = model.fit.covariance @ (
        shared_weights(levels, template, weight, templates) - np.outer(average / model_weight(model).sum(), weights)
    )
    return replace(model, fit=replace(model.fit, covariance=model.fit.covariance + spread * moved @ moved.T))


def frequent(template: Ints) -> Ints:
    """Codes of the templates with MIN_SENDS touches or more; -1 for others, and where none is known."""
    keys, code, sends = np.unique(template, return_inverse=True, return_counts=True)
    kept = (sends >= MIN_SENDS) & (keys != 0)
    return np.where(kept, np.cumsum(kept) - 1, -1)[code]


def model_weight(model: Hazard) -> Floats:
    return np.asarray(model.patterns.trials * model.rate * (1 - model.rate))


def shared_weights(levels: Ints, template: Ints, weight: Floats, templates: int) -> Floats:
    """X' W Z: the weight that each coefficient shares with each template, (coefficients, templates)."""
    parts = []
    for column, size in zip(levels.T, SIZES, strict=True):
        both = (column >= 0) & (template >= 0)
        cell = column[both].astype(np.int64) * templates + template[both]
        parts.append(np.bincount(cell, weights=weight[both], minlength=size * templates).reshape(size, templates))
    return np.concatenate(parts)
