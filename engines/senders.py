"""What planning reads of a client: its senders, what they have booked, and the addresses that may not be written to."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Exists, F, Q, Value, When

from conversion.models import Activity, Client, Lead
from conversion.moments import zone_of
from conversion.vocabulary import ActivityState
from engines.seats import Seat, Seats
from engines.suppressed import suppressions_of

# A touch in one of these states will be sent, or may have been.
OPEN = (
    ActivityState.PLANNED,
    ActivityState.QUEUED,
    ActivityState.CLAIMED,
    ActivityState.DISPATCHING,
    ActivityState.UNKNOWN,
    ActivityState.HELD,
)
RESOLUTION = timedelta(microseconds=1)  # of a moment in the database


@dataclass(frozen=True)
class Desk:
    """client: as it is now. seats: without bookings yet. suppressed: kinds of address (`email`, `phone`) of the one lead
    that was asked for.
    """

    client: Client
    seats: Seats
    suppressed: frozenset[str]


def desk(client: Client, lead: Lead | None = None, *, lock: bool) -> Desk:
    """The client with its senders, in one query. lock: plans of one client are made one after another, until the
    transaction ends; on SQLite the transaction itself sees to that.

    Raises ValueError where the client is gone or deleted, or its time zone is none.
    """
    rows = Client.objects.select_for_update(of=("self",), no_key=True) if lock else Client.objects.all()
    rows = rows.filter(pk=client.pk, deleted_at__isnull=True).annotate(
        sender=F("senders__id"),
        sender_channel=F("senders__channel"),
        sender_address=F("senders__address"),
        sender_cap=F("senders__daily_cap"),
        sender_active=F("senders__is_active"),
        sender_paused_at=F("senders__paused_at"),
    )
    kinds = {} if lead is None else suppressions_of(lead, client)
    found = list(rows.annotate(**{f"{kind}_suppressed": Exists(found) for kind, found in kinds.items()}))
    if not found:
        raise ValueError(f"client {client.pk} is deleted: nothing is planned for it")
    suppressed = frozenset(kind for kind in kinds if getattr(found[0], f"{kind}_suppressed"))
    return Desk(found[0], Seats(seats_of(found), zone_of(found[0].timezone)), suppressed)


def seats_of(rows: Iterable[Any]) -> dict[str, list[Seat]]:
    """The senders that may send, by channel: the client's own address first, paused ones last, then by address."""

    def order(row: Any) -> tuple[bool, bool, str]:
        own = row.sender_address in {row.sending_email, row.sending_phone}
        return row.sender_paused_at is not None, not own, row.sender_address

    seats: dict[str, list[Seat]] = {}
    for row in sorted((row for row in rows if row.sender is not None), key=order):
        of_channel = seats.setdefault(row.sender_channel, [])
        if row.sender_active and row.sender_cap > 0:
            of_channel.append(Seat(row.sender, row.sender_address, row.sender_cap, {}))
    return seats


@dataclass(frozen=True)
class Booked:
    """seats: with what they have booked. is_planned: whether the lead that was asked for has open touches of a sequence
    already.
    """

    seats: Seats
    is_planned: bool


def booked(seats: Seats, at: datetime, lead: Lead | None = None) -> Booked:
    """All touches of the seats that are sent or planned from the senders' today on. One query, whose cost grows with
    what is planned; none where there is nothing to ask.
    """
    today = midnight(seats.day(at), seats.zone)
    senders = [seat.id for of_channel in seats.of.values() for seat in of_channel]
    wanted = [Q(sender__in=senders, state__in=OPEN, scheduled_at__gte=today)]
    wanted += [Q(sender__in=senders, state=ActivityState.SENT, sent_at__gte=today)]
    return counted(seats, wanted if senders else [], lead)


def booked_on(seats: Seats, places: Iterable[tuple[UUID, datetime]], lead: Lead) -> Booked:
    """The touches of some senders on the days of some moments only. One query."""
    wanted = []
    for sender, moment in places:
        day = seats.day(moment)
        whole = (midnight(day, seats.zone), midnight(day + timedelta(days=1), seats.zone) - RESOLUTION)
        wanted.append(Q(sender=sender, state__in=OPEN, scheduled_at__range=whole))
        wanted.append(Q(sender=sender, state=ActivityState.SENT, sent_at__range=whole))
    return counted(seats, wanted, lead)


def midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)


def counted(seats: Seats, wanted: list[Q], lead: Lead | None) -> Booked:
    """Touches that meet one of the conditions, counted by sender and day."""
    mine = Q(lead=lead, state__in=OPEN, sequence__isnull=False) if lead else None
    conditions = [*wanted, mine] if mine else wanted
    rows: Iterable[Any] = ()
    if conditions:
        rows = (
            Activity.objects.filter(Q(*conditions, _connector=Q.OR))
            .annotate(
                moment=Case(When(state=ActivityState.SENT, then=F("sent_at")), default=F("scheduled_at")),
                is_mine=Case(When(mine, then=True), default=False) if mine else Value(False),
            )
            .values_list("sender_id", "moment", "is_mine")
            .annotate(count=Count("id"))
            .order_by()
        )
    days: dict[UUID, dict[date, int]] = {seat.id: {} for of_channel in seats.of.values() for seat in of_channel}
    is_planned = False
    for sender, moment, is_mine, count in rows:
        is_planned = is_planned or is_mine
        if sender in days and moment is not None:
            day = seats.day(moment)
            days[sender][day] = days[sender].get(day, 0) + count
    of = {channel: [replace(seat, booked=days[seat.id]) for seat in those] for channel, those in seats.of.items()}
    return Booked(Seats(of, seats.zone), is_planned)
