"""What is learned from a history makes new leads of the same world book more; where nothing matters it changes nothing."""

import numpy as np
import pytest

from benchmarks.decisions import Ratio, compare, contacted


def test_where_much_matters_decisions_pay():
    found = compare("all", leads=5_000, fresh=400, seed=1)
    together = Ratio.of(*found["all"])
    assert together.low >= 1.3
    assert Ratio.of(*found["plans"]).low >= 1.3
    assert Ratio.of(*found["as before"]).low >= 1.3


@pytest.mark.parametrize("world", ["null", "survivorship"])
def test_where_nothing_matters_they_change_nothing(world):
    found = compare(world, leads=2_000, fresh=300, seed=1)
    for better, usual in (found[name] for name in ("scores", "plans", "texts", "all")):
        ratio = Ratio.of(better, usual)
        assert ratio.low - 1e-9 <= 1 <= ratio.high + 1e-9


def test_ratio():
    ratio = Ratio.of(np.array([0.2, 0.4, 0.0, 0.6]), np.array([0.1, 0.2, 0.2, 0.1]))
    assert ratio.value == pytest.approx(2.0)
    # residuals 0, 0, -0.4, 0.4: standard deviation 0.2828, over the mean 0.15 and the root of 4
    assert (ratio.low, ratio.high) == (
        pytest.approx(2 - 1.96 * 0.942809, abs=1e-5),
        pytest.approx(2 + 1.96 * 0.942809, abs=1e-5),
    )
    same = Ratio.of(np.array([0.1, 0.3]), np.array([0.1, 0.3]))
    assert (same.value, same.low, same.high) == (1.0, 1.0, 1.0)


def test_there_is_time_for_the_better_half():
    assert contacted(np.array([10, 50, 30, 50, 30, 0])).tolist() == [1, 2, 3]
