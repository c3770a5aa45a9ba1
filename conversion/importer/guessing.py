"""What a foreign file means: guessed from its column names and its cells, to be looked at by a person.

A column's name counts most, in the languages of `words.toml` and those of the ready mappings; its cells must not contradict it
(a column "Mail" of letters is no e-mail address), and where the name says nothing they may say enough by themselves. Pure
functions of a header and some rows.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from conversion.importer import mapping as ready
from conversion.importer.columns import COLUMNS, FLAGS, POINTS, Kind
from conversion.importer.values import FALSE, TRUE
from conversion.importer.words import country, folded, headers, ours, spellings, words_of
from conversion.places import UnknownZone, country_code, zone_name

MOST = 0.8  # share of cells that must look like what the column holds
SOME = 0.3  # share, where the column's name says it
LOOKED_AT = 60  # distinct cells of a column that are tried for what they may be
DISTINCT = 40  # words of a column that are mapped
NAMED, BELONGS, LOOKS = 3.0, 2.0, 1.0  # by its whole name, by a part of it, by its cells alone
MOMENTS = ("occurred_at", "created_at", "status_at")
# Columns whose cells are told by themselves, whatever the column is called.
TELLING = frozenset({"email", "linkedin_url", "timezone", "occurred_at", "channel", "kind"})
WORDS = ("status", "channel", "kind", "outcome", "message_type", "led_to_booking", *FLAGS)
NUMBERS = ("employee_count", "touch_number", "duration_seconds", *POINTS)
# A name with one of these speaks of something else than what its other words name.
OTHER_THINGS = frozenset({"id", "nr", "key", "code", "owner", "domain", "website", "url", "opt", "source"})
# How dates are written, by a name for each; the first that reads all of them is taken.
FORMATS: Mapping[str, tuple[str, ...]] = {
    "iso": (),
    "dots": ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y, %H:%M", "%d.%m.%Y", "%d.%m.%y"),
    "day_first": ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%d/%m/%y"),
    "month_first": ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M %p", "%m/%d/%Y", "%m/%d/%y"),
    "dashes": ("%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%m-%Y"),
    "slashes": ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d"),
}
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]{2,}")
_PHONE = re.compile(r"(?:\+|00?)[\d\s()./-]{6,20}\d|\(?\d{2,5}\)?[\s./-][\d\s./-]{4,14}\d")
_WHOLE = re.compile(r"\d{1,9}(?:\.0+)?")
_OFFSET = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})\s*\Z", re.IGNORECASE)


@dataclass
class Guess:
    """A section of a mapping (docs/import.md). bare: there are times without an offset from UTC, so a zone is needed."""

    columns: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    formats: str = "iso"
    bare: bool = False

    @property
    def section(self) -> dict[str, Any]:
        return {"columns": self.columns, "values": self.values, "constants": {}, "formats": list(FORMATS[self.formats])}


def kind_of(name: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Kind:
    """What a file holds: by what can be found of each kind in it, and by its name."""
    telling = {
        Kind.LEADS: ("email", "phone", "first_name", "last_name", "company_name", "country", "title", "status"),
        Kind.ACTIVITIES: (
            "lead_external_id",
            "channel",
            "occurred_at",
            "touch_number",
            "subject",
            "outcome",
            "duration_seconds",
        ),
        Kind.EVENTS: ("lead_external_id", "kind", "occurred_at", "activity_external_id", "body"),
    }
    called = {
        Kind.LEADS: ("lead", "contact", "kontakt", "kunde", "person", "prospect"),
        Kind.ACTIVITIES: ("activit", "aktivit", "touch", "message", "send", "nachricht", "call", "anruf", "outreach"),
        Kind.EVENTS: ("event", "ereignis", "evenement", "evento", "repl", "antwort", "bounce"),
    }
    plain = folded(name)
    points = {}
    for kind, columns in telling.items():
        found = guess(kind, header, rows).columns
        points[kind] = sum(column in found for column in columns) / len(columns)
        points[kind] += 0.3 * any(word in plain for word in called[kind])
        points[kind] -= 0.5 * (kind != Kind.LEADS and not {"lead_external_id", "occurred_at"} <= set(found))
    return max(Kind, key=points.__getitem__)


def guess(kind: Kind, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Guess:
    """The section of a mapping for a file. rows: some of its records, as many cells as the header has names."""
    cells = [[row[at].strip() for row in rows if at < len(row) and row[at].strip()] for at in range(len(header))]
    found = Guess()
    few = [list(dict.fromkeys(column))[:LOOKED_AT] for column in cells]
    taken = _assigned(kind, header, few)
    if "external_id" not in taken and kind == Kind.LEADS and (key := _key(cells, taken)) is not None:
        taken["external_id"] = [key]
    found.columns = {column: [header[at] for at in places] for column, places in taken.items()}
    dates = [cell for column in MOMENTS for at in taken.get(column, ()) for cell in few[at]]
    found.formats = form_of(dates)
    found.bare = any(not _OFFSET.search(cell) for cell in dates)
    for column in (*WORDS, "country"):
        words = [cell for at in taken.get(column, ()) for cell in cells[at]]
        if known := values_of(column, words):
            found.values[column] = known
    return found


def form_of(cells: Sequence[str]) -> str:
    """The name in FORMATS of how these dates are written; that of ISO 8601 where none fits. Of two that fit alike the earlier:
    days before months, as all but one country write them.
    """
    if not cells:
        return "iso"
    shares = {name: sum(_reads(cell, forms) for cell in cells) / len(cells) for name, forms in FORMATS.items()}
    best = max(FORMATS, key=shares.__getitem__)
    return best if shares[best] > SOME else "iso"


def values_of(column: str, cells: Sequence[str]) -> dict[str, str]:
    """Their words of a column and ours, for those that are known; without those that the importer knows by itself."""
    counted = Counter(cells)
    found = {}
    for theirs, _ in counted.most_common(DISTINCT):
        known = _foreign_country(theirs) if column == "country" else ours(column, theirs)
        understood = {known, str(known).replace("_", " ")} | (TRUE | FALSE if known in {"true", "false"} else set())
        if known is not None and theirs.casefold() not in understood:
            found[theirs] = known
    return found


def _foreign_country(cell: str) -> str | None:
    return country(cell) if country_code(cell) is None else None


def _assigned(kind: Kind, header: Sequence[str], cells: Sequence[Sequence[str]]) -> dict[str, list[int]]:
    """Each of our columns to the file's, by index: the best claims first, each of the file's once."""
    claims = []
    for rank, column in enumerate(COLUMNS[kind]):
        for at, name in enumerate(header):
            points = _claim(kind, column, name, cells[at]) if name else 0.0
            if points:
                claims.append((-points, rank, at, column))
    taken: dict[str, list[int]] = {}
    used: set[int] = set()
    for points, _, at, column in sorted(claims):
        if at in used or (column in taken and (points > -NAMED or column not in {"phone", "email"})):
            continue
        used.add(at)
        taken.setdefault(column, []).append(at)
    return taken


def _claim(kind: Kind, column: str, name: str, cells: Sequence[str]) -> float:
    """How strongly a column of the file is one of ours; 0: not at all."""
    named = _by_name(kind, column, name)
    if not named and (column not in TELLING or (column == "email" and kind != Kind.LEADS)):
        return 0.0
    looks = _LOOKS.get(column) or (_wordy(column) if column in WORDS else _is_whole if column in NUMBERS else None)
    if looks is None:
        return named
    share = sum(map(looks, cells)) / len(cells) if cells else 0.0
    if named:
        return named + share if not cells or share >= SOME else 0.0
    return LOOKS + share if share >= MOST else 0.0


def _by_name(kind: Kind, column: str, name: str) -> float:
    if name.casefold() == column:
        return NAMED + 1
    names, written = _known(kind).get(column, {}), spellings(name)
    if any(one in names for one in written):
        # The usual name of a column goes before one that it shares with others.
        return NAMED - min(names[one] for one in written if one in names) / 1000
    if column == "external_id" or any(not OTHER_THINGS.isdisjoint(one.split()) for one in written):
        return 0.0  # "Company ID" is no lead's, and no company's name
    parts = {known for known in names if len(known) > 3 and any(f" {known} " in f" {one} " for one in written)}  # noqa: PLR2004 (no "to")
    return BELONGS - 1 / max(map(len, parts)) if parts else 0.0


@cache
def _known(kind: Kind) -> dict[str, dict[str, int]]:
    """By our column, their names and how usual each is, counted from 0."""
    found = {column: {name: place for place, name in enumerate(names)} for column, names in headers(kind).items()}
    for source in ready.READY:
        for column, names in ready.load(source)[kind].columns.items():
            for name in names:
                found.setdefault(column, {}).setdefault(folded(name), 100)
    return found


def _key(cells: Sequence[Sequence[str]], taken: Mapping[str, list[int]]) -> int | None:
    """What tells leads apart where no column is called so: the e-mail address, else the first column that never repeats."""
    most = max(map(len, cells), default=0)
    places = [*taken.get("email", ())[:1], *range(len(cells))]
    return next((at for at in places if most and len(cells[at]) == most == len(set(cells[at]))), None)


def _reads(cell: str, forms: Sequence[str]) -> bool:
    for form in forms:
        try:
            datetime.strptime(cell, form)  # noqa: DTZ007 (only whether it reads)
        except ValueError:
            continue
        return True
    if forms:
        return False
    try:
        datetime.fromisoformat(cell)
    except ValueError:
        return False
    return len(cell) > 7  # noqa: PLR2004 (a number of eight digits may be a date, a shorter one is none)


def _is_moment(cell: str) -> bool:
    return any(character in cell for character in "-/.:T") and any(_reads(cell, forms) for forms in FORMATS.values())


def _is_zone(cell: str) -> bool:
    try:
        return "/" in cell and bool(zone_name(cell))
    except UnknownZone:
        return False


def _is_whole(cell: str) -> bool:
    return bool(_WHOLE.fullmatch(cell))


def _wordy(column: str) -> Callable[[str], bool]:
    known = words_of(column)
    return lambda cell: any(one in known for one in spellings(cell))


_LOOKS: Mapping[str, Callable[[str], bool]] = {
    "email": lambda cell: bool(_EMAIL.fullmatch(cell)),
    "phone": lambda cell: bool(_PHONE.fullmatch(cell)) or cell.isdecimal(),
    "linkedin_url": lambda cell: "linkedin.com/" in cell.casefold(),
    "country": lambda cell: (country_code(cell) or country(cell)) is not None,
    "timezone": _is_zone,
    **dict.fromkeys(MOMENTS, _is_moment),
}
