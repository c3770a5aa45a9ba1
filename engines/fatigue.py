"""How often a lead is touched at most, over all channels. Pure.

A judgement: the usual plan has at most three touches in any seven days (its gaps are 2, 3, 4, 5 and 7 days), and more than one
message a day from the same company is what people complain of.
"""

from collections.abc import Sequence
from datetime import date, timedelta

A_DAY = 1  # touches on one day of the lead
IN_PERIOD = 3  # touches in PERIOD days, today included
PERIOD = 7


def refusal(days: Sequence[date], today: date) -> str:
    """Why the lead is not touched today; empty where it may be. days: of its touches, as the lead counts days."""
    on_day, in_period = counts(days, today)
    if on_day >= A_DAY:
        return f"the lead had {touches(on_day)} today, and {touches(A_DAY)} a day is the limit over all channels"
    if in_period >= IN_PERIOD:
        return f"the lead had {touches(in_period)} within {PERIOD} days, and {IN_PERIOD} is the limit over all channels"
    return ""


def free_day(days: Sequence[date], today: date) -> date:
    """The first day after today on which it may be touched again, if nothing comes between."""
    for step in range(1, PERIOD):
        day = today + timedelta(days=step)
        if not refusal(days, day):
            return day
    return today + timedelta(days=PERIOD)


def counts(days: Sequence[date], today: date) -> tuple[int, int]:
    first = today - timedelta(days=PERIOD - 1)
    return sum(day == today for day in days), sum(first <= day <= today for day in days)


def touches(count: int) -> str:
    return "1 touch" if count == 1 else f"{count} touches"
