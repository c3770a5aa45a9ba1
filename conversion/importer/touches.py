"""Rows of activities.csv to touches: the snapshot of what was said, and the typed columns that learning reads. No Django."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from conversion.encoding import Block, Form
from conversion.importer.faults import BadRow
from conversion.snapshots import captured, columns_of
from conversion.vocabulary import ACTION_OF, Channel
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
# The columns of a new touch that are its own; all others are the same for all touches of an import.
OWN = frozenset(
    {"id", "external_id", "lead_id", "channel", "action", "campaign", "template_id", "plan", "message_type", "outcome"}
    | {"duration_seconds", "touch_number", "touch_number_given", "sent_at", "led_to_booking_given", "tier_at_send"}
    | {"content_snapshot", "metadata", "local_day", "local_hour", "template_key", "pain_points", "cta", "angles"}
    | {"subjects", "personalization", "words", "chars", "source_hash"}
)


class Addressee(NamedTuple):
    """What a touch needs to know of its lead. stored_id: the id as a row has it."""

    id: UUID
    stored_id: str
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


# A new touch whose texts are not read yet: its id, its key, its hash, what is given as `columns` takes it, without what is not
# known, and its lead. A plain tuple: pickled, one with names costs twice the time.
Draft = tuple[str, str, int, dict[str, Any], Addressee]


class Texts:
    """Reads the texts of new touches and writes their rows. It can be pickled."""

    def __init__(self, vocabulary: Vocabulary, names: Sequence[str], form: Form) -> None:
        """names: of all columns that a file may have."""
        self._vocabulary = vocabulary
        self._names = names
        self._form = form

    def __call__(self, drafts: Sequence[Draft]) -> Block:
        """drafts: of one file, which has the same columns for all."""
        absent = {name: None for *_, given, _ in drafts[:1] for name in self._names if name not in given}
        return self._form.block(self._row(draft, absent) for draft in drafts)

    def _row(self, draft: Draft, absent: Mapping[str, None]) -> dict[str, Any]:
        key, external_id, source_hash, given, lead = draft
        given.update(absent)
        touch = columns(given, lead, self._vocabulary)
        touch["id"], touch["external_id"], touch["source_hash"] = key, external_id, source_hash
        touch["lead_id"], touch["tier_at_send"] = lead.stored_id, lead.tier
        return touch


def columns(given: Mapping[str, Any], lead: Addressee, vocabulary: Vocabulary) -> dict[str, Any]:
    """The columns of a touch that come from the file. given: all columns of the file, None where not known; touch_number
    is the given one or the one counted so far. It has been checked.
    """
    channel = Channel(given["channel"])
    sent_at: datetime = given["occurred_at"]
    snapshot, features = captured(given, lead, channel, sent_at, lead.zone, vocabulary)
    return {
        "campaign": given["campaign"] or "",
        "template_id": given["template_id"] or "",
        "plan": given["sequence_id"] or "",
        "message_type": given["message_type"] or "",
        "outcome": given["outcome"] or "",
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


def check(given: Mapping[str, Any]) -> None:
    """Raises BadRow where a column does not go with the channel."""
    channel = given["channel"]
    if given.get("outcome") and channel != Channel.VOICE:
        raise BadRow("outcome", f"only a call has an outcome, and this touch is {channel}")
    if given.get("message_type") and channel != Channel.LINKEDIN:
        raise BadRow("message_type", f"only a LinkedIn message has a type, and this touch is {channel}")


def _metadata(channel: Channel, given: Mapping[str, Any], lead: Addressee) -> dict[str, Any]:
    """provider_message_id, touch_number and sequence_id, and what else the channel has; further columns in `extra`."""
    metadata: dict[str, Any] = {
        "sequence_id": given["sequence_id"],
        "touch_number": given["touch_number"],
        "provider_message_id": None,
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
