"""Thousands of hostile requests, webhooks and files, against the whole of it.

    python -m benchmarks.fuzz --cases 5000 --only api,doors,files --seed 1

Uses a database of its own, taken away at the end: SQLite in a temporary directory, or a test database beside the one that
DATABASE_URL names. cases: of webhooks, of files and of generated calls of the API each. A failure is printed with the smallest
case that was found. Exits with 1 where there is one.
"""

import argparse
import io
import logging
import os
import sys

from benchmarks.api import server
from benchmarks.fuzz.api import fuzz_api
from benchmarks.fuzz.tally import Tally
from benchmarks.scoring import database

PARTS = ("api", "doors", "files")
OPERATIONS = 50  # about as many as the description has
ENVIRONMENT = {
    "API_CALLS_A_MINUTE": "0",
    "CREDENTIAL_KEY": "A" * 43 + "=",
    "SUPPRESSION_KEY": "fuzz",
    "PUBLIC_URL": "http://localhost:8000",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
    "SECRET_KEY": "fuzz",
    "LOG_LEVEL": "ERROR",  # no line for each call that is turned away
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help=f"some of {', '.join(PARTS)}")
    options = parser.parse_args()
    parts = options.only.split(",") if options.only else PARTS
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    tallies = []
    with database() as vendor:
        logging.getLogger("django.request").setLevel(logging.CRITICAL)  # a line for each that is turned away
        logging.getLogger("engines").setLevel(logging.CRITICAL)
        print(f"== {vendor}, seed {options.seed}")
        for part in parts:
            tallies += RUNS[part](options.cases, options.seed)
    for tally in tallies:
        for failure in tally.failed:
            print(f"\n{tally.name} failed:\n{failure}")
    failed = sum(len(tally.failed) for tally in tallies)
    print(f"{sum(tally.passed for tally in tallies)} passed, {failed} failed")
    return int(bool(failed))


def run_doors(cases: int, seed: int) -> list[Tally]:
    from benchmarks.fuzz.doors import fuzz_doors  # noqa: PLC0415 (settings come first)
    from benchmarks.fuzz.rows import make_world  # noqa: PLC0415 (likewise)

    return shown(fuzz_doors(make_world("doors"), count=cases, first_seed=seed))


def run_files(cases: int, seed: int) -> list[Tally]:
    from benchmarks.fuzz.files import fuzz_files  # noqa: PLC0415 (settings come first)
    from benchmarks.fuzz.rows import make_world  # noqa: PLC0415 (likewise)

    return shown(fuzz_files(make_world("files"), count=cases, first_seed=seed))


def run_api(cases: int, seed: int) -> list[Tally]:
    """On a client that was learned for, so that there is something to read."""
    from django.utils.timezone import now  # noqa: PLC0415 (settings come first)

    from benchmarks.fuzz.rows import make_caller  # noqa: PLC0415 (likewise)
    from conversion.clients import find_client  # noqa: PLC0415 (likewise)
    from patterns.simulator.load import load  # noqa: PLC0415 (likewise)
    from patterns.simulator.world import simulate  # noqa: PLC0415 (likewise)

    load(simulate("all", leads=300, seed=seed, as_of=now()), "Fuzz", stdout=io.StringIO())
    client = find_client("Fuzz")
    token = make_caller(client)
    with server() as url:
        return shown([fuzz_api(url, token, client.slug, each=-(-cases // OPERATIONS), seed=seed)])


def shown(tallies: list[Tally]) -> list[Tally]:
    for tally in tallies:
        print(tally, flush=True)
    return tallies


RUNS = {"api": run_api, "doors": run_doors, "files": run_files}

if __name__ == "__main__":
    sys.exit(main())
