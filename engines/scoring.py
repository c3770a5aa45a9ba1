"""Scores of many leads at once: columns in, columns out.

The rules are those of `conversion.als`, applied once to each distinct value (a title, a combination of flags) and looked
up for each lead, and so are learned points. No database, no clock.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from conversion import als
from conversion.learned import EXTRA, LearnedComponent, LearnedComponents
from conversion.learned import PARTS as CENTS
from conversion.learned import Table as LearnedTable
from conversion.vocabulary import COMPONENTS, TIERS
from patterns.components import Calibration

Ints = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.floating[Any]]

# A lead's attributes as columns. Of contacts the rules ask only whether they are there, of flags only whether they hold.
CONTACTS = ("email", "phone", "linkedin_url")
QUALITY = (*CONTACTS, "email_verified", "phone_verified", "is_personal_email")
TIMING = ("is_new_role", "is_hiring", "recently_funded")
HIGHEST = 100  # of a score
RISK = ("has_bounced", "is_unsubscribed", "is_competitor", "do_not_contact")
VALUES = ("title", "industry", "employee_count", "country")
COLUMNS = (*QUALITY, *TIMING, *RISK, *VALUES)
PARTS = (*(component.value for component in COMPONENTS), als.RISK)


@dataclass(frozen=True)
class Scores:
    """components: int16 (leads, 5), rule points in the order of PARTS. score: int16, 0-100. tier: int8, position in TIERS.
    learned: float64 (leads, learned components), None where the rules' points count. probability: float64, None where the
    score is not calibrated.
    """

    components: Ints
    score: Ints
    tier: Ints
    learned: Floats | None = None
    probability: Floats | None = None

    def __len__(self) -> int:
        return len(self.score)


def score_leads(
    columns: Mapping[str, Sequence[Any]],
    icp: Mapping[str, Any],
    weights: Mapping[str, float],
    tiers: Mapping[str, float],
    *,
    learned: LearnedComponents | None = None,
    calibration: Calibration | None = None,
) -> Scores:
    """Score leads given as columns, one for each name of COLUMNS, all of one length: texts or None, a number of employees
    or None, flags True, False or None; and `extra`, objects, where `learned` asks for imported attributes. icp: as for
    `als.company_fit`. weights and tiers are taken as checked.
    """
    points = rule_points(columns, icp)
    by_score = np.array([TIERS.index(als.tier(score, tiers)) for score in range(HIGHEST + 1)], dtype=np.int8)
    found, counted = None, points.astype(np.float64)
    if learned is not None:
        found = learned_points(columns, points, learned)
        counted[:, [PARTS.index(name) for name in learned.parts]] = found
    weighted = weighted_points(counted, weights)
    score = score_of(weighted, counted[:, -1])
    return Scores(
        components=points,
        score=score,
        tier=by_score[score],
        learned=found,
        probability=None if calibration is None else calibration.probabilities(weighted),
    )


def weighted_points(counted: Floats, weights: Mapping[str, float]) -> Floats:
    """`als.weighted` of each row. counted: (leads, 5) in the order of PARTS."""
    worth = np.array([weights[name] / als.MAXIMA[name] * HIGHEST for name in PARTS[:-1]])
    return np.asarray(counted[:, :-1] @ worth)


def score_of(weighted: Floats, risk: Floats) -> Ints:
    """`als.score` of each row."""
    return np.asarray(np.floor(np.clip(np.round(weighted - risk, als.EXACT), 0, HIGHEST)), dtype=np.int16)


def rule_points(columns: Mapping[str, Sequence[Any]], icp: Mapping[str, Any]) -> Ints:
    """int16 (leads, 5), in the order of PARTS."""
    fit = [
        by_value(columns[name], lambda lead: als.company_fit(lead, icp), name)
        for name in ("industry", "employee_count", "country")
    ]
    parts = [
        by_flags(columns, QUALITY, als.data_quality),
        by_value(columns["title"], als.authority, "title"),
        np.sum(fit, axis=0),
        by_flags(columns, TIMING, als.timing),
        np.minimum(by_flags(columns, RISK, als.risk), als.RISK_MAXIMUM),
    ]
    return np.stack(parts, axis=1).astype(np.int16)


def learned_points(columns: Mapping[str, Sequence[Any]], points: Ints, learned: LearnedComponents) -> Floats:
    """(leads, learned components), those of single leads to the last hundredth."""
    found = [
        counted(part, points[:, PARTS.index(name)], columns, learned.share) for name, part in learned.parts.items()
    ]
    return np.stack(found, axis=1)


def counted(part: LearnedComponent, rule: Ints, columns: Mapping[str, Sequence[Any]], share: float) -> Floats:
    values = np.zeros(len(rule))
    for table in part.tables:
        values += worths(table, columns)
    learned = np.clip(part.exact(rule, values), 0.0, float(part.most))
    cents: Floats = np.floor((rule + share * (learned - rule)) * CENTS + 0.5) / CENTS
    return cents


def worths(table: LearnedTable, columns: Mapping[str, Sequence[Any]]) -> Floats:
    """What each lead's value of one attribute is worth, asked once for each distinct value."""
    column: Iterable[Any] = columns[table.field] if not table.is_extra else extras(columns[EXTRA], table.field)
    codes: dict[Any, int] = {}
    place = np.fromiter((codes.setdefault(value, len(codes)) for value in column), dtype=np.int64)
    return np.array([table.worth(value) for value in codes], dtype=np.float64)[place] if len(place) else np.zeros(0)


def extras(column: Sequence[Any], name: str) -> Iterable[str | None]:
    """The values of an imported attribute; what is no text is not known."""
    for holder in column:
        value = holder.get(name) if isinstance(holder, Mapping) else None
        yield value if isinstance(value, str) else None


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
