"""A lead's score in words: what each fact brings, what the absence of one costs, and how it adds up."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from conversion.als import MAXIMA, RISK, RISK_MAXIMUM, Point, worth
from conversion.learned import SIGNALS, LearnedComponent, LearnedComponents, Table, value_of
from conversion.vocabulary import Component
from patterns.report import one_line

_EXACT = 9  # decimals that count, as in the score itself
TOLD = 0.05  # how much more or less often leads with a value book, before it is worth a word
BY_RULES = {  # what the rules' points of a component speak of, where no attribute of the lead's says it
    Component.AUTHORITY: "rank of the title",
    Component.COMPANY_FIT: "fit with the ideal profile",
    Component.TIMING: "sum of the signals",
}


class Learned(NamedTuple):
    """What a learned component counts, of `most`, and why: a Point in place of those of its rules."""

    component: str
    points: float
    most: int
    reason: str


def reasons(
    points: Sequence[Point], weights: Mapping[str, float], score: int, learned: Sequence[Learned] = ()
) -> tuple[str, ...]:
    """Lines such as "+14: founder", "+4 of 8: e-mail not verified", "-15: bounce", "-6: no phone", in points of the
    score, rounded; then how they make up the score.

    The lines with + and those of risk add up to the score before it is cut. A line with - for something that is not
    there says what it would have brought: it is counted from the highest score, not taken off again. learned: of
    `described`, which stand in place of the rules of their components.
    """
    instead = {point.component for point in learned}
    ruled = [point for point in points if point.component not in instead]
    found: list[Point | Learned] = [*learned, *(point for point in ruled if point.component != RISK and point.points)]
    risks = [point for point in ruled if point.component == RISK and point.points]
    absent = [point for point in ruled if point.component != RISK and not point.points]
    lines = [plus(point, weights) for point in ranked(found, weights)]
    lines += [f"-{point.points}: {point.reason}" for point in risks]
    lines += [f"-{rounded(whole_worth(point, weights))}: {point.reason}" for point in ranked(absent, weights)]
    earned = math.fsum(worth(point.component, point.points, weights) for point in found)
    return (*lines, summed(earned, sum(point.points for point in risks), weights, score))


def described(
    lead: Any, learned: LearnedComponents, rule: Mapping[str, float], counted: Mapping[str, float]
) -> tuple[Learned, ...]:
    """One a learned component: what it counts, and which of the lead's values make leads book more or less often.

    rule: points by the rules. counted: learned points as they count.
    """
    return tuple(
        Learned(name, counted[name], part.most, "; ".join(told(lead, part, rule[name], learned)) or usual(name))
        for name, part in learned.parts.items()
    )


def usual(name: str) -> str:
    return f"{name.replace('_', ' ')} as of the average lead"


def told(lead: Any, part: LearnedComponent, rule: float, learned: LearnedComponents) -> Iterator[str]:
    """What the lead's values do, the strongest first, such as "title Founder books 2.1 times as often". A title's rank by
    the rules is part of what the title does.
    """
    by_rules = part.per_rule_point * (rule - part.rule_average)
    effects: list[tuple[float, str]] = []
    for table in part.tables:
        words = words_of(table, lead)
        if words is not None:
            of_title = by_rules if table.attribute == "title" else 0.0
            effects.append((table.worth(table.read(lead)) + of_title, words))
            by_rules -= of_title
    effects.append((by_rules, BY_RULES[Component(part.name)]))
    for points, words in sorted(effects, key=lambda one: -abs(one[0])):
        times = part.times(points, learned.rate)
        if abs(times - 1) >= TOLD:
            yield f"{words} {learned.outcome.third_person} {times:.{1 if times >= 1 else 2}f} times as often"


def words_of(table: Table, lead: Any) -> str | None:
    """The attribute and the lead's value; None where it is not known."""
    value = table.read(lead)
    known = value_of("extra" if table.is_extra else table.attribute, value)
    if known is None:
        return None
    if table.attribute in SIGNALS and not table.is_extra:
        name = table.attribute.replace("_", " ")
        return name if value else f"no {name}"
    label = table.labels.get(known, value if table.attribute != "size" else known)
    return one_line(f"{table.attribute.replace('_', ' ')} {label}")


def ranked(points: Iterable[Point | Learned], weights: Mapping[str, float]) -> list[Point | Learned]:
    """What matters most first; equal ones in the order of the rules."""
    return sorted(points, key=lambda point: -worth(point.component, point.points or point.most, weights))


def plus(point: Point | Learned, weights: Mapping[str, float]) -> str:
    brought = rounded(worth(point.component, point.points, weights))
    of = f" of {rounded(whole_worth(point, weights))}" if point.points < point.most else ""
    return f"+{brought}{of}: {point.reason}"


def whole_worth(point: Point | Learned, weights: Mapping[str, float]) -> float:
    return worth(point.component, point.most, weights)


def rounded(points: float) -> str:
    """To a whole number, halves up; below a half one decimal, since 0 would deny what is there."""
    exact = round(points, _EXACT)
    return f"{exact:.1f}" if 0 < exact < 0.5 else str(math.floor(exact + 0.5))  # noqa: PLR2004 (what rounds to 0)


def summed(earned: float, risk: int, weights: Mapping[str, float], score: int) -> str:
    """The last line: "= 71: 76.3 points found, less 5 of risk, cut to a whole number; 85 is the highest"."""
    taken = min(risk, RISK_MAXIMUM)
    parts = [f"{tidy(earned)} points found"]
    if taken:
        limit = f", which counts {RISK_MAXIMUM} at most" if risk > RISK_MAXIMUM else ""
        parts.append(f"less {taken} of risk{limit}")
    exact = round(earned - taken, _EXACT)
    if exact < 0:
        parts.append("and no score is below 0")
    elif exact != score:
        parts.append("cut to a whole number")
    highest = math.fsum(weights[name] for name in MAXIMA) * 100
    return f"= {score}: {', '.join(parts)}; {tidy(highest)} is the highest"


def tidy(points: float) -> str:
    """With two decimals at most, cut and not rounded, so that a score that was cut is not shown as reached."""
    return f"{math.floor(round(points, _EXACT) * 100 + 10**-_EXACT) / 100:g}"
