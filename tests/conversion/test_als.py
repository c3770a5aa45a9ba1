import math
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from conversion.als import (
    DEFAULT_ICP,
    DEFAULT_TIERS,
    DEFAULT_WEIGHTS,
    MAXIMA,
    Components,
    authority,
    company_fit,
    components_of,
    data_quality,
    points_of,
    risk,
    score,
    tier,
    timing,
    worth,
)
from conversion.vocabulary import COMPONENTS, Tier

ICP = {"industries": ["Marketing", "Café"], "employee_min": 5, "employee_max": 50, "countries": ["Australia"]}
FULL = SimpleNamespace(
    email="a@b.co",
    email_verified=True,
    phone="+61400000000",
    phone_verified=True,
    linkedin_url="https://linkedin.com/in/a",
    is_personal_email=True,
    title="Founder",
    industry="Marketing",
    employee_count=20,
    country="Australia",
    is_new_role=True,
    is_hiring=True,
    recently_funded=True,
    has_bounced=False,
    is_unsubscribed=False,
    is_competitor=False,
    do_not_contact=False,
)


def total(points):
    return sum(point.points for point in points)


def lead(**attributes):
    return SimpleNamespace(**attributes)


def test_constants():
    assert dict(DEFAULT_WEIGHTS) == {"data_quality": 0.2, "authority": 0.25, "company_fit": 0.25, "timing": 0.15}
    assert dict(MAXIMA) == {"data_quality": 20, "authority": 25, "company_fit": 25, "timing": 15}
    assert tuple(DEFAULT_WEIGHTS) == tuple(MAXIMA) == COMPONENTS
    assert dict(DEFAULT_TIERS) == {"hot": 80, "warm": 50}


@pytest.mark.parametrize(
    ("attributes", "points"),
    [
        ({}, 0),
        ({"email": "a@b.co"}, 4),
        ({"email": "  "}, 0),
        ({"email": "a@b.co", "email_verified": True}, 8),
        ({"email": "a@b.co", "email_verified": False}, 4),
        ({"phone": "1"}, 3),
        ({"phone": "1", "phone_verified": True}, 6),
        ({"phone": "1", "phone_verified": None}, 3),
        ({"linkedin_url": "x"}, 4),
        ({"is_personal_email": True}, 2),
        ({"is_personal_email": None}, 0),
        (vars(FULL), 20),
    ],
)
def test_data_quality(attributes, points):
    assert total(data_quality(lead(**attributes))) == points


@pytest.mark.parametrize(
    ("attributes", "points"), [({}, 5), ({"title": None}, 5), ({"title": "CEO"}, 22), ({"title": "Owner"}, 25)]
)
def test_authority(attributes, points):
    assert total(authority(lead(**attributes))) == points


@pytest.mark.parametrize(
    ("attributes", "points"),
    [
        ({}, 0),
        ({"industry": "MARKETING "}, 10),
        ({"industry": "cafe"}, 10),
        ({"industry": "Marketing & PR"}, 0),
        ({"country": "australia"}, 7),
        ({"country": "Austria"}, 0),
        ({"employee_count": 5}, 8),
        ({"employee_count": 50}, 8),
        ({"employee_count": 51}, 0),
        ({"employee_count": 4}, 4),
        ({"employee_count": 1}, 4),
        ({"employee_count": 0}, 0),
        ({"employee_count": None}, 0),
        (vars(FULL), 25),
    ],
)
def test_company_fit(attributes, points):
    assert total(company_fit(lead(**attributes), ICP)) == points


@pytest.mark.parametrize(
    ("icp", "employees", "points"),
    [
        ({}, 5, 8),  # the defaults, 5 to 50
        ({}, 51, 0),
        ({"employee_min": 30, "employee_max": 40}, 59, 4),  # past the range, below twice its minimum
        ({"employee_min": 30, "employee_max": 40}, 60, 0),
        ({"employee_min": None, "employee_max": 40}, 1, 8),
        ({"employee_min": None, "employee_max": 40}, 41, 0),
        ({"employee_min": 30, "employee_max": None}, 9_000_000, 8),
    ],
)
def test_size_against_the_ideal_profile(icp, employees, points):
    assert total(company_fit(lead(employee_count=employees), icp)) == points


def test_an_ideal_profile_without_lists():
    assert total(company_fit(FULL, {"industries": None, "countries": []})) == 8
    assert total(company_fit(FULL, DEFAULT_ICP)) == 15


@pytest.mark.parametrize(
    ("attributes", "points"),
    [({}, 0), ({"is_new_role": True}, 6), ({"is_hiring": True}, 5), ({"recently_funded": True}, 4), (vars(FULL), 15)],
)
def test_timing(attributes, points):
    assert total(timing(lead(**attributes))) == points


