"""The provider's own word for each message, and people's answers, by signed requests to the web server: before the worker has
written its answer down, many times at once, in any order, and three days later.
"""

import random
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F

from benchmarks.chaos import doors
from benchmarks.chaos.doors import Knock
from benchmarks.chaos.servers import Line
from benchmarks.chaos.stage import Stage
from benchmarks.chaos.web import Web
from conversion.models import Activity, Callback, Connection, Event, Lead
from conversion.tenancy import across_clients
from conversion.vocabulary import CallbackState, ConnectionState
from engines.inbound.arrivals import retry_waiting
from engines.outbox.clock import database_now

THREADS = 16
MANY, OFTEN = 5, 100  # of so many messages all is told so often at once, and of the others once
TROUBLE = 12  # messages that the provider takes and does not admit to
DELAY = 2.5  # seconds until the provider's own answer, for which the workers wait longer than usual
WAIT = {"SEND_TIMEOUT_SECONDS": "10", "SEND_LEASE_SECONDS": "20"}
LATE = 5  # of one message in so many, what became of it is told days later for the first time
ANSWERED = 3  # one in so many answers as soon as it has the message, and another says no
ANSWER = "Which company are you with?"
PATIENCE = 20.0  # seconds that a door may take

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


class Word(NamedTuple):
    """answer_at: before that the provider itself does not answer the worker. times: that it is said."""

    knock: Knock
    answer_at: float
    times: int


@dataclass
class Said:
    """What was said of a campaign's messages. touches: of the campaign, by key. keys: of the messages seen in the ledger.
    knocks: all that was said; late: what is not said before days have passed. events: how many must be there in the end.
    """

    touches: Mapping[str, Activity]
    keys: list[str] = field(default_factory=list)
    knocks: list[Knock] = field(default_factory=list)
    late: list[Knock] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)

    def of(self, line: Line) -> list[Word]:
        """What is said of the next message at once."""
        touch, number = self.touches[line.key], len(self.keys)
        self.keys.append(line.key)
        knocks = doors.reports(touch, line)
        if touch.channel in {"email", "sms"}:
            self.events["delivered"] += 1
        if number % LATE == LATE - 1:
            self.late.append(knocks.pop())
        if number % ANSWERED == 0:
            knocks.append(doors.reply(touch, ANSWER))
            self.events["replied"] += 1
        elif number % ANSWERED == 1:
            knocks.append(doors.says_no(touch))
            self.events["unsubscribed"] += 1
        self.knocks += knocks
        return [Word(knock, line.at + DELAY, OFTEN if number < MANY else 1) for knock in knocks]


def tell_all(stage: Stage, touches: list[Activity]) -> None:
    """Say it of what the ledger shows as soon as it does, until the campaign is over; then everything again, days later."""
    web = Web(stage, patience=PATIENCE)
    web.start()
    stage.both()
    said = Said({str(touch.pk): touch for touch in touches})
    with ThreadPoolExecutor(THREADS) as pool:
        early = at_once(stage, web, said, pool)
        stage.expect(early > 0, "nothing was said before the worker's own record")
        stage.settle(20)
        days_pass(said.keys)
        list(pool.map(web.knock, [*said.late, *reversed(said.knocks)]))
    web.judge()
    until_settled(said.keys)
    stage.expect(waiting() == 0, "something that was said still waits, or failed")
    look_back(stage, said)


def at_once(stage: Stage, web: Web, said: Said, pool: ThreadPoolExecutor) -> int:
    """How many words were taken before the provider's own answer."""
    draw = random.Random(18)  # noqa: S311 (a seed)
    early, end = 0, time.monotonic() + PATIENCE * 4
    wanted = len(said.touches) - len(stage.forbidden)
    while len(said.keys) < wanted and time.monotonic() < end:
        words = [word for line in stage.fake.lines()[len(said.keys) :] for word in said.of(line)]
        for spoken in (words, [word for word in words for _ in range(1, word.times)]):
            draw.shuffle(spoken)
            early += sum(pool.map(lambda word: web.knock(word.knock) and time.time() < word.answer_at, spoken))
        time.sleep(0.02)
    return early


def days_pass(keys: list[str]) -> None:
    days = timedelta(days=3)
    with across_clients("operations"):
        rows: Any = Activity.objects.filter(pk__in=keys)
        rows.update(dispatched_at=F("dispatched_at") - days, sent_at=F("sent_at") - days)


def until_settled(keys: list[str]) -> None:
    """A sweep may have to put two and two together: an invitation was accepted before the answer to it never came."""
    end = time.monotonic() + 2 * int(WAIT["SEND_LEASE_SECONDS"])
    with across_clients("operations"):
        unknown = Activity.objects.filter(pk__in=keys, state="unknown")
        while unknown.exists() and time.monotonic() < end:
            time.sleep(0.5)


def waiting() -> int:
    """What is left after it was tried once more."""
    left = Callback.objects.filter(state__in=[CallbackState.WAITING, CallbackState.FAILED])
    left.update(retry_at=database_now())
    retry_waiting()
    return left.count()


def look_back(stage: Stage, said: Said) -> None:
    """No state went back, each message is sent and was counted once, and each thing that happened is there once."""
    with connection.cursor() as cursor:
        cursor.execute(BACK)
        back = cursor.fetchall()
        cursor.execute("DROP TRIGGER chaos_step ON conversion_activity")
    stage.expect(not back, f"states went back: {back}")
    with across_clients("operations"):
        contacts = sum(Lead.objects.values_list("touch_count", flat=True))
        events = Counter(Event.objects.values_list("kind", flat=True))
        touches = Activity.objects.filter(pk__in=said.keys)
        states = Counter(touches.values_list("state", flat=True))
        calls = touches.filter(channel="voice").exclude(outcome="connected", duration_seconds=doors.SECONDS).count()
        strangers = Connection.objects.exclude(state=ConnectionState.ACCEPTED).count()
    count = len(said.keys)
    stage.expect(contacts == count, f"{contacts} contacts were counted of {count} messages")
    stage.expect(events == said.events, f"events {dict(events)} in place of {dict(said.events)}")
    stage.expect(states == {"sent": count}, f"of {count} messages that were confirmed: {dict(states)}")
    stage.expect(calls == 0, f"{calls} calls without their outcome")
    stage.expect(strangers == 0, f"{strangers} connections that were not heard of")
