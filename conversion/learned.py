"""Learned components of the lead score: what a lead's title, industry, size, signals and other attributes are worth.

    component = clip(average + per_rule_point (rule points - rule_average) + sum of the values' points, 0, its maximum)

A value that is not listed, or not known, is worth the average. Data quality stays as the rules have it.
"""

import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as of
from typing import Any

from conversion.als import MAXIMA
from conversion.vocabulary import Component, Outcome

SIZES = ((1, 5), (6, 15), (16, 30), (31, 50), (51, 100), (101, 500), (501, None))  # employees, both ends within
SIGNALS: Mapping[str, str] = {"new_role": "is_new_role", "hiring": "is_hiring", "funded": "recently_funded"}
LEARNED = (Component.AUTHORITY, Component.COMPANY_FIT, Component.TIMING)
# Which attribute feeds which component, and the lead's field that holds it. `extra` is imported attributes, by name.
ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    Component.AUTHORITY: {"title": "title"},
    Component.COMPANY_FIT: {"industry": "industry", "size": "employee_count"},
    Component.TIMING: dict(SIGNALS),
}
EXTRA = "extra"  # feeds company_fit
PARTS = 100  # of a point that a lead's learned points are cut into
YES, NO = "yes", "no"
FARTHEST = 40.0  # log odds beyond which a probability is 0 or 1 for a computer too


def same(text: str) -> str:
    """What spellings of one name have in common: case, blanks and the encoding of accents aside."""
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()


def size_label(low: int, high: int | None) -> str:
    return f"{low}+" if high is None else f"{low}-{high}"


def value_of(attribute: str, value: Any) -> str | None:
    """The value as tables name it; None where it is not known. attribute: a name of ATTRIBUTES, or of an extra one."""
    if value is None or value == "":
        return None
    if attribute == "size":
        fits = (size_label(low, high) for low, high in SIZES if low <= value and (high is None or value <= high))
        return next(fits, None)
    if attribute in SIGNALS:
        return YES if value else NO
    return same(value) if isinstance(value, str) else None


@dataclass(frozen=True)
class Table:
    """What the values of one attribute are worth. field: of the lead. points: by value as `value_of` has it; labels: the
    value as people write it. is_extra: field is a key of the lead's `extra`.
    """

    attribute: str
    field: str
    points: Mapping[str, float]
    labels: Mapping[str, str] = of(default_factory=dict)
    is_extra: bool = False

    def read(self, lead: Any) -> Any:
        """The lead's value, whatever it is."""
        if self.is_extra:
            holder = getattr(lead, EXTRA, None)
            return holder.get(self.field) if isinstance(holder, Mapping) else None
        return getattr(lead, self.field, None)

    def worth(self, value: Any) -> float:
        known = value_of(self.attribute if not self.is_extra else EXTRA, value)
        return 0.0 if known is None else self.points.get(known, 0.0)


@dataclass(frozen=True)
class LearnedComponent:
    """average: points of a lead of which nothing is known. log_odds_per_point: what a point does to the log odds."""

    name: str
    average: float
    rule_average: float
    per_rule_point: float
    log_odds_per_point: float
    tables: Sequence[Table]

    @property
    def most(self) -> int:
        return MAXIMA[self.name]

    def values(self, lead: Any) -> float:
        """What the lead's values are worth together."""
        return sum(table.worth(table.read(lead)) for table in self.tables)

    def exact(self, rule_points: Any, values: Any) -> Any:
        """Points before they are kept within bounds. Both arguments: numbers, or columns of them."""
        return self.average + self.per_rule_point * (rule_points - self.rule_average) + values

    def times(self, points: float, rate: float) -> float:
        """How many times as often a lead converts whose log odds are so many points above average. rate: of all leads."""
        odds = math.exp(min(max(self.log_odds_per_point * points, -FARTHEST), FARTHEST))
        return odds / (1 - rate + rate * odds)


@dataclass(frozen=True)
class LearnedComponents:
    """rate: share of the leads learned from that converted. parts: by component. share: how much of them counts, the
    rules having the rest: less than 1 where the pattern is only half believed. outcome: what they were learned from.
    """

    rate: float
    parts: Mapping[str, LearnedComponent]
    share: float = 1.0
    outcome: Outcome = Outcome.BOOKED

    @property
    def extras(self) -> tuple[str, ...]:
        """The imported attributes that are asked for."""
        return tuple(table.field for table in self.tables() if table.is_extra)

    def tables(self) -> Iterator[Table]:
        return (table for part in self.parts.values() for table in part.tables)

    def points(self, lead: Any, rule_points: Mapping[str, float]) -> dict[str, float]:
        """Learned points by component. rule_points: of the same lead, by component."""
        return {
            name: self.counted(part, rule_points[name], part.exact(rule_points[name], part.values(lead)))
            for name, part in self.parts.items()
        }

    def counted(self, part: LearnedComponent, rule_points: float, exact: float) -> float:
        learned = min(max(exact, 0.0), float(part.most))
        return math.floor((rule_points + self.share * (learned - rule_points)) * PARTS + 0.5) / PARTS
