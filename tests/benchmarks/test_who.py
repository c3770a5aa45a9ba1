"""The claims about WHO run and hold loosely on a handful of histories; in full they are `make validate`'s."""

import numpy as np
import pytest

from benchmarks.validation.claims import Scale
from benchmarks.validation.who import AUTHORITY, Job, honest, near_the_best, questions, run, run_calibration, silent
from benchmarks.validation.who_bank import DATA, as_logistic, category, run_bank, within


def test_near_the_best_where_the_title_decides():
    results = [run(Job(AUTHORITY.name, 3_000, seed)) for seed in (1, 2)]
    assert all(one["promoted"] for one in results)
    assert np.mean([one["best"] - one["auc"] for one in results]) < 0.015
    (claim,) = near_the_best(2_000, results)
    assert "promoted" in claim.measured
    assert claim.naive
    assert claim.oracle


def test_silent_where_nothing_matters():
    (claim,) = silent([run(Job("null", 400, seed)) for seed in range(1, 7)])
    assert claim.holds


def test_calibrated_on_another_history():
    (claim,) = honest([run_calibration(Job("who", 6_000, 3))])
    assert float(claim.measured.split()[1].rstrip(",")) < 0.03


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no bank-marketing data in {DATA.parent}")
def test_bank_is_ranked_as_a_regression_ranks_it():
    assert all(claim.holds for claim in as_logistic([run_bank(1)]))


def test_pairs_of_one_month_alone_count():
    x, y = np.array([1.0, 2.0, 9.0, 8.0]), np.array([False, True, False, True])
    assert within(x, y, np.array([1, 1, 2, 2])) == 0.5
    assert within(x, y, np.array([1, 1, 1, 1])) == 0.5
    assert within(x, y, np.array([1, 1, 2, 3])) == 1.0


def test_questions_are_scaled_by_the_seeds():
    few = list(questions(Scale(range(1, 3))))
    assert {question.name.partition(":")[0] for question in few} == {"who"}
    assert all(0 < len(question.jobs) <= 40 for question in few)
    assert category(["b", "", "a"]).codes.tolist() == [1, -1, 0]
