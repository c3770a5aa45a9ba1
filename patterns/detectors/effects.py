"""The families of findings that the hazard model gives: channels, channels in tiers, further channels, transitions."""

from collections.abc import Sequence

import numpy as np

from conversion.vocabulary import CHANNELS, TIERS
from patterns.detectors.families import Family
from patterns.detectors.frame import Ints
from patterns.detectors.hazard import COUNTS, Hazard, against_all, against_rest, effects_family, row_of
from patterns.stats.rates import Counts, Floats

NAMES = tuple(str(channel) for channel in CHANNELS)
COUNT_KEYS = ("1_channel", "2_channel", "3_channel", "4_plus_channels")


def picked(counts: Counts, at: Sequence[int] | Ints) -> Counts:
    return Counts(counts.trials[at], counts.successes[at])


def channel_row(model: Hazard, channel: int, *, tier: int | None = None, previous: int | None = None) -> Floats:
    """Effect of a channel: in a tier, or on average over them; after a channel, or on average over what came before."""
    parts: dict[tuple[str, int], float] = {("channel", channel): 1.0}
    tiers = shares(model.counts("tier")) if tier is None else np.eye(len(TIERS))[tier]
    before = model.previous_shares if previous is None else np.eye(len(NAMES))[previous]
    parts |= {("channel_in_tier", t * len(NAMES) + channel): float(tiers[t]) for t in range(len(TIERS))}
    parts |= {("transition", p * len(NAMES) + channel): float(before[p]) for p in range(len(NAMES))}
    return row_of(model, parts)


def shares(counts: Counts) -> Floats:
    return np.asarray(counts.trials / max(int(counts.trials.sum()), 1), dtype=np.float64)


def channel_family(model: Hazard) -> Family | None:
    """Each channel against the average of the others, over all tiers; None where fewer than two were used."""
    counts = model.counts("channel")
    used = np.flatnonzero(counts.trials)
    if len(used) < 2:  # noqa: PLR2004 - a comparison needs two
        return None
    rows = np.stack([channel_row(model, int(c)) for c in used])
    effect = against_rest(model, rows, counts.trials[used].astype(float))
    keys = [{"channel": NAMES[c]} for c in used]
    return effects_family(keys, picked(counts, used), model.predicted("channel")[used], effect)


def tier_families(model: Hazard) -> dict[str, Family]:
    """By tier in which two channels or more were used: each channel against all touches of the tier."""
    counts, predicted = model.counts("channel_in_tier"), model.predicted("channel_in_tier")
    families = {}
    for t, tier in enumerate(TIERS):
        cells = [t * len(NAMES) + c for c in range(len(NAMES)) if counts.trials[t * len(NAMES) + c]]
        if len(cells) > 1:
            rows = np.stack([channel_row(model, i % len(NAMES), tier=t) for i in cells])
            effect = against_all(model, rows, counts.trials[cells].astype(float))
            keys = [{"tier": str(tier), "channel": NAMES[i % len(NAMES)]} for i in cells]
            families[str(tier)] = effects_family(keys, picked(counts, cells), predicted[cells], effect)
    return families


def new_family(model: Hazard) -> Family | None:
    """A channel not used before against one used before, the channel itself held; None where there was no such touch."""
    counts, again = model.counts("new"), model.counts("used")
    if not counts.trials[0] or counts.trials[0] == again.trials.sum():
        return None
    row = row_of(model, {("new", 0): 1.0})
    estimate, error = model.fit.contrast(row[None, :])
    return effects_family([{"effect": "new_channel"}], counts, model.predicted("new"), (estimate, error))


def count_family(model: Hazard) -> Family | None:
    """How many channels were used before the touch, against all touches but first ones; None where it never varied."""
    counts = model.counts("used")
    used = np.flatnonzero(counts.trials)
    if len(used) < 2:  # noqa: PLR2004 - a comparison needs two
        return None
    rows = np.stack([row_of(model, {("used", k): 1.0}) for k in range(COUNTS)])[used]
    effect = against_all(model, rows, counts.trials[used].astype(float))
    keys = [{"effect": COUNT_KEYS[k]} for k in used]
    return effects_family(keys, picked(counts, used), model.predicted("used")[used], effect)


def transition_families(model: Hazard) -> dict[str, Family]:
    """By channel of the touch before, where two or more followed it: each next channel against all that followed it."""
    counts, predicted = model.counts("transition"), model.predicted("transition")
    families = {}
    for p, previous in enumerate(NAMES):
        cells = [p * len(NAMES) + c for c in range(len(NAMES)) if counts.trials[p * len(NAMES) + c]]
        if len(cells) > 1:
            rows = np.stack([channel_row(model, i % len(NAMES), previous=p) for i in cells])
            effect = against_all(model, rows, counts.trials[cells].astype(float))
            keys = [{"from": previous, "to": NAMES[i % len(NAMES)]} for i in cells]
            families[previous] = effects_family(keys, picked(counts, cells), predicted[cells], effect)
    return families
