import numpy as np
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from patterns.stats import strata
from patterns.stats.strata import against_all, contrast, lifts, mantel_haenszel, pick, stratify, together


def tables(rng, rows=4000, levels=3, groups=12, ratio=(1.0, 2.0, 0.6)):
    """Rows whose stratum decides both the rate and how often each value occurs."""
    stratum = rng.integers(0, groups, rows)
    tilt = rng.dirichlet(np.ones(levels), groups)
    codes = np.array([rng.choice(levels, p=tilt[group]) for group in stratum])
    rate = 0.03 * np.exp(rng.normal(0, 0.8, groups))
    return codes, rng.random(rows) < rate[stratum] * np.array(ratio)[codes], stratum


def test_cells_hold_the_counts_of_value_and_stratum():
    codes = np.array([0, 0, 1, -1, 1, 0])
    y = np.array([True, False, True, True, False, False])
    cells = stratify(codes, y, np.array([0, 0, 0, 0, 2, 2]), 2)
    assert cells.level.tolist() == [0, 1, 0, 1]
    assert cells.n.tolist() == [2, 1, 1, 1]
    assert cells.k.tolist() == [1, 1, 0, 0]
    assert cells.total.tolist() == [3, 3, 2, 2]
    assert cells.hits.tolist() == [2, 2, 0, 0]


def test_sparse_and_dense_counting_agree(monkeypatch):
    rows = tables(np.random.default_rng(2))
    dense = stratify(*rows, 3)
    monkeypatch.setattr(strata, "DENSE", 10)
    sparse = stratify(*rows, 3)
    for name in ("level", "n", "k", "total", "hits"):
        assert getattr(dense, name).tolist() == getattr(sparse, name).tolist()


def test_nothing_known_gives_no_cells():
    cells = stratify(np.array([-1, -1]), np.array([True, False]), np.array([0, 1]), 2)
    assert len(cells.n) == 0
    assert contrast(cells).expected.tolist() == [0, 0]


def test_mantel_haenszel_is_that_of_statsmodels():
    codes, y, stratum = tables(np.random.default_rng(3))
    ratio, _ = mantel_haenszel(contrast(stratify(codes, y, stratum, 3)))
    for level in range(3):
        top = bottom = 0.0
        for group in np.unique(stratum):
            here, mine = stratum == group, codes == level
            n1, n0, total = (here & mine).sum(), (here & ~mine).sum(), here.sum()
            top += (here & mine & y).sum() * n0 / total
            bottom += (here & ~mine & y).sum() * n1 / total
        assert ratio[level] == pytest.approx(top / bottom)


def test_the_excess_is_that_of_the_birch_test_of_statsmodels():
    codes, y, stratum = tables(np.random.default_rng(4))
    sums = contrast(stratify(codes, y, stratum, 3))
    parts = [
        np.array(
            [
                [(h := stratum == g) & (codes == 1) & y, h & (codes == 1) & ~y],
                [h & (codes != 1) & y, h & (codes != 1) & ~y],
            ]
        ).sum(axis=2)
        for g in range(12)
    ]
    table = StratifiedTable(parts)
    observed = sum(part[0, 0] for part in parts)
    assert sums.up[1] - sums.down[1] == pytest.approx(observed - sums.expected[1])
    assert table.test_null_odds().pvalue < 0.001


def test_greenland_robins_variance_is_that_of_a_single_table():
    """In one stratum it is 1/a - 1/n1 + 1/c - 1/n0."""
    codes = np.repeat([0, 1], [200, 300])
    y = np.concatenate([np.arange(200) < 20, np.arange(300) < 60])
    ratio, variance = mantel_haenszel(contrast(stratify(codes, y, np.zeros(500, dtype=int), 2)))
    assert ratio == pytest.approx([0.5, 2.0])
    assert variance[1] == pytest.approx(1 / 60 - 1 / 300 + 1 / 20 - 1 / 200)


