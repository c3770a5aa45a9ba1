"""Days and hours as a table of cells, each the lift of its day times the lift of its hour."""

from collections.abc import Mapping, Sequence
from typing import Any

from patterns.charts.drawing import AVERAGE, WIDE, Layout, dot, label, look, mark, rect, svg, words

HEAD, FOOT = 44, 8
DAY_ROW, HOUR_ROW = 34, 28  # pixels: of a day in a wide chart, of an hour in a narrow one
DAY_NAMES, HOUR_NAMES = 130, 78  # pixels left of the cells
WIDEST_CELL = 46
LEVELS = (0.67, 0.8, 0.95, 1.05, 1.25, 1.5)  # lifts between the shades
SHADES = ("down-3", "down-2", "down-1", "level", "up-1", "up-2", "up-3")
STRONG = frozenset({"down-3", "up-3"})  # their number is light
DESCRIPTION = (
    "Times the average at the lead's own time: the lift of the day times that of the hour, which are estimated apart; no "
    "pair of day and hour was tested as such. Framed: day and hour are both supported. Plain grey: neither shows a sign of "
    "an effect. Empty: nothing was sent in that hour. The mark beside a day or hour: a filled dot where more is supported, a "
    "square where fewer is, a hollow dot where perhaps."
)

Found = Mapping[str, Any]


def day_hour_cells(
    title: str, days: Sequence[Found], hours: Sequence[Found], outcome: str = "booked", *, layout: Layout = WIDE
) -> str:
    """days: findings with `day` and `day_index` (Monday 0); hours: findings with `hour`. Days run down and hours across, in a
    narrow chart the other way round. Raises ValueError without days or hours.
    """
    if not days or not hours:
        raise ValueError("cells need days and hours")
    days = sorted(days, key=lambda found: found["day_index"])
    known = {found["hour"]: found for found in hours}
    span = list(range(min(known), max(known) + 1))
    unit = f"touches {outcome}"
    if layout.is_narrow:
        return _narrow(title, days, known, span, unit, layout)
    return _wide(title, days, known, span, unit, layout)


def _wide(
    title: str, days: Sequence[Found], hours: Mapping[int, Found], span: Sequence[int], unit: str, layout: Layout
) -> str:
    step = min(WIDEST_CELL, (layout.width - DAY_NAMES - 8) / len(span))
    height = HEAD + DAY_ROW * len(days) + FOOT
    heads = [
        _hour_head(hours[hour], unit, (DAY_NAMES + step * i, 2, step, HEAD - 6)) if hour in hours else ""
        for i, hour in enumerate(span)
    ]
    rows = []
    for number, day in enumerate(days):
        y = HEAD + DAY_ROW * number
        boxes = [(DAY_NAMES + step * i + 1, y + 2, step - 2, DAY_ROW - 4) for i in range(len(span))]
        cells = [_cell(day, hours.get(hour), box) for hour, box in zip(span, boxes, strict=True)]
        head = [label(8, y + 21, day["day"]), dot(look(day), DAY_NAMES - 16, y + DAY_ROW / 2)]
        rows.append(mark(_day_words(day, hours, unit), (2, y, layout.width - 4, DAY_ROW), *head, *cells))
    return svg(title, DESCRIPTION, layout, height, [*heads, *rows])


def _narrow(
    title: str, days: Sequence[Found], hours: Mapping[int, Found], span: Sequence[int], unit: str, layout: Layout
) -> str:
    step = (layout.width - HOUR_NAMES - 4) / len(days)
    height = HEAD + HOUR_ROW * len(span) + FOOT
    heads = []
    for i, day in enumerate(days):
        x = HOUR_NAMES + step * i
        head = [label(x + step / 2, 18, day["day"][:3], "value", "middle"), dot(look(day), x + step / 2, 30)]
        heads.append(mark(_day_words(day, hours, unit), (x, 2, step, HEAD - 6), *head))
    rows = []
    for number, hour in enumerate(span):
        if hour not in hours:
            continue
        found, y = hours[hour], HEAD + HOUR_ROW * number
        boxes = [(HOUR_NAMES + step * i + 1, y + 2, step - 2, HOUR_ROW - 4) for i in range(len(days))]
        cells = [_cell(day, found, box) for day, box in zip(days, boxes, strict=True)]
        head = [label(8, y + 18, f"{hour}:00"), dot(look(found), HOUR_NAMES - 14, y + HOUR_ROW / 2)]
        rows.append(mark(_hour_words(found, unit), (2, y, layout.width - 4, HOUR_ROW), *head, *cells))
    return svg(title, DESCRIPTION, layout, height, [*heads, *rows])


def _hour_head(found: Found, unit: str, area: tuple[float, float, float, float]) -> str:
    middle = area[0] + area[2] / 2
    name = label(middle, 18, str(found["hour"]), "value", "middle")
    return mark(_hour_words(found, unit), area, name, dot(look(found), middle, 30))


def _hour_words(found: Found, unit: str) -> str:
    return words(f"at {found['hour']}:00", AVERAGE, found, unit)


def _day_words(day: Found, hours: Mapping[int, Found], unit: str) -> str:
    products = ", ".join(f"{hour}:00 {day['lift'] * found['lift']:.2f}" for hour, found in sorted(hours.items()))
    return f"{words(day['day'], AVERAGE, day, unit)}. Times the lift of the hour: {products}"


def shade(day: Found, hour: Found) -> str:
    """The class of a cell; that of no effect where neither its day nor its hour shows a sign of one."""
    if day["status"] == hour["status"] == "none":
        return "level"
    lift = day["lift"] * hour["lift"]
    return SHADES[sum(lift >= level for level in LEVELS)]


def _cell(day: Found, hour: Found | None, box: tuple[float, float, float, float]) -> str:
    if hour is None:
        return ""
    kind, (x, y, width, height) = shade(day, hour), box
    both = " both" if day["status"] == hour["status"] == "supported" else ""
    number = f"{day['lift'] * hour['lift']:.1f}"
    on = "on-strong" if kind in STRONG else "on-cell"
    return rect(f"cell {kind}{both}", *box) + label(x + width / 2, y + height / 2 + 4, number, on, "middle")
