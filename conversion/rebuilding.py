"""The snapshot of a touch that has none, made from what its metadata keeps of the text."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from conversion.attribution import LARGEST_TOUCH
from conversion.content import capture
from conversion.models import Activity, Lead
from conversion.snapshots import columns_of
from conversion.vocabulary import MessageType
from conversion.wording import Vocabulary

LONGEST = 128 << 10  # characters of a text: as many as the importer takes
TEXTS = ("body", "message")  # the first that holds one


class Unusable(ValueError):  # noqa: N818 (it says what is wrong)
    """Metadata that no snapshot can be made of."""


def rebuilt(touch: Activity, lead: Lead, zone: ZoneInfo, vocabulary: Vocabulary) -> dict[str, Any] | None:
    """The columns of a sent touch, as at its capture, with its number; None where its metadata holds no text.

    The flags speak of the lead as it is now. Raises Unusable.
    """
    metadata = touch.metadata if isinstance(touch.metadata, Mapping) else {}
    body = next((text for name in TEXTS if (text := text_of(metadata, name))), None)
    if body is None:
        return None
    number = metadata.get("touch_number")
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= LARGEST_TOUCH:
        number = touch.touch_number
    message_type = touch.message_type or text_of(metadata, "message_type")
    try:
        snapshot, features = capture(
            body,
            lead,
            " ".join((text_of(metadata, "subject") or touch.subject).split()) or None,
            number,
            text_of(metadata, "sequence_id") or touch.plan or None,
            touch.channel,
            sent_at=touch.sent_at,
            lead_timezone=zone,
            template_id=touch.template_id or text_of(metadata, "template_id"),
            message_type=message_type if message_type in set(MessageType) else None,
            outcome=touch.outcome or None,
            duration_seconds=touch.duration_seconds,
            vocabulary=vocabulary,
        )
    except ValueError as error:  # a moment at the edge of the calendar
        raise Unusable(str(error)) from error
    return {**columns_of(snapshot, features), "touch_number": number}


def text_of(metadata: Mapping[str, Any], name: str) -> str:
    """A text of the metadata; empty where there is none. Raises Unusable on one that is too long."""
    text = metadata.get(name)
    if not isinstance(text, str) or not text.strip():
        return ""
    if len(text) > LONGEST:
        raise Unusable(f"{name} is longer than {LONGEST:,} characters")
    return text
