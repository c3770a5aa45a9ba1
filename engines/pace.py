"""When a touch comes after another, once things went otherwise than planned.

Pure. Touches move by whole days on the lead's clock, so that they keep the hour that was chosen for them, and from a day that
is no business day there to the next one that is.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from conversion.usual import USUAL_GAPS
from engines.calendar import closed
from engines.whereabouts import Whereabouts

AFTER = 3  # days between touches past those that a plan names
LONGEST = 366  # days that a touch is moved by at most; who is away for longer is asked for anew


def later(moment: datetime, days: int, where: Whereabouts) -> datetime:
    """The same hour so many days later, or on the next business day from then on; in UTC. The moment itself for 0 days."""
    if days <= 0:
        return moment.astimezone(UTC)
    local = moment.astimezone(where.zone)
    day = local.date() + timedelta(days=min(days, LONGEST))
    for _ in range(LONGEST):
        if not closed(where.country, day):
            break
        day += timedelta(days=1)
    return datetime.combine(day, local.time(), where.zone).astimezone(UTC)


def days_until(moment: datetime, until: datetime, where: Whereabouts) -> int:
    """The fewest days by which a touch moves so that it does not come before `until`; 0 where it does not anyway."""
    if moment >= until:
        return 0
    days = (until.astimezone(where.zone).date() - moment.astimezone(where.zone).date()).days
    return days if later(moment, days, where) >= until else days + 1


def days_late(planned: datetime, sent: datetime, gap: int, where: Whereabouts) -> int:
    """By how many days a touch moves that is to come `gap` days after the one before it, which was sent at `sent`."""
    earliest = sent.astimezone(where.zone).date() + timedelta(days=gap)
    return max(0, (earliest - planned.astimezone(where.zone).date()).days)


def gap_between(gaps: Sequence[int], before: int, number: int) -> int:
    """Days from touch `before` to touch `number`. gaps: the plan's, before touch 2, 3 .. ; the usual ones where it has none."""
    known = [*(gaps or USUAL_GAPS)]
    return sum(known[i - 2] if i - 2 < len(known) else AFTER for i in range(before + 1, number + 1))


def gaps_of(moments: Sequence[datetime]) -> list[int]:
    """Whole days between touches, by the lead's calendar. moments: aware, in the lead's zone."""
    return [(after.date() - before.date()).days for before, after in pairwise(moments)]
