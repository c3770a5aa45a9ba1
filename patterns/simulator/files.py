"""A simulated history as the three files that can be imported."""

import csv
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from patterns.simulator.event_rows import event_rows
from patterns.simulator.history import History
from patterns.simulator.rows import Row, lead_rows
from patterns.simulator.touch_rows import activity_rows

ACTIVITY_COLUMNS = (
    *("external_id", "lead_external_id", "channel", "occurred_at", "touch_number", "sequence_id", "template_id"),
    *("campaign", "subject", "body", "connection_note", "script_id", "script_content", "message_type", "outcome"),
    "duration_seconds",
)
EVENT_COLUMNS = ("external_id", "lead_external_id", "activity_external_id", "kind", "occurred_at", "body")


def write(history: History, folder: Path) -> dict[str, int]:
    """Write leads.csv, activities.csv and events.csv into `folder`, which is made. Returns the rows of each file."""
    folder.mkdir(parents=True, exist_ok=True)
    leads = lead_rows(history)
    first = next(leads)
    return {
        "leads.csv": write_rows(folder / "leads.csv", tuple(first), chain([first], leads)),
        "activities.csv": write_rows(folder / "activities.csv", ACTIVITY_COLUMNS, activity_rows(history)),
        "events.csv": write_rows(folder / "events.csv", EVENT_COLUMNS, event_rows(history)),
    }


def write_rows(path: Path, columns: tuple[str, ...], rows: Iterable[Row]) -> int:
    """Write rows as CSV in UTF-8; a column that a row lacks is blank. Returns their number."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            count += 1
    return count
