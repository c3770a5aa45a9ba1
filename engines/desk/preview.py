"""The first rows of a file as they would be stored, and the importer's messages in the words of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conversion.importer.columns import COLUMNS, Kind
from conversion.importer.faults import BadRow
from conversion.importer.fitting import Fitting
from conversion.importer.reading import Record

ROWS = 5
SHOWN = 60  # characters of a cell


@dataclass(frozen=True)
class Preview:
    """columns: of ours. rows: each its line and either its cells or why it is rejected."""

    columns: list[str]
    rows: list[dict[str, Any]]

    @classmethod
    def of(cls, fitting: Fitting, records: Sequence[Record], kind: Kind) -> "Preview":
        columns = [name for name in COLUMNS[kind] if name in fitting.given]
        rows = []
        for record in records[:ROWS]:
            try:
                row = fitting.row(record)
            except BadRow as fault:
                rows.append({"line": record.line, "reason": plainly(str(fault))})
                continue
            extra = [f"{name}: {text[:SHOWN]}" for name, text in row.extra.items()]
            rows.append({"line": row.line, "cells": [_shown(row.values.get(name)) for name in columns], "extra": extra})
        return cls(columns, rows)


def plainly(message: str) -> str:
    """A message of the importer for whoever looks at a page, not at a command line."""
    for said, meant in (
        ("give the time zone with --timezone", "choose the time zone of the files"),
        (
            ". Foreign names need --mapping hubspot|salesforce|FILE (docs/import.md)",
            ". Choose below which column it is",
        ),
        ("mapping of this import: ", ""),
        ("mapping: ", ""),
    ):
        message = message.replace(said, meant)
    return message


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return str(value)[:SHOWN]
