from datetime import date, timedelta

import pytest

from engines.ramp import cap_on, day_of, is_ramping

START = date(2026, 3, 2)


def caps(daily_cap, days):
    return [cap_on(START + timedelta(days=number - 1), daily_cap, START) for number in days]


@pytest.mark.parametrize(
    ("daily_cap", "expected"),
    [
        (50, [5, 5, 8, 15, 27, 45, 50, 50]),
        (200, [5, 5, 11, 29, 76, 174, 200, 200]),
        (6, [5, 5, 5, 5, 5, 5, 6, 6]),
        (5, [5] * 8),
        (3, [3] * 8),
        (0, [0] * 8),
    ],
)
def test_the_cap_grows_by_the_same_factor_each_day(daily_cap, expected):
    assert caps(daily_cap, [0, 1, 7, 14, 21, 27, 28, 400]) == expected


def test_it_never_falls():
    for daily_cap in range(120):
        grown = caps(daily_cap, range(1, 40))
        assert grown == sorted(grown)
        assert grown[-1] == daily_cap


def test_without_a_ramp_the_cap_is_full():
    assert cap_on(START, 50, None) == 50


def test_days_are_counted_from_one():
    assert [day_of(START, START + timedelta(days=step)) for step in (-3, 0, 1, 27)] == [1, 1, 2, 28]
    assert [is_ramping(START, START + timedelta(days=step)) for step in (-3, 26, 27)] == [True, True, False]
    assert not is_ramping(None, START)
