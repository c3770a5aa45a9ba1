"""How long does a Sunday take? Clients learned for by two learners of Celery, and messages queued meanwhile.

    python -m benchmarks.flows --clients 200 --activities 5000
    python -m benchmarks.flows --clients 50 --activities 20000 --alone

Uses a PostgreSQL and a Redis of its own, taken away at the end. One client's history is simulated and imported, the others get
copies of its rows. Prints the seconds from asking for the run to its end, the most memory that a learner took, and how long
messages waited that were queued every second meanwhile. Budgets, for 200 clients with 5,000 activities on two cores: 60
seconds, 400 MB a learner, 5 seconds. With --alone one learner does the same before: two must be 1.8 times as fast. Exits with 1
outside them.
"""

import argparse
import io
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from benchmarks.measures import Measure, note

SECONDS, MEGABYTES, LATENCY = 60.0, 400.0, 5.0
LEARNERS = 2
TIMES_ALONE = 1.8
LEADS_A_TOUCH = 0.198  # the simulated worlds send some five touches to a lead


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--activities", type=int, default=1_000, help="of each client")
    parser.add_argument("--alone", action="store_true", help="one learner first, to compare with")
    options = parser.parse_args()
    from benchmarks.chaos.__main__ import environment  # noqa: PLC0415 (after the arguments)
    from benchmarks.chaos.servers import Fake, Postgres, Redis  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="flows-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "postgres").mkdir()
        postgres, redis, fake = Postgres(folder / "postgres"), Redis(folder), Fake(folder / "ledger")
        try:
            postgres.create()
            redis.start()
            fake.start()
            environment(postgres.url, redis.url, argparse.Namespace(without_claim_commit=False), heading=False)
            activities = filled(options.clients, options.activities)
            senders: list[Any] = []  # clients that messages are sent for, made once
            alone = measured(folder, postgres, redis, fake, 1, senders)[0] if options.alone else 0.0
            seconds, computing, memory, waits = measured(folder, postgres, redis, fake, LEARNERS, senders)
        finally:
            fake.stop()
            redis.kill()
            postgres.stop()
    print(f"{options.clients} clients with {activities:,} activities each, {LEARNERS} learners, a message each second")
    print(f"  learned    {seconds:8.1f} s   (at most {SECONDS:g})")
    print(f"  computing  {computing:8.1f} s   of a core, in the learners")
    print(f"  memory     {memory:8.0f} MB  (at most {MEGABYTES:g}, of a learner)")
    print(f"  messages   {max(waits):8.2f} s   (at most {LATENCY:g}; {len(waits)} of them, the longest wait)")
    if options.alone:
        return int(not told_beside(alone, seconds, options.clients, activities))
    kept = seconds <= SECONDS and memory <= MEGABYTES
    size, rate = f"{options.clients} clients, {LEARNERS} learners", options.clients * activities / seconds
    asked = f"at most {SECONDS:g} s, {MEGABYTES:g} MB"
    note(Measure("a Sunday, activities learned from", size, seconds, memory, rate, budget=asked, passed=kept))
    quick, asked = max(waits) <= LATENCY, f"at most {LATENCY:g} s"
    note(Measure("a Sunday, a message's longest wait", size, max(waits), runs=len(waits), budget=asked, passed=quick))
    return int(not (kept and quick))


def told_beside(alone: float, seconds: float, clients: int, activities: int) -> bool:
    """Print and note how much faster all learners are than one."""
    times = alone / seconds
    print(f"  one alone  {alone:8.1f} s   {times:.2f} times as long (at least {TIMES_ALONE:g})")
    size, asked = f"{clients} clients of {activities:,} activities", f"at least {TIMES_ALONE:g} times as fast"
    question = f"learning, {LEARNERS} learners beside one"
    return note(Measure(question, size, seconds, ratio=times, budget=asked, passed=times >= TIMES_ALONE))


