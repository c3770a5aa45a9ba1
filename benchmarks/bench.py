"""Every benchmark with its budgets, in one table: `make bench`.

    python -m benchmarks.bench --minutes 25 --json /tmp/bench.json --only import,planning

Uses a PostgreSQL of its own in a temporary directory, set as one in production is (fsync on), and SQLite files, all taken
away at the end. Each benchmark is a process of its own; the memory column is the most that the process which did the work
took. A benchmark that ends without an answer, or for which no time is left, has failed. Exits with 1 where a budget was
missed.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import psycopg

from benchmarks.measures import RESULTS, Measure, read

WIDTHS = (42, 34, 9, 8, 12, 8, 5, 34, 6)
HEADER = ("question", "size", "seconds", "MB", "a second", "ratio", "runs", "budget", "")
# What a server of 24 GB is given, in proportion to a small one; nothing that a crash could lose is switched off.
PRODUCTION = {
    "shared_buffers": "1GB",
    "effective_cache_size": "4GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
}
LOG = 1_024  # megabytes of PostgreSQL's log that are there when a benchmark begins
GRACE = 30.0  # seconds in which a benchmark that is stopped takes away what it made
POSTGRESQL, SQLITE, OWN = "postgresql", "sqlite", "own"


class Benchmark(NamedTuple):
    """A module with its arguments. database: which one it is given; OWN: it starts its own. tiny: the arguments of the
    smallest version.
    """

    name: str
    module: str
    database: str
    arguments: tuple[str, ...]
    tiny: tuple[str, ...]


def both(name: str, module: str, arguments: tuple[str, ...], tiny: tuple[str, ...]) -> list[Benchmark]:
    return [Benchmark(name, module, database, arguments, tiny) for database in (POSTGRESQL, SQLITE)]


BENCHMARKS = (
    *both("scoring", "scoring", ("--leads", "100000", "--runs", "5"), ("--leads", "300", "--runs", "1")),
    *both("planning", "planning", ("--leads", "10000"), ("--leads", "60", "--senders", "2")),
    *both("api", "api", ("--leads", "4000", "--calls", "1500"), ("--leads", "200", "--calls", "24")),
    Benchmark(
        "import",
        "importing",
        POSTGRESQL,
        ("--activities", "50000", "--larger", "200000", "--runs", "5"),
        ("--activities", "500", "--larger", "800", "--runs", "1"),
    ),
    Benchmark(
        "import",
        "importing",
        SQLITE,
        ("--activities", "50000", "--runs", "5"),
        ("--activities", "500", "--runs", "1"),
    ),
    Benchmark("sending", "sending", OWN, ("--messages", "3000"), ("--messages", "30")),
    Benchmark("flows", "flows", OWN, ("--clients", "200", "--activities", "5000"), ("--clients", "2")),
    Benchmark(
        "pages",
        "pages",
        POSTGRESQL,
        ("--clients", "50", "--activities", "20000"),
        ("--clients", "2", "--activities", "200", "--calls", "3"),
    ),
    Benchmark(
        "learning",
        "learning",
        POSTGRESQL,
        ("--activities", "1000000", "--runs", "5", "--sqlite"),
        ("--activities", "500", "--larger", "1000", "--runs", "1", "--sqlite"),
    ),
    Benchmark(
        "learners",
        "flows",
        OWN,
        ("--clients", "50", "--activities", "20000", "--alone"),
        ("--clients", "2", "--alone"),
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=24.0, help="in all")
    parser.add_argument("--json", type=Path, default=Path("var/bench.json"), help="where the results are written")
    parser.add_argument("--only", default="", help="names of benchmarks, with commas")
    parser.add_argument("--tiny", action="store_true", help="the smallest sizes, to see that all of it runs")
    options = parser.parse_args(arguments)
    wanted = chosen([name for name in options.only.split(",") if name])
    end = time.monotonic() + 60 * options.minutes
    started = datetime.now(UTC)
    line(HEADER)
    found: list[Measure] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for benchmark in wanted:
            answers = run(benchmark, Path(folder), end - time.monotonic(), tiny=options.tiny)
            found += answers
            for answer in answers:
                line(cells(answer))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(as_json(found, started), indent=1))
    failed = sum(answer.passed is False for answer in found)
    print(f"{sum(answer.passed is True for answer in found)} passed, {failed} failed")
    return int(failed > 0 or not found)


def chosen(names: Sequence[str]) -> list[Benchmark]:
    """Those named, all without names, in so far as their module is there."""
    known = {benchmark.name for benchmark in BENCHMARKS}
    if unknown := set(names) - known:
        raise SystemExit(f"--only: there is no {', '.join(sorted(unknown))}; known are {', '.join(sorted(known))}")
    folder = Path(__file__).parent
    return [
        one
        for one in BENCHMARKS
        if (not names or one.name in names) and (folder / f"{one.module}.py").exists()
    ]  # fmt: skip


def run(benchmark: Benchmark, folder: Path, seconds: float, *, tiny: bool) -> list[Measure]:
    """Its answers; a failed one where it gave none."""
    title = f"{benchmark.name}, {benchmark.database}"
    if seconds <= 0:
        return [Measure(title, "no time was left", passed=False)]
    from benchmarks.chaos.servers import Postgres  # noqa: PLC0415 (only where one is needed)

    results = Path(tempfile.mkdtemp(prefix=f"{benchmark.name}-", dir=folder)) / "results"
    environment = {
        **os.environ,
        RESULTS: str(results),
        "SECRET_KEY": "benchmark",
        "SUPPRESSION_KEY": "benchmark",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
    }
    environment.pop("DATABASE_URL", None)
    postgres = None
    if benchmark.database == POSTGRESQL:
        home = Path(tempfile.mkdtemp(prefix="bench-postgres-"))  # outside: its owner may not read `folder`
        postgres = Postgres(home, settings=PRODUCTION)
        postgres.create()
        rested(postgres.url)
        environment["DATABASE_URL"] = postgres.url
    arguments = benchmark.tiny if tiny else benchmark.arguments
    try:
        status, printed = ended([f"benchmarks.{benchmark.module}", *arguments], environment, seconds)
    finally:
        if postgres is not None:
            postgres.stop()
            shutil.rmtree(postgres.folder, ignore_errors=True)
    answers = read(results)
    if status not in {0, 1} or not answers or (status == 1 and all(one.passed is not False for one in answers)):
        print(printed[-2_000:], file=sys.stderr)
        answers.append(Measure(title, f"ended with {status}", passed=False))
    return answers


def rested(url: str) -> None:
    """As a server that has run for a while, which writes its log into files that are there. A new one has to make each of them,
    while whoever is measured waits.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT count(pg_logical_emit_message(false, '', repeat('x', 1 << 20))) FROM generate_series(1, %s)", [LOG]
        )
        connection.execute("CHECKPOINT")


