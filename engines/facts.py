"""What the guard reads of touches: two statements, in SQL, since they run for each message that goes out, and once before for
each batch that is claimed.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import connection

from conversion.bulk import stored_id
from conversion.moments import zone_of
from conversion.suppressions import Pair, both_forms, names_of, shut
from conversion.vocabulary import Channel
from engines import fatigue
from engines.providers.registry import NOWHERE as NO_PROVIDER
from engines.providers.registry import default_kind
from engines.reputation import BOUNCES, since_when
from engines.whereabouts import Whereabouts, reached

# Providers that send nothing anywhere: nobody needs a way out of their messages.
SILENT = frozenset({"console", NO_PROVIDER})
# Channels whose recipients must reach us at an https address: to unsubscribe by one click (RFC 8058), or, through a provider
# that reports to it, by a STOP.
ANSWERED = frozenset({Channel.EMAIL, Channel.SMS, Channel.VOICE})
CALL_ASKED = "call_asked_at"  # in a call's metadata

# A follow-up without a subject of its own takes that of the e-mail which it follows (engines.writing). Without COALESCE, SQLite
# walks through all that the sender ever sent instead of the lead's touches.
ROWS = """SELECT a.id, a.channel, a.client_id, TRIM(a.body) <> '', TRIM(a.subject) <> '' OR EXISTS (
        SELECT 1 FROM conversion_activity b WHERE b.lead_id = a.lead_id AND b.channel = a.channel AND b.state = 'sent'
            AND COALESCE(b.sender_id, b.id) = a.sender_id AND (b.sequence_id = a.sequence_id
                OR b.sequence_id IS NULL AND a.sequence_id IS NULL)
            AND b.touch_number < a.touch_number AND b.idempotency_key IS NOT NULL AND TRIM(b.subject) <> ''),
    c.agency_id, c.timezone, c.deleted_at, c.is_paused, c.subscription_status,
    TRIM(c.postal_address) <> '' OR TRIM(g.postal_address) <> '',
    l.id, l.client_id, l.external_id, l.email, l.email_key, l.phone, l.linkedin_url, l.country, l.timezone, l.extra, l.status,
    l.deleted_at, l.erased_at, l.is_unsubscribed, l.has_bounced, l.do_not_contact,
    s.id, s.client_id, s.channel, s.address, s.daily_cap, s.ramp_started_on, s.is_active, s.paused_at, s.pause_reason,
    s.watched_since, p.kind, COALESCE(p.is_active, {true}),
    p.id IS NULL OR p.agency_id IS NULL OR (p.agency_id = c.agency_id AND (p.client_id IS NULL OR p.client_id = c.id)),
    a.message_type, k.state, COALESCE(k.invited_at, k.created_at),
    a.scheduled_at, a.reason_code, CASE WHEN a.channel = 'voice' THEN a.metadata END,
    CASE WHEN a.plan <> '' THEN (SELECT MIN(e.kind) FROM conversion_event e JOIN conversion_sequence q ON q.id = a.sequence_id
        WHERE e.lead_id = a.lead_id AND e.occurred_at >= q.created_at
            AND e.kind IN ('complained', 'meeting_booked', 'positive_reply', 'replied', 'unsubscribed')) END
FROM conversion_activity a JOIN conversion_client c ON c.id = a.client_id JOIN conversion_agency g ON g.id = c.agency_id
    JOIN conversion_lead l ON l.id = a.lead_id LEFT JOIN conversion_sender s ON s.id = a.sender_id
    LEFT JOIN conversion_provideraccount p ON p.id = s.account_id
    LEFT JOIN conversion_connection k ON k.lead_id = a.lead_id AND k.sender_id = a.sender_id AND a.channel = 'linkedin'
