"""Ridge logistic regression on counted patterns.

Rows that agree in every column are one pattern with a number of trials and of events, so the cost follows the number of
distinct patterns and not the number of rows, and the sums behind a fit do not depend on the order of the rows.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

from patterns.stats.counting import Patterns

Ints = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]

STRATA_SD = 1.0  # of stratum intercepts around their mean, log odds: campaigns of one sender differ by less than e
INTERCEPT_SD = 10.0  # around the overall log odds: proper, and too wide to be felt
STEPS = 60  # Newton steps; a ridge fit takes 5 to 9
TOLERANCE = 1e-9  # of the largest change of a coefficient
LEVEL_STEPS = 20  # of Newton's method on the intercept alone
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


@dataclass(frozen=True)
class Fit:
    """Posterior mode and curvature of the log odds.

    coefficients: (p,), the terms one after the other. covariance: (p, p), the inverse curvature with the intercept and
    the strata profiled out. starts: where each term begins, and p. intercept: mean of the strata; strata: deviations
    from it. log_likelihood: without penalties. log_posterior: with them, up to a constant. log_curvature: log
    determinant of the negative Hessian of the whole model, strata included.
    """

    coefficients: Floats
    covariance: Floats
    starts: tuple[int, ...]
    intercept: float
    strata: Floats
    log_likelihood: float
    log_posterior: float
    log_curvature: float

    def block(self, term: int) -> slice:
        """Where the coefficients of a term, counted from 0, stand."""
        return slice(self.starts[term], self.starts[term + 1])

    def contrast(self, weights: Floats) -> tuple[Floats, Floats]:
        """Estimates and standard errors of `weights @ coefficients`; weights (m, p) or (p,) give (m,) or ()."""
        estimate = weights @ self.coefficients
        variance = np.einsum("...i,ij,...j->...", weights, self.covariance, weights)
        return estimate, np.sqrt(np.maximum(variance, 0.0))

    def log_odds(self, levels: Ints) -> Floats:
        """Log odds of rows with these levels (rows, terms) in a stratum of the mean intercept."""
        return self.intercept + gathered(self.coefficients, self.starts, levels)


@dataclass(frozen=True)
class Level:
    """What a fit says of an average row: for predictions where all rows stand in one average stratum.

    intercept: with which the rows of the fit, all in that stratum, would have as many events as they had. average: of
    each coefficient's column, weighted by binomial weights, whose sum is `weight`.
    """

    intercept: float
    average: Floats
    weight: float

    @classmethod
    def of(cls, fit: Fit, patterns: Patterns) -> "Level":
        """Of a fit and the patterns that it was made on."""
        eta = gathered(fit.coefficients, fit.starts, patterns.levels)
        events, trials = float(patterns.events.sum()), patterns.trials
        intercept = fit.intercept
        for _ in range(LEVEL_STEPS):  # Newton on one number: the sum of rates rises with it
            rate = 1 / (1 + np.exp(-(eta + intercept)))
            slope = max(float(trials @ (rate * (1 - rate))), 1e-9)
            step = (events - float(trials @ rate)) / slope if events else 0.0
            intercept += float(np.clip(step, -1.0, 1.0))
            if abs(step) < TOLERANCE:
                break
        rate = 1 / (1 + np.exp(-(eta + fit.strata[patterns.stratum] + fit.intercept)))
        weight = trials * rate * (1 - rate)
        total = float(weight.sum())
        average = np.zeros(len(fit.coefficients))
        for place, (low, high) in enumerate(pairwise(fit.starts)):
            level = patterns.levels[:, place]
            has = level >= 0
            average[low:high] = np.bincount(level[has], weight[has], high - low)
        return cls(intercept, average / max(total, 1e-300), total)

    def draws(self, fit: Fit, rng: np.random.Generator, size: int) -> tuple[Floats, Floats]:
        """Posterior draws of the coefficients (size, p) and of the intercept (size,) that goes with them.

        The overall level is known far better than any effect: what the effects add on average the intercept takes off.
        """
        values, vectors = np.linalg.eigh(fit.covariance)
        moves = rng.standard_normal((size, len(values))) @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
        noise = rng.standard_normal(size) / math.sqrt(max(self.weight, 1e-300))
        return fit.coefficients + moves, self.intercept - moves @ self.average + noise


def ridge(size: int, sd: float) -> Term:
    """Independent coefficients, each N(0, sd^2) on the log-odds scale."""
    return Term(size, np.eye(size) / sd**2)


def fit(patterns: Patterns, terms: Sequence[Term], *, strata_sd: float = STRATA_SD) -> Fit:
    """The posterior mode of logit P(event) = intercept + stratum + sum over columns of the coefficient of its level.

    Newton's method (iteratively re-weighted least squares); stratum intercepts are N(0, strata_sd^2) around the common
    one and are eliminated block by block, so thousands of them cost little. `terms` describe the columns of
    `patterns.levels` in their order. Raises LogisticError where they do not fit it, or where no step is found.
    """
    model = Model(patterns, terms, strata_sd)
    state = model.start()
    now = model.evaluate(state)
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


class Model:
    """The likelihood and penalties of one fit; its state is (intercept, coefficients, strata) in one vector."""

    def __init__(self, patterns: Patterns, terms: Sequence[Term], strata_sd: float) -> None:
        if patterns.levels.shape[1] != len(terms):
            raise LogisticError(f"{patterns.levels.shape[1]} columns but {len(terms)} terms")
        for place, term in enumerate(terms):
            if len(patterns) and patterns.levels[:, place].max() >= term.size:
                raise LogisticError(f"column {place} has a level beyond its term's {term.size}")
        self.trials = patterns.trials.astype(np.float64)
        self.events = patterns.events.astype(np.float64)
        self.levels, self.stratum = patterns.levels, patterns.stratum
        self.starts = tuple(int(s) for s in np.cumsum([0, *(term.size for term in terms)]))
        self.size = self.starts[-1] + 1  # the intercept stands first
        self.strata = int(patterns.stratum.max(initial=-1)) + 1 if len(patterns) else 0
        self.strata_precision = 1 / strata_sd**2
        self.terms = terms
        total, hits = float(self.trials.sum()), float(self.events.sum())
        self.centre = math.log((hits + 0.5) / (total - hits + 0.5))
        self.penalty = np.zeros((self.size, self.size))
        self.penalty[0, 0] = 1 / INTERCEPT_SD**2
        for place, term in enumerate(terms):
            at = slice(1 + self.starts[place], 1 + self.starts[place + 1])
            self.penalty[at, at] = term.penalty

    def start(self) -> Floats:
        state = np.zeros(self.size + self.strata)
        state[0] = self.centre
        return state

    def evaluate(self, state: Floats) -> Evaluation:
        dense, strata = state[: self.size], state[self.size :]
        eta = dense[0] + strata[self.stratum] + gathered(dense[1:], self.starts, self.levels)
        log_likelihood = float(self.events @ eta - self.trials @ np.logaddexp(0.0, eta))
        rate = 1 / (1 + np.exp(-eta))
        weight, residual = self.trials * rate * (1 - rate), self.events - self.trials * rate
        shifted = dense - np.eye(1, self.size)[0] * self.centre
        pull = self.penalty @ shifted
        cost = 0.5 * float(shifted @ pull) + 0.5 * self.strata_precision * float(strata @ strata)

        cross = self.totals(weight)
        inner = np.bincount(self.stratum, weight, self.strata) + self.strata_precision
        schur = self.curvature(weight) + self.penalty - (cross / inner) @ cross.T
        slope = self.totals(residual).sum(axis=1) - pull
        slope_strata = np.bincount(self.stratum, residual, self.strata) - self.strata_precision * strata
        factor = cho_factor(schur, lower=True)
        step = cho_solve(factor, slope - cross @ (slope_strata / inner))
        step_strata = (slope_strata - cross.T @ step) / inner
        return Evaluation(
            log_likelihood=log_likelihood,
            log_posterior=log_likelihood - cost,
            step=np.concatenate([step, step_strata]),
            profiled=schur,
            log_curvature=2 * float(np.log(np.diag(factor[0])).sum()) + float(np.log(inner).sum()),
        )

    def totals(self, amount: Floats) -> Floats:
        """Sums of an amount a pattern, by coefficient and stratum."""
        sums = np.zeros((self.size, self.strata))
        sums[0] = np.bincount(self.stratum, amount, self.strata)
        for place, (low, high) in enumerate(pairwise(self.starts)):
            level = self.levels[:, place]
            cell = np.where(level < 0, high - low, level).astype(np.int64) * self.strata + self.stratum
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
        codes = [self.levels[:, i] + 1 for i in range(len(self.terms))]  # 0: no level
        for i, term in enumerate(self.terms):
            alone = np.bincount(codes[i], weight, term.size + 1)[1:]
            total[0, places[i]] = total[places[i], 0] = alone
            total[places[i], places[i]] = np.diag(alone)
            for j in range(i):
                width = self.terms[j].size + 1
                table = np.bincount(codes[i] * width + codes[j], weight, (term.size + 1) * width)
                block = table.reshape(-1, width)[1:, 1:]
                total[places[i], places[j]], total[places[j], places[i]] = block, block.T
        return total

    def blocks(self) -> Iterator[tuple[slice, Floats]]:
        for low in range(0, len(self.trials), BLOCK):
            levels = self.levels[low : low + BLOCK]
            block = np.zeros((len(levels), self.size + 1))  # the last column takes the absent levels
            block[:, 0] = 1.0
            columns = np.where(levels < 0, self.size, 1 + levels + np.array(self.starts[:-1], dtype=np.int64))
            np.put_along_axis(block, columns, 1.0, axis=1)
            yield slice(low, low + len(levels)), block[:, :-1]

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


def gathered(coefficients: Floats, starts: Sequence[int], levels: Ints) -> Floats:
    """Sum over the columns of the coefficient of each row's level; level -1 adds nothing."""
    total = np.zeros(len(levels))
    for place, start in enumerate(starts[:-1]):
        padded = np.append(coefficients[start : starts[place + 1]], 0.0)  # level -1 reads the last entry
        total += padded[levels[:, place]]
    return total
