"""What is known of a model's coefficients: a posterior averaged over its spreads, and tests that leave the prior out."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import fdtrc, stdtr

from patterns.stats.rates import Floats, Ints

LEAST = 1e-6  # share of a posterior precision that counts as brought by the data: below, it is rounding


@dataclass(frozen=True)
class Effects:
    """Log-odds of the columns of a mixed model, at each point of the grid of its spreads.

    mass: (points,), posterior probability. means: (points, columns), covariances: (points, columns, columns), and
    priors: (points, columns), the prior variances, of the columns at each point. tau, sigma: posterior means of the
    spreads of features and of template luck. freedom: degrees of freedom of the t tests.
    """

    mass: Floats
    means: Floats
    covariances: Floats
    priors: Floats
    tau: float
    sigma: float
    freedom: float

    @cached_property
    def mean(self) -> Floats:
        return np.asarray(self.mass @ self.means)

    @cached_property
    def covariance(self) -> Floats:
        mean = self.mean
        second = np.tensordot(self.mass, self.covariances, axes=1)
        return np.asarray(second + (self.means.T * self.mass) @ self.means - np.outer(mean, mean))

    def single(self, weights: Floats) -> tuple[Floats, Floats]:
        """Estimate and standard error of weighted sums of columns, each as a fixed effect, all else as it is.

        weights: (sums, columns), of columns with one common prior. In the direction of the weights the prior is taken
        out again; the other directions keep theirs. The error is nearly infinite where the data say nothing.
        """
        length = np.linalg.norm(weights, axis=1)
        unit = weights / length[:, None]
        at = self.means @ unit.T
        variance = ((unit @ self.covariances) * unit).sum(axis=-1)
        prior = self.priors @ (unit**2).T
        brought = np.maximum(1 - variance / prior, LEAST)
        estimates, variances = at / brought, variance / brought
        # a point of the grid counts by its mass and by how much it knows
        known = self.mass[:, None] / variances
        estimate = (known * estimates).sum(axis=0) / known.sum(axis=0)
        error = np.sqrt((self.mass[:, None] * variances).sum(axis=0))
        return estimate * length, error * length

    def p_values(self, weights: Floats) -> Floats:
        """Two-sided t tests of weighted sums of columns, as `single` estimates them."""
        estimate, error = self.single(weights)
        return np.asarray(2 * stdtr(self.freedom, -np.abs(estimate / error)))

    def p_together(self, columns: Ints) -> float:
        """F test that several columns are all zero, each point of the grid with its mass."""
        precision = np.linalg.inv(self.covariances[:, columns[:, None], columns])  # (points, columns, columns)
        own = np.eye(len(columns)) / self.priors[:, None, columns]
        values, vectors = np.linalg.eigh(precision - own)
        right = vectors.mT @ (precision @ self.means[:, columns, None])
        some = values > LEAST * np.abs(precision).max(axis=(1, 2))[:, None]
        parts = np.divide(right[..., 0] ** 2, values, out=np.zeros_like(values), where=some)
        degrees = float(self.mass @ some.sum(axis=1))
        if degrees < 1:
            return 1.0
        return float(fdtrc(degrees, self.freedom, self.mass @ parts.sum(axis=1) / degrees))
