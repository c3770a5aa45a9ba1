import numpy as np
import pytest

from patterns.stats.curves import (
    DAYS,
    GAPS,
    HOURS,
    TOUCHES,
    Strata,
    curve_lifts,
    curve_rates,
    posterior,
    walk_covariance,
)
from patterns.stats.rates import Counts


def test_a_walk_has_a_mean_variance_of_one_and_no_level():
    for walk, size in ((HOURS, 24), (DAYS, 7), (GAPS, 6), (TOUCHES, 10)):
        covariance = walk_covariance(size, walk)
        assert np.diag(covariance).mean() == pytest.approx(1)
        assert np.abs(covariance.sum(axis=0)).max() < 1e-9


def test_round_the_clock_every_hour_is_like_its_neighbours():
    covariance = walk_covariance(24, HOURS)
    assert covariance[0, 23] == pytest.approx(covariance[11, 12])
    assert covariance[0, 23] > 0.9
    assert covariance[0, 12] < -0.8


def test_the_ends_of_a_sequence_are_not_neighbours():
    covariance = walk_covariance(6, GAPS)
    assert covariance[0, 1] > 0.4
    assert covariance[0, 5] < 0


def strata(n, k):
    return Strata.kept(np.array(n, dtype=float), np.array(k, dtype=float))


def test_strata_without_events_or_of_one_value_alone_are_left_out():
    kept = strata([[50, 50], [40, 40], [60, 0], [8, 0]], [[2, 3], [0, 0], [5, 0], [1, 0]])
    assert kept.n.tolist() == [[50, 50], [8, 0]]  # eight of one value may be chance, sixty are somebody's choice


def test_rows_become_strata():
    codes, stratum = np.array([0, 1, 1, -1, 0, 1]), np.array([7, 7, 7, 7, 3, 3])
    y = np.array([False, True, False, True, False, False])
    found = Strata.of(codes, y, stratum, 2)
    assert found.n.tolist() == [[1, 2]]
    assert found.k.tolist() == [[0, 1]]


def test_at_no_effect_the_curvature_is_the_hypergeometric_variance():
    # 3 of 10 rows in one stratum, 4 of them with the value: variance 3 * 0.4 * 0.6 * 7 / 9 = 0.56, divided by its
    # square's weight 9 / 7 twice
    found = strata([[4, 6]], [[2, 1]])
    slope, curvature = found.expand(np.zeros(2))
    assert slope == pytest.approx(np.array([0.8, -0.8]) * 9 / 7)
    assert curvature[0, 0] == pytest.approx(0.56 * (9 / 7) ** 2)
    assert curvature.sum() == pytest.approx(0)


def test_the_slope_is_that_of_the_log_likelihood():
    found = strata([[40, 60, 20], [10, 30, 50]], [[3, 2, 1], [1, 0, 4]])
    at, step = np.array([0.3, -0.2, 0.1]), 1e-6
    by_hand = [(found.log_likelihood(at + step * e) - found.log_likelihood(at - step * e)) / 2e-6 for e in np.eye(3)]
    assert found.expand(at)[0] == pytest.approx(by_hand, abs=1e-6)


def test_a_value_is_compared_with_the_others_of_its_strata():
    company = strata([[10, 10, 0], [0, 10, 10]], [[2, 2, 0], [0, 2, 2]]).company()
    assert company[0] == pytest.approx([9 / 19, 10 / 19, 0])
    assert company[1] == pytest.approx([5 / 19, 9 / 19, 5 / 19])


def drawn(rate, n, seed=3):
    rng = np.random.default_rng(seed)
    code = rng.integers(0, len(rate), n)
    return code, rng.random(n) < np.asarray(rate)[code], rng.integers(0, 5, n)


def test_with_much_data_lifts_are_the_ratios():
    rate = 0.05 * np.array([1.0, 2.0, 1.0, 0.5, 1.0, 1.0, 1.0])
    code, y, stratum = drawn(rate, 200_000)
    centre, spread = curve_lifts(Strata.of(code, y, stratum, 7), DAYS)
    assert np.exp(centre) == pytest.approx(rate / rate.mean(), abs=0.06)
    assert (spread < 0.04).all()


def test_a_smooth_course_is_followed_where_little_was_sent():
    rng = np.random.default_rng(5)
    shares = np.where((np.arange(24) >= 8) & (np.arange(24) < 20), 1.0, 0.02)
    code = rng.choice(24, 30_000, p=shares / shares.sum())
    rate = 0.05 * np.exp(0.6 * np.cos(2 * np.pi * (np.arange(24) - 14) / 24))
    y = rng.random(30_000) < rate[code]
    counts = Counts.of(code, y, 24)
    rare = counts.trials < 100
    found = curve_rates(counts, HOURS)
    raw = counts.successes[rare] / counts.trials[rare]
    assert rare.sum() == 12
    assert np.abs(found.mean[rare] - rate[rare]).mean() < 0.6 * np.abs(raw - rate[rare]).mean()
    assert ((found.low <= rate) & (rate <= found.high)).sum() >= 22


def test_lucky_hours_with_few_sends_are_not_believed():
    trials, events = np.full(24, 1000), np.full(24, 30)
    trials[3], events[3] = 8, 2  # eight times the average
    found = curve_rates(Counts(trials, events), HOURS)
    assert found.mean[3] < 0.034
    assert found.low[3] < 0.03


def test_single_values_may_differ_from_their_neighbours():
    n, k = np.full((1, 24), 20_000.0), np.full((1, 24), 600.0)
    k[0, 15] = 1200
    found = posterior(Strata.kept(n, k).expand, 24, HOURS)
    assert found.mean[15] - np.delete(found.mean, 15).mean() == pytest.approx(np.log(2), abs=0.05)
    assert found.tau > found.sigma


def test_where_nothing_can_be_compared_nothing_is_known():
    centre, spread = curve_lifts(strata([[60, 0, 0]], [[5, 0, 0]]), GAPS)
    assert centre.tolist() == pytest.approx([0, 0, 0])
    assert (spread > 0.2).all()


def test_rates_stay_fractions_where_all_or_none_happened():
    for events in (0, 400):
        found = curve_rates(Counts(np.array([400, 400, 0]), np.array([events, events, 0])), TOUCHES)
        assert ((found.low >= 0) & (found.low <= found.mean) & (found.mean <= found.high) & (found.high <= 1)).all()
        assert abs(found.mean[0] - events / 400) < 0.01
