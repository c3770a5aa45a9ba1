"""What features of a text do, when every text also has luck of its own (`docs/statistics.md`, "Content").

Messages come as counted cells: one a combination of stratum and text, with n sends and k conversions. The model is a
logistic mixed model

    logit P = stratum + x'b + u(template),   b_f ~ N(0, tau^2),   u ~ N(0, sigma^2)

so that a feature is judged against the spread between templates and not against the number of sends: a feature that few
templates have is not proven by sending these a million times. Features stand in it together, each drawn to zero as far
as the client's features in general ask for.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.special import expit

from patterns.stats import cholesky
from patterns.stats.effects import Effects
from patterns.stats.rates import Floats, Ints

TAUS = np.array([0.05, 0.1, 0.2, 0.35, 0.6])  # spread of feature effects: most texts differ by less than a factor of 2
SIGMAS = np.array([0.03, 0.1, 0.2, 0.3, 0.45, 0.65, 0.9, 1.2])  # spread of template luck, log-odds
TAU_SCALE, SIGMA_SCALE = 0.5, 0.6  # half-normal priors of the two; luck of 0.3 to 0.6 is what tests of real texts show
WIDE = 1.0  # prior sd of columns that are not features but curves (length): three factors of e are surely enough
FLAT = 1e-6  # precision of the stratum intercepts: there to keep the system regular
NEGLIGIBLE = 1e-8  # posterior mass of a point of the grid
FULL = 100_000  # cells of a table of strata by templates that is faster full than sparse
ROUNDS = 12  # of linearising the logistic on half the grid at most, before the last, full one
STEP = 1.0  # most that log-odds move in a round: from far below a text's rate the linear step would overshoot by units
SETTLED = 0.5  # after a step that was smaller about an eighth is left to go, which the last round squares


@dataclass(frozen=True)
class Texts:
    """Counted cells, and the columns of their texts.

    stratum, template, text: codes of each cell. n, k: its sends and conversions. x: (texts, columns), 0/1 for features.
    features: how many of the columns, the first ones, are features; the rest are curves. Every stratum has conversions.
    """

    stratum: Ints
    template: Ints
    text: Ints
    n: Floats
    k: Floats
    x: Floats
    features: int

    @property
    def templates(self) -> int:
        return int(self.template.max(initial=-1)) + 1


@dataclass(frozen=True)
class Fit:
    """effects: of the columns. log_odds: of each cell, where the logistic was linearised last."""

    effects: Effects
    log_odds: Floats


def fit_effects(texts: Texts) -> Effects:
    """Posterior of the columns' effects, the two spreads averaged over their grid."""
    return fit_mixed(texts).effects


def fit_mixed(texts: Texts, near: Floats | None = None) -> Fit:
    """The fit of the model. near: log-odds of the cells to begin with, from a model of nearly the same texts.

    Linearises the logistic at the posterior mode (penalised quasi-likelihood, Breslow and Clayton 1993); at each
    linearisation the strata and the luck are eliminated exactly, the evidence of every (tau, sigma) is that of the linear
    model. The evidence is averaged over, since few templates leave the luck's spread in the dark.
    """
    if not len(texts.n) or not texts.x.shape[1]:
        return Fit(nothing(texts), np.zeros(len(texts.n)))
    eta = start(texts) if near is None else near
    for _ in range(ROUNDS):
        _, _, better = linearised(texts, eta, SIGMAS[1::2])
        step = np.clip(better - eta, -STEP, STEP)
        eta = eta + step
        if np.abs(step).max() < SETTLED:
            break
    (mass, means), reduced, _ = linearised(texts, eta, SIGMAS)
    return Fit(averaged(mass, means, reduced, texts), eta)


def linearised(texts: Texts, eta: Floats, sigmas: Floats) -> tuple[tuple[Floats, Floats], list["Reduced"], Floats]:
    """Masses and means at each pair of spreads, the systems at each sigma, and the cells' log-odds at the likeliest."""
    system = System(texts, eta)
    reduced = [system.reduce(sigma) for sigma in sigmas]
    mass, means = weigh_spreads(reduced, sigmas, texts)
    best = np.unravel_index(mass.argmax(), mass.shape)
    return (mass, means), reduced, system.linear(reduced[best[0]], means[best])


