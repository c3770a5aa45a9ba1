"""From a LinkedIn touch to what its message is made of."""

from conversion.models import Activity
from conversion.vocabulary import MessageType
from engines.acquaintance import connection_of
from engines.linkedin_text import Missive, kind_of, note_limit, note_of
from engines.message import MessageError


def missive_of(activity: Activity, key: str) -> Missive:
    """A touch that leaves its kind open is an invitation to a stranger, and a message to anybody else. Raises MessageError."""
    sender, known = activity.sender, connection_of(activity)
    if sender is None or not sender.address.strip():
        raise MessageError("sender", f"{activity.client} has no LinkedIn seat to send from")
    kind = kind_of(activity.message_type, known.state if known else None)
    is_invitation = kind is MessageType.CONNECTION_REQUEST
    return Missive(
        key=key,
        kind=kind.value,
        sender=sender.address.strip(),
        sender_name=sender.display_name,
        profile=activity.lead.linkedin_url,
        text=note_of(activity.body, activity.metadata) if is_invitation else activity.body,
        subject=activity.subject,
        note_length=note_limit(sender.account.options if sender.account else {}),
        person_id=known.person_id if known else "",
        chat_id=known.chat_id if known else "",
    )
