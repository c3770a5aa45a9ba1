"""How fast are leads planned? In bulk with writing, one at a time, and the decision alone.

    python -m benchmarks.planning --leads 10000 --senders 8 --cap 300

Uses a database of its own, taken away at the end: SQLite in a temporary directory, or a test database beside the one that
DATABASE_URL names. Each channel has so many senders with that daily cap; the lower the cap, the longer a touch has to look
for its day. Budgets: 3,000 leads a second with writing; one lead in 5 ms and 5 queries. Exits with 1 outside them.
"""

import argparse
import resource
import statistics
import sys
import time
from datetime import UTC, datetime
from typing import Any

import numpy as np

from benchmarks.measures import Measure, note
from benchmarks.scoring import database

LEADS_A_SECOND = 3_000
MILLISECONDS_ONE = 5.0
QUERIES_ONE = 5
SINGLE = 200  # leads planned one at a time
AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
PLACES = (
    ("Australia/Sydney", "Australia"),
    ("Europe/Berlin", "Germany"),
    ("America/New_York", "United States"),
    ("", "Australia"),
)
BOOKKEEPING = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--senders", type=int, default=8, help="of each channel; 0: none, and so no caps")
    parser.add_argument("--cap", type=int, default=300, help="touches a day of each sender")
    options = parser.parse_args()
    with database() as vendor:
        client = filled(options.leads, options.senders, options.cap)
        microseconds = microseconds_pure(client)
        one, queries = milliseconds_one(client, options.leads)
        planned, seconds = in_bulk(client)
        later, _ = milliseconds_one(client, options.leads)
    print(f"{vendor}, {planned:,} leads, {options.senders} senders a channel with {options.cap} touches a day")
    print(f"  the decision alone         {1e6 / microseconds:>10,.0f} leads/s   {microseconds:6.0f} us")
    print(f"  in bulk, with writing      {planned / seconds:>10,.0f} leads/s   {seconds:6.2f} s")
    print(f"  one lead at a time         {1000 / one:>10,.0f} leads/s   {one:6.2f} ms  {queries} queries")
    print(f"  the same, all these booked {1000 / later:>10,.0f} leads/s   {later:6.2f} ms")
    size, memory = f"{planned:,} leads, {vendor}", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    fast, quick = planned / seconds >= LEADS_A_SECOND, one <= MILLISECONDS_ONE and queries <= QUERIES_ONE
    asked = f"at least {LEADS_A_SECOND:,}/s"
    allowed = f"{MILLISECONDS_ONE:g} ms; {queries} of {QUERIES_ONE} queries"
    note(Measure("planning, with writing", size, seconds, memory, planned / seconds, budget=asked, passed=fast))
    note(Measure("planning one lead", size, one / 1000, memory, 1000 / one, runs=SINGLE, budget=allowed, passed=quick))
    return int(not (fast and quick))


def filled(wanted: int, senders: int, cap: int) -> Any:
    """A client with so many leads to plan, and some more."""
    from conversion.models import Agency, Client, Lead, Sender  # noqa: PLC0415 (settings come first)

    rng = np.random.default_rng(1)
    agency = Agency.objects.create(name="Benchmark", slug="benchmark")
    client = Client.objects.create(agency=agency, name="Benchmark", slug="benchmark", timezone="Australia/Sydney")
    for channel in ("email", "linkedin", "sms", "voice"):
        for number in range(senders):
            Sender.objects.create(client=client, channel=channel, address=f"{channel}{number}@x.example", daily_cap=cap)
    place, has_phone, has_profile = (
        rng.integers(0, len(PLACES), wanted),
        rng.random(wanted) < 0.8,
        rng.random(wanted) < 0.7,
    )
    Lead.objects.bulk_create(
        (
            Lead(
                client=client,
                email=f"lead{number}@example.com",
                email_key=f"lead{number}@example.com",
                phone="+61255501234" if has_phone[number] else "",
                linkedin_url="https://linkedin.com/in/x" if has_profile[number] else "",
                timezone=PLACES[place[number]][0],
                country=PLACES[place[number]][1],
                als_score=int(rng.integers(0, 85)),
                als_tier="warm",
            )
            for number in range(wanted)
        ),
        batch_size=5_000,
    )
    return client


def microseconds_pure(client: Any) -> float:
    """Mean time of a plan without anything being read or written, where nothing is booked."""
    from conversion.models import Lead  # noqa: PLC0415 (settings come first)
    from engines.allocator import Terms  # noqa: PLC0415 (likewise)
    from engines.senders import desk  # noqa: PLC0415 (likewise)
    from patterns.guidance import Guidance  # noqa: PLC0415 (likewise)

    leads = list(Lead.objects.for_client(client)[:1_000])
    found, terms = desk(client, lock=False), Terms(Guidance.defaults(), AT)
    terms.plan(leads[0], found, found.seats, frozenset())
    started = time.perf_counter()
    for lead in leads:
        terms.plan(lead, found, found.seats, frozenset())
    return (time.perf_counter() - started) / len(leads) * 1e6


def milliseconds_one(client: Any, leads: int) -> tuple[float, int]:
    """Median of planning one lead and storing the plan, and its queries."""
    from django.db import connection  # noqa: PLC0415 (settings come first)
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415 (likewise)

    from conversion.models import Lead  # noqa: PLC0415 (likewise)
    from engines.allocator import AllocatorEngine  # noqa: PLC0415 (likewise)

    engine, took = AllocatorEngine(), []
    extra = [
        Lead.objects.create(client=client, email=f"more{number}@example.com", phone="+61255501234", country="Germany")
        for number in range(min(SINGLE, leads))
    ]
    for lead in extra[1:]:
        started = time.perf_counter()
        engine.allocate_lead(lead, client, at=AT)
        took.append(1000 * (time.perf_counter() - started))
    with CaptureQueriesContext(connection) as queries:
        engine.allocate_lead(extra[0], client, at=AT)
    asked = [query for query in queries.captured_queries if not query["sql"].startswith(BOOKKEEPING)]
    return statistics.median(took), len(asked)


def in_bulk(client: Any) -> tuple[int, float]:
    from engines.allocator import AllocatorEngine  # noqa: PLC0415 (settings come first)

    outcome = AllocatorEngine().allocate_client(client, at=AT)
    return outcome.planned, outcome.seconds


if __name__ == "__main__":
    sys.exit(main())
