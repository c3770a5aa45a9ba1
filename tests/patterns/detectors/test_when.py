from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from conversion.vocabulary import Outcome
from patterns.detectors.atrisk import at_risk
from patterns.detectors.fatigue import mean_touches
from patterns.detectors.findings import Abstention
from patterns.detectors.when import WhenDetector, attributes_of, confidence, judged, touch_attribute
from patterns.simulator.world import judge, simulate
from tests.patterns.detectors import bank, contract

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


class TestContract(contract.DetectorContract):
    detector = WhenDetector()
    parts = frozenset(
        {
            "best_days",
            "best_hours",
            "touch_hazard",
            "converting_touch_distribution",
            "peak_converting_touch",
            "avg_touches_to_convert",
            "depletion",
            "fatigue",
            "optimal_sequence_gaps",
            "optimal_gap",
            "gap_hazard",
            "conversion_timing",
        }
    )


def learned(world, leads, seed):
    simulation = simulate(world, leads, seed, AS_OF)
    return simulation, WhenDetector().analyze(simulation.frame(), AS_OF, np.random.default_rng(1))


@pytest.fixture(scope="module")
def strong():
    return learned("when", 20_000, 1)


def test_planted_effects_are_found_and_nothing_else(strong):
    simulation, payload = strong
    verdict = judge(simulation.truth, payload)
    assert [item.key for item in verdict.missed] == []
    assert len(verdict.found) == 6  # two days, two hours, one gap, one touch number
    assert verdict.false_share <= 0.07


def test_lifts_are_near_the_truth(strong):
    simulation, payload = strong
    lifts = {item["day"]: item for item in payload["best_days"]}
    for planted in simulation.truth:
        if planted.kind == "best_days" and planted.key["day"] in ("Tuesday", "Thursday"):
            item = lifts[planted.key["day"]]
            assert item["lift_low"] <= planted.factor <= item["lift_high"]


def test_touch_hazard_and_its_peak(strong):
    _, payload = strong
    assert [item["touch"] for item in payload["touch_hazard"]] == [1, 2, 3, 4, 5, 6]
    assert payload["peak_converting_touch"] in (1, 2)  # the gap of three days lifts every touch but the first
    assert sum(payload["converting_touch_distribution"].values()) == pytest.approx(1)
    assert payload["avg_touches_to_convert"] == pytest.approx(3.0, abs=0.15)


def test_a_supported_gap_is_learned_and_nothing_else_moves_the_defaults(strong):
    _, payload = strong
    assert set(payload["optimal_sequence_gaps"].values()) == {3}
    _, nothing = learned("null", 2000, 4)
    assert list(nothing["optimal_sequence_gaps"].values()) == [2, 3, 4, 5, 7]
    assert list(nothing["optimal_sequence_gaps"]) == [f"touch_{i}_to_{i + 1}" for i in range(1, 6)]


def test_fatigue_is_told_from_depletion(strong):
    _, payload = strong  # the last of six touches is planted at 0.42 of the first
    assert payload["fatigue"]["touch"] == 6
    assert payload["fatigue"]["status"] == "supported"
    assert payload["fatigue"]["low"] < payload["fatigue"]["remaining"] < payload["fatigue"]["high"] < 1
    assert payload["depletion"]["hazards"] == sorted(payload["depletion"]["hazards"], reverse=True)
    _, nothing = learned("null", 2000, 4)
    assert nothing["fatigue"]["status"] == "none"


def test_each_gap_says_what_it_does_to_unsubscribes(strong):
    _, payload = strong
    assert payload["optimal_gap"] == "3"
    for item in payload["gap_hazard"]:
        cost = item["unsubscribes"]
        assert cost["low"] < cost["hazard"] < cost["high"] < 0.01
        assert cost["ratio_low"] < 1 < cost["ratio_high"]  # the world has no such effect
        assert cost["status"] == "none"


def test_a_costly_gap_is_neither_chosen_nor_counted():
    frame = simulate("when", 20_000, 1, AS_OF).frame()
    table = at_risk(frame, Outcome.BOOKED)
    made = attributes_of(table)
    found = judged({"gap": made["gap"]}, table)
    rng = np.random.default_rng(1)
    assert confidence(made, found, frozenset(), rng) > 0.9
    assert confidence(made, found, frozenset({"3"}), rng) < 0.9


