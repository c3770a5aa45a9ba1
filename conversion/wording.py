"""The words that content is read by: pain points, calls to action, angles, subject patterns and personalization flags.

A vocabulary is data. Columns of the learning frame store the position of a name in its list (bits, or a code), so a
name never moves: what a client adds goes to the end of a list.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

MAX_NAMES = 62  # positions are bits of a signed 64-bit column, which holds 63; one is left to spare
MAX_KEYWORDS = 500  # a category's; a guard against pasted documents, far above any hand-written list
MAX_LENGTH = 100  # characters of a keyword, a phrase or a CTA's type
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

NEUTRAL = "neutral"  # the angle of a text in which no other angle's keyword stands

# Subject patterns whose phrases stand at the start of the subject; those of every other pattern stand anywhere in it.
AT_START = frozenset({"question_about", "quick_question", "idea_for", "thought_about"})
# Names that a rule decides, not keywords: `content` has the rules.
BY_SHAPE = frozenset(
    {"reply_style", "name_dash", "casual_greeting", "ends_question", "short_subject", "medium_subject", "long_subject"},
)
BY_LEAD = frozenset({"company_mention", "first_name", "industry_specific"})


class VocabularyError(ValueError):
    """A client's extension that cannot be used; the message names the field."""


class Category(NamedTuple):
    """A name and the keywords, words or phrases, any of which makes it hold. `$N` and `N%` stand for amounts."""

    name: str
    keywords: tuple[str, ...]


class Cta(NamedTuple):
    """A call to action: its phrase, which is what snapshots store, and its type."""

    phrase: str
    type: str


@dataclass(frozen=True)
class Vocabulary:
    """The ordered lists that content is read by. Hashable: compiled matching is cached for each vocabulary."""

    pain_points: tuple[Category, ...]
    ctas: tuple[Cta, ...]
    angles: tuple[Category, ...]
    subjects: tuple[Category, ...]
    flags: tuple[Category, ...]

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        # Every look-up of a compiled vocabulary asks for the hash, and the lists hold some 200 strings.
        return hash((self.pain_points, self.ctas, self.angles, self.subjects, self.flags))

    def __reduce__(self) -> tuple[Any, ...]:
        # What is cached stays behind: hashes of strings differ from process to process.
        return Vocabulary, (self.pain_points, self.ctas, self.angles, self.subjects, self.flags)

    @cached_property
    def pain_names(self) -> tuple[str, ...]:
        return tuple(category.name for category in self.pain_points)

    @cached_property
    def cta_names(self) -> tuple[str, ...]:
        """The phrases, in order: a position is the code of the CTA column."""
        return tuple(cta.phrase for cta in self.ctas)

    @cached_property
    def angle_names(self) -> tuple[str, ...]:
        """`neutral` is the last of the default names; a client's own angles follow it, so that it never moves."""
        return tuple(category.name for category in self.angles)

    @cached_property
    def subject_names(self) -> tuple[str, ...]:
        return tuple(category.name for category in self.subjects)

    @cached_property
    def flag_names(self) -> tuple[str, ...]:
        """Snapshots hold them as `has_<name>`."""
        return tuple(category.name for category in self.flags)

    def extended(self, data: Mapping[str, Any]) -> "Vocabulary":
        """The vocabulary with a client's additions; no name moves.

        data: any of `pain_points`, `angles`, `subjects` and `flags`, each a list of `{"name", "keywords": [text]}`,
        and `ctas`, a list of `{"phrase", "type"}`. Lists and not mappings, because a stored JSON object does not keep
        its order. A name that exists gets the further keywords, a new one goes to the end of its list; a new subject
        pattern holds where a keyword stands anywhere in the subject. Flags are the five of the snapshot: they take
        keywords, no new names. Names that a rule or the lead decides (`neutral`, `name_dash`, `first_name` and the
        like) take no keywords.

        Raises VocabularyError on an unknown key, a wrong type, a blank or unprintable text, a CTA that exists, or more
        than 62 names in a list.
        """
        _known_keys(data, ("pain_points", "ctas", "angles", "subjects", "flags"), "vocabulary")
        return Vocabulary(
            pain_points=_joined(self.pain_points, data, "pain_points"),
            ctas=_joined_ctas(self.ctas, data),
            angles=_joined(self.angles, data, "angles", ruled=frozenset({NEUTRAL})),
            subjects=_joined(self.subjects, data, "subjects", ruled=BY_SHAPE),
            flags=_joined(self.flags, data, "flags", ruled=BY_LEAD, fixed=True),
        )

    def keeps(self, earlier: "Vocabulary") -> bool:
        """True where every name of `earlier` has the position it had, so that stored columns stay readable."""
        pairs = (
            (self.pain_names, earlier.pain_names),
            (self.cta_names, earlier.cta_names),
            (self.angle_names, earlier.angle_names),
            (self.subject_names, earlier.subject_names),
            (self.flag_names, earlier.flag_names),
        )
        return all(mine[: len(theirs)] == theirs for mine, theirs in pairs)


