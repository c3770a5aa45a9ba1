"""Which state may follow which. Every change is one conditional UPDATE, and its row count says whether it happened."""

from typing import Any
from uuid import UUID

from django.db import connection

from conversion.bulk import stored_id
from conversion.models import Activity
from conversion.tenancy import across_clients
from conversion.vocabulary import ActivityState as State

# A row that was never dispatched may go back to the queue; one that was, only on proof that nothing was accepted. A row
# may be dispatched twice (with the same key) where the provider takes both for one, so a queued or claimed one can turn
# out to be sent, too.
BEFORE: dict[State, tuple[State, ...]] = {
    State.QUEUED: (State.PLANNED, State.HELD, State.CLAIMED, State.DISPATCHING, State.UNKNOWN),
    State.CLAIMED: (State.PLANNED, State.QUEUED),
    State.DISPATCHING: (State.CLAIMED,),
    State.SENT: (State.QUEUED, State.CLAIMED, State.DISPATCHING, State.UNKNOWN),
    State.FAILED: (State.CLAIMED, State.DISPATCHING, State.UNKNOWN),
    State.UNKNOWN: (State.QUEUED, State.CLAIMED, State.DISPATCHING),
    State.HELD: (State.PLANNED, State.QUEUED, State.CLAIMED),
    State.CANCELLED: (State.PLANNED, State.QUEUED, State.CLAIMED, State.HELD),
}
# Once here, a row stays.
FINAL = (State.SENT, State.FAILED, State.CANCELLED)


def move(to: State, /, *came_from: State, columns: dict[str, Any] | None = None, **which: Any) -> int:
    """Move the rows that `which` (lookups of Activity) finds to a state, and set columns with it; returns how many moved.

    came_from: the states that they must be in, all that may precede `to` where none is given. Raises ValueError on a
    step that the table above does not know.
    """
    if not set(came_from) <= set(BEFORE[to]):
        raise ValueError(f"no touch goes from {' or '.join(came_from)} to {to}")
    with across_clients("dispatch"):
        rows = Activity.objects.filter(state__in=came_from or BEFORE[to], **which)
        return rows.update(state=to.value, **(columns or {}))


def move_mine(to: State, came_from: State, touch: UUID, claimed_by: str, columns: dict[str, Any]) -> bool:
    """As `move`, for the touch that a claim holds and for plain values, in a statement of few parts: it runs for each
    message that goes out.
    """
    if came_from not in BEFORE[to]:
        raise ValueError(f"no touch goes from {came_from} to {to}")
    fields = [field for field in Activity._meta.concrete_fields if field.attname in columns]
    values = [field.get_db_prep_save(columns[field.attname], connection) for field in fields]
    changes = ", ".join(f'"{field.column}" = %s' for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE conversion_activity SET state = %s, {changes} WHERE id = %s AND state = %s AND claimed_by = %s",
            [to.value, *values, stored_id(touch), came_from.value, claimed_by],
        )
        return int(cursor.rowcount) == 1
