"""What is known of how LinkedIn seats stand to leads: written beside a send's answer, read before the next one.

Whoever writes holds the lead's row locked, which a dispatch locks as well: what the guard reads of a connection stays true
until the intent to send is committed.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from conversion.models import Activity, Connection, Lead
from conversion.tenancy import across_clients
from conversion.vocabulary import ConnectionState, MessageType
from engines.outbox.clock import database_now

LENGTH = 255  # of a provider's ids


def connection_of(activity: Activity) -> Connection | None:
    """Of the touch's lead with its sender."""
    of_lead = Connection.objects.for_client(activity.client_id).filter(lead=activity.lead_id)
    found: Connection | None = of_lead.filter(sender=activity.sender_id).first()
    return found


def invited(activity: Activity) -> None:
    """The touch is sent; where it is an invitation, the lead has one. One that was accepted before we knew of it stays so.
    The caller holds the lead's lock.
    """
    if activity.message_type != MessageType.CONNECTION_REQUEST or activity.sender_id is None:
        return
    with across_clients("dispatch"):
        found = row_of(activity.client_id, activity.lead_id, activity.sender_id)
        if found.state != ConnectionState.ACCEPTED:
            found.state = ConnectionState.INVITED.value
        moments = [moment for moment in (found.invited_at, activity.dispatched_at) if moment is not None]
        found.invited_at = max(moments, default=None)
        found.save()


def accepted_since(activity: Activity) -> bool:
    """Whether the touch is an invitation and the connection came about after its dispatch: then it came through, whatever its
    provider answered, or did not.
    """
    if activity.message_type != MessageType.CONNECTION_REQUEST or activity.dispatched_at is None:
        return False
    known = connection_of(activity)
    if known is None or known.state != ConnectionState.ACCEPTED or known.accepted_at is None:
        return False
    return known.accepted_at >= activity.dispatched_at


def learned(activity: Activity, told: Mapping[str, str]) -> None:
    """Keep what the provider said of the person beside its answer to a send. told: `person_id`, `chat_id`, and `connection`,
    a word of ConnectionState, each where it is known. What it saw before an acceptance does not undo that.
    """
    if not told or activity.sender_id is None:
        return
    with across_clients("dispatch"):
        lead = Lead.objects.select_for_update(no_key=True).filter(pk=activity.lead_id, erased_at=None)
        if not lead.exists():
            return
        found = row_of(activity.client_id, activity.lead_id, activity.sender_id)
        found.person_id = told.get("person_id", found.person_id)[:LENGTH]
        found.chat_id = told.get("chat_id", found.chat_id)[:LENGTH]
        if state := told.get("connection"):
            settle(found, ConnectionState(state), activity.dispatched_at or database_now())
        found.save()


def settle(found: Connection, state: ConnectionState, seen_at: datetime) -> None:
    """seen_at: the earliest moment at which the provider can have seen this state."""
    if state is ConnectionState.ACCEPTED:
        found.accepted_at = found.accepted_at or seen_at
    elif found.accepted_at is not None and found.accepted_at >= seen_at:
        return
    else:
        found.accepted_at = None
    if state is ConnectionState.INVITED:
        found.invited_at = found.invited_at or seen_at
    found.state = state.value


def row_of(client_id: UUID, lead_id: UUID, sender_id: UUID) -> Connection:
    found = Connection.objects.filter(client=client_id, lead=lead_id, sender=sender_id).first()
    return found or Connection(
        client_id=client_id, lead_id=lead_id, sender_id=sender_id, state=ConnectionState.UNCONNECTED.value
    )
