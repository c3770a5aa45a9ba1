"""One fault's stage: workers, a campaign of messages, and a look at both sides of the wire."""

import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import Error, close_old_connections, connection, transaction
from django.utils.timezone import now

from benchmarks.chaos import channels
from benchmarks.chaos.servers import Fake, Postgres, Redis, Worker, wait_for
from conversion.models import Activity, Agency, Client, Lead, Sender
from conversion.tenancy import across_clients
from engines.outbox import queue

THREADS = 4  # of each process: run_sender has one, Celery two
TIMEOUT, LEASE = 2, 4
CAPACITY = 3 * THREADS  # sends that can be under way at once
CLIENTS = 2
MANY, ASLEEP = 10, 2  # of so many people of a client, so many sleep, where a message would wake them
OPEN = ("planned", "queued", "claimed", "dispatching")


@dataclass
class Stage:
    """environment: of the workers, above the harness's own. planned: keys of the messages queued so far. forbidden: those
    that must not stand in the ledger. people: whom each is for, as the ledger names them. wrong: what else did not hold, in
    words.
    """

    folder: Path
    postgres: Postgres
    redis: Redis
    fake: Fake
    messages: int
    channel: str = "email"
    environment: dict[str, str] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)
    planned: list[str] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    people: dict[str, str] = field(default_factory=dict)
    clients: list[Any] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def worker_environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "SEND_TIMEOUT_SECONDS": str(TIMEOUT),
            "SEND_LEASE_SECONDS": str(LEASE),
            "SEND_THREADS": str(THREADS),
            "LOG_LEVEL": "WARNING",
            **self.environment,
        }

    def sender(self) -> Worker:
        """A process that polls, without a broker."""
        return self.started([sys.executable, "manage.py", "run_sender"], "run_sender")

    def celery(self) -> Worker:
        """A Celery worker with two children and a beat."""
        beat = self.folder / f"beat-{len(self.workers)}-{time.monotonic_ns()}"
        options = ["--concurrency", "2", "--loglevel", "WARNING", "-B", "-s", str(beat)]
        return self.started([sys.executable, "-m", "celery", "-A", "agency_os", "worker", *options], "celery")

    def celery_worker(self, *options: str) -> Worker:
        """A Celery worker with two children, without a beat."""
        options = ("--concurrency", "2", "--loglevel", "WARNING", *options)
        return self.started([sys.executable, "-m", "celery", "-A", "agency_os", "worker", *options], "celery")

    def expect(self, holds: bool, words: str) -> None:
        if not holds:
            self.wrong.append(words)

    def started(self, command: list[str], name: str) -> Worker:
        worker = Worker(command, self.worker_environment(), self.folder / f"{name}.log")
        self.workers.append(worker)
        return worker

    def both(self) -> tuple[Worker, Worker]:
        return self.sender(), self.celery()

    def campaign(self, count: int, *, wake: bool = True, due: timedelta = timedelta(0)) -> list[Any]:
        """Queue so many messages to as many new leads, of two clients with two senders each."""
        if not self.clients:
            self.clients = [self.client(number) for number in range(CLIENTS)]
        made = []
        for number, (client, senders) in enumerate(self.clients):
            size = count // CLIENTS + (number < count % CLIENTS)
            made += self.queued(client, senders, size, wake=wake, due=due)
        self.planned += [str(touch.pk) for touch in made]
        return made

    def client(self, number: int) -> tuple[Client, list[Sender]]:
        agency = Agency.objects.create(
            name=f"Agency {number}", slug=f"agency-{number}", postal_address="1 Example Street"
        )
        client = Client.objects.create(agency=agency, name=f"Client {number}", slug=f"client-{number}")
        senders = channels.senders_of(client, channels.account_of(agency, self.channel, self.fake), number)
        if self.channel == "voice":  # who is called may answer by a text message
            channels.senders_of(client, channels.account_of(agency, "sms", self.fake), number)
        return client, senders

    def queued(self, client: Client, senders: list[Sender], count: int, *, wake: bool, due: timedelta) -> list[Any]:
        asleep = 0 if self.channel == "email" or count < MANY else ASLEEP
        hours = [channels.NIGHT if index < asleep else channels.DAY for index in range(count)]
        leads = [channels.somebody(client, hour) for hour in hours]
        touches = [channels.touch_of(lead, senders[index % 2], now() + due) for index, lead in enumerate(leads)]
        channels.prepare(touches, self.fake)
        self.forbidden |= {str(touch.pk) for touch in touches[:asleep]}
        self.people |= {str(touch.pk): channels.recipient_of(touch) for touch in touches}
        with transaction.atomic():
            Lead.objects.bulk_create(leads)
            Activity.objects.bulk_create(touches)
            if wake:
                queue.enqueue(client, [touch.pk for touch in touches])
            else:
                Activity.objects.for_client(client).filter(pk__in=[touch.pk for touch in touches]).update(
                    state="queued", due_at=now() + due
                )
        return touches

    def sent(self) -> int:
        return len(self.fake.lines())

    def until_sent(self, share: float) -> None:
        """Wait until this share of the campaign stands in the ledger."""
        wanted = int(len(self.planned) * share)
        wait_for(f"{wanted} messages in the ledger", lambda: self.sent() >= wanted, 60)

    def rows(self) -> dict[str, tuple[str, Any, Any]]:
        """State, dispatch and client of each planned message. Tried again while the database is away."""
        while True:
            with suppress(Error):
                close_old_connections()
                with across_clients("operations"):
                    found = Activity.objects.values_list("pk", "state", "dispatched_at", "client_id")
                    return {str(pk): (state, at, client) for pk, state, at, client in found}
            time.sleep(0.2)

    def settle(self, seconds: float) -> bool:
        """Wait until no message is on its way any more; whether that came."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not any(state in OPEN for key, (state, _, _) in self.rows().items() if key in set(self.planned)):
                return True
            time.sleep(0.3)
        return False

    def database_now(self) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            return cursor.fetchone()[0]

    def end(self) -> None:
        for worker in self.workers:
            worker.signal(signal.SIGCONT, group=True)
            worker.kill()
