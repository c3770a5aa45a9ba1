"""A small version of what `make validate` claims of when: the seeds are fixed, so it is no gamble."""

import pytest

from benchmarks.validation import when, when_in_time
from benchmarks.validation.claims import Scale

RUNS = {
    "constant hazard, 2,000 leads": 10,
    "hours, 2,000 sends": 10,
    "hours, 20,000 sends": 5,
    "flat hours, 200 sends": 12,
    "flat hours, 2,000 sends": 10,
    "gaps that cost unsubscribes": 3,
    "gaps that cost none": 3,
    "the gap to choose": 2,
    "no fatigue, beta audience, 2,000 leads": 20,
    "no fatigue, pool audience, 2,000 leads": 20,
    "fatigue, beta audience, 20,000 leads": 3,
    "time to convert, 2,000 leads": 20,
}
QUESTIONS = {
    question.name: question
    for module in (when, when_in_time)
    for question in module.questions(Scale(range(3000, 3200)))
}


@pytest.mark.parametrize("name", RUNS)
def test_claims_hold(name):
    question = QUESTIONS[name]
    for claim in question.judge([question.run(job) for job in question.jobs[: RUNS[name]]]):
        assert claim.holds, f"{claim.name}: {claim.measured}, {claim.bound}"


def test_the_truth_about_times_is_that_of_the_formula():
    truth = when_in_time.true_times()
    assert list(truth) == ["percentile_50", "percentile_80", "percentile_95", "converted_within_horizon"]
    assert truth["percentile_50"] == pytest.approx(14.2, abs=0.05)
    assert truth["converted_within_horizon"] == pytest.approx(0.3215, abs=0.0005)
