import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engines.calendar import checked, closed, closed_days, knows, local_moment, quiet

BERLIN, SYDNEY, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Sydney"), ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("country", "day", "reason"),
    [
        ("AU", date(2026, 1, 26), "Australia Day"),
        ("AU", date(2026, 1, 27), ""),
        ("DE", date(2026, 10, 3), "German Unity Day"),
        ("DE", date(2026, 10, 2), ""),
        ("DE", date(2026, 10, 4), "Sunday, weekend there"),
        ("US", date(2027, 12, 31), "New Year's Day (observed)"),  # the first of January 2028 is a Saturday
        ("SA", date(2026, 3, 6), "Friday, weekend there"),
        ("SA", date(2026, 3, 8), ""),
        ("AE", date(2021, 3, 5), "Friday, weekend there"),  # its weekend moved in 2022
        ("AE", date(2026, 3, 6), ""),
        ("IN", date(2026, 8, 15), "Independence Day"),
        ("XX", date(2026, 12, 25), ""),  # no holidays known
        (None, date(2026, 12, 25), ""),
        (None, date(2026, 12, 26), "Saturday"),
    ],
)
def test_closed(country, day, reason):
    assert closed(country, day) == reason


def test_known_countries():
    assert [knows(code) for code in ("AU", "IN", "AQ")] == [True, True, True]
    assert [knows(code) for code in ("XX", "au", "", None)] == [False, False, False, False]


def test_a_year_of_a_country_is_computed_once():
    assert closed_days("DE", 2026) is closed_days("DE", 2026)


def test_years_that_a_country_is_known_of_in_part_do_not_warn():
    assert closed("IN", date(2090, 8, 15)) == "Independence Day"  # the library knows India's moving feasts up to 2035


@pytest.mark.parametrize(
    ("hour", "rings"), [(0, True), (7, True), (8, False), (12, False), (20, False), (21, True), (23, True)]
)
def test_quiet_hours(hour, rings):
    assert [quiet(channel, hour) for channel in ("sms", "voice")] == [rings, rings]
    assert [quiet(channel, hour) for channel in ("email", "linkedin", "mail")] == [False, False, False]


@pytest.mark.parametrize(
    ("day", "hour", "zone", "utc"),
    [
        (date(2026, 3, 3), 10, BERLIN, datetime(2026, 3, 3, 9, tzinfo=UTC)),
        (date(2026, 3, 29), 1, BERLIN, datetime(2026, 3, 29, 0, tzinfo=UTC)),
        (date(2026, 3, 29), 2, BERLIN, None),  # the clock goes from 2 to 3
        (date(2026, 3, 29), 3, BERLIN, datetime(2026, 3, 29, 1, tzinfo=UTC)),
        (date(2026, 10, 25), 2, BERLIN, datetime(2026, 10, 25, 0, tzinfo=UTC)),  # the first of two
        (date(2026, 3, 8), 2, NEW_YORK, None),
        (date(2026, 11, 1), 1, NEW_YORK, datetime(2026, 11, 1, 5, tzinfo=UTC)),
        (date(2026, 10, 4), 2, SYDNEY, None),
        (date(2026, 4, 5), 2, SYDNEY, datetime(2026, 4, 4, 15, tzinfo=UTC)),
        (date(2011, 12, 30), 10, ZoneInfo("Pacific/Apia"), None),  # a Friday that Samoa left out
        (date(2026, 3, 3), 10, ZoneInfo("Asia/Kolkata"), datetime(2026, 3, 3, 4, 30, tzinfo=UTC)),
    ],
)
def test_local_moment(day, hour, zone, utc):
    moment = local_moment(day, hour, zone)
    assert (moment and moment.astimezone(UTC)) == utc
    if moment is not None:
        assert (moment.date(), moment.hour, moment.tzinfo) == (day, hour, zone)


def test_checked():
    moment = datetime(2026, 3, 2, 10, tzinfo=SYDNEY)
    assert checked(moment) == datetime(2026, 3, 1, 23, tzinfo=UTC)
    assert checked(datetime(1970, 1, 1, tzinfo=UTC)) == datetime(1970, 1, 1, tzinfo=UTC)
    assert checked(datetime(2099, 12, 31, 23, 59, tzinfo=UTC)).year == 2099


@pytest.mark.parametrize(
    ("moment", "message"),
    [
        (datetime(2026, 3, 2), "as_of: 2026-03-02T00:00:00 has no offset from UTC"),  # noqa: DTZ001 (the case)
        (datetime(1, 1, 1, tzinfo=SYDNEY), "outside the years 1970 to 2099"),
        (datetime(9999, 12, 31, 23, tzinfo=NEW_YORK), "outside the years 1970 to 2099"),
        (datetime(1969, 12, 31, 23, 59, tzinfo=UTC), "outside the years 1970 to 2099"),
        (datetime(2100, 1, 1, tzinfo=UTC), "outside the years 1970 to 2099"),
        (datetime(1970, 1, 1, tzinfo=UTC) - timedelta(microseconds=1), "outside the years 1970 to 2099"),
    ],
)
def test_absurd_moments_are_refused(moment, message):
    with pytest.raises(ValueError, match=message):
        checked(moment)


def test_no_database_is_needed():
    """The decision is pure: it imports without Django being set up."""
    code = "import engines.calendar, engines.whereabouts, engines.reach, engines.seats, sys; assert 'django' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 (our own interpreter)
