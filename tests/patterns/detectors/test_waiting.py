from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from patterns.detectors.atrisk import at_risk
from patterns.detectors.waiting import conversion_timing, gap_days
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
