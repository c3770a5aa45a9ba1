"""Work under a lease: one process has it, a vanished one loses it, and what fails is not tried for ever."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from conversion import leases, ledger
from conversion.clock import database_now
from conversion.models import FlowPeriod
from conversion.vocabulary import Flow, RunState

pytestmark = pytest.mark.django_db
SUNDAY = datetime(2026, 3, 8, 2, tzinfo=UTC)


@pytest.fixture
def queued():
    return ledger.ask(Flow.LEARNING, SUNDAY)


def rows():
    return FlowPeriod.objects.all()


def expire(row):
    rows().filter(pk=row.pk).update(claimed_until=database_now() - timedelta(seconds=1))


def test_a_row_is_taken_once_the_oldest_first_and_none_before_its_time(queued):
    second = ledger.ask(Flow.LEARNING, SUNDAY + timedelta(days=7))
    later = ledger.ask(Flow.LEARNING, SUNDAY + timedelta(days=14))
    rows().filter(pk=later.pk).update(due_at=database_now() + timedelta(hours=1))
    assert [leases.take(rows()).pk, leases.take(rows()).pk] == [queued.pk, second.pk]
    assert leases.take(rows()) is None


def test_what_is_done_stays_done(queued):
    row = leases.take(rows())
    leases.finish(row, results={"done": 3})
    queued.refresh_from_db()
    assert (queued.state, queued.results, queued.claimed_by, queued.attempts) == (RunState.DONE, {"done": 3}, "", 1)
    assert leases.give_up_vanished(rows()) == []
    assert leases.take(rows()) is None


def test_a_vanished_process_loses_its_row_and_cannot_write(queued):
    late = leases.take(rows())
    expire(late)
    assert leases.give_up_vanished(rows()) == []
    rows().update(due_at=SUNDAY)
    again = leases.take(rows())
    assert (again.pk, again.attempts, again.error) == (late.pk, 2, leases.VANISHED)
    with pytest.raises(leases.LeaseLostError):
        leases.finish(late)
    leases.fail(late, "of no account")
    again.refresh_from_db()
    assert (again.state, again.error) == (RunState.STARTED, leases.VANISHED)
    leases.finish(again)


def test_failures_pause_and_the_third_holds(queued):
    pauses = []
    for attempt in (1, 2, 3):
        row = leases.take(rows())
        assert row.attempts == attempt
        leases.fail(row, f"attempt {attempt}")
        pauses.append(row.due_at - database_now())
        rows().update(due_at=SUNDAY)
    assert timedelta(seconds=25) < pauses[0] <= timedelta(seconds=30)
    assert timedelta(seconds=55) < pauses[1] <= timedelta(seconds=60)
    assert (row.state, row.error) == (RunState.HELD, "attempt 3")
    assert leases.take(rows()) is None


def test_the_third_to_vanish_holds_the_row(queued):
    found = []
    for _ in range(3):
        expire(leases.take(rows()))
        found = leases.give_up_vanished(rows())
        rows().update(due_at=SUNDAY)
    assert [row.pk for row in found] == [queued.pk]


def test_a_process_that_is_told_to_stop_gives_back_without_a_failure(queued):
    row = leases.take(rows())
    with pytest.raises(KeyboardInterrupt), leases.held(row):
        raise KeyboardInterrupt
    queued.refresh_from_db()
    assert (queued.state, queued.attempts, queued.claimed_by) == (RunState.QUEUED, 0, "")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_heartbeat_keeps_the_lease(monkeypatch):
    monkeypatch.setattr(leases, "BEAT", 0.05)
    ledger.ask(Flow.LEARNING, SUNDAY)
    row = leases.take(rows())
    first = row.claimed_until
    with leases.held(row):
        deadline = database_now() + timedelta(seconds=10)
        while rows().get().claimed_until <= first and database_now() < deadline:
            pass
    kept = rows().get()
    assert kept.claimed_until > first
    leases.finish(row)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_processes_that_take_at_once_take_different_rows():
    for week in range(6):
        ledger.ask(Flow.LEARNING, SUNDAY + timedelta(weeks=week))
    together, taken = threading.Barrier(3), []

    def take():
        together.wait()
        try:
            while (row := leases.take(rows())) is not None:
                taken.append(row.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(taken) == len(set(taken)) == 6
    assert not rows().filter(state=RunState.QUEUED).exists()
