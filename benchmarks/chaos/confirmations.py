"""The provider's own word for each message: before the worker has written its answer down, many times at once, in any order,
and again three days later.
"""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, connections
from django.db.models import F

from benchmarks.chaos.stage import Stage
from conversion.models import Activity, Lead
from conversion.tenancy import across_clients
from engines.outbox.settling import confirm

THREADS = 8
MANY, OFTEN, TWICE = 10, 100, 2  # so many messages are confirmed so often, and the others twice
TROUBLE = 12  # messages that the provider takes and does not admit to

# Every change of a touch's state, kept by the database: what it was, and what it became.
WATCH = """CREATE TABLE IF NOT EXISTS chaos_step (touch uuid, before text, after text);
    TRUNCATE chaos_step;
    CREATE OR REPLACE FUNCTION chaos_step() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO chaos_step VALUES (NEW.id, OLD.state, NEW.state); RETURN NULL; END $$;
    CREATE OR REPLACE TRIGGER chaos_step AFTER UPDATE OF state ON conversion_activity
        FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION chaos_step();"""
BACK = "SELECT before, after, COUNT(*) FROM chaos_step WHERE before IN ('sent', 'failed', 'cancelled') GROUP BY 1, 2"


def watch() -> None:
    with connection.cursor() as cursor:
        cursor.execute(WATCH)


def confirm_all(stage: Stage) -> None:
    """Confirm what the ledger shows as soon as it does, until the campaign is over; then everything again, days later."""
    draw = random.Random(18)  # noqa: S311 (a seed)
    seen: set[str] = set()
    first = 0  # confirmations that came before the worker's own record
    with ThreadPoolExecutor(THREADS) as pool:
        end = time.monotonic() + 60
        while len(seen) < len(stage.planned) and time.monotonic() < end:
            fresh = [key for _, key, _ in stage.fake.lines() if key not in seen]
            words = [key for n, key in enumerate(fresh, len(seen)) for _ in range(OFTEN if n < MANY else TWICE)]
            draw.shuffle(words)
            seen.update(fresh)
            first += sum(pool.map(said, words))
            time.sleep(0.02)
    if not first:
        stage.wrong.append("no confirmation came before the worker's own record")
    stage.settle(20)
    later(stage, sorted(seen, reverse=True))
    look_back(stage, len(seen))


def said(key: str) -> bool:
    try:
        with across_clients("operations"):
            return confirm(Activity.objects.get(pk=UUID(key)), f"chaos-{key}")
    finally:
        connections.close_all()


def later(stage: Stage, keys: list[str]) -> None:
    """Three days pass, and the provider says it all again, the last first."""
    days = timedelta(days=3)
    with across_clients("operations"):
        rows: Any = Activity.objects.filter(pk__in=keys)
        rows.update(dispatched_at=F("dispatched_at") - days, sent_at=F("sent_at") - days)
    with ThreadPoolExecutor(THREADS) as pool:
        again = sum(pool.map(said, keys))
    if again:
        stage.wrong.append(f"{again} were recorded again three days later")


def look_back(stage: Stage, count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(BACK)
        back = cursor.fetchall()
        cursor.execute("DROP TRIGGER chaos_step ON conversion_activity")
    if back:
        stage.wrong.append(f"states went back: {back}")
    with across_clients("operations"):
        contacts = sum(Lead.objects.values_list("touch_count", flat=True))
    if contacts != count:
        stage.wrong.append(f"{contacts} contacts were counted of {count} messages")
