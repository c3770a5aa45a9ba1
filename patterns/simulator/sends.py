"""Which touches a lead would be sent, if nothing stopped them: channels, times, texts."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from conversion.vocabulary import CHANNELS, TIERS, Channel, Tier
from patterns.detectors.frame import DAY, UNKNOWN, Bools, Floats, Ints
from patterns.simulator.clock import SATURDAY, to_local, to_utc, weekday
from patterns.simulator.leads import ZONES, People

if TYPE_CHECKING:
    from patterns.simulator.effects import World
    from patterns.simulator.library import Library

TOUCHES = 6
GAP_RANGES = ("0-1", "2", "3", "4-5", "6-7", "8-14")
GAP_STARTS = np.array([0, 2, 3, 4, 6, 8])
GAPS = np.array([5, 9, 12, 10, 9, 7, 8, 4, 4, 3, 3, 2, 2, 3], dtype=float)  # how often 1 to 14 days are waited
CHANNEL_SHARES = np.array([0.4, 0.15, 0.2, 0.2, 0.05])  # in the order of CHANNELS
HOUR_SHARES = np.array([0.0] * 7 + [0.3, 1, 2, 3, 2, 1, 1.5, 2, 2, 1.5, 1, 0.3] + [0.0] * 5)
PLANS = 24  # common ones
PLANNED = 0.65  # of the leads have a common plan, the rest one of their own
SPREAD_DAYS = 266  # starts are spread over about nine months
MARGIN_DAYS = 4  # a lead starts at least so long before as_of, so that a weekend cannot push its first touch past it


@dataclass(frozen=True)
class Sends:
    """Touches that were to be sent, (leads, touches) each; `plan` (leads,): number of the common plan, 0 none.

    channel: position in CHANNELS. touch: 1-based. sent_at: seconds since 1970. day: 0 = Monday, hour: both at the lead.
    gap: whole days since the touch before, -1 for the first. new: a channel not used before, from the second touch on.
    template: row of the library.
    """

    channel: Ints
    touch: Ints
    sent_at: Floats
    day: Ints
    hour: Ints
    gap: Ints
    new: Bools
    template: Ints
    plan: Ints

    @classmethod
    def of(
        cls, *, channel: Ints, sent_at: Floats, day: Ints, hour: Ints, template: Ints, plan: Ints | None = None
    ) -> "Sends":
        """Sends with what follows from channels and times; `plan` 0 for all unless it is given."""
        gap = np.full(channel.shape, UNKNOWN, dtype=np.int16)
        gap[:, 1:] = np.diff(sent_at, axis=1) // DAY
        return cls(
            channel=channel,
            touch=np.broadcast_to(np.arange(1, channel.shape[1] + 1, dtype=np.int16), channel.shape),
            sent_at=sent_at,
            day=day,
            hour=hour,
            gap=gap,
            new=first_uses(channel),
            template=template,
            plan=np.zeros(len(channel), dtype=np.int64) if plan is None else plan,
        )


def first_uses(channel: Ints) -> Bools:
    """Whether a channel is used for the first time in its row, from the second column on."""
    new = np.zeros(channel.shape, dtype=bool)
    seen = 1 << channel[:, 0].astype(np.int64)
    for touch in range(1, channel.shape[1]):
        bit = 1 << channel[:, touch].astype(np.int64)
        new[:, touch] = (seen & bit) == 0
        seen |= bit
    return new


def gap_bin(gap: Ints) -> Ints:
    """Position in GAP_RANGES, -1 for no gap."""
    return np.searchsorted(GAP_STARTS, gap, side="right") - 1


def draw_sends(world: "World", people: People, library: "Library", as_of: float, rng: np.random.Generator) -> Sends:
    """The touches that the operator of this world would send to these people, none before as_of - 270 days."""
    channel, plan = draw_channels(world, people, rng)
    date = draw_dates(world, len(people), as_of, rng)
    second = draw_hours(world, date.shape, rng) * 3600 + rng.integers(0, 3600, date.shape)
    sent_at, hour = to_utc(ZONES, np.broadcast_to(people.zone[:, None], date.shape), date, second)
    template = library.draw(channel, rng)
    return Sends.of(
        channel=channel, sent_at=sent_at, day=weekday(date).astype(np.int8), hour=hour, template=template, plan=plan
    )


def planned_sends(people: People, channel: Ints, sent_at: Floats, template: Ints) -> Sends:
    """The touches of plans made elsewhere, (leads, touches) each. sent_at: seconds since 1970, rising along a row."""
    day, hour = to_local(ZONES, np.broadcast_to(people.zone[:, None], sent_at.shape), sent_at)
    return Sends.of(channel=channel, sent_at=sent_at, day=day, hour=hour, template=template)


def draw_channels(world: "World", people: People, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Channels (leads, touches), and the common plan of each lead, 0 none."""
    hot = people.tier == TIERS.index(Tier.HOT)
    shares = CHANNEL_SHARES.copy()
    shares[CHANNELS.index(Channel.VOICE)] *= world.hot_voice
    pools = (CHANNEL_SHARES, shares / shares.sum()) if world.hot_voice != 1 else (CHANNEL_SHARES,)
    plans = np.concatenate([rng.choice(len(CHANNELS), (PLANS, TOUCHES), p=pool) for pool in pools])
    own = [rng.choice(len(CHANNELS), (len(people), TOUCHES), p=pool) for pool in pools]
    pool = np.where(hot, len(pools) - 1, 0)
    chosen = rng.integers(0, PLANS, len(people)) + PLANS * pool
    planned = rng.random(len(people)) < PLANNED
    channel = np.where(planned[:, None], plans[chosen], np.where(hot[:, None], own[-1], own[0]))
    return channel.astype(np.int8), np.where(planned, chosen + 1, 0).astype(np.int64)


def draw_dates(world: "World", leads: int, as_of: float, rng: np.random.Generator) -> Ints:
    """Local dates (leads, touches), rising along a row; what falls on a weekend mostly moves to Monday."""
    last = int(as_of // DAY) - MARGIN_DAYS
    gaps = rng.choice(np.arange(1, len(GAPS) + 1), (leads, TOUCHES), p=GAPS / GAPS.sum())
    kept = rng.random((leads, TOUCHES)) < world.weekend
    dates = np.empty((leads, TOUCHES), dtype=np.int64)
    date = last - rng.integers(0, SPREAD_DAYS, leads)
    for touch in range(TOUCHES):
        date = date + gaps[:, touch] if touch else date
        late = weekday(date)
        date = date + np.where((late >= SATURDAY) & ~kept[:, touch], 7 - late, 0)
        dates[:, touch] = date
    return dates


def draw_hours(world: "World", shape: tuple[int, ...], rng: np.random.Generator) -> Ints:
    """Local hours: office hours, and a share of `world.night` at any hour of the day."""
    shares = HOUR_SHARES / HOUR_SHARES.sum() * (1 - world.night) + world.night / len(HOUR_SHARES)
    return rng.choice(len(shares), shape, p=shares)
