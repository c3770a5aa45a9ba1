from datetime import date, timedelta

import pytest

from engines.fatigue import free_day, refusal

TODAY = date(2026, 3, 10)


def ago(*days):
    return [TODAY - timedelta(days=number) for number in days]


@pytest.mark.parametrize(
    ("days", "reason", "free_in"),
    [
        ([], "", None),
        (ago(1, 2), "", None),
        (ago(7, 8, 9, 1, 2), "", None),
        (ago(0), "the lead had 1 touch today, and 1 touch a day is the limit over all channels", 1),
        (ago(0, 0), "the lead had 2 touches today, and 1 touch a day is the limit over all channels", 1),
        (ago(1, 3, 6), "the lead had 3 touches within 7 days, and 3 is the limit over all channels", 1),
        (ago(1, 3, 5), "the lead had 3 touches within 7 days, and 3 is the limit over all channels", 2),
        (ago(1, 1, 1), "the lead had 3 touches within 7 days, and 3 is the limit over all channels", 6),
        (ago(0, 2, 6), "the lead had 1 touch today, and 1 touch a day is the limit over all channels", 1),
        (ago(0, 1, 2), "the lead had 1 touch today, and 1 touch a day is the limit over all channels", 5),
    ],
)
def test_one_a_day_and_three_a_week(days, reason, free_in):
    assert refusal(days, TODAY) == reason
    if free_in is not None:
        assert free_day(days, TODAY) == TODAY + timedelta(days=free_in)


def test_the_usual_plan_is_within_the_limit():
    days = []
    day = TODAY
    for gap in (0, 2, 3, 4, 5, 7):
        day += timedelta(days=gap)
        assert refusal(days, day) == ""
        days.append(day)
