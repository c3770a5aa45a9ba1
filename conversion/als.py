"""ALS, the lead score: four components of rule points, weighted, less the points of risk.

score = clip(sum(component / maximum * weight) * 100 - risk, 0, 100), cut to an integer.
"""

import math
import numbers
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from conversion.authority import rank_of, title_points
from conversion.folding import canonical
from conversion.vocabulary import COMPONENTS, Component, Tier

__all__ = [
    "DEFAULT_ICP",
    "DEFAULT_TIERS",
    "DEFAULT_WEIGHTS",
    "EXACT",
    "MAXIMA",
    "RISK",
    "RISK_MAXIMUM",
    "Components",
    "Point",
    "WeightsError",
    "authority",
    "check_weights",
    "company_fit",
    "components_of",
    "data_quality",
    "points_of",
    "risk",
    "score",
    "tier",
    "timing",
    "title_points",
    "weighted",
    "worth",
]

DEFAULT_WEIGHTS: Mapping[str, float] = {
    Component.DATA_QUALITY: 0.20,
    Component.AUTHORITY: 0.25,
    Component.COMPANY_FIT: 0.25,
    Component.TIMING: 0.15,
}
MAXIMA: Mapping[str, int] = {
    Component.DATA_QUALITY: 20,
    Component.AUTHORITY: 25,
    Component.COMPANY_FIT: 25,
    Component.TIMING: 15,
}
RISK = "risk"
RISK_MAXIMUM = 15
LOWEST, HIGHEST = 0.05, 0.50  # a weight's bounds: no component is switched off, none decides alone
LOWEST_SUM, HIGHEST_SUM = 0.80, 0.90  # around the defaults' 0.85, so that scores of different weights compare
DEFAULT_TIERS: Mapping[str, float] = {Tier.HOT: 80, Tier.WARM: 50}
DEFAULT_ICP: Mapping[str, Any] = {"industries": (), "employee_min": 5, "employee_max": 50, "countries": ("Australia",)}
UNSCORED = 50  # the score that a lead without one counts as

# Decimals kept before a score is cut. Sums of binary fractions miss the decimal they stand for by up to 1e-13
# (0.2 + 0.25 + 0.25 + 0.15 is 0.8500000000000001, other orders fall short): what is 85 by hand must not become 84.
EXACT = 9
_SLACK = 1e-9  # the same for bounds and sums of weights


