"""Pictures show each finding of a payload with its values, in words as well, inside their frame; and what comes from outside
stays text.
"""

import io
import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from conversion.clients import find_client
from conversion.vocabulary import PatternType
from patterns.charts.colours import standalone
from patterns.learning import learn
from patterns.pictures import DRAWN, pictures
from patterns.simulator.load import load
from patterns.simulator.world import simulate
from tests.patterns.stored import finding, who

SVG = "{http://www.w3.org/2000/svg}"
AT = datetime(2026, 3, 2, tzinfo=UTC)
HOSTILE = "<script>alert('x')</script> & \"quoted\" \u202e\x07" + "W" * 500


def parsed(svg):
    return ET.fromstring(svg)  # noqa: S314 (our own output)


def marks(svg):
    return [one.get("aria-label") for one in parsed(svg).iter(f"{SVG}g") if one.get("class") == "mark"]


@pytest.fixture(scope="module")
def learned(django_db_setup, django_db_blocker):
    """The payloads of a simulated client in which much matters."""
    from django.db import transaction  # noqa: PLC0415

    with django_db_blocker.unblock(), transaction.atomic():
        load(simulate("all", leads=1500, seed=3, as_of=AT), "Drawn", stdout=io.StringIO())
        found = learn(find_client("Drawn"), AT).payloads()
        transaction.set_rollback(True)
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("kind", list(PatternType))
def test_each_picture_is_well_formed_readable_and_without_style(learned, kind):
    drawn = pictures(kind, learned[kind])
    assert drawn
    for picture in drawn:
        for svg in (picture.svg, picture.narrow):
            root = parsed(svg)
            assert root.find(f"{SVG}title").text
            assert root.find(f"{SVG}desc").text
            assert " style=" not in svg
            assert "<style" not in svg
            said = marks(svg)
            assert said
            assert all(said)
            focused = [one for one in root.iter(f"{SVG}g") if one.get("class") == "mark"]
            assert all(one.get("tabindex") == "0" for one in focused)
        assert picture.rows
        assert {len(row) for row in picture.rows} == {len(picture.columns)}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", list(PatternType))
def test_nothing_lies_outside_of_the_frame(learned, kind):
    for picture in pictures(kind, learned[kind]):
        for svg in (picture.svg, picture.narrow):
            root = parsed(svg)
            width, height = (float(root.get(name)) for name in ("width", "height"))
            for one in root.iter():
                for name, most in (
                    ("x", width),
                    ("x1", width),
                    ("x2", width),
                    ("cx", width),
                    ("y", height),
                    ("cy", height),
                ):
                    if one.get(name) is not None:
                        assert -0.5 <= float(one.get(name)) <= most + 0.5, (picture.key, ET.tostring(one))


def test_the_marks_say_what_the_payload_says():
    picture = pictures(PatternType.WHO, who())[0]
    said = " ".join(marks(picture.svg))
    assert "title Founder: 1.50 times the average, 1.25 to 1.75, 60 of 1,000 leads booked; supported" in said
    founder = next(row for row in picture.rows if row[0] == "title Founder")
    assert any("1.50" in cell for cell in founder)
    assert {"Founder" in one for one in marks(picture.narrow)} == {True, False}


def test_the_better_stands_above_the_worse():
    titles = [finding(lift=0.5, title="Clerk", lift_low=0.4, lift_high=0.6), finding(lift=2.0, title="Founder")]
    [picture] = pictures(PatternType.WHO, {"title_rankings": titles})
    said = marks(picture.svg)
    assert [one.partition(":")[0] for one in said] == ["title Founder", "title Clerk"]


def test_what_comes_from_outside_stays_text():
    for picture in pictures(PatternType.WHO, who(title_rankings=[finding(title=HOSTILE)])):
        for svg in (picture.svg, picture.narrow, standalone(picture.svg, HOSTILE, picture.note)):
            parsed(svg)
            assert "<script" not in svg
            assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e]", svg)


def test_thousands_of_titles_are_cut_to_the_strongest_and_that_is_said():
    titles = [finding(lift=1 + number / 1000, title=f"Title {number}", lift_high=9) for number in range(1000)]
    [picture] = pictures(PatternType.WHO, {"title_rankings": titles})
    assert len(marks(picture.svg)) == DRAWN
    assert f"The {DRAWN} strongest of 1,000" in picture.note


@pytest.mark.parametrize("payload", [{}, {"abstained": "too few"}, [], None, {"title_rankings": [{"lift": "x"}]}])
@pytest.mark.parametrize("kind", list(PatternType))
def test_nothing_to_draw_is_no_picture(kind, payload):
    assert pictures(kind, payload) == []


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1, None, "2", True, 1e300])
def test_numbers_that_are_none_are_left_out(bad):
    titles = [finding(title="Founder"), finding(title="Clerk", lift_high=bad)]
    said = [one for picture in pictures(PatternType.WHO, {"title_rankings": titles}) for one in marks(picture.svg)]
    assert [one.partition(":")[0] for one in said] == ["title Founder"]
