"""Local wall-clock times to seconds since 1970, for many leads at once."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from patterns.detectors.frame import DAY, Bools, Floats, Ints

HOURS = 24
EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday; 0 = Monday
SATURDAY = 5


def weekday(day: Ints) -> Ints:
    """0 = Monday .. 6, of days since 1970."""
    return (day + EPOCH_WEEKDAY) % 7


def to_utc(zones: tuple[str, ...], zone: Ints, day: Ints, second: Ints) -> tuple[Floats, Ints]:
    """Seconds since 1970, and the local hour, of wall-clock times.

    zone: position in `zones`. day: local date, days since 1970. second: of the local day. A time that the zone skips in
    spring becomes the same minute of the hour after; one that happens twice is the first.
    """
    low, high = int(day.min()), int(day.max())
    offsets, exists = (np.stack(part) for part in zip(*(hour_table(name, low, high) for name in zones), strict=True))
    hour = second // 3600
    at = (zone, day - low, hour)
    later = np.where(exists[at], 0, 1)
    return day * DAY + second - offsets[at], (hour + later).astype(np.int8)


def to_local(zones: tuple[str, ...], zone: Ints, seconds: Floats) -> tuple[Ints, Ints]:
    """Weekday (0 = Monday) and hour at the zone, position in `zones`, of seconds since 1970; one shape for all."""
    hour = (seconds // 3600).astype(np.int64)  # every zone that is in use changes its clock on the hour
    pairs, place = np.unique(np.stack([zone.ravel(), hour.ravel()]), axis=1, return_inverse=True)
    moments = [datetime.fromtimestamp(at * 3600, ZoneInfo(zones[name])) for name, at in pairs.T.tolist()]
    local = (seconds.ravel() + np.array([offset(moment) for moment in moments])[place.ravel()]).reshape(zone.shape)
    return weekday((local // DAY).astype(np.int64)).astype(np.int8), (local % DAY // 3600).astype(np.int8)


@lru_cache(maxsize=256)
def hour_table(name: str, low: int, high: int) -> tuple[Ints, Bools]:
    """Offsets from UTC in seconds, and whether the hour exists, (days, 24), of the local dates low to high."""
    zone = ZoneInfo(name)
    midnights = [datetime(1970, 1, 1, tzinfo=zone) + timedelta(days=low + step) for step in range(high - low + 2)]
    at_midnight = np.array([offset(moment) for moment in midnights])
    offsets = np.repeat(at_midnight[:-1, None], HOURS, axis=1)
    exists = np.ones_like(offsets, dtype=bool)
    for row in np.flatnonzero(np.diff(at_midnight)):  # the zone changes its clock on this date
        for hour in range(HOURS):
            moment = midnights[row].replace(hour=hour)
            offsets[row, hour] = offset(moment)
            exists[row, hour] = moment.astimezone(UTC).astimezone(zone).hour == hour
    return offsets, exists


def offset(moment: datetime) -> int:
    """Seconds east of UTC."""
    return int(moment.utcoffset().total_seconds())  # type: ignore[union-attr]  # every moment here is aware
