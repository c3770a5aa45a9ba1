import numpy as np
import pytest

from patterns.stats.gate import FOLDS, REPEATS, Gain, divide, gain, judge, judge_fixed, promotes
from patterns.stats.weights import fit_fixed, fit_weights
from tests.patterns.stats.test_weights import DEFAULTS, leads


def test_folds_share_out_every_lead_and_every_conversion():
    _, y = leads(np.random.default_rng(1), 503, [1, 1, 1, 1])
    divisions = divide(y, np.random.default_rng(2))
    assert len(divisions) == REPEATS
    for division in divisions:
        assert np.bincount(division.fold).tolist() == pytest.approx([503 / FOLDS] * FOLDS, abs=2)
        assert np.ptp(np.bincount(division.fold[y], minlength=FOLDS)) <= 1
        for train, test in division.halves():
            assert sorted([*train, *test]) == list(range(503))


def test_many_leads_are_divided_less_often():
    assert len(divide(np.arange(30_000) % 9 == 0, np.random.default_rng(1))) == 1


def trial(x, y, seed=1):
    divisions = divide(y, np.random.default_rng(seed))
    rows = [x] * len(divisions)
    champion = judge(divisions, rows, y, lambda some, *_: fit_fixed(some, DEFAULTS))
    challenger = judge(divisions, rows, y, lambda some, *_: fit_weights(some, DEFAULTS))
    return gain(champion.p, challenger.p, y), champion, challenger, int(y.sum())


def decision(found, champion, challenger, won, latest=None):
    return promotes(found, latest, champion, challenger, won)


def test_fixed_weights_are_judged_at_once_as_one_by_one():
    x, y = leads(np.random.default_rng(4), 700, [1, 2, 0, 0])
    divisions = divide(y, np.random.default_rng(1))
    each = judge(divisions, [x] * REPEATS, y, lambda some, *_: fit_fixed(some, DEFAULTS))
    once = judge_fixed(divisions, x, y, DEFAULTS)
    assert once.p == pytest.approx(each.p, rel=1e-9)
    assert (once.auc, once.capture, once.brier) == pytest.approx((each.auc, each.capture, each.brier), rel=1e-9)
    assert [fit.scale for fit in once.fits] == pytest.approx([fit.scale for fit in each.fits], rel=1e-9)


def test_a_clear_signal_is_promoted():
    found, champion, challenger, won = trial(*leads(np.random.default_rng(6), 6000, [0, 4, 0, 0]))
    assert decision(found, champion, challenger, won)
    assert found.low > 0
    assert found.share > 0.95
    assert challenger.auc > champion.auc + 0.01
    assert challenger.capture > champion.capture


def test_leads_written_to_last_may_speak_against_it():
    found, champion, challenger, won = trial(*leads(np.random.default_rng(6), 6000, [0, 4, 0, 0]))
    assert not decision(found, champion, challenger, won, Gain(-0.01, -0.02, 0.01))
    assert decision(found, champion, challenger, won, Gain(-0.001, -0.02, 0.3))


def test_defaults_that_are_right_stay():
    assert not decision(*trial(*leads(np.random.default_rng(7), 3000, 5 * DEFAULTS)))


def test_the_same_weights_gain_nothing():
    x, y = leads(np.random.default_rng(9), 500, [1, 1, 1, 1])
    divisions = divide(y, np.random.default_rng(1))
    held = judge(divisions, [x] * REPEATS, y, lambda some, *_: fit_fixed(some, DEFAULTS))
    found = gain(held.p, held.p, y)
    assert (found.mean, found.low, found.share) == (0.0, 0.0, 0.0)
    assert not promotes(found, None, held, held, 50)


def test_what_is_expected_counts_as_much_as_what_was_measured():
    """Two leads, the same chance each time: a gain of 0.2 and one of 0."""
    y = np.array([True, True])
    champion, challenger = np.full((1, 2), 0.5), np.array([[0.5 * np.exp(0.2), 0.5]])
    plain, told = gain(champion, challenger, y), gain(champion, challenger, y, expected=1.0)
    assert (plain.mean, told.mean) == (pytest.approx(0.1), pytest.approx(0.1))
    assert plain.share == pytest.approx(0.92135, abs=1e-4)  # z = 0.1 / (0.1 / root 2) = 1.414
    assert told.share == pytest.approx(0.95612, abs=1e-4)  # (1.414 + 1) / 2 of root 2 parts: 1.707


def test_a_gain_that_misses_the_top_leads_is_not_promoted():
    found, champion, challenger, won = trial(*leads(np.random.default_rng(6), 6000, [0, 4, 0, 0]))
    assert not decision(found, challenger, champion, won)
