"""A backfill that is asked for stands in the database until a worker has done it, whatever becomes of workers."""

import subprocess
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils.timezone import now

from conversion import leases
from engines import backfill as module
from engines.backfill import ask, backfill, is_waiting, look, start, work
from engines.management.commands import run_scheduler
from patterns import health
from patterns.models import BackfillRun, HealthAlert
from tests.engines.test_backfill import facts, history

pytestmark = pytest.mark.django_db


def asked(client):
    return start(client, learning=False)


def told(client):
    rows = HealthAlert.objects.for_client(client).filter(code="learning_failed", subject="backfill")
    return list(rows.values_list("severity", "message", "resolved_at"))


def state_of(run):
    return BackfillRun.objects.for_client(run.client_id).get(pk=run.pk).state


def test_what_is_asked_for_waits_for_a_worker_and_is_done_once(customer, make_client):
    twin = make_client("Twin")
    history(twin)
    history(customer)
    before = facts(twin)
    run = asked(customer)
    assert (run.state, is_waiting()) == ("queued", True)
    assert [work(), work(), is_waiting()] == [True, False, False]
    done = BackfillRun.objects.for_client(customer).get()
    assert (done.state, done.leads, done.results) == ("done", 5, {"snapshots": 10, "unusable": 0, "scored": 5})
    assert facts(twin) == before


def test_a_worker_is_woken_when_the_wish_is_committed(customer, monkeypatch, django_capture_on_commit_callbacks):
    woken = []
    monkeypatch.setattr(module.waking, "wake", woken.append)
    with django_capture_on_commit_callbacks(execute=True):
        ask(customer)
        assert woken == []
    assert woken == ["pattern_backfill_flow"]


def test_one_that_breaks_off_is_tried_again_and_held_after_three_attempts(customer, monkeypatch):
    history(customer)
    run = asked(customer)
    with monkeypatch.context() as patched:
        patched.setattr(module, "rebuild", lambda *_: 1 / 0)
        states = []
        for _ in range(3):
            assert work()
            states.append(state_of(run))
            BackfillRun.objects.for_client(customer).update(due_at=None)
    assert states == ["queued", "queued", "held"]
    assert told(customer) == []
    look(now())
    look(now())
    said = (
        "The backfill stopped at 0 of 5 leads and was given up (ZeroDivisionError). What it filled in stays. Ask for it "
        "again: it goes on from there."
    )
    assert told(customer) == [("high", said, None)]
    health.renew(customer, now())  # the daily look leaves it as it is
    assert told(customer) == [("high", said, None)]
    asked(customer)
    look(now())
    assert [row[2] is None for row in told(customer)] == [False]
    assert asked(customer) == run  # asked for once more
    assert work()
    assert state_of(run) == "done"


def test_a_vanished_worker_s_run_goes_on_where_it_stood(customer, monkeypatch):
    monkeypatch.setattr(module, "PAGE", 2)
    history(customer)
    run = asked(customer)
    with module.across_clients("learning"):
        taken = leases.take(BackfillRun.objects.all())
    assert module.page(customer, taken)
    look(now())
    assert state_of(run) == "started"  # its lease holds
    BackfillRun.objects.for_client(customer).update(claimed_until=now() - timedelta(seconds=1))
    look(now())
    BackfillRun.objects.for_client(customer).update(due_at=None)
    assert work()
    with pytest.raises(leases.LeaseLostError):  # the one that was taken for vanished wakes up
        module.page(customer, taken)
    done = BackfillRun.objects.for_client(customer).get()
    assert (done.state, done.leads, done.results["snapshots"]) == ("done", 5, 10)


def test_by_hand_it_is_taken_over_from_a_worker(customer, monkeypatch):
    monkeypatch.setattr(module, "PAGE", 2)
    history(customer)
    asked(customer)
    with module.across_clients("learning"):
        taken = leases.take(BackfillRun.objects.all())
    assert module.page(customer, taken)
    outcome = backfill(customer, learning=False)
    assert (outcome.run, outcome.leads, outcome.snapshots) == (taken.pk, 5, 10)
    with pytest.raises(leases.LeaseLostError):
        leases.finish(taken)


def test_one_that_is_abandoned_for_another_stops(customer):
    history(customer)
    first = asked(customer)
    with module.across_clients("learning"):
        taken = leases.take(BackfillRun.objects.all())
    start(customer, als=False, learning=False)
    with pytest.raises(leases.LeaseLostError):
        module.page(customer, taken)
    assert state_of(first) == "abandoned"


def test_told_to_stop_a_worker_puts_it_back_and_a_person_ends_it(customer, monkeypatch):
    history(customer)
    run = asked(customer)

    def told(*_):
        raise SystemExit

    monkeypatch.setattr(module, "rebuild", told)
    with pytest.raises(SystemExit):
        work()
    assert state_of(run) == "queued"
    with pytest.raises(SystemExit):
        backfill(customer, run=run)
    assert state_of(run) == "failed"  # nobody goes on with it unasked


def test_of_a_client_that_was_deleted_meanwhile_nothing_is_done(customer):
    history(customer)
    run = asked(customer)
    customer.deleted_at = now()
    customer.save()
    before = facts(customer)
    assert work()
    assert (state_of(run), facts(customer)) == ("skipped", before)


@pytest.mark.django_db(transaction=True)  # the command closes connections that are too old
def test_the_command_does_all_that_waits(customer, make_client):
    runs = [asked(client) for client in (customer, make_client("Twin"))]
    call_command("run_backfills", "--once")
    assert [state_of(run) for run in runs] == ["done", "done"]


def test_the_scheduler_starts_a_worker_where_there_is_something_to_do(customer, monkeypatch, settings):
    settings.REDIS_URL = ""
    started = []

    class Process:
        def __init__(self, command, **_):
            started.append(command[-2:])

        def poll(self):
            return None

    monkeypatch.setattr(subprocess, "Popen", Process)
    command = run_scheduler.Command()
    command.workers = {}
    command.work()
    assert started == []
    asked(customer)
    command.work()
    command.work()
    assert started == [["run_backfills", "--once"]]
