"""A cell is the lift of its day times that of its hour; what shows no sign of an effect has no colour."""

import pytest

from patterns.charts.cells import day_hour_cells, shade
from patterns.charts.drawing import NARROW, WIDE
from tests.patterns.charts.drawn import finding, marks, parsed, shapes, texts

DAYS = [finding(1.6, day="Thursday", day_index=3), finding(0.9, status="none", day="Monday", day_index=0)]
HOURS = [finding(1.3, hour=15), finding(0.8, status="suggestive", hour=9), finding(0.98, status="none", hour=17)]


@pytest.mark.parametrize("layout", [WIDE, NARROW])
def test_cells_are_products(layout):
    svg = day_hour_cells("When", DAYS, HOURS, layout=layout)
    shown = [text for text in texts(parsed(svg)) if text.count(".") == 1]
    products = sorted(f"{day['lift'] * hour['lift']:.1f}" for day in DAYS for hour in HOURS)
    assert sorted(shown) == products
    [both] = [one for one in shapes(parsed(svg), "rect") if (one.get("class") or "").endswith(" both")]
    assert both.get("class") == "cell up-3 both"


def test_hours_in_which_nothing_was_sent_stay_empty():
    svg = day_hour_cells("When", DAYS, HOURS)
    cells = [one for one in shapes(parsed(svg), "rect") if (one.get("class") or "").startswith("cell")]
    assert len(cells) == len(DAYS) * len(HOURS)  # of nine hours from 9 to 17 three were used


@pytest.mark.parametrize(
    ("lift", "wanted"),
    [(0.5, "down-3"), (0.7, "down-2"), (0.9, "down-1"), (1.0, "level"), (1.1, "up-1"), (1.3, "up-2"), (2, "up-3")],
)
def test_shades(lift, wanted):
    assert shade(finding(lift), finding(1.0, status="none")) == wanted
    assert shade(finding(lift, status="none"), finding(1.0, status="none")) == "level"


def test_days_come_in_the_order_of_the_week_with_their_words():
    said = [words for words in marks(day_hour_cells("When", DAYS, HOURS)) if not words.startswith("at ")]
    assert [words.partition(":")[0] for words in said] == ["Monday", "Thursday"]
    assert "15:00 2.08" in said[1]
    assert "1.60 times the average, 1.20 to 1.80, 60 of 1,000 touches booked; supported" in said[1]


@pytest.mark.parametrize(("days", "hours"), [([], HOURS), (DAYS, [])])
def test_one_of_the_two_is_no_table(days, hours):
    with pytest.raises(ValueError, match="days and hours"):
        day_hour_cells("When", days, hours)
