from datetime import UTC, datetime

import numpy as np
import pytest

from patterns.detectors.atrisk import at_risk
from patterns.detectors.hazard import COLUMNS, SIZES, fit_hazard, hazard_patterns
from patterns.detectors.leaving import fit_leaving
from patterns.detectors.sequences import DEFAULT, Menu, Planner, names, one_hot, plan_gain, subset
from patterns.simulator.world import simulate

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


def planner_of(world, leads, seed):
    table = at_risk(simulate(world, leads, seed, AS_OF).frame())
    return Planner(fit_hazard(hazard_patterns(table)), fit_leaving(table))


@pytest.fixture(scope="module")
def planner():
    return planner_of("how", 4000, 5)


def test_the_default_plan():
    assert names(DEFAULT) == ["email", "linkedin", "email", "sms", "voice", "email"]


def test_levels_of_a_plan():
    rows = Menu.of(np.array([DEFAULT])).levels(tier=2)
    columns = dict(zip(COLUMNS, rows.T.tolist(), strict=True))
    assert columns["channel"] == [0, 2, 0, 1, 3, 0]
    assert columns["new"] == [-1, 0, -1, 0, 0, -1]
    assert columns["used"] == [-1, 0, 1, 1, 2, 3]
    assert columns["gap"] == [-1, 1, 2, 3, 3, 4]  # 2, 3, 4, 5, 7 days
    assert columns["transition"] == [-1, 2, 10, 1, 8, 15]
    assert columns["channel_in_tier"] == [10, 12, 10, 11, 13, 10]


def test_steps_are_shared_by_plans_and_lose_nothing():
    plans = np.array([DEFAULT, (0, 2, 0, 1, 3, 3), (0, 2, 2, 1, 3, 3)])
    menu = Menu.of(plans)
    assert len(menu.channel) == 6 + 1 + 2  # the third plan's own: a channel again, and what came after that
    assert menu.channel[menu.step].tolist() == plans.tolist()
    assert menu.touch[menu.step].tolist() == [[0, 1, 2, 3, 4, 5]] * 3
    assert menu.previous[menu.step].tolist() == [[-1, *plan[:-1]] for plan in plans.tolist()]


def test_one_hot_rows_hold_one_per_level():
    rows = one_hot(Menu.of(np.array([DEFAULT])).levels(tier=0))
    assert rows.shape == (6, sum(SIZES))
    assert rows.sum(axis=1).tolist() == [4, 8, 7, 8, 8, 7]


def test_draws_centre_on_the_plans_rates(planner):
    menu = Menu.of(np.array([DEFAULT, (3, 3, 3, 3, 3, 3), (0, 0, 0, 0, 0, 0)]))
    drawn, rates = planner.drawn_rates(menu, np.random.default_rng(2)), planner.rates(menu)
    assert drawn.shape == (3, 500)
    assert np.median(drawn, axis=1) == pytest.approx(rates, rel=0.03)
    assert rates[1] > rates[0] > rates[2]


def test_the_overall_level_is_known_better_than_any_plan(planner):
    """Draws of the effects move the intercept too, so that an average plan keeps about the conversions that were seen."""
    drawn = planner.drawn_rates(Menu.of(np.array([DEFAULT])), np.random.default_rng(2))
    assert drawn.std() / drawn.mean() < 0.08


def test_a_plan_is_worth_what_it_is_against_the_default_cut_to_its_length(planner):
    worth = planner.worth(np.array([DEFAULT[:3], (0, 0, 0)]), np.random.default_rng(3))
    same = next(i for i in range(2) if tuple(worth.plans[i]) == DEFAULT[:3])
    assert worth.ratio[same] == worth.ratio_low[same] == worth.ratio_high[same] == 1


def test_the_best_plans_come_first_and_all_are_allowed(planner):
    worth = planner.best(np.random.default_rng(3))
    assert len(worth) == 100
    sure = worth.ratio_low > 1
    assert (np.diff(sure.astype(int)) <= 0).all()
    assert (np.diff(worth.ratio[sure]) <= 0).all()
    assert worth.ratio_low[0] > 1
    assert worth.ratio_low[worth.chosen] == worth.ratio_low[:5].max()


def test_length_and_channels_follow_what_was_done_enough(planner):
    assert planner.length == 6
    assert planner.allowed == [0, 1, 2, 3, 4]
    patterns = planner.model.patterns
    early = patterns.levels[:, COLUMNS.index("touch")] < 2
    short = Planner(fit_hazard(subset(patterns, patterns.trials * early, patterns.events * early)), planner.leaving)
    assert short.length == 2
    rare = planner_of("null", 60, 1)
    assert len(rare.allowed) < 5


def test_gains_are_sure_where_there_are_any_and_doubtful_where_not(planner):
    gain = plan_gain(planner.model.patterns, planner, np.random.default_rng(4))
    assert gain.log_ratio > 3 * np.sqrt(gain.variance)
    null = planner_of("null", 2000, 9)
    gain = plan_gain(null.model.patterns, null, np.random.default_rng(4))
    assert abs(gain.log_ratio) < 2 * np.sqrt(gain.variance)
