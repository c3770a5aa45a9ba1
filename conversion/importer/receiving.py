"""Files as a browser sends them: made plain, with limits, so that nobody fills a disk with a few bytes of gzip."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from conversion.importer.faults import UnreadableFile, UnusableInput
from conversion.importer.files import GZIP, Source, inspect

MEBIBYTE = 1 << 20
MOST_SENT = 64 * MEBIBYTE  # bytes of a file as it comes
MOST_TEXT = 512 * MEBIBYTE  # bytes of its text
LONGEST_NAME = 100


class TooLarge(UnusableInput):
    """A file beyond what the browser may bring; the command has no such limit."""

    def __init__(self, name: str, most: int, what: str = "") -> None:
        super().__init__(
            f"{name}: it is larger than {most // MEBIBYTE} MiB{what}; split it, or use the command import_history"
        )


def receive(chunks: Iterable[bytes], name: str, folder: Path) -> Source:
    """Write a file, unzipped, into the folder, and look at the whole of it. Raises UnreadableFile and TooLarge."""
    target = folder / name_of(name)
    written = 0
    with target.open("wb") as stream:
        try:
            for chunk in _plain(_limited(chunks, target.name), target.name):
                written += len(chunk)
                if written > MOST_TEXT:
                    raise TooLarge(target.name, MOST_TEXT, " of text")
                stream.write(chunk)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UnreadableFile(f"{target.name}: its gzip data is damaged or cut short ({error})") from error
    try:
        return inspect(target)
    except UnreadableFile as error:
        raise UnreadableFile(shown(error, folder)) from error


def shown(error: Exception, folder: Path) -> str:
    """A message without the place at which the file lay for a moment."""
    return str(error).replace(f"{folder}/", "")


def name_of(sent: str) -> str:
    """A file's name as it may stand in a folder and in messages."""
    last = sent.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(letter if letter.isprintable() else "_" for letter in last).strip(" .")
    while len(plain.encode()) > LONGEST_NAME:
        plain = plain[1:]
    return plain or "file.csv"


def _limited(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MOST_SENT:
            raise TooLarge(name, MOST_SENT)
        yield chunk


def _plain(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    start = b""
    for chunk in chunks:
        start += chunk
        if len(start) >= len(GZIP):
            break
    if not start.startswith(GZIP):
        yield start
        yield from chunks
        return
    yield from _unzipped(start, chunks, name)


def _unzipped(data: bytes, chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    """What gzip's members hold, at most a mebibyte at a time."""
    member = zlib.decompressobj(wbits=31)
    while True:
        text = member.decompress(data, MEBIBYTE)
        if text:
            yield text
        if member.eof:
            data = (member.unused_data or next(chunks, b"")).lstrip(b"\0")  # zeros may fill up a tape's block
            if not data:
                return
            member = zlib.decompressobj(wbits=31)
            continue
        data = member.unconsumed_tail or next(chunks, b"")
        if not data and not text:
            raise UnreadableFile(f"{name}: its gzip data is damaged or cut short")
