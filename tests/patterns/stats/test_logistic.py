import numpy as np
import pytest
from scipy.optimize import minimize

from patterns.stats.counting import Patterns, count_patterns
from patterns.stats.fitted import Level
from patterns.stats.logistic import LogisticError, Term, fit, fit_likeliest, ridge


def rows(seed=1, n=4000):
    rng = np.random.default_rng(seed)
    channel = rng.integers(0, 3, n)
    touch = rng.integers(-1, 4, n)
    campaign = rng.integers(0, 5, n)
    eta = -2 + np.array([0.0, 0.0, 0.7])[channel] + np.array([0.2, 0.0, -0.2, -0.4, 0.0])[touch] + 0.3 * (campaign - 2)
    return channel, touch, campaign, rng.random(n) < 1 / (1 + np.exp(-eta))


def test_the_fit_is_the_maximum_of_the_penalised_likelihood():
    channel, touch, campaign, y = rows()
    found = fit(count_patterns([channel, touch], y, campaign), [ridge(3, 0.3), ridge(4, 0.3)], strata_sd=1.0)
    one_hot = np.column_stack(
        [np.ones(len(y)), *(channel == c for c in range(3)), *(touch == t for t in range(4))]
        + [campaign == c for c in range(5)]
    ).astype(float)
    precision = np.array([0.01] + [1 / 0.09] * 7 + [1.0] * 5)
    centre = np.zeros(13)
    centre[0] = np.log((y.sum() + 0.5) / ((~y).sum() + 0.5))

    def loss(b):
        eta = one_hot @ b
        return np.logaddexp(0, eta).sum() - eta @ y + 0.5 * precision @ (b - centre) ** 2

    def slope(b):
        return one_hot.T @ (1 / (1 + np.exp(-one_hot @ b)) - y) + precision * (b - centre)

    oracle = minimize(loss, centre, jac=slope, method="BFGS", options={"gtol": 1e-7, "maxiter": 500})
    assert np.allclose(found.coefficients, oracle.x[1:8], atol=1e-5)
    assert np.allclose(found.strata, oracle.x[8:], atol=1e-5)
    assert found.intercept == pytest.approx(oracle.x[0], abs=1e-5)
    assert -found.log_posterior == pytest.approx(oracle.fun, rel=1e-9)
    rate = 1 / (1 + np.exp(-one_hot @ oracle.x))
    hessian = (one_hot * (rate * (1 - rate))[:, None]).T @ one_hot + np.diag(precision)
    assert np.allclose(found.covariance, np.linalg.inv(hessian)[1:8, 1:8], atol=1e-6)
    assert found.log_curvature == pytest.approx(np.linalg.slogdet(hessian)[1], rel=1e-5)


def test_order_of_rows_does_not_change_a_bit():
    channel, touch, campaign, y = rows()
    shuffle = np.random.default_rng(3).permutation(len(y))
    terms = [ridge(3, 0.3), ridge(4, 0.3)]
    one = fit(count_patterns([channel, touch], y, campaign), terms)
    two = fit(count_patterns([channel[shuffle], touch[shuffle]], y[shuffle], campaign[shuffle]), terms)
    assert one.coefficients.tobytes() == two.coefficients.tobytes()
    assert one.covariance.tobytes() == two.covariance.tobytes()


def test_a_stratum_that_explains_everything_leaves_no_effect():
    # Channel 1 is used mostly in the better campaign; within campaigns both channels convert alike.
    trials = np.array([900, 100, 100, 900])
    events = np.array([18, 2, 10, 90])
    patterns = Patterns(np.array([[0], [1], [0], [1]]), np.array([0, 0, 1, 1]), trials, events)
    crude = fit(Patterns(patterns.levels, np.zeros(4, int), trials, events), [ridge(2, 3.0)])
    within = fit(patterns, [ridge(2, 3.0)])
    assert crude.contrast(np.array([-1.0, 1.0]))[0] == pytest.approx(1.254, abs=0.001)
    estimate, error = within.contrast(np.array([-1.0, 1.0]))
    assert estimate == pytest.approx(0.065, abs=0.001)  # what the prior on two strata lets through
    assert error == pytest.approx(0.316, abs=0.001)


