"""What a logistic model is at one point of its coefficients (`patterns.stats.logistic`)."""

from dataclasses import dataclass

from patterns.stats.rates import Floats


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
