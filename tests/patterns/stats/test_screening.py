import numpy as np
import pytest
from scipy.stats import hypergeom
from statsmodels.stats.multitest import multipletests

from patterns.stats.screening import q_values, stratified_mid_p, two_sided
from patterns.stats.strata import stratify


@pytest.mark.parametrize(("won", "of"), [(8, 30), (1, 60), (16, 60), (4, 12)])
def test_in_one_stratum_it_is_close_to_the_exact_test(won, of):
    codes = np.concatenate([np.zeros(of, dtype=int), np.ones(200 - of, dtype=int)])
    y = np.concatenate([np.arange(of) < won, np.arange(200 - of) < 20])
    table = hypergeom(200, won + 20, of)
    half = table.pmf(won) / 2
    exact = min(1.0, 2 * min(table.sf(won) + half, table.cdf(won - 1) + half))  # Fisher's test with mid-p
    found = stratified_mid_p(stratify(codes, y, np.zeros(200, dtype=int), 2))[0]
    assert found == pytest.approx(exact, rel=0.25, abs=1e-4)


def test_nothing_to_compare_has_p_one():
    codes, y = np.array([0, 0, 1, 1]), np.array([True, False, True, False])
    assert stratified_mid_p(stratify(codes, y, codes, 3)).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("rows", "groups", "levels", "rate"), [(200, 60, 8, 0.1), (2000, 900, 20, 0.05), (2000, 12, 20, 0.05)]
)
def test_keeps_its_level_in_few_and_in_many_strata(rows, groups, levels, rate):
    rng = np.random.default_rng(rows + groups)
    shares = 1 / np.arange(1, levels + 1)
    found = []
    for _ in range(200):
        codes = rng.choice(levels, rows, p=shares / shares.sum())
        stratum = rng.integers(0, groups, rows)
        chance = np.minimum(rate * np.exp(rng.normal(0, 0.7, groups)), 0.95)
        cells = stratify(codes, rng.random(rows) < chance[stratum], stratum, levels)
        expected = np.bincount(cells.level, weights=cells.n * cells.hits / cells.total, minlength=levels)
        found.append(stratified_mid_p(cells)[expected >= 2])
    p = np.concatenate(found)
    assert np.mean(p <= 0.05) <= 0.06
    assert np.mean(p <= 0.05) >= 0.03
    assert np.mean(p <= 0.01) <= 0.014


def test_skewness_widens_one_tail_and_narrows_the_other():
    up, down = two_sided(np.array([2.5]), np.array([0.6])), two_sided(np.array([-2.5]), np.array([0.6]))
    assert down[0] < two_sided(np.array([2.5]), np.array([0.0]))[0] < up[0]
    assert two_sided(np.array([1.96]), np.array([0.0])) == pytest.approx([0.05], abs=1e-4)
    assert two_sided(np.array([-2.5]), np.array([-0.6])) == pytest.approx(up)


def test_q_values_are_those_of_benjamini_and_hochberg():
    p = np.array([0.001, 0.2, 0.03, 0.04, 0.9])
    assert q_values(p) == pytest.approx(multipletests(p, method="fdr_bh")[1])
    assert len(q_values(np.zeros(0))) == 0
