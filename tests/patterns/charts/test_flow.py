"""Streams are as broad as their share of the touches after their channel, and end where their interval stands."""

import re

import pytest

from patterns.charts.drawing import NARROW, WIDE
from patterns.charts.flow import channel_flow, shares
from tests.patterns.charts.drawn import finding, marks, parsed, shapes, texts

CHANNELS = ("email", "sms", "linkedin", "voice", "mail")
FLOWS = {
    "email": [("email", finding(1.0, 0.9, 1.1, "none", sample=300)), ("voice", finding(1.4, 1.2, 1.7, sample=100))],
    "voice": [("email", finding(0.9, 0.7, 1.1, "suggestive", sample=50))],
}


def test_streams_share_their_channel_by_their_numbers():
    placed = shares(FLOWS["email"], 8, 56)
    assert [broad for _, broad in placed] == [42, 14]
    assert [middle for middle, _ in placed] == [8 + 21, 8 + 42 + 7]
    assert [broad for _, broad in shares([("a", finding(sample=0))], 0, 28)] == [0]


@pytest.mark.parametrize("layout", [WIDE, NARROW])
def test_each_transition_is_a_stream_and_a_mark(layout):
    svg = channel_flow("How", FLOWS, {"voice": finding(1.39)}, layout=layout)
    root = parsed(svg)
    assert [one.get("class") for one in shapes(root, "path")] == ["flow-none", "flow-supported", "flow-suggestive"]
    said = list(marks(svg))
    assert said[1] == (
        "voice after email: 1.40 times all that followed it, 1.20 to 1.70, 60 of 100 touches booked; supported"
    )
    assert any("1.40 (1.20–1.70), n 100" in text for text in texts(root))
    if layout is NARROW:
        assert "after voice (itself 1.39 times)" in texts(root)


@pytest.mark.parametrize("layout", [WIDE, NARROW])
@pytest.mark.parametrize("count", [2, 5])
def test_streams_end_at_the_line_of_their_interval(layout, count):
    flows = {
        one: [(other, finding(sample=10**i)) for i, other in enumerate(CHANNELS[:count])] for one in CHANNELS[:count]
    }
    svg = channel_flow("How", flows, {}, layout=layout)
    ends = [float(re.search(r" L[\d.]+,([\d.]+) ", one.get("d"))[1]) for one in shapes(parsed(svg), "path")]
    dots = [float(one.get("cy")) for one in shapes(parsed(svg), "circle")]
    assert len(ends) == count**2
    assert all(0 <= end - dot <= 10 for end, dot in zip(ends, dots, strict=True))


def test_without_a_transition_there_is_no_flow():
    with pytest.raises(ValueError, match="at least one"):
        channel_flow("How", {"email": []}, {})
