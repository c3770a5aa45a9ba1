import numpy as np
import pytest

from patterns.stats.counting import count_patterns
from patterns.stats.logistic import ridge
from patterns.stats.timing import fit_curve, incidence, second_differences, smooth


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


def exponential_with_exits(leads, seed):
    """Bookings of 40 % of the leads, exponential with a mean of 15 days, other exits, followed for 0 to 80 days."""
    rng = np.random.default_rng(seed)
    booking = np.where(rng.random(leads) < 0.4, rng.exponential(15, leads), np.inf)
    leaving, followed = rng.exponential(200, leads), rng.uniform(0, 80, leads)
    duration = np.minimum(np.minimum(booking, leaving), followed)
    return duration, np.where(duration == followed, 0, np.where(booking < leaving, 1, 2))


def test_errors_of_one_cause_are_greenwood_s():
    duration, cause = np.array([1.0, 2.0, 3.0, 3.0, 4.0, 5.0]), np.array([1, 0, 1, 0, 1, 0])
    found = incidence(duration, cause)
    assert found.events.tolist() == [1, 1, 1]
    assert found.others.tolist() == [0, 0, 0]
    survival = 5 / 6 * 3 / 4
    by_hand = survival * np.sqrt(1 / (6 * 5) + 1 / (4 * 3))
    assert found.errors(np.array([3.0]), np.zeros(1), 3.0)[0] == pytest.approx(by_hand)


def test_incidence_and_its_errors_agree_with_statsmodels():
    from statsmodels.duration.survfunc import CumIncidenceRight  # noqa: PLC0415  slow to import, for this test alone

    duration, cause = exponential_with_exits(1500, 1)
    found, oracle = incidence(duration, cause), CumIncidenceRight(duration, cause)
    at = np.array([5.0, 20.0, 50.0])
    place = np.searchsorted(oracle.times, at, side="right") - 1
    assert [found.by(time) for time in at] == pytest.approx(oracle.cinc[0][place])
    assert found.errors(at, np.zeros(3), 60.0) == pytest.approx(oracle.cinc_se[0][place], rel=0.02)


def test_intervals_hold_the_truth_as_often_as_they_should():
    horizon = 60.0
    rate = 1 / 15 + 1 / 200
    share = 0.4 / 15 / rate * -np.expm1(-rate * horizon)
    times = {level: -np.log1p(level * np.expm1(-rate * horizon)) / rate for level in (0.5, 0.8, 0.95)}
    held = np.zeros(4)
    for seed in range(60):
        found = incidence(*exponential_with_exits(500, seed))
        ends = [found.interval(horizon), *(found.quantile_interval(level, horizon) for level in times)]
        held += [low <= truth <= high for (low, high), truth in zip(ends, (share, *times.values()), strict=True)]
    assert (held >= 53).all()  # of 60; 57 are expected


def test_an_interval_lies_around_its_quantile():
    found = incidence(*exponential_with_exits(300, 3))
    for level in (0.5, 0.8, 0.95):
        low, high = found.quantile_interval(level, 60.0)
        assert low <= found.quantile(level * found.by(60.0)) <= high
    assert found.interval(0.0) == (0, 0)
