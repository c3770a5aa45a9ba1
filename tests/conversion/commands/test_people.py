"""Erasure and export as a person at the command line meets them."""

import json
import stat

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from conversion.management.commands import erase_person
from conversion.models import Lead, Suppression
from tests.conversion.personal import SECRETS, left, person

pytestmark = pytest.mark.django_db
ADDRESS = "wilhelmina@zimmer.example"


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    """Nobody answers the send that is in flight."""
    monkeypatch.setattr(erase_person, "PATIENCE", 0.0)


def told(capsys, *arguments, **options):
    call_command(*arguments, **options)
    return capsys.readouterr().out


def test_what_was_erased_is_told(customer, capsys):
    jo = person(customer)
    assert told(capsys, "erase_person", "acme", ADDRESS).splitlines() == [
        "Erased: 1 leads with 8 touches, 1 events and 1 messages, and 2 rows of what imports could undo.",
        "Touches cancelled: 4. Hashes added to the suppression lists: 4.",
        f"1 messages are being sent at this moment; run the command again for {jo.pk}.",
        "Backups, exports and the files that commands imported are not reached: see docs/sending.md.",
    ]
    assert left() == []
    assert told(capsys, "erase_person", "acme", ADDRESS).splitlines()[2] == (
        "No lead goes by it. An import of the person stays suppressed all the same."
    )


def test_it_waits_for_sends_in_flight(customer, capsys, monkeypatch):
    person(customer)
    monkeypatch.setattr(erase_person, "PATIENCE", 60.0)
    waited = []

    def answered(seconds):
        waited.append(seconds)
        Lead.objects.for_client(customer).get().activities.filter(state="dispatching").update(
            state="failed", reason=f"no such user {ADDRESS}"
        )

    monkeypatch.setattr(erase_person.time, "sleep", answered)
    assert json.loads(told(capsys, "erase_person", "acme", ADDRESS, json=True))["in_flight"] == 0
    assert len(waited) == 1
    assert left() == []


def test_json(customer, capsys):
    jo = person(customer)
    counts = {"leads": 1, "touches": 8, "cancelled": 4, "events": 1, "messages": 1, "changes": 2, "entries": 4}
    counts["in_flight"] = 1
    dry = json.loads(told(capsys, "erase_person", "acme", ADDRESS, json=True, dry_run=True))
    assert dry == {"dry_run": True, "ids": [str(jo.pk)], **counts}
    assert left() == list(SECRETS)
    assert json.loads(told(capsys, "erase_person", ADDRESS, everywhere=True, json=True)) == dry | {"dry_run": False}
    assert Suppression.objects.filter(client=None).count() == 3


@pytest.mark.parametrize("command", ["erase_person", "export_person"])
@pytest.mark.parametrize(
    ("arguments", "options", "reason"),
    [
        (["acme"], {}, "give CLIENT and PERSON, or --everywhere and PERSON"),
        (["acme", ADDRESS, "x"], {}, "give CLIENT and PERSON, or --everywhere and PERSON"),
        (["acme", ADDRESS], {"everywhere": True}, "give the person alone with --everywhere"),
        (["nobody", ADDRESS], {}, "there is no client 'nobody'"),
        (["acme", "x"], {}, "there is no lead with the id or external id 'x', and it is no address"),
    ],
)
def test_unusable_input(customer, command, arguments, options, reason):
    person(customer)
    with pytest.raises(CommandError) as caught:
        call_command(command, *arguments, **options)
    assert (str(caught.value), caught.value.returncode) == (reason, 2)
    assert left() == list(SECRETS)


def test_without_a_key_nobody_is_erased(customer, settings):
    person(customer)
    settings.SUPPRESSION_KEY, settings.EMBEDDED, settings.SECRET_KEY = "", False, "x" * 9
    with pytest.raises(CommandError, match="SUPPRESSION_KEY is not set") as caught:
        call_command("erase_person", "acme", ADDRESS)
    assert caught.value.returncode == 2
    assert left() == list(SECRETS)


def test_an_export_is_a_new_file_for_its_owner(customer, capsys, tmp_path):
    person(customer)
    path = tmp_path / "jo.json"
    assert told(capsys, "export_person", "acme", ADDRESS, output=path) == (
        f"Written to {path}: 1 leads and 0 entries of suppression lists.\n"
    )
    document = json.loads(path.read_text())
    assert document["clients"][0]["leads"][0]["company_name"] == "Zimmer & Co"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(CommandError, match="is there already; give a new file") as caught:
        call_command("export_person", "acme", ADDRESS, output=path)
    assert caught.value.returncode == 2
    other = tmp_path / "2.json"
    told_json = json.loads(told(capsys, "export_person", ADDRESS, everywhere=True, output=other, json=True))
    assert told_json == {"leads": 1, "suppressions": 0, "output": str(other)}


def test_an_export_to_standard_output(customer, capsys):
    person(customer)
    assert json.loads(told(capsys, "export_person", "acme", ADDRESS))["asked_for"] == ADDRESS


def test_a_file_that_cannot_be_written_is_told(customer, tmp_path):
    person(customer)
    with pytest.raises(CommandError, match=r"nothing was written: .*No such file or directory"):
        call_command("export_person", "acme", ADDRESS, output=tmp_path / "none" / "jo.json")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL refuses half a surrogate pair")
def test_half_a_surrogate_pair_is_exported_as_json_writes_it(customer, capsys, tmp_path):
    jo = person(customer)
    Lead.objects.for_client(customer).filter(pk=jo.pk).update(extra={"note": "\ud800"})
    path = tmp_path / "jo.json"
    told(capsys, "export_person", "acme", ADDRESS, output=path)
    (lead,) = json.loads(path.read_text(encoding="utf-8"))["clients"][0]["leads"]
    assert lead["extra"] == {"note": "\ud800"}
