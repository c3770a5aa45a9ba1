"""The command as a user meets it: what it prints, how it ends, and what is stored."""

import csv
import gzip
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from conversion.models import Activity, Client, ImportBatch, Lead

LEADS = "external_id,email,title\n1,ann@example.com,CEO\n2,a@localhost,CTO\n3,cat@example.com,=1+1\n"
TOUCHES = "lead_external_id,channel,occurred_at\n1,email,2026-03-02T10:00:00Z\n"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "leads.csv").write_text(LEADS)
    (tmp_path / "touches.csv.gz").write_bytes(gzip.compress(TOUCHES.encode()))
    return tmp_path


def told(capsys, *arguments, **options):
    call_command("import_history", *arguments, **options)
    return capsys.readouterr().out


@pytest.mark.django_db
def test_a_person_is_told_what_was_done_and_what_is_next(customer, files, capsys):
    out = told(capsys, "acme", leads=files / "leads.csv", activities=files / "touches.csv.gz")
    batch = ImportBatch.objects.for_client(customer).get()
    lines = out.splitlines()
    assert lines[:3] == [
        "Acme                rows     created     updated   unchanged    rejected",
        "leads                  3           2           0           0           1",
        "activities             1           1           0           0           0",
    ]
    assert lines[3:5] == [
        "Rejected: leads.csv, line 3, column email: 'a@localhost' has no domain of the internet",
        "Rejected rows: leads.csv.rejects.csv",
    ]
    assert lines[5].startswith("Done in ")
    assert lines[5].endswith(f"s, batch {batch.pk}.")
    assert lines[6:] == [
        f"To undo: python manage.py undo_import {batch.pk}",
        'Next: python manage.py learn_patterns "Acme"',
    ]
    with (files / "leads.csv.rejects.csv").open(newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["line", "column", "reason", "file", "row"],
            ["3", "email", "'a@localhost' has no domain of the internet", "leads.csv", "2,a@localhost,CTO\n"],
        ]


@pytest.mark.django_db
def test_json_is_one_document_and_nothing_else(customer, files, capsys):
    out = told(capsys, "acme", leads=files / "leads.csv", json=True, rejects=files / "r.csv")
    found = json.loads(out)
    assert list(found) == ["client", "batch", "leads", "activities", "events", "seconds"]
    assert found["client"] == "Acme"
    assert found["batch"] == str(ImportBatch.objects.for_client(customer).get().pk)
    assert found["leads"] == {"rows": 3, "created": 2, "updated": 0, "unchanged": 0, "rejected": 1}
    assert found["events"] == {"rows": 0, "created": 0, "updated": 0, "unchanged": 0, "rejected": 0}
    assert found["seconds"] >= 0
    assert sorted(path.name for path in files.iterdir()) == ["leads.csv", "r.csv", "touches.csv.gz"]


@pytest.mark.django_db
def test_a_dry_run_stores_nothing_and_makes_no_client(files, capsys):
    out = told(capsys, "New", leads=files / "leads.csv", create=True, dry_run=True)
    assert "nothing was stored." in out.splitlines()[-1]
    assert not Client.objects.exists()
    assert not (files / "leads.csv.rejects.csv").exists()
    told(capsys, "New", leads=files / "leads.csv", create=True, dry_run=True, rejects=files / "r.csv")
    assert (files / "r.csv").exists()


