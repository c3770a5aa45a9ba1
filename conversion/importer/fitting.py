"""A file's header fitted to our columns: from records to typed rows."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from conversion.importer.columns import COLUMNS, REQUIRED, Kind, parsers
from conversion.importer.faults import BadRow, UnreadableFile, UnusableInput
from conversion.importer.files import Source
from conversion.importer.mapping import ANY, READY, FileMapping
from conversion.importer.reading import Record
from conversion.importer.values import BadValue, Clock, Parser

CACHED = 20_000  # distinct texts of a column whose value is remembered: exports repeat their texts
NAMES_SHOWN = 30  # columns that a message lists
# Columns whose texts seldom repeat: remembering them would cost more than reading them.
DISTINCT = frozenset({"external_id", "lead_external_id", "activity_external_id", "body", "notes", "script_content"})


class Row(NamedTuple):
    """A row that can be stored.

    values: our columns that the file has, None where the cell is blank. extra: the file's other columns, those that are
    not blank. hash: 64 bits of all of it, signed.
    """

    line: int
    raw: str
    values: dict[str, Any]
    extra: dict[str, str]
    hash: int


Found = tuple[Any, str]
BLANK: Found = (None, "")


class _Cell(NamedTuple):
    """Where a column's text comes from: of the fields `first` and `others` the first that holds something.

    known: cells read before, each with its value and its part of the row's hash; BLANK for one that holds nothing.
    """

    name: str
    first: int
    others: tuple[int, ...]
    table: Mapping[str, str] | None
    parse: Parser
    room: int
    known: dict[str, Found]
    required: bool


class Fitting:
    """How the rows of one file are read. `notes` tells what the user should know of the fit.

    Raises UnreadableFile where a required column is missing, UnusableInput where a constant does not fit its column.
    """

    def __init__(self, source: Source, kind: Kind, mapping: FileMapping, clock: Clock) -> None:
        self.notes: list[str] = []
        self._source = source
        self._kind = kind
        self._mapping = mapping
        self._at = {name.casefold(): index for index, name in enumerate(source.header) if name}
        known = parsers(kind, clock)
        self._constants = {name: self._constant(name, text, known[name]) for name, text in mapping.constants.items()}
        self._constant_parts = [_part(name, value) for name, value in self._constants.items()]
        self._cells = [cell for name in COLUMNS[kind] if (cell := self._cell(name, known[name]))]
        self._places = [(cell.name, cell.first, cell.known, cell) for cell in self._cells]
        self._blank = {**self._constants, **dict.fromkeys(cell.name for cell in self._cells)}
        self._check_required()
        used = {index for cell in self._cells for index in (cell.first, *cell.others)}
        rest = [(name, index) for index, name in enumerate(source.header) if name and index not in used]
        self._extras = sorted(rest)
        self._extra_names = frozenset(name for name, _ in rest)
        if unnamed := sum(not name for name in source.header):
            self.notes.append(f"{source.name}: {unnamed} column(s) without a name are left out")

    def _constant(self, name: str, text: str, parse: Parser) -> Any:
        try:
            return parse(text) if text else None
        except BadValue as error:
            raise UnusableInput(f"mapping: {self._kind}.constants.{name}: {error}") from error

    def _cell(self, name: str, parse: Parser) -> _Cell | None:
        theirs = self._mapping.columns.get(name, (name,))
        indexes = tuple(self._at[one.casefold()] for one in theirs if one.casefold() in self._at)
        if not indexes and name in self._at and name not in self._constants:
            indexes = (self._at[name],)
        if not indexes:
            if name in self._mapping.columns:
                self.notes.append(
                    f"{self._source.name}: no column {' or '.join(map(repr, theirs))}, so {name} is not set"
                )
            return None
        if name in self._constants:
            return None
        table, others, required = self._mapping.values.get(name), indexes[1:], name in REQUIRED[self._kind]
        depends = bool(others) or table is not None
        room = 0 if depends or name in DISTINCT else CACHED
        read = {} if depends or required else {"": BLANK}
        return _Cell(name, indexes[0], others, table, parse, room, read, required)

    def _check_required(self) -> None:
        here = {cell.name for cell in self._cells} | set(self._constants)
        missing = [name for name in REQUIRED[self._kind] if name not in here]
        if not missing:
            return
        found = ", ".join(name or "(no name)" for name in self._source.header[:NAMES_SHOWN])
        more = ", ..." if len(self._source.header) > NAMES_SHOWN else ""
        wanted = " and ".join(
            f"{name} (in the mapping: {' or '.join(self._mapping.columns[name])})"
            if name in self._mapping.columns
            else name
            for name in missing
        )
        raise UnreadableFile(
            f"{self._source.path}: there is no column {wanted}; the columns are {found}{more}. "
            f"Foreign names need --mapping {'|'.join(READY)}|FILE (docs/import.md)"
        )

    @property
    def size(self) -> int:
        """Of the file, in bytes."""
        return self._source.size

    @property
    def given(self) -> frozenset[str]:
        """Our columns that the file has."""
        return frozenset(cell.name for cell in self._cells) | frozenset(self._constants)

    def theirs(self, name: str) -> str:
        """The file's name of one of our columns; ours where the file has none."""
        cell = next((cell for cell in self._cells if cell.name == name), None)
        return self._source.header[cell.first] if cell else name

    def is_extra(self, name: str) -> bool:
        return name in self._extra_names

    def row(self, record: Record) -> Row:
        """The typed row of a record. Raises BadRow with the file's name of the column."""
        if record.reason:
            raise BadRow(record.column, record.reason)
        values = self._blank.copy()
        parts = self._constant_parts.copy()
        fields, blank = record.fields, BLANK
        for name, index, known, cell in self._places:
            found = known.get(fields[index]) or self._read(cell, fields)
            if found is not blank:
                values[name], part = found
                parts.append(part)
        extra = {}
        for name, index in self._extras:
            text = fields[index].strip()
            if text:
                extra[name] = text
                parts.append(f"+{name}\x1e{text}")
        return Row(record.line, record.raw, values, extra, digest("\x1f".join(parts)))

    def _read(self, cell: _Cell, fields: list[str]) -> Found:
        name, index, others, table, parse, room, known, required = cell
        text = fields[index].strip()
        if others or table is not None:
            text, index = _first_text(fields, cell)
        if not text:
            if required:
                raise BadRow(self._source.header[index], "is blank, and required")
            return BLANK
        try:
            value = parse(text)
        except BadValue as error:
            raise BadRow(self._source.header[index], str(error)) from error
        found = (value, f"{name}\x1e{value}")
        if room and len(known) < room:
            known[fields[index]] = found
        return found


def _first_text(fields: list[str], cell: _Cell) -> tuple[str, int]:
    """The text of the first of the cell's columns that holds something, in our words, and the column's index."""
    for index in (cell.first, *cell.others):
        text = fields[index].strip()
        if text and cell.table is not None:
            text = cell.table.get(text.casefold(), cell.table.get(ANY, text))
        if text:
            return text, index
    return "", cell.first


def _part(name: str, value: Any) -> str:
    """A column's part of what is hashed: its value, so that one moment in two notations is the same."""
    return f"{name}\x1e{value}"


def digest(text: str) -> int:
    """64 bits of the text, as a signed integer."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)