def test_a_side_without_conversions_has_no_ratio():
    codes = np.repeat([0, 1], 50)
    ratio, variance = mantel_haenszel(contrast(stratify(codes, codes == 1, np.zeros(100, dtype=int), 2)))
    assert np.isnan(ratio).all()
    assert np.isinf(variance).all()


def test_strata_of_one_value_say_nothing():
    codes = np.array([0] * 40 + [1] * 40)
    y = np.tile([True, False], 40)
    found = lifts(contrast(stratify(codes, y, codes, 2)))
    assert found.lift == pytest.approx([1.0, 1.0])
    assert found.p_better == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("groups", [4, 12_000])
def test_lifts_are_recovered_however_many_strata(groups):
    """With 12,000 strata most hold four to six rows; the ratio of observed to expected would be drawn to 1 there."""
    rng = np.random.default_rng(6)
    rows, share = 60_000, np.array([0.3, 0.5, 0.2])
    stratum = rng.integers(0, groups, rows)
    codes = rng.choice(3, rows, p=share)
    ratio = np.array([1.0, 1.6, 0.5])
    y = rng.random(rows) < 0.05 * ratio[codes]
    found = lifts(contrast(stratify(codes, y, stratum, 3)))
    true = ratio / (share @ ratio)
    assert found.lift == pytest.approx(true, rel=0.1)
    assert (found.low < true).all()
    assert (true < found.high).all()


def test_confounding_is_not_taken_for_a_lift():
    """Value 1 is sent in the good season only; within seasons it does nothing. Its raw ratio is 2.1."""
    rng = np.random.default_rng(7)
    season = rng.integers(0, 2, 40_000)
    codes = (rng.random(40_000) < np.where(season == 1, 0.5, 0.02)).astype(int)
    y = rng.random(40_000) < np.where(season == 1, 0.2, 0.04)
    raw = y[codes == 1].mean() / y[codes == 0].mean()
    found = lifts(contrast(stratify(codes, y, season, 2)))
    assert raw > 2
    assert found.low[1] < 1 < found.high[1]
    assert found.lift[1] == pytest.approx(1.0, abs=0.06)


def test_intervals_cover_lifts_drawn_from_a_distribution():
    rng = np.random.default_rng(8)
    covered = []
    for _ in range(60):
        share = rng.dirichlet(np.full(10, 2.0))
        ratio = np.exp(rng.normal(0, 0.35, 10))
        ratio /= share @ ratio
        codes, stratum = rng.choice(10, 6000, p=share), rng.integers(0, 60, 6000)
        y = rng.random(6000) < 0.06 * ratio[codes]
        found = lifts(contrast(stratify(codes, y, stratum, 10)))
        covered.append((found.low <= ratio) & (ratio <= found.high))
    assert 0.91 <= np.mean(covered) <= 0.98


def test_nothing_matters_and_nothing_is_claimed():
    rng = np.random.default_rng(9)
    tops, raw = [], []
    for _ in range(40):
        codes, stratum = rng.integers(0, 20, 2000), rng.integers(0, 12, 2000)
        y = rng.random(2000) < 0.04
        tops.append(lifts(contrast(stratify(codes, y, stratum, 20))).lift.max())
        raw.append((np.bincount(codes[y], minlength=20) / np.bincount(codes)).max() / y.mean())
    assert np.median(raw) > 2  # what the best raw rate would claim
    assert np.median(tops) < 1.25


@pytest.mark.parametrize(("factor", "least"), [(2.0, 1.6), (0.5, 0.65)])
def test_one_value_that_differs_is_not_drawn_in_by_a_family_of_equals(factor, least):
    """Fourteen values alike and one apart; with normal effects alone its median was 1.58, and 0.73."""
    rng = np.random.default_rng(12)
    covered, claimed = [], []
    ratio = np.where(np.arange(15) == 0, factor, 1.0)
    true = ratio / ratio.mean()
    for _ in range(100):
        codes, stratum = rng.integers(0, 15, 15_000), rng.integers(0, 12, 15_000)
        found = lifts(contrast(stratify(codes, rng.random(15_000) < 0.04 * ratio[codes], stratum, 15)))
        covered.append(found.low[0] <= true[0] <= found.high[0])
        claimed.append(found.lift[0])
    assert np.mean(covered) >= 0.85
    assert abs(np.log(np.median(claimed))) >= abs(np.log(least))


