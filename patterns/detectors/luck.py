"""What templates have for no reason that the hazard model knows, and what it leaves of the effects of channels.

A channel's touches share a few templates, so a lucky one among them looks like a better channel. Each template gets a
random effect of its own, whose spread the facts and a prior decide (`patterns.stats.clusters`).
"""

from dataclasses import replace

import numpy as np

from patterns.detectors.atrisk import AtRisk
from patterns.detectors.frame import Ints
from patterns.detectors.hazard import Hazard, model_levels, row_columns, terms
from patterns.stats.clusters import fit_clusters
from patterns.stats.counting import Patterns, count_patterns, dense_codes

MIN_SENDS = 20  # of a template that is told apart: what was sent a few times says nothing of its spread


def with_template_luck(model: Hazard, table: AtRisk) -> Hazard:
    """The model with the luck of templates in its effects and their covariance.

    Where a channel has hundreds of templates they move next to nothing; where it has one, the two cannot be told apart,
    and the effect of the channel is as unsure as the luck of a text. Without templates nothing changes.
    """
    template = frequent(table.template)
    if template.max(initial=-1) < 0:
        return model
    counted = count_patterns([template, *row_columns(table)], table.y, dense_codes(table.period))
    levels = model_levels(list(counted.levels[:, 1:].T))
    patterns = Patterns(levels, counted.stratum, counted.trials, counted.events)
    return replace(model, fit=fit_clusters(patterns, counted.levels[:, 0], terms(model.scale), model.fit).fit)


def frequent(template: Ints) -> Ints:
    """Codes of the templates with MIN_SENDS touches or more; -1 for others, and where none is known."""
    keys, code, sends = np.unique(template, return_inverse=True, return_counts=True)
    kept = (sends >= MIN_SENDS) & (keys != 0)
    return np.where(kept, np.cumsum(kept) - 1, -1)[code]
