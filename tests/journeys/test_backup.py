"""Back up, wipe, restore: the same patterns, alerts and pending sends; and nothing goes out twice. By the commands themselves,
in processes of their own, on databases of their own.
"""

import json
import os
import secrets
import shutil
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection

from engines.backups import BackupError, backup, restore

ROOT = Path(__file__).resolve().parents[2]
FILL = """
from datetime import timedelta
from django.utils.timezone import now
from conversion.models import Activity, Agency, Client, Lead, Sender
from patterns.models import ConversionPattern, ConversionPatternHistory, HealthAlert
from engines.outbox import home
at = now()
agency = Agency.objects.create(name="Northwind", slug="northwind", postal_address="1 High St")
for name in ("Acme", "Globex"):
    client = Client.objects.create(agency=agency, name=name, slug=name.lower())
    sender = Sender.objects.create(client=client, channel="email", address=f"me@{name.lower()}.example")
    columns = dict(client=client, pattern_type="who", version=1, patterns={"type": "who", "n": [1, 0.25, "ü"]},
                   sample_size=40, confidence=0.75, algorithm="who-1", computed_at=at, valid_until=at + timedelta(days=14))
    ConversionPattern.objects.create(**columns)
    ConversionPatternHistory.objects.create(**columns)
    HealthAlert.objects.create(client=client, code="drift", severity="high", message="It turned around.")
    for number, state in enumerate(["queued", "queued", "planned", "held", "sent"]):
        lead = Lead.objects.create(client=client, email=f"jo{number}@{name.lower()}.example", first_name="Jo")
        moment = at + timedelta(hours=-1 if number in (0, 4) else 24)
        Activity.objects.create(client=client, lead=lead, sender=sender, channel="email", action="email_sent",
            state=state, subject="Hello", body="Hello there", scheduled_at=moment,
            due_at=moment if state != "sent" else None, sent_at=moment if state == "sent" else None)
home.require()
"""
LOOK = """
import json
from django.core.serializers import serialize
from conversion.models import Activity, Lead
from conversion.tenancy import across_clients
from patterns.models import ConversionPattern, ConversionPatternHistory, HealthAlert
with across_clients("operations"):
    print(json.dumps({model.__name__: serialize("json", model.objects.order_by("pk"))
        for model in (ConversionPattern, ConversionPatternHistory, HealthAlert, Activity, Lead)}))
"""


@pytest.fixture
def databases(tmp_path):
    """The URLs of two new databases of the kind that the tests run on."""
    if connection.vendor != "postgresql":
        yield [f"sqlite:///{tmp_path}/{name}.sqlite3" for name in ("one", "other")]
        return
    if shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed")
    given = connection.get_connection_params()
    names = [f"backup_{secrets.token_hex(4)}" for _ in range(2)]
    account = ":".join(quote(str(given[key]), safe="") for key in ("user", "password") if given.get(key))
    place = "@".join(part for part in (account, quote(str(given.get("host") or ""), safe="")) if part)
    place += f":{given['port']}" if given.get("port") else ""
    own = {key: given[key] for key in ("user", "password", "host", "port") if given.get(key)}
    with closing(psycopg.connect(dbname="postgres", autocommit=True, **own)) as admin:
        for name in names:
            admin.execute(f"CREATE DATABASE {name}")
        yield [f"postgresql://{place}/{name}" for name in names]
        for name in names:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def run(database, *words, code=0):
    environment = {**os.environ, "DATABASE_URL": database, "SECRET_KEY": "x", "ALLOWED_HOSTS": "localhost"}
    environment |= {
        "SUPPRESSION_KEY": "x",
        "EMAIL_PROVIDER": "console",
        "EMAIL_AT_ANY_TIME": "true",
        "LOG_LEVEL": "ERROR",
    }
    done = subprocess.run(  # noqa: S603 (our own command)
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def states(found):
    return sorted(row["fields"]["state"] for row in json.loads(found["Activity"]))


def looked(database, script):
    return json.loads(run(database, "shell", "--no-imports", "-c", script + LOOK))


def test_everything_is_as_before_and_nothing_goes_out_twice(databases, tmp_path):
    one, other = databases
    run(one, "migrate", "--verbosity", "0")
    before = looked(one, FILL)
    file = tmp_path / "agency.backup"
    assert f"{file}: " in run(one, "backup", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    # Moved, with everything stopped: row for row the same.
    assert run(other, "restore", str(file), "--nothing-was-sent") == "Nothing is held; what is due will be sent.\n"
    assert looked(other, "") == before

    # The original sends on after the backup. In its restored copy, that touch is held; what is due tomorrow is not.
    assert run(one, "run_sender", "--once", "--threads", "1") == "2 touches were taken from the queue.\n"
    found = looked(other, "from engines.outbox.restored import after_restore; after_restore()\n")
    assert states(before) == sorted(["queued", "queued", "planned", "held", "sent"] * 2)
    assert states(found) == sorted(["unknown", "queued", "planned", "held", "sent"] * 2)
    kept = ("ConversionPattern", "ConversionPatternHistory", "Lead")
    assert {name: found[name] for name in kept} == {name: before[name] for name in kept}


def test_what_is_no_backup_is_refused(databases, tmp_path):
    file = tmp_path / "no.backup"
    file.write_text("hello, I am a text" * 100)
    told = run(databases[1], "restore", str(file), code=2)
    assert ("pg_restore failed" if connection.vendor == "postgresql" else "cannot be used") in told


@pytest.mark.django_db
def test_nothing_is_overwritten(tmp_path):
    file = tmp_path / "there.backup"
    with pytest.raises(BackupError, match="there is no file"):
        restore(file)
    file.write_text("something")
    with pytest.raises(BackupError, match="nothing was overwritten"):
        backup(file)
    with pytest.raises(BackupError, match="the database is not empty"):
        restore(file)
    assert file.read_text() == "something"
