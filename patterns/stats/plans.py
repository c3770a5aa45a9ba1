"""What a plan of touches is worth: the g-formula over hazards that depend on number, channel and what came before.

Robins, A new approach to causal inference in mortality studies, Mathematical Modelling 7, 1986.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]


def all_plans(channels: Sequence[int], length: int) -> Ints:
    """Every sequence of these channel codes, int64 (plans, length), in lexicographic order of the codes."""
    places = np.indices((len(channels),) * length).reshape(length, -1).T
    return np.array(sorted(channels), dtype=np.int64)[places]


def channels_used(plans: Ints) -> tuple[Ints, Ints]:
    """How many different channels a plan used before each touch, and 1 where the touch's own is none of them, else 0.

    plans: codes (plans, length). Both results have its shape; the first touch has 0 before it and is not called new.
    """
    before, new = np.zeros_like(plans), np.zeros_like(plans)
    seen = np.int64(1) << plans[:, 0]
    for touch in range(1, plans.shape[1]):
        bit = np.int64(1) << plans[:, touch]
        before[:, touch] = np.bitwise_count(seen)
        new[:, touch] = (seen & bit) == 0
        seen = seen | bit
    return before, new


def conversion(hazard: Floats, leaving: Floats) -> Floats:
    """Share of leads that convert within the plan: the sum over touches of (still there) * hazard.

    hazard, leaving: (..., touches), the probability that a touch converts, and that a lead which it did not convert
    leaves before the next. Returns (...).
    """
    steps = np.arange(hazard.shape[-1])[None]
    found = shared_conversion(np.moveaxis(hazard, -1, 0), np.moveaxis(leaving, -1, 0), steps)
    return np.asarray(found[0])


def shared_conversion(hazard: Floats, leaving: Floats, step: Ints) -> Floats:
    """The same for plans whose touches are of a few kinds, known by their hazards.

    hazard, leaving: (kinds, ...). step: (plans, touches), the kind of each plan's touches. Returns (plans, ...).
    """
    stays = (1 - hazard) * (1 - leaving)
    there: Floats = stays[step[:, 0]]
    converted: Floats = hazard[step[:, 0]]
    for kind in step[:, 1:].T:
        converted += there * hazard[kind]
        there *= stays[kind]
    return converted
