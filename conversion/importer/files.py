"""Files before they are read: plain or gzip, in UTF-8, with a header. The whole file is looked at, and nothing else is."""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from conversion.importer.faults import UnreadableFile

MAX_RECORD = 1 << 20  # characters of a record
MAX_NAME = 255  # characters of a column's name
CHUNK = 1 << 20  # bytes read at once
DELIMITERS = (",", ";", "\t")
OTHER_FORMATS = {
    codecs.BOM_UTF32_LE: "it is UTF-32; save it as UTF-8",
    codecs.BOM_UTF32_BE: "it is UTF-32; save it as UTF-8",
    codecs.BOM_UTF16_LE: "it is UTF-16, by its byte order mark; save it as UTF-8",
    codecs.BOM_UTF16_BE: "it is UTF-16, by its byte order mark; save it as UTF-8",
    b"PK\x03\x04": "it is a workbook or a zip archive; export the sheet as CSV in UTF-8",
}
GZIP = b"\x1f\x8b"


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
            _check_bytes(path, _unzipped(raw, zipped=zipped))
            size = raw.tell()
    except OSError as error:
        raise UnreadableFile(f"{path}: it cannot be read ({error.strerror or error})") from error
    return _with_header(path, size, zipped=zipped)


def _refuse_other_formats(path: Path, start: bytes) -> None:
    for mark, problem in OTHER_FORMATS.items():
        if start.startswith(mark):
            raise UnreadableFile(f"{path}: {problem}")


def _check_bytes(path: Path, stream: BinaryIO) -> None:
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


def _unzipped(raw: BinaryIO, *, zipped: bool) -> BinaryIO:
    # GzipFile has what BinaryIO asks for, though its class does not say so.
    return gzip.GzipFile(fileobj=raw) if zipped else raw  # type: ignore[return-value]


@contextmanager
def opened(path: Path, *, zipped: bool) -> Iterator[tuple[TextIO, BinaryIO]]:
    """The file's text, its line ends as they are, and the bytes beneath, whose position tells how far it was read."""
    with (
        path.open("rb") as raw,
        io.TextIOWrapper(_unzipped(raw, zipped=zipped), encoding="utf-8-sig", newline="") as text,
    ):
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
