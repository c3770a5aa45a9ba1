"""What features of a text do, when every text also has luck of its own (`docs/statistics.md`, "Content").

Messages come as counted cells: one a combination of stratum and text, with n sends and k conversions. The model is a
logistic mixed model

    logit P = stratum + x'b + u(template),   b_f ~ N(0, tau^2),   u ~ N(0, sigma^2)

so that a feature is judged against the spread between templates and not against the number of sends: a feature that few
templates have is not proven by sending these a million times. Features stand in it together, each drawn to zero as far
as the client's features in general ask for.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array
from scipy.special import expit

from patterns.stats.effects import Effects
from patterns.stats.rates import Floats, Ints

TAUS = np.array([0.05, 0.1, 0.2, 0.35, 0.6])  # spread of feature effects: most texts differ by less than a factor of 2
SIGMAS = np.array([0.03, 0.1, 0.2, 0.3, 0.45, 0.65, 0.9, 1.2])  # spread of template luck, log-odds
TAU_SCALE, SIGMA_SCALE = 0.5, 0.6  # half-normal priors of the two; luck of 0.3 to 0.6 is what tests of real texts show
WIDE = 1.0  # prior sd of columns that are not features but curves (length): three factors of e are surely enough
FLAT = 1e-6  # precision of the stratum intercepts: there to keep the system regular
NEGLIGIBLE = 1e-8  # posterior mass of a point of the grid
ROUNDS = 2  # of linearising the logistic on half the grid before the last, full one: effects settle to 3 digits


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


def fit_effects(texts: Texts) -> Effects:
    """Posterior of the columns' effects, the two spreads averaged over their grid.

    Linearises the logistic at the posterior mode (penalised quasi-likelihood, Breslow and Clayton 1993); at each
    linearisation the strata and the luck are eliminated exactly, the evidence of every (tau, sigma) is that of the linear
    model. The evidence is averaged over, since few templates leave the luck's spread in the dark.
    """
    if not len(texts.n) or not texts.x.shape[1]:
        return nothing(texts)
    system = System(texts)
    eta = system.start()
    for sigmas in (*[SIGMAS[1::2]] * ROUNDS, SIGMAS):
        reduced = [system.reduce(eta, sigma) for sigma in sigmas]
        mass, solutions = weigh_spreads(reduced, sigmas, texts)
        best = np.unravel_index(mass.argmax(), mass.shape)
        eta = system.linear(reduced[best[0]], solutions[best[0]][best[1]][0])
    return averaged(mass, solutions, texts)


def nothing(texts: Texts) -> Effects:
    """The prior, where no cell tells texts apart or no column is there to fit."""
    prior = prior_variance(texts, float(TAUS.mean()))
    zero = np.zeros((1, len(prior)))
    return Effects(np.ones(1), zero, np.diag(prior)[None], prior[None], tau=0.0, sigma=0.0, freedom=1.0)


@dataclass(frozen=True)
class Reduced:
    """The system of the columns alone after strata and luck are eliminated, and how to get these back."""

    matrix: Floats
    right: Floats
    evidence: float
    back: Floats
    back_right: Floats


class System:
    """The mixed-model equations of some texts; sparse where the cells are."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        self.strata = int(texts.stratum.max(initial=-1)) + 1
        self.columns = texts.x.shape[1]

    def start(self) -> Floats:
        """Log-odds of the cells at their stratum's rate."""
        texts = self.texts
        n = np.bincount(texts.stratum, weights=texts.n, minlength=self.strata)
        k = np.bincount(texts.stratum, weights=texts.k, minlength=self.strata)
        rate = (k + 0.5) / (n + 1)
        return np.asarray(np.log(rate / (1 - rate))[texts.stratum])

    def reduce(self, eta: Floats, sigma: float) -> Reduced:
        """Eliminate strata and luck from the equations linearised at eta (cells).

        Both are diagonal by themselves; the one with more levels is eliminated as such, the other as a dense matrix.
        """
        texts = self.texts
        chance = expit(eta)
        weight = texts.n * chance * (1 - chance)
        working = weight * eta + texts.k - texts.n * chance
        strata = side(texts.stratum, texts, weight, working, np.full(self.strata, FLAT))
        luck = side(texts.template, texts, weight, working, np.full(texts.templates, sigma**-2))
        many, few = (luck, strata) if texts.templates > self.strata else (strata, luck)
        at_many, at_few = (
            (texts.template, texts.stratum) if texts.templates > self.strata else (texts.stratum, texts.template)
        )
        cross = csr_array((weight, (at_few, at_many)), shape=(len(few.diagonal), len(many.diagonal)))
        scaled = cross * (1 / many.diagonal)[None, :]
        dense = np.diag(few.diagonal) - (scaled @ cross.T).toarray()
        sums = few.sums - scaled @ many.sums
        right = few.right - scaled @ many.right
        factor = cho_factor(dense, lower=True)
        solved = cho_solve(factor, np.column_stack([sums, right]))
        by_text = np.bincount(texts.text, weights=weight, minlength=len(texts.x))
        matrix = (texts.x * by_text[:, None]).T @ texts.x
        matrix = matrix - many.sums.T @ (many.sums / many.diagonal[:, None]) - sums.T @ solved[:, :-1]
        working_text = np.bincount(texts.text, weights=working, minlength=len(texts.x))
        score = texts.x.T @ working_text - many.sums.T @ (many.right / many.diagonal) - sums.T @ solved[:, -1]
        fit = many.right @ (many.right / many.diagonal) + right @ solved[:, -1]
        volume = np.log(many.diagonal).sum() + 2 * np.log(np.diag(factor[0])).sum()
        evidence = 0.5 * fit - 0.5 * volume - texts.templates * np.log(sigma)
        few_back = solved
        many_back = np.column_stack([many.sums, many.right]) - cross.T @ few_back
        many_back = many_back / many.diagonal[:, None]
        back = few_back[at_few] + many_back[at_many]
        return Reduced((matrix + matrix.T) / 2, score, float(evidence), back[:, :-1], back[:, -1])

    def linear(self, reduced: Reduced, effects: Floats) -> Floats:
        """Log-odds of the cells at these effects and the strata and luck that go with them."""
        return np.asarray(reduced.back_right - reduced.back @ effects + (self.texts.x @ effects)[self.texts.text])


