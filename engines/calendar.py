"""When somebody may be written to or called: business days, quiet hours, and local time through changes of the clock.

Pure: no database, no clock. The holidays come from the `holidays` library, which computes them; a year of a country is
computed once a process.
"""

import calendar
import warnings
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import holidays

from conversion.vocabulary import Channel

DAY_NAMES = tuple(calendar.day_name)  # 0 = Monday; the names are English, no locale is set

# Telephone marketing is lawful between 08:00 and 21:00 at the person called (47 CFR 64.1200(c)(1)); a message rings too.
QUIET_ENDS, QUIET_BEGINS = 8, 21
RINGING = (Channel.SMS, Channel.VOICE)

# The time zone database begins in 1970, and nobody plans for the next century: a moment outside is a mistake of whoever
# gave it, and is refused rather than planned without zones and holidays.
FIRST_YEAR, LAST_YEAR = 1970, 2099

_SATURDAY = 5


def checked(moment: datetime) -> datetime:
    """The moment in UTC. Raises ValueError on a naive one and on years outside FIRST_YEAR to LAST_YEAR."""
    if moment.utcoffset() is None:
        raise ValueError(f"as_of: {moment.isoformat()} has no offset from UTC")
    try:
        universal = moment.astimezone(UTC)
    except OverflowError:
        universal = None
    if universal is None or not FIRST_YEAR <= universal.year <= LAST_YEAR:
        raise ValueError(f"as_of: {moment.isoformat()} is outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return universal


@lru_cache(maxsize=512)
def knows(country: str | None) -> bool:
    """Whether the public holidays of a country (ISO 3166-1, two letters) are known."""
    if not country:
        return False
    try:
        holidays.country_holidays(country)
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=1024)
def closed_days(country: str | None, year: int) -> Mapping[date, str]:
    """The days of a year that are no business days, and why: a holiday's name, or the weekend day's.

    country: ISO 3166-1, two letters. Only holidays of the whole country count, since a lead has no region; where the
    country is None or its holidays are not known, Saturdays and Sundays are all that is closed.
    """
    first = date(year, 1, 1)
    days = [first + timedelta(days=number) for number in range(366 if calendar.isleap(year) else 365)]
    if not knows(country):
        return MappingProxyType({day: DAY_NAMES[day.weekday()] for day in days if day.weekday() >= _SATURDAY})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of some countries only some years are known exactly, the others in part
        known = holidays.country_holidays(str(country), years=year, language="en_US")
    weekend = {day: f"{DAY_NAMES[day.weekday()]}, weekend there" for day in days if known.is_weekend(day)}
    return MappingProxyType(weekend | {day: str(name) for day, name in known.items()})


def closed(country: str | None, day: date) -> str:
    """Why the day is no business day in the country; empty where it is one."""
    return closed_days(country, day.year).get(day, "")


def quiet(channel: str, hour: int) -> bool:
    """Whether a touch that rings may not be made at this hour of the recipient's day; the others never ring."""
    return channel in RINGING and not QUIET_ENDS <= hour < QUIET_BEGINS


def local_moment(day: date, hour: int, zone: ZoneInfo) -> datetime | None:
    """The full hour of a day in a zone, aware. The first one of an hour that the clock repeats in autumn; None for one
    that it skips in spring, or on a day that the zone leaves out (Apia, 30 December 2011).
    """
    moment = datetime(day.year, day.month, day.day, hour, tzinfo=zone)
    there = moment.astimezone(UTC).astimezone(zone)
    return moment if there.replace(tzinfo=None) == moment.replace(tzinfo=None) else None
