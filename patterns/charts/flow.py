"""How touches went from channel to channel: from each a stream to those that followed it, with what each of them did."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from patterns.charts.drawing import (
    NOTE,
    WIDE,
    Layout,
    dot,
    fitted,
    label,
    lift_words,
    line,
    log_axis,
    look,
    mark,
    rect,
    short,
    svg,
    width_of,
    words,
)
from patterns.charts.intervals import axis

ROW, GAP, FOOT, TOP = 28, 14, 32, 8
HEAD = 26  # pixels of a channel's own line in a narrow chart
NODE = 148  # pixels of a channel's box
STREAM = 90  # pixels that a stream runs from its channel to the one after
NARROW_NODE, NARROW_STREAM = 10, 40
THINNEST = 1.5
DESCRIPTION = (
    "Left the channel of the touch before, right the one that followed, with its odds against all that followed that channel "
    "and a 95 % interval. A stream is as broad as its share of those touches. Filled dot: more, supported. Square: fewer, "
    "supported. Hollow: perhaps. Small and grey: no sign of an effect."
)

Found = Mapping[str, Any]
Flows = Mapping[str, Sequence[tuple[str, Found]]]


def channel_flow(
    title: str, flows: Flows, channels: Mapping[str, Found], outcome: str = "booked", *, layout: Layout = WIDE
) -> str:
    """flows: by channel of the touch before, the next channels with their findings (with `sample`). channels: finding of each
    channel by itself, where there is one. Raises ValueError without a flow.
    """
    if not any(flows.values()):
        raise ValueError("a flow needs at least one transition")
    found = [item for rows in flows.values() for _, item in rows]
    values = max(width_of(value_of(item), NOTE) for item in found)
    right = layout.width - values - 24
    ticks, place = log_axis(found, NODE + STREAM + 110, right)
    parts: list[str] = []
    y = float(TOP)
    for name, rows in flows.items():
        if layout.is_narrow:
            parts += narrow_block(name, rows, channels.get(name), y, outcome, layout)
            y += HEAD + ROW * len(rows) + GAP
        else:
            parts += wide_block(name, rows, channels.get(name), y, outcome, (place, right, layout))
            y += ROW * len(rows) + GAP
    if layout.is_narrow:
        return svg(title, DESCRIPTION, layout, y, parts)
    return svg(title, DESCRIPTION, layout, y + FOOT - GAP, [*axis(ticks, place, y - GAP + 4), *parts])


def value_of(found: Found) -> str:
    return f"{lift_words(found)}, n {found['sample']:,}"


def wide_block(
    name: str,
    rows: Sequence[tuple[str, Found]],
    alone: Found | None,
    top: float,
    outcome: str,
    frame: tuple[Callable[[float], float], float, Layout],
) -> list[str]:
    """A channel's box, its streams, and a line for each channel that followed."""
    place, right, layout = frame
    height = ROW * len(rows)
    parts = [rect("node", 4, top, NODE - 4, height), label(14, top + 19, fitted(f"after {name}", NODE - 24))]
    if alone is not None and len(rows) > 1:
        parts.append(label(14, top + 38, fitted(f"itself {alone['lift']:.2f} times", NODE - 24, NOTE), "note"))
    for i, ((after, found), (begin, broad)) in enumerate(zip(rows, shares(rows, top, height), strict=True)):
        y = top + ROW * (i + 0.5)
        parts.append(
            mark(
                words(f"{after} after {name}", "all that followed it", found, f"touches {outcome}"),
                (NODE + 2, y - ROW / 2 + 1, layout.width - NODE - 4, ROW - 2),
                stream(look(found), (NODE, begin), (NODE + STREAM, y), broad, thickest=ROW - 8),
                label(NODE + STREAM + 10, y + 5, fitted(after, 92)),
                line(look(found), place(found["lift_low"]), y, place(found["lift_high"]), y),
                dot(look(found), place(found["lift"]), y),
                label(right + 16, y + 4, value_of(found), "note"),
            )
        )
    return parts


def narrow_block(
    name: str, rows: Sequence[tuple[str, Found]], alone: Found | None, top: float, outcome: str, layout: Layout
) -> list[str]:
    """The same without the intervals' lines: a telephone has room for their numbers alone."""
    head = f"after {name}" + (f" (itself {alone['lift']:.2f} times)" if alone else "")
    begin_at, height = top + HEAD, ROW * len(rows)
    parts = [label(4, top + 17, fitted(head, layout.width - 8)), rect("node", 4, begin_at, NARROW_NODE, height)]
    left = 4 + NARROW_NODE
    for i, ((after, found), (begin, broad)) in enumerate(zip(rows, shares(rows, begin_at, height), strict=True)):
        y = begin_at + ROW * (i + 0.5)
        end, value = left + NARROW_STREAM, f"{lift_words(found)}, n {short(found['sample'])}"
        room = layout.width - end - 26 - width_of(value, NOTE) - 12
        parts.append(
            mark(
                words(f"{after} after {name}", "all that followed it", found, f"touches {outcome}"),
                (left, y - ROW / 2 + 1, layout.width - left - 2, ROW - 2),
                stream(look(found), (left, begin), (end, y), broad, thickest=ROW - 10),
                dot(look(found), end + 12, y),
                label(end + 24, y + 5, fitted(after, room)),
                label(layout.width - 6, y + 4, value, "note", "end"),
            )
        )
    return parts


def shares(rows: Sequence[tuple[str, Found]], top: float, height: float) -> list[tuple[float, float]]:
    """Middle and breadth, at its channel, of each stream: together they are as high as the channel's box."""
    total = sum(found["sample"] for _, found in rows) or 1
    placed, at = [], top
    for _, found in rows:
        broad = height * found["sample"] / total
        placed.append((at + broad / 2, broad))
        at += broad
    return placed


def stream(kind: str, begin: tuple[float, float], end: tuple[float, float], broad: float, thickest: float) -> str:
    """A ribbon between two points, which narrows to what its line has room for."""
    (x1, y1), (x2, y2) = begin, end
    a, b = max(broad, THINNEST) / 2, max(min(broad, thickest), THINNEST) / 2
    bend = (x1 + x2) / 2
    path = (
        f"M{x1:g},{y1 - a:.1f} C{bend:g},{y1 - a:.1f} {bend:g},{y2 - b:.1f} {x2:g},{y2 - b:.1f} L{x2:g},{y2 + b:.1f} "
        f"C{bend:g},{y2 + b:.1f} {bend:g},{y1 + a:.1f} {x1:g},{y1 + a:.1f} Z"
    )
    return f'<path class="flow-{kind}" d="{path}"/>'
