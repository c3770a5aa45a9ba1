"""A worker that is told to end finishes what it began, soon, and loses nothing; and its log names nobody."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.engines.mailbox import AnyPort, Mailbox

ROOT = Path(__file__).resolve().parents[2]
NEVER = 30.0
FILL = """
from django.utils.timezone import now
from conversion.models import Activity, Agency, Client, Lead, ProviderAccount, Sender
agency = Agency.objects.create(name="Northwind", slug="northwind", postal_address="1 High St")
client = Client.objects.create(agency=agency, name="Acme", slug="acme")
account = ProviderAccount.objects.create(agency=agency, channel="email", kind="smtp", name="main",
    options={"host": "127.0.0.1", "port": PORT, "security": "none"})
sender = Sender.objects.create(client=client, channel="email", address="me@acme.example", account=account)
for number in range(20):
    lead = Lead.objects.create(client=client, email=f"josephine{number}@nowhere.example", first_name="Josephine")
    Activity.objects.create(client=client, lead=lead, sender=sender, channel="email", action="email_sent", state="queued",
        due_at=now(), subject="Hello Josephine", body="Hello Josephine, worth 15 minutes?")
"""
LOOK = """
from collections import Counter
import json
from conversion.models import Activity
from conversion.tenancy import across_clients
with across_clients("operations"):
    print(json.dumps(Counter(Activity.objects.values_list("state", flat=True))))
"""


class SlowMailbox(Mailbox):
    seconds = 1.5

    def __init__(self):
        super().__init__()
        self.begun = 0

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 (aiosmtpd's name)
        self.begun += 1
        await asyncio.sleep(self.seconds)
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def slow():
    kept = SlowMailbox()
    controller = AnyPort(kept, hostname="127.0.0.1", port=0)
    controller.start()
    kept.port = controller.port
    yield kept
    controller.stop()


@pytest.fixture
def environment(tmp_path):
    return {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path}/agency.sqlite3",
        "PUBLIC_URL": "https://outreach.example",
        "EMAIL_AT_ANY_TIME": "true",
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "DEBUG",
    }


def test_a_sender_ends_with_what_it_began(slow, environment, tmp_path):
    def run(*words):
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(  # noqa: S603 (our own command)
            command,
            cwd=ROOT,
            env=environment | {"LOG_LEVEL": "ERROR"},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout

    run("migrate", "--verbosity", "0")
    run("shell", "--no-imports", "-c", FILL.replace("PORT", str(slow.port)))
    log = tmp_path / "log"
    with log.open("wb") as out:
        command = [sys.executable, "manage.py", "run_sender", "--threads", "3"]
        sender = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=out)  # noqa: S603
        try:
            end = time.monotonic() + NEVER
            while slow.begun < 2 and time.monotonic() < end:
                time.sleep(0.02)
            begun = time.monotonic()
            sender.send_signal(signal.SIGTERM)
            assert sender.wait(NEVER) == 0
        finally:
            sender.kill()
    assert time.monotonic() - begun < 10
    states = json.loads(run("shell", "--no-imports", "-c", LOOK))
    assert set(states) == {"sent", "queued"}
    assert states["sent"] == len(slow.received) == slow.begun >= 2
    assert sum(states.values()) == 20
    names_nobody(log.read_text(), states["sent"])


def names_nobody(log, sent):
    """Each send stands in the log, with its client and its touch, and no person does."""
    lines = [json.loads(line) for line in log.splitlines()]
    assert "josephine" not in log.casefold()
    assert "@" not in log
    sends = [line for line in lines if "accepted by smtp" in line["message"]]
    assert len(sends) == sent
    assert len({line["client"] for line in sends}) == 1
    assert {line["command"] for line in lines} == {"run_sender"}
