from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from benchmarks.validation.outreach import World, outreach
from conversion.vocabulary import Outcome
from patterns.detectors.atrisk import at_risk
from patterns.detectors.effects import NAMES
from patterns.detectors.followed import (
    FOLLOWED_DAYS,
    assigned_sequences,
    coded,
    first_channel_family,
    first_luck,
    followed_leads,
    plan_channels,
)
from patterns.simulator.world import simulate

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def frame():
    return simulate("how", 4000, 5, AS_OF).frame()


@pytest.fixture(scope="module")
def leads(frame):
    return followed_leads(frame, at_risk(frame))


def test_only_leads_that_began_long_enough_ago_are_followed(frame, leads):
    first = np.flatnonzero(np.diff(frame.touches.lead, prepend=-1))
    begun = frame.touches.sent_at[first]
    old = begun <= frame.as_of - FOLLOWED_DAYS * 86_400
    assert len(leads) == old.sum()
    booked = frame.leads.converted_at - begun <= FOLLOWED_DAYS * 86_400
    assert leads.y.sum() == (booked & old).sum()


def test_first_channels_are_compared_at_the_lead(leads):
    family = first_channel_family(leads, NAMES)
    assert family.counts.trials.sum() == len(leads)
    assert [key["first"] for key in family.keys] == list(NAMES)
    assert first_channel_family(replace(leads, channel=np.zeros_like(leads.channel)), NAMES) is None


def test_the_luck_of_first_templates_widens_first_channels():
    """One text a channel: who began with a better text looks as if the channel were better."""
    frame = outreach(World(templates=1, luck=0.6), 6000, 6)
    leads = followed_leads(frame, at_risk(frame))
    family = first_channel_family(leads, NAMES)
    unknown = first_channel_family(replace(leads, template=np.zeros_like(leads.template)), NAMES)
    assert np.nanmin(unknown.p_values) < 1e-3
    assert np.nanmin(family.p_values) > 0.3
    assert (family.lifts.spread >= unknown.lifts.spread)[family.counts.trials > 0].all()
    many = outreach(World(templates=40), 6000, 4)
    sure = followed_leads(many, at_risk(many))
    assert (first_luck(sure, len(NAMES)) < 1.12).all()


def test_where_replies_are_the_outcome_leads_are_followed_to_their_reply(frame):
    table = at_risk(frame, Outcome.REPLIED)
    leads = followed_leads(frame, table)
    first = np.flatnonzero(np.diff(frame.touches.lead, prepend=-1))
    begun = frame.touches.sent_at[first]
    answered = frame.touches.replied | frame.touches.positive | frame.touches.booked
    in_time = answered & (frame.touches.sent_at <= begun[frame.touches.lead] + 21 * 86_400)
    old = begun <= frame.as_of - FOLLOWED_DAYS * 86_400
    assert leads.y.sum() == len(np.unique(frame.touches.lead[in_time & old[frame.touches.lead]]))


def test_plans_are_read_off_the_leads_that_were_put_on_them(frame):
    keys, sequences = plan_channels(frame, 6)
    touches = frame.touches
    for key, sequence in list(zip(keys, sequences, strict=True))[:5]:
        rows = (touches.plan == key) & (touches.touch <= 6)
        assert (touches.channel[rows] == np.array(sequence)[touches.touch[rows] - 1]).all()


def test_every_lead_on_a_known_plan_is_counted_once(frame, leads):
    assigned = assigned_sequences(frame, leads, 6)
    first = np.flatnonzero(np.diff(frame.touches.lead, prepend=-1))
    assert assigned.leads.sum() == np.isin(frame.touches.plan[first], plan_channels(frame, 6)[0]).sum()
    assert (assigned.family.counts.trials <= assigned.leads).all()
    assert len(set(assigned.plans)) == len(assigned.plans)


def test_without_plans_nothing_was_assigned(frame, leads):
    none = replace(frame, touches=replace(frame.touches, plan=np.zeros_like(frame.touches.plan)))
    assigned = assigned_sequences(none, replace(leads, plan=np.zeros_like(leads.plan)), 6)
    assert assigned.plans == ()
    assert assigned.family is None


def test_codes_of_plans():
    assert coded(np.array([5, 9, 7, 0]), np.array([5, 9]), np.array([1, 0])).tolist() == [1, 0, -1, -1]
