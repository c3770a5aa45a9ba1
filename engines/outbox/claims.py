"""Taking what is due: one UPDATE claims a batch for a lease, so that no two workers hold the same touch."""

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from conversion.bulk import stored_id
from conversion.leases import UNCLAIMED
from conversion.models import ProviderAccount
from conversion.vocabulary import ActivityState as State
from conversion.vocabulary import Channel
from engines.outbox import circuit
from engines.outbox.circuit import Shut
from engines.outbox.clock import database_now
from engines.outbox.limits import Limits
from engines.outbox.states import move

# The channels that something here can send on; touches on the others are done by people.
CHANNELS: tuple[str, ...] = (
    Channel.EMAIL.value,
    Channel.SMS.value,
    Channel.LINKEDIN.value,
    Channel.VOICE.value,
)

Condition = tuple[str, list[Any]]  # SQL and its values

# Materialised: a planner that ran the inner query again would claim more than was asked for. The moment itself is
# returned, since SQLite 3.40 answers `IS NOT NULL` wrongly in this place.
CLAIM = """
    WITH due AS MATERIALIZED (
        SELECT id FROM conversion_activity WHERE state = 'queued' AND due_at <= %s AND channel IN ({channels}){open}
        ORDER BY due_at LIMIT %s{lock})
    UPDATE conversion_activity SET state = 'claimed', claimed_by = %s, claimed_until = %s
    WHERE state = 'queued' AND id IN (SELECT id FROM due)
    RETURNING id, dispatched_at
"""
LOCK = " FOR UPDATE SKIP LOCKED"
THROUGH = "sender_id IN (SELECT id FROM conversion_sender WHERE account_id {which})"
THROUGH_DEFAULT = f"(channel = %s AND (sender_id IS NULL OR {THROUGH.format(which='IS NULL')}))"


@dataclass(frozen=True)
class Claim:
    """A touch that is ours until its lease runs out. token: stands in its row's `claimed_by`. is_probe: it may go although
    its account's circuit is open. is_repeat: it was tried before with the same key, and what became of that is not known.
    """

    id: UUID
    token: str
    is_probe: bool = False
    is_repeat: bool = False


def new_token() -> str:
    """Who claims: machine, process, and a random part, since process numbers come again."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid4().hex[:16]}"


def claim(limit: int, limits: Limits) -> list[Claim]:
    """Claim up to `limit` touches that are due, the longest waiting first, none through an account that is shut; and one
    more for each account whose circuit may be probed.
    """
    at = database_now()
    claims = []
    for account in circuit.probes_due(at):
        if circuit.take_probe(account, at, limits.timeout):
            found = claimed(1, at, limits.lease, [through(account)], is_probe=True)
            if not found:
                circuit.give_back_probe(account.pk, at)
            claims += found
    if limit > 0:
        claims += claimed(limit, at, limits.lease, not_through(circuit.shut(at)))
    return claims


def claimed(
    limit: int, at: datetime, lease: timedelta, conditions: Iterable[Condition], *, is_probe: bool = False
) -> list[Claim]:
    parts = list(conditions)
    token, moment = new_token(), connection.ops.adapt_datetimefield_value
    statement = CLAIM.format(
        channels=", ".join(["%s"] * len(CHANNELS)),
        open="".join(f" AND {text}" for text, _ in parts),
        lock=LOCK if connection.features.has_select_for_update_skip_locked else "",
    )
    values = [value for _, own in parts for value in own]
    with connection.cursor() as cursor:
        cursor.execute(statement, [moment(at), *CHANNELS, *values, limit, token, moment(at + lease)])
        rows = cursor.fetchall()
    return [Claim(UUID(str(pk)), token, is_probe, dispatched_at is not None) for pk, dispatched_at in rows]


def through(account: ProviderAccount) -> Condition:
    if account.agency_id is None:
        return THROUGH_DEFAULT, [account.channel]
    return THROUGH.format(which="= %s"), [stored_id(account.pk)]


def not_through(shut: Shut) -> list[Condition]:
    conditions: list[Condition] = [(f"NOT {THROUGH_DEFAULT}", [channel]) for channel in sorted(shut.channels)]
    if shut.accounts:
        which = f"IN ({', '.join(['%s'] * len(shut.accounts))})"
        text = f"(sender_id IS NULL OR NOT {THROUGH.format(which=which)})"
        conditions.append((text, [stored_id(pk) for pk in sorted(shut.accounts)]))
    return conditions


def release(claims: Iterable[Claim]) -> int:
    """Put touches back that were claimed and will not be worked on; those whose lease ran out are not ours any more."""
    return sum(move(State.QUEUED, State.CLAIMED, pk=one.id, claimed_by=one.token, columns=UNCLAIMED) for one in claims)