def test_a_concave_penalty_is_refused():
    channel, _, _, y = rows()
    patterns = count_patterns([channel], y)
    with pytest.raises((LogisticError, np.linalg.LinAlgError)):
        fit(patterns, [Term(3, -1e6 * np.eye(3))])


@pytest.mark.parametrize(
    ("terms", "message"), [([ridge(3, 1.0)] * 2, "1 columns but 2 terms"), ([ridge(2, 1.0)], "column 0 has a level")]
)
def test_terms_that_do_not_fit_are_refused(terms, message):
    channel, _, _, y = rows()
    with pytest.raises(LogisticError, match=message):
        fit(count_patterns([channel], y), terms)


def test_the_likeliest_of_several_penalties_is_that_of_the_largest_evidence():
    channel, touch, campaign, y = rows()
    patterns = count_patterns([channel, touch], y, campaign)
    alternatives = [[ridge(3, sd), ridge(4, 0.3)] for sd in (0.02, 0.3, 20.0)]
    alone = [fit(patterns, terms) for terms in alternatives]
    log_priors = [sum(np.linalg.slogdet(term.penalty)[1] for term in terms) for terms in alternatives]
    evidence = [one.log_posterior - one.log_curvature / 2 + p / 2 for one, p in zip(alone, log_priors, strict=True)]
    place, found = fit_likeliest(patterns, alternatives)
    assert place == np.argmax(evidence) == 1
    assert (found.coefficients == alone[place].coefficients).all()
    assert (found.covariance == alone[place].covariance).all()
    assert found.log_posterior == alone[place].log_posterior
    with pytest.raises(LogisticError, match="the alternatives differ"):
        fit_likeliest(patterns, [alternatives[0], [ridge(4, 0.3), ridge(4, 0.3)]])


def test_log_odds_of_rows_add_the_levels_up():
    channel, touch, _, y = rows()
    found = fit(count_patterns([channel, touch], y), [ridge(3, 0.3), ridge(4, 0.3)])
    expected = found.intercept + found.coefficients[2] + np.array([found.coefficients[3], 0.0])
    assert np.allclose(found.log_odds(np.array([[2, 0], [2, -1]])), expected)
    assert found.block(1) == slice(3, 7)


def test_the_level_of_an_average_row_is_known_better_than_its_effects():
    rng = np.random.default_rng(2)
    column = rng.integers(0, 3, 6000)
    stratum = rng.integers(0, 4, 6000)
    y = rng.random(6000) < 1 / (1 + np.exp(2.2 - 0.8 * (column == 1) - 0.3 * stratum))
    patterns = count_patterns([column], y, stratum)
    found = fit(patterns, [ridge(3, 1.0)])
    level = Level.of(found, patterns)
    eta = level.intercept + found.coefficients[patterns.levels[:, 0]]
    assert patterns.trials @ (1 / (1 + np.exp(-eta))) == pytest.approx(y.sum())
    assert level.average.sum() == pytest.approx(1.0)
    coefficients, intercept = level.draws(found, np.random.default_rng(3), 4000)
    assert coefficients.mean(axis=0) == pytest.approx(found.coefficients, abs=0.05)
    assert (coefficients @ level.average + intercept).std() == pytest.approx(level.weight**-0.5, rel=0.05)
    assert coefficients.std(axis=0) == pytest.approx(np.sqrt(np.diag(found.covariance)), rel=0.05)


def test_many_patterns_are_added_up_column_by_column_to_the_same_bytes(monkeypatch):
    rng = np.random.default_rng(4)
    columns = [rng.integers(-1, size, 3_000) for size in (3, 5, 7, 40)]
    patterns = count_patterns(columns, rng.random(3_000) < 0.2, rng.integers(0, 6, 3_000))
    terms = [ridge(size, 0.5) for size in (3, 5, 7, 40)]
    whole = fit(patterns, terms)
    monkeypatch.setattr("patterns.stats.logistic.MANY", 10)
    assert fit(patterns, terms).covariance.tobytes() == whole.covariance.tobytes()
