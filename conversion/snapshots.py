"""The content snapshot of a touch, and the typed columns that are written beside it.

A snapshot is JSON: what was said, and what was found in it when it was sent. Learning reads only the columns, so that
it never parses JSON. `capture` makes both and reads the text once.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any, NamedTuple, TypedDict, Unpack

from conversion.extraction import angle_bits, bits_of, cta_code, flag_bits, flags_of, names_at, subject_bits
from conversion.matching import PAIN_POINTS, Hits, Matcher, Reading, read
from conversion.moments import calendar_of, in_zone
from conversion.personal import template_key_of
from conversion.segments import segment_count
from conversion.sentences import Reader
from conversion.vocabulary import Channel, MessageType
from conversion.wording import DEFAULT, Vocabulary

SNAPSHOT_VERSION = 1
UNKNOWN = -1  # a code, or a length, of a text that is not there


class Details(TypedDict, total=False):
    """What else is known of a touch; each channel's snapshot keeps its own part.

    sent_at: an aware datetime; for a call, when it ended. lead_timezone: an IANA name or a tzinfo; without it the local
    day and hour are None. template_id: any value with a text. message_type: a word of `MessageType`. outcome: a word of
    `CallOutcome`. duration_seconds: seconds.
    """

    sent_at: datetime | None
    lead_timezone: str | tzinfo | None
    template_id: object
    message_type: str | None
    connection_note: str | None
    script_id: object
    script_content: str | None
    outcome: str | None
    duration_seconds: float | None
    notes: str | None
    vocabulary: Vocabulary


_DETAILS = frozenset(Details.__annotations__)


class Features(NamedTuple):
    """The columns of a touch's text.

    pain_points, angles, subjects, personalization: bits, position i set where the i-th name of the vocabulary's list
    holds. cta: position in its calls to action, -1 none. words, chars: of the text, subject_words: of the subject; -1
    without one. template: the template's key, 0 without one.
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


def build_content_snapshot(  # noqa: PLR0917 (the six that every touch has; the rest by keyword)
    body: str | None,
    lead: Any,
    subject: str | None = None,
    touch_number: int = 1,
    sequence_id: object = None,
    channel: str = Channel.EMAIL,
    **details: Unpack[Details],
) -> dict[str, Any]:
    """The snapshot of a touch; see `capture`."""
    return capture(body, lead, subject, touch_number, sequence_id, channel, **details)[0]


def capture(  # noqa: PLR0917 (as above)
    body: str | None,
    lead: Any,
    subject: str | None = None,
    touch_number: int = 1,
    sequence_id: object = None,
    channel: str = Channel.EMAIL,
    **details: Unpack[Details],
) -> tuple[dict[str, Any], Features]:
    """The snapshot of a touch, as JSON holds it, and its columns.

    All channels have version, channel, body, word_count, char_count, pain_points_used, cta_used (the phrase), the five
    flags, touch_number, sequence_id, sent_at (ISO 8601 in UTC), day_of_week (0 = Monday) and hour_of_day in UTC, and
    local_day_of_week and local_hour at the lead. E-mail adds subject, subject_word_count and template_id; sms
    segment_count; linkedin message_type and connection_note. Voice has, in place of body and sent_at, script_id,
    script_content (the body where none is given), outcome, duration_seconds, duration_minutes, notes and completed_at.
    A call is read by its script, a connection request by its note, anything else by its body. The subject counts for
    e-mail alone, where it is kept.

    Raises ValueError on an unknown channel or time zone and on an unusable `sent_at`, TypeError on an unknown detail.
    """
    if not details.keys() <= _DETAILS:
        raise TypeError(f"unknown details: {', '.join(sorted(details.keys() - _DETAILS))}")
    given = {"body": body, "subject": subject, "touch_number": touch_number, "sequence_id": sequence_id, **details}
    kind, vocabulary = Channel(channel), details.get("vocabulary", DEFAULT)
    return captured(given, lead, kind, details.get("sent_at"), details.get("lead_timezone"), vocabulary)


