"""Backtests learn from what came before a moment and judge on what came after it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from conversion.vocabulary import Outcome
from patterns.detectors.atrisk import at_risk
from patterns.detectors.backtest import judge_touches, judge_who, later_leads, later_touches, moment_of
from patterns.detectors.earlier import until
from patterns.detectors.findings import Abstention
from patterns.simulator.world import simulate
from patterns.stats.weights import auc

AS_OF = datetime(2026, 3, 2, tzinfo=UTC)
WEIGHTS = {"data_quality": 0.05, "authority": 0.5, "company_fit": 0.25, "timing": 0.05}
WHO = {
    "outcome": "booked",
    "recommended_weights": WEIGHTS,
    "weights_evidence": {"intercept": -3.0, "scale": 2.0},
    "recommended_tiers": {"hot": 60, "warm": 40},
}
VOICE = ("channel voice", ("channel_effects",), {"channel": "voice", "lift": 2.0, "status": "supported"})


@pytest.fixture(scope="module")
def frame():
    return simulate("how", 4_000, 3, AS_OF).frame()


def test_the_moment_leaves_three_tenths_of_the_followed_leads(frame):
    moment = moment_of(frame)
    touches = frame.touches
    begun = touches.sent_at[np.flatnonzero(np.diff(touches.lead, prepend=-1))]
    followed = begun[begun <= (AS_OF - timedelta(days=35)).timestamp()]
    assert moment % 86_400 == 0
    assert np.mean(followed > moment) == pytest.approx(0.3, abs=0.01)


def test_few_leads_have_no_past_and_future():
    reason = moment_of(simulate("null", 30, 1, AS_OF).frame()).reason
    assert "50 are needed" in reason
    assert "more" in reason


def test_leads_that_all_began_on_one_day_have_none(frame):
    touches = frame.touches
    one_day = replace(touches, sent_at=np.full(len(touches), float(touches.sent_at.min())))
    assert "one day" in moment_of(replace(frame, touches=one_day)).reason


def test_who_is_judged_on_leads_that_began_later(frame):
    moment = moment_of(frame)
    found = judge_who(frame, moment, WHO)
    rows, y = later_leads(frame, at_risk(frame, Outcome.BOOKED), moment)
    assert (found["leads"], found["converted"]) == (len(rows), int(y.sum()))
    assert not np.isin(rows, frame.touches.lead[frame.touches.sent_at <= moment]).any()
    x = frame.leads.components[rows] @ np.array(list(WEIGHTS.values()))
    assert found["auc"] == pytest.approx(auc(x, np.ones(len(y)), y.astype(float)))
    p = 1 / (1 + np.exp(3 - 2 * x))
    assert found["probabilities"]["brier"] == pytest.approx(np.mean((p - y) ** 2))
    assert found["probabilities"]["observed"] == pytest.approx(y.mean())
    assert found["top_fifth_lift"] == pytest.approx(found["top_fifth_capture"] / 0.2)
    tiers = found["tiers"]
    assert tiers["learned"]
    assert tiers["hot"]["leads"] < tiers["hot_and_warm"]["leads"]


def test_without_probabilities_or_tiers_the_rest_is_judged(frame):
    bare = {**WHO, "weights_evidence": {"abstained": "few"}, "recommended_tiers": {"abstained": "few"}}
    found = judge_who(frame, moment_of(frame), bare)
    assert found["probabilities"] == {"abstained": "nothing was predicted then: few"}
    assert not found["tiers"]["learned"]
    assert found["auc"] > 0


def test_few_later_leads_say_how_many_more(frame):
    found = judge_who(frame, frame.as_of - 36 * 86_400, WHO)
    assert "10 of either kind are needed" in found["abstained"]
    assert "more leads at this rate" in found["abstained"]
    assert judge_who(until(frame, 0.0), 0.0, WHO)["abstained"]


def test_touches_that_follow_what_was_supported_do_better_where_it_is_so(frame):
    found = judge_touches(frame, moment_of(frame), [VOICE], by_tier=True, outcome=Outcome.BOOKED)
    assert found["low"] < 2.0 < found["high"]
    assert found["low"] > 1.2
    assert found["findings"] == ["channel voice"]
    table = at_risk(frame)
    later = frame.touches.sent_at[table.row] > moment_of(frame)
    assert found["followed"] == np.count_nonzero(later & (table.channel == 3))


def test_a_touch_follows_where_the_lifts_add_up_to_a_gain(frame):
    table, moment = at_risk(frame), moment_of(frame)
    bad = ("hour", ("best_hours",), {"hour": 10, "lift": 0.4, "status": "supported"})
    later = later_touches(frame, table, moment, [VOICE, bad], by_tier=True)
    follows = (table.channel == 3) & (table.hour != 10)
    assert np.array_equal(later.follows, follows[later.row])
    assert later.names == ("channel voice", "hour")


def test_nothing_supported_is_an_answer(frame):
    moment = moment_of(frame)
    number = ("touch 1", ("touch_hazard",), {"touch": 1, "lift": 2.0, "status": "supported"})
    assert (
        "nothing that can be followed was supported"
        in judge_touches(frame, moment, [number], by_tier=False, outcome=Outcome.BOOKED)["abstained"]
    )
    first = ("first", ("first_touch_effectiveness", "voice_first"), {"lift": 2.0, "status": "supported"})
    assert isinstance(later_touches(frame, at_risk(frame), moment, [first], by_tier=True), Abstention)


def test_few_outcomes_on_one_side_are_said(frame):
    found = judge_touches(frame, frame.as_of - 20 * 86_400, [VOICE], by_tier=True, outcome=Outcome.BOOKED)
    assert "10 of both are needed" in found["abstained"]
