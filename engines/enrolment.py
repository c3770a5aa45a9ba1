"""Putting leads on their plans: a sequence, and a planned activity for each of its touches."""

from collections.abc import Mapping
from collections.abc import Sequence as List
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import connection, connections, models

from conversion.bulk import Writer
from conversion.models import Activity, Client, Sequence
from conversion.models.rows import new_id
from conversion.vocabulary import ACTION_OF, ActivityState, Channel
from engines.pace import gaps_of
from engines.plan import Plan


@cache
def blank(model: type[models.Model]) -> Mapping[str, Any]:
    """The columns of a new row, by attribute name, with their defaults; its id is to be replaced."""
    row = model()
    return {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}


def sequence_values(plan: Plan, client: Client) -> dict[str, Any]:
    return {
        "id": new_id(),
        "client_id": client.pk,
        "lead_id": plan.lead_id,
        "channels": [touch.channel for touch in plan.touches],
        "reasons": [touch.reason for touch in plan.touches],
        "arm": plan.arm,
        "patterns": dict(plan.versions),
        "propensities": [plan.propensity for _ in plan.touches],
        "gaps": gaps_of([touch.at for touch in plan.touches]),
    }


def activity_values(plan: Plan, client: Client, sequence: Any, at: datetime) -> list[dict[str, Any]]:
    """One row a touch. The plan's key is its channels: leads with the same key were put on the same plan."""
    key = " ".join(touch.channel for touch in plan.touches)
    return [
        {
            "id": new_id(),
            "client_id": client.pk,
            "lead_id": plan.lead_id,
            "sequence_id": sequence,
            "sender_id": touch.sender,
            "plan": key,
            "channel": touch.channel,
            "action": ACTION_OF[Channel(touch.channel)].value,
            "state": ActivityState.PLANNED.value,
            "touch_number": touch.number,
            "scheduled_at": touch.at.astimezone(UTC),
            "propensity": plan.propensity,
            "created_at": at,
        }
        for touch in plan.touches
    ]


def enrol(plan: Plan, client: Client, at: datetime) -> None:
    """Store one plan: two statements."""
    sequence = {**blank(Sequence), **sequence_values(plan, client), "created_at": at}
    insert(Sequence, [sequence])
    insert(Activity, [{**blank(Activity), **row} for row in activity_values(plan, client, sequence["id"], at)])


def insert(model: type[models.Model], rows: List[dict[str, Any]]) -> None:
    """A few rows in one statement, without the objects that the ORM would make of them (a third of planning a lead)."""
    fields, database = model._meta.concrete_fields, connections[connection.alias]  # itself, not its proxy: many calls
    names = ", ".join(field.attname for field in fields)
    places = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * len(rows))
    values = [field.get_db_prep_save(row[field.attname], database) for row in rows for field in fields]
    with database.cursor() as cursor:
        cursor.execute(f"INSERT INTO {model._meta.db_table} ({names}) VALUES {places}", values)


@dataclass
class Enroller:
    """Stores many plans at a time, by the database's own way of loading rows."""

    client: Client

    def __post_init__(self) -> None:
        self.sequences, self.activities = Writer(Sequence), Writer(Activity)

    def enrol(self, plans: List[Plan], at: datetime) -> None:
        sequences = [{**blank(Sequence), **sequence_values(plan, self.client), "created_at": at} for plan in plans]
        self.sequences.insert(sequences)
        self.activities.insert(
            [
                {**blank(Activity), **values}
                for plan, sequence in zip(plans, sequences, strict=True)
                for values in activity_values(plan, self.client, sequence["id"], at)
            ]
        )