@pytest.mark.parametrize(
    ("attributes", "points", "counted"),
    [
        ({}, 0, 0),
        ({"has_bounced": None}, 0, 0),
        ({"is_competitor": True}, 10, 10),
        ({"has_bounced": True}, 15, 15),
        ({"is_unsubscribed": True}, 15, 15),
        ({"do_not_contact": True}, 50, 15),
        ({"is_competitor": True, "has_bounced": True}, 25, 15),
    ],
)
def test_risk(attributes, points, counted):
    assert total(risk(lead(**attributes))) == points
    assert components_of(lead(**attributes)).risk == counted


def test_components():
    assert components_of(FULL, ICP) == Components(20, 25, 25, 15, 0)
    assert components_of(lead()) == Components(0, 5, 0, 0, 0)


def test_reasons_in_words():
    some = lead(email="a@b.co", title="Co-founder", industry="Law", employee_count=3, is_competitor=True)
    assert [(point.component, point.points, point.most, point.reason) for point in points_of(some, ICP)] == [
        ("data_quality", 4, 8, "e-mail not verified"),
        ("data_quality", 0, 6, "no phone"),
        ("data_quality", 0, 4, "no LinkedIn profile"),
        ("data_quality", 0, 2, "no personal e-mail"),
        ("authority", 25, 25, "co-founder"),
        ("company_fit", 0, 10, "industry Law not in the ideal profile"),
        ("company_fit", 4, 8, "3 employees, outside the ideal size"),
        ("company_fit", 0, 7, "no country"),
        ("timing", 0, 6, "no new role"),
        ("timing", 0, 5, "no hiring"),
        ("timing", 0, 4, "no recent funding"),
        ("risk", 0, 15, "no bounce"),
        ("risk", 0, 15, "no unsubscribe"),
        ("risk", 10, 10, "competitor"),
        ("risk", 0, 50, "no do-not-contact mark"),
    ]
    assert [point.reason for title in (None, "Nurse") for point in authority(lead(title=title))] == [
        "no title",
        "other title",
    ]


def test_worth_of_points():
    assert worth("authority", 25) == 25
    assert worth("data_quality", 6) == pytest.approx(6)
    assert worth("timing", 15, {**DEFAULT_WEIGHTS, "timing": 0.3}) == pytest.approx(30)
    assert worth("risk", 10) == -10


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        (Components(20, 25, 25, 15, 0), 85),
        (Components(20, 25, 25, 15, 15), 70),
        (Components(0, 0, 0, 0, 0), 0),
        (Components(0, 5, 0, 0, 15), 0),
        (Components(8, 22, 18, 6, 10), 44),
        (Components(0, 5, 0, 0, 0), 5),
    ],
)
def test_score_by_the_defaults(components, expected):
    assert score(components) == expected


def test_a_score_is_cut_and_not_rounded():
    weights = {"data_quality": 0.199, "authority": 0.25, "company_fit": 0.25, "timing": 0.15}
    assert score(Components(20, 25, 25, 15, 0), weights) == 84  # 84.9
    assert score(Components(1, 0, 0, 0, 0), weights) == 0  # 0.995


@pytest.mark.parametrize("step", [Fraction(1, 100), Fraction(1, 1000)])
def test_a_score_is_that_of_exact_arithmetic(step):
    rng = np.random.default_rng(5)
    for _ in range(2000):
        raw = [int(count) * step for count in rng.integers(Fraction(1, 20) / step, Fraction(1, 2) / step, size=4)]
        points = [int(rng.integers(0, most + 1)) for most in MAXIMA.values()]
        taken = int(rng.integers(0, 16))
        exact = sum(p * w / most for p, w, most in zip(points, raw, MAXIMA.values(), strict=True)) * 100 - taken
        weights = dict(zip(MAXIMA, map(float, raw), strict=True))
        assert score(Components(*points, taken), weights) == math.floor(min(max(exact, 0), 100))


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        (100, Tier.HOT),
        (80, Tier.HOT),
        (79, Tier.WARM),
        (79.9, Tier.WARM),
        (50, Tier.WARM),
        (49, Tier.COOL),
        (0, Tier.COOL),
        (None, Tier.WARM),
    ],
)
def test_tier(points, expected):
    assert tier(points) is expected


def test_a_client_s_own_tiers():
    assert tier(60, {"hot": 60, "warm": 30}) is Tier.HOT
    assert tier(59, {"hot": 60, "warm": 30}) is Tier.WARM
    assert tier(29, {"hot": 60, "warm": 30}) is Tier.COOL
    assert tier(None, {"hot": 60, "warm": 51}) is Tier.COOL
    assert tier(79, {"warm": 70}) is Tier.WARM
