"""The at-risk touch table: one row a touch that could still have led to the outcome, each followed for the same time.

The unit of analysis of WHAT, WHEN and HOW (`docs/statistics.md`, "The at-risk touch table").
"""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from conversion.vocabulary import EXITS, TIERS, LeadStatus, Outcome, Tier
from patterns.detectors.frame import DAY, UNKNOWN, Bools, Floats, Frame, FrameError, Ints
from patterns.stats.counting import dense_codes

WINDOW_DAYS = 14  # an outcome later than this after a touch is not that touch's
UNSUBSCRIBED = EXITS.index(LeadStatus.UNSUBSCRIBED)
# Bookings decide where there are this many; a lift of 1.5 then has an interval of about 0.3 either way. Where there are
# fewer, an earlier outcome that is at least this many times as common tells more, although it is not the goal itself.
ENOUGH, MORE_COMMON = 100, 3
UNSCORED = TIERS.index(Tier.WARM)  # a lead without a score counts as 50


@dataclass(frozen=True)
class AtRisk:
    """Columns of the matured at-risk touches, sorted by lead and time.

    row: index into `frame.touches`. lead, channel, touch, tier, day, hour, template, plan: as there (tier: warm where it is
    unknown). outcome: what y speaks of. y: bool, this touch led to the outcome within the window. booked: bool, it led to
    the booking within the window; y holds wherever it does. left: bool, the lead unsubscribed after this touch, before
    the next and within the window. previous: int8, channel of the lead's touch before, -1 none. gap: int16, whole days
    since that touch, -1 none.
    distinct: int8, channels the lead had been sent before. new: bool, this channel is not among them, and there are some.
    period: int64, the campaign's key or, where there is none, minus the calendar month. stratum: int32 code of (period,
    channel, touch). implied: int64 by touch number (index 0 unused), touches known to have been made before the first
    one recorded, without converting: they count in the touch hazard alone.
    """

    row: Ints
    lead: Ints
    channel: Ints
    touch: Ints
    tier: Ints
    day: Ints
    hour: Ints
    template: Ints
    plan: Ints
    y: Bools
    booked: Bools
    left: Bools
    previous: Ints
    gap: Ints
    distinct: Ints
    new: Bools
    period: Ints
    stratum: Ints
    implied: Ints
    outcome: Outcome = Outcome.BOOKED

    def __len__(self) -> int:
        return len(self.row)


_tables: WeakKeyDictionary[Frame, dict[Outcome, AtRisk]] = WeakKeyDictionary()  # four detectors read the same table


def at_risk(frame: Frame, outcome: Outcome | None = None) -> AtRisk:
    """The table of the frame's matured at-risk touches, made once a frame. outcome: that y speaks of, the one that the
    frame has enough of (`chosen_outcome`) where None.

    A touch is matured once the window has passed since it was sent, whether or not it converted: a rule that lets
    conversions in earlier than silence inflates the rate of whatever began last. A touch after its lead converted or
    left, or after the reply that is the outcome, is not at risk. Raises FrameError where touches are not sorted by lead
    and time.
    """
    tables = _tables.setdefault(frame, {})
    if outcome is None:
        outcome = chosen_outcome(at_risk(frame, Outcome.BOOKED), frame)
    if outcome not in tables:
        tables[outcome] = table_of(frame, outcome)
    return tables[outcome]


def chosen_outcome(table: AtRisk, frame: Frame) -> Outcome:
    """Bookings, unless they are few and positive replies, or replies, are several times as common.

    A reply that is not positive is the poorest sign of a booking, so it serves only where positive ones are few as well.
    table: of bookings.
    """
    booked = int(table.booked.sum())
    positive = int((frame.touches.positive[table.row] | table.booked).sum())
    replied = int((frame.touches.replied[table.row] | table.booked).sum())
    if booked >= ENOUGH or max(positive, replied) < MORE_COMMON * max(booked, 1):
        return Outcome.BOOKED
    if positive >= MORE_COMMON * booked and (positive >= ENOUGH or replied < MORE_COMMON * positive):
        return Outcome.POSITIVE_REPLY
    return Outcome.REPLIED


def signs(frame: Frame, outcome: Outcome, booked: Bools) -> Bools:
    """The touches that led to the outcome; a booking is a positive reply, whether or not one was recorded."""
    if outcome == Outcome.BOOKED:
        return booked
    answered = frame.touches.positive if outcome == Outcome.POSITIVE_REPLY else frame.touches.replied
    return answered | frame.touches.positive | booked


