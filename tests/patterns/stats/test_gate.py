import numpy as np

from patterns.stats.gate import FOLDS, REPEATS, divide, gain, judge, promotes
from patterns.stats.weights import Patterns, count_patterns
from tests.patterns.stats.test_weights import DEFAULTS, leads


def test_folds_share_out_every_lead_and_every_conversion():
    patterns = count_patterns(*leads(np.random.default_rng(1), 503, [1, 1, 1, 1]))
    folds = divide(patterns, np.random.default_rng(2))
    assert len(folds) == FOLDS * REPEATS
    for start in range(0, len(folds), FOLDS):
        once = folds[start : start + FOLDS]
        assert sum(fold.test.n for fold in once).tolist() == patterns.n.tolist()
        assert sum(fold.test.k for fold in once).tolist() == patterns.k.tolist()
    for fold in folds:
        assert (fold.train.n + fold.test.n).tolist() == patterns.n.tolist()
        assert abs(fold.test.n.sum() - 503 / FOLDS) <= 2
        assert (fold.test.k <= fold.test.n).all()


def test_the_order_of_leads_changes_nothing():
    x, y = leads(np.random.default_rng(3), 400, [1, 1, 1, 1])
    order = np.random.default_rng(4).permutation(400)
    one, other = (divide(count_patterns(*rows), np.random.default_rng(5)) for rows in ((x, y), (x[order], y[order])))
    assert [fold.test.k.tolist() for fold in one] == [fold.test.k.tolist() for fold in other]


def trial(patterns, seed=1):
    folds = divide(patterns, np.random.default_rng(seed))
    champion, challenger = judge(folds, DEFAULTS, DEFAULTS), judge(folds, None, DEFAULTS)
    return gain(folds, champion, challenger), champion, challenger


def test_a_clear_signal_is_promoted():
    patterns = count_patterns(*leads(np.random.default_rng(6), 6000, [0, 4, 0, 0]))
    found, champion, challenger = trial(patterns)
    assert promotes(found, champion, challenger)
    assert found.low > 0
    assert found.share > 0.95
    assert challenger.auc > champion.auc + 0.01
    assert challenger.capture > champion.capture


def test_defaults_that_are_right_stay():
    patterns = count_patterns(*leads(np.random.default_rng(7), 3000, 5 * DEFAULTS))
    assert not promotes(*trial(patterns))


def test_noise_is_hardly_ever_promoted():
    rng = np.random.default_rng(8)
    histories = [count_patterns(*leads(rng, 250, [0, 0, 0, 0], intercept=-1.8)) for _ in range(50)]
    assert sum(promotes(*trial(patterns)) for patterns in histories) <= 3


def test_the_same_weights_gain_nothing():
    patterns = count_patterns(*leads(np.random.default_rng(9), 500, [1, 1, 1, 1]))
    folds = divide(patterns, np.random.default_rng(1))
    held = judge(folds, DEFAULTS, DEFAULTS)
    found = gain(folds, held, held)
    assert (found.mean, found.low, found.share) == (0.0, 0.0, 0.0)
    assert not promotes(found, held, held)


def test_a_gain_that_misses_the_top_leads_is_not_promoted():
    patterns = count_patterns(*leads(np.random.default_rng(6), 6000, [0, 4, 0, 0]))
    found, champion, challenger = trial(patterns)
    assert not promotes(found, challenger, champion)


def test_patterns_of_one_lead_each_are_dealt_too():
    x = np.linspace(0, 1, 40)[:, None] * np.ones(4)
    patterns = Patterns(x, np.ones(40), (np.arange(40) % 4 == 0).astype(float))
    folds = divide(patterns, np.random.default_rng(1))
    assert [fold.test.k.sum() for fold in folds[:FOLDS]] == [2, 2, 2, 2, 2]
