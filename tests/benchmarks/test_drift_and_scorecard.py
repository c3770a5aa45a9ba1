"""The claims about weekly looks and scorecards, on few seeds."""

import pytest

from benchmarks.validation import drift, scorecard
from benchmarks.validation.claims import Scale

FEW = Scale(range(7, 9))
DRIFT = {question.name: question for question in drift.questions(FEW)}
SCORECARD = {question.name: question for question in scorecard.questions(FEW)}
QUIET = [name for name in DRIFT if name.startswith("a year")]


@pytest.mark.parametrize("name", QUIET)
def test_a_year_without_a_change_raises_no_alert(name):
    year = drift.run(DRIFT[name].jobs[0])
    assert (year.fell, year.turned) == (None, None)


def test_of_naive_tests_a_year_without_a_change_raises_one():
    assert any(drift.run(drift.Job(drift.NULL, seed)).naive_fell is not None for seed in (500, 501))


def test_bookings_that_halve_and_findings_that_turn_are_found():
    halved = drift.run(drift.Job(drift.HALVED, 7, looks=drift.CHANGES + 8))
    turned = drift.run(drift.Job(drift.TURNS, 7, falls=False, looks=drift.CHANGES + 12))
    assert drift.CHANGES < halved.fell <= drift.CHANGES + 8
    assert drift.CHANGES < turned.turned <= drift.CHANGES + 12


@pytest.mark.parametrize("name", ["scorecard: nothing leaks", "scorecard: backtest of WHO"])
def test_backtests_agree_with_the_truth(name):
    question = SCORECARD[name]
    for result in map(question.run, question.jobs):
        assert result["auc"] == pytest.approx(result.get("truth", 0.5), abs=0.1)


def test_realised_ratios_agree_with_the_truth():
    found = scorecard.run_touches(scorecard.Job("all", 5_000, 7))
    assert found
    for ratio, low, high, truth in found.values():
        assert low < ratio < high
        assert ratio == pytest.approx(truth, rel=0.4)


def test_every_claim_is_judged():
    years = [drift.Year(fell=13, turned=14, naive_fell=1, naive_turned=None)] * 20
    for question in DRIFT.values():
        assert all(claim.measured for claim in question.judge(years))