def test_confidence_is_high_with_strong_effects_and_none_without(strong):
    assert strong[1]["confidence"] > 0.95
    assert learned("when", 2000, 3)[1]["confidence"] > 0.7
    assert learned("null", 2000, 5)[1]["confidence"] == 0


@pytest.mark.parametrize("world", ["null", "survivorship", "rare_night", "confounded_tiers"])
def test_worlds_where_nothing_matters_support_nothing(world):
    supported = 0
    for seed in range(6):
        _, payload = learned(world, 2000, 100 + seed)
        supported += any(item["status"] == "supported" for item in contract.all_found(payload))
    assert supported <= 1


def test_too_little_says_how_much_more():
    answer = WhenDetector().analyze(simulate("null", 12, 1, AS_OF).frame(), AS_OF, np.random.default_rng(1))
    assert isinstance(answer, Abstention)
    assert "more touches at this rate" in answer.reason


def test_silent_touches_before_the_first_recorded_count_as_silent():
    frame = simulate("null", 400, 2, AS_OF).frame()
    last = np.flatnonzero(np.diff(frame.touches.lead, append=len(frame.leads)))
    only_last = replace(frame, touches=type(frame.touches)(**{k: v[last] for k, v in vars(frame.touches).items()}))
    table = at_risk(only_last)
    made = touch_attribute(table)
    counts = np.bincount(made.codes, minlength=6)
    assert counts.tolist() == [int((table.touch >= t).sum()) for t in range(1, 7)]
    assert made.y.sum() == table.y.sum()
    silent = counts - np.bincount(table.touch - 1, minlength=6)
    assert silent.tolist()[:5] == table.implied[1:6].tolist()
    payload = WhenDetector().analyze(only_last, AS_OF, np.random.default_rng(1))
    assert "first touch is not recorded" in payload["conversion_timing"]["abstained"]
    assert "no two gaps" in payload["gap_hazard"]["abstained"]


def test_one_hour_for_all_is_no_claim_about_hours():
    frame = simulate("when", 800, 2, AS_OF).frame()
    noon = replace(frame, touches=replace(frame.touches, hour=np.full(len(frame.touches), 12, dtype=np.int8)))
    payload = WhenDetector().analyze(noon, AS_OF, np.random.default_rng(1))
    assert "one hour of the day (12:00)" in payload["best_hours"]["abstained"]


def test_mean_touches_by_hand():
    class Item:
        def __init__(self, touch, rate):
            self.key, self.rate = {"touch": touch}, rate

    # 50 % convert at touch 1, half of the rest at touch 2: (1 * 0.5 + 2 * 0.25) / 0.75
    assert mean_touches([Item(1, 0.5), Item(2, 0.5)]) == pytest.approx(4 / 3)


@pytest.fixture(scope="module")
def by_the_bank():
    return WhenDetector().analyze(bank.bank_frame(), bank.AS_OF, np.random.default_rng(1))


@bank.needs_bank
class TestBank:
    def test_monday_is_the_worst_day_within_month_and_touch(self, by_the_bank):
        days = {item["day"]: item for item in by_the_bank["best_days"]}
        assert by_the_bank["best_days"][-1]["day"] == "Monday"
        assert days["Monday"]["status"] == "supported"
        assert days["Monday"]["lift"] == pytest.approx(0.84, abs=0.01)  # 0.842 unshrunken; 0.81 against the others
        assert days["Wednesday"]["lift"] > 1.05
        assert days["Thursday"]["lift"] > 1.05

    def test_hazards_of_the_first_calls(self, by_the_bank):
        for item, known in zip(by_the_bank["touch_hazard"], (0.056, 0.051, 0.044, 0.033), strict=False):
            assert item["low"] <= known <= item["high"]
        assert by_the_bank["touch_hazard"][0]["sample"] == 41_188

    def test_nothing_is_said_of_hours_or_waiting(self, by_the_bank):
        assert "12:00" in by_the_bank["best_hours"]["abstained"]
        assert "abstained" in by_the_bank["conversion_timing"]
        assert list(by_the_bank["optimal_sequence_gaps"].values()) == [2, 3, 4, 5, 7]
