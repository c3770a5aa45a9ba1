"""Clients that borrow strength from each other: coefficients drawn from one distribution (`docs/statistics.md`, "Pooling").

    a client's coefficients b ~ N(mean, diag(variance)),  P(converts) = sigmoid(x'b)

The distribution is estimated from all clients (Laplace's approximation inside expectation-maximisation; Gelman and Hill,
Data Analysis Using Regression and Multilevel Models, 2007, chapter 18). What leaves it is one mean and one variance a
coefficient, and nothing of any client.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from patterns.stats.rates import Floats
from patterns.stats.weights import Patterns

ROUNDS = 200  # of expectation-maximisation; it takes 20 to 60
CLOSE = 1e-5  # relative change of the variances at which it stops
# Few clients say little of how much clients differ: a guess counts as two more of them, the intercept's the wider since
# rates differ between clients by factors of 2 and 3.
GUESSES = 2.0
INTERCEPT_VARIANCE, COEFFICIENT_VARIANCE = 1.0, 0.5


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
