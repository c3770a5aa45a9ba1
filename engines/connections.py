"""Connections over LinkedIn that come about, and the messages that wait for them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from conversion.models import Activity, Lead
from conversion.tenancy import across_clients
from conversion.vocabulary import ActivityState as State
from conversion.vocabulary import ConnectionState, MessageType
from engines.acquaintance import LENGTH, row_of
from engines.outbox import settling
from engines.outbox.clock import database_now
from engines.outbox.states import move

WAITS = "not_connected"  # the code of a message that waits for a connection


def accepted(client_id: UUID, lead_id: UUID, sender_id: UUID, at: datetime, person_id: str = "") -> int:
    """The lead accepted the seat's invitation, or they became connected otherwise, at `at` (aware); however often it is said.
    An invitation that nobody knew the fate of has come through. Returns how many messages waited and are queued now.

    Call it in a transaction. The lead's row is locked first: a message that the guard is holding at this moment is either found
    here, or the guard finds the connection.
    """
    with across_clients("dispatch"):
        lead = Lead.objects.select_for_update(no_key=True).filter(pk=lead_id, client=client_id, erased_at=None)
        if not lead.exists():
            return 0
        found = row_of(client_id, lead_id, sender_id)
        found.person_id = person_id[:LENGTH] or found.person_id
        found.accepted_at = found.accepted_at or at
        found.state = ConnectionState.ACCEPTED.value
        found.save()
        invitations = Activity.objects.filter(lead=lead_id, sender=sender_id, state=State.UNKNOWN)
        for touch in invitations.filter(message_type=MessageType.CONNECTION_REQUEST):
            settling.confirm(touch, touch.provider_message_id)
    return release(client_id, lead_id, sender_id)


def release(client_id: UUID, lead_id: UUID, sender_id: UUID) -> int:
    which: dict[str, Any] = {"client_id": client_id, "lead_id": lead_id, "sender_id": sender_id, "reason_code": WAITS}
    columns: dict[str, Any] = {"due_at": database_now(), "reason_code": "", "reason": "", "attempts": 0}
    return move(State.QUEUED, State.HELD, **which, columns=columns)
