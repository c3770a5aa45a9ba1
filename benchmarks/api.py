"""How fast are patterns read by the API? On one worker of gunicorn, over real connections.

    python -m benchmarks.api --leads 4000 --calls 1500

Learns from a simulated client, so that the payloads are as large as they are, and reads one pattern again and again: whole, and
with the ETag it had. Uses a database of its own, taken away at the end: SQLite in a temporary directory, or a test database
beside the one that DATABASE_URL names. Budgets: one pattern in 20 ms (the fastest tenth of the calls: what a machine that
does nothing else takes) and 5 queries, and less than 4 times as long as the list of clients, which reads one small row by the
same way; 300 calls a second of four callers, each a process with an open connection. Beside it, as their limit, stands what the
same callers get of /healthz. Exits with 1 outside the budgets.
"""

import argparse
import io
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from socket import socket
from typing import Any

from benchmarks.measures import Measure, note
from benchmarks.scoring import database

MILLISECONDS = 20.0
QUERIES = 5
RATIO = 4.0
A_SECOND = 300.0
RUNS = 5  # of the calls a second
WARM, SECONDS = 20, 60
FAST, MEDIAN = 0, 4  # of the tenths
AT_ONCE = 4  # callers, for the calls a second


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leads", type=int, default=4_000)
    parser.add_argument("--calls", type=int, default=1_500)
    options = parser.parse_args()
    os.environ["API_CALLS_A_MINUTE"] = "0"
    with database() as vendor:
        client, token = filled(options.leads)
        queries = queries_of(client, token)
        if queries > QUERIES:
            raise SystemExit(f"one pattern took {queries} queries; at most {QUERIES} are allowed")
        with server() as url:
            return measured(url, client, token, options.calls, f"{vendor}, {queries} queries")


def filled(leads: int) -> tuple[Any, str]:
    """A client that was learned for, and the token of a viewer."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415 (settings come first)
    from django.utils.timezone import now  # noqa: PLC0415 (likewise)

    from conversion.api.tokens import issue  # noqa: PLC0415 (likewise)
    from conversion.clients import find_client  # noqa: PLC0415 (likewise)
    from conversion.models import Membership  # noqa: PLC0415 (likewise)
    from conversion.vocabulary import Role  # noqa: PLC0415 (likewise)
    from patterns.learning import learn  # noqa: PLC0415 (likewise)
    from patterns.simulator.load import load  # noqa: PLC0415 (likewise)
    from patterns.simulator.world import simulate  # noqa: PLC0415 (likewise)

    at = now()
    load(simulate("all", leads=leads, seed=1, as_of=at), "Benchmark", stdout=io.StringIO())
    client = find_client("Benchmark")
    learn(client, at)
    user = get_user_model().objects.create_user("benchmark")
    Membership.objects.create(user=user, client=client, role=Role.VIEWER, accepted_at=at)
    return client, issue(user, name="benchmark", role=Role.VIEWER, days=1, clients=[client])[1]


def queries_of(client: Any, token: str) -> int:
    from django.db import connection  # noqa: PLC0415 (settings come first)
    from django.test import Client  # noqa: PLC0415 (likewise)
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415 (likewise)

    caller = Client(headers={"Authorization": f"Bearer {token}", "Host": "localhost"})
    with CaptureQueriesContext(connection) as asked:
        caller.get(f"/api/v1/patterns/{client.slug}/who")
    return len(asked)


@contextmanager
def server() -> Iterator[str]:
    """One worker as it is in production, with its threads and open connections, on the benchmark's database."""
    from django.db import connection  # noqa: PLC0415 (settings come first)

    environment = dict(os.environ)
    if connection.vendor == "postgresql":
        address, _, _ = environment["DATABASE_URL"].rpartition("/")
        environment["DATABASE_URL"] = f"{address}/{connection.settings_dict['NAME']}"
    environment |= {"ALLOWED_HOSTS": "localhost,127.0.0.1"}
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "agency_os.wsgi", "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen([*command, "--workers", "1", "--log-level", "error"], env=environment) as process:  # noqa: S603
        try:
            url = f"http://127.0.0.1:{port}"
            until_answered(url)
            yield url
        finally:
            process.terminate()
            process.wait(SECONDS)


def until_answered(url: str) -> None:
    end = time.monotonic() + SECONDS
    while True:
        try:
            with caller(url) as wire:
                asked(wire, "/healthz", "")
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