def nothing(texts: Texts) -> Effects:
    """The prior, where no cell tells texts apart or no column is there to fit."""
    prior = prior_variance(texts, float(TAUS.mean()))
    zero = np.zeros((1, len(prior)))
    return Effects(np.ones(1), zero, np.diag(prior)[None], prior[None], tau=0.0, sigma=0.0, freedom=1.0)


def start(texts: Texts) -> Floats:
    """Log-odds of the cells at their stratum's rate."""
    n, k = (np.bincount(texts.stratum, weights=column) for column in (texts.n, texts.k))
    rate = (k + 0.5) / (n + 1)
    return np.asarray(np.log(rate / (1 - rate))[texts.stratum])


@dataclass(frozen=True)
class Side:
    """One of the two classifications, strata or luck: its own equations, and its sums with the columns and with y."""

    diagonal: Floats
    sums: Floats

    def plus(self, precision: float) -> "Side":
        """With that precision of a prior on each level."""
        return Side(self.diagonal + precision, self.sums)

    @cached_property
    def products(self) -> Floats:
        """What eliminating the levels takes from the sums' own products."""
        return np.asarray(self.sums.T @ (self.sums / self.diagonal[:, None]))

    @cached_property
    def volume(self) -> float:
        """The log of the determinant."""
        return float(np.log(self.diagonal).sum())


@dataclass(frozen=True)
class Reduced:
    """The system of the columns alone after strata and luck are eliminated; `strata` and `luck` get these back.

    matrix, right: of the columns. strata, luck: their solutions, (levels, columns and y): the last column is that without
    any effect, the others what a unit of each effect takes away.
    """

    matrix: Floats
    right: Floats
    evidence: float
    strata: Floats
    luck: Floats


class System:
    """The mixed-model equations of some texts, linearised at the log-odds `eta` of the cells.

    Strata and luck are each diagonal by themselves. What does not depend on the spread of the luck is done once: with
    fewer templates than strata, that is the elimination of the strata, and only a matrix of templates remains.
    """

    def __init__(self, texts: Texts, eta: Floats) -> None:
        self.texts = texts
        chance = expit(eta)
        weight = texts.n * chance * (1 - chance)
        working = weight * eta + texts.k - texts.n * chance
        strata, templates = int(texts.stratum.max(initial=-1)) + 1, texts.templates
        by_text, y_text = (np.bincount(texts.text, weights=part, minlength=len(texts.x)) for part in (weight, working))
        columns = np.column_stack([texts.x * by_text[:, None], y_text])
        self.square = columns.T @ texts.x
        self.strata = side(texts.stratum, texts, weight, working, strata).plus(FLAT)
        self.luck = side(texts.template, texts, weight, working, templates)
        self.cross = crossed(texts.stratum, texts.template, weight, (strata, templates))
        self.few_templates = templates <= strata
        if self.few_templates:
            self.dense, self.rest = without(self.strata, self.luck, self.cross)

    def reduce(self, sigma: float) -> Reduced:
        """Eliminate strata and luck where the luck's spread is sigma."""
        luck = self.luck.plus(sigma**-2)
        if self.few_templates:
            dense, rest, many = self.dense + np.diag(luck.diagonal), self.rest, self.strata
        else:
            dense, rest = without(luck, self.strata, self.cross.T)
            dense, many = dense + np.diag(self.strata.diagonal), luck
        few, log_determinant = cholesky.solved(dense, rest)
        cross = self.cross if self.few_templates else self.cross.T
        rest_of_many = (many.sums - cross @ few) / many.diagonal[:, None]
        products = many.products + rest.T @ few
        volume = many.volume + log_determinant
        evidence = 0.5 * products[-1, -1] - 0.5 * volume - self.texts.templates * np.log(sigma)
        matrix = self.square[:-1] - products[:-1, :-1]
        strata_luck = (rest_of_many, few) if self.few_templates else (few, rest_of_many)
        return Reduced((matrix + matrix.T) / 2, self.square[-1] - products[-1, :-1], float(evidence), *strata_luck)

    def linear(self, reduced: Reduced, effects: Floats) -> Floats:
        """Log-odds of the cells at these effects and the strata and luck that go with them."""
        texts, given = self.texts, np.append(-effects, 1.0)
        strata, luck = reduced.strata @ given, reduced.luck @ given
        return np.asarray(strata[texts.stratum] + luck[texts.template] + (texts.x @ effects)[texts.text])


