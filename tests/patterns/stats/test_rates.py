import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta, betabinom

from patterns.stats.rates import Counts, about, hierarchical


def test_counts_leave_out_unknown_codes():
    counts = Counts.of(np.array([0, 2, 2, -1, 0]), np.array([True, False, True, True, False]), levels=4)
    assert counts.trials.tolist() == [2, 0, 2, 0]
    assert counts.successes.tolist() == [1, 0, 1, 0]
    assert len(counts) == 4


def test_counts_of_the_same_cells_add_up():
    total = Counts(np.array([10, 0]), np.array([1, 0])) + Counts(np.array([5, 7]), np.array([2, 3]))
    assert (total.trials.tolist(), total.successes.tolist()) == ([15, 7], [3, 3])


class TestHierarchical:
    def test_known_figures(self):
        rates = hierarchical(Counts(np.array([1000, 20, 0]), np.array([100, 0, 0])))
        assert rates.mean == pytest.approx([0.0988, 0.0617, 0.0833], abs=1e-4)
        assert rates.low == pytest.approx([0.0813, 0.0089, 0.0060], abs=1e-4)
        assert rates.high == pytest.approx([0.1178, 0.1595, 0.2467], abs=1e-4)

    def test_agrees_with_brute_force_quadrature(self):
        """The same model with a grid of 200 by 120, its means taken directly."""
        n, k = np.array([40, 200, 15, 90]), np.array([2, 30, 4, 5])
        logits, logs = np.linspace(-6, 1, 200), np.log(150) + 2 * np.linspace(-4, 4, 120)
        mass, means = np.zeros((200, 120)), np.zeros((200, 120, 4))
        for i, at in enumerate(1 / (1 + np.exp(-logits))):
            for j, size in enumerate(np.exp(logs)):
                a, b = at * size, (1 - at) * size
                mass[i, j] = betabinom.logpmf(k, n, a, b).sum() - 0.5 * ((logs[j] - np.log(150)) / 2) ** 2
                means[i, j] = (k + a) / (n + a + b)
        weight = np.exp(mass - mass.max())
        expected = np.einsum("ij,ijc->c", weight / weight.sum(), means)
        assert hierarchical(Counts(n, k)).mean == pytest.approx(expected, rel=0.02)

    def test_nobody_converted_and_everybody_converted(self):
        none = hierarchical(Counts(np.array([50, 10]), np.array([0, 0])))
        assert none.mean.max() < 0.03
        assert none.low.min() >= 0
        everybody = hierarchical(Counts(np.array([50, 10]), np.array([50, 10])))
        assert everybody.mean.min() > 0.97
        assert everybody.high.max() <= 1

    def test_nothing_at_all(self):
        assert len(hierarchical(Counts(np.zeros(0, dtype=int), np.zeros(0, dtype=int))).mean) == 0
        assert hierarchical(Counts(np.array([0]), np.array([0]))).mean == pytest.approx([0.5], abs=0.05)

    def test_order_and_repetition_of_cells_change_nothing(self):
        n, k = np.array([10, 300, 10, 40]), np.array([1, 20, 1, 9])
        once, turned = hierarchical(Counts(n, k)), hierarchical(Counts(n[::-1], k[::-1]))
        assert once.mean.tolist() == turned.mean[::-1].tolist()
        assert once.mean[0] == once.mean[2]

    def test_intervals_cover_and_errors_shrink(self):
        rng = np.random.default_rng(5)
        covered, shrunk, raw = [], [], []
        for _ in range(150):
            n = rng.integers(20, 800, 12)
            true = rng.beta(3.0, 57.0, 12)
            k = rng.binomial(n, true)
            rates = hierarchical(Counts(n, k))
            covered.append((rates.low <= true) & (true <= rates.high))
            shrunk.append((rates.mean - true) ** 2)
            raw.append((k / n - true) ** 2)
        assert 0.92 <= np.mean(covered) <= 0.97
        assert np.sqrt(np.mean(shrunk)) < 0.9 * np.sqrt(np.mean(raw))

    def test_above_and_draws_follow_the_posterior(self):
        rates = hierarchical(Counts(np.array([400, 400]), np.array([40, 80])))
        draws = rates.draws(np.random.default_rng(1), 20_000)
        assert draws.shape == (20_000, 2)
        assert rates.above(0.12) == pytest.approx((draws > 0.12).mean(axis=0), abs=0.01)
        assert draws.mean(axis=0) == pytest.approx(rates.mean, abs=0.001)


def test_a_posterior_mean_is_the_mean_of_its_beta():
    rates = hierarchical(Counts(np.array([30]), np.array([6])))
    density = beta(rates.alpha[0], rates.beta[0]).pdf
    assert quad(lambda x: x * density(x), 0, 1)[0] == pytest.approx(rates.mean[0])


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0.2, "1"),
        (7, "7"),
        (20, "20"),
        (21, "about 30"),
        (101, "about 110"),
        (1234, "about 1,300"),
        (99_999, "about 100,000"),
    ],
)
def test_about(number, words):
    assert about(number) == words
