"""Outreach over four channels in a world of odds ratios: what the claims about HOW are tried on.

The named worlds of `patterns.simulator` are products of hazards; here effects are odds ratios, as the hazard model's are, so
that what it should find is known exactly, and so is the worth of every plan.
"""

from dataclasses import dataclass, field

import numpy as np

from conversion.vocabulary import CHANNELS, EXITS, Channel, LeadStatus
from patterns.detectors.frame import DAY, Bools, Category, Floats, Frame, Ints, Leads, Touches
from patterns.stats.plans import all_plans, channels_used, conversion

CODES = tuple(CHANNELS.index(name) for name in (Channel.EMAIL, Channel.SMS, Channel.LINKEDIN, Channel.VOICE))
EMAIL, SMS, LINKEDIN, VOICE = CODES
TOUCHES = 6
AS_OF = 1_772_409_600.0  # 2026-03-02
TIER_ODDS = (2.0, 1.0, 0.6)  # hot, warm, cool and colder
TIER_SHARES = (0.15, 0.35, 0.5)
GAP_DAYS = (1, 10)  # from, and before
SPREAD_DAYS = 200  # over which leads begin
FOLLOWED_DAYS = 80  # at least, of every lead: nothing is cut off
CAMPAIGNS = 3


@dataclass(frozen=True)
class World:
    """channel: odds ratio by code, 1 elsewhere. new_channel: odds ratio of a channel not used before. templates: a channel.
    luck: standard deviation of a template's log odds. leaves: hazard of unsubscribing after a touch, by code of the channel.
    """

    base: float = 0.03
    channel: dict[int, float] = field(default_factory=dict)
    new_channel: float = 1.0
    templates: int = 30
    luck: float = 0.0
    leaves: dict[int, float] = field(default_factory=dict)
    usual_leaves: float = 0.003

    def log_odds(self, plans: Ints) -> Floats:
        """Of each touch of these plans (plans, touches) for a warm lead, by a template without luck."""
        by_channel = np.array([np.log(self.channel.get(code, 1.0)) for code in range(len(CHANNELS))])
        _, new = channels_used(plans)
        return np.asarray(np.log(self.base / (1 - self.base)) + by_channel[plans] + np.log(self.new_channel) * new)

    def leaving(self, plans: Ints) -> Floats:
        return np.array([self.leaves.get(code, self.usual_leaves) for code in range(len(CHANNELS))])[plans]

    def draw_luck(self, seed: int) -> Floats:
        """(channels, templates): the log odds that each template of the client of this seed has for no reason."""
        rng = np.random.default_rng([seed, 1])
        return self.luck * rng.standard_normal((len(CHANNELS), self.templates))

    def worth(self, plans: Ints, luck: Floats) -> Floats:
        """Share of the leads that book under each plan, each touch by any of the client's templates of its channel."""
        odds, leaves = self.log_odds(plans), self.leaving(plans)
        tiers = zip(TIER_SHARES, TIER_ODDS, strict=True)
        return np.asarray(
            sum(share * conversion(average(odds + np.log(ratio), plans, luck), leaves) for share, ratio in tiers)
        )

    def best(self, luck: Floats) -> float:
        """The worth of the best plan that there is."""
        return float(self.worth(all_plans(CODES, TOUCHES), luck).max())


def average(odds: Floats, plans: Ints, luck: Floats) -> Floats:
    """The hazard of each touch over the templates of its channel."""
    if not luck.any():
        return chance(odds)
    total = np.zeros(plans.shape)
    for template in luck.T:
        total += chance(odds + template[plans])
    return total / luck.shape[1]


@dataclass(frozen=True)
class Job:
    """One simulated client. oracle: an independent library is to repeat the fit."""

    world: World
    leads: int
    seed: int
    oracle: bool = False


def chance(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-log_odds)))


def outreach(world: World, leads: int, seed: int) -> Frame:
    """A history of `leads` leads whom an operator wrote to over channels taken at random, all followed to the end."""
    rng = np.random.default_rng(seed)
    shape = (leads, TOUCHES)
    channel = rng.choice(CODES, shape)
    tier = rng.choice(len(TIER_SHARES), leads, p=TIER_SHARES)
    template = rng.integers(0, world.templates, shape) + channel * world.templates
    luck = world.draw_luck(seed).ravel()
    gaps = rng.integers(*GAP_DAYS, shape)
    gaps[:, 0] = 0
    begun = AS_OF - (FOLLOWED_DAYS + rng.random(leads) * SPREAD_DAYS) * DAY
    sent_at = np.floor(begun[:, None] + np.cumsum(gaps, axis=1) * DAY)
    odds = world.log_odds(channel) + np.log(np.array(TIER_ODDS))[tier, None] + luck[template]
    books = rng.random(shape) < chance(odds)
    leaves = ~books & (rng.random(shape) < world.leaving(channel))
    ends = books | leaves
    last = np.where(ends.any(axis=1), ends.argmax(axis=1), TOUCHES - 1)
    sent = np.arange(TOUCHES) <= last[:, None]
    rows = np.arange(leads)
    after = sent_at[rows, last] + DAY / 2
    booked, left = books[rows, last], leaves[rows, last]
    return Frame(
        people(np.where(booked, after, np.nan), np.where(left, after, np.nan)),
        touches(
            sent,
            sent_at=sent_at,
            channel=channel,
            template=template,
            tier=tier,
            campaign=rng.integers(1, CAMPAIGNS + 1, leads),
            booked=books & sent,
        ),
        AS_OF,
    )


def people(converted_at: Floats, left_at: Floats) -> Leads:
    """Leads of whom nothing is known but what became of them."""
    count = len(converted_at)
    unknown = np.full(count, -1, dtype=np.int8)
    nobody = Category(np.full(count, -1, dtype=np.int32), ())
    gone = EXITS.index(LeadStatus.UNSUBSCRIBED)
    return Leads(
        title=nobody,
        industry=nobody,
        employees=np.full(count, -1, dtype=np.int32),
        new_role=unknown,
        hiring=unknown,
        funded=unknown,
        components=np.full((count, 4), np.nan),
        risk=np.zeros(count),
        converted_at=converted_at,
        left_at=left_at,
        exit=np.where(np.isnan(left_at), -1, gone).astype(np.int8),
    )


def touches(
    sent: Bools, *, sent_at: Floats, channel: Ints, template: Ints, tier: Ints, campaign: Ints, booked: Bools
) -> Touches:
    """The rows that were sent; all but tier and campaign, which are a lead's, are (leads, touches)."""
    lead, column = np.nonzero(sent)
    none = np.zeros(len(lead), dtype=np.int64)
    no_flag = np.zeros(len(lead), dtype=bool)
    return Touches(
        lead=lead.astype(np.int32),
        sent_at=sent_at[sent],
        channel=channel[sent].astype(np.int8),
        touch=(column + 1).astype(np.int16),
        template=template[sent].astype(np.int64) + 1,
        campaign=campaign[lead],
        plan=none,
        tier=tier[lead].astype(np.int8),
        day=none.astype(np.int8),
        hour=(none + 10).astype(np.int8),
        pain_points=none,
        cta=np.full(len(lead), -1, dtype=np.int16),
        angles=none,
        subjects=none,
        personalization=none,
        words=np.full(len(lead), -1, dtype=np.int32),
        chars=np.full(len(lead), -1, dtype=np.int32),
        booked=booked[sent],
        replied=no_flag,
        positive=no_flag,
        propensity=np.full(len(lead), np.nan),
    )
