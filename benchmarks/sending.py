"""How fast does the outbox send? Two worker processes, a provider that answers in 20 ms, PostgreSQL.

    DATABASE_URL=postgres:///... python -m benchmarks.sending --messages 3000

Uses a PostgreSQL of its own, taken away at the end. The provider answers in the worker, by sleeping: its own work is not
measured. Prints messages a second from the first send to the last, with snapshots, guard and both commits; then what
the evidence of a touch costs: computing, and the database's time that it adds. Budgets: 100 messages a second, 1 ms of
computing and 5 ms of database time. Exits with 1 outside them.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measures import Measure, note

MESSAGES_A_SECOND = 100.0
MILLISECONDS_COMPUTED = 1.0
MILLISECONDS_DATABASE = 5.0
WORKERS = 2
REPEATS = 500
BODY = (
    "Hi {name},\n\nI noticed that Example Pty is hiring. Teams like yours often lose hours on manual follow-up; we helped "
    "others in your industry to save 12 hours a week and win more clients.\n\nWorth 15 minutes next week?\n\nBest\nAnn"
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=3_000)
    parser.add_argument("--threads", type=int, default=8, help="of each worker")
    options = parser.parse_args()
    from benchmarks.chaos.__main__ import environment  # noqa: PLC0415 (after the arguments)
    from benchmarks.chaos.servers import Postgres  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="sending-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "postgres").mkdir()
        postgres = Postgres(folder / "postgres")
        try:
            postgres.create()
            environment(postgres.url, "", argparse.Namespace(without_claim_commit=False), heading=False)
            rate, workers = messages_a_second(options.messages, options.threads)
            computed, stored = cost_of_evidence()
        finally:
            postgres.stop()
    print(f"{options.messages:,} messages, {WORKERS} workers of {options.threads} threads, provider 20 ms")
    print(f"  sent       {rate:8.1f} messages/s   (at least {MESSAGES_A_SECOND:g})")
    print(f"             {workers:8.1f} ms of a core for each in the workers, without their start")
    print(f"  evidence   {computed:8.2f} ms computing  (at most {MILLISECONDS_COMPUTED:g})")
    print(f"             {stored:8.2f} ms database   (at most {MILLISECONDS_DATABASE:g})")
    slow = computed > MILLISECONDS_COMPUTED or stored > MILLISECONDS_DATABASE
    size, asked = f"{options.messages:,} messages, {WORKERS} workers", f"at least {MESSAGES_A_SECOND:g}/s"
    note(Measure("sending", size, options.messages / rate, rate=rate, budget=asked, passed=rate >= MESSAGES_A_SECOND))
    note(
        Measure(
            "sending, evidence of a touch",
            size,
            computed / 1000,
            budget="1 ms computing, 5 ms database",
            passed=not slow,
        )
    )
    return int(rate < MESSAGES_A_SECOND or slow)


def messages_a_second(count: int, threads: int) -> tuple[float, float]:
    """Queue so many messages of ten mailboxes, let the workers send them, and take the time between first and last; and the
    milliseconds of a core that each message took in the workers, without their start.
    """
    from conversion.models import Activity  # noqa: PLC0415 (settings come first)
    from conversion.tenancy import across_clients  # noqa: PLC0415

    started = cost_of_workers(threads)  # with an empty queue
    filled(count)
    worked = cost_of_workers(threads)
    with across_clients("operations"):
        moments = sorted(Activity.objects.filter(state="sent").values_list("sent_at", flat=True))
    if len(moments) != count:
        raise SystemExit(f"only {len(moments)} of {count} messages were sent")
    rate = (count - 1) / (moments[-1] - moments[0]).total_seconds()
    return rate, 1000 * (worked - started) / count


def cost_of_workers(threads: int) -> float:
    """Let the workers send what is due; the seconds of a core that they took."""
    before = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    command = [sys.executable, "manage.py", "run_sender", "--once", "--threads", str(threads)]
    workers = [subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.DEVNULL) for _ in range(WORKERS)]  # noqa: S603
    for worker in workers:
        worker.wait()
    return sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - before


def filled(count: int) -> None:
    from django.utils.timezone import now  # noqa: PLC0415 (settings come first)

    from conversion.models import Activity, Agency, Client, Lead, ProviderAccount, Sender  # noqa: PLC0415

    agency = Agency.objects.create(name="Benchmark", slug="benchmark", postal_address="1 Example Street")
    client = Client.objects.create(agency=agency, name="Benchmark", slug="benchmark")
    account = ProviderAccount.objects.create(agency=agency, channel="email", kind="asleep", name="Asleep")
    senders = [
        Sender(client=client, channel="email", address=f"s{n}@b.example", account=account, daily_cap=100_000)
        for n in range(10)
    ]
    leads = [
        Lead(
            client=client,
            email=f"l{n}@b.example",
            email_key=f"l{n}@b.example",
            first_name="Jo",
            company_name="Example Pty",
        )
        for n in range(count)
    ]
    touches = [
        Activity(
            client=client, lead=lead, sender=senders[n % 10], channel="email", action="email_sent", state="queued",
            due_at=now(), subject=f"Quick question, {lead.first_name}", body=BODY.format(name=lead.first_name),
        )
        for n, lead in enumerate(leads)
    ]  # fmt: skip
    Sender.objects.bulk_create(senders)
    Lead.objects.bulk_create(leads)
    Activity.objects.bulk_create(touches)


def cost_of_evidence() -> tuple[float, float]:
    """Milliseconds a touch: computing its snapshot and columns, and what writing them adds to the move that is made anyway
    (medians).
    """
    from conversion.models import Activity  # noqa: PLC0415 (settings come first)
    from conversion.tenancy import across_clients  # noqa: PLC0415
    from engines.outbox.evidence import evidence  # noqa: PLC0415

    with across_clients("operations"):
        touches = list(Activity.objects.select_related("lead", "client", "sender")[:REPEATS])
        computing, bare, whole = [], [], []
        for touch in touches:
            start = time.perf_counter()
            columns = evidence(touch, touch.subject, touch.sent_at)
            computing.append(time.perf_counter() - start)
            mine = Activity.objects.filter(pk=touch.pk)
            bare.append(timed(mine, {"attempts": 1}))
            whole.append(timed(mine, columns | {"attempts": 2}))
    return 1000 * statistics.median(computing), 1000 * (statistics.median(whole) - statistics.median(bare))


def timed(rows: Any, columns: dict[str, Any]) -> float:
    start = time.perf_counter()
    rows.update(**columns)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
