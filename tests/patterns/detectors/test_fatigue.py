from datetime import UTC, datetime

import numpy as np
import pytest

from patterns.detectors.fatigue import decline_of, depletion, fatigue, mean_touches
from patterns.detectors.findings import Finding, Status

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


def rows(trials, events, stratum=0):
    """Touch codes, outcomes and strata of these many touches and bookings at each touch number."""
    codes = np.repeat(np.arange(len(trials)), trials)
    y = np.concatenate([np.arange(n) < k for n, k in zip(trials, events, strict=True)])
    return codes, y, np.full(len(codes), stratum)


def finding(touch, sample, converted):
    return Finding({"touch": touch}, sample, converted, converted / sample, 0, 1, 1, 0.5, 2, None, 0.5, Status.NONE)


def test_the_mean_number_of_touches_follows_from_the_hazards():
    items = [finding(1, 100, 50), finding(2, 50, 25), finding(3, 25, 25)]
    assert mean_touches(items) == pytest.approx(1 * 0.5 + 2 * 0.25 + 3 * 0.25)


def test_hazards_of_depletion_add_up_to_the_bookings():
    trials, events = [5000, 4700, 4500, 4300], [250, 190, 160, 130]
    decline = decline_of(*rows(trials, events))
    found = depletion([finding(i + 1, n, k) for i, (n, k) in enumerate(zip(trials, events, strict=True))], decline)
    assert np.dot(found["hazards"], trials) == pytest.approx(730)
    assert found["first_hazard"] == found["hazards"][0] == pytest.approx(0.0497, abs=0.001)
    assert 3 < found["spread"] < 5
    assert found["p_value"] < 1e-4


def test_touch_numbers_count_up_to_the_first_that_is_missing():
    decline = decline_of(*rows([500, 480, 470, 0, 400], [20, 20, 20, 0, 20]))
    assert len(decline.relative) == 3
    assert "fewer than 4 touch numbers" in fatigue(decline, np.nan)["abstained"]
    assert decline_of(*rows([500, 0, 400], [20, 0, 20])) is None
    assert "too few touch numbers" in depletion([finding(1, 500, 20)], None)["abstained"]


def test_fatigue_is_supported_like_any_other_finding():
    decline = decline_of(*rows([9000, 8700, 8400, 8100, 7900], [360, 350, 340, 200, 80]))
    found = fatigue(decline, 0.001)
    assert found["touch"] == 5
    assert found["low"] < found["remaining"] < found["high"] < 0.6
    assert found["status"] == "supported"
    assert fatigue(decline, 0.2)["status"] == "suggestive"


def test_where_the_hazard_stays_there_is_none():
    found = fatigue(decline_of(*rows([9000, 8700, 8400, 8100], [360, 350, 335, 325])), 0.9)
    assert (found["status"], found["q_value"]) == ("none", 0.9)


def test_a_handful_of_bookings_supports_nothing():
    decline = decline_of(*rows([300, 300, 300, 300], [3, 3, 3, 0]))
    assert fatigue(decline, 0.01)["status"] != "supported"
