"""Clients that borrow strength from each other: coefficients drawn from one distribution (`docs/statistics.md`, "Pooling").

    a client's coefficients b ~ N(mean, diag(variance)),  P(converts) = sigmoid(x'b)

The distribution is estimated from all clients (Laplace's approximation inside expectation-maximisation; Gelman and Hill,
Data Analysis Using Regression and Multilevel Models, 2007, chapter 18). What leaves it is one mean and one variance a
coefficient, and nothing of any client.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr, ndtri

from patterns.stats.gate import DOUBT, FOLDS
from patterns.stats.rates import Floats
from patterns.stats.weights import TOTAL, Patterns, WeightFit, bounded_fit, fit_fixed

ROUNDS = 200  # of expectation-maximisation; it takes 20 to 60
CLOSE = 1e-5  # relative change of the variances at which it stops
# Few clients say little of how much clients differ: a guess counts as two more of them, the intercept's the wider since
# rates differ between clients by factors of 2 and 3.
GUESSES = 2.0
INTERCEPT_VARIANCE, COEFFICIENT_VARIANCE = 1.0, 0.5
LEAST_COEFFICIENT = 0.1  # where a fit begins, so that its weights have a sum


@dataclass(frozen=True)
class Pool:
    """mean, variance: shape (1 + components,), the intercept first. clients: how many it was made from."""

    mean: Floats
    variance: Floats
    clients: int


@dataclass(frozen=True)
class Stacked:
    """The counted patterns of several clients below each other. z: (rows, 1 + components). starts: each client's first."""

    z: Floats
    n: Floats
    k: Floats
    owner: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, clients: Sequence[Patterns]) -> "Stacked":
        sizes = [len(one) for one in clients]
        x = np.concatenate([one.x for one in clients])
        return cls(
            z=np.concatenate([np.ones((len(x), 1)), x], axis=1),
            n=np.concatenate([one.n for one in clients]),
            k=np.concatenate([one.k for one in clients]),
            owner=np.repeat(np.arange(len(clients)), sizes),
            starts=np.concatenate([[0], np.cumsum(sizes)[:-1]]),
        )

    def modes(self, b: Floats, mean: Floats, precision: Floats) -> tuple[Floats, Floats]:
        """Each client's most probable coefficients under the prior, from `b` on, and its Hessian there."""
        hessian = np.zeros((len(b), b.shape[1], b.shape[1]))
        for _ in range(30):
            p = expit(np.einsum("rd,rd->r", self.z, b[self.owner]))
            gradient = np.add.reduceat(self.z * (self.k - self.n * p)[:, None], self.starts) - (b - mean) * precision
            outer = self.z[:, :, None] * self.z[:, None, :] * (self.n * p * (1 - p))[:, None, None]
            hessian = np.add.reduceat(outer, self.starts) + np.diag(precision)
            step = np.clip(np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0], -2.0, 2.0)
            b = b + step
            if np.abs(step).max() < 1e-7:  # noqa: PLR2004 - far below the six digits that are kept
                break
        return b, hessian


def fit_pool(clients: Sequence[Patterns]) -> Pool:
    """The distribution of the clients' coefficients; each client needs at least one pattern. Sorted sums: the result does
    not depend on the order of the clients beyond rounding.
    """
    rows = Stacked.of(clients)
    size = rows.z.shape[1]
    guess = np.array([INTERCEPT_VARIANCE] + [COEFFICIENT_VARIANCE] * (size - 1))
    mean, variance = np.zeros(size), guess.copy()
    mean[0] = np.log((rows.k.sum() + 0.5) / (rows.n.sum() - rows.k.sum() + 0.5))
    b = np.tile(mean, (len(clients), 1))
    for _ in range(ROUNDS):
        b, hessian = rows.modes(b, mean, 1 / variance)
        spread = np.diagonal(np.linalg.inv(hessian), axis1=1, axis2=2)
        mean = b.mean(axis=0)
        before, variance = variance, (((b - mean) ** 2 + spread).sum(axis=0) + GUESSES * guess) / (len(b) + GUESSES)
        if np.abs(variance / before - 1).max() < CLOSE:
            break
    return Pool(mean, variance, len(clients))


def borrowed(patterns: Patterns, pool: Pool) -> WeightFit:
    """A client's own weights, drawn to the pool by as much as its own leads leave open; within the bounds."""
    even = np.full(len(pool.mean) - 1, max(float(pool.mean[1:].mean()), LEAST_COEFFICIENT))
    found = bounded_fit(patterns, pool.mean, 1 / pool.variance, np.concatenate([pool.mean[:1], even]))
    return found or fit_fixed(patterns, even * TOTAL / even.sum())


@dataclass(frozen=True)
class PoolTrial:
    """Log-loss that borrowing saves a lead of a client that the pool was not made from, against the default weights with
    an intercept and a scale borrowed the same way. share: of resamples of the clients in which it saves any.
    """

    mean: float
    low: float
    share: float

    @property
    def promoted(self) -> bool:
        return self.low > 0


def trial(clients: Sequence[Patterns], defaults: Floats, rng: np.random.Generator) -> PoolTrial:
    """Leave clients out in turn: the pool is made of the others, and half of a client's own leads are added to it before
    its other half is predicted, both ways round.
    """
    scored = [Patterns((one.x @ defaults)[:, None], one.n, one.k) for one in clients]
    fold = rng.permutation(len(clients)) % FOLDS
    saved, leads = np.zeros(len(clients)), np.zeros(len(clients))
    for left_out in range(FOLDS):
        others = np.flatnonzero(fold != left_out).tolist()
        pool, usual = (fit_pool([those[i] for i in others]) for those in (clients, scored))
        for i in np.flatnonzero(fold == left_out).tolist():
            for own, rest in both_ways(clients[i], rng):
                new = borrowed(own, pool).predict(rest.x)
                a, s = single(Patterns((own.x @ defaults)[:, None], own.n, own.k), usual)
                old = expit(a + s * (rest.x @ defaults))
                saved[i] += rest.k @ np.log(new / old) + (rest.n - rest.k) @ np.log((1 - new) / (1 - old))
                leads[i] += rest.n.sum()
    mean = float(saved.sum() / leads.sum())
    # resampling clients, in its normal limit: a ratio of sums
    error = float(np.sqrt(((saved - mean * leads) ** 2).sum()) / leads.sum())
    return PoolTrial(mean, mean + float(ndtri(DOUBT)) * error, float(ndtr(mean / error)) if error > 0 else 0.0)


def single(patterns: Patterns, pool: Pool) -> tuple[float, float]:
    """A client's intercept and scale of one score, drawn to the pool."""
    rows = Stacked.of([patterns])
    b, _ = rows.modes(pool.mean[None, :].copy(), pool.mean, 1 / pool.variance)
    return float(b[0, 0]), float(b[0, 1])


def both_ways(patterns: Patterns, rng: np.random.Generator) -> list[tuple[Patterns, Patterns]]:
    """The leads in two random halves, each once to learn from and once to be predicted; patterns without leads stay."""
    won = rng.binomial(patterns.k.astype(np.int64), 0.5).astype(np.float64)
    lost = rng.binomial((patterns.n - patterns.k).astype(np.int64), 0.5).astype(np.float64)
    one = Patterns(patterns.x, won + lost, won)
    other = Patterns(patterns.x, patterns.n - one.n, patterns.k - won)
    return [(one, other), (other, one)]
