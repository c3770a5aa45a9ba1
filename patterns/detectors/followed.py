"""Leads followed from their first touch for a fixed time: the unit of what is chosen before anything is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr, ndtri

from conversion.vocabulary import Outcome
from patterns.detectors.atrisk import WINDOW_DAYS, AtRisk
from patterns.detectors.families import EXACT, Family, rated, values_family
from patterns.detectors.frame import DAY, Bools, Floats, Frame, Ints
from patterns.detectors.luck import frequent
from patterns.stats.clusters import fit_clusters
from patterns.stats.counting import Patterns, count_patterns, dense_codes
from patterns.stats.logistic import fit, ridge
from patterns.stats.strata import contrast, lifts, stratify

FOLLOWED_DAYS = 35  # the default plan's 21 days, and the 14 in which its last touch may still convert
WITHIN = "campaign or month, and tier, at the first touch"
FREE_SD = 3.0  # prior of a channel where only the variance that templates add is asked for: hardly any
SMALLEST_P = 1e-300  # below, a normal score is infinite


@dataclass(frozen=True)
class Followed:
    """One row a lead whose first touch was recorded FOLLOWED_DAYS or more ago.

    channel, tier, plan, template: of the first touch. y: bool, booked within FOLLOWED_DAYS, and a touch is credited with
    it; where the table speaks of replies, replied to a touch of the first FOLLOWED_DAYS - WINDOW_DAYS.
    stratum: code of (period, tier).
    """

    channel: Ints
    tier: Ints
    plan: Ints
    template: Ints
    y: Bools
    stratum: Ints

    def __len__(self) -> int:
        return len(self.y)


def followed_leads(frame: Frame, table: AtRisk) -> Followed:
    """The followed leads; none where sources recorded only later touches, since what came first is not known."""
    first = np.flatnonzero(table.previous < 0)
    begun = frame.touches.sent_at[table.row[first]]
    kept = (table.touch[first] == 1) & (begun <= frame.as_of - FOLLOWED_DAYS * DAY)
    if (table.touch[first] > 1).any():
        kept[:] = False
    first, begun = first[kept], begun[kept]
    lead = table.lead[first]
    if table.outcome == Outcome.BOOKED:
        y = credited_leads(frame)[lead] & (frame.leads.converted_at[lead] <= begun + FOLLOWED_DAYS * DAY)
    else:
        won_at = np.full(len(frame.leads), np.nan)
        won_at[table.lead[table.y]] = frame.touches.sent_at[table.row[table.y]]
        y = won_at[lead] <= begun + (FOLLOWED_DAYS - WINDOW_DAYS) * DAY
    return Followed(
        channel=table.channel[first],
        tier=table.tier[first],
        plan=table.plan[first],
        template=table.template[first],
        y=y,
        stratum=dense_codes(table.period[first], table.tier[first]),
    )


def credited_leads(frame: Frame) -> Bools:
    """(leads,): whether a touch is credited with the lead's booking, one within WINDOW_DAYS before it, matured or not."""
    touches = frame.touches
    after = frame.leads.converted_at[touches.lead] - touches.sent_at
    credited = np.zeros(len(frame.leads), dtype=bool)
    credited[touches.lead[touches.booked & (after >= 0) & (after <= WINDOW_DAYS * DAY)]] = True
    return credited


def first_channel_family(leads: Followed, names: Sequence[str]) -> Family | None:
    """First channels, at the lead: a choice made beforehand, so leads compare fairly; None where all began alike.

    The luck of the templates that they began with makes the lifts and the tests less sure.
    """
    if not len(leads) or leads.channel.min() == leads.channel.max():
        return None
    family = values_family("first", names, leads.channel, leads.y, leads.stratum, stratified_by=WITHIN)
    inflation = first_luck(leads, len(names))
    sums = contrast(stratify(leads.channel, leads.y, leads.stratum, len(names)))
    z = ndtri(np.clip(family.p_values / 2, SMALLEST_P, 0.5)) / np.sqrt(inflation)
    return replace(
        family,
        lifts=lifts(replace(sums, noise=sums.noise * inflation)),
        p_values=np.minimum(2 * ndtr(z), 1.0),
        method=f"{EXACT}, widened by the luck of the first templates",
    )


