"""What all charts are made of: text that fits, marks that say what they show, axes, and the frame around them.

Shapes carry the status, not colour alone. Every mark can be reached with the keyboard and says its values. Colours come from
classes (`patterns/charts/colours.py`): nothing here sets a style, so charts stand in pages that allow none.
"""

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

AVERAGE = "the average"  # what a lift is taken against, unless its row says otherwise
THOUSAND, MILLION = 1_000, 1_000_000
TEXT, NOTE = 14, 12  # pixels; `NOTE` is the smallest text of a chart
LONGEST = 200  # characters of a name that are said; the payload has them all
TICKS = (0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0)
SLIM, WIDE_LETTERS = frozenset("iljI.,:;'|!()[] tfr-·"), frozenset("mwMW@%—…")
SAID = {"supported": "supported", "suggestive": "perhaps", "none": "no sign of an effect"}

Row = tuple[str, str, Mapping[str, Any]]


@dataclass(frozen=True)
class Layout:
    """width: pixels that the chart is drawn for; it is shown no wider than that, and not much narrower."""

    width: int

    @property
    def is_narrow(self) -> bool:
        return self.width < WIDE.width


WIDE = Layout(760)
NARROW = Layout(330)  # what a telephone of 390 pixels leaves


def cleaned(text: str) -> str:
    """Names come from outside: one line, printable, not endless."""
    shown = " ".join(printable(text))
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"


def printable(text: str) -> list[str]:
    """The words of a text."""
    return "".join(letter if letter.isprintable() else " " for letter in text).split()


def letter_width(letter: str) -> float:
    """As a share of the letter's height, in the widest of the usual fonts."""
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF" or letter in WIDE_LETTERS:
        return 1.0
    if letter in SLIM:
        return 0.4
    return 0.78 if letter.isupper() else 0.64


def width_of(text: str, size: int = TEXT) -> float:
    """About how many pixels the text takes, rather too many than too few."""
    return size * sum(map(letter_width, text))


def fitted(text: str, pixels: float, size: int = TEXT) -> str:
    """The text, cut with an ellipsis where it is wider. The whole stands in its mark's title."""
    text = cleaned(text)
    if width_of(text, size) <= pixels:
        return text
    left = pixels - size  # the ellipsis
    for end, letter in enumerate(text):
        left -= size * letter_width(letter)
        if left < 0:
            return text[:end].rstrip() + "…"
    return text


def wrapped(text: str, pixels: float, size: int = NOTE) -> list[str]:
    """The text in lines that fit; a word that is longer than a line is cut."""
    lines = [""]
    for word in printable(text):
        longer = f"{lines[-1]} {word}".strip()
        if width_of(longer, size) <= pixels:
            lines[-1] = longer
        else:
            lines.append(fitted(word, pixels, size))
    return [line for line in lines if line]


def label(x: float, y: float, text: str, kind: str = "", anchor: str = "") -> str:
    """A text; kind: its class. anchor: middle or end."""
    named = f' class="{kind}"' if kind else ""
    placed = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text{named} x="{x:g}" y="{y:g}"{placed}>{escape(text)}</text>'


def line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"/>'


def rect(kind: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="3"/>'


def look(found: Mapping[str, Any]) -> str:
    """The class of a finding's marks: its status, or `fewer` where it is supported that the value does worse."""
    return "fewer" if found["status"] == "supported" and found["lift"] < 1 else str(found["status"])


def dot(kind: str, x: float, y: float) -> str:
    """kind: as `look`. Filled: supported; a square where the value does worse. Hollow: suggestive. Small and grey: neither."""
    if kind == "fewer":
        return f'<rect class="{kind}" x="{x - 4:g}" y="{y - 4:g}" width="8" height="8"/>'
    return f'<circle class="{kind}" cx="{x:g}" cy="{y:g}" r="{3 if kind == "none" else 5}"/>'


def mark(words: str, area: tuple[float, float, float, float], *parts: str) -> str:
    """What belongs to one finding, under its words. area: x, y, width and height of what answers to pointer and focus."""
    said = escape(words)
    return (
        f'<g class="mark" tabindex="0" role="img" aria-label="{said}"><title>{said}</title>{rect("hit", *area)}'
        f"{''.join(parts)}</g>"
    )


def svg(title: str, description: str, layout: Layout, height: float, parts: Sequence[str]) -> str:
    """A chart. Its marks are read one by one, so the whole is a group and not an image."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="desk-chart" role="group" aria-label="{escape(cleaned(title))}" '
        f'viewBox="0 0 {layout.width} {height:g}" width="{layout.width}" height="{height:g}">'
        f"<title>{escape(cleaned(title))}</title><desc>{escape(description)}</desc>{''.join(parts)}</svg>"
    )


def lift_words(found: Mapping[str, Any]) -> str:
    """1.34 (1.21–1.49)."""
    return f"{found['lift']:.2f} ({found['lift_low']:.2f}–{found['lift_high']:.2f})"


def counts(found: Mapping[str, Any]) -> str:
    """The conversions and their sample; nothing for a sequence, which is a sum over touches of many kinds."""
    return f"{found['converted']:,} of {found['sample']:,}" if "converted" in found else ""


def short(number: int) -> str:
    """7,632 as 7.6k: at most four letters."""
    for size, letter in ((MILLION, "M"), (THOUSAND, "k")):
        if number >= size:
            many = number / size
            return f"{many:.1f}{letter}" if many < 10 else f"{many:.0f}{letter}"  # noqa: PLR2004 - two digits
    return str(number)


def words(name: str, against: str, found: Mapping[str, Any], unit: str) -> str:
    """A finding as it is read out. unit: what the counts speak of, such as `leads booked`."""
    counted = f"{counts(found)} {unit}; " if "converted" in found else ""
    return (
        f"{cleaned(name)}: {found['lift']:.2f} times {against}, {found['lift_low']:.2f} to {found['lift_high']:.2f}, "
        f"{counted}{SAID[found['status']]}"
    )


def log_axis(
    rows: Sequence[Mapping[str, Any]], left: float, right: float
) -> tuple[list[float], Callable[[float], float]]:
    """The ticks that a logarithmic axis of lifts shows, and where on it a lift lies; what is beyond its ends lies at them."""
    low = min(0.8, *(max(found["lift_low"], TICKS[0]) for found in rows), 0.8)
    high = max(1.25, *(min(found["lift_high"], TICKS[-1]) for found in rows), 1.25)

    def place(lift: float) -> float:
        share = math.log(min(max(lift, low), high) / low) / math.log(high / low)
        return round(left + share * (right - left), 1)

    return [tick for tick in TICKS if low <= tick <= high], place
