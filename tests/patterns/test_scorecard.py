"""Scorecards: what a pattern did on later facts, with what stands beside it, and what is missing."""

from datetime import UTC, datetime

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from patterns import learning, scorecard
from patterns.detectors.earlier import until
from patterns.detectors.findings import Abstention
from patterns.detectors.how import HowDetector
from patterns.detectors.who import WhoDetector
from patterns.simulator.world import simulate

AS_OF = datetime(2026, 3, 2, tzinfo=UTC)
WEIGHTS = {"data_quality": 0.2, "authority": 0.25, "company_fit": 0.25, "timing": 0.15}


def learn(frame, as_of):
    return {kind: detector().analyze(frame, as_of, np.random.default_rng(1)) for kind, detector in DETECTORS.items()}


DETECTORS = {"who": WhoDetector, "how": HowDetector}


@pytest.fixture(scope="module")
def frame():
    return simulate("how", 3_000, 3, AS_OF).frame()


@pytest.fixture(scope="module")
def cards(frame):
    return scorecard.scorecards(frame, learn(frame, AS_OF), learn, [WEIGHTS, WEIGHTS])


def test_each_pattern_is_judged_on_what_came_after_the_moment(cards):
    assert set(cards) == {"who", "how"}
    assert cards["who"]["backtest"]["learned_up_to"] == cards["how"]["backtest"]["learned_up_to"] < "2026-01-20"
    assert 0.4 < cards["who"]["backtest"]["auc"] < 0.65  # channels matter in this world, leads do not
    assert cards["how"]["backtest"]["ratio"] > 1.2


def test_claims_alone_are_judged_as_all_that_is_learned(frame):
    moment = AS_OF.timestamp() - 60 * 86_400
    earlier, began = until(frame, moment), datetime.fromtimestamp(moment, UTC)
    whole, claims = learning.analyze(earlier, began), learning.claims(earlier, began)
    assert {kind for kind in whole if "abstained" not in scorecard.backtest(kind, frame, moment, whole[kind])}
    for kind in whole:
        told = scorecard.backtest(kind, frame, moment, claims[kind])
        assert told == scorecard.backtest(kind, frame, moment, whole[kind])


def test_what_stands_beside_it(cards):
    card = cards["who"]
    assert card["bookings"]["low"] < card["bookings"]["rate"] < card["bookings"]["high"]
    assert 5 < card["days_to_booking"]["median"] < card["days_to_booking"]["percentile_80"]
    assert 1 < card["touches_to_booking"]["mean"] < 6
    assert card["touches_to_booking"]["followed_up_to"] == 6
    assert "held-out leads" in card["promotion"]["reason"]
    assert "promotion" not in cards["how"]


def test_weights_settle_when_they_stay_and_enough_converted(cards, frame):
    assert cards["who"]["weights"]["runs"] == 3
    moved = {**WEIGHTS, "authority": 0.35, "timing": 0.05}
    found = scorecard.spread([WEIGHTS, moved, WEIGHTS], frame)
    assert (found["spread"]["authority"], found["settled"]) == (pytest.approx(0.1), False)
    assert scorecard.spread([moved, *[WEIGHTS] * 8], frame)["settled"] is True  # the oldest run no longer counts
    few = scorecard.spread([WEIGHTS] * 3, until(frame, frame.as_of - 250 * 86_400))
    assert few["settled"] is False
    assert few["more_conversions_needed"] == 100 - few["conversions"] > 0


def test_one_run_says_how_many_more(frame):
    assert scorecard.spread([WEIGHTS], frame) == {"abstained": "1 run so far; 3 are needed to see weights move: 2 more"}


def test_what_was_not_learned_by_then_is_said(frame):
    cards = scorecard.scorecards(frame, learn(frame, AS_OF), lambda *_: {"who": Abstention("too few")}, [])
    assert cards["who"]["backtest"]["abstained"] == "nothing was learned by then: too few"
    assert cards["how"]["backtest"]["abstained"] == "nothing was learned by then: it was not learned"


def test_a_young_client_is_told_what_is_missing():
    young = simulate("all", 40, 1, AS_OF).frame()
    payload = {"weights_evidence": {"abstained": "3 conversions"}, "recommended_weights": WEIGHTS}
    card = scorecard.scorecards(young, {"who": payload}, learn, [])["who"]
    assert "50 are needed" in card["backtest"]["abstained"]
    assert card["promotion"] == {"promoted": False, "reason": "3 conversions"}
    empty = until(young, 0.0)
    assert "14 days" in scorecard.bookings(empty)["abstained"]
    assert "5 are needed" in scorecard.touches(empty)["abstained"]


def test_nothing_learned_has_no_scorecard(frame):
    assert scorecard.scorecards(frame, {}, learn, []) == {}


@pytest.mark.parametrize(
    ("gain", "low", "words"),
    [(-0.1, -0.2, "worse"), (0.1, -0.1, "no more than chance"), (0.1, 0.05, "fewer of the conversions")],
)
def test_why_weights_were_not_promoted(gain, low, words):
    evidence = {"promoted": False, "log_loss_gain": gain, "gain_low": low, "p_value": 0.001}
    assert words in scorecard.promotion({"weights_evidence": evidence})["reason"]


def test_weights_that_gain_where_nothing_shows_that_attributes_matter():
    evidence = {"promoted": False, "log_loss_gain": 0.1, "gain_low": 0.05, "p_value": 0.4}
    assert "(p = 0.4)" in scorecard.promotion({"weights_evidence": evidence})["reason"]


def test_borrowed_weights_say_from_how_many():
    evidence = {"promoted": True, "borrowed": {"version": 3, "clients": 7, "p_better": 0.97}}
    found = scorecard.promotion({"weights_evidence": evidence})
    assert found == {"promoted": True, "reason": "borrowed from what 7 clients have in common, version 3"}


def test_the_interval_of_a_share():
    for k, n in ((8, 100), (0, 10), (10, 10)):
        assert scorecard.wilson(k, n) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=1e-6)


def test_touches_to_booking_of_a_constant_hazard():
    frame = simulate("null", 6_000, 3, AS_OF).frame()
    found = scorecard.touches(frame)
    assert found["mean"] == pytest.approx(3.4, abs=0.15)  # 3 % a touch over six touches
    assert found["median"] == 3
