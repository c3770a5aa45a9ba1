"""What the operator of a world sends: dates that rise, office hours, plans that leads share, and what follows from them."""

from dataclasses import replace

import numpy as np
import pytest

from conversion.vocabulary import CHANNELS, TIERS, Channel, Tier
from patterns.detectors.frame import DAY
from patterns.simulator.sends import GAP_RANGES, first_uses, gap_bin, planned_sends
from tests.patterns.simulator.worlds import AS_OF, made

EMAIL, SMS, LINKEDIN, VOICE, MAIL = range(5)


def test_a_channel_is_new_the_first_time_after_the_first_touch():
    channel = np.array([[EMAIL, EMAIL, SMS, EMAIL, VOICE, SMS], [VOICE, MAIL, LINKEDIN, SMS, EMAIL, VOICE]])
    assert first_uses(channel).tolist() == [
        [False, False, True, False, True, False],
        [False, True, True, True, True, False],
    ]


def test_gaps_fall_into_their_ranges():
    gaps = np.array([-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 14, 20])
    names = [GAP_RANGES[code] if code >= 0 else None for code in gap_bin(gaps)]
    assert names == [None, "0-1", "0-1", "2", "3", "4-5", "4-5", "6-7", "6-7", "8-14", "8-14", "8-14"]


def test_touches_follow_each_other_within_nine_months():
    sends = made("null").sends
    assert (np.diff(sends.sent_at, axis=1) > 0).all()
    gap = np.diff(sends.sent_at, axis=1) // DAY
    assert (sends.gap[:, 1:] == gap).all()
    assert (sends.gap[:, 0] == -1).all()
    assert gap.min() == 0
    assert 14 <= gap.max() <= 16
    assert sends.touch[0].tolist() == [1, 2, 3, 4, 5, 6]
    first = sends.sent_at[:, 0]
    assert AS_OF.timestamp() - 272 * DAY < first.min()
    assert first.max() <= AS_OF.timestamp()
    assert first.max() - first.min() > 260 * DAY


def test_most_is_sent_in_office_hours_of_working_days():
    sends = made("null").sends
    assert set(np.unique(sends.hour).tolist()) == set(range(7, 19))
    assert 0.01 < (sends.day >= 5).mean() < 0.06
    night = made("rare_night").sends.hour
    assert len(np.unique(night)) == 24
    assert 0.01 < ((night < 7) | (night > 18)).mean() < 0.03


def test_common_plans_are_shared_and_have_one_sequence_of_channels():
    sends = made("null").sends
    plans, counts = np.unique(sends.plan[sends.plan > 0], return_counts=True)
    assert len(plans) == 24
    assert counts.min() > 50
    assert all(len(np.unique(sends.channel[sends.plan == plan], axis=0)) == 1 for plan in plans)
    assert 0.62 < (sends.plan > 0).mean() < 0.68


@pytest.mark.parametrize("world", ["null", "confounded_tiers"])
def test_hot_leads_are_called_more_where_the_world_says_so(world):
    past = made(world)
    called = past.sends.channel == CHANNELS.index(Channel.VOICE)
    hot = past.people.tier == TIERS.index(Tier.HOT)
    share = called[hot].mean() / called[~hot].mean()
    # 3 * 0.2 / (0.8 + 3 * 0.2) against 0.2; the common plans are few, so their share varies
    assert share == pytest.approx(1.0 if world == "null" else 2.14, rel=0.25)


def test_plans_made_elsewhere_have_the_days_and_hours_of_their_leads():
    past = made("null")
    people = replace(past.people, zone=np.arange(len(past.people)) % 8)
    sends = past.sends
    again = planned_sends(past.people, sends.channel, sends.sent_at, sends.template)
    for name in ("channel", "touch", "sent_at", "day", "hour", "gap", "new", "template"):
        assert (getattr(again, name) == getattr(sends, name)).all()
    assert (planned_sends(people, sends.channel, sends.sent_at, sends.template).hour != sends.hour).any()
