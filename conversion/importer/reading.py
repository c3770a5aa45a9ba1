"""Text to records: CSV in constant memory, so that one bad row never swallows others.

Python's reader takes everything after an unclosed quote for one field. Here a record that does not end within
`MAX_LINES` gives back all lines but its first.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator
from functools import partial
from itertools import islice, tee
from typing import NamedTuple, TextIO

from conversion.importer.files import MAX_RECORD, Source

MAX_LINES = 1_000  # physical lines of a record
FEWEST_LINES = 16  # what the limit shrinks to where record after record does not end: else lines are read 1,000 times
MAX_FIELD = 128 << 10  # characters of a field


class Record(NamedTuple):
    """A row: the line it starts on (1-based), its fields, and its text as it was. A broken one has a `reason`."""

    line: int
    fields: list[str]
    raw: str
    column: str = ""
    reason: str = ""


class _Lines:
    """Physical lines for csv.reader, which takes as many as a record needs; they can be given back."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.waiting: deque[str] = deque()
        self.line = 0  # lines that were dealt with before the record at hand
        self.limit = MAX_LINES
        self.taken: list[str] = []
        self.size = 0
        self.cut = False  # the record's last line was longer than a record may be

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= self.limit or self.size > MAX_RECORD:
            raise StopIteration
        text = self._line()
        if not text:
            raise StopIteration
        self.cut = len(text) >= MAX_RECORD and text[-1] not in "\r\n"
        self.taken.append(text)
        self.size += len(text)
        return text

    def done(self) -> None:
        """The record at hand was dealt with."""
        self.line += len(self.taken)
        if self.cut:
            self._skip_rest()
        self.taken, self.size, self.cut = [], 0, False

    def give_back(self) -> None:
        """All but the first line of the record at hand are read again."""
        self.waiting.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]
        self.cut = False

    def _skip_rest(self) -> None:
        while (text := self._line()) and text[-1] not in "\r\n":
            pass

    def _line(self) -> str:
        return self.waiting.popleft() if self.waiting else self._stream.readline(MAX_RECORD)


def records(text: TextIO, source: Source) -> Iterator[Record]:
    """The rows after the header, in order; a broken row has a reason. Empty lines are no rows."""
    # For the whole process: the check below is stricter, and the reader's own would name neither line nor column.
    csv.field_size_limit(max(csv.field_size_limit(), 2 * MAX_RECORD))
    lines = _Lines(text)
    for _ in range(source.header_line):
        next(lines)
        lines.done()
    while True:
        yield from _well_formed(text, lines, source)
        if not lines.waiting:
            return
        yield from _with_care(lines, source)


def _well_formed(text: TextIO, lines: _Lines, source: Source) -> Iterator[Record]:
    """Rows as long as they are what they should be; the lines of the first that is not are left waiting. Three times as fast as
    with care: the reader takes its lines without asking Python for each.
    """
    to_read, again = tee(iter(partial(text.readline, MAX_RECORD), ""))
    reader = csv.reader(to_read, delimiter=source.delimiter, strict=True)
    columns, header, before = len(source.header), source.header_fields, 0
    while True:
        try:
            fields = next(reader, [])
        except csv.Error:
            fields = []
        taken = list(islice(again, reader.line_num - before))
        before = reader.line_num
        if not taken:
            return
        raw = taken[0] if len(taken) == 1 else "".join(taken)
        good = len(fields) == columns and fields != header
        if not good or raw.isspace() or len(raw) > MAX_FIELD or len(taken) >= MAX_LINES or "\0" in raw:
            lines.waiting.extend(taken)
            return
        line, lines.line = lines.line + 1, lines.line + len(taken)
        yield Record(line, fields, raw)


def _with_care(lines: _Lines, source: Source) -> Iterator[Record]:
    """The lines that wait, and what belongs to the last of them."""
    reader = csv.reader(lines, delimiter=source.delimiter, strict=True)
    while lines.waiting:
        broken = False
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            fields, broken = [], True
        if len(fields) == 1 and not lines.taken[0].strip():
            fields = []  # blanks alone are an empty line
        record = _record(lines, fields, source, broken=broken)
        if record.reason and len(lines.taken) > 1 and not record.fields:
            lines.give_back()
            lines.limit = max(FEWEST_LINES, lines.limit // 2)
        elif fields:
            lines.limit = MAX_LINES
        lines.done()
        if record.fields or record.reason:
            yield record


def _record(lines: _Lines, fields: list[str], source: Source, *, broken: bool) -> Record:
    """What csv.reader made of the lines it took. A broken record of several lines is cut to its first, without fields."""
    line, taken = lines.line + 1, lines.taken
    raw = taken[0] if len(taken) == 1 else "".join(taken)
    if lines.cut:
        return Record(line, [], taken[0], "", "the row is longer than 1 MiB; its beginning is kept here")
    if broken:
        return _misquoted(line, taken, source)
    if fields and len(fields) != len(source.header):
        return _ragged(line, fields, taken, source)
    column, reason = _fault(fields, raw, source)
    return Record(line, fields, raw, column, reason)


def _fault(fields: list[str], raw: str, source: Source) -> tuple[str, str]:
    """What is wrong with a row that is well formed: the column and the reason; both empty where nothing is."""
    if "\0" in raw:
        at = next(index for index, field in enumerate(fields) if "\0" in field)
        return _named(source, at), "holds a NUL character"
    if len(raw) > MAX_FIELD:
        for at, field in enumerate(fields):
            if len(field) > MAX_FIELD:
                return _named(source, at), f"is longer than 128 KiB ({len(field)} characters)"
    return ("", "the header row again") if fields == source.header_fields else ("", "")


def _ragged(line: int, fields: list[str], taken: list[str], source: Source) -> Record:
    """A row with too many columns or too few. Over several lines, a stray quote made it of more than one row."""
    counts = f"the row has {len(fields)} columns, the header {len(source.header)}"
    if len(taken) == 1:
        return Record(line, fields, taken[0], "", counts)
    name = _named(source, _faulty(taken[0], source.delimiter))
    reason = f"a quote opens in column {name}; up to line {line + len(taken) - 1}, where it closes, {counts}"
    return Record(line, [], taken[0], name, reason)


def _misquoted(line: int, taken: list[str], source: Source) -> Record:
    name = _named(source, _faulty(taken[0], source.delimiter))
    if len(taken) == 1 and not _opens(taken[0], source.delimiter):
        reason = f"text follows the closing quote in column {name}"
    else:
        reason = f"a quote opens in column {name} and is never closed"
    return Record(line, [], taken[0], name, reason)


def _faulty(text: str, delimiter: str) -> int:
    """The index of the first field of a line that is not well formed by itself."""
    field = re.compile(rf'(?:"[^"]*(?:""[^"]*)*"|[^"{delimiter}\r\n][^{delimiter}\r\n]*|)(?:{delimiter}|[\r\n]*\Z)')
    index = position = 0
    while position < len(text) and (found := field.match(text, position)):
        position = found.end()
        index += 1
    return index


def _opens(text: str, delimiter: str) -> bool:
    """Whether the first faulty field of a line is one whose quote is still open at the line's end."""
    try:
        next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "end of data" in str(error)
    return False


def _named(source: Source, index: int) -> str:
    """The name of a column, its number where it has none."""
    if index < len(source.header) and source.header[index]:
        return source.header[index]
    return f"number {index + 1}"
