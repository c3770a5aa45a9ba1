"""A lead's score in words: what each fact brings, what the absence of one costs, and how it adds up."""

import math
from collections.abc import Iterable, Mapping, Sequence

from conversion.als import MAXIMA, RISK, RISK_MAXIMUM, Point, worth

_EXACT = 9  # decimals that count, as in the score itself


def reasons(points: Sequence[Point], weights: Mapping[str, float], score: int) -> tuple[str, ...]:
    """Lines such as "+14: founder", "+4 of 8: e-mail not verified", "-15: bounce", "-6: no phone", in points of the
    score, rounded; then how they make up the score.

    The lines with + and those of risk add up to the score before it is cut. A line with - for something that is not
    there says what it would have brought: it is counted from the highest score, not taken off again.
    """
    found = [point for point in points if point.component != RISK and point.points]
    risks = [point for point in points if point.component == RISK and point.points]
    absent = [point for point in points if point.component != RISK and not point.points]
    lines = [plus(point, weights) for point in ranked(found, weights)]
    lines += [f"-{point.points}: {point.reason}" for point in risks]
    lines += [f"-{rounded(whole_worth(point, weights))}: {point.reason}" for point in ranked(absent, weights)]
    earned = math.fsum(worth(point.component, point.points, weights) for point in found)
    return (*lines, summed(earned, sum(point.points for point in risks), weights, score))


def ranked(points: Iterable[Point], weights: Mapping[str, float]) -> list[Point]:
    """What matters most first; equal ones in the order of the rules."""
    return sorted(points, key=lambda point: -worth(point.component, point.points or point.most, weights))


def plus(point: Point, weights: Mapping[str, float]) -> str:
    brought = rounded(worth(point.component, point.points, weights))
    of = f" of {rounded(whole_worth(point, weights))}" if point.points < point.most else ""
    return f"+{brought}{of}: {point.reason}"


def whole_worth(point: Point, weights: Mapping[str, float]) -> float:
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