def ended(module: Sequence[str], environment: dict[str, str], seconds: float) -> tuple[int, str]:
    """Exit status and output of a module; -1 where the time was up."""
    command = [sys.executable, "-m", *module]
    with subprocess.Popen(  # noqa: S603
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            printed, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)  # so that it ends the servers that it started
            try:
                printed, _ = process.communicate(timeout=GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
                printed = ""
            return -1, printed + "the time was up\n"
    return process.returncode, printed


def cells(answer: Measure) -> list[str]:
    verdict = {True: "passed", False: "FAILED", None: ""}[answer.passed]
    numbers = (
        (answer.seconds, "{:,.3f}"),
        (answer.megabytes, "{:,.0f}"),
        (answer.rate, "{:,.0f}"),
        (answer.ratio, "{:.2f}"),
    )
    texts = ["" if value is None else form.format(value) for value, form in numbers]
    return [answer.question, answer.size, *texts, str(answer.runs), answer.budget, verdict]


def line(texts: Iterable[str]) -> None:
    padded = (
        text.rjust(width) if 2 <= column <= 6 else text.ljust(width)
        for column, (text, width) in enumerate(zip(texts, WIDTHS, strict=True))
    )
    print("  ".join(padded).rstrip(), flush=True)


def as_json(found: Sequence[Measure], started: datetime) -> dict[str, object]:
    return {
        "started": started.isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "results": [asdict(answer) for answer in found],
    }


if __name__ == "__main__":
    sys.exit(main())
