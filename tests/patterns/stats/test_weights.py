import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as sklearn_log_loss

from patterns.stats.platt import platt
from patterns.stats.weights import (
    HIGHEST,
    LOWEST,
    RIDGE,
    TOTAL,
    Patterns,
    Prior,
    auc,
    brier,
    calibration_error,
    capture,
    count_patterns,
    fit_fixed,
    fit_weights,
    log_loss,
    weights_for,
)

DEFAULTS = np.array([0.20, 0.25, 0.25, 0.15])


def leads(rng, count, effect, intercept=-3.0):
    """Components on the coarse scales that rule points have, and outcomes of a logistic model."""
    x = rng.integers(0, [5, 9, 6, 8], (count, 4)) / np.array([4, 8, 5, 7])
    chance = 1 / (1 + np.exp(-(intercept + x @ np.array(effect))))
    return x, rng.random(count) < chance


def spread(patterns):
    """The counted patterns as single rows."""
    won = np.repeat(patterns.x, patterns.k.astype(int), axis=0)
    lost = np.repeat(patterns.x, (patterns.n - patterns.k).astype(int), axis=0)
    return np.concatenate([won, lost]), np.repeat([1, 0], [len(won), len(lost)])


def test_patterns_are_sorted_counted_and_known():
    x = np.array([[0.5, 0, 0, 1], [0, 0, 0, 0], [0.5, 0, 0, 1], [np.nan, 0, 0, 1]])
    patterns = count_patterns(x, np.array([True, False, False, True]))
    assert patterns.x.tolist() == [[0, 0, 0, 0], [0.5, 0, 0, 1]]
    assert (patterns.n.tolist(), patterns.k.tolist()) == ([1, 2], [0, 1])


def test_patterns_of_many_values_are_those_of_few(monkeypatch):
    rng = np.random.default_rng(1)
    x, y = leads(rng, 500, [1, 1, 1, 1])
    few = count_patterns(x, y)
    monkeypatch.setattr("patterns.stats.weights.DENSE", 20)
    many = count_patterns(x, y)
    assert few.x.tolist() == many.x.tolist()
    assert (few.n.tolist(), few.k.tolist()) == (many.n.tolist(), many.k.tolist())


def test_platt_is_an_unpenalised_logistic_regression():
    patterns = count_patterns(*leads(np.random.default_rng(2), 3000, [2, 1, 0, 0]))
    score = patterns.x @ DEFAULTS
    rows, y = spread(Patterns(score[:, None], patterns.n, patterns.k))
    oracle = LogisticRegression(C=np.inf, tol=1e-10).fit(rows, y)
    assert platt(score, patterns.n, patterns.k) == pytest.approx((oracle.intercept_[0], oracle.coef_[0, 0]), rel=1e-3)


@pytest.mark.parametrize("effect", [[0.5, 3, 1, 0], [0, 0, 0, 4], [1, 1, 1, 1], [2, 0, 2, 0.3]])
def test_fit_is_the_constrained_minimum(effect):
    """Against scipy's SLSQP, started at our answer and at the default."""
    patterns = count_patterns(*leads(np.random.default_rng(3), 4000, effect))
    found = fit_weights(patterns, DEFAULTS)
    scale = float(np.clip(fit_fixed(patterns, DEFAULTS).scale, 0.5, 20))

    def loss(theta):
        z = theta[0] + patterns.x @ theta[1:]
        penalty = RIDGE / 2 * ((theta[1:] - scale * DEFAULTS) ** 2).sum()
        return patterns.n @ np.logaddexp(0, z) - patterns.k @ z + penalty

    bounds = {
        "type": "ineq",
        "fun": lambda t: np.concatenate(
            [t[1:] - LOWEST / TOTAL * t[1:].sum(), HIGHEST / TOTAL * t[1:].sum() - t[1:]],
        ),
    }
    start = np.concatenate([[found.intercept], scale * DEFAULTS])
    oracle = minimize(loss, start, constraints=[bounds], method="SLSQP", options={"maxiter": 500, "ftol": 1e-12})
    ours = np.concatenate([[found.intercept], found.scale * found.weights])
    assert loss(ours) <= oracle.fun + 1e-3
    assert found.weights == pytest.approx(TOTAL * oracle.x[1:] / oracle.x[1:].sum(), abs=2e-3)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("count", [40, 400])
def test_weights_keep_their_sum_and_bounds(seed, count):
    rng = np.random.default_rng(seed)
    found = fit_weights(count_patterns(*leads(rng, count, rng.normal(0, 3, 4), intercept=-1)), DEFAULTS)
    assert found.weights.sum() == pytest.approx(0.85, abs=1e-12)
    assert found.weights.min() >= 0.05
    assert found.weights.max() <= 0.50


