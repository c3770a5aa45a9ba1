"""Charts show each finding with its interval, and say it to a screen reader."""

from xml.etree import ElementTree as ET

import pytest

from patterns.charts import LABEL_WIDTH, TEXT_WIDTH, WIDTH, ranked_intervals, standalone

SVG = "{http://www.w3.org/2000/svg}"


def finding(lift, low, high, status="supported"):
    return {"lift": lift, "lift_low": low, "lift_high": high, "sample": 400, "converted": 40, "status": status}


ROWS = [
    ("Founder & <owner>", "the average", finding(2.0, 1.5, 2.6)),
    ("Clerk", "those without", finding(0.02, 0.0, 0.9, "suggestive")),
]


def parsed(svg):
    return ET.fromstring(svg)  # noqa: S314 (our own output)


def test_each_finding_is_drawn_and_said():
    root = parsed(ranked_intervals("Who books", ROWS))
    assert root.find(f"{SVG}title").text == "Who books"
    assert (
        "Founder & <owner>: 2.00 times the average, 1.50 to 2.60, 40 of 400 leads booked"
        in root.find(f"{SVG}desc").text
    )
    circles = list(root.iter(f"{SVG}circle"))
    assert [circle.get("class") for circle in circles] == ["supported", "suggestive"]
    lines = [line for line in root.iter(f"{SVG}line") if line.get("class") in ("supported", "suggestive")]
    for line, circle in zip(lines, circles, strict=True):
        assert float(line.get("x1")) <= float(circle.get("cx")) <= float(line.get("x2"))


def test_a_star_says_what_is_not_compared_with_the_average():
    texts = [text.text for text in parsed(ranked_intervals("t", ROWS)).iter(f"{SVG}text")]
    assert "* against those without" in texts
    assert "Clerk *" in texts
    assert "Founder & <owner>" in texts
    assert not any("*" in text.text for text in parsed(ranked_intervals("t", ROWS[:1])).iter(f"{SVG}text"))


def test_everything_stays_inside_the_plot():
    root = parsed(ranked_intervals("t", [("x", "the average", finding(50.0, 0.001, 900.0))]))
    for line in root.iter(f"{SVG}line"):
        assert LABEL_WIDTH <= float(line.get("x1")) <= float(line.get("x2")) <= WIDTH - TEXT_WIDTH


def test_a_sequence_has_no_counts_to_show():
    sequence = {"lift": 1.2, "lift_low": 1.1, "lift_high": 1.3, "status": "supported"}
    root = parsed(ranked_intervals("t", [("email > voice", "the default plan", sequence)]))
    assert root.find(f"{SVG}desc").text == "email > voice: 1.20 times the default plan, 1.10 to 1.30, supported."


def test_long_names_are_cut():
    root = parsed(ranked_intervals("t", [("n" * 200, "the average", finding(1, 0.9, 1.1, "none"))]))
    assert all(len(text.text) < 150 for text in root.iter(f"{SVG}text"))


def test_a_chart_on_its_own_brings_its_colours():
    alone = standalone(ranked_intervals("t", ROWS))
    assert parsed(alone).find(f"{SVG}style") is not None
    assert "prefers-color-scheme: dark" in alone


def test_nothing_cannot_be_drawn():
    with pytest.raises(ValueError, match="at least one finding"):
        ranked_intervals("t", [])
