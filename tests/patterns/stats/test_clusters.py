import numpy as np
import pytest
import statsmodels.api as sm

from patterns.stats.clusters import SPREADS, fit_clusters
from patterns.stats.counting import Patterns, count_patterns
from patterns.stats.logistic import fit, ridge

MODEL = [ridge(2, 3.0)]


def rows(spread, clusters, seed, each=400, effect=0.0):
    """Two sides with clusters of their own; columns: side, cluster."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), each)
    side = (cluster % 2).astype(np.int64)
    luck = spread * rng.standard_normal(clusters)
    y = rng.random(len(cluster)) < 1 / (1 + np.exp(2.5 - effect * side - luck[cluster]))
    return cluster, side, y


def both(cluster, side, y):
    counted = count_patterns([cluster, side], y)
    patterns = Patterns(counted.levels[:, 1:], counted.stratum, counted.trials, counted.events)
    plain = fit(patterns, MODEL)
    return plain, fit_clusters(patterns, counted.levels[:, 0], MODEL, plain)


def difference(one):
    return one.contrast(np.array([-1.0, 1.0]))


def test_the_spread_of_the_clusters_is_found():
    for spread in (0.0, 0.3, 0.8):
        found = [both(*rows(spread, 60, seed))[1].spread for seed in range(4)]
        assert np.mean(found) == pytest.approx(spread, abs=0.12)


def test_without_luck_little_changes():
    plain, lucky = both(*rows(0.0, 60, 1, effect=0.5))
    assert difference(lucky.fit)[0] == pytest.approx(difference(plain)[0], abs=0.01)
    assert difference(lucky.fit)[1] == pytest.approx(difference(plain)[1], rel=0.15)


@pytest.mark.parametrize("clusters", [4, 10, 40])
def test_the_error_is_that_of_the_clusters_and_not_of_the_rows(clusters):
    """Over spreads that are as the prior has them: a half-normal of 0.6."""
    wrong = np.zeros(2)
    for seed in range(100):
        spread = abs(0.6 * np.random.default_rng(seed).standard_normal())
        for place, one in enumerate(both(*rows(spread, clusters, 100 + seed))):
            estimate, error = difference(one.fit if place else one)
            wrong[place] += abs(estimate / error) > 1.96
    assert wrong[0] > 30
    assert wrong[1] <= 10


def test_it_agrees_with_least_squares_on_the_clusters():
    cluster, side, y = rows(0.6, 40, 3, effect=0.7)
    _, lucky = both(cluster, side, y)
    estimate, error = difference(lucky.fit)
    sizes = np.bincount(cluster)
    rates = (np.bincount(cluster, y) + 0.5) / (sizes + 1)
    kind = np.arange(40) % 2
    # of 400 rows a cluster logits are nearly normal, so least squares with the luck in the weights is an oracle
    variance = 1 / (sizes * rates * (1 - rates)) + 0.6**2
    oracle = sm.WLS(np.log(rates / (1 - rates)), sm.add_constant(kind), weights=1 / variance).fit()
    assert estimate == pytest.approx(oracle.params[1], abs=0.06)
    assert error == pytest.approx(np.sqrt(variance[kind == 0].mean() / 20 + variance[kind == 1].mean() / 20), rel=0.15)


def test_one_cluster_a_side_cannot_be_told_from_it():
    """The error is that of the prior of the luck: a half-normal of 0.6 on each of two clusters."""
    _, lucky = both(*rows(0.0, 2, 1, each=100_000))
    assert difference(lucky.fit)[1] > 0.3
    assert lucky.mass @ SPREADS == pytest.approx(lucky.spread)


def test_rows_without_a_cluster_have_no_luck():
    cluster, side, y = rows(0.6, 20, 5)
    counted = count_patterns([np.where(side == 1, -1, cluster), side], y)
    patterns = Patterns(counted.levels[:, 1:], counted.stratum, counted.trials, counted.events)
    found = fit_clusters(patterns, counted.levels[:, 0], MODEL, fit(patterns, MODEL))
    full = both(cluster, side, y)[1]
    assert difference(found.fit)[1] < difference(full.fit)[1]


def test_order_of_rows_does_not_change_a_bit():
    cluster, side, y = rows(0.6, 20, 5)
    order = np.random.default_rng(1).permutation(len(y))
    one, other = both(cluster, side, y)[1].fit, both(cluster[order], side[order], y[order])[1].fit
    assert (one.coefficients == other.coefficients).all()
    assert (one.covariance == other.covariance).all()