def table_of(frame: Frame, outcome: Outcome) -> AtRisk:
    touches, leads = frame.touches, frame.leads
    lead = touches.lead
    same = np.zeros(len(touches), dtype=bool)  # the touch before belongs to the same lead
    same[1:] = lead[1:] == lead[:-1]
    if np.any(np.diff(lead) < 0) or np.any(same[1:] & (np.diff(touches.sent_at) < 0)):
        raise FrameError("touches are not sorted by lead and sent_at")

    ended = np.fmin(leads.converted_at, leads.left_at)[lead]
    matured = touches.sent_at <= frame.as_of - WINDOW_DAYS * DAY
    after = leads.converted_at[lead] - touches.sent_at
    booked = touches.booked & (after >= 0) & (after <= WINDOW_DAYS * DAY)
    y = signs(frame, outcome, booked)
    risky = ~(touches.sent_at > ended) & ~after_the_first(y, same)  # NaN: the lead is still there

    previous = np.full(len(touches), UNKNOWN, dtype=np.int8)
    gap = np.full(len(touches), UNKNOWN, dtype=np.int16)
    previous[1:] = np.where(same[1:], touches.channel[:-1], UNKNOWN)
    days = np.diff(touches.sent_at) // DAY
    gap[1:] = np.where(same[1:], np.minimum(days, 999), UNKNOWN)
    seen = channels_before(touches.channel, same)
    distinct = np.bitwise_count(seen).astype(np.int8)
    new = (distinct > 0) & ((seen >> touches.channel.astype(np.int64)) & 1 == 0)

    last = np.ones(len(touches), dtype=bool)  # no later touch of this lead while it was there
    last[:-1] = ~(same[1:] & risky[1:])
    left_after = leads.left_at[lead] - touches.sent_at
    left = (leads.exit[lead] == UNSUBSCRIBED) & last & (left_after >= 0) & (left_after <= WINDOW_DAYS * DAY) & ~y

    keep = np.flatnonzero(risky & matured)
    period = np.where(touches.campaign == 0, -months(touches.sent_at), touches.campaign)[keep]
    return AtRisk(
        row=keep,
        lead=lead[keep],
        channel=touches.channel[keep],
        touch=touches.touch[keep],
        tier=np.where(touches.tier < 0, UNSCORED, touches.tier)[keep],
        day=touches.day[keep],
        hour=touches.hour[keep],
        template=touches.template[keep],
        plan=touches.plan[keep],
        y=y[keep],
        booked=booked[keep],
        left=left[keep],
        previous=previous[keep],
        gap=gap[keep],
        distinct=distinct[keep],
        new=new[keep],
        period=period,
        stratum=dense_codes(period, touches.channel[keep], touches.touch[keep]),
        implied=implied_touches(touches.touch, same, keep),
        outcome=outcome,
    )


def after_the_first(marked: Bools, same: Bools) -> Bools:
    """Rows that come after their lead's first marked one; `same`: the row before is the same lead's."""
    count: Ints = np.cumsum(marked) - marked  # marked rows before this one, of all leads
    begins = np.maximum.accumulate(np.where(same, 0, np.arange(len(same)))) if len(same) else count
    later: Bools = count > count[begins]
    return later


def channels_before(channel: Ints, same: Bools) -> Ints:
    """Bits of the channels that each touch's lead was sent before it; `same`: the touch before is the same lead's."""
    bits = (1 << channel.astype(np.int64)).astype(np.int64)
    seen = np.zeros(len(bits), dtype=np.int64)
    rows = np.flatnonzero(same)
    position = (
        np.arange(len(bits)) - np.maximum.accumulate(np.where(same, 0, np.arange(len(bits)))) if len(bits) else rows
    )
    for step in range(1, int(position.max(initial=0)) + 1):  # one pass a touch number: leads have few touches
        at = rows[position[rows] == step]
        seen[at] = seen[at - 1] | bits[at - 1]
    return seen


def implied_touches(touch: Ints, same: Bools, keep: Ints) -> Ints:
    """How many touches of each number were made, silently, before the first one that is recorded of its lead."""
    first = touch[keep][~same[keep]].astype(np.int64)
    starts = np.bincount(np.maximum(first, 1))
    return (
        np.concatenate([[0], starts[::-1].cumsum()[::-1][2:], [0]]) if len(starts) > 1 else np.zeros(2, dtype=np.int64)
    )


def months(seconds: Floats) -> Ints:
    """Calendar months (UTC) since year 0, from seconds since 1970."""
    return seconds.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) + 1970 * 12
