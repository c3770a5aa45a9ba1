"""Ridge logistic regression on counted patterns.

Rows that agree in every column are one pattern with a number of trials and of events, so the cost follows the number of
distinct patterns and not the number of rows, and the sums behind a fit do not depend on the order of the rows.
"""

import math
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from patterns.stats import cholesky
from patterns.stats.counting import Patterns
from patterns.stats.evaluation import Evaluation, Likelihood
from patterns.stats.fitted import Fit

Ints = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]

STRATA_SD = 1.0  # of stratum intercepts around their mean, log odds: campaigns of one sender differ by less than e
INTERCEPT_SD = 10.0  # around the overall log odds: proper, and too wide to be felt
STEPS = 60  # Newton steps; a ridge fit takes 5 to 9
TOLERANCE = 1e-9  # of the largest change of a coefficient
MANY = 50_000  # patterns, from which on the codes of pairs of columns are not kept: they would take 0.2 MB a thousand
BLOCK = 8192  # patterns expanded to 0/1 columns at a time: bounds the memory
PAIR_COST = 10  # of one pair of columns, in multiply-adds of an expanded block; measured


class LogisticError(ValueError):
    """Patterns, terms or penalties that do not fit together."""


@dataclass(frozen=True)
class Term:
    """The coefficients of one column: a level below `size` has one each, level -1 has none.

    penalty: (size, size), positive semi-definite; coefficients b cost b' penalty b / 2.
    """

    size: int
    penalty: Floats

    @cached_property
    def log_determinant(self) -> float:
        """Of the penalty."""
        return float(np.linalg.slogdet(self.penalty)[1])


def ridge(size: int, sd: float) -> Term:
    """Independent coefficients, each N(0, sd^2) on the log-odds scale."""
    return Term(size, np.eye(size) / sd**2)


def fit(patterns: Patterns, terms: Sequence[Term], *, strata_sd: float = STRATA_SD) -> Fit:
    """The posterior mode of logit P(event) = intercept + stratum + sum over columns of the coefficient of its level.

    Newton's method (iteratively re-weighted least squares); stratum intercepts are N(0, strata_sd^2) around the common
    one and are eliminated block by block, so thousands of them cost little. `terms` describe the columns of
    `patterns.levels` in their order. Raises LogisticError where they do not fit it, or where no step is found.
    """
    return climb(Model(patterns, terms, strata_sd)).fit()


def fit_likeliest(patterns: Patterns, alternatives: Sequence[Sequence[Term]]) -> tuple[int, Fit]:
    """As `fit`, with that of several penalties on the same columns that has the largest marginal likelihood; its place.

    Laplace's approximation: log posterior - log det(curvature) / 2 + log det(penalty) / 2 (Wood, Fast stable REML and ML
    estimation of semiparametric GLMs, JRSS B 73, 2011). What does not depend on the penalties is done once.
    """
    model = Model(patterns, alternatives[0])
    peaks = [climb(model)]  # which fills the caches that the copies take over
    peaks += [climb(model.with_terms(terms)) for terms in alternatives[1:]]
    evidence = [peak.evidence() for peak in peaks]
    place = evidence.index(max(evidence))
    return place, peaks[place].fit()


def climb(model: "Model") -> "Peak":
    """Newton's method from the start to the posterior mode."""
    state = model.start()
    now = model.penalised(state, model.first)
    for _ in range(STEPS):
        step = now.step
        if np.abs(step).max() < TOLERANCE:
            return Peak(model, state + step, now)
        while True:
            tried = model.evaluate(state + step)
            if tried.log_posterior >= now.log_posterior - 1e-9 * abs(now.log_posterior):
                break
            step = step / 2
            if np.abs(step).max() < TOLERANCE:
                raise LogisticError("the fit does not converge: a penalty is not positive semi-definite")
        state, now = state + step, tried
    raise LogisticError(f"the fit does not converge in {STEPS} steps")


