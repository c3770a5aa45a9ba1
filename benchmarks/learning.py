"""What does learning cost for one client? The command that users run, beside one grouped aggregate over the same rows.

    DATABASE_URL=postgresql:///agency python -m benchmarks.learning --activities 1000000 --larger 10000000 --sqlite

Uses a database of its own, taken away at the end: SQLite in a temporary directory, or a test database beside the one that
DATABASE_URL names. Each run is a process of its own, timed from its start to its end, with the patterns stored. The limit is
a GROUP BY in PostgreSQL of the columns that learning reads of touches, which it has to read as well. Memory is counted
beyond that of the same command for a client without touches. Budgets: at most 4 times the limit and 2 seconds, 500 MB,
the larger history at most 1.1 times in proportion, SQLite at most 3 times PostgreSQL. Exits with 1 above them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from benchmarks.importing import environment
from benchmarks.measures import Measure, note
from benchmarks.processes import Cost, cost
from benchmarks.scoring import database

LEADS_A_TOUCH = 0.198  # the simulated worlds send some five touches to a lead
TIMES_LIMIT, SECONDS = 4, 2.0
MEGABYTES = 500
TIMES_AS_LARGE = 1.1
TIMES_POSTGRESQL = 3
COLUMNS = (
    "channel, touch_number, sent_at, template_key, campaign, plan, tier_at_send, local_day, local_hour, pain_points, cta, "
    "angles, subjects, personalization, words, chars, led_to_booking, propensity"
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--activities", type=int, default=100_000)
    parser.add_argument("--larger", type=int, default=0, help="activities of a second, larger history")
    parser.add_argument("--runs", type=int, default=5, help="medians are of so many")
    parser.add_argument("--sqlite", action="store_true", help="the same on SQLite, beside PostgreSQL")
    parser.add_argument("--seconds", action="store_true", help="print the seconds alone")
    options = parser.parse_args(arguments)
    with database() as vendor:
        idle = learned(filled("Nobody", 0))
        client, touches = filled_and_counted("Benchmark", options.activities)
        runs = [learned(client) for _ in range(options.runs)]
        if options.seconds:
            print(json.dumps(statistics.median(run.seconds for run in runs)))
            return 0
        limit = grouped(client, options.runs) if vendor == "PostgreSQL" else 0.0
        kept = told(f"{touches:,} activities, {vendor}", runs, idle, limit)
        if options.larger:
            kept &= larger_told(vendor, touches, runs, *filled_and_counted("Larger", options.larger))
    if options.sqlite:
        kept &= sqlite_told(options.activities, touches, runs)
    return int(not kept)


def filled(name: str, activities: int) -> Any:
    return filled_and_counted(name, activities)[0]


def filled_and_counted(name: str, activities: int) -> tuple[Any, int]:
    """A client with a simulated history, and its touches."""
    from benchmarks.simulated import store  # noqa: PLC0415 (settings come first)
    from conversion.clients import create_client  # noqa: PLC0415 (likewise)
    from patterns.simulator.world import simulate  # noqa: PLC0415 (likewise)

    client = create_client(name)
    if not activities:
        return client, 0
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return client, store(simulate("all", leads=int(activities * LEADS_A_TOUCH), seed=3, as_of=today), client)


def learned(client: Any) -> Cost:
    """One run of the command."""
    return cost([sys.executable, "manage.py", "learn_patterns", str(client.pk), "--json"], environment())


def grouped(client: Any, times: int) -> float:
    """Seconds of the aggregate, the median."""
    from django.db import connection  # noqa: PLC0415 (settings come first)

    groups = f"SELECT {COLUMNS}, count(*) FROM conversion_activity WHERE client_id = %s AND state = 'sent' GROUP BY {COLUMNS}"
    taken = []
    with connection.cursor() as cursor:
        for _ in range(times):
            start = time.perf_counter()
            cursor.execute(f"SELECT count(*) FROM ({groups}) groups", [client.pk])
            taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def told(size: str, runs: list[Cost], idle: Cost, limit: float) -> bool:
    seconds, core, megabytes = (statistics.median(column) for column in [*zip(*runs, strict=True)][:3])
    more = megabytes - idle.megabytes
    print(
        f"{size}: {seconds:.2f} s, {core:.2f} s of a core, {more:.0f} MB beyond the {idle.megabytes:.0f} MB of no touches"
    )
    kept = note(
        Measure(
            "learning, memory", size, megabytes=more, runs=len(runs),
            budget=f"at most {MEGABYTES} MB more", passed=more <= MEGABYTES,
        )
    )  # fmt: skip
    if limit:
        asked = TIMES_LIMIT * limit + SECONDS
        print(f"  the grouped aggregate: {limit:.2f} s, so at most {asked:.2f} s")
        kept &= note(
            Measure(
                "learning, all four patterns", size, seconds, megabytes, ratio=seconds / limit, runs=len(runs),
                budget=f"at most {TIMES_LIMIT} times the limit + {SECONDS:g} s", passed=seconds <= asked,
            )
        )  # fmt: skip
    return kept


def larger_told(vendor: str, touches: int, runs: list[Cost], client: Any, larger: int) -> bool:
    run, seconds = learned(client), statistics.median(run.seconds for run in runs)
    ratio, most = run.seconds / seconds, TIMES_AS_LARGE * larger / touches
    size = f"{larger:,} activities, {vendor}"
    print(f"{size}: {run.seconds:.2f} s, {ratio:.1f} times {touches:,} (at most {most:.1f}), {run.megabytes:.0f} MB")
    asked = f"at most {most:.1f} times {touches:,}"
    return note(
        Measure("learning, larger", size, run.seconds, run.megabytes, ratio=ratio, budget=asked, passed=ratio <= most)
    )


def sqlite_told(activities: int, touches: int, runs: list[Cost]) -> bool:
    """The same in a process that has no DATABASE_URL."""
    command = [sys.executable, "-m", "benchmarks.learning", "--activities", str(activities), "--runs", "3", "--seconds"]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    seconds = float(done.stdout.splitlines()[-1])
    ratio = seconds / statistics.median(run.seconds for run in runs)
    size = f"{touches:,} activities, SQLite"
    print(f"{size}: {seconds:.2f} s, {ratio:.2f} times PostgreSQL (at most {TIMES_POSTGRESQL})")
    asked = f"at most {TIMES_POSTGRESQL} times PostgreSQL"
    return note(
        Measure(
            "learning / PostgreSQL", size, seconds, ratio=ratio, runs=3, budget=asked, passed=ratio <= TIMES_POSTGRESQL
        )
    )


if __name__ == "__main__":
    sys.exit(main())
