"""The textbook way to learn channels and sequences, for comparison: raw rates of what leads were sent until they booked."""

from collections.abc import Mapping

import numpy as np

from patterns.detectors.frame import Frame

FEWEST = 3  # leads of a sequence that is reported
TOP = 5


def won_sent(frame: Frame) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """Whether each lead booked, and the channels that it was sent: as many as it took, where it booked."""
    won = ~np.isnan(frame.leads.converted_at)
    ends = np.cumsum(np.bincount(frame.touches.lead, minlength=len(won)))[:-1]
    return won, [tuple(part.tolist()) for part in np.split(frame.touches.channel, ends)]


def channels_lifts(frame: Frame) -> list[float]:
    """Share that booked of the leads sent over 1, 2, 3, 4 channels, as a ratio to those of 1."""
    won, sent = won_sent(frame)
    used = np.array([len(set(channels)) for channels in sent])
    rates = [float(won[used == count].mean()) if (used == count).any() else np.nan for count in (1, 2, 3, 4)]
    return [rate / rates[0] for rate in rates]


def with_channel_lift(frame: Frame, channel: int) -> float:
    """Share that booked of the leads sent something over a channel, as a ratio to the others'."""
    won, sent = won_sent(frame)
    used = np.array([channel in channels for channels in sent])
    return float(won[used].mean() / won[~used].mean())


def winning(frame: Frame) -> Mapping[tuple[int, ...], float]:
    """The sequences with the largest raw share that booked, and that share; a longer history of two equals first."""
    won, sent = won_sent(frame)
    tally: dict[tuple[int, ...], list[int]] = {}
    for booked, channels in zip(won.tolist(), sent, strict=True):
        count = tally.setdefault(channels, [0, 0])
        count[0] += 1
        count[1] += booked
    rates = {channels: k / n for channels, (n, k) in sorted(tally.items()) if n >= FEWEST}
    best = sorted(rates, key=lambda channels: (-rates[channels], -len(channels)))[:TOP]
    return {channels: rates[channels] for channels in best}
