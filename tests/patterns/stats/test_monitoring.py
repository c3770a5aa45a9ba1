import math

import numpy as np
import pytest
from scipy import stats

from patterns.stats.monitoring import LOG_FACTORS, LOOKS, half_width, log_evidence, log_mean, log_ratios


def test_a_ratio_is_that_of_two_binomial_likelihoods():
    found = log_ratios(np.array([3]), np.array([10]), np.array([40]), np.array([60]), np.log([0.5]))
    under, none = 0.5 * 40 / (60 + 0.5 * 40), 0.4
    expected = stats.binom.logpmf(3, 10, under) - stats.binom.logpmf(3, 10, none)
    assert found == pytest.approx([expected])


def test_cells_add_up_and_empty_ones_say_nothing():
    one = log_ratios(np.array([3]), np.array([10]), np.array([40]), np.array([60]), LOG_FACTORS)
    two = log_ratios(
        np.array([3, 3, 0, 5]),
        np.array([10, 10, 0, 5]),
        np.array([40, 40, 0, 9]),
        np.array([60, 60, 0, 0]),
        LOG_FACTORS,
    )
    assert two == pytest.approx(2 * one)  # a cell all of whose rows have the value compares nothing


def test_the_mean_of_a_ratio_is_one_given_the_total():
    wins = np.arange(6)
    chance = stats.binom.pmf(wins, 5, 0.3)
    ratios = [log_ratios(np.array([k]), np.array([5]), np.array([30]), np.array([70]), LOG_FACTORS) for k in wins]
    assert chance @ np.exp(ratios) == pytest.approx(np.ones(len(LOG_FACTORS)))
    fixed = stats.hypergeom.pmf(wins, 10, 5, 3)  # without replacement it is below 1
    few = [log_ratios(np.array([k]), np.array([5]), np.array([3]), np.array([7]), LOG_FACTORS) for k in wins]
    assert (fixed @ np.exp(few) <= 1).all()


def test_evidence_of_no_week_and_of_weeks_that_say_nothing():
    assert log_evidence(np.zeros((0, 4))) == 0
    assert log_evidence(np.zeros((1, 4))) == pytest.approx(math.log(0.5))
    assert log_evidence(np.zeros((LOOKS, 4))) == pytest.approx(0)


def test_evidence_finds_a_change_that_began_late():
    against, then = np.full((20, 1), -2.0), np.full((5, 1), 2.0)
    late = log_evidence(np.concatenate([against, then]))
    begins = [2 * k for k in range(1, 6)] + [10 - 2 * k for k in range(1, 20)]  # in each week after the first
    assert late == pytest.approx(math.log(0.5 / 51 * sum(math.exp(log) for log in begins)))
    assert log_evidence(np.concatenate([against, then]), dispersion=2.0) < late


def test_evidence_reads_one_year():
    weeks = np.zeros((80, 1))
    weeks[:20] = 3.0
    assert log_evidence(weeks) == pytest.approx(math.log(0.5 * LOOKS / (LOOKS - 1)))


def test_mean_of_e_values():
    assert log_mean(np.log([1.0, 3.0])) == pytest.approx(math.log(2))


def test_a_year_of_weekly_looks_at_two_equal_arms_seldom_alarms():
    rng = np.random.default_rng(1)
    runs, weekly = 2_000, 100
    one, other = rng.binomial(weekly, 0.03, (2, runs, LOOKS))
    each = LOG_FACTORS * one[..., None] + (one + other)[..., None] * np.log(2 / (1 + np.exp(LOG_FACTORS)))
    evidence = [max(log_evidence(run[:weeks]) for weeks in range(1, LOOKS + 1)) for run in each[:100]]
    assert sum(one >= math.log(20) for one in evidence) <= 5
    total, weeks = np.cumsum(one - other, axis=1), np.arange(1, LOOKS + 1)
    naive = total / np.sqrt(weeks * weekly * 2 * 0.03 * 0.97) > 1.645
    assert np.mean(naive.any(axis=1)) > 0.2


def test_the_confidence_sequence_of_known_width():
    # growthbook, packages/stats/gbstats/frequentist/tests.py: rho at alpha 0.05 and 5,000 is 0.0394
    rho = math.sqrt((-2 * math.log(0.05) + math.log(1 - 2 * math.log(0.05))) / 5000)
    n = 2000
    width = math.sqrt(2 * (n * rho**2 + 1) / (n * rho) ** 2 * math.log(math.sqrt(n * rho**2 + 1) / 0.05))
    assert half_width(n, 1.0) == pytest.approx(width)
    assert half_width(n, 4.0) == pytest.approx(2 * width)
    assert half_width(0, 1.0) == math.inf


def test_the_confidence_sequence_holds_at_all_looks():
    rng = np.random.default_rng(2)
    sums = rng.standard_normal((300, 4_000)).cumsum(axis=1)
    n = np.arange(20, 4_000, 20)
    widths = np.array([half_width(k, 1.0) for k in n])
    assert np.mean((np.abs(sums[:, n - 1] / n) > widths).any(axis=1)) <= 0.05