def test_one_side_empty_still_has_a_finite_lift():
    codes = np.repeat([0, 1], 50)
    found = lifts(contrast(stratify(codes, (codes == 1) & (np.arange(100) % 5 == 0), np.zeros(100, dtype=int), 2)))
    assert 1.2 < found.lift[1] < 2.0  # all ten conversions in one half: against all rows it cannot be more than 2
    assert np.isfinite(found.high).all()


def test_against_the_rest_and_against_all():
    assert against_all(np.array([2.0]), np.array([0.0])) == pytest.approx([2.0])
    assert against_all(np.array([2.0]), np.array([0.5])) == pytest.approx([4 / 3])
    assert against_all(np.array([2.0]), np.array([1.0])) == pytest.approx([1.0])


def test_flags_are_compared_with_the_rest():
    rng = np.random.default_rng(10)
    codes = (rng.random(40_000) < 0.5).astype(int)
    y = rng.random(40_000) < np.where(codes == 1, 0.08, 0.04)
    sums = pick(contrast(stratify(codes, y, np.zeros(40_000, dtype=int), 2)), np.array([1]))
    assert lifts(together([sums]), against_rest=True).lift[0] == pytest.approx(2.0, rel=0.1)
    assert lifts(sums).lift[0] == pytest.approx(4 / 3, rel=0.1)


def test_the_interval_is_that_of_the_mixture_of_all_scales():
    """Draws of the scale, then of the effect given the scale, against the quantiles: two normals stand for thirteen."""
    codes, y, stratum = tables(np.random.default_rng(11))
    sums = contrast(stratify(codes, y, stratum, 3))
    found = lifts(sums)
    ratio, variance = mantel_haenszel(sums)
    taus = strata.TAUS
    grid = np.linspace(-2.5, 2.5, 2001)
    fit = np.exp(-0.5 * (grid - np.log(ratio)[:, None]) ** 2 / variance[:, None])
    prior = np.array([np.exp(-0.5 * (grid / tau) ** 2) / tau for tau in (*taus, strata.APART_SD)])
    prior = (1 - strata.APART) * prior[:-1] + strata.APART * prior[-1]
    evidence = np.log(fit @ prior.T).sum(axis=0) * 2 / 3 - 0.5 * (taus / strata.TAU_SCALE) ** 2 + np.log(taus)
    mass = np.exp(evidence - evidence.max())
    density = fit[:, None, :] * prior / (fit @ prior.T)[:, :, None]
    below = np.cumsum(np.einsum("t,jtg->jg", mass / mass.sum(), density), axis=1)
    for value in range(3):
        points = np.exp(grid[np.searchsorted(below[value] / below[value, -1], [0.025, 0.5, 0.975])])
        expected = against_all(points, np.repeat(found.share[value], 3))
        assert [found.low[value], found.lift[value], found.high[value]] == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize(("count", "most"), [(1, 1.2), (2, 1.5), (3, 3.0)])
def test_a_few_rows_that_all_converted_tell_little(count, most):
    """The variance of a value without a single failure is nearly 0, which is its number and no certainty."""
    codes = np.concatenate([np.zeros(count, dtype=np.int64), 1 + np.arange(3_000) % 40])
    y = np.concatenate([np.ones(count, dtype=bool), np.random.default_rng(5).random(3_000) < 0.03])
    found = lifts(contrast(stratify(codes, y, np.zeros(len(y), dtype=np.int64), 41)))
    assert found.lift[0] < most
    assert found.low[0] < 1
