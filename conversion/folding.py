"""Texts in the form in which they are compared: case, accents, typographic quotes and hyphens made alike.

`folded` keeps the punctuation. `canonical` has single spaces besides, and a space for each hyphen that joins words.
`words_of` takes the words out of a canonical text, and `stands_in` looks for a phrase in one. Each is linear in the
length of the text.
"""

import re
import unicodedata
from functools import lru_cache

# Typographic characters with an ASCII counterpart. A hyphen joins words, a dash separates clauses: a dash gets spaces.
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u2032\u00b4\u0060", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2212", "-"),
        **dict.fromkeys("\u2012\u2013\u2014\u2015", " - "),
    },
)
# The commonest of them alone make a text ASCII again, and replacing them one by one costs a tenth of a pattern.
_COMMON = (("\u2019", "'"), ("\u201c", '"'), ("\u201d", '"'), ("\u2013", " - "), ("\u2014", " - "), ("\u00a0", " "))
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_SHORT = 8  # characters: accented letters, quotes and emoji repeat and are worth remembering, a Chinese sentence is not
_DROPPED = frozenset({"Mn", "Me", "Cf"})  # combining marks; soft hyphens, zero-width and direction marks

# Of ASCII texts, by their bytes: a table of 256 costs a third of one that is asked letter by letter.
_PLAINLY = bytes(ord(" " if chr(code).isspace() else chr(code).lower()) if code < 128 else code for code in range(256))  # noqa: PLR2004
_APART = bytes(ord(" ") if code < 128 and not chr(code).isalnum() and chr(code) != "'" else code for code in range(256))  # noqa: PLR2004
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_HELD_DASH = "\x1f"  # a separator that `str.split` has already taken out of the text


def folded(text: str) -> str:
    """The text in small letters without accents (NFKD, combining marks dropped), quotes and hyphens in ASCII."""
    if not text.isascii():
        for typographic, plain in _COMMON:
            text = text.replace(typographic, plain)
        if not text.isascii():
            text = _BEYOND_ASCII.sub(_plain, text)
    return text.casefold()


def _plain(match: re.Match[str]) -> str:
    run = match.group()
    return _remembered(run) if len(run) <= _SHORT else _decomposed(run)


def _decomposed(run: str) -> str:
    letters = unicodedata.normalize("NFKD", run.translate(_ALIKE))
    return "".join(letter for letter in letters if unicodedata.category(letter) not in _DROPPED)


_remembered = lru_cache(maxsize=4096)(_decomposed)


def canonical(text: str) -> str:
    """The folded text with single spaces; "market-share" becomes "market share", while a spaced dash stays."""
    return unhyphened(spaced(text))


def spaced(text: str) -> str:
    """The folded text with single spaces."""
    if not text.isascii():
        return " ".join(folded(text).split())
    plain = text.encode().translate(_PLAINLY).decode()
    while "  " in plain:
        plain = plain.replace("  ", " ")
    return plain.strip(" ")


def unhyphened(text: str) -> str:
    """`canonical` of a text that is `spaced`."""
    if "-" in text:
        text = " ".join(text.replace("--", " - ").split())
        text = text.replace(" - ", _HELD_DASH).replace("-", " ").replace(_HELD_DASH, " - ")
        if "  " in text:
            text = " ".join(text.split())
    return text.replace(" ?", "?")


def words_of(text: str) -> list[str]:
    """The words of a canonical text, in order. An apostrophe inside a word belongs to it: "won't" is not "won"."""
    if not text.isascii():
        return _WORD.findall(text)
    apart = text.encode().translate(_APART).decode()
    if "'" in apart:
        apart = apart.replace("''", " ") if "''" in apart else apart
        apart = f" {apart} ".replace("' ", " ").replace(" '", " ")
    return apart.split()


def stands_in(text: str, phrase: str) -> bool:
    """Whether the phrase stands in the text as whole words; both canonical. A possessive 's may follow it."""
    return position_of(phrase, text) >= 0


def position_of(phrase: str, text: str, start: int = 0) -> int:
    """Where the phrase first stands in the text as whole words, from `start` on; -1 where it does not."""
    at = text.find(phrase, start)
    while at >= 0:
        end = at + len(phrase)
        # The plain cases first: the two functions hold for all texts, and cost twice the search.
        opens = at == 0 or text[at - 1] == " " or _opens(text, at)
        if opens and (end == len(text) or text[end] in " .,?!" or _closes(text, end)):
            return at
        at = text.find(phrase, at + 1)
    return -1


def _opens(text: str, at: int) -> bool:
    """Whether a word can begin at this position."""
    if at == 0 or not text[at].isalnum():
        return True
    before = text[at - 1]
    return not before.isalnum() and not (before == "'" and at > 1 and text[at - 2].isalnum())


def _closes(text: str, end: int) -> bool:
    """Whether a word can end before this position."""
    if end == len(text) or not text[end - 1].isalnum():
        return True
    if text[end] == "'" and text[end + 1 : end + 2].isalnum():
        return text[end + 1] == "s" and not text[end + 2 : end + 3].isalnum()
    return not text[end].isalnum()