def captured(  # noqa: PLR0917 (many rows are made of it)
    given: Mapping[str, Any],
    lead: Any,
    kind: Channel,
    sent_at: datetime | None,
    zone: str | tzinfo | None,
    vocabulary: Vocabulary,
) -> tuple[dict[str, Any], Features]:
    """As `capture`, of a touch whose text, numbers and details stand in one mapping."""
    body, subject = given["body"], given["subject"] if kind is Channel.EMAIL else None
    features = _read(text_read(kind, body, given), subject, lead, _template_of(kind, given), vocabulary)
    used = features.pain_points
    snapshot: dict[str, Any] = _BLANK[kind].copy()
    snapshot["version"], snapshot["channel"] = SNAPSHOT_VERSION, kind.value
    snapshot["word_count"], snapshot["char_count"] = max(features.words, 0), max(features.chars, 0)
    snapshot["pain_points_used"] = names_at(used, vocabulary.pain_names) if used else []
    snapshot["cta_used"] = None if features.cta < 0 else vocabulary.cta_names[features.cta]
    snapshot["touch_number"], snapshot["sequence_id"] = given["touch_number"], _key(given["sequence_id"])
    snapshot |= flags_of(features.personalization)
    snapshot |= calendar_of(sent_at, zone)
    snapshot |= _own_keys(kind, body, subject, given, None if sent_at is None else in_zone(sent_at, UTC).isoformat())
    return snapshot, features


def _own_keys(
    kind: Channel, body: str | None, subject: str | None, given: Mapping[str, Any], moment: str | None
) -> dict[str, Any]:
    """The keys that depend on the channel. moment: when it was sent, in UTC."""
    if kind is Channel.VOICE:
        return {**_call(body, given), "completed_at": moment}
    own: dict[str, Any] = {"body": body or "", "sent_at": moment}
    if kind is Channel.EMAIL:
        own["subject"] = subject
        own["subject_word_count"] = len((subject or "").split())
        own["template_id"] = _key(given.get("template_id"))
    elif kind is Channel.SMS:
        own["segment_count"] = segment_count(body)
    elif kind is Channel.LINKEDIN:
        own["message_type"] = given.get("message_type") or None
        own["connection_note"] = given.get("connection_note") or None
    return own


def _call(body: str | None, given: Mapping[str, Any]) -> dict[str, Any]:
    seconds = given.get("duration_seconds")
    return {
        "script_id": _key(given.get("script_id")),
        "script_content": given.get("script_content") or body or None,
        "outcome": given.get("outcome") or None,
        "duration_seconds": seconds,
        "duration_minutes": None if seconds is None else round(seconds / 60, 2),
        "notes": given.get("notes") or None,
    }


def _blank(kind: Channel) -> dict[str, Any]:
    """The keys of a channel's snapshot, in the order in which PostgreSQL keeps them: shorter ones first. What comes in another
    order it has to sort, for each touch.
    """
    keys = [*_COMMON, *flags_of(0), *calendar_of(None, None), *_own_keys(kind, None, None, {}, None)]
    return dict.fromkeys(sorted(keys, key=lambda key: (len(key), key)))


def _key(value: object) -> str | None:
    """A key of the source's or our own (an UUID) as text; None where it is blank."""
    return None if value is None else str(value).strip() or None


def _template_of(kind: Channel, given: Mapping[str, Any]) -> str | None:
    """A call's template is its script."""
    return _key(given.get("template_id")) or (_key(given.get("script_id")) if kind is Channel.VOICE else None)


_COMMON = (
    "version",
    "channel",
    "word_count",
    "char_count",
    "pain_points_used",
    "cta_used",
    "touch_number",
    "sequence_id",
)
_BLANK: Mapping[Channel, dict[str, Any]] = {kind: _blank(kind) for kind in Channel}


def text_read(channel: Channel, body: str | None, given: Mapping[str, Any]) -> str | None:
    """The text that a touch is read by. given: its details, or its snapshot."""
    if channel is Channel.VOICE:
        return _text(given.get("script_content")) or body
    note = _text(given.get("connection_note")) if channel is Channel.LINKEDIN else None
    if note and (given.get("message_type") == MessageType.CONNECTION_REQUEST or not (body or "").strip()):
        return note
    return body


