"""Which length of a text does best on each channel (`docs/statistics.md`, "Length").

The effect of length is a parabola in its logarithm, one a channel, fitted together with the features of the texts.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from conversion.vocabulary import CHANNELS, Channel, Status
from patterns.detectors.findings import OUTCOMES_SUPPORTED, Q_SUPPORTED, Abstention
from patterns.detectors.frame import Floats, Ints
from patterns.detectors.texts import LENGTH_IN_CHARS, Written
from patterns.stats.effects import Effects
from patterns.stats.strata import Z95

MIN_TEMPLATES = 8  # on a channel: a parabola and the luck's spread from fewer would be three numbers from seven
OUTER = (5, 95)  # percentiles of the lengths sent between which a length may be called best
SHOWN = (Channel.EMAIL, Channel.LINKEDIN, Channel.SMS)


@dataclass(frozen=True)
class Curve:
    """A channel's length in standard units, and where its two columns stand. templates: of different lengths or not."""

    channel: Channel
    columns: Ints
    centre: float
    scale: float
    shortest: float
    longest: float
    templates: int
    sends: int
    bookings: int

    @property
    def shown(self) -> bool:
        """Whether the payload speaks of it; the other channels' lengths are there to be held fixed."""
        return self.channel in SHOWN

    def basis(self, lengths: Floats) -> Floats:
        """The two columns, (lengths, 2): linear and quadratic in the standardised logarithm."""
        z = (np.log(np.maximum(lengths, 1.0)) - self.centre) / self.scale
        return np.stack([z, z**2 - 1], axis=1)


def length_curves(counts: Written, first: int) -> tuple[Floats, list[Curve]]:
    """Columns (texts, 2 a channel) of the lengths, and what they mean. first: where they will stand in the model.

    A channel whose texts are all of one length, or which has too few templates, has no columns.
    """
    sends = np.bincount(counts.text, weights=counts.n, minlength=len(counts.length))
    bookings = np.bincount(counts.text, weights=counts.k, minlength=len(counts.length))
    template = np.zeros(len(counts.length), dtype=np.int64)
    template[counts.text] = counts.template
    columns: list[Floats] = []
    curves: list[Curve] = []
    for position, channel in enumerate(CHANNELS):
        mine = (counts.channel == position) & (counts.length >= 1)
        logs, weight = np.log(np.maximum(counts.length[mine], 1.0)), sends[mine]
        templates = len(np.unique(template[mine]))
        if templates < MIN_TEMPLATES or np.ptp(logs) < 0.1:  # noqa: PLR2004 - lengths within 10 % are one length
            continue
        centre = float(np.average(logs, weights=weight))
        low, high = np.percentile(counts.length[mine], OUTER)
        curve = Curve(
            channel=channel,
            columns=np.arange(2) + first + 2 * len(curves),
            centre=centre,
            scale=float(np.sqrt(np.average((logs - centre) ** 2, weights=weight))),
            shortest=float(np.ceil(low)),
            longest=float(np.floor(high)),
            templates=templates,
            sends=int(sends[mine].sum()),
            bookings=int(bookings[mine].sum()),
        )
        columns.append(np.where(mine[:, None], curve.basis(counts.length), 0.0))
        curves.append(curve)
    return np.concatenate(columns, axis=1) if columns else np.zeros((len(counts.length), 0)), curves


def best_range(curve: Curve, effects: Effects) -> tuple[int, int, int]:
    """The best length, and the shortest and longest around it that are not clearly worse (95 %)."""
    lengths = np.arange(curve.shortest, max(curve.longest, curve.shortest) + 1)
    basis = curve.basis(lengths)
    mean, covariance = effects.mean[curve.columns], effects.covariance[np.ix_(curve.columns, curve.columns)]
    best = int((basis @ mean).argmax())
    apart = basis - basis[best]
    error = np.sqrt(np.maximum(np.einsum("li,ij,lj->l", apart, covariance, apart), 0.0))
    worse = apart @ mean + Z95 * error < 0
    low = int(np.flatnonzero(worse[:best]).max(initial=-1)) + 1
    after = np.flatnonzero(worse[best:])
    high = best + int(after[0]) - 1 if len(after) else len(lengths) - 1
    return int(lengths[best]), int(lengths[low]), int(lengths[high])


def optimal_lengths(curves: list[Curve], effects: Effects, q_values: Floats) -> dict[str, Any]:
    """The `optimal_length` part: a best length where length matters (q <= 0.05), else the range of which none is worse."""
    found = {curve.channel: (curve, float(q)) for curve, q in zip(curves, q_values, strict=True)}
    return {str(channel): optimal(*found[channel], effects) if channel in found else none(channel) for channel in SHOWN}


def optimal(curve: Curve, q: float, effects: Effects) -> dict[str, Any]:
    unit = "chars" if curve.channel in LENGTH_IN_CHARS else "words"
    best, low, high = best_range(curve, effects)
    narrows = low > curve.shortest or high < curve.longest
    if np.isnan(q) or q > Q_SUPPORTED or curve.bookings < OUTCOMES_SUPPORTED or not narrows:
        return Abstention(
            f"no evidence that length matters; {low} to {high} {unit} do no worse than any other length sent "
            f"({curve.templates} templates, {curve.sends:,} sends)"
        ).payload()
    return {
        f"optimal_{unit}": best,
        "range_min": low,
        "range_max": high,
        "sample": curve.sends,
        "converted": curve.bookings,
        "q_value": q,
        "status": str(Status.SUPPORTED),
    }


def none(channel: Channel) -> dict[str, Any]:
    return Abstention(
        f"{channel}: fewer than {MIN_TEMPLATES} templates, or all of one length; about {MIN_TEMPLATES} of different "
        "lengths are needed"
    ).payload()
