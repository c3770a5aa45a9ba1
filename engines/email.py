"""Sending one e-mail within the call."""

from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.timezone import now

from conversion.erasure import CODE as ERASED
from conversion.erasure import clear
from conversion.models import Activity, Client, Lead, Sender, Sequence
from conversion.vocabulary import Action, ActivityState, Channel
from engines import message
from engines.outbox import durability
from engines.outbox.sending import send_now
from engines.senders import desk

LAST_TOUCH = 32_767  # what the column holds
TEMPLATE_LENGTH = 255  # likewise


class EmailEngine:
    """Writes and sends single e-mails. What is planned ahead goes through the outbox's queue instead."""

    def send(  # noqa: PLR0917 (the signature that callers rely on)
        self,
        lead: Lead,
        client: Client,
        subject: str,
        body: str,
        template_id: object = None,
        touch_number: int = 1,
        sequence_id: UUID | str | None = None,
    ) -> Activity:
        """Send plain text to a lead by one safe send, and return the touch as it stands then.

        Its state is `sent`; `held` or `cancelled` with the reason in words, where the guard, the account or the message
        says no; `failed` where the provider refused it; `queued` where the provider deferred it; `unknown` where nobody
        can tell. The subject may be empty in a follow-up (touch_number above 1): it then answers the first e-mail.

        Raises RuntimeError inside an open transaction, since the intent to send must be committed before a byte leaves;
        MessageError (a ValueError, its `field` names what is wrong) on a text that cannot go out; and ValueError where
        the lead or the sequence is another client's. Nothing is stored then.
        """
        if connection.in_atomic_block:
            raise RuntimeError("An e-mail cannot be sent inside an open transaction: commit first, then send.")
        durability.require()
        if lead.client_id != client.pk:
            raise ValueError(f"lead {lead.pk} is no lead of {client}")
        if not 1 <= touch_number <= LAST_TOUCH:
            raise ValueError(f"touch_number: counted from 1, to {LAST_TOUCH} at most")
        template = "" if template_id is None else str(template_id)
        message.check_line("template_id", template, TEMPLATE_LENGTH)
        message.check_text(subject, body, is_follow_up=touch_number > 1)
        sequence = sequence_of(client, lead, sequence_id)
        activity = Activity.objects.create(
            client=client,
            lead=lead,
            sequence=sequence,
            sender=sender_for(lead, client, sequence),
            channel=Channel.EMAIL.value,
            action=Action.EMAIL_SENT.value,
            state=ActivityState.PLANNED.value,
            touch_number=touch_number,
            template_id=template,
            subject=subject,
            body=body,
            scheduled_at=now(),
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


def sender_for(lead: Lead, client: Client, sequence: Sequence | None) -> Sender | None:
    """Whom the lead hears from: who wrote to it before in this sequence, else the client's own address, else its first
    active sender that is not paused. A client that has only an address to send from gets a sender for it, so that its cap
    and its bounces are counted. None where it has neither; the touch is then held with that reason.
    """
    senders: Any = Sender.objects.for_client(client).filter(channel=Channel.EMAIL)
    wrote = Activity.objects.for_client(client).filter(
        lead=lead, channel=Channel.EMAIL, state=ActivityState.SENT, sequence=sequence, sender__is_active=True
    )
    before = wrote.order_by("-sent_at").values_list("sender_id", flat=True).first()
    if before is not None:
        return senders.get(pk=before)  # type: ignore[no-any-return] # of a scoped query set
    seats = desk(client, lock=False).seats.of
    if seats.get(Channel.EMAIL):
        return senders.get(pk=seats[Channel.EMAIL][0].id)  # type: ignore[no-any-return] # as above
    if Channel.EMAIL in seats or not client.sending_email.strip():
        return None
    return senders.get_or_create(  # type: ignore[no-any-return] # as above
        client=client, channel=Channel.EMAIL.value, address=client.sending_email.strip()
    )[0]
