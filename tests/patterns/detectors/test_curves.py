import numpy as np

from patterns.detectors.curves import METHOD, ordered_family
from patterns.detectors.families import values_family
from patterns.stats.curves import DAYS


def test_counts_and_tests_are_those_of_the_single_values():
    rng = np.random.default_rng(4)
    codes, stratum = rng.integers(-1, 7, 20_000), rng.integers(0, 20, 20_000)
    y = rng.random(20_000) < np.where(codes == 3, 0.08, 0.04)
    made = ordered_family("day", range(7), codes, y, stratum, walk=DAYS, stratified_by="month")
    plain = values_family("day", range(7), codes, y, stratum, stratified_by="month")
    assert made.counts.trials.tolist() == plain.counts.trials.tolist()
    assert made.p_values.tolist() == plain.p_values.tolist()
    assert made.method == METHOD
    assert made.lifts.lift.argmax() == 3
    assert (made.lifts.low < made.lifts.lift).all()
    assert (made.lifts.lift < made.lifts.high).all()
    assert (made.rates.low < made.rates.mean).all()
    assert (made.lifts.p_better > 0.5).tolist() == (made.lifts.lift > 1).tolist()


def test_a_value_with_few_sends_is_shown_near_its_neighbours():
    rng = np.random.default_rng(9)
    codes = np.concatenate([rng.choice([0, 1, 2, 4, 5, 6], 40_000), np.full(10, 3)])
    y = np.concatenate([rng.random(40_000) < 0.05 + 0.03 * np.isin(codes[:-10], [2, 4]), np.zeros(10, dtype=bool)])
    made = ordered_family("day", range(7), codes, y, np.zeros(len(codes), int), walk=DAYS, stratified_by="nothing")
    assert made.counts.successes[3] == 0
    assert made.rates.mean[3] > 0.055  # its own rate is 0, the mean of all 0.06, its neighbours' 0.08
    assert made.lifts.lift[3] > 1
