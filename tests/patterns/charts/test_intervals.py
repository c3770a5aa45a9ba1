"""Intervals lie where their numbers lie on a logarithmic axis, and no line runs through a name."""

import math
from itertools import pairwise

import pytest

from patterns.charts.drawing import AVERAGE, NARROW, WIDE
from patterns.charts.intervals import ranked_intervals
from tests.patterns.charts.drawn import finding, marks, numbers, parsed, shapes, texts

ROWS = [
    ("title Founder", AVERAGE, finding(2.0, 1.6, 2.5)),
    ("signal: hiring", "those without", finding(1.1, 0.9, 1.35, "suggestive")),
    ("title Clerk", AVERAGE, finding(0.5, 0.4, 0.62, "none")),
]


@pytest.mark.parametrize("layout", [WIDE, NARROW])
def test_each_interval_lies_where_its_lift_lies(layout):
    svg = ranked_intervals("Who", ROWS, layout=layout)
    root, at = parsed(svg), {}
    for words, mark in marks(svg).items():
        row = next(row for row in ROWS if words.startswith(row[0]))
        (circle,), (line,) = shapes(mark, "circle"), shapes(mark, "line")
        at |= {row[2]["lift"]: float(circle.get("cx"))}
        at |= dict(zip((row[2]["lift_low"], row[2]["lift_high"]), numbers(line, "x1", "x2"), strict=True))
        assert circle.get("class") == line.get("class") == row[2]["status"]
    at[1.0] = float(shapes(root, "line", "average")[0].get("x1"))
    pixels = (at[2.0] - at[0.5]) / math.log(4)  # for each unit of log lift
    assert pixels > 0
    for lift, x in at.items():
        assert x == pytest.approx(at[1.0] + pixels * math.log(lift), abs=0.2), lift


def test_status_is_told_by_shape_as_well():
    radii = {
        shapes(mark, "circle")[0].get("class"): shapes(mark, "circle")[0].get("r")
        for mark in marks(ranked_intervals("Who", ROWS)).values()
    }
    assert radii["none"] < radii["supported"]


def test_what_is_supported_to_do_worse_looks_so():
    svg = ranked_intervals(
        "Who", [("title Clerk", AVERAGE, finding(0.5, 0.3, 0.8)), ("title Founder", AVERAGE, finding())]
    )
    worse, better = marks(svg).values()
    (square,) = shapes(worse, "rect", "fewer")
    middle = float(square.get("x")) + float(square.get("width")) / 2
    (low, high) = numbers(shapes(worse, "line", "fewer")[0], "x1", "x2")
    assert low < middle < high < float(shapes(better, "circle", "supported")[0].get("cx"))
    assert not shapes(worse, "circle")
    assert "Square: fewer, supported" in parsed(svg).find("{http://www.w3.org/2000/svg}desc").text


def test_a_star_names_what_is_not_compared_with_the_average():
    said = texts(parsed(ranked_intervals("Who", ROWS)))
    assert "signal: hiring *" in said
    assert "* against those without" in said


@pytest.mark.parametrize(("layout", "stacked"), [(NARROW, False), (WIDE, True)])
def test_no_line_of_the_axis_crosses_a_text_above_an_interval(layout, stacked):
    root = parsed(ranked_intervals("Who", ROWS, layout=layout, stacked=stacked))
    spans = [numbers(one, "y1", "y2") for kind in ("axis", "average") for one in shapes(root, "line", kind)]
    assert spans
    for text in (text for mark in shapes(root, "g", "mark") for text in shapes(mark, "text")):
        base = float(text.get("y"))
        assert not any(top < base + 2 and bottom > base - 10 for top, bottom in spans), text.text


@pytest.mark.parametrize("layout", [WIDE, NARROW])
def test_names_of_ticks_lie_apart_and_inside(layout):
    root = parsed(ranked_intervals("Who", [("wide", AVERAGE, finding(1.0, 0.1, 10.0))], layout=layout))
    at = sorted(float(one.get("x")) for one in shapes(root, "text", "note") if one.get("text-anchor") == "middle")
    assert len(at) > 2
    assert at[0] >= 14
    assert at[-1] <= layout.width - 14
    assert all(after - before >= 40 for before, after in pairwise(at))


def test_beyond_the_ends_is_drawn_at_the_ends():
    svg = ranked_intervals("Who", [("odd", AVERAGE, finding(1e6, 0.0, 1e9))])
    (circle,), (line,) = shapes(parsed(svg), "circle"), shapes(next(iter(marks(svg).values())), "line")
    low, high = numbers(line, "x1", "x2")
    assert 0 <= low < high <= WIDE.width
    assert float(circle.get("cx")) == high


def test_without_rows_there_is_no_chart():
    with pytest.raises(ValueError, match="at least one"):
        ranked_intervals("Who", [])
