"""What learning will read of a touch: its content snapshot and the typed columns beside it.

It is taken before the first byte leaves, with the moment and the tier of the dispatch: a text that cannot be read stops the
send, not its record; and a send that is settled days later has the evidence of its own day.
"""

from datetime import datetime
from typing import Any

from conversion import als
from conversion.models import Activity
from conversion.places import zone_of
from conversion.snapshots import capture, columns_of
from conversion.vocabulary import Channel


def evidence(activity: Activity, subject: str, at: datetime) -> dict[str, Any]:
    """Columns of the touch, as sent at `at` under this subject. Reads its lead and client, and no database."""
    lead, client = activity.lead, activity.client
    snapshot, features = capture(
        activity.body,
        lead,
        subject,
        activity.touch_number,
        activity.sequence_id,
        activity.channel,
        sent_at=at,
        lead_timezone=zone_of(lead.timezone, lead.country, client.timezone),
        template_id=activity.template_id,
        message_type=activity.message_type or None,
        vocabulary=client.content_vocabulary,
    )
    return {
        **columns_of(snapshot, features),
        "tier_at_send": lead.als_tier or als.tier(lead.als_score, client.als_tiers).value,
        "metadata": metadata(activity),
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
