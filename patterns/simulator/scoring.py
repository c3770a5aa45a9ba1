"""The rule points of many simulated leads at once, by the rules of `conversion.als` themselves.

Every rule looks at one attribute, or at an address and whether it was verified, and the points add up. So each value of
each attribute is scored once, as a lead that has nothing else, and the leads look their values up.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from conversion.als import DEFAULT_TIERS, DEFAULT_WEIGHTS, MAXIMA, RISK, RISK_MAXIMUM, points_of, tier
from conversion.vocabulary import COMPONENTS, TIERS
from patterns.detectors.frame import Floats, Ints

ICP: Mapping[str, Any] = {
    "industries": ("Consulting", "Marketing", "Software"),
    "employee_min": 5,
    "employee_max": 50,
    "countries": ("Australia",),
}
PARTS = (*COMPONENTS, RISK)  # the columns of points
NOTHING = dict.fromkeys(
    (
        *("email", "email_verified", "phone", "phone_verified", "linkedin_url", "is_personal_email", "title"),
        *("industry", "employee_count", "country", "is_new_role", "is_hiring", "recently_funded"),
        *("has_bounced", "is_unsubscribed", "is_competitor", "do_not_contact"),
    )
)


@lru_cache(maxsize=64)
def points_table(attribute: str, values: tuple[Any, ...], also: str = "") -> Ints:
    """(values, 5): the points that each value of an attribute earns, in the order of PARTS.

    also: an attribute that is given as well whatever the value, such as the address that may be verified.
    """
    nobody = points_alone({})
    given = {also: "known"} if also else {}
    return np.array([points_alone({**given, attribute: value}) - nobody for value in values])


def points_alone(known: Mapping[str, Any]) -> Ints:
    points = dict.fromkeys(PARTS, 0)
    for point in points_of(SimpleNamespace(**{**NOTHING, **known}), ICP):
        points[point.component] += point.points
    return np.array(list(points.values()))


def total_points(parts: Iterable[Ints]) -> Ints:
    """(leads, 5): the points of leads whose attributes earn `parts`, (leads, 5) each."""
    points: Ints = np.sum([*parts], axis=0) + points_alone({})
    points[:, -1] = np.minimum(points[:, -1], RISK_MAXIMUM)
    return points


def fractions(points: Ints) -> Floats:
    """(leads, 4): the components as fractions of their maxima."""
    shares: Floats = points[:, :-1] / np.array([MAXIMA[component] for component in COMPONENTS])
    return shares


def tiers(points: Ints) -> Ints:
    """Position in TIERS by the default weights and tiers."""
    weights = np.array([DEFAULT_WEIGHTS[component] for component in COMPONENTS])
    # Rounded before it is cut, as the score is: what is 80 by hand must not become 79.
    scores = np.floor(np.clip(np.round(100 * fractions(points) @ weights - points[:, -1], 9), 0, 100)).astype(int)
    table = np.array([TIERS.index(tier(score, DEFAULT_TIERS)) for score in range(101)], dtype=np.int8)
    codes: Ints = table[scores]
    return codes
