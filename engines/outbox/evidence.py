"""What learning will read of a touch: its content snapshot and the typed columns beside it.

It is taken before the first byte leaves, with the moment and the tier of the dispatch: a text that cannot be read stops the
send, not its record; and a send that is settled days later has the evidence of its own day.
"""

from datetime import datetime
from typing import Any, Unpack

from conversion import als
from conversion.models import Activity
from conversion.places import zone_of
from conversion.segments import segment_count
from conversion.snapshots import Details, capture, columns_of
from conversion.vocabulary import Channel, MessageType
from engines import linkedin_text


def evidence(
    activity: Activity, subject: str, at: datetime, text: str = "", **details: Unpack[Details]
) -> dict[str, Any]:
    """Columns of the touch, as sent at `at` under this subject. Reads its lead and client, and no database.

    text: as it goes out, where that is more than what was written; it is what a text message is billed by. details: what the
    touch itself does not hold.
    """
    lead, client = activity.lead, activity.client
    known: Details = {
        "sent_at": at,
        "lead_timezone": zone_of(lead.timezone, lead.country, client.timezone),
        "template_id": activity.template_id,
        "message_type": activity.message_type or None,
        "connection_note": note_of(activity),
        "vocabulary": client.content_vocabulary,
    }
    known.update(call_of(activity))
    known.update(details)
    touch = (activity.touch_number, activity.sequence_id, activity.channel)
    snapshot, features = capture(activity.body, lead, subject, *touch, **known)
    if activity.channel == Channel.SMS and text:
        snapshot["segment_count"] = segment_count(text)
    return {
        **columns_of(snapshot, features),
        "tier_at_send": lead.als_tier or als.tier(lead.als_score, client.als_tiers).value,
        "metadata": metadata(activity),
        **({"message_type": activity.message_type} if activity.channel == Channel.LINKEDIN else {}),
    }


def note_of(activity: Activity) -> str | None:
    """The note of an invitation, by which it is read."""
    if activity.message_type != MessageType.CONNECTION_REQUEST:
        return None
    return linkedin_text.note_of(activity.body, activity.metadata) or None


def call_of(activity: Activity) -> Details:
    """What a call's row knows of it; its text is the script."""
    if activity.channel != Channel.VOICE:
        return {}
    return {
        "script_id": activity.template_id,
        "outcome": activity.outcome or None,
        "duration_seconds": activity.duration_seconds,
    }


def metadata(activity: Activity) -> dict[str, Any]:
    sequence = activity.sequence_id
    own: dict[str, Any] = {
        "provider_message_id": None,
        "touch_number": activity.touch_number,
        "sequence_id": None if sequence is None else str(sequence),
    }
    if activity.channel == Channel.LINKEDIN:
        own["message_type"] = activity.message_type or None
        own["linkedin_profile_url"] = activity.lead.linkedin_url or None
    return {**activity.metadata, **own}
