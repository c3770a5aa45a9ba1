import numpy as np
import pytest

from patterns.stats.counting import count_patterns
from patterns.stats.logistic import ridge
from patterns.stats.timing import fit_curve, fit_depletion, incidence, second_differences, smooth


def test_second_differences_of_a_line_are_zero_and_of_a_square_two():
    assert second_differences(4).tolist() == [[1, -2, 1, 0], [0, 1, -2, 1]]
    assert (second_differences(5) @ np.arange(5) ** 2).tolist() == [2, 2, 2]
    assert second_differences(4, cyclic=True)[3].tolist() == [1, 0, 1, -2]


def test_a_smooth_term_costs_what_its_second_differences_and_level_cost():
    term = smooth(3, 10.0)
    bent, line = np.array([0.0, 1.0, 0.0]), np.array([1.0, 2.0, 3.0])
    assert bent @ term.penalty @ bent == pytest.approx(10 * 4 + 1)
    assert line @ term.penalty @ line == pytest.approx(14)


def curve_of(log_odds, n, seed=2):
    rng = np.random.default_rng(seed)
    level = rng.integers(0, len(log_odds), n)
    other = rng.integers(0, 2, n)
    y = rng.random(n) < 1 / (1 + np.exp(-(-2 + log_odds[level] + 0.5 * other)))
    return fit_curve(count_patterns([other, level], y), [ridge(2, 1.0), ridge(len(log_odds), 1.0)], 1)


def test_a_curve_without_shape_is_smoothed_flat():
    curve = curve_of(np.zeros(12), 6000)
    estimate, error = curve.contrasts(np.full(12, 1 / 12))
    assert curve.smoothness == 1e5
    assert np.abs(estimate).max() < 0.12
    assert (np.abs(estimate) < 2 * error).all()


def test_a_curve_with_shape_is_found():
    truth = 0.8 * np.sin(np.arange(12) / 11 * np.pi)
    curve = curve_of(truth, 60_000)
    estimate, error = curve.contrasts(np.full(12, 1 / 12))
    assert curve.smoothness < 1e5
    assert np.abs(estimate - (truth - truth.mean())).max() < 0.08
    assert (error < 0.05).all()


def test_a_cyclic_curve_joins_its_ends():
    truth = 0.7 * np.cos(np.arange(24) / 24 * 2 * np.pi)
    rng = np.random.default_rng(5)
    hour = rng.integers(0, 24, 40_000)
    y = rng.random(40_000) < 1 / (1 + np.exp(2 - truth[hour]))
    curve = fit_curve(count_patterns([hour], y), [ridge(24, 1.0)], 0, cyclic=True)
    estimate, _ = curve.contrasts(np.full(24, 1 / 24))
    assert abs(estimate[0] - estimate[23]) < 0.08
    assert np.abs(estimate - truth).max() < 0.15


def test_depletion_is_found_where_leads_differ():
    trials = np.array([20_000, 18_800, 17_900, 17_150, 16_500, 15_950])
    hazards = 0.06 * 5 / (5 + np.arange(6))
    found = fit_depletion(trials, np.round(trials * hazards).astype(int))
    assert found.mean == pytest.approx(0.06, abs=0.0005)
    assert found.spread == pytest.approx(5, abs=0.2)
    assert found.p_value < 1e-20
    assert found.p_beyond > 0.99
    assert found.hazards == pytest.approx(hazards, abs=0.0005)


def test_a_constant_hazard_is_no_depletion():
    trials = np.array([20_000, 19_400, 18_800])
    found = fit_depletion(trials, (trials * 0.03).astype(int))
    assert found.p_value > 0.3
    assert found.hazards == pytest.approx([0.03] * 3, abs=0.0002)


def test_fatigue_is_what_depletion_leaves_over():
    trials = np.array([20_000, 18_800, 17_900, 17_000])
    found = fit_depletion(trials, (trials * [0.06, 0.06, 0.06, 0.01]).astype(int))
    assert found.p_beyond < 1e-10


def test_incidence_of_one_cause_is_the_complement_of_kaplan_meier():
    # Kaplan-Meier by hand: 6 at risk, one event at 1; 4 at risk, one at 3; 2 at risk, one at 4.
    found = incidence(np.array([1.0, 2.0, 3.0, 3.0, 4.0, 5.0]), np.array([1, 0, 1, 0, 1, 0]))
    assert found.times.tolist() == [1, 3, 4]
    assert found.at_risk.tolist() == [6, 4, 2]
    assert found.probability == pytest.approx([1 / 6, 1 - 5 / 6 * 3 / 4, 1 - 5 / 6 * 3 / 4 / 2])


def test_a_competing_exit_is_neither_an_event_nor_a_silent_leave():
    found = incidence(np.array([1.0, 2.0, 3.0, 4.0]), np.array([2, 1, 2, 1]))
    assert found.by(0.5) == 0
    assert found.by(2) == pytest.approx(0.25)
    assert found.by(100) == pytest.approx(0.5)
    assert found.quantile(0.25) == 2
    assert found.quantile(0.6) is None


def test_quantiles_respect_censoring():
    # Exponential times of mean 20 days, followed for a uniform 0 to 60 days: those seen are the early ones.
    rng = np.random.default_rng(4)
    time, followed = rng.exponential(20, 20_000), rng.uniform(0, 60, 20_000)
    seen = time <= followed
    found = incidence(np.minimum(time, followed), seen.astype(int))
    assert np.median(time[seen]) == pytest.approx(9.2, abs=0.2)
    assert found.quantile(0.5) == pytest.approx(20 * np.log(2), abs=0.5)
    assert found.quantile(0.8) == pytest.approx(20 * np.log(5), abs=1.2)
