"""The hazard over touch numbers: what a touch converts of those who are still there, with a 95 % band."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from patterns.charts.drawing import SAID, WIDE, Layout, dot, label, line, look, mark, short, svg

LEFT, RIGHT, TOP, PLOT, FOOT = 58, 12, 12, 220, 72
STEPS = (1, 2, 2.5, 5, 10)
LINES = 4  # about as many steps of the scale
HUNDRED = 100
DESCRIPTION = (
    "Of the touches of each number, the share that converted their lead, with a 95 % band; below, how many touches that is "
    "of. Only leads that were still there count. A square: fewer than the average, supported."
)
DEPLETION = (
    "Dashed: the fall that is due to the willing having left. What lies below that line at the end is fatigue, if it is "
    "supported."
)

Found = Mapping[str, Any]


def hazard_course(
    title: str,
    items: Sequence[Found],
    depletion: Sequence[float] = (),
    outcome: str = "booked",
    *,
    layout: Layout = WIDE,
) -> str:
    """items: findings with `touch`, `rate`, `low`, `high`, `sample`, `converted` and `status`. depletion: hazards from touch
    1 on that would be left if nobody tired. Raises ValueError without items.
    """
    if not items:
        raise ValueError("a course needs at least one touch number")
    items = sorted(items, key=lambda found: found["touch"])
    last = items[-1]["touch"]
    step = (layout.width - LEFT - RIGHT) / last
    ticks = scale(max([*(found["high"] for found in items), *depletion[:last]]))

    def x(touch: int) -> float:
        return float(round(LEFT + step * (touch - 0.5), 1))

    def y(rate: float) -> float:
        return float(round(TOP + PLOT * (1 - min(rate / ticks[-1], 1)), 1))

    parts = [part for tick in ticks for part in _tick(tick, y(tick), layout)]
    parts.append(label(LEFT, TOP + PLOT + 46, "touches of this number", "note"))
    for run in runs(items):
        parts += _band(run, x, y)
    if len(depletion) > 1:
        points = " ".join(f"{x(i)},{y(rate)}" for i, rate in enumerate(depletion[:last], start=1))
        parts.append(f'<polyline class="average" points="{points}"/>')
    parts += [_touch(found, x(found["touch"]), y, step, outcome, layout) for found in items]
    described = f"{DESCRIPTION} {DEPLETION}" if len(depletion) > 1 else DESCRIPTION
    return svg(title, described, layout, TOP + PLOT + FOOT, parts)


def runs(items: Sequence[Found]) -> list[list[Found]]:
    """Touch numbers that follow one another: nothing is drawn across one that was never sent."""
    found: list[list[Found]] = []
    for item in items:
        if found and item["touch"] == found[-1][-1]["touch"] + 1:
            found[-1].append(item)
        else:
            found.append([item])
    return found


def scale(highest: float) -> list[float]:
    """Round steps from 0 to at least the highest rate."""
    raw = max(highest, 1e-6) / LINES
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in STEPS if factor * power >= raw * (1 - 1e-9))
    return [step * i for i in range(math.ceil(highest / step - 1e-9) + 1)] if highest > 0 else [0.0, step]


def share(rate: float) -> str:
    """4.5 %, 12 %, 0.25 %: as many digits as tell neighbouring steps apart."""
    return f"{HUNDRED * rate:.3g} %"


def _tick(tick: float, at: float, layout: Layout) -> tuple[str, str]:
    return line("axis", LEFT, at, layout.width - RIGHT, at), label(LEFT - 8, at + 4, share(tick), "note", "end")


def _band(run: Sequence[Found], x: Callable[[int], float], y: Callable[[float], float]) -> list[str]:
    there = [f"{x(found['touch'])},{y(found['high'])}" for found in run]
    back = [f"{x(found['touch'])},{y(found['low'])}" for found in reversed(run)]
    points = " ".join(f"{x(found['touch'])},{y(found['rate'])}" for found in run)
    return [
        f'<polygon class="band" points="{" ".join(there + back)}"/>',
        f'<polyline class="course" points="{points}"/>',
    ]


def _touch(found: Found, x: float, y: Callable[[float], float], step: float, outcome: str, layout: Layout) -> str:
    at_risk = short(found["sample"]) if layout.is_narrow else f"{found['sample']:,}"
    said = (
        f"touch {found['touch']}: {found['rate']:.2%} {outcome}, {found['low']:.2%} to {found['high']:.2%}; "
        f"{found['converted']:,} of {found['sample']:,} touches; {found['lift']:.2f} times the average, "
        f"{SAID[found['status']]}"
    )
    return mark(
        said,
        (x - step / 2 + 1, TOP - 8, step - 2, PLOT + FOOT),
        line(look(found), x, y(found["low"]), x, y(found["high"])),
        dot(look(found), x, y(found["rate"])),
        label(x, TOP + PLOT + 24, str(found["touch"]), "", "middle"),
        label(x, TOP + PLOT + 64, at_risk, "note", "middle"),
    )
