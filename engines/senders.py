"""What planning reads of a client at one glance: its senders, and which addresses of a lead may not be written to.

In SQL, since planning one lead is to take milliseconds, of which building such a query and its objects would be several.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from conversion.bulk import stored_id
from conversion.models import Client, Lead
from conversion.moments import zone_of
from engines.reach import address_of
from engines.seats import Seat, Seats

# Suppressions that bind a client: its own, its agency's, and everybody's.
SUPPRESSED = """EXISTS (SELECT 1 FROM conversion_suppression x WHERE ({kinds})
    AND (x.client_id = %s OR x.agency_id = %s OR (x.client_id IS NULL AND x.agency_id IS NULL)))"""
KINDS = {
    "email": "x.kind = 'email' AND x.value = %s OR x.kind = 'domain' AND x.value = %s",
    "phone": "x.kind = 'phone' AND x.value = %s",
}
DESK = """SELECT c.timezone, c.holdout_share, {suppressed}, s.id, s.channel, s.address, s.daily_cap, s.is_active,
        s.paused_at IS NOT NULL, s.address IN (c.sending_email, c.sending_phone)
    FROM conversion_client c LEFT JOIN conversion_sender s ON s.client_id = c.id
    WHERE c.id = %s AND c.deleted_at IS NULL"""
LOCK = " FOR NO KEY UPDATE OF c"  # other transactions may still insert rows that refer to the client


@dataclass(frozen=True)
class Desk:
    """timezone, holdout_share: the client's, as they are now. seats: without what they have booked. suppressed: kinds of
    address (`email`, `phone`) that may not be used of the lead that was asked for.
    """

    timezone: str
    holdout_share: float
    seats: Seats
    suppressed: frozenset[str]


class Row(NamedTuple):
    """A sender with its client."""

    timezone: str
    holdout_share: float
    email: bool
    phone: bool
    id: Any
    channel: str
    address: str
    daily_cap: int
    is_active: bool
    is_paused: bool
    is_own: bool


def desk(client: Client, lead: Lead | None = None, *, lock: bool) -> Desk:
    """One query. lock: plans of one client are made one after another, until the transaction ends; on SQLite the
    transaction itself sees to that.

    Raises ValueError where the client is gone or deleted, or its time zone is none.
    """
    values: list[Any] = []
    parts = []
    for kind, addresses in addresses_of(lead).items():
        owner = [stored_id(client.pk), stored_id(client.agency_id)]
        parts.append(SUPPRESSED.format(kinds=KINDS[kind]) if addresses else "FALSE")
        values += [*addresses, *owner] if addresses else []
    statement = DESK.format(suppressed=", ".join(parts))
    if lock and connection.features.has_select_for_update:
        statement += LOCK
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, stored_id(client.pk)])
        rows = [Row(*row) for row in cursor.fetchall()]
    if not rows:
        raise ValueError(f"client {client.pk} is deleted: nothing is planned for it")
    first = rows[0]
    suppressed = frozenset(kind for kind in KINDS if getattr(first, kind))
    return Desk(first.timezone, first.holdout_share, Seats(seats_of(rows), zone_of(first.timezone)), suppressed)


def addresses_of(lead: Lead | None) -> dict[str, list[str]]:
    """The values to look for of each kind."""
    if lead is None:
        return {"email": [], "phone": []}
    address, phone = address_of(lead), lead.phone.strip()
    return {"email": [address, address.rpartition("@")[2]] if address else [], "phone": [phone] if phone else []}


def seats_of(rows: Iterable[Row]) -> dict[str, list[Seat]]:
    """The senders that may send, by channel: the client's own address first, paused ones last, then by address."""
    seats: dict[str, list[Seat]] = {}
    senders = (row for row in rows if row.id is not None)
    for row in sorted(senders, key=lambda row: (row.is_paused, not row.is_own, row.address)):
        of_channel = seats.setdefault(row.channel, [])
        if row.is_active and row.daily_cap > 0:
            of_channel.append(Seat(UUID(str(row.id)), row.address, row.daily_cap, {}))
    return seats
