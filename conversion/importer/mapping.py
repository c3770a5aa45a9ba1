"""Column mappings: how the columns and words of a foreign export become ours, as TOML (docs/import.md)."""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from conversion.importer.columns import COLUMNS, Kind
from conversion.importer.faults import UnusableInput
from conversion.places import UnknownZone, zone_name

READY = ("hubspot", "salesforce")
ANY = "*"  # in a table of values: any cell that is not blank and not listed
SECTION_KEYS = ("columns", "values", "constants", "timezone", "formats")
TOP_KEYS = ("timezone", "formats", *(kind.value for kind in Kind))


@dataclass(frozen=True)
class FileMapping:
    """How one file is read.

    columns: ours to theirs; of several of theirs the first counts that holds something. values: ours to a table of
    theirs (case folded, ANY for the rest) to our words. constants: ours to the cell that every row gets. timezone: of
    times without an offset. formats: strptime formats.
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    timezone: str | None = None
    formats: tuple[str, ...] = ()


ColumnMapping = Mapping[Kind, FileMapping]
NONE: ColumnMapping = {kind: FileMapping() for kind in Kind}


def load(name: str | None) -> ColumnMapping:
    """A ready mapping by its name, or a TOML file by its path. Raises UnusableInput, naming the key at fault."""
    if not name:
        return NONE
    try:
        if name in READY:
            text = files("conversion.importer").joinpath("mappings", f"{name}.toml").read_text(encoding="utf-8")
        else:
            text = Path(name).read_text(encoding="utf-8-sig")
        return parse(text, name)
    except OSError as error:
        ready = " or ".join(READY)
        raise UnusableInput(f"mapping {name}: no such file can be read; ready mappings are {ready}") from error
    except UnicodeDecodeError as error:
        raise UnusableInput(f"mapping {name}: it is not UTF-8") from error


def parse(text: str, name: str) -> ColumnMapping:
    """The mapping of a TOML text; `name` stands in messages. Raises UnusableInput."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # numbers and nesting beyond Python's limits are no TOMLDecodeError
        raise UnusableInput(f"mapping {name}: it is not valid TOML: {error}") from error
    return read(data, name)


def read(data: Mapping[str, Any], name: str) -> ColumnMapping:
    """The mapping of the tables of such a text. Raises UnusableInput."""
    try:
        _known(data, TOP_KEYS, "")
        timezone, formats = _timezone(data, ""), _formats(data, "")
        return {kind: _section(data.get(kind.value, {}), kind, timezone, formats) for kind in Kind}
    except _Fault as error:
        raise UnusableInput(f"mapping {name}: {error}") from error


class _Fault(ValueError):  # noqa: N818 (it says what is wrong)
    """What is wrong with a key."""


def _section(data: Any, kind: Kind, timezone: str | None, formats: tuple[str, ...]) -> FileMapping:
    path = kind.value
    _known(_table(data, path), SECTION_KEYS, path)
    columns = {ours: _column_names(theirs, f"{path}.columns.{ours}") for ours, theirs in _ours(data, kind, "columns")}
    constants = {ours: _cell(value, f"{path}.constants.{ours}") for ours, value in _ours(data, kind, "constants")}
    for ours in constants:
        if ours in columns:
            raise _Fault(f"{path}.constants.{ours}: {path}.columns has it too; keep one of them")
    values = {ours: _values(table, f"{path}.values.{ours}") for ours, table in _ours(data, kind, "values")}
    return FileMapping(
        columns, values, constants, _timezone(data, f"{path}.") or timezone, _formats(data, f"{path}.") or formats
    )


def _ours(data: Mapping[str, Any], kind: Kind, part: str) -> Iterable[tuple[str, Any]]:
    table = _table(data.get(part, {}), f"{kind}.{part}")
    _known(table, COLUMNS[kind], f"{kind}.{part}")
    return table.items()


def _known(data: Mapping[str, Any], known: Iterable[str], path: str) -> None:
    known = tuple(known)
    for key in data:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            raise _Fault(f"{path}.{key}: unknown key; {hint}".removeprefix("."))


def _table(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _Fault(f"{path}: expected a table, got {value!r:.60}")
    return value


def _column_names(value: Any, path: str) -> tuple[str, ...]:
    theirs = value if isinstance(value, list) else [value]
    if not theirs or not all(isinstance(one, str) and one.strip() for one in theirs):
        raise _Fault(f"{path}: expected the name of a column, or a list of names, got {value!r:.60}")
    return tuple(" ".join(one.split()) for one in theirs)


def _values(value: Any, path: str) -> dict[str, str]:
    table = _table(value, path)
    return {theirs.strip().casefold(): _cell(ours, f"{path}.{theirs!r}") for theirs, ours in table.items()}


def _cell(value: Any, path: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int):
        raise _Fault(f"{path}: expected a text, a whole number, true or false, got {value!r:.60}")
    if not str(value).isprintable():
        raise _Fault(f"{path}: {value!r:.60} holds a control character")
    return str(value).strip()


def _timezone(data: Mapping[str, Any], path: str) -> str | None:
    value = data.get("timezone")
    if value is None:
        return None
    if not isinstance(value, str):
        raise _Fault(f"{path}timezone: expected a text, got {value!r:.60}")
    try:
        return zone_name(value)
    except UnknownZone as error:
        raise _Fault(f"{path}timezone: {error}") from error


def _formats(data: Mapping[str, Any], path: str) -> tuple[str, ...]:
    value = data.get("formats", [])
    if not isinstance(value, list):
        raise _Fault(f"{path}formats: expected a list of texts, got {value!r:.60}")
    sample = datetime(2000, 1, 31, 12, 30)  # noqa: DTZ001 (only written out and read back)
    for form in value:
        try:
            readable = isinstance(form, str) and datetime.strptime(sample.strftime(form), form).date() == sample.date()  # noqa: DTZ007 (likewise)
        except ValueError:
            readable = False
        if not readable:
            raise _Fault(f"{path}formats: {form!r:.60} is no format of a date such as %m/%d/%Y")
    return tuple(value)
