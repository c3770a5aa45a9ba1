"""A ridge logistic fit whose rows also share clusters, each with a chance effect of its own.

The coefficients of `patterns.stats.logistic` stand beside u(cluster) ~ N(0, s^2), s averaged over a grid by its evidence,
so an effect is judged against the spread between clusters and not by the number of rows alone. The logistic is linearised
at the mode (penalised quasi-likelihood, Breslow and Clayton 1993); clusters are eliminated exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

from patterns.stats.counting import Patterns
from patterns.stats.fitted import Fit, gathered
from patterns.stats.logistic import STRATA_SD, Model, Term
from patterns.stats.rates import Floats, Ints

SPREADS = np.array([0.03, 0.1, 0.2, 0.3, 0.45, 0.65, 0.9, 1.2])  # of the chance effects, log odds
SPREAD_SCALE = 0.6  # half-normal prior: luck of 0.3 to 0.6 is what tests of real texts show
ROUNDS = 2  # of linearising; the effects of planted worlds settle to two digits of their error
NEGLIGIBLE = 1e-6  # posterior mass of a spread


@dataclass(frozen=True)
class Clustered:
    """fit: with the clusters' luck in coefficients and covariance. spread: posterior mean of s. mass: of each SPREADS."""

    fit: Fit
    spread: float
    mass: Floats


def fit_clusters(
    patterns: Patterns, cluster: Ints, terms: Sequence[Term], plain: Fit, *, strata_sd: float = STRATA_SD
) -> Clustered:
    """The fit of these patterns when each cluster has luck. cluster: code of each pattern, -1 in none; one is needed.

    plain: the fit without clusters, at which the first linearisation is made.
    """
    system = System(Model(patterns, terms, strata_sd), patterns, cluster)
    state, luck = np.concatenate([[plain.intercept], plain.coefficients, plain.strata]), np.zeros(system.clusters)
    for _ in range(ROUNDS):
        mass, solved = system.solve(state, luck)
        state = sum(part * one.state for part, one in zip(mass, solved, strict=True))
        luck = sum(part * one.luck for part, one in zip(mass, solved, strict=True))
    size = len(plain.coefficients)
    inner = slice(1, 1 + size)
    covariance = np.zeros((size, size))
    for part, one in zip(mass, solved, strict=True):
        if part > NEGLIGIBLE:
            moved = (one.state - state)[inner]
            covariance += part * (one.covariance()[inner, inner] + np.outer(moved, moved))
    fit = replace(
        plain, intercept=float(state[0]), coefficients=state[inner], strata=state[1 + size :], covariance=covariance
    )
    return Clustered(fit, float(mass @ SPREADS), mass)


@dataclass(frozen=True)
class Solution:
    """At one spread: intercept, coefficients and strata in one vector, the clusters' luck, the evidence.

    factor: Cholesky's, of the precision of the state.
    """

    state: Floats
    luck: Floats
    evidence: float
    factor: tuple[Floats, bool]

    def covariance(self) -> Floats:
        return np.asarray(cho_solve(self.factor, np.eye(len(self.state))), dtype=np.float64)


class System:
    """The normal equations of a linearised fit with clusters."""

    def __init__(self, model: Model, patterns: Patterns, cluster: Ints) -> None:
        self.model, self.patterns, self.cluster = model, patterns, cluster
        self.clusters = int(cluster.max(initial=-1)) + 1
        self.known = cluster >= 0

    def solve(self, state: Floats, luck: Floats) -> tuple[Floats, list[Solution]]:
        """Posterior mass of each spread and its solution, linearised at these coefficients and this luck."""
        model = self.model
        dense, strata = state[: model.size], state[model.size :]
        at = dense[0] + gathered(dense[1:], model.starts, model.levels) + strata[model.stratum]
        at += np.append(luck, 0.0)[self.cluster]
        rate = expit(at)
        weight = model.trials * rate * (1 - rate)
        working = weight * at + model.events - model.trials * rate
        matrix, right = self.fixed(weight, working)
        equations = Equations(matrix, right, self.shared(weight), self.by_cluster(weight), self.by_cluster(working))
        solved = [equations.solved(spread) for spread in SPREADS]
        log_mass = np.array([one.evidence for one in solved])
        log_mass += np.log(np.gradient(SPREADS)) - 0.5 * (SPREADS / SPREAD_SCALE) ** 2
        mass = np.exp(log_mass - log_mass.max())
        return mass / mass.sum(), solved

    def fixed(self, weight: Floats, working: Floats) -> tuple[Floats, Floats]:
        """Matrix and right side of the intercept, the coefficients and the strata, penalties included."""
        model = self.model
        cross = model.totals(weight)
        inner = np.bincount(model.stratum, weight, model.strata) + model.strata_precision
        matrix = np.block([[model.curvature(weight) + model.penalty, cross], [cross.T, np.diag(inner)]])
        sums = model.totals(working)
        right = np.concatenate([sums.sum(axis=1), sums[0]])
        right[0] += model.penalty[0, 0] * model.centre
        return matrix, right

    def by_cluster(self, amount: Floats) -> Floats:
        return np.bincount(self.cluster[self.known], amount[self.known], self.clusters).astype(np.float64)

    def shared(self, weight: Floats) -> Floats:
        """The weight that each of the fixed shares with each cluster: (fixed, clusters)."""
        model, count = self.model, self.clusters
        parts: list[Floats] = [self.by_cluster(weight)[None, :]]
        sizes = [*(term.size for term in model.terms), model.strata]
        for level, size in zip([*model.levels.T, model.stratum], sizes, strict=True):
            both = (level >= 0) & self.known
            cell = level[both].astype(np.int64) * count + self.cluster[both]
            by_cell = np.bincount(cell, weight[both], size * count).astype(np.float64)
            parts.append(by_cell.reshape(size, count))
        return np.concatenate(parts)


@dataclass(frozen=True)
class Equations:
    """Linear equations of the fixed and the clusters: matrix, right of the fixed with their penalties; own, pulled of each
    cluster without its prior; shared: the weight that they have in common, (fixed, clusters).
    """

    matrix: Floats
    right: Floats
    shared: Floats
    own: Floats
    pulled: Floats

    def solved(self, spread: float) -> Solution:
        """The solution where the clusters have this spread; they are eliminated."""
        diagonal = self.own + spread**-2
        scaled = self.shared / diagonal
        factor = cho_factor(self.matrix - scaled @ self.shared.T, lower=True)
        reduced = self.right - scaled @ self.pulled
        state = cho_solve(factor, reduced)
        fit = self.pulled @ (self.pulled / diagonal) + reduced @ state
        volume = np.log(diagonal).sum() + 2 * np.log(np.diag(factor[0])).sum() + 2 * len(self.own) * np.log(spread)
        return Solution(
            state=state,
            luck=(self.pulled - self.shared.T @ state) / diagonal,
            evidence=0.5 * float(fit - volume),
            factor=factor,
        )
