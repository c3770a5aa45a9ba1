import numpy as np
import pytest

from patterns.stats.counting import CountingError, count_patterns, dense_codes, distinct


def test_patterns_count_every_row_once_and_in_order():
    patterns = count_patterns([np.array([1, 0, 1, 1, -1]), np.array([2, 2, 2, 2, 2])], np.array([1, 0, 0, 1, 1], bool))
    assert patterns.levels.tolist() == [[-1, 2], [0, 2], [1, 2]]
    assert patterns.trials.tolist() == [1, 1, 3]
    assert patterns.events.tolist() == [1, 0, 2]
    assert patterns.stratum.tolist() == [0, 0, 0]


def test_patterns_are_sorted_by_stratum_and_wide_columns_are_compressed():
    stratum = np.array([40, 7, 40])
    patterns = count_patterns([np.array([10**9, 0, -1])], np.array([True, False, True]), stratum)
    assert patterns.stratum.tolist() == [0, 1, 1]
    assert patterns.levels.tolist() == [[0], [-1], [10**9]]


def test_no_rows_give_no_patterns():
    assert len(count_patterns([np.zeros(0, int)], np.zeros(0, bool))) == 0


def test_a_level_below_minus_one_is_refused():
    with pytest.raises(CountingError, match="a level is -2"):
        count_patterns([np.array([-2, 0])], np.array([True, False]))


def test_too_many_levels_for_one_key_are_refused():
    wide = np.arange(100_000) * 10**6
    with pytest.raises(CountingError, match="5 columns have too many levels"):
        count_patterns([wide] * 5, np.zeros(100_000, dtype=bool))


def test_dense_codes_follow_the_order_of_the_columns():
    month = np.array([-24_310, -24_311, -24_310, -24_311])
    touch = np.array([2, 1, 1, 1])
    assert dense_codes(month, touch).tolist() == [2, 0, 1, 0]
    assert dense_codes(np.array([7, 10**15, -(10**15)])).tolist() == [1, 2, 0]
    assert dense_codes(np.zeros(0, dtype=int)).tolist() == []


def test_dense_codes_of_wide_and_narrow_columns_agree():
    column = np.random.default_rng(1).integers(0, 50, 400)
    assert dense_codes(column).tolist() == dense_codes(column * 10**9).tolist()


@pytest.mark.parametrize("values", [[], [3], [3, -1, 3, 7], [-(2**63), 2**63 - 1, -(2**63)]])
def test_distinct_values_are_those_of_numpy(values):
    column = np.array(values, dtype=np.int64)
    assert distinct(column).tolist() == np.unique(column).tolist()
