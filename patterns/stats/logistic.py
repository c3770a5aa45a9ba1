"""Ridge logistic regression on counted patterns.

Rows that agree in every column are one pattern with a number of trials and of events, so the cost follows the number of
distinct patterns and not the number of rows, and the sums behind a fit do not depend on the order of the rows.
"""

import math
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

from patterns.stats.counting import Patterns
from patterns.stats.fitted import Fit

Ints = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]

STRATA_SD = 1.0  # of stratum intercepts around their mean, log odds: campaigns of one sender differ by less than e
INTERCEPT_SD = 10.0  # around the overall log odds: proper, and too wide to be felt
STEPS = 60  # Newton steps; a ridge fit takes 5 to 9
TOLERANCE = 1e-9  # of the largest change of a coefficient
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


def ridge(size: int, sd: float) -> Term:
    """Independent coefficients, each N(0, sd^2) on the log-odds scale."""
    return Term(size, np.eye(size) / sd**2)


def fit(patterns: Patterns, terms: Sequence[Term], *, strata_sd: float = STRATA_SD) -> Fit:
    """The posterior mode of logit P(event) = intercept + stratum + sum over columns of the coefficient of its level.

    Newton's method (iteratively re-weighted least squares); stratum intercepts are N(0, strata_sd^2) around the common
    one and are eliminated block by block, so thousands of them cost little. `terms` describe the columns of
    `patterns.levels` in their order. Raises LogisticError where they do not fit it, or where no step is found.
    """
    return climb(Model(patterns, terms, strata_sd))


def fit_each(patterns: Patterns, alternatives: Sequence[Sequence[Term]]) -> list[Fit]:
    """As `fit`, once with each of several penalties on the same columns; what does not depend on these is done once."""
    if not alternatives:
        return []
    model = Model(patterns, alternatives[0])
    found = [climb(model)]  # which fills the caches that the copies take over
    return found + [climb(model.with_terms(terms)) for terms in alternatives[1:]]


def climb(model: "Model") -> Fit:
    """Newton's method from the start to the posterior mode."""
    state = model.start()
    now = model.penalised(state, model.first)
    for _ in range(STEPS):
        step = now.step
        while True:
            tried = model.evaluate(state + step)
            if tried.log_posterior >= now.log_posterior - 1e-9 * abs(now.log_posterior):
                break
            step = step / 2
            if np.abs(step).max() < TOLERANCE:
                raise LogisticError("the fit does not converge: a penalty is not positive semi-definite")
        state, now = state + step, tried
        if np.abs(step).max() < TOLERANCE:
            return model.fit(state, now)
    raise LogisticError(f"the fit does not converge in {STEPS} steps")


@dataclass(frozen=True)
class Evaluation:
    """The model at one point: its height, the Newton step, and the curvature (`profiled`: without the strata)."""

    log_likelihood: float
    log_posterior: float
    step: Floats
    profiled: Floats
    log_curvature: float


@dataclass(frozen=True)
class Likelihood:
    """The log-likelihood at one point without any penalty: its height, slopes and curvatures.

    slope, curvature: of the coefficients, the intercept's first. slope_strata, inner: of the strata. cross: of both.
    """

    log: float
    slope: Floats
    slope_strata: Floats
    curvature: Floats
    cross: Floats
    inner: Floats


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
        sizes = np.array([term.size for term in terms], dtype=np.intp)
        self.codes = np.where(patterns.levels < 0, sizes, patterns.levels).T.copy()  # the last one: no level
        self.starts = tuple(int(s) for s in np.cumsum([0, *(term.size for term in terms)]))
        self.size = self.starts[-1] + 1  # the intercept stands first
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
        effects = np.zeros(len(self.trials))
        for code, (low, high) in zip(self.codes, pairwise(self.starts), strict=True):
            effects += np.append(dense[1 + low : 1 + high], 0.0)[code]
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
        shifted = dense - np.eye(1, self.size)[0] * self.centre
        pull = self.penalty @ shifted
        cost = 0.5 * float(shifted @ pull) + 0.5 * self.strata_precision * float(strata @ strata)

        cross, inner = found.cross, found.inner + self.strata_precision
        schur = found.curvature + self.penalty - (cross / inner) @ cross.T
        slope, slope_strata = found.slope - pull, found.slope_strata - self.strata_precision * strata
        factor = cho_factor(schur, lower=True)
        step = cho_solve(factor, slope - cross @ (slope_strata / inner))
        step_strata = (slope_strata - cross.T @ step) / inner
        return Evaluation(
            log_likelihood=found.log,
            log_posterior=found.log - cost,
            step=np.concatenate([step, step_strata]),
            profiled=schur,
            log_curvature=2 * float(np.log(np.diag(factor[0])).sum()) + float(np.log(inner).sum()),
        )

    @cached_property
    def cells(self) -> list[Ints]:
        """Of each column: level and stratum of the patterns as one code, the same at every step."""
        return [code * self.strata + self.stratum for code in self.codes]

    @cached_property
    def pairs(self) -> dict[tuple[int, int], Ints]:
        """Of each two columns: both levels of the patterns as one code."""
        count = range(len(self.terms))
        return {(i, j): self.codes[i] * (self.terms[j].size + 1) + self.codes[j] for i in count for j in range(i)}

    def totals(self, amount: Floats) -> Floats:
        """Sums of an amount a pattern, by coefficient and stratum."""
        sums = np.zeros((self.size, self.strata))
        sums[0] = np.bincount(self.stratum, amount, self.strata)
        for cell, (low, high) in zip(self.cells, pairwise(self.starts), strict=True):
            by_cell = np.bincount(cell, amount, (high - low + 1) * self.strata)
            sums[1 + low : 1 + high] = by_cell[: (high - low) * self.strata].reshape(high - low, self.strata)
        return sums

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
        total = np.zeros((self.size, self.size))
        total[0, 0] = weight.sum()
        places = [slice(1 + low, 1 + high) for low, high in pairwise(self.starts)]
        for i, term in enumerate(self.terms):
            alone = np.bincount(self.codes[i], weight, term.size + 1)[:-1]
            total[0, places[i]] = total[places[i], 0] = alone
            total[places[i], places[i]] = np.diag(alone)
            for j in range(i):
                width = self.terms[j].size + 1
                table = np.bincount(self.pairs[i, j], weight, (term.size + 1) * width)
                block = table.reshape(-1, width)[:-1, :-1]
                total[places[i], places[j]], total[places[j], places[i]] = block, block.T
        return total

    def blocks(self) -> Iterator[tuple[slice, Floats]]:
        for low in range(0, len(self.trials), BLOCK):
            codes = self.codes[:, low : low + BLOCK].T
            block = np.zeros((len(codes), self.size + 1))  # the last column takes the absent levels
            block[:, 0] = 1.0
            starts, ends = np.array(self.starts[:-1], dtype=np.intp), np.array(self.starts[1:], dtype=np.intp)
            columns = np.where(starts + codes == ends, self.size, 1 + starts + codes)
            np.put_along_axis(block, columns, 1.0, axis=1)
            yield slice(low, low + len(codes)), block[:, :-1]

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
