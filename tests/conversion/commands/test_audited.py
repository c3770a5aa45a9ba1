"""What a person changes by a command stands in the audit log, with who ran it and at which client."""

import importlib
import pkgutil

import pytest
from django.core.management import CommandError, call_command, load_command_class

from conversion.management.audited import Audited
from conversion.models import AuditEntry

# Why no entry is written.
SILENT = {
    "backup": "a copy, which the nightly timer makes",
    "check_patterns": "a look",
    "draw_patterns": "a look",
    "demo": "a simulation, on a database of its own",
    "simulate": "a simulation, as `demo`",
    "mcp": "each call is noted by the API that it goes through",
    "run_backfills": "a process, by nobody's act",
    "run_imports": "a process, as above",
    "run_learner": "a process, as above",
    "run_scheduler": "a process, as above",
    "run_sender": "a process, as above",
    "serve": "starts processes",
}
FOLDERS = ("conversion", "patterns", "engines")


def commands():
    for app in FOLDERS:
        package = importlib.import_module(f"{app}.management.commands")
        for module in pkgutil.iter_modules(package.__path__):
            yield module.name, load_command_class(app, module.name)


def test_each_command_is_noted_or_says_why_not():
    noted = {name for name, command in commands() if isinstance(command, Audited)}
    everyone = {name for name, _ in commands()}
    assert everyone - noted == set(SILENT)


def run(app, name, *arguments):
    command = load_command_class(app, name)
    command._called_from_command_line = True  # as manage.py does, which closes the connections afterwards
    call_command(command, *arguments)


@pytest.mark.django_db
def test_a_change_is_noted_with_who_where_and_what_but_no_text(customer, monkeypatch, capsys):
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    run("conversion", "set_client", customer.slug, "--postal-address", "1 Secret Street", "--pause")
    entry = AuditEntry.objects.get(client=customer)
    assert (entry.actor, entry.action, entry.object_id) == ("command set_client (ann)", "set_client", str(customer.pk))
    assert entry.changes == {"postal_address": [None, "…"], "pause": [None, True]}
    assert "Secret" not in str(entry.changes)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("app", "name", "arguments"),
    [
        ("conversion", "set_client", ()),
        ("conversion", "erase_person", ("ada@example.com", "--dry-run")),
        ("engines", "settle_reply", ("--client",)),
        ("engines", "webhooks", ()),
    ],
)
def test_a_look_is_not(customer, capsys, app, name, arguments):
    whose = [customer.slug] if name in {"set_client", "webhooks"} else []
    last = [customer.slug] if arguments == ("--client",) else []
    run(app, name, *(whose if name != "erase_person" else [customer.slug]), *arguments, *last)
    assert AuditEntry.objects.count() == 0


@pytest.mark.django_db
def test_nor_is_what_failed(customer, capsys):
    with pytest.raises(CommandError):
        run("conversion", "set_client", customer.slug, "--timezone", "Nowhere/Nothing")
    assert AuditEntry.objects.count() == 0
