"""Texts read a sentence at a time: what a sentence says is remembered, since messages differ in some and share the others.

The outcome is that of reading the text at once: sentences are parted where white space joins them again, and phrases are looked
for in the whole.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, cast

from conversion.folding import spaced, unhyphened, words_of
from conversion.matching import BLANK, Hits, Matcher, Phrase, Reading, read
from conversion.wording import Vocabulary

MOST = 20_000  # sentences that are remembered, and as many that were met once
LONGEST = 500  # characters of a sentence that is remembered
NEW = 3  # sentences of a text that were never met: with more, reading all of it at once costs less


class Said(NamedTuple):
    """What a sentence says: its canonical text, its words between blanks, how many it had, what the matcher finds in it, and
    the phrases that it may hold together with its neighbours.
    """

    text: str
    words: str
    size: int
    bits: int
    phrases: Sequence[Phrase]


class Reader:
    """Reads texts by one vocabulary; `Reader.of` keeps those in use."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._matcher = Matcher.of(vocabulary)
        self._known: dict[str, Said] = {}
        self._met: set[int] = set()  # hashes: that one is taken for another does no harm

    @staticmethod
    @lru_cache(maxsize=4)  # each may hold some ten megabytes
    def of(vocabulary: Vocabulary) -> "Reader":
        return Reader(vocabulary)

    def __call__(self, text: str | None) -> tuple[Reading, Hits]:
        """The text made ready, and what holds in it."""
        if not text or text.isspace():
            return BLANK, Hits()
        sentences = [one for one in text.replace(". ", ".\n").split("\n") if one]
        found = [*map(self._known.get, sentences)]
        if None in found and not self._completed(found, sentences):
            reading = read(text)
            return reading, self._matcher.hits(reading)
        texts, words, sizes, bits, phrases = zip(*cast("list[Said]", found), strict=True)
        whole = " ".join(texts)
        reading = Reading(whole, f" {' '.join(words)} ", sum(sizes))
        mask = self._matcher.in_whole(whole, chain.from_iterable(phrases))
        for one in bits:
            mask |= one
        return reading, Hits(mask)

    def _completed(self, found: list[Said | None], sentences: Sequence[str]) -> bool:
        """Read the sentences that are not known, into `found`; one that was met before is remembered. False where the text has
        to be read at once.
        """
        fresh = []
        for place, one in enumerate(sentences):
            if found[place] is None:
                if hash(one) in self._met:
                    found[place] = self._remembered(one)
                else:
                    fresh.append(place)
        if fresh and len(self._met) >= MOST:
            self._met.clear()
        self._met.update([hash(sentences[place]) for place in fresh])
        if len(fresh) <= NEW:
            for place in fresh:
                found[place] = self._said(sentences[place])
        return None not in found

    def _remembered(self, sentence: str) -> Said | None:
        said = self._said(sentence)
        if said is not None and len(sentence) <= LONGEST:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[sentence] = said
        return said

    def _said(self, sentence: str) -> Said | None:
        """None where it cannot be read by itself: what stands beside it decides what its first or last character means."""
        plain = spaced(sentence)
        if not plain or plain[0] in "-?" or plain[-1] == "-":
            return None
        whole = unhyphened(plain)
        words = " ".join(words_of(whole))
        size = plain.count(" ") + 1 if sentence.isascii() else len(sentence.split())
        bits, phrases = self._matcher.in_words(words)
        bits |= self._matcher.in_whole(whole, phrases)
        return Said(whole, words, size, bits, [phrase for phrase in phrases if not phrase[1] & bits])
