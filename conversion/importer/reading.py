"""Files to records: CSV in UTF-8, plain or gzip, in constant memory, so that one bad row never swallows others.

Python's reader takes everything after an unclosed quote for one field. Here a record that does not end within
`MAX_LINES` gives back all lines but its first.
"""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

from conversion.importer.faults import UnreadableFile

MAX_LINES = 1_000  # physical lines of a record
FEWEST_LINES = 16  # what the limit shrinks to where record after record does not end: else lines are read 1,000 times
MAX_RECORD = 1 << 20  # characters of a record
MAX_FIELD = 128 << 10  # characters of a field
MAX_NAME = 255  # characters of a column's name
CHUNK = 1 << 20  # bytes read at once when a file is checked
DELIMITERS = (",", ";", "\t")
OTHER_FORMATS = {
    codecs.BOM_UTF32_LE: "it is UTF-32; save it as UTF-8",
    codecs.BOM_UTF32_BE: "it is UTF-32; save it as UTF-8",
    codecs.BOM_UTF16_LE: "it is UTF-16, by its byte order mark; save it as UTF-8",
    codecs.BOM_UTF16_BE: "it is UTF-16, by its byte order mark; save it as UTF-8",
    b"PK\x03\x04": "it is a workbook or a zip archive; export the sheet as CSV in UTF-8",
}
GZIP = b"\x1f\x8b"


class Record(NamedTuple):
    """A row: the line it starts on (1-based), its fields, and its text as it was. A broken one has a `reason`."""

    line: int
    fields: list[str]
    raw: str
    column: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Source:
    """A file that was found to be readable."""

    path: Path
    size: int
    zipped: bool
    delimiter: str
    header: tuple[str, ...]
    header_fields: list[str]
    header_line: int

    @property
    def name(self) -> str:
        return self.path.name


def inspect(path: Path) -> Source:
    """Read the whole file once: it decompresses, it is UTF-8, and it has a header. Raises UnreadableFile."""
    try:
        with path.open("rb") as raw:
            if not raw.seekable():
                raise UnreadableFile(f"{path}: it is read twice, so it must be a file, not a pipe")
            start = raw.read(4)
            zipped = start.startswith(GZIP)
            _refuse_other_formats(path, start)
            raw.seek(0)
            _check_bytes(path, gzip.open(raw) if zipped else raw)
            size = raw.tell()
    except OSError as error:
        raise UnreadableFile(f"{path}: it cannot be read ({error.strerror or error})") from error
    return _with_header(path, size, zipped=zipped)


def _refuse_other_formats(path: Path, start: bytes) -> None:
    for mark, problem in OTHER_FORMATS.items():
        if start.startswith(mark):
            raise UnreadableFile(f"{path}: {problem}")


def _check_bytes(path: Path, stream: BinaryIO | gzip.GzipFile) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 1
    first = True
    try:
        while chunk := stream.read(CHUNK):
            if first:
                _refuse_other_formats(path, chunk)
                first = False
            decoder.decode(chunk)
            lines += chunk.count(b"\n")
        decoder.decode(b"", final=True)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFile(f"{path}: its gzip data is damaged or cut short ({error})") from error
    except UnicodeDecodeError as error:
        line = lines + error.object[: error.start].count(b"\n")
        raise UnreadableFile(
            f"{path}: it is not UTF-8 (line {line}, byte 0x{error.object[error.start]:02x}; "
            "perhaps latin-1 or Windows-1252); save it as UTF-8"
        ) from error


@contextmanager
def opened(path: Path, *, zipped: bool) -> Iterator[tuple[TextIO, BinaryIO]]:
    """The file's text, its line ends as they are, and the bytes beneath, whose position tells how far it was read."""
    with path.open("rb") as raw:
        binary = gzip.open(raw) if zipped else raw
        with io.TextIOWrapper(binary, encoding="utf-8-sig", newline="") as text:
            yield text, raw