def first_luck(leads: Followed, channels: int) -> Floats:
    """(channels,): by how much the luck of the first touches' templates multiplies the variance of each log lift.

    The ratio of two variances of the same contrast, in a logistic model of the leads with and without that luck.
    """
    template = frequent(leads.template)
    if template.max(initial=-1) < 0:
        return np.ones(channels)
    counted = count_patterns([template, leads.channel], leads.y, leads.stratum)
    patterns = Patterns(counted.levels[:, 1:], counted.stratum, counted.trials, counted.events)
    model = [ridge(channels, FREE_SD)]
    plain = fit(patterns, model)
    lucky = fit_clusters(patterns, counted.levels[:, 0], model, plain).fit
    sizes = np.bincount(leads.channel, minlength=channels).astype(np.float64)
    others = sizes * (1 - np.eye(channels))
    against = np.eye(channels) - others / np.maximum(others.sum(axis=1, keepdims=True), 1.0)
    (_, before), (_, after) = plain.contrast(against), lucky.contrast(against)
    return np.asarray(np.maximum((after / before) ** 2, 1.0))


@dataclass(frozen=True)
class Assigned:
    """The sequences that leads were assigned to. plans: tuples of channel codes. leads: ever assigned, by plan.

    family: those of them that were followed, by assignment whatever was sent of it; None where fewer than two plans
    were.
    """

    plans: tuple[tuple[int, ...], ...]
    leads: Ints
    family: Family | None


def assigned_sequences(frame: Frame, leads: Followed, length: int) -> Assigned:
    """Sequences of `length` touches that plans known in the data consist of, cut there, with the leads put on them.

    What a plan sends at a touch is read off its leads: the channel that most of them got at that number.
    """
    keys, sequences = plan_channels(frame, length)
    plans = tuple(sorted(set(sequences)))
    place = {plan: code for code, plan in enumerate(plans)}
    code_of = np.array([place[sequence] for sequence in sequences], dtype=np.int64)
    first = np.flatnonzero(np.diff(frame.touches.lead, prepend=-1))
    everyone = coded(frame.touches.plan[first], keys, code_of)
    code = coded(leads.plan, keys, code_of)
    family = None
    if len(np.unique(code[code >= 0])) > 1:
        (family,) = rated([values_family("plan", plans, code, leads.y, leads.stratum, stratified_by=WITHIN)])
    return Assigned(plans, np.bincount(everyone[everyone >= 0], minlength=len(plans)), family)


def plan_channels(frame: Frame, length: int) -> tuple[Ints, list[tuple[int, ...]]]:
    """Keys of the plans whose first `length` touches were all seen, and their channels."""
    touches = frame.touches
    rows = (touches.plan != 0) & (touches.touch <= length)
    if not rows.any():
        return np.zeros(0, dtype=np.int64), []
    keys, plan = np.unique(touches.plan[rows], return_inverse=True)
    counted = count_patterns(
        [plan, touches.touch[rows] - 1, touches.channel[rows]], np.zeros(int(rows.sum()), dtype=bool)
    )
    at, touch, channel = counted.levels.T
    order = np.lexsort((-channel, counted.trials))  # the most frequent last, so that it is what stays
    seen = np.full((len(keys), length), -1, dtype=np.int64)
    seen[at[order], touch[order]] = channel[order]
    whole = (seen >= 0).all(axis=1)
    return keys[whole], [tuple(int(c) for c in row) for row in seen[whole]]


def coded(plan: Ints, keys: Ints, code_of: Ints) -> Ints:
    """The sequence code of each plan key; -1 where the plan's sequence is not known. keys: sorted."""
    if not len(keys):
        return np.full(len(plan), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(keys, plan), len(keys) - 1)
    return np.where(keys[at] == plan, code_of[at], -1)
