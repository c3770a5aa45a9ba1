"""Scores of many leads at once: columns in, columns out.

The rules are those of `conversion.als`, applied once to each distinct value (a title, a combination of flags) and looked
up for each lead; the score is computed once for each distinct set of components. No database, no clock.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from conversion import als
from conversion.vocabulary import COMPONENTS, TIERS

Ints = npt.NDArray[np.integer[Any]]

# A lead's attributes as columns. Of contacts the rules ask only whether they are there, of flags only whether they hold.
CONTACTS = ("email", "phone", "linkedin_url")
QUALITY = (*CONTACTS, "email_verified", "phone_verified", "is_personal_email")
TIMING = ("is_new_role", "is_hiring", "recently_funded")
RISK = ("has_bounced", "is_unsubscribed", "is_competitor", "do_not_contact")
VALUES = ("title", "industry", "employee_count", "country")
COLUMNS = (*QUALITY, *TIMING, *RISK, *VALUES)
PARTS = (*(component.value for component in COMPONENTS), als.RISK)


@dataclass(frozen=True)
class Scores:
    """components: int16 (leads, 5), points in the order of PARTS. score: int16, 0-100. tier: int8, position in TIERS."""

    components: Ints
    score: Ints
    tier: Ints

    def __len__(self) -> int:
        return len(self.score)


def score_leads(
    columns: Mapping[str, Sequence[Any]],
    icp: Mapping[str, Any],
    weights: Mapping[str, float],
    tiers: Mapping[str, float],
) -> Scores:
    """Score leads given as columns, one for each name of COLUMNS, all of one length: texts or None, a number of employees
    or None, flags True, False or None. icp: as for `als.company_fit`. weights and tiers are taken as checked.
    """
    fit = [
        by_value(columns[name], lambda lead: als.company_fit(lead, icp), name)
        for name in ("industry", "employee_count", "country")
    ]
    risk = np.minimum(by_flags(columns, RISK, als.risk), als.RISK_MAXIMUM)
    parts = [
        by_flags(columns, QUALITY, als.data_quality),
        by_value(columns["title"], als.authority, "title"),
        np.sum(fit, axis=0),
        by_flags(columns, TIMING, als.timing),
        risk,
    ]
    components = np.stack(parts, axis=1).astype(np.int16)
    distinct, place = distinct_rows(components)
    scores = [als.score(als.Components(*row), weights) for row in distinct.tolist()]
    positions = [TIERS.index(als.tier(score, tiers)) for score in scores]
    return Scores(
        components=components,
        score=np.array(scores, dtype=np.int16)[place],
        tier=np.array(positions, dtype=np.int8)[place],
    )


Rule = Callable[[Any], Iterable[als.Point]]


def by_value(column: Sequence[Any], rule: Rule, name: str) -> Ints:
    """Points of a rule that looks at one attribute, computed once for each distinct value."""
    codes: dict[Any, int] = {}
    place = np.fromiter((codes.setdefault(value, len(codes)) for value in column), dtype=np.int64, count=len(column))
    return np.array([total(rule, {name: value}) for value in codes], dtype=np.int16)[place]


def by_flags(columns: Mapping[str, Sequence[Any]], names: Sequence[str], rule: Rule) -> Ints:
    """Points of a rule that asks only whether each attribute is there, or holds: a table of all combinations."""
    code = np.zeros(len(columns[names[0]]), dtype=np.int64)
    for bit, name in enumerate(names):
        code |= np.fromiter(map(holds, columns[name]), dtype=np.int64, count=len(code)) << bit
    table = [
        total(rule, {name: "known" if code >> bit & 1 else None for bit, name in enumerate(names)})
        for code in range(1 << len(names))
    ]
    return np.array(table, dtype=np.int16)[code]


def holds(value: Any) -> bool:
    """Whether an attribute is there, as the rules see it: a blank text is none."""
    return bool(value.strip()) if isinstance(value, str) else bool(value)


def total(rule: Rule, attributes: Mapping[str, Any]) -> int:
    """The points of one rule for a lead of which only these attributes are known."""
    return sum(point.points for point in rule(SimpleNamespace(**attributes)))


def distinct_rows(components: Ints) -> tuple[Ints, Ints]:
    """The distinct rows, sorted, and each row's place among them. Points are below 64, so five fit into one integer."""
    packed = np.zeros(len(components), dtype=np.int64)
    for column in components.T:
        packed = packed << 6 | column
    keys, place = np.unique(packed, return_inverse=True)
    shifts = 6 * np.arange(components.shape[1])[::-1]
    return keys[:, None] >> shifts & 63, place
