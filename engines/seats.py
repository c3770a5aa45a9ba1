"""The senders that touches are planned on, and how many more each of them may send on a day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from uuid import UUID

from engines import ramp


@dataclass(frozen=True, slots=True)
class Seat:
    """A sender. cap: most touches a day. booked: touches that are sent or planned already, by the sender's local day;
    planning one lead only reads it. ramp_started_on: where it is new, the day from which on its cap grows.
    """

    id: UUID
    address: str
    cap: int
    booked: dict[date, int] = field(default_factory=dict)
    ramp_started_on: date | None = None

    def cap_on(self, day: date) -> int:
        return self.cap if self.ramp_started_on is None else ramp.cap_on(day, self.cap, self.ramp_started_on)


@dataclass(frozen=True, slots=True)
class Seats:
    """A client's senders by channel, those to be used first in front. zone: in which their days begin, the client's.

    A channel with an empty list has senders, but none that may send; of one that is missing no sender is known, and no
    cap.
    """

    of: Mapping[str, Sequence[Seat]] = field(default_factory=dict)
    zone: tzinfo = UTC

    def closed(self) -> dict[str, str]:
        """The channels on which no sender may send, with the reason in words."""
        return {channel: "no active sender" for channel, seats in self.of.items() if not seats}

    def book(self, touches: Iterable[tuple[UUID | None, datetime]]) -> None:
        """Count a plan's touches (sender and moment of each), before the next lead is planned."""
        by_id = {seat.id: seat for seats in self.of.values() for seat in seats}
        for sender, moment in touches:
            if sender is not None:
                booked, day = by_id[sender].booked, self.day(moment)
                booked[day] = booked.get(day, 0) + 1

    def within_caps(self) -> bool:
        seats = (seat for those in self.of.values() for seat in those)
        return all(count <= seat.cap_on(day) for seat in seats for day, count in seat.booked.items())

    def day(self, moment: datetime) -> date:
        """The senders' day of an aware moment."""
        return moment.astimezone(self.zone).date()


class Bookings:
    """The touches of one plan in the making, on top of what its seats have booked."""

    def __init__(self, seats: Seats) -> None:
        self.seats = seats
        self.kept: dict[str, Seat] = {}
        self.own: list[tuple[Seat, date]] = []

    def knows(self, channel: str) -> bool:
        return channel in self.seats.of

    def free(self, channel: str, moment: datetime) -> Seat | None:
        """The sender for a touch at this moment, None where all are booked up. A lead keeps the sender that it hears
        from first on a channel, even if that takes a later day: an answer belongs to a thread.
        """
        day = self.seats.day(moment)
        keeper = self.kept.get(channel)
        if keeper is not None:
            own = self.own.count((keeper, day))
            return keeper if keeper.booked.get(day, 0) + own < keeper.cap_on(day) else None
        for seat in self.seats.of[channel]:
            if seat.booked.get(day, 0) < seat.cap_on(day):
                return seat
        return None

    def take(self, channel: str, seat: Seat, moment: datetime) -> None:
        self.kept[channel] = seat
        self.own.append((seat, self.seats.day(moment)))