def measured(url: str, client: Any, token: str, calls: int, title: str) -> int:
    """Print how long it takes; 1 where that is too long."""
    path = f"/api/v1/patterns/{client.slug}/who"
    with caller(url) as wire:
        etag, size = asked(wire, path, token)
        paths = {
            "one pattern": (path, ""),
            "all patterns": (f"/api/v1/patterns/{client.slug}", ""),
            "one, not changed": (path, etag),
            "list of clients": ("/api/v1/clients", ""),
        }
        times = tenths(wire, paths, token, max(10, calls // 5))
    limits, rates = [], []
    for _ in range(RUNS):  # in turns, so that what else the machine does is shared
        limits.append(a_second(url, "/healthz", "", calls // RUNS))
        rates.append(a_second(url, path, token, calls // RUNS))
    rate, limit = statistics.median(rates), statistics.median(limits)
    ratio = times["one pattern"][MEDIAN] / times["list of clients"][MEDIAN]
    print(f"{title}, {size:,} bytes")
    for name, found in times.items():
        print(f"  {name:<18}{found[FAST]:>8.2f} ms, median {found[MEDIAN]:.2f} ms")
    print(f"  one pattern / list of clients {ratio:>6.2f}")
    print(f"  {AT_ONCE} callers at once  {rate:>8,.0f} calls a second; /healthz {limit:,.0f}")
    fast = times["one pattern"][FAST] <= MILLISECONDS and ratio <= RATIO
    seconds = times["one pattern"][MEDIAN] / 1000
    budget = f"at least {A_SECOND:g}/s on one worker"
    quick = note(
        Measure(
            "the pattern endpoint, against /healthz", f"{size:,} bytes, {title}", rate=rate, ratio=limit / rate, runs=RUNS,
            budget=budget, passed=rate >= A_SECOND,
        )
    )  # fmt: skip
    budget = f"{MILLISECONDS:g} ms, at most {QUERIES} queries"
    note(Measure("one call of the pattern endpoint", title, seconds, runs=calls // 5, budget=budget, passed=fast))
    return int(not (fast and quick))


@contextmanager
def caller(url: str) -> Iterator[HTTPConnection]:
    """A connection that is kept open."""
    wire = HTTPConnection(url.removeprefix("http://"), timeout=SECONDS)
    try:
        yield wire
    finally:
        wire.close()


def asked(wire: HTTPConnection, path: str, token: str, etag: str = "") -> tuple[str, int]:
    """The answer's ETag, and its size in bytes. Raises where it was refused."""
    headers = {"If-None-Match": etag} if etag else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    wire.request("GET", path, headers=headers)
    answer = wire.getresponse()
    size = len(answer.read())
    if answer.status != (304 if etag else 200):
        raise RuntimeError(f"{path} was answered with {answer.status}")
    return answer.headers.get("ETag", ""), size


def tenths(wire: HTTPConnection, paths: dict[str, tuple[str, str]], token: str, calls: int) -> dict[str, list[float]]:
    """Milliseconds of a call by the caller's clock, the nine tenths. In turns, so that what else the machine does is shared."""
    taken: dict[str, list[float]] = {name: [] for name in paths}
    for _ in range(WARM + calls):
        for name, (path, etag) in paths.items():
            start = time.perf_counter()
            asked(wire, path, token, etag)
            taken[name].append((time.perf_counter() - start) * 1000)
    return {name: statistics.quantiles(times[WARM:], n=10) for name, times in taken.items()}


def a_second(url: str, path: str, token: str, calls: int) -> float:
    """Calls a second of callers in processes of their own, so that they do not wait for each other."""
    each = max(1, calls // AT_ONCE)
    command = [sys.executable, "-m", "benchmarks.api", "--call", str(each), url, path, token]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    callers: list[Any] = [subprocess.Popen(command, **pipes) for _ in range(AT_ONCE)]  # type: ignore[call-overload]  # noqa: S603
    for one in callers:
        one.stdout.readline()  # it is connected
    start = time.time()
    for one in callers:
        one.stdin.write("\n")
        one.stdin.flush()
    ends = [float(one.communicate()[0] or "nan") for one in callers]
    if any(one.returncode for one in callers):
        raise RuntimeError("a caller was refused")
    return each * AT_ONCE / (max(ends) - start)


def call(calls: int, url: str, path: str, token: str) -> int:
    """What a caller does once it is told to begin; prints when it ended."""
    with caller(url) as wire:
        asked(wire, path, token)
        print("ready", flush=True)
        sys.stdin.readline()
        for _ in range(calls):
            asked(wire, path, token)
    print(time.time())
    return 0


if __name__ == "__main__":
    sys.exit(call(int(sys.argv[2]), *sys.argv[3:6]) if sys.argv[1:2] == ["--call"] else main())
