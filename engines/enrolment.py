"""Putting leads on their plans: a sequence, and a planned activity for each of its touches."""

from collections.abc import Sequence as List
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import models

from conversion.bulk import Writer
from conversion.models import Activity, Client, Sequence
from conversion.models.rows import new_id
from conversion.vocabulary import ACTION_OF, ActivityState, Channel
from engines.plan import Plan


def blank(model: type[models.Model]) -> dict[str, Any]:
    """The columns of a new row, by attribute name, with their defaults."""
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


def enrol(plan: Plan, client: Client, at: datetime) -> Sequence:
    """Store one plan: two statements."""
    sequence = Sequence.objects.create(**sequence_values(plan, client))
    Activity.objects.bulk_create(Activity(**values) for values in activity_values(plan, client, sequence.pk, at))
    return sequence


@dataclass
class Enroller:
    """Stores many plans at a time, by the database's own way of loading rows."""

    client: Client

    def __post_init__(self) -> None:
        self.sequences, self.activities = Writer(Sequence), Writer(Activity)
        self.blank_sequence, self.blank_activity = blank(Sequence), blank(Activity)

    def enrol(self, plans: List[Plan], at: datetime) -> None:
        sequences = [{**self.blank_sequence, **sequence_values(plan, self.client), "created_at": at} for plan in plans]
        self.sequences.insert(sequences)
        self.activities.insert(
            [
                {**self.blank_activity, **values}
                for plan, sequence in zip(plans, sequences, strict=True)
                for values in activity_values(plan, self.client, sequence["id"], at)
            ]
        )
