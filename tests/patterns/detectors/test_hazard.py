from datetime import UTC, datetime

import numpy as np
import pytest

from conversion.vocabulary import CHANNELS
from patterns.detectors.atrisk import at_risk
from patterns.detectors.hazard import (
    COLUMNS,
    SIZES,
    against_all,
    against_rest,
    effects_family,
    fit_hazard,
    hazard_patterns,
    row_of,
    terms,
)
from patterns.simulator.world import simulate

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
VOICE = CHANNELS.index("voice")


@pytest.fixture(scope="module")
def table():
    return at_risk(simulate("how", 4000, 5, AS_OF).frame())


@pytest.fixture(scope="module")
def model(table):
    return fit_hazard(hazard_patterns(table))


def test_patterns_count_every_touch_and_say_what_it_was(table):
    patterns = hazard_patterns(table)
    assert patterns.trials.sum() == len(table)
    assert patterns.events.sum() == table.y.sum()
    columns = dict(zip(COLUMNS, patterns.levels.T, strict=True))
    first = columns["touch"] == 0
    assert set(columns["gap"][first]) == set(columns["used"][first]) == set(columns["transition"][first]) == {-1}
    repeated = columns["transition"] == VOICE * len(CHANNELS) + VOICE
    assert set(columns["new"][repeated]) == {-1}
    assert (columns["channel_in_tier"] == columns["tier"] * len(CHANNELS) + columns["channel"]).all()
    assert all(column.max() < size for column, size in zip(patterns.levels.T, SIZES, strict=True))


def test_fitted_and_observed_conversions_agree_overall(model, table):
    assert model.predicted("channel").sum() == pytest.approx(table.y.sum(), rel=0.01)
    assert model.counts("channel").trials.sum() == len(table)


def test_the_intercept_of_an_average_period_reproduces_the_conversions(model, table):
    eta = model.fit.log_odds(model.patterns.levels) - model.fit.intercept + model.level.intercept
    assert model.patterns.trials @ (1 / (1 + np.exp(-eta))) == pytest.approx(table.y.sum())


def test_interactions_that_do_nothing_are_given_a_narrow_prior(model):
    assert model.scale <= 0.25
    narrow = terms(0.5)[COLUMNS.index("transition")]
    assert narrow.penalty[0, 0] == pytest.approx(1 / 0.1**2)
    assert terms(0.5)[COLUMNS.index("channel")].penalty[0, 0] == pytest.approx(1 / 0.3**2)


def test_effects_against_all_average_to_one_and_against_the_rest_are_wider(model):
    counts = model.counts("channel")
    rows = np.stack([row_of(model, {("channel", c): 1.0}) for c in range(len(CHANNELS))])
    shares = counts.trials.astype(float)
    all_estimate, all_error = against_all(model, rows, shares)
    rest_estimate, _ = against_rest(model, rows, shares)
    assert shares @ np.exp(all_estimate) / shares.sum() == pytest.approx(1)
    assert rest_estimate[VOICE] > all_estimate[VOICE] > 0
    assert np.exp(rest_estimate[VOICE]) == pytest.approx(2, abs=0.4)
    assert (all_error > 0).all()


def test_an_effect_of_few_expected_conversions_is_not_tested(model):
    counts = model.counts("channel")
    effect = (np.array([0.5, 0.5]), np.array([0.1, 0.1]))
    pair = type(counts)(counts.trials[:2], counts.successes[:2])
    family = effects_family([{"a": 1}, {"a": 2}], pair, np.array([40.0, 2.0]), effect)
    assert family.p_values[0] == pytest.approx(5.733e-07, rel=1e-3)
    assert np.isnan(family.p_values[1])
    assert family.expected[0] == pytest.approx(40 / np.exp(0.5))
