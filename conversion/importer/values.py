"""Cells to values. Each parser takes the trimmed text of a cell that is not blank, and raises BadValue with the reason."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo
from enum import StrEnum
from typing import Any

from conversion.addresses import AddressError, email_key, shown
from conversion.places import UnknownZone, zone_name

Parser = Callable[[str], Any]

TRUE = frozenset({"true", "yes", "1"})
FALSE = frozenset({"false", "no", "0"})
LARGEST = 2**31 - 1  # of an integer column, on both databases
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
ISO_LENGTH = 40  # characters; the longest ISO 8601 moment has 35

_WHOLE = re.compile(r"([+-]?)0*([0-9]+)(?:\.0+)?")  # pandas writes whole numbers with gaps as 35.0
_DATE_ONLY = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}|[0-9]{4}-?W[0-9]{2}(?:-?[0-9])?")

_HAS_TIME = re.compile(r"%(?:H|I|X|c)")


class BadValue(ValueError):  # noqa: N818 (it says what is wrong)
    """A cell that does not hold what its column asks for."""


def text(longest: int) -> Parser:
    """A text on one line, in NFC: two encodings of one accent are one text."""

    def parse(cell: str) -> str:
        if not cell.isprintable():
            cell = " ".join(cell.split())
        cell = cell if cell.isascii() else unicodedata.normalize("NFC", cell)
        if len(cell) > longest:
            raise BadValue(f"is longer than {longest} characters")
        return cell

    return parse


def long_text(cell: str) -> str:
    """A text of any length; its line ends become newlines."""
    if "\r" in cell:
        cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return cell


def key(cell: str) -> str:
    """The source's key: NFC, case kept (Salesforce's ids differ by case alone)."""
    if not cell.isascii():
        cell = unicodedata.normalize("NFC", cell)
    if len(cell) > 255:  # noqa: PLR2004 (the column's length)
        raise BadValue("is longer than 255 characters")
    if not cell.isprintable():
        raise BadValue("holds a line break or another control character")
    return cell


def flag(cell: str) -> bool:
    folded = cell.casefold()
    if folded in TRUE:
        return True
    if folded in FALSE:
        return False
    raise BadValue(f"{shown(cell)} is neither true nor false (yes or no, 1 or 0)")


def whole(low: int, high: int) -> Parser:
    def parse(cell: str) -> int:
        found = _WHOLE.fullmatch(cell)
        if not found:
            raise BadValue(f"{shown(cell)} is no whole number")
        sign, digits = found.groups()
        # Compared by length first: Python refuses to read a number of more than 4,300 digits.
        number = int(sign + digits) if len(digits) <= len(str(high)) + 1 else None
        if number is None or not low <= number <= high:
            raise BadValue(f"{shown(cell)} is outside {low} to {high}")
        return number

    return parse


def word(words: type[StrEnum]) -> Parser:
    known = {one.value: one.value for one in words} | {one.value.replace("_", " "): one.value for one in words}

    def parse(cell: str) -> str:
        found = known.get(cell.casefold())
        if found is None:
            raise BadValue(f"{shown(cell)} is none of {', '.join(one.value for one in words)}")
        return found

    return parse


def email(cell: str) -> str:
    try:
        email_key(cell)
    except AddressError as error:
        raise BadValue(str(error)) from error
    return cell


def zone(cell: str) -> str:
    try:
        return zone_name(cell)
    except UnknownZone as error:
        raise BadValue(str(error)) from error


@dataclass(frozen=True)
class Clock:
    """How times are read.

    zone: of times without an offset, None: they are refused. formats: strptime formats, tried before ISO 8601. latest:
    the moment after which nothing can have happened yet. Nothing happened before 1970 either: such dates are the empty
    cells of a spreadsheet (1899-12-30).
    """

    zone: tzinfo | None
    formats: tuple[str, ...]
    latest: datetime

    def moment(self, cell: str) -> datetime:
        """In UTC. A date alone is its first instant."""
        return self._instant(cell, time.min)

    def end(self, cell: str) -> datetime:
        """In UTC. A date alone is its last instant: the day's touches led to what was reached that day."""
        return self._instant(cell, time.max)

    def _instant(self, cell: str, of_day: time) -> datetime:
        """A local time that daylight saving skips is moved forward by the gap; of one that occurs twice, the first."""
        read, dated = self._read(cell)
        if read.tzinfo is None:
            if self.zone is None:
                raise BadValue(f"{shown(cell)} has no offset from UTC; give the time zone with --timezone")
            read = (datetime.combine(read, of_day) if dated else read).replace(tzinfo=self.zone)
        try:
            instant = read.astimezone(UTC)
        except OverflowError:
            instant = None
        if instant is None or not EARLIEST <= instant <= self.latest:
            raise BadValue(f"{shown(cell)} cannot have happened: it is before 1970 or in the future")
        return instant

    def _read(self, cell: str) -> tuple[datetime, bool]:
        for form in self.formats:
            try:
                return datetime.strptime(cell, form), not _HAS_TIME.search(form)  # noqa: DTZ007 (see _instant)
            except ValueError:
                continue
        try:
            if len(cell) <= ISO_LENGTH:
                return datetime.fromisoformat(cell), bool(_DATE_ONLY.fullmatch(cell))
        except ValueError:
            pass
        raise BadValue(f"{shown(cell)} is no time (expected ISO 8601, such as 2026-03-02T10:00:00+11:00)")
