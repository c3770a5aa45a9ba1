"""Texts fit or are cut with an ellipsis; names from outside stay texts."""

import pytest

from patterns.charts.drawing import cleaned, fitted, label, mark, short, width_of, wrapped


@pytest.mark.parametrize(
    "name", ["Head of Growth", "W" * 300, "i" * 300, "営業部長" * 40, "e\u0301" * 200, "a b " * 90]
)
@pytest.mark.parametrize("pixels", [40, 120, 700])
def test_what_is_shown_fits(name, pixels):
    shown = fitted(name, pixels)
    assert width_of(shown) <= pixels
    assert shown == cleaned(name) or (shown.endswith("…") and cleaned(name).startswith(shown[:-1]))


def test_lines_fit_and_lose_no_word():
    text = "what comes first and what comes then " * 6
    lines = wrapped(text, 200)
    assert " ".join(lines).split() == text.split()
    assert all(width_of(line, 12) <= 200 for line in lines)
    assert wrapped("", 200) == []


def test_names_are_one_printable_line():
    assert cleaned(" a\nb\x00\u202ec\t ") == "a b c"
    assert len(cleaned("x" * 10_000)) == 200


def test_what_means_something_in_xml_is_escaped():
    assert label(1, 2, "<b>&") == '<text x="1" y="2">&lt;b&gt;&amp;</text>'
    assert 'aria-label="&lt;&quot;&gt;"' in mark('<">', (0, 0, 1, 1))


@pytest.mark.parametrize(
    ("number", "wanted"), [(0, "0"), (999, "999"), (1000, "1.0k"), (7632, "7.6k"), (76_320, "76k"), (2_500_000, "2.5M")]
)
def test_short_numbers(number, wanted):
    assert short(number) == wanted
