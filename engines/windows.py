"""When a touch may go out at its recipient: business days, quiet hours, and the next moment that is allowed.

Pure. Hours are those of the recipient's clock at the moment itself, so an hour that the clock repeats in autumn counts twice
and one that it skips in spring not at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from conversion.vocabulary import Channel
from engines.calendar import QUIET_BEGINS, QUIET_ENDS, closed
from engines.whereabouts import Whereabouts

# First hour, and the hour from which on no more. Calls and messages that ring: the law's (engines.calendar). The others: no
# law, but who finds a business e-mail of 3 a.m. knows that nobody wrote it; a judgement. A letter wakes nobody.
DAYTIME = (6, 22)
HOURS: Mapping[str, tuple[int, int]] = {
    Channel.EMAIL: DAYTIME,
    Channel.LINKEDIN: DAYTIME,
    Channel.SMS: (QUIET_ENDS, QUIET_BEGINS),
    Channel.VOICE: (QUIET_ENDS, QUIET_BEGINS),
    Channel.MAIL: (0, 24),
}
HORIZON = 60  # days that are looked through; no country rests for longer


@dataclass(frozen=True, slots=True)
class Window:
    """When a channel may be used at a place. any_time: always, for trials."""

    channel: str
    where: Whereabouts
    any_time: bool = False

    def refusal(self, at: datetime) -> tuple[str, str] | None:
        """Why nothing may go out at this moment (aware), as a code and in words; None where it may."""
        local = at.astimezone(self.where.zone)
        if self.any_time:
            return None
        if reason := closed(self.where.country, local.date()):
            return "closed_day", f"{day_text(local.date())} is no business day there ({reason})"
        first, end = HOURS[self.channel]
        for zone in (self.where.zone, *self.where.also):
            there = at.astimezone(zone)
            if not first <= there.hour < end:
                what = f"it {'may be' if self.where.also else 'is'} {there:%H:%M} there ({city(zone)})"
                return "quiet_hours", f"{what}, and {self.channel} goes out from {first:02d}:00 to {end:02d}:00"
        return None

    def next_moment(self, after: datetime) -> datetime:
        """The first moment not before `after` (aware) that is allowed, in UTC.

        A day's opening that the clock skips is the moment after the gap that is as long past it. Where nothing is found within
        60 days, or the calendar ends, the moment 60 days later, to be looked at again.
        """
        if self.refusal(after) is None:
            return after.astimezone(UTC)
        start = after.astimezone(self.where.zone).date()
        for step in range(HORIZON):
            day = start + timedelta(days=step)
            for moment in sorted(self.opening(day, zone) for zone in (self.where.zone, *self.where.also)):
                if moment > after and self.refusal(moment) is None:
                    return moment
        return after.astimezone(UTC) + timedelta(days=HORIZON)

    def opening(self, day: date, zone: ZoneInfo | None = None) -> datetime:
        """The first hour of the channel on a day there, or in another zone, in UTC."""
        hour = 0 if self.any_time else HOURS[self.channel][0]
        return datetime.combine(day, time(hour), zone or self.where.zone).astimezone(UTC)

    def text(self, moment: datetime) -> str:
        """A moment as people there read it, such as "Tuesday 3 March 08:00 (Sydney)"."""
        local = moment.astimezone(self.where.zone)
        return f"{day_text(local.date())} {local:%H:%M} ({city(self.where.zone)})"


def day_text(day: date) -> str:
    """Without today and tomorrow: a reason is read days after it was written."""
    return f"{day:%A} {day.day} {day:%B}"


def city(zone: ZoneInfo) -> str:
    return zone.key.rpartition("/")[2].replace("_", " ")
