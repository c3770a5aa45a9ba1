"""What people may set of a client."""

import math

import pytest
from django.core.exceptions import ValidationError

from conversion.client_settings import check_icp, check_tiers, check_vocabulary


def told(check, *given):
    with pytest.raises(ValidationError) as error:
        check(*given)
    return " ".join(error.value.messages)


@pytest.mark.parametrize(
    "icp",
    [
        {},
        {"industries": [], "countries": ["Germany", "Österreich"]},
        {"employee_min": 0, "employee_max": None},
        {"employee_min": 50, "employee_max": 50},
    ],
)
def test_an_ideal_customer(icp):
    assert check_icp(icp) is None


@pytest.mark.parametrize(
    ("icp", "why"),
    [
        ([], "Expected an object with industries, countries, employee_min, employee_max."),
        (None, "Expected an object"),
        ({"industry": []}, "'industry' is not known"),
        ({"industries": "software"}, "industries: expected a list of at most 500 names."),
        ({"industries": ["x"] * 501}, "industries: expected a list of at most 500 names."),
        ({"countries": [" "]}, "countries: a name is a text"),
        ({"countries": ["a\0b"]}, "countries: a name is a text"),
        ({"countries": ["\ud800"]}, "countries: a name is a text"),
        ({"countries": ["A" * 256]}, "countries: a name is a text"),
        ({"countries": [1]}, "countries: a name is a text"),
        ({"employee_min": -1}, "employee_min: expected a whole number"),
        ({"employee_min": True}, "employee_min: expected a whole number"),
        ({"employee_max": 2**31}, "employee_max: expected a whole number"),
        ({"employee_max": math.nan}, "employee_max: expected a whole number"),
        ({"employee_min": 2000, "employee_max": 10}, "employee_min (2,000) is above employee_max (10)."),
    ],
)
def test_an_ideal_customer_that_cannot_be(icp, why):
    assert why in told(check_icp, icp)


def test_tiers():
    assert check_tiers({"hot": 80, "warm": 49.5}) is None


@pytest.mark.parametrize(
    ("tiers", "why"),
    [
        ([80, 50], "Expected an object with hot, warm."),
        ({"hot": 80}, "Give both hot and warm."),
        ({"hot": 80, "warm": 50, "cold": 1}, "'cold' is not known"),
        ({"hot": True, "warm": 0}, "hot: expected a number."),
        ({"hot": "80", "warm": 50}, "hot: expected a number."),
        ({"hot": math.inf, "warm": 50}, "hot: expected a number."),
        ({"hot": 80, "warm": math.nan}, "warm: expected a number."),
        ({"hot": 101, "warm": 50}, "hot: expected a score from 0 to 100."),
        ({"hot": 50, "warm": 50}, "hot must be above warm."),
    ],
)
def test_tiers_that_cannot_be(tiers, why):
    assert why in told(check_tiers, tiers)


def test_words_are_added_at_the_end():
    before = {"angles": [{"name": "ovens", "keywords": ["ovens"]}]}
    after = {"angles": [*before["angles"], {"name": "kettles", "keywords": ["kettles"]}]}
    assert check_vocabulary(before, {}) is None
    assert check_vocabulary(after, before) is None
    assert "Names that were added stay" in told(check_vocabulary, {"angles": after["angles"][1:]}, before)
    assert "Names that were added stay" in told(check_vocabulary, {}, before)


def test_words_that_cannot_be_are_told_by_their_list():
    with pytest.raises(ValidationError) as error:
        check_vocabulary({"ctas": [{"phrase": "worth a look?"}], "flags": []}, {})
    assert list(error.value.message_dict) == ["ctas"]
    assert "unknown key 'industries'" in told(check_vocabulary, {"industries": []}, {})
    assert check_vocabulary({"flags": []}, {"ctas": 5}) is None, "what is stored cannot be read: nothing points into it"