def _with_header(path: Path, size: int, *, zipped: bool) -> Source:
    with opened(path, zipped=zipped) as (text, _):
        line = 1
        first = text.readline(MAX_RECORD)
        while first and not first.strip():
            line += 1
            first = text.readline(MAX_RECORD)
    if not first:
        raise UnreadableFile(f"{path}: it is empty: there is no header row")
    if "\0" in first:
        raise UnreadableFile(f"{path}: its header holds NUL bytes; if it is UTF-16, save it as UTF-8")
    delimiter = _delimiter(first)
    try:
        fields = next(csv.reader([first], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise UnreadableFile(f"{path}: the quotes of its header row do not match") from error
    header = tuple(" ".join(name.split()) for name in fields)
    _check_header(path, header)
    return Source(path, size, zipped, delimiter, header, fields, line)


def _delimiter(header: str) -> str:
    """The one that stands most often in the header outside quotes; a comma where none does."""
    bare = re.sub(r'"[^"]*"', "", header)
    return max(DELIMITERS, key=bare.count)


def _check_header(path: Path, header: tuple[str, ...]) -> None:
    if not any(header):
        raise UnreadableFile(f"{path}: its header row names no column")
    seen: set[str] = set()
    for name in header:
        if len(name) > MAX_NAME:
            raise UnreadableFile(
                f"{path}: a column's name is longer than {MAX_NAME} characters; is there a header row?"
            )
        if name and name.casefold() in seen:
            raise UnreadableFile(f"{path}: the column {name!r} stands twice in the header")
        seen.add(name.casefold())


class _Lines:
    """Physical lines for csv.reader, which takes as many as a record needs; they can be given back."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: deque[str] = deque()
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
        text = self._waiting.popleft() if self._waiting else self._stream.readline(MAX_RECORD)
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
        self._waiting.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]
        self.cut = False

    def _skip_rest(self) -> None:
        while (text := self._stream.readline(MAX_RECORD)) and text[-1] not in "\r\n":
            pass


def records(text: TextIO, source: Source) -> Iterator[Record]:
    """The rows after the header, in order; a broken row has a reason. Empty lines are no rows."""
    # For the whole process: the check below is stricter, and the reader's own would name neither line nor column.
    csv.field_size_limit(max(csv.field_size_limit(), 2 * MAX_RECORD))
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=source.delimiter, strict=True)
    for _ in range(source.header_line):
        next(lines)
    lines.done()
    while True:
        broken = False
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            fields, broken = [], True
        if len(fields) == 1 and not fields[0].strip():
            fields = []
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
    line, taken, width = lines.line + 1, lines.taken, len(source.header)
    raw = taken[0] if len(taken) == 1 else "".join(taken)
    if lines.cut or (len(taken) == 1 and len(raw) >= MAX_RECORD):
        return _too_long(line, taken)
    if broken:
        return _misquoted(line, taken, source)
    if "\0" in raw:
        return Record(line, fields, raw, _named(source, _first(fields, "\0")), "holds a NUL character")
    if fields and len(fields) != width:
        if len(taken) > 1:
            return _run_on(line, fields, taken, source)
        return Record(line, fields, raw, "", f"the row has {len(fields)} columns, the header {width}")
    if len(raw) > MAX_FIELD and (longest := max(map(len, fields))) > MAX_FIELD:
        at = next(index for index, field in enumerate(fields) if len(field) > MAX_FIELD)
        return Record(line, fields, raw, _named(source, at), f"is longer than 128 KiB ({longest} characters)")
    if fields == source.header_fields:
        return Record(line, fields, raw, "", "the header row again")
    return Record(line, fields, raw)


def _too_long(line: int, taken: list[str]) -> Record:
    reason = "the row is longer than 1 MiB; its beginning is kept here"
    return Record(line, [], taken[0], "", reason)


def _misquoted(line: int, taken: list[str], source: Source) -> Record:
    name = _named(source, _faulty(taken[0], source.delimiter))
    if len(taken) == 1 and not _opens(taken[0], source.delimiter):
        reason = f"text follows the closing quote in column {name}"
    else:
        reason = f"a quote opens in column {name} and is never closed"
    return Record(line, [], taken[0], name, reason)


def _run_on(line: int, fields: list[str], taken: list[str], source: Source) -> Record:
    name = _named(source, _faulty(taken[0], source.delimiter))
    reason = (
        f"a quote opens in column {name} and is not closed on its line; up to line {line + len(taken) - 1}, "
        f"where one closes, the row has {len(fields)} columns, the header {len(source.header)}"
    )
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


def _first(fields: list[str], wanted: str) -> int:
    return next((index for index, field in enumerate(fields) if wanted in field), 0)


def _named(source: Source, index: int) -> str:
    """The name of a column, its number where it has none."""
    if index < len(source.header) and source.header[index]:
        return source.header[index]
    return f"number {index + 1}"
