"""How fast are leads scored? In bulk, pure and with reading and writing, and one at a time.

    python -m benchmarks.scoring --leads 100000

By the rules and by learned components, which look at titles, industries, sizes, signals and an imported attribute.

Uses a database of its own, taken away at the end: SQLite in a temporary directory, or a test database beside the one that
DATABASE_URL names. Budgets: 100,000 leads a second apart from reading and writing, 20,000 with them; one lead
in 5 ms and 5 queries. Exits with 1 outside them.
"""

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
import numpy as np

from benchmarks.measures import Measure, note

PURE_A_SECOND = 100_000
WRITTEN_A_SECOND = 20_000
MILLISECONDS_ONE = 5.0
QUERIES_ONE = 5
SINGLE = 200  # leads scored one at a time
OWN_TITLES = 0.2  # share of leads with a title that nobody else has, as in bought lists
TITLES = ("Founder", "CEO", "Marketing Director", "Head of Growth", "VP Sales", "Operations Manager", "Accountant", "")
INDUSTRIES = ("Software", "Retail", "Construction", "Education", "")
COUNTRIES = ("Australia", "United Kingdom", "Germany", "")
FLAGS = ("email_verified", "phone_verified", "is_personal_email", "is_new_role", "is_hiring", "recently_funded")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5, help="medians are of so many")
    options = parser.parse_args()
    wanted = options.leads
    failed = 0
    with database() as vendor:
        client = filled(wanted)
        for way in ("by the rules", "by learned components"):
            if way != "by the rules":
                learned_by(client)
            failed |= measured(client, wanted, f"{vendor}, {wanted:,} leads, {way}", options.runs)
    return failed


def measured(client: Any, wanted: int, title: str, runs: int) -> int:
    """Print how long it takes; 1 where that is too long."""
    pure = statistics.median(seconds_pure(client) for _ in range(runs))
    in_all = statistics.median(seconds_in_all(client) for _ in range(runs))
    one, queries = milliseconds_one(client)
    print(title)
    print(f"  columns to scores          {wanted / pure:>10,.0f} leads/s   {pure:6.2f} s")
    print(
        f"  reading, scoring, writing  {wanted / in_all:>10,.0f} leads/s   {in_all:6.2f} s   {in_all / pure:.1f} times pure"
    )
    print(f"  one lead at a time         {1000 / one:>10,.0f} leads/s   {one:6.2f} ms  {queries} queries")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    kept = [
        note(Measure(question, title, seconds, memory, rate, runs=count, budget=budget, passed=passed))
        for question, seconds, rate, count, budget, passed in (
            (
                "scoring, columns to scores", pure, wanted / pure, runs,
                f"at least {PURE_A_SECOND:,}/s", wanted / pure >= PURE_A_SECOND,
            ),
            (
                "scoring, with reading and writing", in_all, wanted / in_all, runs,
                f"at least {WRITTEN_A_SECOND:,}/s", wanted / in_all >= WRITTEN_A_SECOND,
            ),
            (
                "scoring one lead", one / 1000, 1000 / one, SINGLE,
                f"{MILLISECONDS_ONE:g} ms; {queries} of {QUERIES_ONE} queries",
                one <= MILLISECONDS_ONE and queries <= QUERIES_ONE,
            ),
        )
    ]  # fmt: skip
    return int(not all(kept))