WHERE a.id IN ({ids})"""

# What was touched and listed: a tag, whose it is, the touch, kind and value of an entry, a moment, a number. A touch that may
# have been sent counts as sent.
TOUCHED = """SELECT 'touched', lead_id, id, '', '', COALESCE(sent_at, dispatched_at), 0 FROM conversion_activity
    WHERE lead_id IN ({leads}) AND (state = 'sent' AND sent_at >= %s
        OR state IN ('dispatching', 'unknown') AND dispatched_at >= %s)"""
# An entry has one owner at most. Without COALESCE, SQLite walks through all entries of the client instead of these values.
LISTED = """SELECT 'listed', COALESCE(client_id, agency_id), NULL, kind, value, NULL, 0 FROM conversion_suppression
    WHERE value IN ({values}) AND (COALESCE(client_id, agency_id) IS NULL OR COALESCE(client_id, agency_id) IN ({owners}))"""
TODAY = """SELECT 'today', %s, NULL, '', '', NULL, COUNT(*) FROM conversion_activity
    WHERE sender_id = %s AND state = 'sent' AND sent_at >= %s AND sent_at < %s AND id NOT IN ({own})
    UNION ALL SELECT 'today', %s, NULL, '', '', NULL, COUNT(*) FROM conversion_activity
    WHERE sender_id = %s AND state IN ('dispatching', 'unknown') AND dispatched_at >= %s AND dispatched_at < %s
        AND id NOT IN ({own})"""
BOUNCED = f"SELECT 'bounces', %s, NULL, '', '', NULL, ({BOUNCES})"


class TheClient(NamedTuple):
    id: UUID
    agency_id: UUID
    timezone: str
    deleted_at: Any
    is_paused: bool
    subscription_status: str


class TheLead(NamedTuple):
    id: UUID
    client_id: UUID
    external_id: str | None
    email: str
    email_key: str
    phone: str
    linkedin_url: str
    country: str
    timezone: str
    extra: Any
    status: str
    deleted_at: Any
    erased_at: Any
    is_unsubscribed: bool | None
    has_bounced: bool | None
    do_not_contact: bool | None


class TheSender(NamedTuple):
    """account_is_own: it is of the client, or of its agency and not of another client."""

    id: UUID
    client_id: UUID
    channel: str
    address: str
    daily_cap: int
    ramp_started_on: date | None
    is_active: bool
    paused_at: datetime | None
    pause_reason: str
    watched_since: datetime | None
    account_kind: str | None
    account_is_active: bool
    account_is_own: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """A touch, as it stands in the database. shut: what suppressions forbid, as `conversion.suppressions.shut`. touched: when
    the lead was touched lately. sent_today, bounces: of the sender, on its own day and while it is watched. connection: a word
    of ConnectionState, for LinkedIn, None where nothing is known; connection_since: the invitation, else when it was learnt.
    held_as: the code of the reason that it was held for last. call_asked_at: when a person asked for the call to be placed.
    answer: a kind of event by which the lead has ended the plan that the touch is part of.
    """

    channel: str
    client: TheClient
    lead: TheLead
    sender: TheSender | None
    where: Whereabouts
    sender_zone: tzinfo
    has_body: bool = True
    has_subject: bool = True
    has_postal_address: bool = True
    has_public_url: bool = True
    has_provider: bool = True
    any_time: bool = False
    message_type: str = ""
    connection: str | None = None
    connection_since: datetime | None = None
    scheduled_at: datetime | None = None
    held_as: str = ""
    call_asked_at: datetime | None = None
    answer: str | None = None
    shut: frozenset[str] = frozenset()
    touched: Sequence[datetime] = field(default_factory=tuple)
    sent_today: int = 0
    bounces: int = 0

    def midnights(self, at: datetime) -> tuple[datetime, datetime]:
        """The beginning and the end of the sender's day, in UTC."""
        today = at.astimezone(self.sender_zone).date()
        first, last = (datetime.combine(day, time(), self.sender_zone) for day in (today, today + timedelta(days=1)))
        return first.astimezone(UTC), last.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class History:
    """touched: by lead, each touch and its moment. listed: owner (None: all), kind, value. today, bounces: by sender."""

    touched: Mapping[UUID, list[tuple[UUID, datetime]]]
    listed: frozenset[tuple[UUID | None, str, str]]
    today: Counter[UUID]
    bounces: Counter[UUID]


def read(touches: Collection[UUID], at: datetime) -> dict[UUID, Facts]:
    """The facts about touches at a moment, all from the database, without touches that are not there. Two statements, however
    many they are.
    """
    if not touches:
        return {}
    with connection.cursor() as cursor:
        statement = ROWS.format(ids=places(touches), true="true" if connection.vendor == "postgresql" else "1")
        cursor.execute(statement, [stored_id(touch) for touch in touches])
        found = {UUID(str(row[0])): facts_of(row[1:]) for row in cursor.fetchall()}
        if not found:
            return {}
        names = {touch: frozenset(both_forms(names_of(facts.lead))) for touch, facts in found.items()}
        cursor.execute(*history(found, names, at))
        past = history_of(cursor.fetchall())
    return {touch: with_history(touch, facts, names[touch], past) for touch, facts in found.items()}


def places(values: Collection[Any]) -> str:
    return ", ".join(["%s"] * len(values))


