"""How fast is a history imported? Activities whose texts all differ, by the command that users run.

    python -m benchmarks.importing --activities 100000 --larger 400000 --runs 5

Uses a database of its own, taken away at the end: SQLite in a temporary directory, or a test database beside the one that
DATABASE_URL names. Each run is a process of its own with a client of its own. The limits are COPY of the same rows without
their texts, once into a table like that of the touches with its indexes and checks, and once into one without any. Budgets:
15,000 activities a second on PostgreSQL and a third of the rate of the first limit, 7,000 on SQLite; the larger file takes at
most a tenth more memory. Exits with 1 outside them.
"""

import argparse
import csv
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.measures import Measure, note
from benchmarks.processes import cost
from benchmarks.scoring import database

A_SECOND = {"PostgreSQL": 15_000, "SQLite": 7_000}
SHARE_OF_LIMIT = 1 / 3
MEMORY = 1.1
LEADS_A_TOUCH = 0.198  # the simulated worlds send some five touches to a lead
TEXTS = ("content_snapshot", "metadata", "subject", "body", "reason")


class Run(NamedTuple):
    """Of one import of activities: seconds of the file, seconds of a core, and the most memory of its process."""

    rows: int
    seconds: float
    core: float
    megabytes: float


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--activities", type=int, default=100_000)
    parser.add_argument("--larger", type=int, default=0, help="activities of a file that must take no more memory")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="importing-") as name, database() as vendor:
        small = history(Path(name) / "small", options.activities)
        runs = [imported(small, f"Run {number}") for number in range(options.runs)]
        kept = told(vendor, runs, *limits(runs))
        if options.larger:
            larger = imported(history(Path(name) / "larger", options.larger), "Larger")
            kept &= memory_told(vendor, runs, larger)
    return int(not kept)


def history(folder: Path, activities: int) -> Path:
    """The three files of a simulated history in which no two texts are the same."""
    from patterns.simulator.files import write  # noqa: PLC0415 (settings come first)
    from patterns.simulator.world import simulate  # noqa: PLC0415 (likewise)

    simulated = simulate("all", leads=int(activities * LEADS_A_TOUCH), seed=3, as_of=datetime.now(UTC))
    write(simulated, folder)
    plain, distinct = folder / "activities.csv", folder / "distinct.csv"
    with plain.open(encoding="utf-8", newline="") as source, distinct.open("w", encoding="utf-8", newline="") as target:
        rows = csv.DictReader(source)
        writer = csv.DictWriter(target, rows.fieldnames or (), lineterminator="\n")
        writer.writeheader()
        for number, row in enumerate(rows):
            for column in ("body", "connection_note", "script_content"):
                if row[column]:
                    row[column] += f"\nReference {number}"
            writer.writerow(row)
    distinct.replace(plain)
    return folder


def imported(folder: Path, client: str) -> Run:
    """Import leads, then touches, by the command; measured is the second. On PostgreSQL of tables that were vacuumed: else what
    the runs before have left to be done is done meanwhile.
    """
    from django.db import connection  # noqa: PLC0415 (settings come first)

    from conversion.clients import create_client  # noqa: PLC0415 (likewise)

    key = str(create_client(client).pk)
    called(key, "--leads", folder / "leads.csv")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE conversion_lead, conversion_activity")
    return called(key, "--activities", folder / "activities.csv")


def called(client: str, option: str, path: Path) -> Run:
    """The command's own seconds: of reading the file and storing it."""
    command = [sys.executable, "manage.py", "import_history", client, option, str(path), "--json"]
    used = cost(command, environment())
    report = json.loads(used.printed)
    return Run(report[option.removeprefix("--")]["created"], report["seconds"], used.core, used.megabytes)


def environment() -> dict[str, str]:
    """With the benchmark's database."""
    from django.db import connection  # noqa: PLC0415 (settings come first)

    found = dict(os.environ)
    if connection.vendor == "postgresql":
        address, _, _ = found["DATABASE_URL"].rpartition("/")
        found["DATABASE_URL"] = f"{address}/{connection.settings_dict['NAME']}"
    return found


def limits(runs: list[Run]) -> tuple[float, float]:
    """Rows a second of COPY, on PostgreSQL, into a table with indexes and checks and into one without; else 0."""
    from django.db import connection  # noqa: PLC0415 (settings come first)

    if connection.vendor != "postgresql":
        return 0.0, 0.0
    from conversion.models import Activity  # noqa: PLC0415 (settings come first)

    names = ", ".join(f'"{field.column}"' for field in Activity._meta.concrete_fields if field.column not in TEXTS)
    texts = "ADD fill int, " + ", ".join(f"ALTER {name} DROP NOT NULL" for name in TEXTS)
    with connection.cursor() as cursor:
        query = f"COPY (SELECT {names} FROM conversion_activity LIMIT {runs[0].rows}) TO STDOUT"
        with cursor.copy(query) as copy:
            rows = b"".join(copy)
        found = []
        for like in ("INCLUDING ALL", ""):
            cursor.execute(f"CREATE TABLE bare (LIKE conversion_activity {like})")
            cursor.execute(f"ALTER TABLE bare {texts}")
            found.append(median_of(lambda: copied(cursor, names, rows), len(runs)))
            cursor.execute("DROP TABLE bare")
    return runs[0].rows / found[0], runs[0].rows / found[1]


def copied(cursor: Any, names: str, rows: bytes) -> float:
    cursor.execute("TRUNCATE bare")
    start = time.perf_counter()
    with cursor.copy(f"COPY bare ({names}) FROM STDIN") as copy:
        copy.write(rows)
    return time.perf_counter() - start


def median_of(timed: Callable[[], float], times: int) -> float:
    return statistics.median(timed() for _ in range(times))


def told(vendor: str, runs: list[Run], limit: float, bare: float) -> bool:
    """Print and note the rates; whether they are within the budgets."""
    seconds, core = (
        statistics.median(values) for values in zip(*((run.seconds, run.core) for run in runs), strict=True)
    )
    rows, memory = runs[0].rows, max(run.megabytes for run in runs)
    rate = rows / seconds
    size = f"{rows:,} activities, {vendor}"
    print(f"{size}: {rate:,.0f}/s, {core * 1e6 / rows:.0f} us of a core each, {memory:.0f} MB")
    kept = note(
        Measure(
            "import, every text another", size, seconds, memory, rate, runs=len(runs),
            budget=f"at least {A_SECOND[vendor]:,}/s", passed=rate >= A_SECOND[vendor],
        )
    )  # fmt: skip
    for name, found, asked in (("with its indexes", limit, SHARE_OF_LIMIT), ("of a table without indexes", bare, 0.0)):
        if found:
            print(f"  COPY {name}: {found:,.0f}/s; the import reaches {rate / found:.2f} of it")
            kept &= note(
                Measure(
                    f"import / COPY {name}", size, ratio=rate / found, runs=len(runs),
                    budget="at least 0.33" if asked else "", passed=rate / found >= asked if asked else None,
                )
            )  # fmt: skip
    return kept


def memory_told(vendor: str, runs: list[Run], larger: Run) -> bool:
    ratio = larger.megabytes / statistics.median(run.megabytes for run in runs)
    size = f"{larger.rows:,} activities, {vendor}"
    print(f"{size}: {larger.rows / larger.seconds:,.0f}/s, {larger.megabytes:.0f} MB, {ratio:.2f} of the smaller file")
    return note(
        Measure(
            "import, memory of a larger file", size, larger.seconds, larger.megabytes, larger.rows / larger.seconds,
            ratio, budget=f"at most {MEMORY:g} of the smaller", passed=ratio <= MEMORY,
        )
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
