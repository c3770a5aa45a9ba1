"""`manage.py backfill_patterns` fills in and says what it did; started again, it goes on."""

import io

import pytest
from django.core.management import CommandError, call_command

from engines import backfill as module
from patterns.models import BackfillRun
from tests.engines.test_backfill import history

pytestmark = pytest.mark.django_db


def told(*words):
    out, errors = io.StringIO(), io.StringIO()
    call_command("backfill_patterns", *words, stdout=out, stderr=errors)
    return out.getvalue(), errors.getvalue()


def test_all_of_it(customer):
    history(customer)
    said, errors = told("acme")
    assert said.startswith("Acme: 5 leads in ")
    assert "10 snapshots rebuilt, 5 leads scored, converting touches settled" in said
    assert "Learned: nothing: too little to learn from" in said
    assert errors == ""


def test_switches(customer):
    history(customer)
    said, _ = told("acme", "--no-content", "--no-als", "--no-learning")
    assert "0 snapshots rebuilt, 0 leads scored" in said
    assert "Learned" not in said


def test_it_goes_on(customer, monkeypatch):
    monkeypatch.setattr(module, "PAGE", 2)
    history(customer)
    with monkeypatch.context() as patched:
        patched.setattr(module.scorer, "write", broken)
        with pytest.raises(CommandError, match="the leads that were done stay so; start it again to go on") as error:
            told("acme", "--no-learning")
    assert (error.value.returncode, BackfillRun.objects.for_client(customer).get().state) == (1, "failed")
    said, errors = told("acme", "--no-learning")
    assert (said.startswith("Acme: 5 leads"), errors) == (True, "Going on after 4 leads.\n")


def broken(ids, rows, *_, calls=[]):  # noqa: B006 (it counts)
    calls.append(ids)
    if len(calls) == 3:
        raise RuntimeError
    return len(rows)


def test_an_unknown_client(customer):
    with pytest.raises(CommandError, match="there is no client 'acne'") as error:
        told("acne")
    assert error.value.returncode == 2
