"""The loop, the commands and the task around a send."""

import threading
import time

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections, transaction

from conversion import waking as broker
from engines import tasks
from engines.outbox import queue, runner, waking
from engines.outbox.claims import claim
from engines.outbox.dispatching import dispatch
from engines.outbox.runner import Runner
from engines.outbox.sweep import sweep
from engines.providers.contract import Accepted, Uncertain
from tests.engines.outbox.conftest import expire, states

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_thread_sends_all_that_is_due(queued, provider, limits):
    queued(5)
    assert Runner(1, limits).run(until_idle=True) == 5
    assert states() == {"sent": 5}
    assert len(set(provider.sent)) == 5


@pytest.mark.postgresql
def test_many_threads_send_each_touch_once(queued, provider, limits):
    queued(60)

    def worker():
        try:
            Runner(6, limits).run(until_idle=True)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=worker) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert states() == {"sent": 60}
    assert len(provider.sent) == len(set(provider.sent)) == 60


@pytest.mark.postgresql
def test_a_worker_that_is_told_to_stop_finishes_what_it_began(queued, provider, limits):
    queued(30)
    one = Runner(2, limits)

    def slow(_):
        one.stop.set()
        time.sleep(0.2)
        return Accepted("m")

    provider.answers = [slow] * 30
    one.run()
    found = states()
    assert set(found) == {"queued", "sent"}
    assert found["sent"] <= 2
    assert len(provider.sent) == found["sent"]


def test_a_database_that_comes_back_is_gone_on_with(queued, provider, limits, monkeypatch):
    queued(2)
    real, calls = runner.claim, []

    def failing(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise OperationalError("gone")
        return real(*arguments)

    monkeypatch.setattr(runner, "claim", failing)
    monkeypatch.setattr(runner, "AWAY_PAUSE", 0.0)
    assert Runner(1, limits).run(until_idle=True) == 2
    assert states() == {"sent": 2}


def test_the_command_sends_once(queued, provider, capsys):
    queued(2)
    call_command("run_sender", once=True, threads=1)
    assert capsys.readouterr().out == "2 touches were taken from the queue.\n"
    assert states() == {"sent": 2}


def test_the_command_refuses_commits_that_may_be_lost(queued, provider):
    queued()
    off, on = ("PRAGMA synchronous=OFF", "PRAGMA synchronous=FULL")
    if connection.vendor == "postgresql":
        off, on = ("SET synchronous_commit = off", "SET synchronous_commit = on")
    with connection.cursor() as cursor:
        cursor.execute(off)
        try:
            with pytest.raises(CommandError, match="Nothing is sent"):
                call_command("run_sender", once=True, threads=1)
        finally:
            cursor.execute(on)
    assert states() == {"queued": 1}


def test_the_task_sends_what_is_due_and_carries_no_rows(queued, provider, settings):
    settings.SEND_THREADS = 1
    queued(2)
    assert tasks.send_due() == 2
    assert states() == {"sent": 2}


def test_a_task_that_is_cut_short_wakes_the_next(queued, provider, settings, monkeypatch):
    settings.SEND_THREADS = 1
    woken = []
    monkeypatch.setattr(tasks, "wake", lambda: woken.append(1))
    monkeypatch.setattr(tasks, "SECONDS", 0.0)
    queued()
    assert tasks.send_due() == 0
    assert woken == [1]


def test_queueing_wakes_on_commit(queued, provider, monkeypatch):
    [touch] = queued(state="planned", due_at=None)
    woken = []
    monkeypatch.setattr(queue, "wake", lambda: woken.append(1))
    with transaction.atomic():
        assert queue.enqueue(touch.client, [touch.pk]) == 1
        assert woken == []
    assert woken == [1]
    assert queue.enqueue(touch.client, [touch.pk]) == 0
    assert woken == [1]
    assert states() == {"queued": 1}


def test_a_broker_that_is_away_fails_nobody(settings, monkeypatch, caplog):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(broker, "_silent_until", 0.0)
    calls = []

    def refuse(*_arguments, **_options):
        calls.append(1)
        raise ConnectionError("refused")

    monkeypatch.setattr(broker.current_app, "send_task", refuse)
    assert [waking.wake(), waking.wake()] == [False, False]
    assert calls == [1]  # then it is left alone for a while
    assert "no worker could be woken" in caplog.text


def test_a_person_cancels_what_is_not_on_its_way(queued, provider, limits):
    touches = queued(3)
    [one] = claim(1, limits)
    dispatch(one, limits)
    ids = [touch.pk for touch in touches]
    assert queue.cancel(touches[0].client, ids, "the client asked for it") == 2
    assert states() == {"cancelled": 2, "dispatching": 1}


def test_a_send_is_settled_by_command(queued, provider, limits, capsys):
    [touch] = queued()
    provider.answers = [Uncertain("time-out")]
    Runner(1, limits).run(until_idle=True)
    call_command("settle_send", "Acme", str(touch.pk), "--sent", "--message-id", "m-5")
    assert capsys.readouterr().out == "The touch is sent.\n"
    with pytest.raises(CommandError, match="sent, not unknown"):
        call_command("settle_send", "Acme", str(touch.pk), "--not-sent")


def test_sweeps_at_once_do_no_harm(queued, provider, limits):
    queued(3)
    for one in claim(3, limits):
        dispatch(one, limits)
    expire()
    assert sweep(limits).unknown == 3
    assert sweep(limits).unknown == 0
