"""A vocabulary compiled for reading texts: which of its names hold in a text, in one pass over the text's words.

Single words are looked up among the text's words, a phrase is looked for only where its longest word stands; the cost
is that of splitting the text and does not grow with the vocabulary.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from conversion.folding import canonical, position_of, spaced, stands_in, unhyphened, words_of
from conversion.wording import AT_START, Category, Vocabulary

_AMOUNTS = {
    # One digit suffices: a pattern that ran over the whole number would go back over it at each of its digits.
    "$N": re.compile(r"\$ ?\d"),
    "N%": re.compile(r"\d ?%(?!\w)"),
}
_ONLY_ONE_FORM = frozenset({"news", "its", "his", "has", "was", "yes", "bus", "gas", "always", "perhaps", "us", "is"})
# The noun of a phrase that ends in one of these stands before it: "idea for", "ideas for".
_PREPOSITIONS = frozenset({"about", "for", "regarding", "with"})

# Where each list's bits stand in a mask that holds them all: one integer to collect instead of five.
_WIDTH = 64
_ALL = (1 << _WIDTH) - 1
PAIN_POINTS, CTAS, ANGLES, SUBJECTS, FLAGS = range(5)


class Reading(NamedTuple):
    """A text made ready for looking things up in it: canonical; its words, each between blanks; how many stood between white
    space in the text as it was.
    """

    text: str
    words: str
    size: int


BLANK = Reading("", " ", 0)
Phrase = tuple[str, int]  # and its bit


def read(text: str | None) -> Reading:
    if not text or text.isspace():
        return BLANK
    plain = spaced(text)
    whole = unhyphened(plain)
    return Reading(
        whole, f" {' '.join(words_of(whole))} ", plain.count(" ") + 1 if text.isascii() else len(text.split())
    )


def inflected(word: str) -> list[str]:
    """A word with its regular English singular and plural. Forms that are no words are harmless: no text has them."""
    forms = [word]
    if word in _ONLY_ONE_FORM or not word.isalpha():
        return forms
    if word.endswith("s"):
        forms += _singulars(word)
    return [*forms, *_plurals(word)]


def _singulars(word: str) -> Iterator[str]:
    if word.endswith("ss") or len(word) < 3:  # noqa: PLR2004 - "us", "as" and the like are no plurals
        return
    yield word[:-1]
    if word.endswith("ies"):
        yield word[:-3] + "y"
    elif word.endswith(("ses", "xes", "zes", "ches", "shes", "oes")) and len(word) > 4:  # noqa: PLR2004 - "uses": "us"
        yield word[:-2]
        yield word[:-2] + "is"


def _plurals(word: str) -> Iterator[str]:
    if word.endswith("y") and word[-2:-1] not in set("aeiou"):
        yield word[:-1] + "ies"
    elif word.endswith("sis"):
        yield word[:-2] + "es"
    elif word.endswith(("s", "x", "z", "ch", "sh", "o")):
        yield word + "es"
    if not word.endswith("s"):
        yield word + "s"


def variants(keyword: str) -> list[str]:
    """The canonical spellings that a keyword matches: as it is, singular, plural, and a hyphened one written closed.

    In a phrase one word changes, its last that is no preposition.
    """
    plain = canonical(keyword)
    words = plain.split(" ")
    head = len(words) - 1
    while head and words[head] in _PREPOSITIONS:
        head -= 1
    mark = words[head].rstrip("?!.")
    forms = inflected(mark)
    found = [" ".join([*words[:head], form + words[head][len(mark) :], *words[head + 1 :]]) for form in forms]
    if "-" in keyword and " " not in keyword:
        found += inflected(plain.replace(" ", ""))
    return found


class Hits(int):
    """The names that hold in a text, as bits of the vocabulary's lists."""

    __slots__ = ()

    def __getitem__(self, which: int) -> int:
        return (self >> (which * _WIDTH)) & _ALL


class Matcher:
    """A compiled vocabulary; `Matcher.of` keeps those in use, since compiling costs milliseconds."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._words: dict[str, int] = {}
        self._phrases: dict[str, list[tuple[str, int]]] = {}
        self._amounts: dict[str, int] = {}
        self._starts: dict[str, int] = {}
        self._add(PAIN_POINTS, vocabulary.pain_points)
        self._add(CTAS, [Category(cta.phrase, (cta.phrase,)) for cta in vocabulary.ctas])
        self._add(ANGLES, vocabulary.angles)
        self._add(FLAGS, vocabulary.flags)
        self._add(SUBJECTS, [Category(name, () if name in AT_START else words) for name, words in vocabulary.subjects])
        for position, (name, keywords) in enumerate(vocabulary.subjects):
            for spelling in (spelling for keyword in keywords for spelling in variants(keyword)):
                if name in AT_START:
                    self._starts[spelling] = self._starts.get(spelling, 0) | 1 << position
        self._known = {
            word: (self._words.get(word, 0), tuple(self._phrases.get(word, ())))
            for word in {*self._words, *self._phrases}
        }
        self._names = frozenset(self._known)
        self._signs = tuple((sign.strip("N"), _AMOUNTS[sign], bits) for sign, bits in self._amounts.items())
        self._openings = tuple(self._starts)

    @staticmethod
    @lru_cache(maxsize=256)
    def of(vocabulary: Vocabulary) -> "Matcher":
        return Matcher(vocabulary)

    def _add(self, which: int, categories: Iterable[Category]) -> None:
        for position, category in enumerate(categories):
            bit = 1 << (which * _WIDTH + position)
            for keyword in category.keywords:
                if keyword in _AMOUNTS:
                    self._amounts[keyword] = self._amounts.get(keyword, 0) | bit
                    continue
                for spelling in variants(keyword):
                    self._add_spelling(spelling, bit)

    def _add_spelling(self, spelling: str, bit: int) -> None:
        words = words_of(spelling)
        if words == [spelling]:
            for form in (spelling, f"{spelling}'s"):
                self._words[form] = self._words.get(form, 0) | bit
        else:
            longest = max(words, key=len)
            for form in (longest, f"{longest}'s"):
                self._phrases.setdefault(form, []).append((spelling, bit))

    def hits(self, reading: Reading) -> Hits:
        """What holds anywhere in a text."""
        bits, phrases = self.in_words(reading.words)
        return Hits(bits | self.in_whole(reading.text, phrases))

    def in_words(self, words: str) -> tuple[int, list[Phrase]]:
        """Of words between blanks: the bits of those that are keywords, and the phrases whose longest word is among them."""
        mask = 0
        phrases: list[Phrase] = []
        for word in self._names.intersection(words.split()):
            bits, begun = self._known[word]
            mask |= bits
            phrases += begun
        return mask, phrases

    def in_whole(self, text: str, phrases: Iterable[Phrase]) -> int:
        """Bits of those of the phrases that stand in a canonical text, and of amounts."""
        mask = 0
        for phrase, bit in phrases:
            if phrase in text and stands_in(text, phrase):
                mask |= bit
        for sign, pattern, bits in self._signs:
            if sign in text and pattern.search(text):
                mask |= bits
        return mask

    def opening(self, reading: Reading) -> int:
        """Bits of the subject patterns whose phrase stands at the start of a text."""
        if not reading.text.startswith(self._openings):
            return 0
        mask = 0
        for phrase, bit in self._starts.items():
            if reading.text.startswith(phrase) and position_of(phrase, reading.text) == 0:
                mask |= bit
        return mask
