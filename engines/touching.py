"""What the channels' engines share: a touch that is made and sent within one call, and who of the client speaks to the lead."""

from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.timezone import now

from conversion.erasure import CODE as ERASED
from conversion.erasure import clear
from conversion.models import Activity, Client, Lead, Sender, Sequence
from conversion.vocabulary import ACTION_OF, ActivityState, Channel
from engines.outbox import durability
from engines.outbox.sending import send_now
from engines.senders import desk

LAST_TOUCH = 32_767  # what the column holds
# The client's own address of a channel (conversion.models.Client); other channels have none.
OWN_ADDRESS = {Channel.EMAIL: "sending_email", Channel.SMS: "sending_phone", Channel.VOICE: "sending_phone"}


def require(lead: Lead, client: Client, touch_number: int) -> None:
    """What holds before any touch is sent within a call. Raises RuntimeError inside an open transaction, since the intent to
    send must be committed before a byte leaves; ValueError on another client's lead, or a number that no touch has.
    """
    if connection.in_atomic_block:
        raise RuntimeError("A touch cannot be sent inside an open transaction: commit first, then send.")
    durability.require()
    require_own(lead, client, touch_number)


def require_own(lead: Lead, client: Client, touch_number: int) -> None:
    """Raises ValueError on another client's lead, or a number that no touch has."""
    if lead.client_id != client.pk:
        raise ValueError(f"lead {lead.pk} is no lead of {client}")
    if not 1 <= touch_number <= LAST_TOUCH:
        raise ValueError(f"touch_number: counted from 1, to {LAST_TOUCH} at most")


def send(lead: Lead, client: Client, channel: Channel, sequence: Sequence | None, **columns: Any) -> Activity:
    """Make a touch of the channel, planned for now, and send it by one safe send. columns: what else stands on its row.
    Returns the touch as it stands then.
    """
    activity = Activity.objects.create(
        client=client,
        lead=lead,
        sequence=sequence,
        channel=channel.value,
        action=ACTION_OF[channel].value,
        state=ActivityState.PLANNED.value,
        scheduled_at=now(),
        **{"sender": sender_for(lead, client, sequence, channel), **columns},
    )
    return without_name(send_now(activity))


def without_name(activity: Activity) -> Activity:
    """The touch; its text goes where the person asked to be forgotten before it was written: it names the person."""
    if activity.state == ActivityState.CANCELLED and activity.reason_code == ERASED:
        clear([activity.lead_id])
        activity.refresh_from_db()
    return activity


def sequence_of(client: Client, lead: Lead, sequence_id: UUID | str | None) -> Sequence | None:
    """Raises ValueError where it is no sequence of this lead of the client."""
    if sequence_id is None:
        return None
    try:
        pk = UUID(str(sequence_id))
    except ValueError as error:
        raise ValueError(f"sequence_id: {str(sequence_id)[:60]!r} is no id") from error
    found: Sequence | None = Sequence.objects.for_client(client).filter(pk=pk, lead=lead).first()
    if found is None:
        raise ValueError(f"sequence_id: {lead} has no sequence {pk}")
    return found


def sender_for(lead: Lead, client: Client, sequence: Sequence | None, channel: Channel) -> Sender | None:
    """Whom the lead hears from on a channel: who wrote to it before in this sequence, else the client's own address, else its
    first active sender that is not paused. A client that has only an address to send from gets a sender for it, so that its
    cap and its bounces are counted. None where it has neither; the touch is then held with that reason.
    """
    senders: Any = Sender.objects.for_client(client).filter(channel=channel)
    wrote = Activity.objects.for_client(client).filter(
        lead=lead, channel=channel, state=ActivityState.SENT, sequence=sequence, sender__is_active=True
    )
    before = wrote.order_by("-sent_at").values_list("sender_id", flat=True).first()
    if before is not None:
        return senders.get(pk=before)  # type: ignore[no-any-return] # of a scoped query set
    seats = desk(client, lock=False).seats.of
    if seats.get(channel):
        return senders.get(pk=seats[channel][0].id)  # type: ignore[no-any-return] # as above
    own = getattr(client, OWN_ADDRESS[channel]).strip() if channel in OWN_ADDRESS else ""
    if channel in seats or not own:
        return None
    return senders.get_or_create(client=client, channel=channel.value, address=own)[0]  # type: ignore[no-any-return] # as above
