"""Coefficients drawn from one distribution of clients, against known ones and against an independent fit."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from patterns.stats.pooling import Pool, Stacked, borrowed, fit_pool, trial
from patterns.stats.weights import Patterns, count_patterns, fit_weights

DEFAULTS = np.array([0.2, 0.25, 0.25, 0.15])


def clients(mean, *, between, number=40, leads=150, seed=1):
    """Counted leads of clients whose coefficients scatter around `mean` (the intercept first) by `between`."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(number):
        x = rng.integers(0, 5, (leads, 4)) / 4
        b = np.array(mean[1:]) + between * rng.standard_normal(4)
        made.append(count_patterns(x, rng.random(leads) < expit(mean[0] + x @ b)))
    return made


def test_mean_and_spread_of_many_clients_are_found():
    pool = fit_pool(clients([-2, 1, 2, 0.5, 1], between=0.7, number=150))
    assert pool.mean == pytest.approx([-2, 1, 2, 0.5, 1], abs=0.25)
    assert np.sqrt(pool.variance[1:]) == pytest.approx([0.7] * 4, abs=0.25)
    assert pool.clients == 150


def test_a_clients_mode_is_that_of_an_independent_optimiser():
    one = clients([-1, 1, 1, 1, 1], between=0.5, number=1)[0]
    pool = Pool(np.array([-1, 0.5, 0.5, 0.5, 0.5]), np.array([1, 0.3, 0.3, 0.3, 0.3]), 9)
    z = np.concatenate([np.ones((len(one), 1)), one.x], axis=1)

    def loss(b):
        eta = z @ b
        return one.n @ np.logaddexp(0, eta) - one.k @ eta + 0.5 * ((b - pool.mean) ** 2 / pool.variance).sum()

    found, _ = Stacked.of([one]).modes(pool.mean[None, :], pool.mean, 1 / pool.variance)
    assert found[0] == pytest.approx(minimize(loss, pool.mean, tol=1e-10).x, abs=1e-4)


def test_the_order_of_the_clients_does_not_matter():
    made = clients([-2, 1, 2, 0.5, 1], between=0.7, number=8)
    there, back = fit_pool(made), fit_pool(made[::-1])
    assert there.mean == pytest.approx(back.mean, rel=1e-9)
    assert there.variance == pytest.approx(back.variance, rel=1e-9)


def test_a_client_without_evidence_gets_the_pools_weights_and_one_with_much_its_own():
    pool = Pool(np.array([-2.0, 0.5, 2.0, 1.0, 0.5]), np.full(5, 0.2), 9)
    nothing = Patterns(np.zeros((1, 4)), np.array([1.0]), np.array([0.0]))
    assert borrowed(nothing, pool).weights == pytest.approx(0.85 * np.array([0.5, 2, 1, 0.5]) / 4, abs=1e-6)
    rich = clients([-2, 3, 0.5, 0.5, 0.5], between=0, number=1, leads=40_000)[0]
    assert borrowed(rich, pool).weights == pytest.approx(fit_weights(rich, DEFAULTS).weights, abs=0.02)


def test_weights_of_a_pool_that_speaks_against_every_component_are_even():
    pool = Pool(np.array([-2.0, -1.0, -1.0, -1.0, -1.0]), np.full(5, 1e-3), 9)
    nothing = Patterns(np.zeros((1, 4)), np.array([1.0]), np.array([0.0]))
    assert borrowed(nothing, pool).weights == pytest.approx([0.2125] * 4, abs=1e-6)


@pytest.mark.parametrize(
    ("mean", "between", "promoted"), [([-2.5, 0.2, 3, 0.5, 0.2], 0.3, True), ([-2, 0, 0, 0, 0], 0.0, False)]
)
def test_borrowing_has_to_save_clients_that_were_left_out(mean, between, promoted):
    found = trial(clients(mean, between=between, number=12), DEFAULTS, np.random.default_rng(1))
    assert found.promoted is promoted
    assert (found.share > 0.95) is promoted
