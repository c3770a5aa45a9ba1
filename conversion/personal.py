"""What a text takes from its lead: the personalization flags, and the template behind a personalized text."""

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from conversion.folding import canonical, position_of, stands_in, words_of
from conversion.matching import BLANK, Reading, inflected, read

# Endings of company names that a message leaves out: "Acme Pty Ltd" is greeted as "Acme".
_LEGAL_FORMS = frozenset(
    {"pty", "ltd", "limited", "inc", "incorporated", "llc", "llp", "plc", "corp", "corporation", "co", "company"}
    | {"gmbh", "ag", "kg", "sa", "sas", "sarl", "bv", "nv", "ab", "oy", "as", "aps", "srl", "spa", "pte", "kk"},
)


def _set(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


# Names that are ordinary English words too, and acronyms that read as one. Folded they would be found in texts that do
# not speak of the lead ("I will"), so they count only where they are written as a name ("Will", "WILL", "hi will").
_ORDINARY = _set(
    "a an and as at be but by can do for go he hi how i if in is it me my no not now of on one or our out see she so the",
    "to up us we you your art banks bell best bill black blue bond bright brown bush case cash chance chase church clay",
    "cook cross day dean drew fair faith field fields focus frank free good grace grant gray green grey growth guy hall",
    "hand hill hope house hunt impact indeed joy justice key king law little long love major mark marks may miles north",
    "page park pat power price pride real rich ring rob rose rush scale sharp short silver small smart song south star",
    "stone storm strong sue sun swift target trip trust vision walker ward way ways west white wild will winter wise",
    "wood young",
)

# Words of an industry's name that say nothing about it ("Business Services", "Real Estate" is its "estate").
_GENERIC = _set(
    "and the for other others general misc miscellaneous unknown none not specified various industry industries sector",
    "service services product products goods company companies firm firms group business businesses solutions management",
    "practice practices development professional private public human information resources relations real care",
)
_GREETINGS = ("hi ", "hey ", "hello ", "dear ")
_INDUSTRY_PARTS = re.compile(r" - | and |[&/,;|()]")

# Placeholders by priority: where two fields hold the same text, the earlier one names it.
FIELDS = (
    "full_name",
    "first_name",
    "last_name",
    "company_name",
    "email",
    "domain",
    "phone",
    "linkedin_url",
    "title",
    "industry",
)
# While values are taken out each stands as one private-use character, so that no later value is found inside a
# placeholder (a Mr Title).
_MARKS = {field: chr(0xE000 + position) for position, field in enumerate(FIELDS)}


def of_lead(lead: Any, name: str) -> str:
    """A text attribute of a lead, trimmed; empty where the lead, the attribute or its value is missing."""
    value = getattr(lead, name, None)
    return value.strip() if isinstance(value, str) else ""


class Named(NamedTuple):
    """Which of a lead's own values stand in a text.

    company: its name in full, or without "the" and its legal form. industry: a word of its name that is not generic, singular
    or plural, or a part of the name of several words ("health care", written closed too).
    """

    company: bool
    first_name: bool
    industry: bool


def named_in(text: str, reading: Reading, lead: Any) -> Named:
    """reading: the text's."""
    sought = _sought(of_lead(lead, "company_name"), of_lead(lead, "first_name"), of_lead(lead, "industry"))
    industry = False
    for word in sought.industry_words:
        if word in reading.words:
            industry = True
            break
    return Named(
        _stands(sought.company, text, reading),
        _stands(sought.first_name, text, reading),
        industry or _stands(sought.industry, text, reading),
    )


class _Name(NamedTuple):
    """A name in canonical form, and how it is written where it is an ordinary word too."""

    name: str
    written: re.Pattern[str] | None


class _Sought(NamedTuple):
    """What texts to a lead are searched for. industry_words: each between blanks."""

    company: Sequence[_Name]
    first_name: Sequence[_Name]
    industry: Sequence[_Name]
    industry_words: Sequence[str]


@lru_cache(maxsize=8192)
def _sought(company: str, first_name: str, industry: str) -> _Sought:
    words, phrases = _industry_words(industry)
    return _Sought(
        [name for one in _company_names(company) for name in _names_of(one)],
        _names_of(first_name),
        [_Name(phrase, None) for phrase in phrases] + [name for name in _names_of(industry) if name.written],
        [f" {word} " for word in words],
    )


def _names_of(value: str) -> list[_Name]:
    """One, or none where the value has no letter or digit."""
    name = _name(value)
    return [_Name(name, _as_written(value) if name in _ORDINARY else None)] if name else []


def _stands(names: Sequence[_Name], text: str, reading: Reading) -> bool:
    """Whether any of the names stands in a text as whole words."""
    for name, written in names:
        if name in reading.text and (stands_in(reading.text, name) if written is None else written.search(text)):
            return True
    return False


@lru_cache(maxsize=8192)
def _name(value: str) -> str:
    """A name's canonical form; empty where it has no letter or digit to be found by."""
    name = canonical(value).strip(" .,;:!?\"'()")
    return name if any(map(str.isalnum, name)) else ""


@lru_cache(maxsize=1024)
def _as_written(value: str) -> re.Pattern[str]:
    """The name as the lead has it (capitalized, where it is all small) or in capitals; in small letters only after a
    greeting.
    """
    written = value.capitalize() if value == value.lower() else value
    spellings = "|".join(re.escape(spelling) for spelling in dict.fromkeys((written, value.upper())))
    greeted = "|".join(rf"(?<=\b{greeting})" for greeting in _GREETINGS)
    return re.compile(rf"(?:(?<![^\W_])(?:{spellings})|(?i:(?:{greeted}){re.escape(value)}))(?![^\W_])")


@lru_cache(maxsize=8192)
def _company_names(company: str) -> tuple[str, ...]:
    if not company:
        return ()
    words = company.split()
    while len(words) > 1 and _name(words[-1]).replace(".", "") in _LEGAL_FORMS | {""}:
        words.pop()
    if len(words) > 1 and words[0].lower() == "the":
        words = words[1:]
    short = " ".join(words).rstrip(" ,&")
    return (company,) if short == company or _name(short) in _ORDINARY else (company, short)


@lru_cache(maxsize=8192)
def _industry_words(industry: str) -> tuple[frozenset[str], tuple[str, ...]]:
    words: list[str] = []
    phrases: list[str] = []
    for part in _INDUSTRY_PARTS.split(canonical(industry)):
        own = words_of(part)
        words += [word for word in own if len(word) > 2 and word not in _GENERIC | _ORDINARY]  # noqa: PLR2004 - "of", "it"
        if len(own) > 1:
            phrases.append(" ".join(own))
            words.append("".join(own))
    return frozenset(form for word in words for form in inflected(word)), tuple(phrases)


class _Own(NamedTuple):
    """A lead's own values, longest first, and the marks that take their place."""

    phrases: tuple[tuple[str, str], ...]
    ordinary: tuple[tuple[str, re.Pattern[str], str], ...]


@lru_cache(maxsize=8192)
def _own_values(values: tuple[object, ...]) -> _Own:
    """values: those of `_VALUES`, in order, as the lead has them."""
    texts = [value.strip() if isinstance(value, str) else "" for value in values]
    first, last, company, email, phone, linkedin, title, industry = texts
    candidates = [
        ("full_name", f"{first} {last}" if first and last else ""),
        ("first_name", first),
        ("last_name", last),
        *(("company_name", name) for name in _company_names(company)),
        ("email", email),
        ("domain", email.partition("@")[2]),
        ("phone", phone),
        ("linkedin_url", linkedin),
        ("title", title),
        ("industry", industry),
    ]
    phrases: dict[str, str] = {}
    ordinary: dict[str, tuple[re.Pattern[str], str]] = {}
    for field, value in candidates:
        name = _name(value)
        if len(name) < 2:  # noqa: PLR2004 - an initial would be found in every text
            continue
        if name in _ORDINARY:
            ordinary.setdefault(name, (_as_written(value), _MARKS[field]))
        else:
            phrases.setdefault(name, _MARKS[field])
    longest_first = sorted(phrases.items(), key=lambda item: -len(item[0]))
    return _Own(tuple(longest_first), tuple((name, *rest) for name, rest in ordinary.items()))


_VALUES = ("first_name", "last_name", "company_name", "email", "phone", "linkedin_url", "title", "industry")


def unpersonalised(text: str | None, lead: Any) -> str:
    """The text with the lead's own values replaced by `{full_name}`, `{first_name}` and so on (`FIELDS`).

    Values are found as whole words, case and accents folded, and so is the text that is given back: canonical, fit to
    be compared, not to be sent. A value that is an ordinary word too is taken out only where it is written as a name.
    """
    return _with_placeholders(_taken_out(text or "", canonical(text or ""), _own(lead)))


def _own(lead: Any) -> _Own:
    return _own_values(tuple([getattr(lead, name, None) for name in _VALUES]))


def _taken_out(text: str, whole: str, own: _Own) -> str:
    """whole: the canonical text."""
    marked = text
    for name, pattern, mark in own.ordinary:
        if name in whole:
            marked = pattern.sub(mark, marked)
    if marked != text:
        whole = canonical(marked)
    for phrase, mark in own.phrases:
        if phrase in whole:
            whole = _replaced(whole, phrase, mark)
    return whole


def _replaced(text: str, phrase: str, mark: str) -> str:
    pieces = []
    end = 0
    while (at := position_of(phrase, text, end)) >= 0:
        pieces += [text[end:at], mark]
        end = at + len(phrase)
    return "".join([*pieces, text[end:]])


def _with_placeholders(text: str) -> str:
    for field, mark in _MARKS.items():
        text = text.replace(mark, f"{{{field}}}")
    return text


def template_key(template_id: object, subject: str | None, body: str | None, lead: Any) -> int:
    """The key of the template behind a message, a signed 64-bit integer: of the template's id where there is one, else
    of subject and body without the lead's own values; 0 where there is neither.
    """
    return template_key_of(template_id, (subject or "", read(subject)), (body or "", read(body)), lead)


def template_key_of(template_id: object, subject: tuple[str, Reading], body: tuple[str, Reading], lead: Any) -> int:
    """`template_key` of texts that have been read: each the text and its reading."""
    name = "" if template_id is None else str(template_id).strip()
    if name:
        return _key_of_id(name)
    if subject[1] is BLANK and body[1] is BLANK:
        return 0
    own = _own(lead)
    parts = [_taken_out(text, reading.text, own) for text, reading in (subject, body)]
    return _key("\n".join(["text", *parts]))


@lru_cache(maxsize=8192)
def _key_of_id(template_id: str) -> int:
    return _key(f"id\n{template_id}")


def _key(name: str) -> int:
    # "surrogatepass": a lone surrogate in a text is odd, not a reason to lose the message.
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True) or 1