@dataclass(frozen=True)
class Peak:
    """The posterior mode of a model. near: the model less than TOLERANCE from there."""

    model: "Model"
    state: Floats
    near: Evaluation

    def evidence(self) -> float:
        """Log marginal likelihood, up to a constant."""
        log_prior = sum(term.log_determinant for term in self.model.terms)
        return self.near.log_posterior - self.near.log_curvature / 2 + log_prior / 2

    def fit(self) -> Fit:
        return self.model.fit(self.state, self.model.evaluate(self.state))


class Model:
    """The likelihood and penalties of one fit; its state is (intercept, coefficients, strata) in one vector."""

    def __init__(self, patterns: Patterns, terms: Sequence[Term], strata_sd: float = STRATA_SD) -> None:
        if patterns.levels.shape[1] != len(terms):
            raise LogisticError(f"{patterns.levels.shape[1]} columns but {len(terms)} terms")
        for place, term in enumerate(terms):
            if len(patterns) and patterns.levels[:, place].max() >= term.size:
                raise LogisticError(f"column {place} has a level beyond its term's {term.size}")
        self.trials = patterns.trials.astype(np.float64)
        self.events = patterns.events.astype(np.float64)
        self.levels, self.stratum = patterns.levels, patterns.stratum.astype(np.intp)
        self.starts = tuple(int(s) for s in np.cumsum([0, *(term.size for term in terms)]))
        self.size = self.starts[-1] + 1  # the intercept stands first
        self.places = np.zeros((1 + len(terms), len(patterns)), dtype=np.intp)  # of each column, in the state
        for place, level, start in zip(self.places[1:], patterns.levels.T, self.starts, strict=False):
            place[:] = np.where(level < 0, self.size, 1 + start + level)  # the last one: no level
        self.strata = int(patterns.stratum.max(initial=-1)) + 1 if len(patterns) else 0
        self.strata_precision = 1 / strata_sd**2
        total, hits = float(self.trials.sum()), float(self.events.sum())
        self.centre = math.log((hits + 0.5) / (total - hits + 0.5))
        self.penalise(terms)

    def penalise(self, terms: Sequence[Term]) -> None:
        self.terms = terms
        self.penalty = np.zeros((self.size, self.size))
        self.penalty[0, 0] = 1 / INTERCEPT_SD**2
        for place, term in enumerate(terms):
            at = slice(1 + self.starts[place], 1 + self.starts[place + 1])
            self.penalty[at, at] = term.penalty

    def with_terms(self, terms: Sequence[Term]) -> "Model":
        """The same likelihood with other penalties on terms of the same sizes."""
        if [term.size for term in terms] != [term.size for term in self.terms]:
            raise LogisticError("the alternatives differ in the sizes of their terms")
        model = copy(self)  # with all that is cached
        model.penalise(terms)
        return model

    def start(self) -> Floats:
        state = np.zeros(self.size + self.strata)
        state[0] = self.centre
        return state

    @cached_property
    def first(self) -> Likelihood:
        """At the start."""
        return self.likelihood(self.start())

    def evaluate(self, state: Floats) -> Evaluation:
        return self.penalised(state, self.likelihood(state))

    def likelihood(self, state: Floats) -> Likelihood:
        dense, strata = state[: self.size], state[self.size :]
        effects = np.append(dense, 0.0)[self.places[1:]].sum(axis=0)
        eta = dense[0] + strata[self.stratum] + effects
        rate = 1 / (1 + np.exp(-eta))
        weight, residual = self.trials * rate * (1 - rate), self.events - self.trials * rate
        return Likelihood(
            log=float(self.events @ eta - self.trials @ softplus(eta)),
            slope=self.totals(residual).sum(axis=1),
            slope_strata=np.bincount(self.stratum, residual, self.strata).astype(np.float64),
            curvature=self.curvature(weight),
            cross=self.totals(weight),
            inner=np.bincount(self.stratum, weight, self.strata).astype(np.float64),
        )

    def penalised(self, state: Floats, found: Likelihood) -> Evaluation:
        dense, strata = state[: self.size], state[self.size :]
        shifted = dense.copy()
        shifted[0] -= self.centre
        pull = self.penalty @ shifted
        cost = 0.5 * float(shifted @ pull) + 0.5 * self.strata_precision * float(strata @ strata)

        cross, inner = found.cross, found.inner + self.strata_precision
        schur = found.curvature + self.penalty - (cross / inner) @ cross.T
        slope, slope_strata = found.slope - pull, found.slope_strata - self.strata_precision * strata
        step, log_determinant = cholesky.solved(schur, slope - cross @ (slope_strata / inner))
        step_strata = (slope_strata - cross.T @ step) / inner
        return Evaluation(
            log_likelihood=found.log,
            log_posterior=found.log - cost,
            step=np.concatenate([step, step_strata]),
            profiled=schur,
            log_curvature=log_determinant + float(np.log(inner).sum()),
        )

    @cached_property
    def cells(self) -> Ints:
        """Of each column: coefficient and stratum of the patterns as one code, the same at every step."""
        return self.places * self.strata + self.stratum

    @cached_property
    def pairs(self) -> Ints:
        """Of each two columns: both coefficients of the patterns as one code."""
        return np.stack([*self.each_pair()])

    def each_pair(self) -> Iterator[Ints]:
        for later in range(1, len(self.places)):
            for earlier in range(later):
                yield self.places[later] * (self.size + 1) + self.places[earlier]

    def totals(self, amount: Floats) -> Floats:
        """Sums of an amount a pattern, by coefficient and stratum."""
        return self.sums(self.cells, amount, self.strata)

    def sums(self, codes: Ints | Iterator[Ints], amount: Floats, width: int) -> Floats:
        """Sums of an amount a pattern by code, (coefficients, width); codes: (columns, patterns), or column by column, which
        gives the same bytes: what is kept of a cell comes from one column alone.
        """
        rows = self.size + 1  # the last one takes the absent levels
        if isinstance(codes, np.ndarray):
            amount = np.tile(amount, len(codes))
            codes = iter([codes.ravel()])
        found = np.zeros(rows * width)
        for code in codes:
            found += np.bincount(code, amount, rows * width)
        return found.reshape(rows, width)[:-1]

    def curvature(self, weight: Floats) -> Floats:
        """X' diag(weight) X, X the patterns' levels as 0/1 columns, the intercept's first.

        By pairs of columns, which costs (number of columns)^2 a pattern, or block by block with X expanded, which costs
        (number of coefficients)^2 much cheaper steps: many levels favour the first, many columns of few the second.
        """
        if PAIR_COST * len(self.terms) ** 2 < self.size**2:
            return self.curvature_by_pairs(weight)
        total = np.zeros((self.size, self.size))
        for at, block in self.blocks():
            total += block.T @ (weight[at, None] * block)
        return total

    def curvature_by_pairs(self, weight: Floats) -> Floats:
        pairs = self.pairs if len(weight) <= MANY else self.each_pair()
        below = self.sums(pairs, weight, self.size + 1)[:, :-1]
        total = below + below.T
        np.fill_diagonal(total, total[0])  # two levels of a column exclude each other
        total[0, 0] = weight.sum()
        return total

    def blocks(self) -> Iterator[tuple[slice, Floats]]:
        for low in range(0, len(self.trials), BLOCK):
            places = self.places[:, low : low + BLOCK].T
            block = np.zeros((len(places), self.size + 1))  # the last column takes the absent levels
            np.put_along_axis(block, places, 1.0, axis=1)
            yield slice(low, low + len(places)), block[:, :-1]

    def fit(self, state: Floats, at: Evaluation) -> Fit:
        return Fit(
            coefficients=state[1 : self.size],
            covariance=np.asarray(np.linalg.inv(at.profiled)[1:, 1:], dtype=np.float64),
            starts=self.starts,
            intercept=float(state[0]),
            strata=state[self.size :],
            log_likelihood=at.log_likelihood,
            log_posterior=at.log_posterior,
            log_curvature=at.log_curvature,
        )


def softplus(eta: Floats) -> Floats:
    """log(1 + exp(eta)), for which numpy's logaddexp takes four times as long."""
    return np.asarray(np.maximum(eta, 0) + np.log1p(np.exp(-np.abs(eta))))
