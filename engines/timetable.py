"""The moments at which the touches of a plan are made: business days, quiet hours, preferred times, senders' caps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from engines.calendar import DAY_NAMES, closed, knows, local_moment, quiet
from engines.channels import Choice, PlanRefused
from engines.rhythm import Rhythm
from engines.seats import Bookings, Seat, Seats
from engines.whereabouts import Whereabouts

PATIENCE = 28  # days that a touch waits for a preferred day; then any business day will do
HORIZON = 366  # days in which a touch that finds no place is given up
WEEK = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Slot:
    """at: aware, in the lead's zone. seat: the sender, None where none is known. reason: in words. learned: a finding
    decided the day, the hour or the gap.
    """

    at: datetime
    seat: Seat | None
    reason: str
    learned: bool


@lru_cache(maxsize=65536)
def hour_of(day: date, hour: int, zone: ZoneInfo) -> tuple[datetime, float, datetime] | None:
    """`local_moment`, its seconds since 1970 and its wall-clock time: leads that are planned together meet the same hours."""
    moment = local_moment(day, hour, zone)
    return None if moment is None else (moment, moment.timestamp(), moment.replace(tzinfo=None))


@dataclass(slots=True)
class Search:
    """What one touch looks for. after: seconds since 1970 that it must lie behind. earliest: wall-clock time at the lead
    from which on it may be made. passed: preferred days that were no business days; full: that had no sender free.
    """

    channel: str
    where: Whereabouts
    after: float
    earliest: datetime
    hours: tuple[tuple[int, str], ...]
    bookings: Bookings
    passed: list[str] = field(default_factory=list)
    full: int = 0

    def find(self, weekdays: frozenset[int], limit: int) -> tuple[datetime, Seat | None, str] | None:
        """The first place on these weekdays within `limit` days: the moment, the sender, and why this hour."""
        for day in self.business_days(weekdays, limit):
            place = self.on(day)
            if place is not None:
                return place
        return None

    def business_days(self, weekdays: frozenset[int], limit: int) -> Iterator[date]:
        start = self.earliest.date()
        weekday = start.weekday()
        for step in range(limit):
            if (weekday + step) % 7 in weekdays:
                day = start + timedelta(days=step)
                reason = closed(self.where.country, day)
                if not reason:
                    yield day
                elif limit == PATIENCE:
                    self.passed.append(f"{day.day} {day:%B} ({reason})")

    def on(self, day: date) -> tuple[datetime, Seat | None, str] | None:
        known, taken = self.bookings.knows(self.channel), False
        for hour, reason in self.hours:
            found = hour_of(day, hour, self.where.zone)
            if found is None or found[1] <= self.after or found[2] < self.earliest:
                continue
            if quiet(self.channel, hour):
                continue
            seat = self.bookings.free(self.channel, found[0]) if known else None
            if seat is not None or not known:
                return found[0], seat, reason
            taken = True
        self.full += taken
        return None


def timetable(
    choices: Sequence[Choice], where: Whereabouts, rhythm: Rhythm, seats: Seats, as_of: datetime
) -> list[Slot]:
    """A moment for each touch, strictly one after another and after `as_of` (aware).

    The gap to the touch before counts whole days on the lead's clock. Raises PlanRefused where a touch finds no place
    within a year, because senders are booked up.
    """
    bookings = Bookings(seats)
    slots: list[Slot] = []
    after, earliest = as_of.timestamp(), as_of.astimezone(where.zone).replace(tzinfo=None)
    for touch, choice in enumerate(choices):
        gap = rhythm.gap(touch) if touch else None
        if gap:
            after, earliest = slots[-1].at.timestamp(), slots[-1].at.replace(tzinfo=None) + timedelta(days=gap.days)
        hours = rhythm.hours_for(choice.channel)
        search = Search(choice.channel, where, after, earliest, hours.ordered(touch), bookings)
        at, seat, hour_reason, day_reason, preferred = placed(search, rhythm, touch)
        if seat is not None:
            bookings.take(choice.channel, seat, at)
        wait = (
            f"at least {gap.days} {'day' if gap.days == 1 else 'days'} after touch {touch}, {gap.reason}" if gap else ""
        )
        parts = (wait, day_reason, hour_reason, *notes(search, seat), *(() if touch else local_notes(where)))
        learned = hours.learned or (preferred and rhythm.days.learned) or (gap is not None and gap.learned)
        slots.append(Slot(at, seat, "; ".join(part for part in parts if part), learned))
    return slots


def placed(search: Search, rhythm: Rhythm, touch: int) -> tuple[datetime, Seat | None, str, str, bool]:
    """Where the touch goes: a preferred day within four weeks, else any day that is not avoided, else any day at all.

    The moment, the sender, why this hour, why this day, and whether the day is a preferred one.
    """
    days = rhythm.days
    place = search.find(frozenset(days.values), PATIENCE)
    if place is not None:
        return *place, days.reasons[days.values.index(place[0].weekday())], True
    for weekdays in dict.fromkeys((WEEK - rhythm.avoided, WEEK)):
        place = search.find(weekdays, HORIZON)
        if place is not None:
            return (
                *place,
                f"{DAY_NAMES[place[0].weekday()]}, since no preferred day was free within {PATIENCE} days",
                False,
            )
    raise PlanRefused(
        f"touch {touch + 1} finds no place by {search.channel} within {HORIZON} days of "
        f"{search.earliest:%d %B %Y}: the senders are booked up"
    )


def notes(search: Search, seat: Seat | None) -> Iterator[str]:
    if search.passed:
        yield f"passed over: {', '.join(search.passed)}"
    if search.full:
        yield f"senders booked up on {search.full} earlier {'day' if search.full == 1 else 'days'}"
    yield f"from {seat.address}" if seat else f"no sender of {search.channel} is known, so no daily cap"


def local_notes(where: Whereabouts) -> Iterator[str]:
    if where.note:
        yield f"time zone: {where.note}"
    if not knows(where.country):
        yield f"no public holidays known: {'the country is unknown' if where.country is None else where.country}"