def side(code: Ints, texts: Texts, weight: Floats, working: Floats, levels: int) -> Side:
    """code: of each cell."""
    by_text = csr_array((weight, (code, texts.text)), shape=(levels, len(texts.x)))
    y = np.bincount(code, weights=working, minlength=levels)
    total: Floats = np.bincount(code, weights=weight, minlength=levels).astype(np.float64)
    return Side(total, np.column_stack([by_text @ texts.x, y]))


def crossed(row: Ints, column: Ints, weight: Floats, shape: tuple[int, int]) -> Any:
    """The weights by row and column, sparse where a full table would be large."""
    table = csr_array((weight, (row, column)), shape=shape)
    return table.toarray() if shape[0] * shape[1] <= FULL else table


def without(many: Side, few: Side, cross: Any) -> tuple[Floats, Floats]:
    """What eliminating the levels of `many` takes from the matrix and leaves of the sums of `few`. cross: (many, few)."""
    scaled = cross * (1 / many.diagonal)[:, None]
    taken = cross.T @ scaled
    return -(taken if isinstance(taken, np.ndarray) else taken.toarray()), few.sums - scaled.T @ many.sums


def prior_variance(texts: Texts, tau: float) -> Floats:
    return np.concatenate([np.full(texts.features, tau**2), np.full(texts.x.shape[1] - texts.features, WIDE**2)])


def weigh_spreads(reduced: list[Reduced], sigmas: Floats, texts: Texts) -> tuple[Floats, Floats]:
    """Posterior mass of each (sigma, tau), and the columns' means at each, (sigmas, taus, columns)."""
    priors = np.array([prior_variance(texts, tau) for tau in TAUS])
    precision = precisions(np.array([part.matrix for part in reduced])[:, None], priors)
    right = np.array([part.right for part in reduced])[:, None, :]
    means = np.linalg.solve(precision, np.broadcast_to(right, precision.shape[:-1])[..., None])[..., 0]
    volume = np.linalg.slogdet(precision)[1] + np.log(priors).sum(axis=1)
    log_mass = (
        np.array([part.evidence for part in reduced])[:, None] + 0.5 * (right * means).sum(axis=-1) - 0.5 * volume
    )
    log_mass += log_prior(sigmas, SIGMA_SCALE)[:, None] + log_prior(TAUS, TAU_SCALE)
    mass = np.exp(log_mass - log_mass.max())
    return mass / mass.sum(), means


def precisions(matrix: Floats, priors: Floats) -> Floats:
    """Posterior precisions: the data's, (..., columns, columns), and the prior's, (..., columns) variances."""
    return np.asarray(matrix + np.eye(priors.shape[-1]) / priors[..., None])


def log_prior(spreads: Floats, scale: float) -> Floats:
    """Half-normal, on a grid of uneven steps: each point stands for the width around it."""
    return np.asarray(np.log(np.gradient(spreads)) - 0.5 * (spreads / scale) ** 2)


def averaged(mass: Floats, means: Floats, reduced: list[Reduced], texts: Texts) -> Effects:
    """The points of the grid that hold the mass; what is left out would not show in six digits."""
    sigmas, taus = np.nonzero(mass > NEGLIGIBLE)
    kept = mass[sigmas, taus]
    priors = np.array([prior_variance(texts, float(TAUS[j])) for j in taus])
    return Effects(
        mass=kept / kept.sum(),
        means=means[sigmas, taus],
        covariances=np.asarray(np.linalg.inv(precisions(np.array([reduced[i].matrix for i in sigmas]), priors)), float),
        priors=priors,
        tau=float(mass.sum(axis=0) @ TAUS),
        sigma=float(mass.sum(axis=1) @ SIGMAS),
        freedom=float(max(texts.templates - 2, 1)),
    )
