import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
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
        assert rates.mean == pytest.approx([0.0989, 0.0564, 0.0837], abs=1e-4)
        assert rates.low == pytest.approx([0.0814, 0.0067, 0.0056], abs=1e-4)
        assert rates.high == pytest.approx([0.1178, 0.1533, 0.2506], abs=1e-4)

    def test_agrees_with_brute_force_quadrature(self):
        """The same model with a grid of 200 by 120, its means and distribution functions taken directly.

        A cell is summed up by two Beta distributions, so of a few trials each end of an interval may lie 2 % off."""
        n, k = np.array([40, 200, 15, 90]), np.array([2, 30, 4, 5])
        logits, logs = np.linspace(-6, 1, 200), np.log(150) + 2 * np.linspace(-4, 4, 120)
        at, size = np.meshgrid(expit(logits), np.exp(logs), indexing="ij")
        wide = 1 / (0.49 * at * (1 - at)) - 1  # 0.7 on the log-odds
        kinds = [(at * size, (1 - at) * size, 0.8), (at * wide, (1 - at) * wide, 0.2)]
        fits = np.array(
            [[share * np.exp(betabinom.logpmf(k[j], n[j], a, b)) for a, b, share in kinds] for j in range(4)]
        )
        mass = np.log(fits.sum(axis=1)).sum(axis=0) - 0.5 * ((np.log(size) - np.log(150)) / 2) ** 2
        mass = np.exp(mass - mass.max())
        weight = mass / mass.sum() * fits / fits.sum(axis=1, keepdims=True)  # (cells, kinds, 200, 120)
        found = hierarchical(Counts(n, k))
        for j in range(4):
            means = [(k[j] + a) / (n[j] + a + b) for a, b, _ in kinds]
            assert found.mean[j] == pytest.approx(np.sum(weight[j] * means), rel=0.02)
            for point, tail in ((found.low[j], 0.025), (found.high[j], 0.975)):
                below = [beta.cdf(point, k[j] + a, n[j] - k[j] + b) for a, b, _ in kinds]
                assert np.sum(weight[j] * below) == pytest.approx(tail, abs=0.02)

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

    @pytest.mark.parametrize(("rate", "least"), [(0.05, 0.75), (0.1, 0.85)])
    def test_one_cell_that_differs_is_not_drawn_in_by_a_family_of_equals(self, rate, least):
        """One true factor of 2 of 300 trials among fifteen; without the heavy tail 0.4 and 0.65 were covered."""
        rng = np.random.default_rng(6)
        true = np.where(np.arange(15) == 0, 2 * rate, rate)
        covered = []
        for _ in range(100):
            rates = hierarchical(Counts(np.full(15, 300), rng.binomial(300, true)))
            covered.append((rates.low <= true) & (true <= rates.high))
        assert np.mean(covered, axis=0)[0] >= least
        assert np.mean(covered) >= 0.95

    def test_above_follows_the_posterior(self):
        rates = hierarchical(Counts(np.array([400, 400]), np.array([40, 80])))
        assert rates.above(rates.low) == pytest.approx([0.975, 0.975], abs=0.005)
        assert rates.above(0.12)[0] < 0.5 < rates.above(0.12)[1]


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