@pytest.mark.django_db
def test_create_makes_the_client_once(files, capsys):
    for _ in range(2):
        told(capsys, "New Client", leads=files / "leads.csv", create=True)
    client = Client.objects.get()
    assert (client.name, client.slug, client.subscription_status, client.agency.name) == (
        "New Client",
        "new-client",
        "active",
        "Agency",
    )
    assert Lead.objects.for_client(client).count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "options", "reason"),
    [
        (["nobody"], {"leads": "leads.csv"}, "there is no client 'nobody'"),
        (["Acmee"], {"leads": "leads.csv"}, "there is no client 'Acmee'; close names: Acme"),
        (["acme"], {}, "give at least one of --leads, --activities and --events"),
        (["acme"], {"leads": "none.csv"}, "none.csv: it cannot be read (No such file or directory)"),
        (
            ["acme"],
            {"leads": "touches.csv.gz"},
            "touches.csv.gz: there is no column external_id; the columns are lead_external_id,",
        ),
        (["acme"], {"leads": "leads.csv", "mapping": "none"}, "mapping none: no such file can be read"),
        (["acme"], {"leads": "leads.csv", "mapping": "leads.csv"}, "mapping leads.csv: it is not valid TOML"),
        (["acme"], {"leads": "leads.csv", "timezone": "x" * 300}, "--timezone: "),
        (
            ["acme"],
            {"leads": "leads.csv", "rejects": "leads.csv"},
            "leads.csv: the rejects file is a file that is imported",
        ),
        (["acme"], {"leads": "leads.csv", "rejects": "no/r.csv"}, "no/r.csv: the rejects file cannot be written"),
        (["x" * 256], {"leads": "leads.csv", "create": True}, "a client's name has 1 to 255 printable characters"),
    ],
)
def test_what_cannot_be_used_is_told_on_one_line_with_status_2(customer, files, arguments, options, reason):
    paths = {name: Path(value) if name in {"leads", "rejects"} else value for name, value in options.items()}
    with pytest.raises(CommandError) as caught:
        call_command("import_history", *arguments, **paths)
    assert caught.value.returncode == 2
    assert str(caught.value).startswith(reason)
    assert "\n" not in str(caught.value)
    assert not ImportBatch.objects.for_client(customer).exists()
    assert sorted(path.name for path in files.iterdir()) == ["leads.csv", "touches.csv.gz"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fault", "told_as"),
    [
        (
            OperationalError("no such table: conversion_client"),
            "no such table: conversion_client; run `python manage.py migrate` first",
        ),
        (OperationalError("disk\nfull"), "the database refused, and the file at hand was not stored: disk full"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (KeyboardInterrupt(), "interrupted, and the file at hand was not stored"),
        (ZeroDivisionError("x"), "a fault of this program, and the file at hand was not stored: ZeroDivisionError: x"),
    ],
)
def test_no_traceback_reaches_the_user(customer, files, monkeypatch, fault, told_as):
    def broken(*_, **__):
        raise fault

    monkeypatch.setattr("conversion.management.commands.import_history.import_files", broken)
    with pytest.raises(CommandError) as caught:
        call_command("import_history", "acme", leads=files / "leads.csv", rejects=files / "r.csv")
    assert told_as in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (files / "r.csv").exists()


@pytest.mark.django_db
def test_a_hubspot_export_comes_in_through_its_mapping(customer, files, capsys):
    (files / "hubspot.csv").write_text(
        '"Record ID","First Name","Last Name","Email","Phone Number","Job Title","Company Name","Country/Region",'
        '"Lifecycle Stage","Lead Status","Create Date","Became a Customer Date","Unsubscribed from all email",'
        '"Email hard bounce reason","Contact owner"\n'
        '"101","Ann","Lee","ann@example.com","0412 345 678","Founder","Acme","Australia","Customer","Connected",'
        '"2026-01-05 09:30","2026-02-01 10:00","No","","Zoe"\n'
        '"102","Bob","Ray","bob@example.com","","CTO","Bolt","United Kingdom","Lead","Attempted to Contact",'
        '"2026-01-06 09:30","","true","Mailbox full","Zoe"\n'
        '"103","Cat","Doe","cat@example.com","","","","","Lead","","2026-01-07 09:30","","","",""\n'
    )
    told(capsys, "acme", leads=files / "hubspot.csv", mapping="hubspot", timezone="Australia/Sydney")
    leads = Lead.objects.for_client(customer).order_by("external_id")
    assert list(leads.values_list("external_id", "status", "title", "is_unsubscribed", "has_bounced")) == [
        ("101", "converted", "Founder", False, None),
        ("102", "contacted", "CTO", True, True),
        ("103", "new", "", None, None),
    ]
    assert leads[0].converted_at.isoformat() == "2026-01-31T23:00:00+00:00"
    assert (leads[0].phone, leads[0].extra) == ("+61412345678", {"Contact owner": "Zoe"})


SALESFORCE_REPORT = """\
Lead ID,First Name,Company / Account,Title,Email,Lead Status,Create Date,Converted Date,Do Not Call,Lead Source
00Q5g00000AbCdE,Ann,Acme,CEO,ann@example.com,Closed - Converted,1/5/2026,2/1/2026,1,Web
00Q5g00000AbCde,Bob,Bolt,CTO,bob@example.com,Open - Not Contacted,1/5/2026,,0,Web
"""
SALESFORCE_DATA = """\
Id,FirstName,Company,Title,Email,Status,CreatedDate,ConvertedDate,DoNotCall,LeadSource
00Q5g00000AbCdE,Ann,Acme,CEO,ann@example.com,Closed - Converted,2026-01-05T09:00:00.000+0000,2026-02-01,true,Web
00Q5g00000AbCde,Bob,Bolt,CTO,bob@example.com,Open - Not Contacted,2026-01-05T09:00:00.000+0000,,false,Web
"""


@pytest.mark.django_db
@pytest.mark.parametrize("text", [SALESFORCE_REPORT, SALESFORCE_DATA])
def test_salesforce_exports_come_in_through_their_mapping(customer, files, capsys, text):
    (files / "sf.csv").write_text(text)
    told(capsys, "acme", leads=files / "sf.csv", mapping="salesforce", timezone="America/New_York")
    leads = Lead.objects.for_client(customer).order_by("first_name")
    assert list(leads.values_list("external_id", "status", "company_name", "do_not_contact")) == [
        ("00Q5g00000AbCdE", "converted", "Acme", True),
        ("00Q5g00000AbCde", "new", "Bolt", False),
    ]
    assert leads[0].converted_at.isoformat() == "2026-02-02T04:59:59.999999+00:00"


@pytest.fixture
def database_of_its_own(tmp_path, customer):
    """A URL under which other processes find this test's client, and a function that counts its rows there."""
    if connection.vendor == "postgresql":
        at = connection.settings_dict
        login = f"{at['USER']}:{at['PASSWORD']}@{quote(at['HOST'], safe='')}" + (f":{at['PORT']}" if at["PORT"] else "")
        url = f"postgres://{login if at['HOST'] else ''}/{at['NAME']}"
        return url, lambda model: model.objects.for_client(customer).count()
    path = tmp_path / "copy.sqlite3"
    connection.ensure_connection()
    with sqlite3.connect(path) as copy:
        connection.connection.backup(copy)
    copy.close()

    def count(model):
        with sqlite3.connect(path) as database:
            rows = database.execute(f"SELECT COUNT(*) FROM {model._meta.db_table}").fetchone()[0]
        database.close()
        return rows

    return f"sqlite:///{path}", count


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_the_same_files_at_once_store_them_once(database_of_its_own, files):
    url, count = database_of_its_own
    (files / "leads.csv").write_text("external_id\n" + "".join(f"{number}\n" for number in range(3000)))
    (files / "touches.csv").write_text(
        "lead_external_id,channel,occurred_at\n"
        + "".join(f"{number},email,2026-03-02T10:00:00Z\n" for number in range(3000))
    )
    command = [sys.executable, str(ROOT / "manage.py"), "import_history", "acme", "--json"]
    command += ["--leads", "leads.csv", "--activities", "touches.csv"]
    environment = {**os.environ, "DATABASE_URL": url, "SECRET_KEY": "x"}
    running = [
        subprocess.Popen(command, cwd=files, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # noqa: S603 (our own command)
        for _ in range(2)
    ]
    ended = [(process.communicate(timeout=60), process.returncode) for process in running]
    assert [(code, errors) for (_, errors), code in ended] == [(0, b""), (0, b"")]
    found = [json.loads(out) for (out, _), _ in ended]
    for kind in ("leads", "activities"):
        assert sorted((one[kind]["created"], one[kind]["unchanged"]) for one in found) == [(0, 3000), (3000, 0)]
    assert (count(Lead), count(Activity)) == (3000, 3000)
