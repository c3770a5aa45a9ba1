"""How fast are patterns read by the API? On one worker of gunicorn, over real connections.

    python -m benchmarks.api --leads 4000 --calls 300

Learns from a simulated client, so that the payloads are as large as they are, and reads one pattern again and again: whole, and
with the ETag it had. Uses a database of its own, taken away at the end: SQLite in a temporary directory, or a test database
beside the one that DATABASE_URL names. Budgets: one pattern in 20 ms (the fastest tenth of the calls: what a machine that
does nothing else takes) and 5 queries, and less than 4 times as long as the list of clients, which reads one small row by the
same way. Exits with 1 outside them.
"""

import argparse
import io
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from socket import socket
from typing import Any

import requests

from benchmarks.scoring import database

MILLISECONDS = 20.0
QUERIES = 5
RATIO = 4.0
WARM, SECONDS = 20, 60
FAST, MEDIAN = 0, 4  # of the tenths
AT_ONCE = 4  # callers, for the calls a second


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leads", type=int, default=4_000)
    parser.add_argument("--calls", type=int, default=300)
    options = parser.parse_args()
    os.environ["API_CALLS_A_MINUTE"] = "0"
    with database() as vendor:
        client, token = filled(options.leads)
        queries = queries_of(client, token)
        with server() as url:
            return measured(url, client, token, options.calls, f"{vendor}, {queries} queries") or int(queries > QUERIES)


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
    """One worker with one thread, on the benchmark's database."""
    from django.db import connection  # noqa: PLC0415 (settings come first)

    environment = dict(os.environ)
    if connection.vendor == "postgresql":
        address, _, _ = environment["DATABASE_URL"].rpartition("/")
        environment["DATABASE_URL"] = f"{address}/{connection.settings_dict['NAME']}"
    environment |= {"ALLOWED_HOSTS": "localhost,127.0.0.1"}
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "agency_os.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "1"]
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
            requests.get(f"{url}/healthz", timeout=5)
        except requests.ConnectionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


def measured(url: str, client: Any, token: str, calls: int, title: str) -> int:
    """Print how long it takes; 1 where that is too long."""
    who = f"{url}/api/v1/patterns/{client.slug}/who"
    with caller(token) as session:
        answer = session.get(who, timeout=SECONDS)
        answer.raise_for_status()
        addresses = {
            "one pattern": (who, {}),
            "all patterns": (f"{url}/api/v1/patterns/{client.slug}", {}),
            "one, not changed": (who, {"If-None-Match": answer.headers["ETag"]}),
            "list of clients": (f"{url}/api/v1/clients", {}),
        }
        times = tenths(session, addresses, calls)
    ratio = times["one pattern"][MEDIAN] / times["list of clients"][MEDIAN]
    print(f"{title}, {len(answer.content):,} bytes")
    for name, found in times.items():
        print(f"  {name:<18}{found[FAST]:>8.2f} ms, median {found[MEDIAN]:.2f} ms")
    print(f"  one pattern / list of clients {ratio:>6.2f}")
    print(f"  {AT_ONCE} callers at once  {a_second(who, token, calls):>8,.0f} calls a second")
    return int(times["one pattern"][FAST] > MILLISECONDS or ratio > RATIO)


@contextmanager
def caller(token: str) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        yield session


def tenths(
    session: requests.Session, addresses: dict[str, tuple[str, dict[str, str]]], calls: int
) -> dict[str, list[float]]:
    """Milliseconds of a call by the caller's clock, the nine tenths. In turns, so that what else the machine does is shared."""
    taken: dict[str, list[float]] = {name: [] for name in addresses}
    for _ in range(WARM + calls):
        for name, (url, headers) in addresses.items():
            start = time.perf_counter()
            answer = session.get(url, headers=headers, timeout=SECONDS)
            taken[name].append((time.perf_counter() - start) * 1000)
            if answer.status_code != (304 if headers else 200):
                raise RuntimeError(f"{url} was answered with {answer.status_code}")
    return {name: statistics.quantiles(times[WARM:], n=10) for name, times in taken.items()}


def a_second(url: str, token: str, calls: int) -> float:
    def some(_: int) -> None:
        with caller(token) as session:
            for _ in range(calls // AT_ONCE):
                session.get(url, timeout=SECONDS).raise_for_status()

    start = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(some, range(AT_ONCE)))
    return calls // AT_ONCE * AT_ONCE / (time.perf_counter() - start)


if __name__ == "__main__":
    sys.exit(main())
