"""A simulated history straight into the tables, many times as fast as an import: what learning reads is the same.

The texts are those of the templates, without the leads' own values; whatever only an import writes stays empty. On
PostgreSQL no trigger is fired, so the role must own the tables' system triggers too (a superuser).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import isnan
from typing import Any

import numpy as np
from django.db import connection, models, transaction

from conversion.bulk import Writer, analyse, empty
from conversion.encoding import Encoded, json_text
from conversion.models import Activity, Client, Event, Lead
from conversion.models.rows import new_id
from conversion.vocabulary import ACTION_OF, CHANNELS, EXITS, TIERS, ActivityState, EventKind, LeadStatus
from patterns.simulator.leads import INDUSTRY_NAMES, TITLE_NAMES, ZONES
from patterns.simulator.scoring import PARTS
from patterns.simulator.world import Simulation

CHUNK = 20_000  # rows
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Row = Mapping[str, Any]


def store(history: Simulation, client: Client) -> int:
    """Store the history's leads, touches, replies and bookings for the client; returns the touches."""
    ids = [new_id() for _ in range(len(history.people))]
    touches = [new_id() for _ in range(int(history.sent.sum()))]
    with untriggered():
        write(Lead, lead_rows(history, client, ids))
        write(Activity, touch_rows(history, client, ids, touches))
        write(Event, event_rows(history, client, ids, touches))
    return len(touches)


@contextmanager
def untriggered() -> Iterator[None]:
    """What triggers would derive is given."""
    tables = [model._meta.db_table for model in (Lead, Activity, Event)] * (connection.vendor == "postgresql")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        yield
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")


def write(model: type[models.Model], rows: Iterator[Row]) -> None:
    writer = Writer(model)
    while chunk := list(islice(rows, CHUNK)):
        with transaction.atomic():
            writer.insert(chunk)
    analyse(model)


def lead_rows(history: Simulation, client: Client, ids: list[Any]) -> Iterator[Row]:
    people = history.people
    base = {**empty(Lead), **owned(client), "extra": Encoded("{}")}
    signals = people.signals.tolist()
    for place, (title, industry, employees, zone, points, converted, left, kind) in enumerate(
        zip(
            people.title.tolist(),
            people.industry.tolist(),
            people.employees.tolist(),
            people.zone.tolist(),
            people.points.tolist(),
            history.converted_at.tolist(),
            history.left_at.tolist(),
            history.outcome.exit.tolist(),
            strict=True,
        )
    ):
        first, last = people.name(place)
        books, leaves = not isnan(converted), not isnan(left)
        status = LeadStatus.CONVERTED if books else EXITS[kind] if leaves else LeadStatus.NEW
        ended = converted if books else left
        yield {
            **base,
            "id": ids[place],
            "external_id": f"lead-{place + 1}",
            "email": f"{first}.{last}{place + 1}@example.com".lower(),
            "first_name": first,
            "last_name": last,
            "title": TITLE_NAMES[title] if title >= 0 else "",
            "company_name": people.company(place),
            "industry": INDUSTRY_NAMES[industry],
            "timezone": ZONES[zone],
            "employee_count": employees if employees >= 0 else None,
            "status": str(status),
            "status_at": moment(ended) if books or leaves else None,
            "converted_at": moment(converted) if books else None,
            **{name: known(value) for name, value in zip(SIGNALS, signals[place], strict=True)},
            **{f"als_{name}": value for name, value in zip(PARTS, points, strict=True)},
        }


def touch_rows(history: Simulation, client: Client, ids: list[Any], touches: list[Any]) -> Iterator[Row]:
    sends, people, library = history.sends, history.people, history.library
    found = history.frame().touches
    base = {**empty(Activity), **owned(client), "state": str(ActivityState.SENT), "metadata": Encoded("{}")}
    bodies = [Encoded(json_text({"subject": s, "body": b})) for s, b in zip(library.subject, library.body, strict=True)]
    features = ("day", "hour", "pain_points", "cta", "angles", "subjects", "personalization", "words", "chars")
    stored = ("local_day", "local_hour", *features[2:])
    at = np.nonzero(history.sent)
    columns = (found.lead, found.channel, found.touch, found.sent_at, found.template, found.tier, found.booked)
    rest = (people.campaign[at[0]], sends.plan[at[0]], *(getattr(found, name) for name in features))
    actions = [str(ACTION_OF[channel]) for channel in CHANNELS]
    for key, lead, channel, touch, sent_at, template, tier, booked, campaign, plan, *values in zip(
        touches, *(column.tolist() for column in (*columns, *rest)), strict=True
    ):
        yield {
            **base,
            "id": key,
            "lead_id": ids[lead],
            "external_id": f"touch-{lead + 1}-{touch}",
            "channel": str(CHANNELS[channel]),
            "action": actions[channel],
            "touch_number": touch,
            "sent_at": moment(sent_at),
            "content_snapshot": bodies[template - 1],
            "template_key": template,
            "campaign": f"campaign-{campaign}",
            "plan": f"plan-{plan}" if plan else "",
            "tier_at_send": str(TIERS[tier]),
            "led_to_booking": booked,
            **dict(zip(stored, values, strict=True)),
        }


def event_rows(history: Simulation, client: Client, ids: list[Any], touches: list[Any]) -> Iterator[Row]:
    """Replies and bookings; what mail servers and tracking report, learning does not read."""
    at = np.nonzero(history.sent)
    base = {**empty(Event), **owned(client)}
    happened: tuple[tuple[EventKind, Any, Callable[[int, int], float]], ...] = (
        (EventKind.REPLIED, history.replied, lambda lead, column: float(history.reply_at[lead, column])),
        (EventKind.POSITIVE_REPLY, history.positive, lambda lead, column: float(history.reply_at[lead, column])),
        (EventKind.MEETING_BOOKED, history.booked, lambda lead, _: float(history.converted_at[lead])),
    )
    for kind, mask, occurred in happened:
        for place in np.flatnonzero(mask[at]).tolist():
            lead, column = int(at[0][place]), int(at[1][place])
            yield {
                **base,
                "id": new_id(),
                "lead_id": ids[lead],
                "activity_id": touches[place],
                "external_id": f"{kind}-{lead + 1}-{column + 1}",
                "kind": str(kind),
                "occurred_at": moment(occurred(lead, column)),
            }


SIGNALS = ("is_new_role", "is_hiring", "recently_funded")


def owned(client: Client) -> Row:
    return {"client_id": client.pk, "created_at": datetime.now(UTC)}


def moment(seconds: float) -> datetime:
    return EPOCH + timedelta(seconds=int(seconds))


def known(value: int) -> bool | None:
    return None if value < 0 else bool(value)
