"""Lifts with their intervals, a row each, on a logarithmic axis through the average."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from patterns.charts.drawing import (
    AVERAGE,
    NOTE,
    WIDE,
    Layout,
    Row,
    counts,
    dot,
    fitted,
    label,
    lift_words,
    line,
    log_axis,
    look,
    mark,
    svg,
    width_of,
    words,
    wrapped,
)

BESIDE, BELOW, IN_THREE = 30, 50, 66  # pixels a row: names beside their intervals; above them; and the values apart
LONGEST_NAME = 270  # pixels beside an interval
LEAST_PLOT = 200
MARGIN = 16  # pixels beside a plot of the whole width: half a tick label
NEAREST_TICKS = 44  # pixels between tick labels
FOOT = 30
DESCRIPTION = (
    "Times the average, with 95 % interval. Filled dot: more, supported. Square: fewer, supported. Hollow: perhaps. Small and "
    "grey: no sign of an effect."
)

Place = Callable[[float], float]


def ranked_intervals(
    title: str,
    rows: Sequence[Row],
    unit: str = "leads",
    outcome: str = "booked",
    *,
    layout: Layout = WIDE,
    stacked: bool = False,
) -> str:
    """Lifts with their 95 % intervals, one row each in the order given.

    rows: name, what it is compared with, and finding with `lift`, `lift_low`, `lift_high`, `status` and, where it has
    them, `sample` and `converted`. A star marks what is not compared with the average. unit, outcome: what was counted, and
    what those did who are counted as converted. stacked: names above their intervals, for long ones. Raises ValueError
    without rows.
    """
    if not rows:
        raise ValueError("a chart needs at least one finding")
    pitch = IN_THREE if layout.is_narrow else BELOW if stacked else BESIDE
    shape = beside(rows, layout) if pitch == BESIDE else (float(MARGIN), float(layout.width - MARGIN))
    ticks, place = log_axis([found for _, _, found in rows], *shape)
    bottom = 10 + pitch * len(rows)
    # Where names stand above their intervals, no line of the axis runs through them.
    strips = (
        [(6, bottom)]
        if pitch == BESIDE
        else [(y - 9, y + 9) for y in (10 + pitch * i - 12 for i in range(1, len(rows) + 1))]
    )
    drawn = [
        row_of(row, place, 10 + pitch * i, pitch, shape, layout, f"{unit} {outcome}") for i, row in enumerate(rows)
    ]
    foot = [
        label(8, bottom + 44 + 17 * i, text, "note")
        for i, text in enumerate(wrapped(star(rows), layout.width - 16, NOTE))
    ]
    height = bottom + FOOT + (20 + 17 * len(foot) if foot else 0)
    return svg(
        title,
        f"{DESCRIPTION} {star(rows)}".strip(),
        layout,
        height,
        [*axis(ticks, place, bottom, strips), *drawn, *foot],
    )


def star(rows: Sequence[Row]) -> str:
    """What the star says, empty where no row has one."""
    others = list(dict.fromkeys(against for _, against, _ in rows if against != AVERAGE))
    return f"* against {' or '.join(others)}" if others else ""


def values(found: Mapping[str, Any]) -> str:
    counted = counts(found)
    return f"{lift_words(found)}{f', {counted}' if counted else ''}"


def beside(rows: Sequence[Row], layout: Layout) -> tuple[float, float]:
    """Left and right end of the plot, between the names and the values."""
    names = min(LONGEST_NAME, max(width_of(starred(row)) for row in rows) + 16)
    right = layout.width - max(width_of(values(found), NOTE) for _, _, found in rows) - 24
    return min(names + 16, max(right - LEAST_PLOT, 120)), right


def starred(row: Row) -> str:
    return row[0] if row[1] == AVERAGE else f"{row[0]} *"


def row_of(
    row: Row, place: Place, top: float, pitch: int, shape: tuple[float, float], layout: Layout, unit: str
) -> str:
    name, against, found = row
    has_star = against != AVERAGE
    y = top + pitch / 2 if pitch == BESIDE else top + pitch - 12
    value = values(found)
    if pitch == BESIDE:
        room, spots = shape[0] - 20, ((8, y + 5), (shape[1] + 16, y + 4, ""))
    elif pitch == BELOW:
        room, spots = layout.width - width_of(value, NOTE) - 32, ((8, top + 20), (layout.width - 8, top + 20, "end"))
    else:
        room, spots = layout.width - 16, ((8, top + 18), (8, top + 36, ""))
    shown = fitted(name, room - 14 * has_star) + " *" * has_star
    (x, at), (value_x, value_at, anchor) = spots
    return mark(
        words(name, against, found, unit),
        (1, top + 1, layout.width - 2, pitch - 2),
        label(x, at, shown),
        line(look(found), place(found["lift_low"]), y, place(found["lift_high"]), y),
        dot(look(found), place(found["lift"]), y),
        label(value_x, value_at, fitted(value, layout.width - 16, NOTE), "note", anchor),
    )


def axis(ticks: Sequence[float], place: Place, bottom: float, strips: Sequence[tuple[float, float]] = ()) -> list[str]:
    """Lines of the ticks with their names below; the average is named first, others where there is room beside it. strips:
    top and bottom of each piece of a line, from the top to the bottom unless told.
    """
    parts: list[str] = []
    last = -math.inf
    for tick in sorted(ticks, key=lambda tick: (tick != 1, tick)):
        at = place(tick)
        if tick != 1 and (abs(at - place(1)) < NEAREST_TICKS + 8 or at - last < NEAREST_TICKS):
            continue
        last = at if tick != 1 else last
        kind, name = ("average", "average") if tick == 1 else ("axis", f"{tick:g}")
        parts += [line(kind, at, top, at, end) for top, end in strips or [(6, bottom)]]
        parts.append(label(at, bottom + 20, name, "note", "middle"))
    return parts
