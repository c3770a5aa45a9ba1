import numpy as np
import pytest

from patterns.detectors.gains import Gain, choice_gain, deal, probability
from patterns.stats.counting import count_patterns


def table(rates, n, seed):
    rng = np.random.default_rng(seed)
    code, stratum = rng.integers(0, len(rates), n), rng.integers(0, 4, n)
    y = rng.random(n) < np.array(rates)[code] * (1 + stratum / 4)
    return count_patterns([code], y, stratum)


def test_dealing_loses_nothing_and_gives_equal_parts():
    trials, events = np.array([7, 100, 3, 0]), np.array([7, 20, 0, 0])
    got_trials, got_events = deal(trials, events, np.random.default_rng(1))
    assert got_trials.sum(axis=0).tolist() == trials.tolist()
    assert got_events.sum(axis=0).tolist() == events.tolist()
    assert (np.ptp(got_trials, axis=0) <= 1).all()
    assert (got_events <= got_trials).all()


def test_a_real_difference_is_a_gain():
    gain = choice_gain(table([0.03, 0.03, 0.06, 0.03], 20_000, 1), 4, [0, 1], np.random.default_rng(1))
    assert gain.log_ratio == pytest.approx(np.log(2), abs=0.2)
    assert probability([gain]) > 0.99


def test_leaving_out_the_worst_is_a_gain():
    gain = choice_gain(table([0.06, 0.06, 0.02], 20_000, 1), 3, [0, 1, 2], np.random.default_rng(1), worst=True)
    assert gain.log_ratio == pytest.approx(np.log(3), abs=0.3)


def test_the_winner_of_equals_gains_nothing_on_average():
    """The naive gain of the best of 24 is always positive; judged where it was not chosen it is as often negative."""
    gains = [
        choice_gain(table([0.03] * 24, 8000, seed), 24, [9, 10, 14], np.random.default_rng(seed)) for seed in range(30)
    ]
    assert np.mean([gain.log_ratio for gain in gains]) == pytest.approx(0, abs=0.08)
    assert np.mean([probability([gain]) for gain in gains]) == pytest.approx(0.5, abs=0.1)


def test_the_default_itself_as_the_choice_is_compared_with_the_other_defaults():
    gain = choice_gain(table([0.03, 0.09, 0.03], 20_000, 2), 3, [0, 1], np.random.default_rng(1))
    assert gain.log_ratio == pytest.approx(np.log(3), abs=0.3)


def test_probability_of_gains_together():
    assert probability([]) == 0
    assert probability([Gain(0.0, 0.0)]) == 0
    assert probability([Gain(0.0, 0.04)]) == pytest.approx(0.5)
    # Shrunk by 0.09 / (0.09 + 0.01) = 0.9: 0.18 / sqrt(0.009) = 1.897
    assert probability([Gain(0.2, 0.01)]) == pytest.approx(0.9711, abs=0.0001)
    assert probability([Gain(0.2, 0.01), Gain(-0.2, 0.01)]) == pytest.approx(0.5)


def test_too_little_to_choose_by_is_no_gain():
    assert choice_gain(table([0.03, 0.03], 20, 1), 2, [0], np.random.default_rng(1)) == Gain(0.0, 0.0)
