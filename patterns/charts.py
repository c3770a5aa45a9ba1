"""Pictures of findings as accessible SVG: pure functions of what a payload holds.

Shapes carry the status, not colour alone; each chart has a title and a description for screen readers. Colours come from the
classes below: a page styles them itself, `standalone` brings them along, for light and dark.
"""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

WIDTH = 760
LABEL_WIDTH = 250
TEXT_WIDTH = 210
ROW = 30
TOP = 80
AVERAGE = "the average"  # what a lift is taken against, unless its row says otherwise
BOTTOM = 34
CHARACTER = 7.4  # average width of a character at 14 px: labels that are longer are cut
TICKS = (0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0)
NEAREST_TICKS = 44  # pixels between tick labels

STYLE = """
text { font: 14px system-ui, sans-serif; fill: #1f2430; } .note { font-size: 12px; fill: #59606d; }
.heading { font-size: 16px; font-weight: 600; } .page { fill: #ffffff; }
.axis { stroke: #d5d9e0; } .average { stroke: #59606d; stroke-dasharray: 3 3; }
.supported { stroke: #0b6e4f; fill: #0b6e4f; } .suggestive { stroke: #9a6200; fill: #ffffff; }
.none { stroke: #8a919e; fill: #8a919e; } line { stroke-width: 2; } .axis, .average { stroke-width: 1; }
@media (prefers-color-scheme: dark) {
text { fill: #e6e9ef; } .note { fill: #a3abb8; } .page { fill: #14171d; } .axis { stroke: #353b46; }
.average { stroke: #a3abb8; } .supported { stroke: #4fd1a1; fill: #4fd1a1; } .suggestive { stroke: #f0b429; fill: #14171d; }
.none { stroke: #7b8494; fill: #7b8494; } }
"""


Row = tuple[str, str, Mapping[str, Any]]


def ranked_intervals(title: str, rows: Sequence[Row], unit: str = "leads", booked: str = "booked") -> str:
    """Lifts with their 95 % intervals, one row each in the order given, on a logarithmic axis through the average.

    rows: name, what it is compared with, and finding with `lift`, `lift_low`, `lift_high`, `status` and, where it has
    them, `sample` and `converted`. A star marks what is not compared with the average. Filled: supported; hollow:
    suggestive; small and grey: no sign of an effect. booked: what those did who are counted as converted. Raises
    ValueError without rows.
    """
    if not rows:
        raise ValueError("a chart needs at least one finding")
    low = min(0.8, *(max(found["lift_low"], TICKS[0]) for _, _, found in rows))
    high = max(1.25, *(min(found["lift_high"], TICKS[-1]) for _, _, found in rows))
    place = _log_axis(low, high)
    height = TOP + ROW * len(rows) + BOTTOM
    parts = [
        f'<rect class="page" width="{WIDTH}" height="{height}"/>',
        f'<text class="heading" x="16" y="28">{escape(title)}</text>',
        (
            '<text class="note" x="16" y="48">Times the average, with 95 % interval. Filled: supported. '
            "Hollow: perhaps. Grey: no sign of an effect.</text>"
        ),
        *([f'<text class="note" x="16" y="66">{escape(_star(rows))}</text>'] if _star(rows) else []),
        *_axis(low, high, place, TOP + ROW * len(rows)),
    ]
    for number, row in enumerate(rows):
        parts += _interval(row, place, TOP + ROW * number + ROW // 2, f"{unit} {booked}")
    return _svg(title, _description(rows, f"{unit} {booked}"), height, parts)


def _star(rows: Sequence[Row]) -> str:
    """What the star says, empty where no row has one."""
    others = list(dict.fromkeys(against for _, against, _ in rows if against != AVERAGE))
    return f"* against {' or '.join(others)}" if others else ""


def standalone(svg: str) -> str:
    """The chart with its colours, for use as a file of its own."""
    head, tag, rest = svg.partition("<title>")
    return f"{head}<style>{STYLE}</style>{tag}{rest}"


def _log_axis(low: float, high: float) -> Any:
    left, right = LABEL_WIDTH, WIDTH - TEXT_WIDTH

    def place(lift: float) -> float:
        share = math.log(min(max(lift, low), high) / low) / math.log(high / low)
        return round(left + share * (right - left), 1)

    return place


def _axis(low: float, high: float, place: Any, bottom: int) -> list[str]:
    parts, last = [], -math.inf
    for tick in sorted((tick for tick in TICKS if low <= tick <= high), key=lambda tick: (tick != 1, tick)):
        at = place(tick)
        if tick != 1 and (abs(at - place(1)) < NEAREST_TICKS or at - last < NEAREST_TICKS):
            continue
        last = at if tick != 1 else last
        kind, label = ("average", "average") if tick == 1 else ("axis", f"{tick:g}")
        parts.append(
            f'<line class="{kind}" x1="{at}" x2="{at}" y1="{TOP - 6}" y2="{bottom}"/>'
            f'<text class="note" x="{at}" y="{bottom + 20}" text-anchor="middle">{label}</text>'
        )
    return parts


def _interval(row: Row, place: Any, y: int, unit: str) -> list[str]:
    name, against, found = row
    status, at = found["status"], place(found["lift"])
    longest = int((LABEL_WIDTH - 40) / CHARACTER)
    label = name if len(name) <= longest else name[: longest - 1] + "…"
    label += "" if against == AVERAGE else " *"
    radius = 3 if status == "none" else 6
    return [
        (f'<g><title>{escape(_words(name, against, found, unit))}</title>'
        f'<text x="16" y="{y + 5}">{escape(label)}</text>'
        f'<line class="{status}" x1="{place(found["lift_low"])}" x2="{place(found["lift_high"])}" y1="{y}" y2="{y}"/>'
        f'<circle class="{status}" cx="{at}" cy="{y}" r="{radius}" stroke-width="2"/>'
        f'<text class="note" x="{WIDTH - TEXT_WIDTH + 16}" y="{y + 5}">{found["lift"]:.2f} '
        f"({found['lift_low']:.2f}–{found['lift_high']:.2f}){_counts(found, before=', ')}</text></g>")
    ]  # fmt: skip


def _counts(found: Mapping[str, Any], after: str = "", before: str = "") -> str:
    """The conversions and their sample; nothing for a sequence, which is a sum over touches of many kinds."""
    return f"{before}{found['converted']:,} of {found['sample']:,}{after}" if "converted" in found else ""


def _words(name: str, against: str, found: Mapping[str, Any], unit: str) -> str:
    return (
        f"{name}: {found['lift']:.2f} times {against}, {found['lift_low']:.2f} to {found['lift_high']:.2f}, "
        f"{_counts(found, f' {unit}; ')}{found['status']}"
    )


def _description(rows: Sequence[Row], unit: str) -> str:
    return ". ".join(_words(name, against, found, unit) for name, against, found in rows) + "."


def _svg(title: str, description: str, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}"><title>{escape(title)}</title><desc>{escape(description)}</desc>{"".join(parts)}</svg>'
    )
