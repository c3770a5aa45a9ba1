"""Judging a payload: strong effects found or missed, supported findings right or false, at whatever depth they stand."""

import pytest

from conversion.vocabulary import PatternType
from patterns.simulator.truth import Planted
from patterns.simulator.verdict import judge

WHO, HOW = PatternType.WHO, PatternType.HOW
TRUTH = (
    Planted(WHO, "title_rankings", {"title": "Founder"}, 1.8),
    Planted(WHO, "title_rankings", {"title": "CEO"}, 0.9),
    Planted(WHO, "title_rankings", {"title": "Owner"}, 1.0),
    Planted(WHO, "size_analysis", {"range": "1-5"}, 0.5),
    Planted(WHO, "timing_signals", {"member": "hiring_lift"}, 1.0),
    Planted(HOW, "channel_transitions", {"from": "email", "to": "voice"}, 1.6),
    Planted(HOW, "channel_transitions", {"from": "voice", "to": "email"}, 1.0),
)


def found(lift, status="supported", **key):
    return {**key, "lift": lift, "status": status}


def keys(items):
    return [tuple(item.key.values()) for item in items]


def test_titles_sizes_and_signals():
    payload = {
        "type": "who",
        "title_rankings": [
            found(1.6, title="Founder"),
            found(0.85, title="CEO"),
            found(1.3, title="Owner"),
            found(1.4, title="Janitor"),
        ],
        "size_analysis": {"sweet_spot": {"min": 1, "max": 5}, "distribution": [found(0.6, "suggestive", range="1-5")]},
        "timing_signals": {"hiring_lift": found(1.2), "funded_lift": {"abstained": "too few"}},
    }
    verdict = judge(TRUTH, payload)
    assert keys(verdict.found) == [("Founder",)]
    assert keys(verdict.missed) == [("1-5",)]
    assert keys(verdict.right) == [("Founder",), ("CEO",)]
    assert keys(verdict.false) == [("Owner",), ("hiring_lift",)]
    assert verdict.false_share == 0.5
    assert verdict.found_share == 0.5


@pytest.mark.parametrize(("lift", "right"), [(1.4, True), (0.7, False)])
def test_the_direction_counts_and_so_does_the_path(lift, right):
    payload = {"type": "how", "channel_transitions": {"email": {"voice": found(lift), "sms": found(1.1, "none")}}}
    verdict = judge(TRUTH, payload)
    assert keys(verdict.right) == ([("email", "voice")] if right else [])
    assert keys(verdict.false) == ([] if right else [("email", "voice")])
    assert keys(verdict.missed) == ([] if right else [("email", "voice")])


def test_silence_is_never_false():
    verdict = judge(TRUTH, {"type": "who", "title_rankings": {"abstained": "too few"}})
    assert verdict.false_share == 0.0
    assert verdict.found_share == 0.0
    assert judge((), {"type": "who"}).found_share == 1.0
