"""A small version of what `make validate` claims of rates, lifts and content: the seeds are fixed, so it is no gamble."""

import pytest

from benchmarks.validation import lifts, rates, variants, what
from benchmarks.validation.claims import Scale

SEEDS = {
    "rates drawn from a distribution": 12,
    "rates, one outlier": 30,
    "rates, power and silence": 60,
    "rates, tests against oracles": 40,
    "what, luck of templates": 3,
    "what, features": 60,
    "what, mixed model against permutations": 150,
    "what, variants": 20,
}
QUESTIONS = {
    question.name: question
    for module in (rates, lifts, what, variants)
    for question in module.questions(Scale(range(1001, 1201)))
}


@pytest.mark.parametrize("name", SEEDS)
def test_claims_hold(name):
    question = QUESTIONS[name]
    for claim in question.judge([question.run(job) for job in question.jobs[: SEEDS[name]]]):
        assert claim.holds, f"{claim.name}: {claim.measured}, {claim.bound}"