def _known_keys(data: object, known: tuple[str, ...], field: str) -> None:
    if not isinstance(data, Mapping):
        raise VocabularyError(f"{field}: expected an object, got {type(data).__name__}")
    unknown = [key for key in data if key not in known]
    if unknown:
        raise VocabularyError(f"{field}: unknown key {str(unknown[0])[:MAX_LENGTH]!r}, known are {', '.join(known)}")


def _entries(data: Mapping[str, Any], field: str, keys: tuple[str, str]) -> Iterator[tuple[str, Any, Any]]:
    """The entries of a list as (path of the entry, value of the first key, value of the second)."""
    entries = data.get(field, [])
    if not isinstance(entries, list | tuple):
        raise VocabularyError(f"{field}: expected a list, got {type(entries).__name__}")
    for position, entry in enumerate(entries):
        path = f"{field}[{position}]"
        _known_keys(entry, keys, path)
        for key in keys:
            if key not in entry:
                raise VocabularyError(f"{path}: {key} is missing")
        yield path, entry[keys[0]], entry[keys[1]]


def _text(value: object, field: str) -> str:
    """One keyword or phrase, trimmed; it holds a letter or a digit, else it would match nothing or everything."""
    if not isinstance(value, str):
        raise VocabularyError(f"{field}: expected a text, got {type(value).__name__}")
    text = value.strip()
    if not 1 <= len(text) <= MAX_LENGTH or not text.isprintable() or not any(map(str.isalnum, text)):
        raise VocabularyError(f"{field}: expected 1 to {MAX_LENGTH} printable characters with a letter or a digit")
    return text


def _name(value: object, field: str) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise VocabularyError(f"{field}: a name has 1 to 40 of a-z, 0-9 and _, and starts with a letter")
    return value


