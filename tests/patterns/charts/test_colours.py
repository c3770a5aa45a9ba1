"""The style sheet of pages and that of files are one; texts can be read in both themes."""

import re
from pathlib import Path

import pytest

from patterns.charts.colours import DARK, LIGHT, RULES, rules, standalone
from patterns.charts.drawing import AVERAGE
from patterns.charts.intervals import ranked_intervals
from tests.patterns.charts.drawn import finding, parsed

SHEET = (Path(__file__).resolve().parents[3] / "conversion/static/desk/charts.css").read_text(encoding="utf-8")
READABLE = 4.5  # contrast of WCAG AA
GRAPHIC = 3.0


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_pages_have_the_same_rules_and_colours():
    assert re.sub(r"\$\{([a-z0-9-]+)\}", r"var(--chart-\1)", RULES) in SHEET
    blocks = [dict(re.findall(r"--chart-([a-z0-9-]+): (#[0-9a-f]{6})", block)) for block in SHEET.split("html")[1:]]
    assert [block for block in blocks if block] == [LIGHT, DARK, DARK]


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_contrast(colours):
    page = colours["page"]
    assert all(contrast(colours[name], page) >= READABLE for name in ("ink", "quiet"))
    assert all(
        contrast(colours[name], page) >= GRAPHIC
        for name in ("supported", "fewer", "suggestive", "none", "average", "focus")
    )
    for shade in ("down-3", "down-2", "down-1", "level", "up-1", "up-2", "up-3"):
        text = colours["on-strong" if shade in ("down-3", "up-3") else "ink"]
        assert contrast(text, colours[f"fill-{shade}"]) >= READABLE, shade


def test_a_file_brings_its_heading_its_note_and_its_colours():
    chart = ranked_intervals("Who", [("title Founder", AVERAGE, finding())])
    note = " ".join(f"word{number}" for number in range(80))
    file = standalone(chart, "WHO converts, Brightwave", note)
    root = parsed(file)
    assert rules(LIGHT) in file
    assert "WHO converts, Brightwave" in file
    assert " ".join(one.text for one in root.findall("{http://www.w3.org/2000/svg}text")[1:]) == note
    inner = root.find("{http://www.w3.org/2000/svg}svg")
    assert float(inner.get("y")) + float(inner.get("height")) <= float(root.get("height"))
    assert not re.search(r"(src|href)=|url\(", file)


def test_what_is_no_chart_is_refused():
    with pytest.raises(ValueError, match="no chart"):
        standalone("<p>", "x")
