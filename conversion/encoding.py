"""Rows as the databases take them: lines of COPY on PostgreSQL, tuples of parameters on SQLite. No Django here."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson

Values = Mapping[str, Any]
Stored = tuple[Any, ...]
Block = bytes | list[Stored]


class Encoded(str):
    """A JSON text, where a Python value is expected: what many rows share is encoded once."""

    __slots__ = ()


class Form:
    """How rows of one table are written. It can be pickled, so that another process may write them.

    kinds: "id", "moment", "json", "number" (or a truth value), "sure" (one that is never null) or "" by column. always: values
    that all rows share, by column; `shared` has them as parameters of a statement. first: columns that stand in front, none of
    them JSON.
    """

    def __init__(self, vendor: str, kinds: Mapping[str, str], always: Values, first: Sequence[str] = ()) -> None:
        self._given = vendor, kinds, always, first
        self._copied = vendor == "postgresql"
        converters = COPIED if self._copied else PREPARED
        own = [name for name in dict.fromkeys((*first, *kinds)) if name not in always]
        own.sort(key=lambda name: kinds[name] == "json")  # the long texts come last
        self.columns = (*own, *always)
        self._values = itemgetter(*own)
        self._short = sum(kinds[name] != "json" for name in own)
        self._pattern = "\t".join(["%s"] * self._short)
        self._changes = [
            (place, convert) for place, name in enumerate(own) if (convert := converters[kinds[name]]) is not _as_it_is
        ]
        parameters = PARAMETERS if self._copied else PREPARED
        self._parameters = [parameters[kinds[name]] for name in own]
        self.shared: Stored = tuple(parameters[kinds[name]](value) for name, value in always.items())
        self._end = "".join(f"\t{value}" for value in map(_copied, self.shared)) + "\n"

    def __reduce__(self) -> tuple[Any, ...]:
        return Form, self._given

    def block(self, rows: Iterable[Values]) -> Block:
        """rows: mappings of the other columns to Python values; moments are in UTC."""
        if self._copied:
            return b"".join(self._lines(rows))
        return [(*self._own(row), *self.shared) for row in rows]

    def stored(self, row: Values) -> Stored:
        """The values of a row as parameters of a statement, in the order of `columns`; none of those that rows share."""
        return tuple(convert(value) for convert, value in zip(self._parameters, self._values(row), strict=True))

    def joined(self, rows: Sequence[tuple[Stored, Stored]]) -> Block:
        """Stored rows, each in two parts: in COPY, the text of a second part that many rows share is made once."""
        if not self._copied:
            return [(*own, *rest, *self.shared) for own, rest in rows]
        texts: dict[int, str] = {}
        lines = []
        for own, rest in rows:
            text = texts.get(id(rest))
            if text is None:
                text = texts[id(rest)] = "\t".join(map(_copied, rest)) + self._end
            lines.append("\t".join((*map(_copied, own), text)))
        return "".join(lines).encode()

    def _lines(self, rows: Iterable[Values]) -> list[bytes]:
        """Lines of COPY in pieces: the long texts are bytes already, and copied once."""
        pattern, short, end = self._pattern, self._short, self._end.encode()
        pieces = []
        for row in rows:
            values = self._own(row)
            pieces.append((pattern % tuple(values[:short])).encode())
            for text in values[short:]:
                pieces += (b"\t", text)
            pieces.append(end)
        return pieces

    def _own(self, row: Values) -> list[Any]:
        values = [*self._values(row)]
        for place, convert in self._changes:
            values[place] = convert(values[place])
        return values


def json_text(value: Any) -> str:
    if isinstance(value, Encoded):
        return value
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return _odd_json(value)


def _json_bytes(value: Any) -> bytes:
    if isinstance(value, Encoded):
        return value.encode()
    try:
        return orjson.dumps(value)
    except TypeError:
        return _odd_json(value).encode()


def _odd_json(value: Any) -> str:
    """Of whole numbers of more than 64 bits, and halves of a pair of characters."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _copied(value: Any) -> str:
    """A cell of COPY in its text format."""
    if value is None:
        return "\\N"
    if not isinstance(value, str):
        return str(value)
    if value.isprintable() and "\\" not in value:
        return value
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def _copied_plainly(value: Any) -> Any:
    """What needs no escapes."""
    return "\\N" if value is None else value


def _copied_json(value: Any) -> bytes:
    # JSON writes control characters as escapes, so only their backslashes are left to escape.
    return b"\\N" if value is None else _json_bytes(value).replace(b"\\", b"\\\\")


def _as_it_is(value: Any) -> Any:
    return value


def _prepared_json(value: Any) -> str | None:
    return None if value is None else json_text(value)


def _prepared_id(value: UUID | str | None) -> str | None:
    """As Django stores it: 32 hexadecimal digits. One that is a text already stays."""
    return value.hex if isinstance(value, UUID) else value


def _prepared_moment(value: datetime | None) -> str | None:
    """As Django stores it: UTC without its offset."""
    return None if value is None else str(value.replace(tzinfo=None))


COPIED: Mapping[str, Callable[[Any], Any]] = {
    "": _copied,
    "number": _copied_plainly,
    "sure": _as_it_is,
    "id": _copied_plainly,
    "moment": _copied_plainly,
    "json": _copied_json,
}
PARAMETERS: Mapping[str, Callable[[Any], Any]] = {
    "": _as_it_is,
    "number": _as_it_is,
    "sure": _as_it_is,
    "id": _as_it_is,
    "moment": _as_it_is,
    "json": _prepared_json,
}
PREPARED: Mapping[str, Callable[[Any], Any]] = {
    "": _as_it_is,
    "number": _as_it_is,
    "sure": _as_it_is,
    "id": _prepared_id,
    "moment": _prepared_moment,
    "json": _prepared_json,
}
