import numpy as np
import pytest
import statsmodels.api as sm

from benchmarks.validation.what import Library
from patterns.stats.mixed import Texts, fit_effects, fit_mixed


def sends(rng, templates=60, luck=0.0, effect=0.0, strata=6, each=400, rate=0.05, share=0.4):
    """Cells of templates that are sent in every stratum; one feature, column 0, and a second that does nothing."""
    has = (rng.random((templates, 2)) < share).astype(float)
    has[:4], has[4:8] = 1.0, 0.0
    logit = (
        np.log(rate / (1 - rate))
        + rng.normal(0, 0.5, strata)[:, None]
        + effect * has[:, 0]
        + rng.normal(0, luck, templates)
    )
    n = rng.poisson(each / strata, (strata, templates)) + 1
    k = rng.binomial(n, 1 / (1 + np.exp(-logit)))
    stratum, text = np.indices(n.shape)
    return Texts(
        stratum=stratum.ravel(),
        template=text.ravel(),
        text=text.ravel(),
        n=n.ravel().astype(float),
        k=k.ravel().astype(float),
        x=has,
        features=2,
    )


def p_of_first(texts):
    return fit_effects(texts).p_values(np.eye(2))[0]


@pytest.mark.parametrize(("templates", "luck"), [(60, 0.6), (60, 0.0), (12, 0.6), (20, 0.3)])
def test_keeps_its_level_whatever_luck_templates_have(templates, luck):
    rng = np.random.default_rng(templates)
    p = np.array([p_of_first(sends(rng, templates, luck)) for _ in range(80)])
    assert np.mean(p <= 0.05) <= 0.1  # 5 % and two standard errors of 80 runs


def test_a_test_that_ignores_templates_would_not():
    """The trap is there: the usual test of proportions finds something in a third of such worlds or more."""
    rng = np.random.default_rng(60)
    naive = []
    for _ in range(60):
        texts = sends(rng, 60, 0.6)
        has = texts.x[texts.text, 0] == 1
        counts = [texts.k[has].sum(), texts.k[~has].sum()], [texts.n[has].sum(), texts.n[~has].sum()]
        naive.append(sm.stats.proportions_ztest(*counts)[1])
    assert np.mean(np.array(naive) <= 0.05) > 0.3


@pytest.mark.parametrize("luck", [0.0, 0.6])
def test_luck_and_effect_are_recovered(luck):
    rng = np.random.default_rng(7)
    found = [fit_effects(sends(rng, 120, luck, effect=np.log(2), each=1500)) for _ in range(12)]
    assert np.mean([effects.sigma for effects in found]) == pytest.approx(luck, abs=0.08)
    assert np.mean([effects.single(np.eye(2))[0][0] for effects in found]) == pytest.approx(np.log(2), abs=0.08)
    assert np.mean([effects.mean[1] for effects in found]) == pytest.approx(0, abs=0.05)


def test_without_luck_it_is_a_logistic_regression():
    texts = sends(np.random.default_rng(3), 80, 0.0, effect=0.7, each=3000)
    rows = np.column_stack([texts.x[texts.text], np.eye(6)[texts.stratum]])
    oracle = sm.GLM(np.column_stack([texts.k, texts.n - texts.k]), rows, family=sm.families.Binomial()).fit()
    estimate, error = fit_effects(texts).single(np.eye(2))
    assert estimate == pytest.approx(oracle.params[:2], abs=0.02)
    assert error == pytest.approx(oracle.bse[:2], rel=0.35)  # some luck can never be ruled out


def test_many_strata_and_few_templates_agree_with_few_and_many():
    """The side that is eliminated first depends on which has more levels; the answer does not."""
    few = sends(np.random.default_rng(4), templates=20, luck=0.4, strata=19)
    order = np.argsort(few.template * 1000 + few.stratum)
    split = Texts(few.stratum * 2, few.template, few.text, few.n, few.k, few.x, few.features)  # 37 strata, half empty
    one, other = fit_effects(few), fit_effects(split)
    assert one.mean == pytest.approx(other.mean, abs=1e-6)
    turned = Texts(*(getattr(few, name)[order] for name in ("stratum", "template", "text", "n", "k")), few.x, 2)
    assert fit_effects(turned).mean == pytest.approx(one.mean, abs=1e-9)