def filled(clients: int, activities: int) -> int:
    """So many clients with one history; returns its sent touches."""
    from django.db import connection  # noqa: PLC0415 (settings come first)

    from conversion.models import Activity, Client  # noqa: PLC0415
    from patterns.simulator.load import load  # noqa: PLC0415
    from patterns.simulator.world import simulate  # noqa: PLC0415

    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    load(simulate("all", leads=int(activities * LEADS_A_TOUCH), seed=7, as_of=today), "History 0", stdout=io.StringIO())
    first = Client.objects.get()
    others = [
        Client(agency=first.agency, name=f"History {n}", slug=f"history-n{n}", icp=first.icp) for n in range(1, clients)
    ]
    Client.objects.bulk_create(others)
    with connection.cursor() as cursor:
        for table, keys in (
            ("conversion_lead", ("id",)),
            ("conversion_activity", ("id", "lead_id")),
            ("conversion_event", ("id", "lead_id", "activity_id")),
        ):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # what they do is copied
            cursor.execute(copy_of(cursor, table, keys), [first.pk, first.pk])
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute("ANALYZE")
    return Activity.objects.for_client(first).filter(state="sent").count()


def copy_of(cursor: Any, table: str, keys: tuple[str, ...]) -> str:
    """A statement that gives each further client the first one's rows, under ids made from both."""
    cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table])
    columns = [name for (name,) in cursor.fetchall()]
    given = {
        key: f"CASE WHEN t.{key} IS NULL THEN NULL ELSE md5(t.{key}::text || c.id::text)::uuid END" for key in keys
    }
    given |= {
        "client_id": "c.id",
        "batch_id": "NULL",
        "idempotency_key": "NULL",
        "sequence_id": "NULL",
        "sender_id": "NULL",
    }
    values = ", ".join(given.get(name, f't."{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    return (
        f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} t, conversion_client c "
        "WHERE t.client_id = %s AND c.id <> %s"
    )


def measured(  # noqa: PLR0917 (the servers, and what runs on them)
    folder: Path, postgres: Any, redis: Any, fake: Any, count: int, senders: list[Any]
) -> tuple[float, float, float, list[float]]:
    """With so many learners: seconds of the run, seconds of a core that they took, megabytes of the largest, and how long each
    message waited.
    """
    from benchmarks.chaos.stage import Stage  # noqa: PLC0415 (settings come first)
    from conversion.vocabulary import RunState  # noqa: PLC0415
    from patterns import flows  # noqa: PLC0415

    stage = Stage(folder, postgres, redis, fake, 0)
    stage.clients = senders
    learners = [
        stage.celery_worker("-Q", "learning", "-n", f"learner{number}@%h", "--concurrency", "1")
        for number in range(count)
    ]
    sender, before = stage.sender(), len(fake.lines())
    try:
        stage.campaign(1)
        senders[:] = stage.clients
        stage.until_sent(1)  # all processes are up
        time.sleep(5)
        queued, memory, computing = [], 0.0, dict[int, float]()
        start = time.time()
        period = flows.ask()
        while period.state != RunState.DONE:
            queued.append(time.time())
            stage.campaign(1)
            time.sleep(1)
            for child in (psutil.Process(pid) for one in learners for pid in one.children()):
                computing[child.pid] = sum(child.cpu_times()[:2])
                memory = max(memory, child.memory_info().rss / 2**20)
            period.refresh_from_db()
            if sender.process.poll() is not None or time.time() - start > 1_800:
                raise SystemExit("the sender ended, or learning did not")
        stage.until_sent(1)
    finally:
        stage.end()
    if period.results != {RunState.DONE: sum(period.results.values())}:
        raise SystemExit(f"not all were learned for: {period.results}")
    arrived = sorted(line.at for line in fake.lines())[before + 1 :]
    waits = [got - asked for got, asked in zip(arrived, queued, strict=True)]
    return period.finished_at.timestamp() - start, sum(computing.values()), memory, waits


if __name__ == "__main__":
    sys.exit(main())
