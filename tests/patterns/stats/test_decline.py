import numpy as np
import pytest

from patterns.stats.curves import Strata
from patterns.stats.decline import beta_geometric, finite_pool, fit_decline

TRIALS = np.array([20_000, 18_800, 17_900, 17_150, 16_500, 15_950])
HAZARDS = 0.06 * 5 / (5 + np.arange(6))


def of(trials, hazards):
    trials = np.asarray(trials, dtype=float)
    return Strata.kept(np.atleast_2d(trials), np.atleast_2d(np.round(trials * hazards)))


@pytest.mark.parametrize("audience", [beta_geometric, finite_pool])
def test_the_slope_of_an_audience_is_its_derivative(audience):
    position = np.arange(6.0)
    by_hand = (audience(0.2 + 1e-6, position)[0] - audience(0.2 - 1e-6, position)[0]) / 2e-6
    assert audience(0.2, position)[1] == pytest.approx(by_hand, abs=1e-6)


def test_depletion_is_found_where_leads_differ():
    found = fit_decline(of(TRIALS, HAZARDS))
    assert found.spread == pytest.approx(5, abs=0.2)
    assert found.p_value < 1e-20
    assert found.relative == pytest.approx(HAZARDS / 0.06, abs=0.01)
    assert found.events == 4578
    assert found.fatigue.p_value > 0.3


def test_a_constant_hazard_is_no_depletion():
    found = fit_decline(of(TRIALS[:3], 0.03))
    assert found.p_value > 0.3
    assert found.relative == pytest.approx([1, 1, 1], abs=0.01)
    assert found.fatigue is None


def test_rising_hazards_are_neither():
    found = fit_decline(of(TRIALS, 0.03 * 1.1 ** np.arange(6)))
    assert (found.spread, found.p_value) == (1e7, 1.0)
    assert found.fatigue.p_value == 1
    assert found.fatigue.low > 1


def test_fatigue_is_what_depletion_leaves_over():
    worn = np.exp(-1.2 * (np.arange(6) / 5) ** 2)
    found = fit_decline(of(TRIALS, HAZARDS * worn)).fatigue
    assert found.p_value < 1e-5
    assert found.low < np.exp(-1.2) < found.remaining < found.high < 0.6


def test_a_small_pool_that_is_used_up_is_no_fatigue():
    # 15 % of the leads book at every fourth touch, the rest never: hazards fall by more from touch to touch than any
    # beta-geometric curve
    willing = 3000 * 0.75 ** np.arange(6)
    trials = 17_000 + willing
    found = fit_decline(of(trials, willing / 4 / trials))
    assert found.p_value < 1e-20
    assert found.fatigue.p_value > 0.3


def test_campaigns_that_stop_early_look_like_no_decline():
    good, poor = [8000, 7500, 1000, 0, 0, 0], [8000, 7900, 7800, 7700, 7600, 7500]
    both = Strata.kept(
        np.array([good, poor], dtype=float), np.round(np.array([good, poor]) * np.array([[0.06], [0.02]]))
    )
    found = fit_decline(both)
    assert found.p_value > 0.3
    pooled = fit_decline(Strata.kept(both.n.sum(axis=0, keepdims=True), both.k.sum(axis=0, keepdims=True)))
    assert pooled.p_value < 1e-10
