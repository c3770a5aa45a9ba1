from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.pace import LONGEST, days_late, days_until, gap_between, gaps_of, later
from engines.whereabouts import Whereabouts

SYDNEY = Whereabouts("AU", ZoneInfo("Australia/Sydney"))
BERLIN = Whereabouts("DE", ZoneInfo("Europe/Berlin"))


def at(text, where=SYDNEY):
    return datetime.fromisoformat(text).replace(tzinfo=where.zone)


def local(moment, where=SYDNEY):
    return f"{moment.astimezone(where.zone):%a %d %b %H:%M}"


@pytest.mark.parametrize(
    ("moment", "days", "found"),
    [
        ("2026-03-03T10:00", 0, "Tue 03 Mar 10:00"),
        ("2026-03-03T10:00", 2, "Thu 05 Mar 10:00"),
        ("2026-03-03T10:00", 4, "Mon 09 Mar 10:00"),  # from a Saturday
        ("2026-04-01T10:00", 2, "Tue 07 Apr 10:00"),  # Good Friday to Easter Monday
        ("2026-04-02T10:00", 5, "Tue 07 Apr 10:00"),  # the clock went back on the 5th
    ],
)
def test_a_touch_keeps_its_hour_and_skips_days_that_are_none(moment, days, found):
    assert local(later(at(moment), days, SYDNEY)) == found


def test_the_hour_stays_where_the_clock_changes():
    assert local(later(at("2026-03-27T10:30", BERLIN), 3, BERLIN), BERLIN) == "Mon 30 Mar 10:30"
    assert local(later(at("2026-10-23T10:30", BERLIN), 3, BERLIN), BERLIN) == "Mon 26 Oct 10:30"


def test_how_many_days_until_a_moment():
    ten = at("2026-03-03T10:00")
    assert days_until(ten, at("2026-03-03T10:00"), SYDNEY) == 0
    assert days_until(ten, at("2026-03-05T00:00"), SYDNEY) == 2
    assert days_until(ten, at("2026-03-05T11:00"), SYDNEY) == 3


@settings(deadline=None)
@given(
    st.integers(0, 365 * 24).map(lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)),
    st.timedeltas(timedelta(days=-5), timedelta(days=200)),
)
def test_what_is_moved_comes_after_and_is_moved_once(moment, span):
    until = moment + span
    moved = later(moment, days_until(moment, until, SYDNEY), SYDNEY)
    assert moved >= until
    assert days_until(moved, until, SYDNEY) == 0
    assert moved - max(moment, until) < timedelta(days=9)


def test_absurd_moments_end():
    assert later(at("2026-03-03T10:00"), 10**9, SYDNEY) < at("2026-03-03T10:00") + timedelta(days=LONGEST + 9)


@pytest.mark.parametrize(
    ("planned", "sent", "gap", "days"),
    [
        ("2026-03-05T10:00", "2026-03-03T10:04", 2, 0),
        ("2026-03-05T10:00", "2026-03-03T21:00", 2, 0),  # late on its day, and still two days before
        ("2026-03-05T10:00", "2026-03-04T08:00", 2, 1),
        ("2026-03-05T10:00", "2026-03-25T10:00", 2, 22),
        ("2026-03-05T10:00", "2026-02-01T10:00", 2, 0),
    ],
)
def test_how_late_a_touch_is_for_its_distance(planned, sent, gap, days):
    assert days_late(at(planned), at(sent), gap, SYDNEY) == days


def test_gaps_between_touches():
    assert gap_between([2, 3, 4], 1, 2) == 2
    assert gap_between([2, 3, 4], 1, 4) == 9
    assert gap_between([2, 3, 4], 3, 6) == 4 + 3 + 3  # past what the plan names
    assert gap_between([], 1, 3) == 5  # the usual ones
    assert gaps_of([at("2026-03-03T10:00"), at("2026-03-05T14:00"), at("2026-03-10T09:00")]) == [2, 5]