@dataclass(frozen=True)
class Side:
    """One of the two classifications: its own equations, and its sums with the columns."""

    diagonal: Floats
    right: Floats
    sums: Floats


def side(code: Ints, texts: Texts, weight: Floats, working: Floats, precision: Floats) -> Side:
    """code: of each cell; precision: the prior's, one a level."""
    by_text = csr_array((weight, (code, texts.text)), shape=(len(precision), len(texts.x)))
    return Side(
        diagonal=precision + np.bincount(code, weights=weight, minlength=len(precision)),
        right=np.bincount(code, weights=working, minlength=len(precision)).astype(np.float64),
        sums=np.asarray(by_text @ texts.x),
    )


Solution = tuple[Floats, Floats]


def prior_variance(texts: Texts, tau: float) -> Floats:
    return np.concatenate([np.full(texts.features, tau**2), np.full(texts.x.shape[1] - texts.features, WIDE**2)])


def weigh_spreads(reduced: list[Reduced], sigmas: Floats, texts: Texts) -> tuple[Floats, list[list[Solution]]]:
    """Posterior mass of each (sigma, tau), and mean and covariance of the columns at each."""
    log_mass = np.zeros((len(sigmas), len(TAUS)))
    solutions: list[list[Solution]] = []
    for i, part in enumerate(reduced):
        row = []
        for j, tau in enumerate(TAUS):
            prior = prior_variance(texts, tau)
            factor = cho_factor(part.matrix + np.diag(1 / prior), lower=True)
            mean = cho_solve(factor, part.right)
            row.append((mean, cho_solve(factor, np.eye(len(mean)))))
            volume = 2 * np.log(np.diag(factor[0])).sum() + np.log(prior).sum()
            log_mass[i, j] = part.evidence + 0.5 * part.right @ mean - 0.5 * volume
        solutions.append(row)
    log_mass += log_prior(sigmas, SIGMA_SCALE)[:, None] + log_prior(TAUS, TAU_SCALE)
    mass = np.exp(log_mass - log_mass.max())
    return mass / mass.sum(), solutions


def log_prior(spreads: Floats, scale: float) -> Floats:
    """Half-normal, on a grid of uneven steps: each point stands for the width around it."""
    return np.asarray(np.log(np.gradient(spreads)) - 0.5 * (spreads / scale) ** 2)


def averaged(mass: Floats, solutions: list[list[Solution]], texts: Texts) -> Effects:
    """The points of the grid that hold the mass; what is left out would not show in six digits."""
    points = [(i, j) for i, j in np.ndindex(mass.shape) if mass[i, j] > NEGLIGIBLE]
    kept = np.array([mass[point] for point in points])
    return Effects(
        mass=kept / kept.sum(),
        means=np.array([solutions[i][j][0] for i, j in points]),
        covariances=np.array([solutions[i][j][1] for i, j in points]),
        priors=np.array([prior_variance(texts, float(TAUS[j])) for _, j in points]),
        tau=float(mass.sum(axis=0) @ TAUS),
        sigma=float(mass.sum(axis=1) @ SIGMAS),
        freedom=float(max(texts.templates - 2, 1)),
    )
