"""Effects of attributes: against scikit-learn, without some leads, and the test of whether any matters."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from patterns.stats.crossfit import Crossfit, Slopes, Table, fit, moments, moments_by, solve
from patterns.stats.omnibus import p_value, upper_tail

SLOPES = Slopes(np.zeros(2), np.full(2, 4.0))
WEIGHTS = np.array([0.5, 0.35])


def history(rng, leads=2000, effects=(0.0, 0.0, 0.0, 0.0), slopes=(0.0, 0.0), strata=(0.0,)):
    x = rng.integers(0, 5, (leads, 2)) / 4
    levels = np.stack([rng.integers(-1, len(effects), leads), rng.integers(0, 3, leads)], axis=1)
    stratum = rng.integers(0, len(strata), leads)
    z = -2 + x @ np.array(slopes) + np.array([*effects, 0.0])[levels[:, 0]] + np.array(strata)[stratum]
    return Table(x, levels, (len(effects), 3), stratum, rng.random(leads) < 1 / (1 + np.exp(-z)))


def test_is_a_ridge_regression():
    table = history(np.random.default_rng(1), effects=(1.0, 0, 0, -1.0), slopes=(1.0, 0.0))
    spread = np.array([0.4, 0.25])
    found = solve(moments(table, fit(table, SLOPES)), SLOPES, table.starts, spread)
    for _ in range(8):
        found = solve(moments(table, found), SLOPES, table.starts, spread)
    scale = np.array([0.5, 0.5, *[0.4] * 4, *[0.25] * 3])  # columns in units of their spread: one penalty for all
    one, other = table.levels.T[:, :, None]
    rows = np.column_stack([table.slopes, one == np.arange(4), other == np.arange(3)]) * scale
    oracle = LogisticRegression(C=1.0, tol=1e-10, max_iter=2000).fit(rows, table.y)
    assert found.coefficients[1:] == pytest.approx(oracle.coef_[0] * scale, abs=5e-3)


def test_effects_are_found_and_noise_is_drawn_in():
    table = history(np.random.default_rng(2), leads=6000, effects=(1.2, 0.0, 0.0, -1.2), slopes=(1.5, 0.0))
    found = fit(table, SLOPES)
    values = found.coefficients[3:7]
    assert values - values.mean() == pytest.approx([1.2, 0, 0, -1.2], abs=0.25)
    assert np.abs(found.coefficients[7:10]).max() < 0.12
    assert found.taus[0] > 0.4
    assert found.taus[1] < 0.2


def test_strata_take_what_is_theirs():
    rng = np.random.default_rng(3)
    table = history(rng, leads=6000, strata=(0.0, 1.5))
    moved = table.levels.copy()
    moved[:, 0] = np.where(table.stratum == 1, 0, 1)  # the attribute is the stratum, give or take a tenth
    odd = rng.random(6000) < 0.1
    moved[odd, 0] = 1 - moved[odd, 0]
    table = Table(table.slopes, moved, table.sizes, table.stratum, table.y)
    alone = Table(table.slopes, moved, table.sizes, table.stratum * 0, table.y)
    held, raw = (fit(one, SLOPES).coefficients[3:5] for one in (table, alone))
    assert raw[0] - raw[1] > 0.8
    assert abs(held[0] - held[1]) < 0.3


def test_without_some_leads_is_the_fit_of_the_others():
    table = history(np.random.default_rng(4), effects=(1.0, 0, 0, -1.0), slopes=(1.0, 0.0), strata=(0.0, 0.5))
    out = np.arange(0, 2000, 5)
    rest = np.setdiff1d(np.arange(2000), out)
    others = Table(table.slopes[rest], table.levels[rest], table.sizes, table.stratum[rest], table.y[rest])
    found = Crossfit(table, SLOPES).without(out)
    assert found.coefficients == pytest.approx(fit(others, SLOPES).coefficients, abs=0.05)
    assert found.taus == pytest.approx(fit(others, SLOPES).taus, rel=0.1)


def test_parts_add_up_to_the_whole():
    table = history(np.random.default_rng(6), effects=(1.0, 0, 0, -1.0), strata=(0.0, 0.5))
    at = fit(table, SLOPES)
    first, second = moments_by(table, at, np.arange(2000) % 2, 2)
    whole = moments(table, at)
    for name in ("inner", "cross", "strata", "target", "strata_target"):
        assert getattr(whole - first, name) == pytest.approx(getattr(second, name))
    assert (whole.inner == whole.inner.T).all()


def test_no_attributes_leave_the_slopes():
    table = history(np.random.default_rng(5), slopes=(2.0, 0.0))
    bare = Table(table.slopes, table.levels[:, :0], (), table.stratum, table.y)
    assert fit(bare, SLOPES).coefficients[1] == pytest.approx(1.7, abs=0.35)


def test_p_values_are_uniform_where_only_the_score_matters():
    found = np.array(
        [p_value(history(np.random.default_rng(seed), 600, slopes=2 * WEIGHTS), WEIGHTS, SLOPES) for seed in range(120)]
    )
    assert np.mean(found < 0.05) <= 0.1
    assert 0.38 < np.mean(found < 0.5) < 0.62


def test_p_values_are_small_where_an_attribute_matters():
    found = [
        p_value(history(np.random.default_rng(seed), 1500, effects=(0.8, 0, 0, -0.8)), WEIGHTS, SLOPES)
        for seed in range(20)
    ]
    assert sum(p < 0.02 for p in found) >= 18


def test_upper_tail_is_that_of_a_chi_squared():
    """Mean 3, variance 6, third central moment 24: chi-squared of three degrees, P(X >= 7.815) = 0.05."""
    assert upper_tail(7.815, 3.0, 6.0, 24.0) == pytest.approx(0.05, abs=1e-4)
    assert upper_tail(1.0, 0.0, 0.0, 0.0) == 1.0