@contextmanager
def database() -> Iterator[str]:
    """A database of its own; yields the name of its kind."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agency_os.settings")
    with tempfile.TemporaryDirectory() as folder:
        if not os.environ.get("DATABASE_URL"):
            os.environ["DATABASE_URL"] = f"sqlite:///{Path(folder) / 'scoring.sqlite3'}"
        django.setup()
        from django.core.management import call_command  # noqa: PLC0415 (settings come first)
        from django.db import connection  # noqa: PLC0415 (likewise)

        if connection.vendor == "sqlite":
            call_command("migrate", verbosity=0)
            yield "SQLite"
            connection.close()
            return
        usual = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0)
        yield "PostgreSQL"
        connection.creation.destroy_test_db(usual, verbosity=0)


def filled(wanted: int) -> Any:
    """A client with so many leads."""
    from conversion.models import Agency, Client, Lead  # noqa: PLC0415 (settings come first)

    rng = np.random.default_rng(1)
    agency = Agency.objects.create(name="Benchmark", slug="benchmark")
    client = Client.objects.create(agency=agency, name="Benchmark", slug="benchmark", icp={"industries": ["Software"]})
    titles, industries, countries = (rng.integers(0, len(names), wanted) for names in (TITLES, INDUSTRIES, COUNTRIES))
    own = rng.random(wanted) < OWN_TITLES
    employees, flags = rng.integers(1, 600, wanted), rng.integers(0, 3, (wanted, len(FLAGS)))
    made = (
        Lead(
            client=client,
            email=f"lead{i}@example.com",
            phone="+61200000000" if flags[i, 1] else "",
            title=f"{TITLES[titles[i]]} {i}" if own[i] else TITLES[titles[i]],
            industry=INDUSTRIES[industries[i]],
            country=COUNTRIES[countries[i]],
            employee_count=int(employees[i]),
            extra={"source": ("fair", "list", "web")[i % 3]},
            **{name: (None, False, True)[flag] for name, flag in zip(FLAGS, flags[i].tolist(), strict=True)},
        )
        for i in range(wanted)
    )
    Lead.objects.bulk_create(made, batch_size=5_000)
    return client


def learned_by(client: Any) -> None:
    """Give the client a WHO pattern with learned components, as many values as one has at most."""
    from django.utils.timezone import now  # noqa: PLC0415 (settings come first)

    from patterns.models import ConversionPattern  # noqa: PLC0415 (likewise)
    from patterns.store import VALID_FOR  # noqa: PLC0415 (likewise)

    head = {"average": 10.0, "rule_average": 11.0, "per_rule_point": 0.4, "log_odds_per_point": 0.1}
    titles = {**dict.fromkeys(filter(None, TITLES), 2.5), **{f"Title {i}": -1.5 for i in range(92)}}
    payload = {
        "recommended_weights": {"data_quality": 0.05, "authority": 0.4, "company_fit": 0.25, "timing": 0.15},
        "learned_components": {
            "rate": 0.2,
            "authority": {**head, "title": titles},
            "company_fit": {
                **head,
                "industry": {name: 1.5 for name in INDUSTRIES if name},
                "size": {"6-15": 2.0, "501+": -1.0},
                "extra": {"source": {"fair": 1.0, "list": -1.0}},
            },
            "timing": {**head, "hiring": {"yes": 2.0, "no": -0.5}, "new_role": {"yes": 1.0}},
        },
        "weights_evidence": {"promoted": True, "intercept": -3.0, "scale": 3.0},
    }
    moment = now()
    ConversionPattern.objects.create(
        client=client, pattern_type="who", version=1, patterns=payload, sample_size=1000, confidence=0.9,
        algorithm="benchmark", computed_at=moment, valid_until=moment + VALID_FOR,
    )  # fmt: skip


def seconds_pure(client: Any) -> float:
    from django.utils.timezone import now  # noqa: PLC0415 (settings come first)

    from conversion.models import Lead  # noqa: PLC0415 (likewise)
    from engines.scoring import COLUMNS, score_leads  # noqa: PLC0415 (likewise)
    from patterns import guidance  # noqa: PLC0415 (likewise)

    known = guidance.for_client(client, now())
    asked = (*COLUMNS, "extra")
    rows = Lead.objects.for_client(client).values_list(*asked)
    columns = dict(zip(asked, zip(*rows, strict=True), strict=True))
    started = time.perf_counter()
    score_leads(columns, client.icp, known.weights, known.tiers, learned=known.learned, calibration=known.calibration)
    return time.perf_counter() - started


def seconds_in_all(client: Any) -> float:
    """On PostgreSQL of a table that was vacuumed: between two scorings of all leads lies a week."""
    from django.db import connection  # noqa: PLC0415 (settings come first)

    from engines.scorer import score_client  # noqa: PLC0415 (likewise)

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM conversion_lead")
    return score_client(client).seconds


def milliseconds_one(client: Any) -> tuple[float, int]:
    """Median of scoring one lead, and its queries."""
    from django.db import connection  # noqa: PLC0415 (settings come first)
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415 (likewise)

    from conversion.models import Lead  # noqa: PLC0415 (likewise)
    from engines.scorer import ScorerEngine  # noqa: PLC0415 (likewise)

    engine, took = ScorerEngine(), []
    for lead in Lead.objects.for_client(client)[:SINGLE]:
        started = time.perf_counter()
        engine.score_lead(lead, client)
        took.append(1000 * (time.perf_counter() - started))
    with CaptureQueriesContext(connection) as queries:
        engine.score_lead(Lead.objects.for_client(client)[0])
    return statistics.median(took), len(queries) - 1  # without the one that fetched the lead


if __name__ == "__main__":
    sys.exit(main())
