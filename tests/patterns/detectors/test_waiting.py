from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from patterns.detectors.atrisk import at_risk
from patterns.detectors.waiting import conversion_timing, gap_days, timing_of
from patterns.simulator.world import simulate

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def table():
    return at_risk(simulate("when", 4000, 5, AS_OF).frame())


def test_a_gap_of_one_length_is_that_length(table):
    assert gap_days(table, "3") == 3
    assert gap_days(table, "0-1") == 1


def test_inside_a_wide_gap_the_day_follows_the_curve(table):
    rng = np.random.default_rng(2)
    chance = np.where(table.gap >= 0, 0.03 + 0.006 * np.maximum(table.gap, 0), 0.03)
    rising = replace(table, y=rng.random(len(table)) < chance)
    falling = replace(table, y=rng.random(len(table)) < np.maximum(0.2 - 0.014 * table.gap, 0.01))
    assert gap_days(rising, "8-14") == 14
    assert gap_days(falling, "8-14") == 8
    assert gap_days(falling, "4-5") == 4


def test_times_to_convert_are_ordered_and_respect_those_still_under_way():
    simulation = simulate("null", 4000, 3, AS_OF)
    frame = simulation.frame()
    timing = conversion_timing(frame)
    assert timing["percentile_50"] == timing["median_days_to_convert"]
    assert timing["percentile_50"] < timing["percentile_80"] < timing["percentile_95"] <= timing["horizon_days"] == 60
    assert timing["percentile_50"] < timing["avg_days_to_convert"] < timing["percentile_80"]
    share = np.mean(~np.isnan(frame.leads.converted_at))
    assert timing["converted_within_horizon"] > share  # some leads have not been through their sequence yet


def test_few_bookings_say_how_many_there_are():
    frame = simulate("null", 40, 3, AS_OF).frame()
    timing = conversion_timing(frame)
    assert "5 are needed" in timing["abstained"]


def test_times_carry_their_intervals():
    timing = conversion_timing(simulate("null", 4000, 3, AS_OF).frame())
    for level in (50, 80, 95):
        low, middle, high = (timing[f"percentile_{level}{end}"] for end in ("_low", "", "_high"))
        assert low <= middle <= high < 1.2 * middle
        assert low > 0.8 * middle
    low, high = (timing[f"converted_within_horizon_{end}"] for end in ("low", "high"))
    assert low < timing["converted_within_horizon"] < high < low + 0.05


def test_times_of_leads_under_way_are_not_those_of_the_quick():
    """Weibull times, three in ten bookings unseen: within a tenth of the truth, the quick ones far from it."""
    rng = np.random.default_rng(8)
    booking = np.where(rng.random(20_000) < 0.35, 20 * rng.weibull(1.3, 20_000), np.inf)
    followed = np.where(rng.random(20_000) < 0.8, rng.uniform(0, 45, 20_000), 90.0)
    duration = np.minimum(booking, followed)
    timing = timing_of(duration, (booking <= followed).astype(int))
    within = -np.expm1(-((60 / 20) ** 1.3))
    for level in (50, 80, 95):
        truth = 20 * (-np.log1p(-level / 100 * within)) ** (1 / 1.3)
        assert timing[f"percentile_{level}"] == pytest.approx(truth, rel=0.05)
        assert np.percentile(booking[booking <= followed], level) < 0.85 * truth
    assert timing["converted_within_horizon"] == pytest.approx(0.35 * within, rel=0.04)
