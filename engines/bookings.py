"""What a client's senders have booked: their touches that are sent or planned, counted by the senders' local day."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from conversion.bulk import stored_id
from conversion.models import Lead
from conversion.vocabulary import ActivityState
from engines.seats import Seats

# A touch in one of these states will be sent, or may have been.
OPEN = (
    ActivityState.PLANNED,
    ActivityState.QUEUED,
    ActivityState.CLAIMED,
    ActivityState.DISPATCHING,
    ActivityState.UNKNOWN,
    ActivityState.HELD,
)
STATES = ", ".join(f"'{state.value}'" for state in OPEN)


class Kind(NamedTuple):
    """Touches that take a place of their sender: in which states, and the moment of which column."""

    moment: str
    states: str


PLANNED, SENT = Kind("scheduled_at", f"state IN ({STATES})"), Kind("sent_at", "state = 'sent'")
COUNT = """SELECT sender_id, {epoch}, COUNT(*) FROM conversion_activity
    WHERE {states} AND ({where}) GROUP BY sender_id, {moment}"""
ON_DAYS = """SELECT {name}.sender, {name}.day, COUNT(*) FROM {name} JOIN conversion_activity a
    ON a.sender_id = {name}.sender AND a.{moment} >= {name}.low AND a.{moment} < {name}.high
    WHERE a.{states} GROUP BY {name}.sender, {name}.day"""
EPOCH = {
    "sqlite": "CAST(strftime('%%s', substr(MIN({moment}), 1, 19)) AS INTEGER)",  # cut: it rounds .9999 up
    "postgresql": "CAST(FLOOR(EXTRACT(EPOCH FROM MIN({moment}))) AS BIGINT)",
}
OF_LEAD = f"""SELECT NULL, NULL, COUNT(*) FROM conversion_activity
    WHERE lead_id = %s AND state IN ({STATES}) AND sequence_id IS NOT NULL"""


@dataclass(frozen=True)
class Booked:
    """seats: with what they have booked. is_planned: whether the lead that was asked for has open touches of a sequence
    already.
    """

    seats: Seats
    is_planned: bool


def booked(seats: Seats, at: datetime) -> Booked:
    """All touches from the senders' today on. One query, whose cost grows with what is planned."""
    senders = [stored_id(seat.id) for of_channel in seats.of.values() for seat in of_channel]
    if not senders:
        return Booked(seats, is_planned=False)
    where = f"sender_id IN ({', '.join(['%s'] * len(senders))}) AND {{moment}} >= %s"
    values = [*senders, midnight(seats, seats.day(at))]
    counts = [
        COUNT.format(
            epoch=EPOCH[connection.vendor].format(moment=kind.moment),
            states=kind.states,
            where=where.format(moment=kind.moment),
            moment=kind.moment,
        )
        for kind in (PLANNED, SENT)
    ]
    return counted(seats, " UNION ALL ".join(counts), [*values, *values])


def booked_on(seats: Seats, places: Iterable[tuple[UUID, datetime]], at: datetime, lead: Lead) -> Booked:
    """The touches of some senders on the days of some moments, none before `at`, and whether the lead is on a plan. One
    query: joined to a list of the days, which the database plans in half the time that the same conditions take it.
    """
    today = seats.day(at)
    planned = sorted({(sender, seats.day(moment)) for sender, moment in places})
    sent = [(sender, day) for sender, day in planned if day == today]
    lists, counts, values = [], [], []
    for name, kind, days in (("planned", PLANNED, planned), ("sent", SENT, sent)):
        if days:
            lists.append(f"{name} (sender, day, low, high) AS (VALUES {', '.join(['(%s, %s, %s, %s)'] * len(days))})")
            counts.append(ON_DAYS.format(name=name, states=kind.states, moment=kind.moment))
            for sender, day in days:
                low, high = midnight(seats, day), midnight(seats, day + timedelta(days=1))
                values += [stored_id(sender), second(seats, day), low, high]
    heading = f"WITH {', '.join(lists)} " if lists else ""
    return counted(seats, f"{heading}{' UNION ALL '.join([*counts, OF_LEAD])}", [*values, stored_id(lead.pk)])


def second(seats: Seats, day: date) -> int:
    """Seconds since 1970 of a day's beginning."""
    return int(datetime.combine(day, time(), seats.zone).timestamp())


def midnight(seats: Seats, day: date) -> Any:
    """The beginning of a day of the senders, as a parameter."""
    return connection.ops.adapt_datetimefield_value(datetime.combine(day, time(), seats.zone))


def counted(seats: Seats, statement: str, parameters: list[Any]) -> Booked:
    """The counts that a statement finds: of a sender at a moment, and of a lead's open touches where the sender is null."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows = cursor.fetchall()
    days: dict[str, dict[date, int]] = {}
    on: dict[int, date] = {}  # many touches share a moment
    is_planned = False
    for sender, moment, count in rows:
        if sender is None:
            is_planned = count > 0
            continue
        day = on.get(moment) or on.setdefault(moment, datetime.fromtimestamp(moment, seats.zone).date())
        of_sender = days.setdefault(sender if isinstance(sender, str) else sender.hex, {})
        of_sender[day] = of_sender.get(day, 0) + count
    of = {
        channel: [replace(seat, booked=found) if (found := days.get(seat.id.hex)) else seat for seat in those]
        for channel, those in seats.of.items()
    }
    return Booked(Seats(of, seats.zone), is_planned)
