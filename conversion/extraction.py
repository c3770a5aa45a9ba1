"""What a text says: its pain points, call to action, angles, subject patterns and personalization.

Words are found whole, with case and accents folded, and a keyword matches its own singular, plural and hyphen forms.
Empty text gives empty results. `vocabulary` is the client's, where it extends the default one.
"""

import re
from collections.abc import Sequence
from typing import Any

from conversion.folding import folded
from conversion.matching import ANGLES, BLANK, CTAS, FLAGS, PAIN_POINTS, SUBJECTS, Hits, Matcher, Reading, read
from conversion.personal import named_in
from conversion.wording import DEFAULT, NEUTRAL, Vocabulary

SHORT_SUBJECT, MEDIUM_SUBJECT = 3, 6  # words, at most; a longer subject is long

# "Sarah - an idea", "Sarah: no"; a hyphen inside a compound ("Follow-up") is no dash. Em and en dashes fold to " - ".
_NAME_DASH = re.compile(r"[^\W\d_](?:[^\W_]|['.](?=[^\W_]))*(?: +-|- )")
_GREETING = re.compile(r"(?:hey|hi)[ ,]+[^\W_]")
_REPLY = re.compile(r"re ?:")

_SUBJECT_BIT = {name: 1 << position for position, name in enumerate(DEFAULT.subject_names)}
_FLAG_BIT = {name: 1 << position for position, name in enumerate(DEFAULT.flag_names)}
_FLAG_KEYS = tuple((f"has_{name}", bit) for name, bit in _FLAG_BIT.items())
_NEUTRAL_BIT = 1 << DEFAULT.angle_names.index(NEUTRAL)


def names_at(bits: int, names: Sequence[str]) -> list[str]:
    """The names whose positions are set in the bits, in order."""
    return [name for position, name in enumerate(names) if bits >> position & 1]


def bits_of(held: Sequence[str], names: Sequence[str]) -> int:
    """The bits of those of `held` that are in `names`; others are passed over."""
    return sum(1 << position for position, name in enumerate(names) if name in held)


def extract_pain_points(text: str | None, vocabulary: Vocabulary = DEFAULT) -> list[str]:
    """Names of the pain points that the text speaks of, in the vocabulary's order."""
    return names_at(Matcher.of(vocabulary).hits(read(text))[PAIN_POINTS], vocabulary.pain_names)


def extract_cta(text: str | None, vocabulary: Vocabulary = DEFAULT) -> str | None:
    """The phrase, as the vocabulary writes it, of the first call to action in its order that the text holds."""
    code = cta_code(Matcher.of(vocabulary).hits(read(text)))
    return None if code < 0 else vocabulary.cta_names[code]


def cta_code(hits: Hits) -> int:
    """Position of the first call to action, -1 without one."""
    bits = hits[CTAS]
    return (bits & -bits).bit_length() - 1


def cta_type(phrase: str | None, vocabulary: Vocabulary = DEFAULT) -> str | None:
    """The type of a call to action, None for a phrase that the vocabulary does not have."""
    return next((cta.type for cta in vocabulary.ctas if cta.phrase == phrase), None)


def extract_angles(subject: str | None, body: str | None, vocabulary: Vocabulary = DEFAULT) -> list[str]:
    """Names of the angles of subject and body together; `neutral` where there is text but no other angle."""
    matcher = Matcher.of(vocabulary)
    both = read(subject), read(body)
    return names_at(angle_bits(both, [matcher.hits(part) for part in both]), vocabulary.angle_names)


def angle_bits(readings: Sequence[Reading], hits: Sequence[Hits]) -> int:
    bits, blank = 0, True
    for reading, part in zip(readings, hits, strict=True):
        bits |= part[ANGLES]
        blank = blank and reading is BLANK
    return bits or (0 if blank else _NEUTRAL_BIT)


def extract_subject_patterns(subject: str | None, vocabulary: Vocabulary = DEFAULT) -> list[str]:
    """Names of the patterns that the subject follows, in the vocabulary's order."""
    reading = read(subject)
    matcher = Matcher.of(vocabulary)
    return names_at(subject_bits(subject, reading, matcher, matcher.hits(reading)), vocabulary.subject_names)


def subject_bits(subject: str | None, reading: Reading, matcher: Matcher, hits: Hits) -> int:
    """reading, hits: the subject's."""
    if not subject or reading is BLANK:
        return 0
    bits = hits[SUBJECTS] | matcher.opening(reading) | _length_bit(len(subject.split()))
    whole = " ".join(folded(subject).split())
    for pattern, name in ((_REPLY, "reply_style"), (_NAME_DASH, "name_dash"), (_GREETING, "casual_greeting")):
        if pattern.match(whole):
            bits |= _SUBJECT_BIT[name]
    return bits | _SUBJECT_BIT["ends_question"] if whole.endswith("?") else bits


def _length_bit(words: int) -> int:
    if words <= SHORT_SUBJECT:
        return _SUBJECT_BIT["short_subject"]
    return _SUBJECT_BIT["medium_subject" if words <= MEDIUM_SUBJECT else "long_subject"]


def detect_personalization(text: str | None, lead: Any, vocabulary: Vocabulary = DEFAULT) -> dict[str, bool]:
    """The flags `has_company_mention`, `has_first_name`, `has_recent_news`, `has_mutual_connection`,
    `has_industry_specific`.

    lead: anything with `first_name`, `company_name` and `industry`; a missing or blank one is never found. A company is
    found without its legal form too ("Acme" for "Acme Pty Ltd"), an industry by any word of its name that is not
    generic. A first name that is an ordinary word too ("Will", "May") counts only where it is written as a name.
    """
    reading = read(text)
    bits = flag_bits(text, reading, lead, Matcher.of(vocabulary).hits(reading))
    return flags_of(bits)


def flag_bits(text: str | None, reading: Reading, lead: Any, hits: Hits) -> int:
    """reading, hits: the text's."""
    if not text or reading is BLANK:
        return 0
    bits = hits[FLAGS]
    company, first_name, industry = named_in(text, reading, lead)
    if company:
        bits |= _FLAG_BIT["company_mention"]
    if first_name:
        bits |= _FLAG_BIT["first_name"]
    if industry:
        bits |= _FLAG_BIT["industry_specific"]
    return bits


def flags_of(bits: int) -> dict[str, bool]:
    """The flags as snapshots hold them."""
    return {key: bits & bit > 0 for key, bit in _FLAG_KEYS}
