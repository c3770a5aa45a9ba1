"""How many touches a new sender may make on a day, while receivers come to know it.

Pure. The shape is a judgement. Guides to the warming of mailboxes agree on a start of 5 to 20 a day, a steady increase, and
three to six weeks in all; receivers judge a day's volume by the days before it. So the cap grows by the same factor each day:
from 5 on the first day to the full cap on the 28th.
"""

from datetime import date

FIRST_CAP = 5  # touches on the first day
DAYS = 28  # the day of the ramp, from 1, on which the full cap is reached


def day_of(started_on: date, day: date) -> int:
    """The day of the ramp, from 1; 1 also before it began."""
    return max((day - started_on).days, 0) + 1


def is_ramping(started_on: date | None, day: date) -> bool:
    return started_on is not None and day_of(started_on, day) < DAYS


def cap_on(day: date, daily_cap: int, started_on: date | None) -> int:
    """Most touches on a day of the sender. started_on: the first day of its ramp, None where it has none.

    min(daily_cap, floor(5 * (daily_cap / 5) ** ((day of the ramp - 1) / 27))): 5 5 5 6 7 ... 50 for a cap of 50.
    """
    if started_on is None or not is_ramping(started_on, day) or daily_cap <= FIRST_CAP:
        return daily_cap
    share = (day_of(started_on, day) - 1) / (DAYS - 1)
    return min(daily_cap, int(FIRST_CAP * (daily_cap / FIRST_CAP) ** share))
