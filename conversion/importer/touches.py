"""Rows of activities.csv to touches: the snapshot of what was said, and the typed columns that learning reads."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from conversion.bulk import empty, stored_id
from conversion.content import capture
from conversion.importer.faults import BadRow
from conversion.models import Activity
from conversion.snapshots import columns_of
from conversion.vocabulary import ACTION_OF, ActivityState, Channel
from conversion.wording import Vocabulary

# Columns of the file that are columns of the row, under the same name or another.
PLAIN = {
    "campaign": "campaign",
    "template_id": "template_id",
    "sequence_id": "plan",
    "message_type": "message_type",
    "outcome": "outcome",
}
TEXTS = ("subject", "body", "connection_note", "script_id", "script_content", "notes")
EMPTY: Mapping[str, Any] = empty(Activity) | {
    "state": ActivityState.SENT.value,
    "led_to_booking": False,
    "metadata": {},
}


class Addressee(NamedTuple):
    """What a touch needs to know of its lead."""

    id: UUID
    deleted: bool
    zone: ZoneInfo
    tier: str
    email: str
    phone: str
    first_name: str
    last_name: str
    title: str
    company_name: str
    industry: str
    linkedin_url: str


def columns(
    given: Mapping[str, Any], lead: Addressee, vocabulary: Vocabulary, base: Mapping[str, Any]
) -> dict[str, Any]:
    """The columns of a touch. given: all columns of the file, None where not known; touch_number is the given one or
    the one counted so far. base: the columns that do not come from the file. Raises BadRow.
    """
    channel = Channel(given["channel"])
    _check_channel(channel, given)
    sent_at: datetime = given["occurred_at"]
    snapshot, features = capture(
        given["body"],
        lead,
        given["subject"],
        given["touch_number"],
        given["sequence_id"],
        channel,
        sent_at=sent_at,
        lead_timezone=lead.zone,
        template_id=given["template_id"],
        message_type=given["message_type"],
        connection_note=given["connection_note"],
        script_id=given["script_id"],
        script_content=given["script_content"],
        outcome=given["outcome"],
        duration_seconds=given["duration_seconds"],
        notes=given["notes"],
        vocabulary=vocabulary,
    )
    return {
        **base,
        **{column: given[name] or "" for name, column in PLAIN.items()},
        "lead_id": lead.id,
        "channel": channel.value,
        "action": ACTION_OF[channel].value,
        "duration_seconds": given["duration_seconds"],
        "touch_number": given["touch_number"],
        "touch_number_given": given["numbered"],
        "sent_at": sent_at,
        "led_to_booking_given": given["led_to_booking"],
        **columns_of(snapshot, features),
        "metadata": _metadata(channel, given, lead),
    }


def _check_channel(channel: Channel, given: Mapping[str, Any]) -> None:
    if given["outcome"] and channel is not Channel.VOICE:
        raise BadRow("outcome", f"only a call has an outcome, and this touch is {channel.value}")
    if given["message_type"] and channel is not Channel.LINKEDIN:
        raise BadRow("message_type", f"only a LinkedIn message has a type, and this touch is {channel.value}")


def _metadata(channel: Channel, given: Mapping[str, Any], lead: Addressee) -> dict[str, Any]:
    """provider_message_id, touch_number and sequence_id, and what else the channel has; further columns in `extra`."""
    metadata: dict[str, Any] = {
        "provider_message_id": None,
        "touch_number": given["touch_number"],
        "sequence_id": given["sequence_id"],
    }
    if channel is Channel.LINKEDIN:
        metadata["message_type"] = given["message_type"]
        metadata["linkedin_profile_url"] = lead.linkedin_url or None
    elif channel is Channel.VOICE:
        metadata["outcome"] = given["outcome"]
        metadata["duration_seconds"] = given["duration_seconds"]
    if given["subject"] and channel is not Channel.EMAIL:
        metadata["subject"] = given["subject"]  # only an e-mail's snapshot keeps it
    if given["extra"]:
        metadata["extra"] = given["extra"]
    return metadata


def base_of(client_id: UUID, batch_id: UUID, now: datetime) -> dict[str, Any]:
    """The columns that all new touches of an import share."""
    return {**EMPTY, "client_id": stored_id(client_id), "batch_id": stored_id(batch_id), "created_at": now}


def given_before(touch: Mapping[str, Any]) -> dict[str, Any]:
    """What a stored touch was made from, as `columns` takes it."""
    snapshot, metadata = touch["content_snapshot"] or {}, touch["metadata"]
    return {
        "channel": touch["channel"],
        "occurred_at": touch["sent_at"],
        "touch_number": touch["touch_number"],
        "numbered": touch["touch_number_given"],
        "duration_seconds": touch["duration_seconds"],
        "led_to_booking": touch["led_to_booking_given"],
        **{name: touch[column] or None for name, column in PLAIN.items()},
        **{name: snapshot.get(name) or metadata.get(name) for name in TEXTS},
        "extra": metadata.get("extra", {}),
    }
