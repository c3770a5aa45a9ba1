"""Sending one text message within the call."""

from uuid import UUID

from conversion.models import Activity, Client, Lead
from conversion.vocabulary import Channel
from engines import shortmessage, touching


class SMSEngine:
    """Sends single text messages. What is planned ahead goes through the outbox's queue instead."""

    def send(
        self,
        lead: Lead,
        client: Client,
        message: str,
        touch_number: int = 1,
        sequence_id: UUID | str | None = None,
    ) -> Activity:
        """Send a text to a lead by one safe send, and return the touch as it stands then (states as `EmailEngine.send`).

        The first one that the lead gets from a number says how to opt out, unless the text says STOP itself.

        Raises RuntimeError inside an open transaction; MessageError (a ValueError, its `field` names what is wrong) on a text
        that cannot go out; and ValueError where the lead or the sequence is another client's. Nothing is stored then.
        """
        touching.require(lead, client, touch_number)
        shortmessage.check_text(message)
        sequence = touching.sequence_of(client, lead, sequence_id)
        return touching.send(lead, client, Channel.SMS, sequence, touch_number=touch_number, body=message)
