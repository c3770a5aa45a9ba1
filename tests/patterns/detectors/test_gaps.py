from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from conversion.vocabulary import Outcome
from patterns.detectors.atrisk import at_risk
from patterns.detectors.findings import Finding, Status
from patterns.detectors.gaps import GAPS, costly_gaps, gap_codes, gap_hazard, optimal_gap, sequence_gaps
from patterns.detectors.when import attributes_of, judged
from patterns.simulator.world import simulate

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def table():
    return at_risk(simulate("null", 4000, 5, AS_OF).frame(), Outcome.BOOKED)


def finding(gap, lift, status=Status.SUPPORTED, low=None):
    low = lift * 0.9 if low is None else low
    return Finding({"gap": gap}, 900, 50, 0.05, 0.04, 0.06, lift, low, lift * 1.1, 0.01, 0.9, status)


def test_gaps_have_ranges():
    days = np.array([-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 14, 15, 999])

    class Table:
        gap = days

    assert gap_codes(Table()).tolist() == [-1, 0, 0, 1, 2, 3, 3, 4, 4, 5, 5, -1, -1]


def test_the_largest_supported_lift_is_chosen():
    items = [finding("2", 1.3), finding("3", 1.6), finding("4-5", 1.9, Status.SUGGESTIVE), finding("8-14", 0.7)]
    assert optimal_gap(items, frozenset()) == "3"
    assert optimal_gap(items[2:], frozenset()) is None
    assert optimal_gap(None, frozenset()) is None


def test_a_gap_that_clearly_costs_unsubscribes_is_not_chosen():
    items = [finding("2", 1.3), finding("3", 1.6)]
    costs = [finding("2", 1.4, Status.NONE, low=0.9), finding("3", 1.5, Status.NONE, low=1.05)]
    assert costly_gaps(costs) == {"3"}
    assert costly_gaps(None) == frozenset()
    assert optimal_gap(items, costly_gaps(costs)) == "2"
    assert optimal_gap(items[1:], costly_gaps(costs)) is None


def test_without_an_optimal_gap_the_defaults_stand(table):
    assert list(sequence_gaps(None, table).values()) == [2, 3, 4, 5, 7]
    assert list(sequence_gaps("3", table).values()) == [3] * 5


def test_planted_unsubscribes_are_seen_beside_the_bookings(table):
    rng = np.random.default_rng(3)
    codes = gap_codes(table)
    left = (rng.random(len(table)) < np.where(codes == 0, 0.05, 0.01)) & ~table.y
    made = replace(table, left=left)
    found = judged({"gap": attributes_of(made)["gap"]}, made)
    assert costly_gaps(found.costs) == {"0-1"}
    first = gap_hazard(found.of("gap"), found.costs)[0]
    assert first["gap"] == "0-1"
    cost = first["unsubscribes"]
    assert cost["unsubscribed"] == int(left[codes == 0].sum())
    assert cost["low"] < 0.05 < cost["high"]
    assert 1 < cost["ratio_low"] < cost["ratio"] < cost["ratio_high"]
    assert (cost["status"], first["status"]) == ("supported", "none")
    assert cost["p_worse"] > 0.99


def test_a_few_unsubscribes_say_nothing(table):
    made = replace(table, left=np.arange(len(table)) < 2)
    found = judged({"gap": attributes_of(made)["gap"]}, made)
    assert found.costs is None
    assert all("5 are needed" in item["unsubscribes"]["abstained"] for item in gap_hazard(found.of("gap"), None))
    assert len(gap_hazard(found.of("gap"), None)) == len(GAPS)
    assert "no two gaps" in gap_hazard(None, None)["abstained"]
