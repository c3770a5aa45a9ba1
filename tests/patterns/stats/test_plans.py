import numpy as np
import pytest

from patterns.stats.plans import all_plans, channels_used, conversion, shared_conversion


def test_all_plans_in_order():
    assert all_plans([3, 0], 2).tolist() == [[0, 0], [0, 3], [3, 0], [3, 3]]
    assert all_plans(range(5), 6).shape == (15_625, 6)


def test_channels_before_and_new_ones():
    before, new = channels_used(np.array([[0, 0, 2, 0, 1, 2]]))
    assert before.tolist() == [[0, 1, 1, 2, 2, 3]]
    assert new.tolist() == [[0, 0, 1, 0, 1, 0]]


def test_conversion_of_two_touches_by_hand():
    # 10 % at once; of the 90 % left, a tenth leaves, and a fifth of the rest converts.
    assert conversion(np.array([0.1, 0.2]), np.array([0.1, 0.5])) == pytest.approx(0.1 + 0.9 * 0.9 * 0.2)


def test_conversion_of_plans_that_share_their_touches():
    hazard, leaving = np.array([0.1, 0.2, 0.4]), np.array([0.1, 0.5, 0.3])
    plans = np.array([[0, 1], [2, 1], [0, 0]])
    found = shared_conversion(hazard, leaving, plans)
    assert found == pytest.approx(conversion(hazard[plans], leaving[plans]))
    assert found == pytest.approx([0.1 + 0.9 * 0.9 * 0.2, 0.4 + 0.6 * 0.7 * 0.2, 0.1 + 0.9 * 0.9 * 0.1])


def test_conversion_agrees_with_a_simulation():
    hazard, leaving = np.array([0.05, 0.1, 0.02, 0.3]), np.array([0.1, 0.0, 0.2, 0.0])
    rng = np.random.default_rng(1)
    there, won = np.ones(200_000, dtype=bool), 0
    for h, u in zip(hazard, leaving, strict=True):
        books = there & (rng.random(200_000) < h)
        won += books.sum()
        there &= ~books & (rng.random(200_000) >= u)
    assert conversion(hazard, leaving) == pytest.approx(won / 200_000, abs=0.003)
