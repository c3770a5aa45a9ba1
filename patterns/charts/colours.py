"""The look of charts: one set of rules, in pages on variables of the style sheet (`conversion/static/desk/charts.css`), in a
file of its own with the colours written in.
"""

import re
from collections.abc import Mapping
from html import escape
from string import Template

from patterns.charts.drawing import NOTE, WIDE, Layout, cleaned, fitted, label, wrapped

LIGHT = {
    "ink": "#1c2422", "quiet": "#55605c", "page": "#ffffff", "axis": "#d5dbd8", "average": "#55605c", "focus": "#0b5d47",
    "supported": "#0b6e4f", "fewer": "#a3271f", "suggestive": "#8a5800", "none": "#6f7975", "band": "#cfe6dd",
    "fill-down-3": "#8f4f0c", "fill-down-2": "#e0b376", "fill-down-1": "#f6e6cd", "fill-level": "#eceeed",
    "fill-up-1": "#d3ebe3", "fill-up-2": "#86ccb9", "fill-up-3": "#17705e", "on-strong": "#ffffff",
}  # fmt: skip
DARK = {
    "ink": "#e3e9e6", "quiet": "#b0bcb7", "page": "#18211f", "axis": "#33413d", "average": "#b0bcb7", "focus": "#7fd6bb",
    "supported": "#5fd3a8", "fewer": "#ff9a8f", "suggestive": "#f0bf5a", "none": "#8e9a95", "band": "#1f4438",
    "fill-down-3": "#94560f", "fill-down-2": "#66431a", "fill-down-1": "#3b2d1b", "fill-level": "#26302d",
    "fill-up-1": "#1d3d36", "fill-up-2": "#1f5c4f", "fill-up-3": "#1f7461", "on-strong": "#ffffff",
}  # fmt: skip
RULES = """\
.desk-chart text { font: 14px system-ui, sans-serif; fill: ${ink}; }
.desk-chart text.note { font-size: 12px; fill: ${quiet}; }
.desk-chart text.value { font-size: 12px; }
.desk-chart text.heading { font-size: 16px; font-weight: 600; }
.desk-chart .page { fill: ${page}; }
.desk-chart .axis { stroke: ${axis}; stroke-width: 1; }
.desk-chart .average { stroke: ${average}; stroke-width: 1; stroke-dasharray: 3 3; fill: none; }
.desk-chart .supported { stroke: ${supported}; fill: ${supported}; stroke-width: 2; }
.desk-chart .fewer { stroke: ${fewer}; fill: ${fewer}; stroke-width: 2; }
.desk-chart .suggestive { stroke: ${suggestive}; fill: ${page}; stroke-width: 2; }
.desk-chart .none { stroke: ${none}; fill: ${none}; stroke-width: 2; }
.desk-chart .hit { fill: transparent; stroke: none; }
.desk-chart .mark:focus { outline: none; }
.desk-chart .mark:focus-visible > .hit { stroke: ${focus}; stroke-width: 2; }
.desk-chart .band { fill: ${band}; stroke: none; }
.desk-chart .course { fill: none; stroke: ${supported}; stroke-width: 2; }
.desk-chart .node { fill: ${fill-level}; stroke: ${axis}; stroke-width: 1; }
.desk-chart .flow-supported { fill: ${supported}; fill-opacity: .45; }
.desk-chart .flow-fewer { fill: ${fewer}; fill-opacity: .4; }
.desk-chart .flow-suggestive { fill: ${suggestive}; fill-opacity: .35; }
.desk-chart .flow-none { fill: ${none}; fill-opacity: .22; }
.desk-chart .cell { stroke: none; }
.desk-chart .down-3 { fill: ${fill-down-3}; }
.desk-chart .down-2 { fill: ${fill-down-2}; }
.desk-chart .down-1 { fill: ${fill-down-1}; }
.desk-chart .level { fill: ${fill-level}; }
.desk-chart .up-1 { fill: ${fill-up-1}; }
.desk-chart .up-2 { fill: ${fill-up-2}; }
.desk-chart .up-3 { fill: ${fill-up-3}; }
.desk-chart .both { stroke: ${ink}; stroke-width: 2; }
.desk-chart text.on-cell { font-size: 12px; }
.desk-chart text.on-strong { font-size: 12px; fill: ${on-strong}; }
"""
BOX = re.compile(r'viewBox="0 0 (\d+) ([\d.]+)"')
MARGIN = 16
LINE = 17  # pixels between lines of the note


class Colours(Template):
    idpattern = r"[a-z0-9-]+"


def rules(colours: Mapping[str, str]) -> str:
    return Colours(RULES).substitute(colours)


def standalone(chart: str, heading: str, note: str = "") -> str:
    """The chart as a file of its own: with its heading, what is to be known of it, and its colours, light and dark."""
    found = BOX.search(chart)
    if not found:
        raise ValueError("no chart of this package")
    heading = cleaned(heading)
    width, height = int(found[1]), float(found[2])
    whole = Layout(max(width, WIDE.width) + 2 * MARGIN)
    inside = whole.width - 2 * MARGIN
    lines = wrapped(note, inside, NOTE)
    top = 40 + LINE * len(lines)
    style = f"{rules(LIGHT)}@media (prefers-color-scheme: dark) {{\n{rules(DARK)}}}\n"
    texts = [label(MARGIN, 28, fitted(heading, inside, 16), "heading")]
    texts += [label(MARGIN, 32 + LINE * (i + 1) - 1, text, "note") for i, text in enumerate(lines)]
    total = top + height + MARGIN
    placed = chart.replace("<svg ", f'<svg x="{MARGIN}" y="{top + 8:g}" ', 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="desk-chart" role="group" aria-label="{escape(heading)}" '
        f'viewBox="0 0 {whole.width} {total:g}" width="{whole.width}" height="{total:g}"><title>{escape(heading)}</title>'
        f'<style>{style}</style><rect class="page" width="{whole.width}" height="{total:g}"/>{"".join(texts)}{placed}</svg>\n'
    )