def facts_of(row: Sequence[Any]) -> Facts:
    channel, client_id, has_body, has_subject = row[:4]
    client = TheClient(UUID(str(client_id)), UUID(str(row[4])), row[5], row[6], bool(row[7]), row[8])
    lead = TheLead(UUID(str(row[10])), UUID(str(row[11])), *row[12:26])
    sender = sender_of(row[26:-7]) if row[26] is not None else None
    message_type, connection_state, since, scheduled_at, reason_code, metadata, answer = row[-7:]
    kind = (sender.account_kind if sender else None) or default_kind(channel)
    return Facts(
        channel=channel,
        client=client,
        lead=lead._replace(extra=json.loads(lead.extra) if isinstance(lead.extra, str) else lead.extra),
        sender=sender,
        where=reached(channel, lead.timezone, lead.country, lead.phone, client.timezone),
        sender_zone=zone_of(client.timezone),
        has_body=bool(has_body),
        has_subject=bool(has_subject),
        has_postal_address=bool(row[9]),
        has_public_url=channel not in ANSWERED or kind in SILENT or urlsplit(settings.PUBLIC_URL).scheme == "https",
        has_provider=channel == Channel.MAIL or kind != NO_PROVIDER,
        any_time=channel == Channel.EMAIL and settings.EMAIL_AT_ANY_TIME,
        message_type=message_type,
        connection=connection_state,
        connection_since=moment(since),
        scheduled_at=moment(scheduled_at),
        held_as=reason_code,
        call_asked_at=asked_at(metadata),
        answer=answer,
    )


def sender_of(values: Sequence[Any]) -> TheSender:
    sender = TheSender(*values)
    started = sender.ramp_started_on
    return sender._replace(
        id=UUID(str(sender.id)),
        client_id=UUID(str(sender.client_id)),
        ramp_started_on=date.fromisoformat(started) if isinstance(started, str) else started,
        paused_at=moment(sender.paused_at),
        watched_since=moment(sender.watched_since),
    )


def asked_at(metadata: Any) -> datetime | None:
    """metadata: of a call, as the database's driver gives it."""
    content = json.loads(metadata) if isinstance(metadata, str) else metadata or {}
    return moment(content.get(CALL_ASKED))


def history(found: Mapping[UUID, Facts], names: Mapping[UUID, Collection[Pair]], at: datetime) -> tuple[str, list[Any]]:
    """The second statement and its values."""
    leads = {facts.lead.id for facts in found.values()}
    week = parameter(at - timedelta(days=fatigue.PERIOD + 1))  # a day more: the lead's day began before ours
    parts, values = [TOUCHED.format(leads=places(leads))], [*map(stored_id, leads), week, week]
    if listed := sorted({value for pairs in names.values() for _, value in pairs}):
        owners = {owner for facts in found.values() for owner in (facts.client.id, facts.client.agency_id)}
        parts.append(LISTED.format(values=places(listed), owners=places(owners)))
        values += [*listed, *map(stored_id, owners)]
    own = [stored_id(touch) for touch in found]
    senders = {facts.sender.id: (facts.sender, facts.midnights(at)) for facts in found.values() if facts.sender}
    for sender, midnights in senders.values():
        pk, since = stored_id(sender.id), parameter(since_when(sender.watched_since, at))
        parts += [TODAY.format(own=places(own)), BOUNCED]
        values += [pk, pk, *map(parameter, midnights), *own] * 2
        values += [pk, stored_id(sender.client_id), since, pk, since]
    return " UNION ALL ".join(parts), values


def history_of(rows: Iterable[Sequence[Any]]) -> History:
    touched, listed = defaultdict(list), set()
    counts: dict[str, Counter[UUID]] = {"today": Counter(), "bounces": Counter()}
    for tag, owner, touch, kind, value, when, number in rows:
        whose = None if owner is None else UUID(str(owner))
        if tag == "listed":
            listed.add((whose, kind, value))
        elif whose is not None and tag in counts:
            counts[tag][whose] += number
        elif whose is not None and (at := moment(when)) is not None:
            touched[whose].append((UUID(str(touch)), at))
    return History(touched, frozenset(listed), **counts)


def with_history(touch: UUID, facts: Facts, names: Collection[Pair], past: History) -> Facts:
    client = facts.client
    entries = {
        (kind, value)
        for owner in (None, client.id, client.agency_id)
        for kind, value in names
        if (owner, kind, value) in past.listed
    }
    return replace(
        facts,
        shut=shut(entries),
        touched=[when for other, when in past.touched.get(facts.lead.id, ()) if other != touch],
        sent_today=past.today[facts.sender.id] if facts.sender else 0,
        bounces=past.bounces[facts.sender.id] if facts.sender else 0,
    )


def moment(value: Any) -> datetime | None:
    """A moment as the database's driver gives it: SQLite's is a text in UTC."""
    if value is None:
        return None
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def parameter(value: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(value)
