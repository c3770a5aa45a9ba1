"""Why hazards fall along a sequence: the willing have left (depletion), or the touches themselves wear out (fatigue).

Relative hazards of touches 1.. are compared within strata, so that neither campaigns that stop early nor another mix of
channels at late touches looks like a decline (`docs/statistics.md`, "Depletion and fatigue").
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from patterns.stats.curves import Strata
from patterns.stats.rates import Floats
from patterns.stats.strata import Z95

STEEPEST = 2.7  # 1 / M, or the fall of the log hazard from touch to touch: to less than a third
WORN = (
    -3.0,
    6.0,
)  # limits of the fatigue sought: a last touch that is worth 1/400 of what depletion leaves, or 20 times
NO_DEPLETION = 1e-7  # 1 / M below which M is not told from infinity
STEPS, CLOSE = 100, 1e-9  # of the search, and the step at which it ends
SINGULAR = 1e-10  # of a determinant, over the product of its diagonal
MIN_TOUCHES = 4  # below which a curve of two parameters leaves nothing to see

# Log hazards relative to touch 1 and their slope in the parameter, of parameter and position 0..
Audience = Callable[[float, Floats], tuple[Floats, Floats]]


def beta_geometric(rate: float, position: Floats) -> tuple[Floats, Floats]:
    """Leads who differ without limit (Fader and Hardie 2007): hazards 1 / (1 + position / M); rate: 1 / M."""
    return -np.log1p(position * rate), -position / (1 + position * rate)


def finite_pool(rate: float, position: Floats) -> tuple[Floats, Floats]:
    """A few who are willing, alike, and used up: hazards fall by the same share from touch to touch."""
    return -position * rate, -position


@dataclass(frozen=True)
class Decline:
    """What explains the hazards of touches 1..T.

    spread: M of the beta-geometric audience; the smaller, the more leads differ; infinite is 1 / NO_DEPLETION. p_value:
    of a constant hazard against it, one-sided. relative: (T,), its hazards relative to touch 1. events: behind it, of the
    strata that could be compared. fatigue: what is beyond depletion, None with fewer than four touches.
    """

    spread: float
    p_value: float
    relative: Floats
    events: int
    fatigue: "Fatigue | None"


@dataclass(frozen=True)
class Fatigue:
    """The drop beyond what the willing's leaving explains, whichever audience explains more of it.

    remaining: hazard of the last touch over what depletion leaves of it, with its 95 % interval low, high; above 1 where
    late touches do better. p_value: one-sided, of none.
    """

    remaining: float
    low: float
    high: float
    p_value: float


def fit_decline(strata: Strata) -> Decline:
    """Depletion and fatigue of the touches of these strata; values: touch numbers from 1 on.

    Likelihood ratios on the boundary of a parameter are half a chi-squared of one degree (Self and Liang 1987). Fatigue
    is an extra drop of the log hazard by the square of the position; it has to stand out from both audiences, since a
    small pool of the willing falls in a straight line, which the beta-geometric curve cannot.
    """
    position = np.arange(strata.n.shape[1], dtype=np.float64)
    constant = strata.log_likelihood(np.zeros(len(position)))
    rate, best = fitted(strata, beta_geometric, position)
    ratio = max(0.0, 2 * (best - constant))
    return Decline(
        spread=1 / max(rate, NO_DEPLETION),
        p_value=one_sided(ratio) if rate > NO_DEPLETION else 1.0,
        relative=np.exp(beta_geometric(rate, position)[0]),
        events=int(strata.hits.sum()),
        fatigue=max(
            (beyond(strata, audience, position) for audience in (beta_geometric, finite_pool)),
            key=lambda found: found.p_value,
        )
        if len(position) >= MIN_TOUCHES
        else None,
    )


def one_sided(ratio: float) -> float:
    return float(chdtrc(1, ratio)) / 2 if ratio > 0 else 1.0


def fitted(strata: Strata, audience: Audience, position: Floats) -> tuple[float, float]:
    """The audience's likeliest parameter and its log likelihood."""
    (rate,), best = likeliest(strata, audience, position, [0.0])
    return rate, best


def beyond(strata: Strata, audience: Audience, position: Floats) -> Fatigue:
    """The drop beyond what this audience explains."""
    rate, without = fitted(strata, audience, position)
    found, best = likeliest(strata, audience, position, [rate, 0.0])
    rate, worn = found
    effects, rows = hazards(audience, found, position)
    information = rows @ strata.expand(effects)[1] @ rows.T
    error = float(np.sqrt(inverse(information)[1, 1]))
    low, high = (float(np.exp(np.clip(-worn + side * Z95 * error, -20, 20))) for side in (-1, 1))
    p_value = one_sided(max(0.0, 2 * (best - without))) if worn > 0 else 1.0
    return Fatigue(float(np.exp(-worn)), low, high, p_value)


def hazards(audience: Audience, parameters: Sequence[float], position: Floats) -> tuple[Floats, Floats]:
    """Log hazards relative to touch 1, and their slopes in the parameters: (rate,) or (rate, worn)."""
    effects, slope = audience(parameters[0], position)
    if len(parameters) == 1:
        return effects, slope[None, :]
    shape = (position / position[-1]) ** 2
    return effects - parameters[1] * shape, np.stack([slope, -shape])


def inverse(information: Floats) -> Floats:
    """Of one parameter or two, the pseudo-inverse where it is singular: numpy's would take most of the time of a step."""
    if information.shape == (1, 1) and information[0, 0] > 0:
        return np.asarray(1 / information)
    if information.shape == (2, 2):
        (a, b), (_, c) = information.tolist()
        determinant = a * c - b * b
        if determinant > SINGULAR * a * c:
            return np.array([[c, -b], [-b, a]]) / float(determinant)
    return np.asarray(np.linalg.pinv(information, hermitian=True))


def likeliest(
    strata: Strata, audience: Audience, position: Floats, start: Sequence[float]
) -> tuple[list[float], float]:
    """The likeliest (rate,) or (rate, worn) within their limits, and the log likelihood there.

    Fisher scoring from `start`, a parameter that presses against its limit held there, steps halved until they gain.
    """
    low, high = np.array([0.0, WORN[0]])[: len(start)], np.array([STEEPEST, WORN[1]])[: len(start)]
    at = np.asarray(start, dtype=np.float64)
    effects, rows = hazards(audience, start, position)
    best = strata.log_likelihood(effects)
    for _ in range(STEPS):
        slope, curvature = strata.expand(effects)
        gradient, information = rows @ slope, rows @ curvature @ rows.T
        free = ~(((at <= low) & (gradient < 0)) | ((at >= high) & (gradient > 0)))
        step = np.zeros(len(at))
        step[free] = inverse(information[np.ix_(free, free)]) @ gradient[free]
        while np.abs(step).max() > CLOSE:
            tried = np.clip(at + step, low, high)
            there = hazards(audience, list(tried), position)
            value = strata.log_likelihood(there[0])
            if value >= best:
                break
            step = step / 2
        else:
            break
        at, best, (effects, rows) = tried, value, there
    return [float(value) for value in at], best
