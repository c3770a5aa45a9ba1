"""What a lead's learned points are: looked up, kept within bounds, mixed with the rules where half believed."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from conversion.learned import LearnedComponent, LearnedComponents, Table, same, value_of

TITLE = Table("title", "title", {"founder": 9.0, "clerk": -14.0})
FIT = (
    Table("industry", "industry", {"software": 3.0}),
    Table("size", "employee_count", {"16-30": 2.5}),
    Table("plan", "plan", {"paid": 1.25}, is_extra=True),
)
TIMING = (Table("hiring", "is_hiring", {"yes": 2.0, "no": -0.5}),)


def component(name, tables):
    return LearnedComponent(name, 12.0, 10.0, 0.5, 0.1, tables)


LEARNED = LearnedComponents(
    0.2,
    {
        "authority": component("authority", (TITLE,)),
        "company_fit": component("company_fit", FIT),
        "timing": component("timing", TIMING),
    },
)
RULES = {"authority": 10, "company_fit": 8, "timing": 6}


def points(learned=LEARNED, **fields):
    return learned.points(SimpleNamespace(**fields), RULES)


def test_a_lead_of_which_nothing_is_known_is_average():
    assert points() == {"authority": 12.0, "company_fit": 11.0, "timing": 10.0}  # 12 + 0.5 (rules - 10)


def test_values_are_looked_up_whatever_their_spelling():
    found = points(title="  FOUNDER ", industry="Software", employee_count=16, is_hiring=True, extra={"plan": "Paid"})
    assert found == {"authority": 21.0, "company_fit": 17.75, "timing": 12.0}


def test_points_stay_within_the_component():
    assert points(title="clerk")["authority"] == 0.0
    assert LEARNED.points(SimpleNamespace(title="Founder"), {**RULES, "authority": 25})["authority"] == 25.0


def test_half_believed_is_half_way_from_the_rules():
    assert points(replace(LEARNED, share=0.5), title="Founder")["authority"] == 15.5


@pytest.mark.parametrize("extra", [None, "x", [], {"plan": 7}, {"other": "paid"}])
def test_what_is_no_text_is_not_known(extra):
    assert points(extra=extra)["company_fit"] == 11.0


@pytest.mark.parametrize(
    ("attribute", "value", "known"),
    [
        ("size", 5, "1-5"),
        ("size", 501, "501+"),
        ("size", 0, None),
        ("size", None, None),
        ("hiring", True, "yes"),
        ("hiring", False, "no"),
        ("hiring", None, None),
        ("title", "", None),
        ("title", "Chef  de\u00a0Projet", "chef de projet"),
    ],
)
def test_values(attribute, value, known):
    assert value_of(attribute, value) == known


def test_spellings_of_one_name():
    assert same("Cafe\u0301 Owner") == same(" café  OWNER")


def test_times_as_often():
    part = LEARNED.parts["authority"]
    assert part.times(0, 0.2) == 1.0
    assert part.times(10, 0.2) == pytest.approx(2.02305, abs=1e-5)  # odds ratio e: e / (0.8 + 0.2 e)
    assert LEARNED.extras == ("plan",)


@pytest.mark.parametrize(("rate", "points", "times"), [(0.5, 1e6, 2.0), (1.0, -1e6, 1.0), (0.5, -1e6, 0.0)])
def test_times_beyond_what_a_computer_can_hold(rate, points, times):
    assert component("authority", ()).times(points, rate) == pytest.approx(times)
