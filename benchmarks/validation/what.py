"""WHAT: templates' luck is not taken for content, effects and best lengths are found."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import statsmodels.api as sm
from scipy.stats import norm
from statsmodels.genmod.bayes_mixed_glm import BinomialBayesMixedGLM

from benchmarks.validation.claims import Claim, Question, Scale
from benchmarks.validation.discoveries import AS_OF, supports_anything
from patterns.detectors.atrisk import at_risk
from patterns.detectors.findings import Abstention
from patterns.detectors.frame import Bools, Floats, Frame
from patterns.detectors.texts import written
from patterns.detectors.what import WhatDetector
from patterns.simulator.world import simulate
from patterns.stats.mixed import Texts, fit_effects
from patterns.stats.screening import q_values

LUCK_LEADS = 20_000
LUCK_ALLOWED = 0.07
FEW = 2  # runs of a handful may have this many by chance
BEST_WORDS = 75  # planted for e-mail
LENGTH_LEADS = 20_000
LENGTH_FOUND, LENGTH_RIGHT = 0.5, 0.9
FOUND_AT_LEAST, FALSE_AT_MOST = 0.95, 0.07
LEVEL = 0.05
COVERED = 0.9
PERMUTATIONS = 999

Counted = Mapping[str, float]


def payload_of(frame: Frame, seed: int) -> Any:
    return WhatDetector().analyze(frame, AS_OF, np.random.default_rng(seed))


def run_luck(seed: int) -> Counted:
    """Whether anything is supported, or a length called best, where templates differ by luck alone (sd 0.6)."""
    frame = simulate("template_luck", leads=LUCK_LEADS, seed=seed, as_of=AS_OF).frame()
    payload = payload_of(frame, seed)
    quiet = isinstance(payload, Abstention)
    lengths = {} if quiet else payload["optimal_length"]
    return {
        "supported": float(not quiet and supports_anything(payload)),
        "length": float(any("abstained" not in part for part in lengths.values())),
        "naive": rejected_by_message(frame),
    }


def rejected_by_message(frame: Frame) -> float:
    """Share of the features that a z test of all messages with it against all without rejects at 5 %."""
    counts = written(frame, at_risk(frame))
    has = counts.has[counts.text].astype(float)
    n, k = counts.n @ has, counts.k @ has
    rest_n, rest_k = counts.n.sum() - n, counts.k.sum() - k
    some = (n > 0) & (rest_n > 0)
    n, k, rest_n, rest_k = (column[some] for column in (n, k, rest_n, rest_k))
    pooled = counts.k.sum() / counts.n.sum()
    z = (k / n - rest_k / rest_n) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / rest_n))
    return float(np.mean(2 * norm.sf(np.abs(z)) <= LEVEL))


def judge_luck(results: Sequence[Counted]) -> Iterator[Claim]:
    runs = len(results)
    allowed = max(LUCK_ALLOWED * runs, FEW)
    supported, lengths = (sum(result[name] for result in results) for name in ("supported", "length"))
    yield Claim(
        "luck of templates alone (sd 0.6), 20,000 leads",
        f"at most {allowed:.0f} of {runs} runs support anything",
        f"{supported:.0f} of {runs}",
        supported <= allowed,
        naive=f"{np.mean([result['naive'] for result in results]):.0%} of the features (z test of messages, 5 % level)",
    )
    yield Claim(
        "best length where length does nothing",
        f"at most {allowed:.0f} of {runs} runs name one",
        f"{lengths:.0f} of {runs}",
        lengths <= allowed,
    )


def run_length(seed: int) -> Mapping[str, Any]:
    """A world in which e-mails of 75 words book most."""
    simulation = simulate("what", leads=LENGTH_LEADS, seed=seed, as_of=AS_OF)
    frame = simulation.frame()
    part = payload_of(frame, seed)["optimal_length"]["email"]
    counts = written(frame, at_risk(frame))
    mail = counts.channel == 0
    sent = np.bincount(counts.text, weights=counts.n, minlength=len(counts.length))
    rate = np.bincount(counts.text, weights=counts.k, minlength=len(counts.length)) / np.maximum(sent, 1)
    naive = counts.length[mail][rate[mail].argmax()]
    return {"part": part, "naive": float(naive)}


def judge_length(results: Sequence[Mapping[str, Any]]) -> Iterator[Claim]:
    found = [result["part"] for result in results if "optimal_words" in result["part"]]
    right = [part["range_min"] <= BEST_WORDS <= part["range_max"] for part in found]
    off = [abs(np.log(part["optimal_words"] / BEST_WORDS)) for part in found]
    naive = [abs(np.log(result["naive"] / BEST_WORDS)) for result in results]
    yield Claim(
        f"best length of {BEST_WORDS} words, 20,000 leads",
        f"found in {LENGTH_FOUND} of the runs; of these, {LENGTH_RIGHT} name a range with it",
        f"{len(found) / len(results):.2f} of {len(results)}; {np.mean(right) if right else 0:.2f}; "
        f"off by a factor of {np.exp(np.median(off)) if off else np.nan:.2f}",
        len(found) >= LENGTH_FOUND * len(results) and sum(right) >= LENGTH_RIGHT * len(right),
        naive=f"off by a factor of {np.exp(np.median(naive)):.2f} (length of the template with the best rate)",
    )


@dataclass(frozen=True)
class Library:
    """Templates with independent features, sent at random in some strata."""

    templates: int = 80
    sends: int = 20_000
    luck: float = 0.2
    rate: float = 0.03
    factors: tuple[float, ...] = (2.0, 0.5, *(1.0,) * 10)
    share: float = 0.3
    strata: int = 10

    def draw(self, rng: np.random.Generator) -> Texts:
        features = len(self.factors)
        has = np.stack([rng.permutation(self.templates) < self.share * self.templates for _ in range(features)], axis=1)
        logit = np.log(self.rate / (1 - self.rate)) + rng.normal(0, self.luck, self.templates)
        logit = logit + has @ np.log(self.factors) + rng.normal(0, 0.4, self.strata)[:, None]
        n = rng.multinomial(self.sends, np.full(logit.size, 1 / logit.size)).reshape(logit.shape)
        k = rng.binomial(n, 1 / (1 + np.exp(-logit)))
        stratum, text = (axis.ravel() for axis in np.indices(n.shape))
        cells = {"stratum": stratum, "template": text, "text": text}
        return Texts(
            **cells, n=n.ravel().astype(float), k=k.ravel().astype(float), x=has.astype(float), features=features
        )


WIDE = Library()
SMALL = Library(templates=40, sends=6_000, rate=0.08, luck=0.4, factors=(1.6, 1.0, 1.0), share=0.4, strata=3)


def run_features(seed: int) -> Counted:
    """A factor of 2 and one of 1/2 among twelve features of templates with some luck."""
    texts = WIDE.draw(np.random.default_rng(seed))
    effects, real = fit_effects(texts), np.array(WIDE.factors) != 1
    found = q_values(effects.p_values(np.eye(len(real)))) <= LEVEL
    rows = sm.add_constant(np.column_stack([texts.x[texts.text], np.eye(WIDE.strata)[texts.stratum][:, 1:]]))
    sent = texts.n > 0
    ends = np.column_stack([texts.k, texts.n - texts.k])[sent]
    plain = sm.GLM(ends, rows[sent], family=sm.families.Binomial()).fit()
    naive = q_values(plain.pvalues[1 : 1 + len(real)]) <= LEVEL
    return {
        "found": float(found[real].mean()),
        "false": false_share(found, real),
        "naive found": float(naive[real].mean()),
        "naive false": false_share(naive, real),
    }


def false_share(found: Bools, real: Bools) -> float:
    """Of what was found in one run: its mean over runs is the false-discovery rate."""
    return float((found & ~real).sum() / max(found.sum(), 1))


def judge_features(results: Sequence[Counted]) -> Iterator[Claim]:
    names = ("found", "false", "naive found", "naive false")
    found, false, naive, naive_false = (float(np.mean([result[name] for result in results])) for name in names)
    yield Claim(
        "factors of 2 and 1/2 among 12 features, 20,000 touches",
        f"at least {FOUND_AT_LEAST} found, a false-discovery rate of at most {FALSE_AT_MOST}",
        f"{found:.3f} found, {false:.3f} false",
        found >= FOUND_AT_LEAST and false <= FALSE_AT_MOST,
        naive=f"{naive:.3f} found, {naive_false:.3f} false (statsmodels' logistic regression of messages)",
    )


def run_oracle(seed: int) -> Floats:
    """Log odds of the first feature by ours, and by statsmodels."""
    texts = SMALL.draw(np.random.default_rng(seed))
    estimate, _ = fit_effects(texts).single(np.eye(3)[:1])
    sent = texts.n > 0
    times = np.concatenate([texts.k[sent], (texts.n - texts.k)[sent]]).astype(int)
    y = np.repeat(np.repeat([1.0, 0.0], sent.sum()), times)
    cell = np.repeat(np.tile(np.flatnonzero(sent), 2), times)
    fixed = np.column_stack([np.eye(SMALL.strata)[texts.stratum], texts.x[texts.text]])[cell]
    luck = np.eye(SMALL.templates)[texts.template[cell]]
    model = BinomialBayesMixedGLM(y, fixed, luck, np.zeros(SMALL.templates, dtype=int), vcp_p=1, fe_p=3)
    known = model.fit_vb()
    return np.array([estimate[0], known.fe_mean[SMALL.strata]])


def judge_oracle(results: Sequence[Floats]) -> Iterator[Claim]:
    true = np.log(SMALL.factors[0])
    off, off_other = (float(np.sqrt(np.mean((guess - true) ** 2))) for guess in np.array(results).T)
    yield Claim(
        "mixed model, 40 templates of 6,000 sends",
        "error at most 1.1 times that of statsmodels",
        f"{off:.3f}",
        off <= 1.1 * off_other,
        oracle=f"{off_other:.3f} (BinomialBayesMixedGLM, variational)",
    )


def run_permuted(seed: int) -> Floats:
    """p-value of the second feature, which does nothing, and by permuting templates; whether the first one is covered.

    The permutation test's statistic is the difference of the templates' mean log odds, each template counted alike.
    """
    rng = np.random.default_rng(seed)
    texts = SMALL.draw(rng)
    n, k = (np.bincount(texts.template, weights=part) for part in (texts.n, texts.k))
    at, has = np.log((k + 0.5) / (n - k + 0.5)), texts.x[:, 1] == 1
    dealt = rng.permuted(np.tile(has, (PERMUTATIONS, 1)), axis=1)
    held = has.sum()
    apart = np.abs(dealt @ at / held - ~dealt @ at / (len(has) - held))
    seen = abs(at[has].mean() - at[~has].mean())
    effects = fit_effects(texts)
    estimate, error = effects.single(np.eye(3)[:1])
    covered = abs(estimate[0] - np.log(SMALL.factors[0])) <= 2.02 * error[0]  # t of 38 degrees of freedom
    permutation = (1 + np.sum(apart >= seen)) / (PERMUTATIONS + 1)
    return np.array([effects.p_values(np.eye(3)[1:2])[0], permutation, covered])


def judge_permuted(results: Sequence[Floats]) -> Iterator[Claim]:
    p, permutation, covered = np.array(results).T
    yield Claim(
        "a feature's effect in the mixed model",
        f"covered by its 95 % interval in at least {COVERED}",
        f"{covered.mean():.3f}",
        bool(covered.mean() >= COVERED),
    )
    # the permutation test holds no strata and no other feature, so the two differ
    rank = float(np.corrcoef(np.argsort(np.argsort(p)), np.argsort(np.argsort(permutation)))[0, 1])
    allowed = LEVEL * len(p) + 2.3 * np.sqrt(LEVEL * (1 - LEVEL) * len(p))  # of 100 fair tests one has more
    yield Claim(
        "p-values of a feature without effect",
        f"in the order of a permutation test (rank correlation 0.65), at most {allowed:.0f} of {len(p)} below 5 %",
        f"{rank:.2f}; {np.sum(p <= LEVEL)}",
        bool(rank >= 0.65 and np.sum(p <= LEVEL) <= allowed),
        oracle=f"{np.sum(permutation <= LEVEL)} below 5 % (999 permutations of templates)",
    )


def questions(scale: Scale) -> Iterator[Question]:
    yield Question("what, luck of templates", scale.seeds, run_luck, judge_luck)
    yield Question("what, best length", scale.some(40), run_length, judge_length)
    yield Question("what, features", scale.some(100), run_features, judge_features)
    yield Question("what, mixed model against another", scale.some(40), run_oracle, judge_oracle)
    yield Question("what, mixed model against permutations", scale.seeds, run_permuted, judge_permuted)