class WeightsError(ValueError):
    """Weights that may not be used. field: the key at fault, None where it is the whole."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


def check_weights(weights: object, *, strict: bool = False) -> dict[str, float]:
    """The four weights in the order of COMPONENTS. strict: a further key is an error (on entry), else it is ignored.

    Raises WeightsError where a key is missing, a value is no finite number or outside 0.05-0.50, or the sum is outside
    0.80-0.90; bounds included.
    """
    if not isinstance(weights, Mapping):
        raise WeightsError(f"weights: expected an object, got {type(weights).__name__}")
    if strict:
        for key in weights:
            if key not in DEFAULT_WEIGHTS:
                name = str(key)[:40]
                raise WeightsError(f"{name}: unknown, the weights are {', '.join(DEFAULT_WEIGHTS)}", name)
    checked = {component.value: _weight(weights, component.value) for component in COMPONENTS}
    total = math.fsum(checked.values())
    if not LOWEST_SUM - _SLACK <= total <= HIGHEST_SUM + _SLACK:
        raise WeightsError(f"weights: the sum {total:.4g} is outside {LOWEST_SUM:.2f}-{HIGHEST_SUM:.2f}")
    return checked


def _weight(weights: Mapping[str, Any], name: str) -> float:
    if name not in weights:
        raise WeightsError(f"{name}: missing", name)
    value = weights[name]
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise WeightsError(f"{name}: expected a number, got {type(value).__name__}", name)
    try:
        number = float(value)
    except OverflowError:  # an integer of hundreds of digits
        number = math.inf
    if not math.isfinite(number):
        raise WeightsError(f"{name}: not a finite number", name)
    if not LOWEST - _SLACK <= number <= HIGHEST + _SLACK:
        raise WeightsError(f"{name}: {number:.4g} is outside {LOWEST:.2f}-{HIGHEST:.2f}", name)
    return number


class Point(NamedTuple):
    """One rule applied to a lead. component: one of COMPONENTS, or RISK. points: those earned (for risk: taken off), of
    `most` possible. reason: what was found in words ("founder"), or what was not ("no phone").
    """

    component: str
    points: int
    most: int
    reason: str


@dataclass(frozen=True, slots=True)
class Components:
    """Points: data_quality 0-20, authority 0-25, company_fit 0-25, timing 0-15, and risk 0-15; whole by the rules."""

    data_quality: float
    authority: float
    company_fit: float
    timing: float
    risk: float


def _of(lead: Any, name: str) -> Any:
    """An attribute of the lead; None where it is missing or blank."""
    value = getattr(lead, name, None)
    return (value.strip() or None) if isinstance(value, str) else value


def data_quality(lead: Any) -> Iterator[Point]:
    yield _contact("e-mail", _of(lead, "email"), _of(lead, "email_verified"), verified=8, present=4)
    yield _contact("phone", _of(lead, "phone"), _of(lead, "phone_verified"), verified=6, present=3)
    yield _flag(Component.DATA_QUALITY, bool(_of(lead, "linkedin_url")), 4, "LinkedIn profile")
    yield _flag(Component.DATA_QUALITY, _of(lead, "is_personal_email"), 2, "personal e-mail")


def _contact(name: str, value: object, flag: bool | None, *, verified: int, present: int) -> Point:
    if flag:
        return Point(Component.DATA_QUALITY, verified, verified, f"{name} verified")
    if value:
        return Point(Component.DATA_QUALITY, present, verified, f"{name} not verified")
    return Point(Component.DATA_QUALITY, 0, verified, f"no {name}")


def _flag(component: str, holds: bool | None, points: int, name: str) -> Point:
    return Point(component, points, points, name) if holds else Point(component, 0, points, f"no {name}")


def authority(lead: Any) -> Iterator[Point]:
    title = _of(lead, "title")
    rank = rank_of(title)
    reason = rank.word or ("other title" if title else "no title")
    yield Point(Component.AUTHORITY, rank.points, MAXIMA[Component.AUTHORITY], reason)


def company_fit(lead: Any, icp: Mapping[str, Any]) -> Iterator[Point]:
    """icp: `industries`, `employee_min`, `employee_max`, `countries`; the defaults' value for a missing key, no bound
    for a size of None. Industries and countries compare with case and accents folded.
    """
    yield _listed("industry", _of(lead, "industry"), icp.get("industries", DEFAULT_ICP["industries"]), 10)
    yield _size(_of(lead, "employee_count"), icp)
    yield _listed("country", _of(lead, "country"), icp.get("countries", DEFAULT_ICP["countries"]), 7)


def _listed(name: str, value: str | None, wanted: Any, points: int) -> Point:
    if not value:
        return Point(Component.COMPANY_FIT, 0, points, f"no {name}")
    if _alike(value) in {_alike(one) for one in wanted or ()}:
        return Point(Component.COMPANY_FIT, points, points, f"{name} {value}")
    return Point(Component.COMPANY_FIT, 0, points, f"{name} {value} not in the ideal profile")


@lru_cache(maxsize=8192)
def _alike(name: str) -> str:
    return canonical(name)


def _size(employees: int | None, icp: Mapping[str, Any]) -> Point:
    """Within the range 8; outside it and below twice its minimum 4, so a company a little too small is no stranger."""
    if not employees or employees < 1:
        return Point(Component.COMPANY_FIT, 0, 8, "no company size")
    low = icp.get("employee_min", DEFAULT_ICP["employee_min"]) or 0
    high = icp.get("employee_max", DEFAULT_ICP["employee_max"])
    if low <= employees <= (math.inf if high is None else high):
        return Point(Component.COMPANY_FIT, 8, 8, f"{employees} employees")
    near = 4 if employees < 2 * low else 0
    return Point(Component.COMPANY_FIT, near, 8, f"{employees} employees, outside the ideal size")


def timing(lead: Any) -> Iterator[Point]:
    yield _flag(Component.TIMING, _of(lead, "is_new_role"), 6, "new role")
    yield _flag(Component.TIMING, _of(lead, "is_hiring"), 5, "hiring")
    yield _flag(Component.TIMING, _of(lead, "recently_funded"), 4, "recent funding")


def risk(lead: Any) -> Iterator[Point]:
    """Points that are taken off; together they count as 15 at most."""
    yield _flag(RISK, _of(lead, "has_bounced"), 15, "bounce")
    yield _flag(RISK, _of(lead, "is_unsubscribed"), 15, "unsubscribe")
    yield _flag(RISK, _of(lead, "is_competitor"), 10, "competitor")
    yield _flag(RISK, _of(lead, "do_not_contact"), 50, "do-not-contact mark")


def points_of(lead: Any, icp: Mapping[str, Any] = DEFAULT_ICP) -> list[Point]:
    """Every rule applied to the lead, those without points too, in the order of the components, risk last.

    lead: anything with a lead's attributes: email, phone, linkedin_url, title, industry, country (text or None),
    employee_count (or None), and the flags (True, False, or None for unknown); a missing one counts as unknown.
    """
    return [*data_quality(lead), *authority(lead), *company_fit(lead, icp), *timing(lead), *risk(lead)]


def components_of(lead: Any, icp: Mapping[str, Any] = DEFAULT_ICP) -> Components:
    """The points of `points_of`, added up by component; risk at most 15."""
    totals = dict.fromkeys((*MAXIMA, RISK), 0)
    for point in points_of(lead, icp):
        totals[point.component] += point.points
    return Components(
        data_quality=totals[Component.DATA_QUALITY],
        authority=totals[Component.AUTHORITY],
        company_fit=totals[Component.COMPANY_FIT],
        timing=totals[Component.TIMING],
        risk=min(totals[RISK], RISK_MAXIMUM),
    )


def worth(component: str, points: float, weights: Mapping[str, float] = DEFAULT_WEIGHTS) -> float:
    """What points of a component add to the score, 0-100: 25 of authority at a weight of 0.25 are 25. Those of RISK
    take themselves off.
    """
    return -points if component == RISK else points / MAXIMA[component] * weights[component] * 100


def weighted(components: Components, weights: Mapping[str, float] = DEFAULT_WEIGHTS) -> float:
    """The points of the score before risk is taken off, 0-90."""
    return math.fsum(worth(name, getattr(components, name), weights) for name in MAXIMA)


def score(components: Components, weights: Mapping[str, float] = DEFAULT_WEIGHTS) -> int:
    """The score 0-100, cut to an integer after rounding to 9 decimals: 84.9999999999 is the 85 that it is by hand,
    84.99 is 84. The weights are taken as checked.
    """
    return math.floor(min(max(round(weighted(components, weights) - components.risk, EXACT), 0), 100))


def tier(points: float | None, tiers: Mapping[str, float] = DEFAULT_TIERS) -> Tier:
    """The tier of a score. tiers: the least score of `hot` and of `warm`; the default for a missing one."""
    reached = UNSCORED if points is None else points
    if reached >= tiers.get(Tier.HOT, DEFAULT_TIERS[Tier.HOT]):
        return Tier.HOT
    return Tier.WARM if reached >= tiers.get(Tier.WARM, DEFAULT_TIERS[Tier.WARM]) else Tier.COOL
