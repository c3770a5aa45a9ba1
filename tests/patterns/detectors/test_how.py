from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from conversion.vocabulary import CHANNELS, Channel
from patterns.detectors.findings import Abstention
from patterns.detectors.how import HowDetector
from patterns.simulator.world import judge, simulate
from tests.patterns.detectors import bank, contract

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


class TestContract(contract.DetectorContract):
    detector = HowDetector()
    parts = frozenset(
        {
            "booking_channel_distribution",
            "first_touch_effectiveness",
            "best_first_channel",
            "channel_effects",
            "multi_channel_lift",
            "optimal_channel_count",
            "winning_sequences",
            "channel_effectiveness_by_tier",
            "channel_transitions",
        }
    )


def learned(world, leads, seed):
    simulation = simulate(world, leads, seed, AS_OF)
    return simulation, HowDetector().analyze(simulation.frame(), AS_OF, np.random.default_rng(1))


@pytest.fixture(scope="module")
def strong():
    return learned("how", 20_000, 1)


def test_planted_effects_are_found_and_nothing_else(strong):
    simulation, payload = strong
    verdict = judge(simulation.truth, payload)
    assert verdict.found_share >= 0.9  # one world; pooled over worlds it is 0.95 and more
    assert verdict.false_share <= 0.07


def test_voice_and_the_new_channel_come_out_near_their_truth(strong):
    _, payload = strong
    voice = next(item for item in payload["channel_effects"] if item["channel"] == "voice")
    assert voice["status"] == "supported"
    assert voice["lift"] == pytest.approx(2.0, abs=0.2)
    assert voice["lift_low"] <= 2.0 <= voice["lift_high"]
    new = payload["multi_channel_lift"]["new_channel"]
    assert new["status"] == "supported"
    assert new["lift_low"] <= 1.3 <= new["lift_high"]


def test_the_winning_sequence_is_worth_what_it_claims(strong):
    simulation, payload = strong
    best = payload["winning_sequences"][0]
    assert best["status"] == "supported"
    assert best["sequence"].count("voice") >= 4
    assert best["lift_low"] <= simulation.sequence_lift(best["sequence"]) <= best["lift_high"]
    assert best["low"] <= best["conversion_rate"] <= best["high"]
    assert payload["confidence"] > 0.9


def test_at_2000_leads_the_best_sequence_is_nearly_as_good_as_any():
    all_voice = ["voice"] * 6
    shares = []
    for seed in (11, 12):
        simulation, payload = learned("how", 2000, seed)
        best = payload["winning_sequences"][0]["sequence"]
        shares.append(simulation.sequence_lift(best) / simulation.sequence_lift(all_voice))
        assert payload["confidence"] > 0.7
    assert np.mean(shares) >= 0.95


def test_more_channels_are_no_lift_where_channels_do_nothing():
    """Leads that convert early had no time to collect channels: at the lead, more channels look far worse."""
    _, payload = learned("survivorship", 6000, 3)
    multi = payload["multi_channel_lift"]
    assert {item["status"] for item in multi.values()} <= {"none", "suggestive"}
    assert all(item["lift_low"] <= 1.05 and item["lift_high"] >= 0.95 for item in multi.values())
    assert payload["optimal_channel_count"] is None
    assert payload["winning_sequences"] == []


def test_a_channel_used_for_better_leads_is_not_called_better():
    _, payload = learned("confounded_tiers", 20_000, 2)
    voice = next(item for item in payload["channel_effects"] if item["channel"] == "voice")
    raw = {item["channel"]: item["conversion_rate"] for item in payload["channel_effects"]}
    assert raw["voice"] > 1.15 * raw["email"]
    assert voice["lift_low"] <= 1 <= voice["lift_high"]
    assert payload["confidence"] == 0


@pytest.mark.parametrize("world", ["null", "template_luck", "confounded_tiers"])
def test_worlds_where_nothing_matters_support_nothing(world):
    supported = 0
    for seed in range(3):
        _, payload = learned(world, 2000, 100 + seed)
        supported += '"supported"' in str(payload).replace("'", '"')
    assert supported <= 1


def test_one_channel_has_nothing_to_win_over():
    frame = simulate("how", 2000, 1, AS_OF).frame()
    email = np.full(len(frame.touches), CHANNELS.index(Channel.EMAIL), dtype=np.int8)
    payload = HowDetector().analyze(
        replace(frame, touches=replace(frame.touches, channel=email)), AS_OF, np.random.default_rng(1)
    )
    assert payload["booking_channel_distribution"] == {"email": 1.0}
    assert "only email was used" in payload["first_touch_effectiveness"]["abstained"]
    assert "only email was used" in payload["channel_effects"]["abstained"]
    assert "only email was used" in payload["channel_transitions"]["abstained"]
    assert "sequences differ only where there are two" in payload["winning_sequences"]["abstained"]
    assert payload["best_first_channel"] is None
    assert payload["confidence"] == 0


def test_too_little_says_how_much_more():
    answer = HowDetector().analyze(simulate("null", 12, 1, AS_OF).frame(), AS_OF, np.random.default_rng(1))
    assert isinstance(answer, Abstention)
    assert "more leads at this rate" in answer.reason


@bank.needs_bank
def test_the_bank_s_one_channel_wins_over_nothing():
    payload = HowDetector().analyze(bank.bank_frame(), bank.AS_OF, np.random.default_rng(1))
    assert "only voice was used" in payload["channel_effects"]["abstained"]
    assert "abstained" in payload["winning_sequences"]
    assert payload["best_first_channel"] is None
    assert payload["sample_size"] == 41_188
