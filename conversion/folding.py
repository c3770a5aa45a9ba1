"""Texts in the form in which they are compared: case, accents, typographic quotes and hyphens made alike.

`folded` keeps the punctuation, `canonical` is the folded text with single spaces, where a hyphen inside a compound is a
space too; `words_of` takes the words out of a canonical text. All are linear in the length of the text.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

# Apostrophes and quotes become ASCII, so do hyphens; invisible characters (soft hyphen, zero-width, BOM) go. Dashes stay:
# they separate clauses, where a hyphen joins words.
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201b\u02bc\u02b9\u2032\u00b4\u0060", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2212\u00ad\u200b\u200c\u200d\u2060\ufeff", ""),
        **dict.fromkeys("\u2010\u2011\u2212", "-"),
    },
)
_OUTSIDE_ASCII = re.compile(r"[^\x00-\x7f]+")
_LONG_RUN = 8  # characters; shorter runs (a quote, an accented letter) repeat and are worth a cache
_APART = str.maketrans({chr(code): " " for code in range(128) if not chr(code).isalnum() and chr(code) != "'"})
_PUNCTUATION = re.compile(r"[^\w' ]|_")
