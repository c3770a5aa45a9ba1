"""What a job title says of its holder's authority.

Rules hold whole words, so that "Director" holds no CTO. A title is read part by part ("Founder & CEO", "Partner, Tax"),
the highest part counts, and three things are no rank of the holder's own: whom the title serves ("Assistant to the
CEO"), what it deals with ("Director of Partner Sales", "Partner Manager", "Product Owner"), and an office or assistant
named after somebody ("CEO Assistant").
"""

import re
from functools import lru_cache
from typing import NamedTuple

from conversion.folding import folded, words_of


class Rank(NamedTuple):
    """points: 5-25. word: what the title was recognised by, for reasons in words; empty where it holds no rank."""

    points: int
    word: str


OTHER = Rank(5, "")
SENIOR_MANAGER = Rank(10, "senior manager")

_TOP = dict.fromkeys(("owner", "founder", "cofounder", "partner"), 25)
_CHIEFS = dict.fromkeys(("chief", "ceo", "cfo", "cmo", "coo", "cto"), 22)
_WRITTEN = {"cofounder": "co-founder"}
_POINTS = {**_TOP, **_CHIEFS, "vp": 18, "director": 15, "head": 12, "manager": 7}
_SPELLINGS = (
    ("co-founder", "cofounder"),
    ("co founder", "cofounder"),
    ("vice-president", "vp"),
    ("vice president", "vp"),
)

# A rank before one of these names somebody else; "chief" and "head" are adjectives there ("Head Coordinator").
_SERVING = frozenset({"assistant", "secretary", "coordinator", "office", "liaison"})
_ADJECTIVES = frozenset({"chief", "head"})
# Fields of work that deal with owners and founders ("Owner Relations", "Founder Success").
_DEALING = frozenset({"relations", "success", "support", "services", "experience", "associate"})
# "Partner" is a rank at the end of its part ("Managing Partner") or before one of these; else it says what the holder
# deals with ("Partner Manager", "Partner Programs").
_AFTER_PARTNER = frozenset({"in", "owner", "founder", "cofounder", *_CHIEFS})
_NO_PARTNER = frozenset({"business", "channel", "hr", "people", "talent"})  # an "HR Business Partner" is an adviser
_NO_OWNER = frozenset(
    {"product", "process", "service", "system", "data", "application", "platform", "project", "feature", "backlog"}
    | {"risk", "control", "asset"},
)

_INITIALS = re.compile(r"(?<![^\W_])(?:[^\W\d_]\.){2,}(?:[^\W\d_](?![^\W_]))?")  # "C.E.O.", "V.P"
_SERVED = re.compile(r" (?:to|for)\b(?! market\b).*")  # "go to market" serves nobody
_PARTS = re.compile(r" - |- | -| and |[,/|;&+()\[\]:•·]")
_FIELD = re.compile(r" (?:of\b|at\b|@).*")
_AIDE = re.compile(r"(?:senior )?(?:(?:executive|personal) assistant|secretary|ea|pa)")


def title_points(title: str | None) -> int:
    """Points of authority, 5-25."""
    return rank_of(title).points


@lru_cache(maxsize=65_536)
def rank_of(title: str | None) -> Rank:
    """The highest rank that the title holds, else `OTHER`. "Senior" anywhere in it makes a manager a senior one."""
    if not title:
        return OTHER
    whole = " ".join(folded(title).split())
    own = _SERVED.sub("", _INITIALS.sub(_without_dots, whole))
    for spelling, word in _SPELLINGS:
        own = own.replace(spelling, word)
    parts = _PARTS.split(own)
    ranks = [_rank_of_part(part) for part in parts]
    if _AIDE.fullmatch(parts[0].strip()):
        # "Executive Assistant, CEO": nobody is both, the rest is whom the aide serves.
        ranks = [rank for rank in ranks if rank.points <= _POINTS["manager"]]
    best = max(ranks, key=lambda rank: rank.points, default=OTHER)
    if best.word == "manager" and "senior" in words_of(whole.replace("-", " ")):
        return SENIOR_MANAGER
    return best


def _without_dots(match: re.Match[str]) -> str:
    return match.group().replace(".", "")


def _rank_of_part(part: str) -> Rank:
    words = words_of(_FIELD.sub("", part).replace("-", " "))
    best = OTHER
    for position, word in enumerate(words):
        points = _POINTS.get(word, 0)
        if points > best.points and _is_own(word, words[:position], words[position + 1 :]):
            best = Rank(points, _WRITTEN.get(word, word))
    return best


def _is_own(word: str, before: list[str], after: list[str]) -> bool:
    """Whether the rank is the holder's own, by the words around it in its part of the title."""
    if word not in _ADJECTIVES and not _SERVING.isdisjoint(after):
        return False
    if word == "partner":
        return (not after or after[0] in _AFTER_PARTNER) and _NO_PARTNER.isdisjoint(before)
    if word == "owner":
        return _DEALING.isdisjoint(after) and _NO_OWNER.isdisjoint(before)
    return word not in {"founder", "cofounder"} or _DEALING.isdisjoint(after)
