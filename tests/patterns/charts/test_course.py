"""The hazard lies where its rate lies, and nothing is drawn across a touch that was never sent."""

import pytest

from patterns.charts.course import hazard_course, runs, scale
from patterns.charts.drawing import NARROW, WIDE
from tests.patterns.charts.drawn import finding, marks, numbers, parsed, shapes, texts

ITEMS = [
    finding(touch=touch, rate=rate, low=rate - 0.01, high=rate + 0.01, sample=7600 - touch)
    for touch, rate in ((1, 0.05), (2, 0.04), (4, 0.02))
]


@pytest.mark.parametrize("layout", [WIDE, NARROW])
def test_heights_are_in_proportion_to_rates(layout):
    svg = hazard_course("Touches", ITEMS, layout=layout)
    heights = []
    for mark in marks(svg).values():
        (circle,), (line,) = shapes(mark, "circle"), shapes(mark, "line")
        low, high = numbers(line, "y1", "y2")
        assert low > float(circle.get("cy")) > high  # y grows downwards
        heights.append(float(circle.get("cy")))
    zero = float(next(one for one in shapes(parsed(svg), "text") if one.text == "0 %").get("y")) - 4
    each = [(zero - height) / item["rate"] for height, item in zip(heights, ITEMS, strict=True)]
    assert each == pytest.approx([each[0]] * 3, rel=0.01)


def test_how_many_that_speaks_of_stands_below():
    assert {"7,599", "7,598", "7,596"} <= set(texts(parsed(hazard_course("Touches", ITEMS))))
    assert "7.6k" in texts(parsed(hazard_course("Touches", ITEMS, layout=NARROW)))


def test_a_gap_among_touch_numbers_breaks_the_band():
    assert [[item["touch"] for item in run] for run in runs(ITEMS)] == [[1, 2], [4]]
    assert len(shapes(parsed(hazard_course("Touches", ITEMS)), "polygon", "band")) == 2


def test_depletion_is_a_dashed_line_where_it_is_known():
    [line] = shapes(parsed(hazard_course("Touches", ITEMS, [0.05, 0.045, 0.04, 0.038, 0.03])), "polyline", "average")
    assert len(line.get("points").split()) == 4  # no further than the touches
    assert not shapes(parsed(hazard_course("Touches", ITEMS)), "polyline", "average")


@pytest.mark.parametrize("highest", [1e-7, 0.0004, 0.0199, 0.05, 0.33, 1.0])
def test_the_scale_is_round_and_reaches_the_highest(highest):
    ticks = scale(highest)
    assert ticks[0] == 0
    assert ticks[-1] >= highest * (1 - 1e-9)
    assert 2 <= len(ticks) <= 7


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_nothing_and_all_are_drawn(rate):
    parsed(hazard_course("Touches", [finding(touch=1, rate=rate, low=rate, high=rate)]))


def test_without_a_touch_there_is_no_course():
    with pytest.raises(ValueError, match="at least one"):
        hazard_course("Touches", [])