def test_a_true_signal_outweighs_a_rare_noise_component():
    """Without an intercept the weight would go to the component with the low mean, whatever it predicts."""
    rng = np.random.default_rng(4)
    signal = np.round(np.clip(rng.normal(0.7, 0.2, 2000), 0, 1), 1)
    noise = (rng.random(2000) < 0.05).astype(float)
    rest = rng.integers(0, 5, (2000, 2)) / 4
    y = rng.random(2000) < 1 / (1 + np.exp(4.5 - 3 * signal))
    found = fit_weights(count_patterns(np.column_stack([signal, noise, rest]), y), DEFAULTS)
    assert found.weights[0] > 0.35
    assert found.weights[1] < 0.2


def test_little_data_stays_at_the_prior():
    patterns = count_patterns(*leads(np.random.default_rng(5), 40, [1, 1, 1, 1], intercept=-2))
    assert fit_weights(patterns, DEFAULTS).weights == pytest.approx(DEFAULTS, abs=0.1)


def test_scores_that_predict_the_contrary_leave_the_weights_alone():
    patterns = count_patterns(*leads(np.random.default_rng(6), 3000, [-2, -2, -2, -2], intercept=1))
    assert fit_weights(patterns, DEFAULTS).weights == pytest.approx(DEFAULTS)


@pytest.mark.parametrize(
    ("coefficients", "weights"),
    [
        ([1.0, 1.0, 1.0, 1.0], [0.2125] * 4),
        ([0.5, 1.0, 0.5, 0.5], [0.17, 0.34, 0.17, 0.17]),
        ([9.0, 1.0, 1.0, 1.0], [0.5, 0.35 / 3, 0.35 / 3, 0.35 / 3]),  # the first is cut off, the others share the rest
        ([1.0, 1.0, -3.0, 0.0], [0.375, 0.375, 0.05, 0.05]),
        ([0.0, 0.0, 0.0, 0.0], [0.2125] * 4),
    ],
)
def test_weights_in_proportion_as_far_as_the_bounds_allow(coefficients, weights):
    assert weights_for(np.array(coefficients)) == pytest.approx(weights, abs=1e-6)


def test_few_leads_follow_a_firm_prior_and_many_do_not():
    told = Prior(np.array([0.05, 0.05, 0.25, 0.5]), scale=4.0, intercept=-2.0, ridge=50.0, intercept_ridge=50.0)
    few, many = (
        fit_weights(count_patterns(*leads(np.random.default_rng(5), count, [0, 3, 0, 0])), told).weights
        for count in (60, 20_000)
    )
    assert few[3] > 0.4 > few[1]
    assert many[1] > 0.45


class TestMeasures:
    x, y = leads(np.random.default_rng(7), 1500, [1, 2, 0, 1])
    patterns = count_patterns(x, y)
    fit = fit_weights(patterns, DEFAULTS)
    p = fit.predict(patterns.x)
    rows, outcome = spread(patterns)
    single = fit.predict(rows)

    def test_log_loss(self):
        assert log_loss(self.p, self.patterns.n, self.patterns.k) == pytest.approx(
            sklearn_log_loss(self.outcome, self.single)
        )

    def test_brier(self):
        assert brier(self.p, self.patterns.n, self.patterns.k) == pytest.approx(
            brier_score_loss(self.outcome, self.single)
        )

    def test_auc(self):
        assert auc(self.p, self.patterns.n, self.patterns.k) == pytest.approx(roc_auc_score(self.outcome, self.single))

    def test_capture_of_everybody_is_everything(self):
        assert capture(self.p, self.patterns.n, self.patterns.k, 1.0) == pytest.approx(1.0)
        assert capture(self.p, self.patterns.n, self.patterns.k, 0.2) > 0.3

    def test_calibration_error_of_the_fit_is_small(self):
        assert calibration_error(self.p, self.patterns.n, self.patterns.k) < 0.03
        assert calibration_error(self.p + 0.1, self.patterns.n, self.patterns.k) == pytest.approx(0.1, abs=0.02)


def test_auc_without_both_outcomes_is_a_half():
    assert auc(np.array([0.1, 0.9]), np.array([2.0, 2.0]), np.zeros(2)) == 0.5
    assert capture(np.array([0.1, 0.9]), np.array([2.0, 2.0]), np.zeros(2), 0.2) == 0.0


def test_capture_takes_ties_in_part():
    score, n, k = np.array([1.0, 2.0]), np.array([10.0, 10.0]), np.array([2.0, 8.0])
    assert capture(score, n, k, 0.25) == pytest.approx(0.4)
    assert capture(score, n, k, 0.75) == pytest.approx(0.9)
