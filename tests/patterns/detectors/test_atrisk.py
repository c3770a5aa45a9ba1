"""Which touches could still have led to the outcome, and what was known of them."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from conversion.vocabulary import Outcome
from patterns.detectors.atrisk import at_risk, months
from patterns.detectors.frame import DAY, Category, Frame, FrameError, Leads, Touches

START = datetime(2026, 3, 2, tzinfo=UTC).timestamp()


def frame(touches, *, converted=(), left=(), exits=(), as_of=60):
    """touches: (lead, day, channel, touch, booked) each; converted, left: days by lead; exits: positions in EXITS."""
    rows = list(zip(*touches, strict=True)) if touches else [()] * 5
    lead = np.array(rows[0], dtype=np.int32)
    size, people = len(lead), int(lead.max(initial=-1)) + 1
    zeros, none = np.zeros(size, dtype=np.int64), Category(np.full(people, -1, dtype=np.int32), ())

    def days(given):
        at = np.full(people, np.nan)
        at[: len(given)] = [np.nan if day is None else START + day * DAY for day in given]
        return at

    exit_codes = np.full(people, -1, dtype=np.int8)
    exit_codes[: len(exits)] = exits
    return Frame(
        leads=Leads(
            title=none, industry=none, employees=np.full(people, -1), new_role=np.full(people, -1),
            hiring=np.full(people, -1), funded=np.full(people, -1), components=np.full((people, 4), np.nan),
            risk=np.zeros(people), converted_at=days(converted), left_at=days(left), exit=exit_codes,
        ),
        touches=Touches(
            lead=lead, sent_at=START + np.array(rows[1], dtype=float) * DAY, channel=np.array(rows[2], dtype=np.int8),
            touch=np.array(rows[3], dtype=np.int16), template=zeros, campaign=zeros, plan=zeros, tier=zeros, day=zeros,
            hour=zeros, pain_points=zeros, cta=zeros - 1, angles=zeros, subjects=zeros, personalization=zeros,
            words=zeros, chars=zeros, booked=np.array(rows[4], dtype=bool), replied=zeros > 0, positive=zeros > 0,
            propensity=zeros + np.nan,
        ),
        as_of=START + as_of * DAY,
    )  # fmt: skip


def test_earlier_touches_of_a_converter_are_zeros():
    table = at_risk(frame([(0, 0, 0, 1, False), (0, 3, 2, 2, True)], converted=[5]))
    assert table.y.tolist() == [False, True]


def test_silence_counts_as_zero_and_recent_touches_do_not_count_at_all():
    table = at_risk(frame([(0, 0, 0, 1, False), (1, 46, 0, 1, False), (2, 47, 0, 1, True)], converted=[None, None, 48]))
    assert table.lead.tolist() == [0, 1]
    assert table.y.tolist() == [False, False]


def test_touches_after_conversion_or_exit_are_not_at_risk():
    touches = [(0, 0, 0, 1, True), (0, 4, 0, 2, False), (1, 0, 0, 1, False), (1, 4, 0, 2, False), (1, 6, 0, 3, False)]
    table = at_risk(frame(touches, converted=[2], left=[None, 4], exits=[-1, 0]))
    assert table.row.tolist() == [0, 2, 3]


def test_a_booking_after_the_window_is_nobodys_but_ends_the_risk():
    table = at_risk(frame([(0, 0, 0, 1, True), (0, 20, 0, 2, False)], converted=[15]))
    assert table.row.tolist() == [0]
    assert table.y.tolist() == [False]


def test_the_window_includes_its_last_moment():
    assert at_risk(frame([(0, 0, 0, 1, True)], converted=[14])).y.tolist() == [True]


def test_unsubscribing_belongs_to_the_last_touch_before_it():
    table = at_risk(frame([(0, 0, 0, 1, False), (0, 3, 0, 2, False)], left=[5], exits=[1]))
    assert table.left.tolist() == [False, True]
    assert at_risk(frame([(0, 0, 0, 1, False)], left=[5], exits=[2])).left.tolist() == [False]
    assert at_risk(frame([(0, 0, 0, 1, False)], left=[15], exits=[1])).left.tolist() == [False]


def test_what_came_before_a_touch():
    touches = [
        (0, 0, 0, 1, False),
        (0, 2, 2, 2, False),
        (0, 5.9, 0, 3, False),
        (0, 6, 1, 4, False),
        (1, 1, 1, 1, False),
    ]
    table = at_risk(frame(touches))
    assert table.previous.tolist() == [-1, 0, 2, 0, -1]
    assert table.gap.tolist() == [-1, 2, 3, 0, -1]
    assert table.distinct.tolist() == [0, 1, 2, 2, 0]
    assert table.new.tolist() == [False, True, False, True, False]


def test_touches_before_the_first_recorded_one_are_implied():
    touches = [(0, 0, 3, 3, False), (1, 0, 3, 1, False), (2, 0, 3, 2, True), (2, 4, 3, 5, False)]
    assert at_risk(frame(touches)).implied.tolist() == [0, 2, 1, 0]
    assert at_risk(frame([(0, 0, 3, 1, False)])).implied.sum() == 0


def test_strata_are_the_month_where_no_campaign_is_known():
    table = at_risk(frame([(0, 0, 0, 1, False), (1, 1, 0, 1, False), (2, 31, 0, 1, False), (3, 0, 1, 1, False)]))
    assert table.period.tolist() == [-24314, -24314, -24315, -24314]
    assert table.stratum.tolist() == [1, 1, 0, 2]
    assert months(np.array([0.0, -1.0])).tolist() == [23640, 23639]


def test_a_lead_that_was_not_scored_counts_as_warm():
    one = frame([(0, 0, 0, 1, False)])
    unscored = replace(one, touches=replace(one.touches, tier=one.touches.tier - 1))
    assert at_risk(unscored).tier.tolist() == [1]


def test_an_empty_frame_has_an_empty_table():
    assert len(at_risk(frame([]))) == 0


def test_unsorted_touches_are_refused():
    with pytest.raises(FrameError, match="sorted by lead and sent_at"):
        at_risk(frame([(1, 0, 0, 1, False), (0, 0, 0, 1, False)]))
    with pytest.raises(FrameError, match="sorted by lead and sent_at"):
        at_risk(frame([(0, 3, 0, 1, False), (0, 0, 0, 2, False)]))


def answered(made, *, replied=(), positive=()):
    """The frame with these rows of touches answered, some of them positively."""
    marks = {
        name: np.isin(np.arange(len(made.touches)), rows)
        for name, rows in (("replied", replied), ("positive", positive))
    }
    return replace(made, touches=replace(made.touches, **marks))


def test_a_reply_ends_the_risk_of_one_and_a_booking_is_a_positive_reply():
    touches = [(0, 0, 0, 1, False), (0, 3, 0, 2, False), (1, 0, 0, 1, False), (1, 3, 0, 2, True), (2, 0, 0, 1, False)]
    made = answered(frame(touches, converted=[None, 4]), replied=[0, 4], positive=[0])
    table = at_risk(made, Outcome.POSITIVE_REPLY)
    assert table.row.tolist() == [0, 2, 3, 4]
    assert table.y.tolist() == [True, False, True, False]
    assert table.booked.tolist() == [False, False, True, False]
    assert at_risk(made, Outcome.REPLIED).y.tolist() == [True, False, True, True]
    assert at_risk(made, Outcome.BOOKED).row.tolist() == [0, 1, 2, 3, 4]


def people(*, booked=0, positive=0, replied=0, silent=200):
    """One touch a lead, so many of which booked, were answered positively without booking, or otherwise."""
    total = booked + positive + replied + silent
    made = frame([(i, 0, 0, 1, i < booked) for i in range(total)], converted=[1] * booked)
    liked = range(booked, booked + positive)
    return answered(made, replied=[*liked, *range(booked + positive, booked + positive + replied)], positive=[*liked])


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({}, Outcome.BOOKED),
        ({"booked": 100, "positive": 900}, Outcome.BOOKED),
        ({"booked": 99, "positive": 900}, Outcome.POSITIVE_REPLY),
        ({"booked": 20, "positive": 30}, Outcome.BOOKED),  # 50 are not three times 20
        ({"booked": 20, "positive": 40}, Outcome.POSITIVE_REPLY),
        ({"booked": 2, "positive": 8, "replied": 90}, Outcome.REPLIED),
        ({"positive": 40, "replied": 70}, Outcome.POSITIVE_REPLY),
        ({"positive": 2}, Outcome.BOOKED),
    ],
)
def test_the_outcome_is_the_booking_unless_replies_are_far_more_common(counts, expected):
    assert at_risk(people(**counts)).outcome == expected


def test_a_table_is_made_once_a_frame():
    made = people(booked=3)
    assert at_risk(made) is at_risk(made, Outcome.BOOKED)