def _keywords(value: object, field: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise VocabularyError(f"{field}: expected a list of at least one text")
    return tuple(_text(keyword, f"{field}[{position}]") for position, keyword in enumerate(value))


def _joined(
    base: tuple[Category, ...],
    data: Mapping[str, Any],
    field: str,
    *,
    ruled: frozenset[str] = frozenset(),
    fixed: bool = False,
) -> tuple[Category, ...]:
    """base: the categories so far. ruled: names that take no keywords. fixed: no new names."""
    merged = dict(base)
    for path, name_value, keywords in _entries(data, field, ("name", "keywords")):
        name = _name(name_value, f"{path}.name")
        if name in ruled:
            raise VocabularyError(f"{path}.name: {name} is decided by a rule and takes no keywords")
        if fixed and name not in merged:
            raise VocabularyError(f"{path}.name: {name} is not one of {', '.join(merged)}")
        added = merged.get(name, ()) + _keywords(keywords, f"{path}.keywords")
        merged[name] = tuple(dict.fromkeys(added))
        if len(merged[name]) > MAX_KEYWORDS:
            raise VocabularyError(f"{path}.keywords: {name} has more than {MAX_KEYWORDS} keywords")
    _within(len(merged), field)
    return tuple(Category(name, keywords) for name, keywords in merged.items())


def _joined_ctas(base: tuple[Cta, ...], data: Mapping[str, Any]) -> tuple[Cta, ...]:
    ctas = list(base)
    taken = {cta.phrase.casefold() for cta in base}
    for path, phrase_value, type_value in _entries(data, "ctas", ("phrase", "type")):
        phrase = _text(phrase_value, f"{path}.phrase")
        if phrase.casefold() in taken:
            raise VocabularyError(f"{path}.phrase: {phrase!r} is in the list already")
        taken.add(phrase.casefold())
        ctas.append(Cta(phrase, _name(type_value, f"{path}.type")))
    _within(len(ctas), "ctas")
    return tuple(ctas)


def _within(names: int, field: str) -> None:
    if names > MAX_NAMES:
        raise VocabularyError(f"{field}: {names} names, at most {MAX_NAMES} fit")


def _words(name: str, line: str, *phrases: str) -> Category:
    """A category of the words of `line` and of the phrases after it."""
    return Category(name, (*line.split(), *phrases))


DEFAULT = Vocabulary(
    pain_points=(
        _words("leads", "leads pipeline prospects opportunities qualified mql sql inbound"),
        _words("revenue", "revenue sales growth roi profit income deals closed won"),
        _words("time", "time hours manual automate efficiency busy bandwidth overwhelmed tedious"),
        _words("scaling", "scale scaling growth capacity bandwidth hire team expand growing"),
        _words("competition", "competitors competition behind losing threat", "market share", "catching up"),
        _words("cost", "cost expensive budget waste spending save afford price investment"),
        _words("quality", "quality results performance outcomes better improve consistent"),
        _words("clients", "clients customers retention churn satisfaction referrals testimonials"),
    ),
    ctas=(
        Cta("open to a quick chat", "soft_ask"),
        Cta("worth 15 minutes", "time_specific"),
        Cta("worth a conversation", "soft_ask"),
        Cta("free audit", "value_offer"),
        Cta("free analysis", "value_offer"),
        Cta("quick call", "soft_ask"),
        Cta("schedule a call", "direct_ask"),
        Cta("book a time", "direct_ask"),
        Cta("interested in learning", "soft_ask"),
        Cta("happy to share", "value_offer"),
        Cta("let me know", "passive"),
        Cta("thoughts?", "question"),
        Cta("make sense to connect", "soft_ask"),
        Cta("grab 15 minutes", "time_specific"),
        Cta("coffee chat", "casual"),
    ),
    angles=(
        _words("roi_focused", "roi return revenue profit save $N N% increase boost double"),
        _words(
            "social_proof",
            "helped",
            "clients like",
            "companies like",
            "others in your",
            "case study",
            "results for",
            "worked with",
        ),
        _words(
            "curiosity",
            "noticed wondering curious",
            "quick question",
            "idea for",
            "thought about",
            "saw that",
        ),
        _words("fear_based", "losing behind risk problem struggle challenge pain", "missing out"),
        _words("value_add", "free complimentary audit analysis assessment gift bonus", "no cost"),
        _words("authority", "expert specialist years experience trusted leading top best"),
        _words("urgency", "limited spots ending deadline", "this week", "today only", "last chance"),
        Category(NEUTRAL, ()),
    ),
    subjects=(
        Category("question_about", ("question about", "question for", "question regarding")),
        Category("quick_question", ("quick question",)),
        Category("reply_style", ()),
        Category("name_dash", ()),
        Category("idea_for", ("idea for",)),
        Category("thought_about", ("thought about", "thought for")),
        Category("casual_greeting", ()),
        Category("ends_question", ()),
        _words("introduction", "introduction intro"),
        _words("partnership", "partnership partner"),
        _words("opportunity", "opportunity"),
        _words("congratulatory", "congrats congratulations"),
        Category("short_subject", ()),
        Category("medium_subject", ()),
        Category("long_subject", ()),
    ),
    flags=(
        Category("company_mention", ()),
        Category("first_name", ()),
        _words("recent_news", "noticed saw congrats congratulations", "just saw", "read about"),
        _words("mutual_connection", "mutual connection referred introduced"),
        Category("industry_specific", ()),
    ),
)