def _text(value: object) -> str | None:
    """A text that is not blank."""
    return value if isinstance(value, str) and value.strip() else None


def _read(text: str | None, subject: str | None, lead: Any, template: str | None, vocabulary: Vocabulary) -> Features:
    """All that learning takes from subject and text, in one reading of each."""
    head, head_hits, subjects = _subject_read(subject, vocabulary)
    body, body_hits = Reader.of(vocabulary)(text)
    speaks = bool(text and body.text)
    return Features(
        body_hits[PAIN_POINTS],
        cta_code(body_hits),
        angle_bits((head, body), (head_hits, body_hits)),
        subjects,
        flag_bits(text, body, lead, body_hits),
        body.size if speaks else UNKNOWN,
        len(text or "") if speaks else UNKNOWN,
        head.size if subject and head.text else UNKNOWN,
        template_key_of(template, (subject or "", head), (text or "", body), lead),
    )


@lru_cache(maxsize=1024)
def _subject_read(subject: str | None, vocabulary: Vocabulary) -> tuple[Reading, Hits, int]:
    """A subject's reading, what holds in it, and the patterns that it follows: most stand over many messages."""
    reading, matcher = read(subject), Matcher.of(vocabulary)
    hits = matcher.hits(reading)
    return reading, hits, subject_bits(subject, reading, matcher, hits)


def features_of(
    snapshot: Mapping[str, Any],
    lead: Any = None,
    template_id: object = None,
    vocabulary: Vocabulary = DEFAULT,
) -> Features:
    """The columns of a stored snapshot, its text read again: those of `capture` for the same vocabulary, and what a
    later vocabulary finds.

    The flags are those stored (they speak of the lead as it was), or read again where none is. Where the text is no
    longer there, what was found in it then is taken. Without a lead, only an id makes a template.
    """
    kind = Channel(snapshot.get("channel", Channel.EMAIL))
    body, subject = _text(snapshot.get("body")), _text(snapshot.get("subject"))
    identity = _template_of(kind, {**snapshot, "template_id": template_id or snapshot.get("template_id")})
    text = text_read(kind, body, snapshot)
    features = _read(text, subject if kind is Channel.EMAIL else None, lead, identity, vocabulary)
    changes: dict[str, int] = {}
    if any(f"has_{name}" in snapshot for name in vocabulary.flag_names):
        changes["personalization"] = bits_of(
            [name for name in vocabulary.flag_names if snapshot.get(f"has_{name}")], vocabulary.flag_names
        )
    if features.words == UNKNOWN:
        changes |= _as_stored(snapshot, vocabulary)
    if lead is None and not identity:
        changes["template"] = 0
    return features._replace(**changes)


def _as_stored(snapshot: Mapping[str, Any], vocabulary: Vocabulary) -> dict[str, int]:
    used, cta = snapshot.get("pain_points_used"), snapshot.get("cta_used")
    words, chars = snapshot.get("word_count"), snapshot.get("char_count")
    return {
        "pain_points": bits_of(used if isinstance(used, list) else [], vocabulary.pain_names),
        "cta": vocabulary.cta_names.index(cta) if cta in vocabulary.cta_names else UNKNOWN,
        "words": words if isinstance(words, int) and words > 0 else UNKNOWN,
        "chars": chars if isinstance(chars, int) and chars > 0 else UNKNOWN,
    }


def columns_of(snapshot: Mapping[str, Any], features: Features) -> dict[str, Any]:
    """The columns of a touch that hold what `capture` found: the snapshot, and beside it what learning reads."""
    return {
        "content_snapshot": snapshot,
        "local_day": snapshot["local_day_of_week"],
        "local_hour": snapshot["local_hour"],
        "template_key": features.template,
        "pain_points": features.pain_points,
        "cta": features.cta,
        "angles": features.angles,
        "subjects": features.subjects,
        "personalization": features.personalization,
        "words": features.words,
        "chars": features.chars,
    }
