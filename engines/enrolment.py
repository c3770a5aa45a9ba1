"""Putting leads on their plans: a sequence, and a planned activity for each of its touches."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from django.db import models

from conversion.bulk import Writer, fresh_id
from conversion.encoding import Stored
from conversion.feed import Feed
from conversion.models import Activity, Client, Sequence
from conversion.vocabulary import ACTION_OF, ActivityState, Channel
from engines.pace import gaps_of
from engines.plan import Plan

PIECE = 500  # plans stored at once
OWN = ("id", "lead_id")  # what the sequences of leads alike differ by
TOUCHES_OWN = (*OWN, "sequence_id")  # and their activities
SHARED = ("client_id", "created_at", "channels", "reasons", "arm", "patterns", "propensities", "gaps")
TOUCHES_SHARED = (
    *("client_id", "created_at", "sender_id", "plan", "propensity"),
    *("channel", "action", "state", "touch_number", "scheduled_at"),
)
NOT_YET: Mapping[str, Any] = dict.fromkeys(TOUCHES_OWN)  # left out of what is shared


def enrol(plans: Iterable[Plan], client: Client, at: datetime) -> int:
    """Store plans, two statements for PIECE of them, and meanwhile make the next ones: whatever makes them may ask the database
    for nothing once the first of them is there. Returns how many there were.
    """
    sequences, touches = writer(Sequence, OWN, SHARED), writer(Activity, TOUCHES_OWN, TOUCHES_SHARED)
    stored, alike, coming = 0, dict[int, Alike](), iter(plans)
    with Feed() as feed:
        while piece := list(islice(coming, PIECE)):
            rows, touched = rows_of(piece, client, at, alike)
            stored += len(piece)
            if len(piece) == PIECE:
                feed.begin((sequences, sequences.form.joined(rows)), (touches, touches.form.joined(touched)))
            else:
                feed.wait()
                sequences.insert_stored(rows)
                touches.insert_stored(touched)
    return stored


class Alike(NamedTuple):
    """What leads with the same touches share: the stored values of their sequences and of each touch."""

    touches: object  # kept, so that its `id` stays its own
    sequence: Stored
    activities: list[Stored]


Rows = list[tuple[Stored, Stored]]


def rows_of(plans: Iterable[Plan], client: Client, at: datetime, known: dict[int, Alike]) -> tuple[Rows, Rows]:
    """The rows of the plans' sequences and of their activities. known: by `id` of the touches."""
    sequences: Rows = []
    activities: Rows = []
    for plan in plans:
        alike = known.get(id(plan.touches))
        if alike is None:
            alike = Alike(plan.touches, sequence_of(plan, client, at), touches_of(plan, client, at))
            known[id(plan.touches)] = alike
        lead, sequence = plan.lead_id.hex, fresh_id()
        sequences.append(((sequence, lead), alike.sequence))
        activities += [((fresh_id(), lead, sequence), touch) for touch in alike.activities]
    return sequences, activities


def sequence_of(plan: Plan, client: Client, at: datetime) -> Stored:
    """The stored values of a sequence, but for those that are its own."""
    row = {
        "client_id": client.pk,
        "channels": [touch.channel for touch in plan.touches],
        "reasons": [touch.reason for touch in plan.touches],
        "arm": plan.arm,
        "patterns": dict(plan.versions),
        "propensities": [plan.propensity for _ in plan.touches],
        "gaps": gaps_of([touch.at for touch in plan.touches]),
        "created_at": at,
    }
    return writer(Sequence, OWN, SHARED).form.stored({**row, **NOT_YET})[len(OWN) :]


def touches_of(plan: Plan, client: Client, at: datetime) -> list[Stored]:
    """Likewise of each touch. The plan's key is its channels: leads with the same key were put on the same plan."""
    key = " ".join(touch.channel for touch in plan.touches)
    rows = (
        {
            "client_id": client.pk,
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
    )
    form = writer(Activity, TOUCHES_OWN, TOUCHES_SHARED).form
    return [form.stored({**row, **NOT_YET})[len(TOUCHES_OWN) :] for row in rows]


@cache
def writer(model: type[models.Model], own: tuple[str, ...], shared: tuple[str, ...]) -> Writer:
    """own: what rows alike differ by. shared: what they have in common. All other columns have their defaults."""
    row = model()
    blank = {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}
    return Writer(model, {name: value for name, value in blank.items() if name not in own + shared}, own)
