"""The content snapshot of a touch, and the typed columns that are written beside it.

A snapshot is JSON: what was said, and what was found in it when it was sent. Learning reads only the columns, so that
it never parses JSON. `capture` makes both and reads the text once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any, TypedDict, Unpack
from zoneinfo import ZoneInfo

from conversion.extraction import angle_bits, bits_of, cta_code, flag_bits, flags_of, names_at, subject_bits
from conversion.matching import BLANK, PAIN_POINTS, Matcher, read
from conversion.personal import template_key_of
from conversion.segments import segment_count
from conversion.vocabulary import Channel, MessageType
from conversion.wording import DEFAULT, Vocabulary

SNAPSHOT_VERSION = 1
UNKNOWN = -1  # a code or a length where there is no text to have one


class Details(TypedDict, total=False):
    """What else is known of a touch. Each channel's snapshot holds its own: see `build_content_snapshot`.

    sent_at: an aware datetime; for a call, when it ended. lead_timezone: an IANA name or a tzinfo; without it the local
    day and hour are None. template_id: any value with a text. message_type: a word of `MessageType`. outcome: a word of
    `CallOutcome`. duration_seconds: seconds.
    """

    sent_at: datetime | None
    lead_timezone: str | tzinfo | None
    template_id: object
    message_type: str | None
    connection_note: str | None
    script_id: str | None
    script_content: str | None
    outcome: str | None
    duration_seconds: float | None
    notes: str | None
    vocabulary: Vocabulary


_DETAILS = frozenset(Details.__annotations__)


@dataclass(frozen=True, slots=True)
class Features:
    """The columns of a touch's text. pain_points, angles, subjects, personalization: bits, position i set where the
    i-th name of the vocabulary's list holds. cta: position in its calls to action, -1 none. words, chars: of the text,
    subject_words: of the subject, -1 without one. template: the template's key, 0 without one.
    """

    pain_points: int
    cta: int
    angles: int
    subjects: int
    personalization: int
    words: int
    chars: int
    subject_words: int
    template: int


def build_content_snapshot(
    body: str | None,
    lead: Any,
    subject: str | None = None,
    touch_number: int = 1,
    sequence_id: object = None,
    channel: str = Channel.EMAIL,
    **details: Unpack[Details],
) -> dict[str, Any]:
    """The snapshot of a touch: see `capture`."""
    return capture(body, lead, subject, touch_number, sequence_id, channel, **details)[0]


def capture(
    body: str | None,
    lead: Any,
    subject: str | None = None,
    touch_number: int = 1,
    sequence_id: object = None,
    channel: str = Channel.EMAIL,
    **details: Unpack[Details],
) -> tuple[dict[str, Any], Features]:
    """The snapshot of a touch, JSON, and its columns.

    All channels have body, channel, version, word_count, char_count, pain_points_used, cta_used (the phrase), the five
    flags, touch_number, sequence_id, sent_at (ISO 8601, UTC), day_of_week (0 = Monday) and hour_of_day in UTC, and
    local_day_of_week and local_hour at the lead. E-mail adds subject, subject_word_count and template_id; sms
    segment_count; linkedin message_type and connection_note. Voice has, in place of body and sent_at, script_id,
    script_content (the body where none is given), outcome, duration_seconds, duration_minutes, notes and completed_at.
    Features are read from the body, a call's from its script, a connection request's from its note. The subject counts
    for e-mail alone, since only there it is kept.

    Raises ValueError on a naive or unusable `sent_at`, an unknown time zone or channel, TypeError on an unknown detail.
    """
    if not details.keys() <= _DETAILS:
        raise TypeError(f"unknown details: {', '.join(sorted(details.keys() - _DETAILS))}")
    kind = Channel(channel)
    vocabulary = details.get("vocabulary", DEFAULT)
    subject = subject if kind is Channel.EMAIL else None
    text = _text_read(kind, body, details)
    features = _features(text, subject, lead, vocabulary, template_id=_template_id(kind, details))
    snapshot = {
        "version": SNAPSHOT_VERSION,
        "channel": kind.value,
        "word_count": max(features.words, 0),
        "char_count": max(features.chars, 0),
        "pain_points_used": names_at(features.pain_points, vocabulary.pain_names),
        "cta_used": None if features.cta < 0 else vocabulary.cta_names[features.cta],
        **flags_of(features.personalization),
        "touch_number": touch_number,
        "sequence_id": _key_text(sequence_id),
        **_moments(details.get("sent_at"), details.get("lead_timezone"), "completed_at" if _is_call(kind) else "sent_at"),
        **_EXTRAS[kind](body or "", subject, details),
    }
    if kind is Channel.EMAIL:
        snapshot["subject_word_count"] = max(features.subject_words, 0)
    return snapshot, features