def test_one_template_of_many_sends_proves_nothing():
    rng = np.random.default_rng(5)
    texts = sends(rng, 30, 0.5, each=20_000)
    alone = np.zeros((30, 2))
    alone[3, 0] = 1.0
    assert p_of_first(Texts(texts.stratum, texts.template, texts.text, texts.n, texts.k, alone, 2)) > 0.02


def test_a_feature_within_templates_is_freed_of_their_luck():
    """Every template is sent with and without it: the luck cancels, and the error is that of the sends alone."""
    rng = np.random.default_rng(6)
    luck = rng.normal(0, 0.8, 40)
    has = np.tile([0.0, 1.0], 40)
    template = np.repeat(np.arange(40), 2)
    chance = 1 / (1 + np.exp(-(-3 + luck[template] + 0.5 * has)))
    texts = Texts(
        stratum=np.zeros(80, dtype=int),
        template=template,
        text=np.arange(80),
        n=np.full(80, 500.0),
        k=rng.binomial(500, chance).astype(float),
        x=has[:, None],
        features=1,
    )
    estimate, error = fit_effects(texts).single(np.ones((1, 1)))
    sampling = np.sqrt(1 / texts.k[has == 1].sum() + 1 / texts.k[has == 0].sum())
    assert error[0] == pytest.approx(sampling, rel=0.15)
    assert estimate[0] == pytest.approx(0.5, abs=3 * sampling)


def test_two_columns_together():
    rng = np.random.default_rng(8)
    null = np.array([fit_effects(sends(rng, 40, 0.4)).p_together(np.array([0, 1])) for _ in range(60)])
    assert np.mean(null <= 0.05) <= 0.1
    assert fit_effects(sends(rng, 60, 0.3, effect=1.0)).p_together(np.array([0, 1])) < 0.001


def test_a_mean_of_features_is_tested_as_one():
    texts = sends(np.random.default_rng(9), 80, 0.2, effect=0.6)
    effects = fit_effects(texts)
    assert effects.p_values(np.array([[3.0, 0.0]])) == pytest.approx(effects.p_values(np.array([[1.0, 0.0]])))
    estimate, _ = effects.single(np.array([[0.5, 0.5]]))
    assert estimate[0] == pytest.approx(effects.single(np.eye(2))[0].mean(), abs=0.06)


def test_nothing_to_fit_gives_the_prior():
    none = np.zeros(0)
    empty = Texts(none.astype(int), none.astype(int), none.astype(int), none, none, np.zeros((0, 3)), 2)
    effects = fit_effects(empty)
    assert effects.mean.tolist() == [0, 0, 0]
    assert effects.p_values(np.eye(3)).tolist() == [1.0, 1.0, 1.0]
    assert effects.p_together(np.array([0, 1])) == 1.0


def test_texts_far_above_their_stratum_do_not_throw_the_fit_off():
    """Factors of 2 and luck of 0.6 in texts of 7 conversions: a whole linear step overshoots by units of log-odds."""
    effects = fit_effects(Library(luck=0.6).draw(np.random.default_rng(60)))
    assert effects.sigma == pytest.approx(0.6, abs=0.15)
    assert np.abs(effects.mean).max() < 1.0


def test_a_start_from_nearly_the_same_texts_comes_to_the_same_fit():
    texts = Library(luck=0.4).draw(np.random.default_rng(1))
    fit = fit_mixed(texts)
    again = fit_mixed(texts, fit.log_odds)
    assert again.effects.mean == pytest.approx(fit.effects.mean, abs=0.01)
    assert fit.log_odds.shape == texts.n.shape
