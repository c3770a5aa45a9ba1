"""The flows with real processes: beats, learners and Redis on PostgreSQL; and everything in one group on SQLite."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.chaos.servers import free_port, wait_for

ROOT = Path(__file__).resolve().parents[2]
UNSET = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY", "ALLOWED_HOSTS")

PREPARE = """
from datetime import timedelta
from django.core.management import call_command
from django.utils.timezone import now
from django_celery_beat.models import CrontabSchedule, PeriodicTask
call_command("migrate", verbosity=0)
from conversion.models import Activity, Agency, Client, Lead, Sequence
past = now() - timedelta(hours=1)
row = PeriodicTask.objects.get(name="pattern_learning_flow")
row.crontab = CrontabSchedule.objects.create(minute=str(past.minute), hour=str(past.hour), timezone="UTC")
row.start_time = past - timedelta(hours=1)
row.save()
agency = Agency.objects.create(name="Northwind", slug="northwind", postal_address="1 Example Street")
client = Client.objects.create(agency=agency, name="Acme", slug="acme", sending_email="ann@acme.example")
lead = Lead.objects.create(client=client, email="jo@x.example", email_key="jo@x.example", first_name="Jo")
sequence = Sequence.objects.create(client=client, lead=lead, channels=["email"], gaps=[])
Activity.objects.create(
    client=client, lead=lead, sequence=sequence, plan="email", channel="email", action="email_sent", state="planned",
    scheduled_at=now(), subject="Quick question", body="Hi Jo, worth 15 minutes to talk about your pipeline?")
"""


def environment(**values):
    return {name: value for name, value in os.environ.items() if name not in UNSET} | values


@pytest.mark.postgresql  # once is enough: it brings its own database
@pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")
def test_each_moment_is_learned_for_once_whatever_is_killed():
    command = [sys.executable, "-m", "benchmarks.chaos", "--messages", "20", "--only", "14,22"]
    outcome = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)  # noqa: S603
    assert outcome.stdout.splitlines()[-1] == "2 passed, 0 failed", outcome.stdout + outcome.stderr


@pytest.fixture
def embedded(tmp_path):
    """A database with a planned touch that is due and a run of the learning flow that was missed; and `serve` on it."""
    file, port = tmp_path / "agency.sqlite3", free_port()
    settings = environment(
        DATABASE_URL=f"sqlite:///{file}", PORT=str(port), EMAIL_AT_ANY_TIME="true", LOG_LEVEL="WARNING"
    )
    manage = [sys.executable, str(ROOT / "manage.py")]
    subprocess.run([*manage, "shell", "--no-imports", "-c", PREPARE], cwd=ROOT, env=settings, check=True)  # noqa: S603
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen([*manage, "serve"], cwd=ROOT, env=settings, stdout=out, stderr=out)  # noqa: S603
    yield file, port, process, log
    process.terminate()
    process.wait(30)


def value(file, query):
    with closing(sqlite3.connect(file, timeout=20)) as connection:
        row = connection.execute(query).fetchone()
    return row and row[0]


@pytest.mark.skipif("DATABASE_URL" in os.environ and "sqlite" not in os.environ["DATABASE_URL"], reason="SQLite's own")
def test_served_without_a_broker_it_sends_learns_answers_and_ends(embedded):
    file, port, process, log = embedded
    try:
        wait_for("the touch is sent", lambda: value(file, "SELECT state FROM conversion_activity") == "sent", 40)
        wait_for("the run is made up for", lambda: value(file, "SELECT state FROM patterns_learningrun") == "done", 40)
        with urllib.request.urlopen(f"http://localhost:{port}/admin/login/", timeout=10) as page:
            assert page.status == 200
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(25) == 0
        assert time.monotonic() - start < 25
    except (TimeoutError, AssertionError, OSError) as error:
        raise AssertionError(log.read_text()) from error
    assert value(file, "SELECT count(*) FROM conversion_flowperiod WHERE flow = 'pattern_learning_flow'") == 1
    assert value(file, "SELECT provider FROM conversion_activity") == "console"
    assert f"http://localhost:{port}/" in log.read_text()
