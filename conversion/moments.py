"""A moment on the calendar, in UTC and at the lead."""

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo


class ZoneError(ValueError):
    """A name that is no IANA time zone."""


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises ZoneError for any other text.

    ZoneInfo itself answers with five kinds of exception: for an unknown name, a folder ("Asia"), a path, a NUL, and one
    too long for the file system.
    """
    try:
        return ZoneInfo(name.strip())
    except (KeyError, ValueError, OSError) as error:
        raise ZoneError(f"unknown time zone {name[:60]!r}") from error


def calendar_of(moment: datetime | None, zone: str | tzinfo | None) -> dict[str, Any]:
    """day_of_week (0 = Monday) and hour_of_day in UTC, local_day_of_week and local_hour in the zone.

    moment: aware, or None: then all are None. zone: an IANA name or a tzinfo; without one (None, blank) the local values
    are None. Raises ValueError on a naive moment or one at the edge of the calendar, where it has no time in UTC or in
    the zone, and ZoneError.
    """
    if moment is None:
        return {"day_of_week": None, "hour_of_day": None, "local_day_of_week": None, "local_hour": None}
    universal = in_zone(moment, UTC)
    if isinstance(zone, str):
        zone = zone_of(zone) if zone.strip() else None
    local = None if zone is None else in_zone(moment, zone)
    return {
        "day_of_week": universal.weekday(),
        "hour_of_day": universal.hour,
        "local_day_of_week": None if local is None else local.weekday(),
        "local_hour": None if local is None else local.hour,
    }


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """The moment in the zone. Raises ValueError on a naive one and where the calendar ends."""
    if moment.tzinfo is zone:
        return moment
    if moment.utcoffset() is None:
        raise ValueError("sent_at: a time without an offset")
    try:
        return moment.astimezone(zone)
    except OverflowError as error:
        raise ValueError(f"sent_at: {moment.isoformat()} is outside the calendar in {zone}") from error
