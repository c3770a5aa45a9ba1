"""Wall clocks of several zones, and what happens to them when a zone changes its clock."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from patterns.simulator.clock import to_local, to_utc, weekday
from patterns.simulator.leads import ZONES

EPOCH = date(1970, 1, 1)


def utc(zone: str, day: date, hour: int, minute: int = 0) -> tuple[str, int]:
    seconds, local_hour = to_utc(
        ZONES, np.array([ZONES.index(zone)]), np.array([(day - EPOCH).days]), np.array([hour * 3600 + minute * 60])
    )
    return datetime.fromtimestamp(seconds[0], UTC).strftime("%Y-%m-%d %H:%M"), int(local_hour[0])


@pytest.mark.parametrize(
    ("zone", "day", "hour", "expected"),
    [
        ("Australia/Sydney", date(2026, 1, 15), 10, ("2026-01-14 23:00", 10)),
        ("Australia/Sydney", date(2026, 7, 15), 10, ("2026-07-15 00:00", 10)),
        ("America/Los_Angeles", date(2026, 1, 15), 18, ("2026-01-16 02:00", 18)),
        ("Europe/London", date(2026, 3, 29), 0, ("2026-03-29 00:00", 0)),  # the clock goes forward at 1:00
        ("Europe/London", date(2026, 3, 29), 1, ("2026-03-29 01:00", 2)),  # 1:00 does not exist: 2:00
        ("Europe/London", date(2026, 3, 29), 3, ("2026-03-29 02:00", 3)),
        ("Europe/Berlin", date(2025, 10, 26), 2, ("2025-10-26 00:00", 2)),  # 2:00 happens twice: the first
        ("Europe/Berlin", date(2025, 10, 26), 3, ("2025-10-26 02:00", 3)),
    ],
)
def test_wall_clock_times_become_moments(zone, day, hour, expected):
    assert utc(zone, day, hour) == expected


def test_weekdays_count_from_monday():
    days = np.array([(date(2026, 3, 2) - EPOCH).days + step for step in range(7)])
    assert weekday(days).tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_there_and_back():
    rng = np.random.default_rng(0)
    zone = rng.integers(0, len(ZONES), (500, 3))
    day = (date(2025, 6, 1) - EPOCH).days + rng.integers(0, 300, (500, 3))
    seconds, hour = to_utc(ZONES, zone, day, rng.integers(0, 86_400, (500, 3)))
    back = to_local(ZONES, zone, seconds)
    assert back[0].tolist() == weekday(day).tolist()
    assert back[1].tolist() == hour.tolist()
