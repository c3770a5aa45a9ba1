"""Sending one e-mail within the call."""

from uuid import UUID

from conversion.models import Activity, Client, Lead
from conversion.vocabulary import Channel
from engines import message, touching

TEMPLATE_LENGTH = 255  # what the column holds


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
        touching.require(lead, client, touch_number)
        template = "" if template_id is None else str(template_id)
        message.check_line("template_id", template, TEMPLATE_LENGTH)
        message.check_text(subject, body, is_follow_up=touch_number > 1)
        return touching.send(
            lead,
            client,
            Channel.EMAIL,
            touching.sequence_of(client, lead, sequence_id),
            touch_number=touch_number,
            template_id=template,
            subject=subject,
            body=body,
        )
