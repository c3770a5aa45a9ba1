"""What a pattern says beside its findings; what may not be believed is left out whole."""

import pytest

from engines.desk.estimates import behind_weights, others, weights
from tests.patterns.stored import WEIGHTS, what, who

TIMING = {
    "percentile_50": 11.2058, "percentile_50_low": 10.25, "percentile_50_high": 12.0, "percentile_80": 22.43,
    "percentile_95": {"abstained": "too few"},
}  # fmt: skip
FATIGUE = {"touch": 6, "remaining": 0.53, "low": 0.31, "high": 0.9, "q_value": 0.036, "status": "supported"}
ODD = [None, [], "x", 3, {}, {"low": "a"}, {"touch": float("nan")}, {"abstained": "too few"}]


def test_weights_beside_the_defaults():
    assert {line.name: (line.default, line.learned) for line in weights(who())} == {
        "Data quality": ("0.20", "0.10"),
        "Authority": ("0.25", "0.40"),
        "Company fit": ("0.25", "0.25"),
        "Timing": ("0.15", "0.10"),
    }
    assert weights({}) == []
    assert weights({"recommended_weights": {**WEIGHTS, "timing": 7}}) == []


def test_what_weights_rest_on():
    found = {
        "promoted": False, "auc_default": 0.5523, "auc_learned": 0.58146, "borrowed": {"version": 3, "clients": 1200},
        "own": "conversions are few", "gain_low": "much", "intercept": -2.45375, "ece": 10**400, "learned_weights": {},
    }  # fmt: skip
    said = dict(behind_weights({"weights_evidence": found}))
    assert said["Borrowed"] == "from what 1,200 clients of the agency have in common"
    assert said["Of this client alone"] == "conversions are few"
    assert said["Better than the defaults, so that they are recommended"] == "no"
    assert said["Pairs that the learned ones rank right"] == "0.581"
    assert said["Intercept"] == "-2.454"
    assert len(said) == 6  # neither a text, nor a number that none can hold, nor an object
    assert list(behind_weights({"weights_evidence": {"abstained": "too few"}})) == []


def test_lengths_fatigue_and_times():
    said = {name: words for name, words, _ in others({**what(), "fatigue": FATIGUE, "conversion_timing": TIMING})}
    assert said == {
        "Length by email": "80 words do best, 60 to 110 hardly worse; 50 of 900 touches, q 0.010, supported",
        "Fatigue at touch 6": "0.53 times what depletion alone would leave, 0.31 to 0.90; q 0.036, supported",
        "50% of those that convert have by": "11.2 days (10.2 to 12.0)",
        "80% of those that convert have by": "22.4 days",
    }


def test_tiers_and_channels():
    payload = {
        "recommended_tiers": {"hot": 46, "warm": 35, "capture": 0.66, "share": 0.56},
        "booking_channel_distribution": {"email": 0.4, "sms": 0.0, "voice": 0.6},
    }
    assert [words for _, words, _ in others(payload)] == [
        "hot from a score of 46, warm from 35; of the leads held out 56% lie there, and 66% of their bookings",
        "60% by a call, 40% by an e-mail",
    ]


@pytest.mark.parametrize("odd", ODD)
def test_what_is_none_is_left_out(odd):
    names = ("recommended_tiers", "optimal_length", "fatigue", "conversion_timing", "booking_channel_distribution")
    payload = dict.fromkeys((*names, "recommended_weights", "weights_evidence"), odd)
    assert others(payload) == []
    assert weights(payload) == []
    assert list(behind_weights(payload)) == []
