"""What planning reads of a client at one glance: its senders, and what of a lead may not be used.

In SQL, since planning one lead is to take milliseconds, of which building such a query and its objects would be several.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from conversion.bulk import stored_id
from conversion.models import Client, Lead
from conversion.moments import zone_of
from conversion.suppressions import both_forms, names_of, shut
from engines.seats import Seat, Seats

# Suppressions that bind a client: its own, its agency's, and everybody's. Their kinds and values, in one text.
LISTED = """(SELECT {join} FROM conversion_suppression x WHERE ({pairs})
    AND (COALESCE(x.client_id, x.agency_id) IS NULL OR COALESCE(x.client_id, x.agency_id) IN (%s, %s)))"""
JOIN = {"sqlite": "group_concat({each}, ' ')", "postgresql": "string_agg({each}, ' ')"}
EACH = "x.kind || '=' || CASE WHEN x.value LIKE 'hmac:%%' THEN 'hmac:' ELSE '' END"
PAIR = "x.value = %s AND x.kind = %s"
DESK = """SELECT c.timezone, c.holdout_share, {listed}, s.id, s.channel, s.address, s.daily_cap, s.ramp_started_on,
        s.is_active, s.paused_at IS NOT NULL, s.address IN (c.sending_email, c.sending_phone)
    FROM conversion_client c LEFT JOIN conversion_sender s ON s.client_id = c.id
    WHERE c.id = %s AND c.deleted_at IS NULL"""
LOCK = " FOR NO KEY UPDATE OF c"  # other transactions may still insert rows that refer to the client


@dataclass(frozen=True)
class Desk:
    """timezone, holdout_share: the client's, as they are now. seats: without what they have booked. suppressed: what may
    not be used of the lead that was asked for, as `conversion.suppressions.shut`.
    """

    timezone: str
    holdout_share: float
    seats: Seats
    suppressed: frozenset[str]


class Row(NamedTuple):
    """A sender with its client."""

    timezone: str
    holdout_share: float
    listed: str | None
    id: Any
    channel: str
    address: str
    daily_cap: int
    ramp_started_on: date | str | None
    is_active: bool
    is_paused: bool
    is_own: bool


def desk(client: Client, lead: Lead | None = None, *, lock: bool) -> Desk:
    """One query. lock: plans of one client are made one after another, until the transaction ends; on SQLite the
    transaction itself sees to that.

    Raises ValueError where the client is gone or deleted, or its time zone is none.
    """
    pairs = both_forms(names_of(lead)) if lead is not None else []
    values = [text for kind, value in pairs for text in (value, kind)]
    if pairs:
        values += [stored_id(client.pk), stored_id(client.agency_id)]
    join = JOIN[connection.vendor].format(each=EACH)
    listed = LISTED.format(join=join, pairs=" OR ".join([PAIR] * len(pairs))) if pairs else "NULL"
    statement = DESK.format(listed=listed)
    if lock and connection.features.has_select_for_update:
        statement += LOCK
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, stored_id(client.pk)])
        rows = [Row(*row) for row in cursor.fetchall()]
    if not rows:
        raise ValueError(f"client {client.pk} is deleted: nothing is planned for it")
    first = rows[0]
    entries = [entry.partition("=") for entry in (first.listed or "").split()]
    suppressed = shut((kind, value) for kind, _, value in entries)
    return Desk(first.timezone, first.holdout_share, Seats(seats_of(rows), zone_of(first.timezone)), suppressed)


def seats_of(rows: Iterable[Row]) -> dict[str, list[Seat]]:
    """The senders that may send, by channel: the client's own address first, paused ones last, then by address."""
    seats: dict[str, list[Seat]] = {}
    senders = (row for row in rows if row.id is not None)
    for row in sorted(senders, key=lambda row: (row.is_paused, not row.is_own, row.address)):
        of_channel = seats.setdefault(row.channel, [])
        if row.is_active and row.daily_cap > 0:
            key = row.id if isinstance(row.id, UUID) else UUID(row.id)
            of_channel.append(Seat(key, row.address, row.daily_cap, {}, ramp_day(row)))
    return seats


def ramp_day(row: Row) -> date | None:
    started = row.ramp_started_on
    return date.fromisoformat(started) if isinstance(started, str) else started
