"""The poll: each part on its own, and twice at once no more than once."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from conversion.models import FlowPeriod
from conversion.tenancy import across_clients
from conversion.vocabulary import Flow, RunState
from engines import poll as polling
from engines import tasks
from engines.poll import PARTS, poll
from patterns import flows, health
from patterns.models import LearningRun

pytestmark = pytest.mark.django_db(transaction=True)  # connections are closed between the parts
SUNDAY = datetime(2026, 3, 8, 2, tzinfo=UTC)
HEALTH = datetime(2026, 3, 8, 6, tzinfo=UTC)


@pytest.fixture
def daily():
    return FlowPeriod.objects.create(flow=Flow.HEALTH, period=HEALTH)


def test_a_round_on_an_empty_database(db):
    assert poll(SUNDAY) == []


def test_one_failing_part_stops_no_other(schedule, customer, monkeypatch, caplog):
    def fail(_):
        raise ArithmeticError("no such luck")

    monkeypatch.setitem(PARTS, "sweep", fail)
    assert poll(SUNDAY) == ["sweep"]
    assert "polling: sweep failed" in caplog.text
    assert FlowPeriod.objects.get().period == SUNDAY


def test_the_daily_look_is_taken_once(customer, daily, monkeypatch):
    looks = []
    real = health.health_flow
    monkeypatch.setattr(health, "health_flow", lambda at: looks.append(at) or real(at))
    later = HEALTH + timedelta(minutes=3)
    assert poll(later) == poll(later) == []
    assert looks == [later]
    daily.refresh_from_db()
    assert (daily.state, daily.results["clients"]) == (RunState.DONE, 1)


def test_a_daily_look_that_breaks_is_repeated_and_then_held(customer, daily, monkeypatch):
    monkeypatch.setattr(health, "health_flow", lambda _: 1 / 0)
    for _ in range(4):
        assert poll(HEALTH) in (["health"], [])
        FlowPeriod.objects.update(due_at=None)
    daily.refresh_from_db()
    assert (daily.state, daily.attempts) == (RunState.HELD, 3)


def test_tasks_are_called_as_the_rows_name_them(schedule, monkeypatch):
    from agency_os.celery import app  # noqa: PLC0415 (a test may look at the whole)

    app.loader.import_default_modules()  # as a worker does when it starts
    for name in (*Flow, "poll", "send_due", flows.LEARN):
        assert name in app.tasks
    monkeypatch.setattr(polling, "check_health", lambda _: None)
    tasks.pattern_health_flow()
    tasks.poll()


def test_learning_has_a_queue_of_its_own_and_nothing_is_pickled(settings):
    from agency_os.celery import app  # noqa: PLC0415 (as above)

    queues = {name: app.amqp.router.route({}, name)["queue"].name for name in ("send_due", "learn_client", "poll")}
    assert queues == {"send_due": "sending", "learn_client": "learning", "poll": "events"}
    assert (app.conf.task_serializer, list(app.conf.accept_content)) == ("json", ["json"])
    assert app.conf.worker_prefetch_multiplier == 1
    assert 0 < app.conf.task_soft_time_limit < app.conf.task_time_limit


@pytest.mark.postgresql
def test_polls_at_once_make_one_run(schedule, make_client):
    for number in range(4):
        make_client(f"Client {number}")
    together = threading.Barrier(3)

    def go():
        together.wait()
        try:
            poll(SUNDAY + timedelta(hours=5))
            while flows.step():
                pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with across_clients("learning"):
        runs = list(LearningRun.objects.values_list("state", "attempts"))
    assert runs == [(RunState.DONE, 1)] * 4
    assert FlowPeriod.objects.get(flow=Flow.LEARNING).state == RunState.DONE
