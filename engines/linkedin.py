"""Invitations, messages and InMails over LinkedIn within the call."""

from typing import Any
from uuid import UUID

from conversion.models import Activity, Client, Connection, Lead, Sequence
from conversion.vocabulary import ActivityState, Channel, ConnectionState, MessageType
from engines import touching
from engines.acquaintance import connection_of
from engines.linkedin_text import NOTE, check_text
from engines.message import MessageError
from engines.outbox.sending import send_now


class LinkedInEngine:
    """Sends single LinkedIn touches. What is planned ahead goes through the outbox's queue instead."""

    def send(  # noqa: PLR0917 (the signature that callers rely on)
        self,
        lead: Lead,
        client: Client,
        message: str,
        message_type: str = MessageType.MESSAGE.value,
        connection_note: str | None = None,
        touch_number: int = 1,
        sequence_id: UUID | str | None = None,
    ) -> Activity:
        """Send one touch by one safe send, and return it as it stands then (states as `EmailEngine.send`).

        message_type: `message`, to somebody who is connected; `connection_request`, an invitation, whose note is
        `connection_note`, or `message` where none is given (else the message is kept beside it, and not sent); `inmail`.

        A message to somebody who is not connected is held (`not_connected`). It goes out when the invitation is accepted,
        and is cancelled 21 days after that was sent, or where there is none, after it was held first. With a
        `connection_note` the invitation is sent before it, as a touch of its own, unless there is one already.

        Raises RuntimeError inside an open transaction; MessageError on a text that cannot go out; ValueError on an unknown
        message_type, and where the lead or the sequence is another client's. Nothing is stored then.
        """
        kind, note = kind_given(message_type), (connection_note or "").strip()
        touching.require(lead, client, touch_number)
        check(kind, message, note)
        sequence = touching.sequence_of(client, lead, sequence_id)
        known = connection_with(lead, client)
        sender = known.sender if known else touching.sender_for(lead, client, sequence, Channel.LINKEDIN)
        columns: dict[str, Any] = {"touch_number": touch_number, "sender": sender}
        is_stranger = known is None or known.state == ConnectionState.UNCONNECTED
        if kind is MessageType.MESSAGE and note and is_stranger:
            send(lead, client, sequence, **columns, message_type=MessageType.CONNECTION_REQUEST.value, body=note)
        beside = {NOTE: note} if kind is MessageType.CONNECTION_REQUEST and note != message.strip() and note else {}
        return send(lead, client, sequence, **columns, message_type=kind.value, body=message, metadata=beside)


def kind_given(message_type: str) -> MessageType:
    try:
        return MessageType(message_type)
    except ValueError as error:
        raise ValueError(f"message_type: {str(message_type)[:40]!r} is none of {', '.join(MessageType)}") from error


def check(kind: MessageType, message: str, note: str) -> None:
    """Raises MessageError."""
    if kind is MessageType.INMAIL and note:
        raise MessageError("connection_note", "belongs to an invitation, and an InMail needs none")
    if kind is not MessageType.CONNECTION_REQUEST:
        check_text(kind, message)
    check_text(MessageType.CONNECTION_REQUEST, note or (message if kind is MessageType.CONNECTION_REQUEST else ""))


def send(lead: Lead, client: Client, sequence: Sequence | None, **columns: Any) -> Activity:
    """Once more where the provider answered with what was not known of the connection: then the guard has its say."""
    activity = touching.send(lead, client, Channel.LINKEDIN, sequence, **columns)
    if activity.state == ActivityState.QUEUED and activity.reason_code == "deferred" and connection_of(activity):
        return touching.without_name(send_now(activity))
    return activity


def connection_with(lead: Lead, client: Client) -> Connection | None:
    """The connection by which the lead is written to: of an active seat, one that was accepted first."""
    found = Connection.objects.for_client(client).filter(lead=lead, sender__is_active=True).select_related("sender")
    return min(found, key=lambda one: (one.state != ConnectionState.ACCEPTED, one.pk), default=None)
