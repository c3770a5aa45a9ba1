"""How a file is read unless a person says otherwise: as the last one with its columns, by a ready mapping, or as guessed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from conversion.importer import mapping
from conversion.importer.columns import Kind
from conversion.importer.files import Source, opened
from conversion.importer.guessing import guess
from conversion.importer.reading import Record, records
from conversion.places import UnknownZone, zone_name

SAMPLE = 1_000  # records that are looked at
ENOUGH = 5  # columns of a ready mapping that a file has


@dataclass(frozen=True)
class Suggestion:
    """section: of a mapping (docs/import.md). bare: a time zone is needed. origin: where it is from, in words."""

    section: dict[str, Any]
    bare: bool
    origin: str


def sample(source: Source, most: int = SAMPLE) -> list[Record]:
    """The first records of a file."""
    with opened(source.path, zipped=source.zipped) as (text, _):
        return list(islice(records(text, source), most))


def suggest(kind: Kind, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Suggestion:
    found = guess(kind, header, rows)
    for name in mapping.READY:
        made = mapping.load(name)[kind]
        columns = present(made.columns, header)
        if "external_id" in columns and len(columns) >= ENOUGH:
            section = {
                "columns": columns,
                "values": {ours: dict(table) for ours, table in made.values.items() if ours in columns},
                "constants": dict(made.constants),
                "formats": [*made.formats, *found.section["formats"]],
            }
            return Suggestion(section, found.bare, f"the ready mapping {name}")
    return Suggestion(found.section, found.bare, "a guess from the names of the columns and their cells")


def present(columns: Mapping[str, Sequence[str]], header: Sequence[str]) -> dict[str, list[str]]:
    """Those of a mapping's columns that the file has, by its own spelling."""
    known = {name.casefold(): name for name in header if name}
    found = {
        ours: [known[one.casefold()] for one in theirs if one.casefold() in known] for ours, theirs in columns.items()
    }
    return {ours: theirs for ours, theirs in found.items() if theirs}


def joined(
    kinds: Mapping[Kind, tuple[Sequence[str], Sequence[Sequence[str]]]], sections: Mapping[Kind, Suggestion]
) -> None:
    """Where touches or events name their leads by another column than the leads' own key, the leads are known by that one."""
    if Kind.LEADS not in kinds or Kind.LEADS not in sections:
        return
    header, rows = kinds[Kind.LEADS]
    named: set[str] = set()
    for kind in (Kind.ACTIVITIES, Kind.EVENTS):
        if kind in kinds and kind in sections:
            for name in sections[kind].section["columns"].get("lead_external_id", [])[:1]:
                named |= _cells(name, *kinds[kind])
    columns = sections[Kind.LEADS].section["columns"]
    shared = {name: len(named & _cells(name, header, rows)) for name in header if name}
    best = max(shared, key=shared.__getitem__, default="")
    present_key = columns.get("external_id", [""])[0]
    if best and shared[best] > shared.get(present_key, 0):
        columns["external_id"] = [best]


def _cells(name: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> set[str]:
    at = list(header).index(name)
    return {row[at].strip() for row in rows if at < len(row) and row[at].strip()}


def is_zone(name: Any) -> bool:
    try:
        return isinstance(name, str) and bool(zone_name(name))
    except UnknownZone:
        return False
