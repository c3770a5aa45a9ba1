"""Faults 14 and 22: whatever happens to beats and learners, each moment is learned for once, and nobody waits for learning."""

import io
import os
import signal
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils.timezone import now
from django_celery_beat.models import CrontabSchedule, PeriodicTask, PeriodicTasks

from benchmarks.chaos.servers import Worker, wait_for
from benchmarks.chaos.stage import CAPACITY, Stage
from conversion.models import Client, FlowPeriod
from conversion.tenancy import across_clients
from conversion.vocabulary import Flow, RunState
from patterns import flows
from patterns.models import ConversionPattern, HealthAlert, LearningRun
from patterns.simulator.load import load
from patterns.simulator.world import simulate

PHASES = ("load", "analyze", "store", "finish")  # where `benchmarks.chaos.apps` lets a learner hang
CLIENTS, LEADS = 50, 200
SMALL = 100  # messages: up to so many, one phase will do
LATE = 5.0  # seconds that a message may wait while learners are busy


def two_beats(stage: Stage) -> int:
    """Two beats at a moment, one of them killed as soon as it fired; then none at the next moment, and one after it."""
    with every_second():
        first, second = beat(stage), beat(stage)
        stage.celery_worker()
        stage.campaign(stage.messages)
        pass_moment(stage, timedelta(hours=2))
        wait_for("the first run opens", lambda: opened() == 1)
        first.kill()
        until_learned(1)
        second.kill()
        time.sleep(2)  # polls that it had sent off are over
        pass_moment(stage, timedelta(hours=1))
        time.sleep(3)
        stage.expect(opened() == 1, "a run opened without a beat")
        beat(stage)
        until_learned(2)
        time.sleep(3)  # further polls find nothing more
    judge(stage, runs=2)
    return CAPACITY


def learners_killed(stage: Stage) -> int:
    """A learner killed in each phase, with the old pattern in force; then fifty clients, one of them poisoned. Messages that
    are queued meanwhile go out at once.
    """
    load(simulate("all", leads=LEADS, seed=3, as_of=midnight()), "Learned", stdout=io.StringIO())
    learned = Client.objects.get(name="Learned")
    stage.sender()
    with every_second():
        beat(stage)
        stage.celery_worker("-Q", "sending,events")
        learner(stage)
        flows.ask([learned.pk])
        until_learned(1)
        phases = PHASES if stage.messages > SMALL else PHASES[-2:-1]
        for number, phase in enumerate(phases, start=2):
            kill_in(stage, phase, learned, number)
        poison(stage, number + 1)
    judge(stage, runs=number + 1)
    return CAPACITY


def kill_in(stage: Stage, phase: str, client: Client, number: int) -> None:
    before = versions(client)
    stage.expect(bool(before), "nothing was learned from the history")
    for worker in stage.workers:
        if worker.log.stem == "learner":
            worker.kill()
    hung = stage.folder / f"hung-{phase}"
    busy = learner(stage, CHAOS_HANG=phase, CHAOS_HUNG=str(hung))
    flows.ask([client.pk])
    wait_for(f"the learner hangs in {phase}", hung.exists)
    at_once(stage, f"while a learner hung in {phase}")
    busy.kill()
    stage.expect(versions(client) == before, f"killed in {phase}: the old patterns are gone")
    learner(stage)
    until_learned(number)
    stage.expect(all(new > before.get(kind, 0) for kind, new in versions(client).items()), f"{phase}: not repeated")


def poison(stage: Stage, runs: int) -> None:
    owner = Client.objects.get(name="Learned")
    many = [Client(agency=owner.agency, name=f"Many {number}", slug=f"many-{number}") for number in range(CLIENTS)]
    many[7].vocabulary = [1]  # type: ignore[assignment] # what no form would take
    Client.objects.bulk_create(many)
    period = flows.ask([client.pk for client in many])
    at_once(stage, "while fifty clients were learned for")
    until_learned(runs)
    states = dict(flows.progress(period))
    stage.expect(states == {RunState.DONE: CLIENTS - 1, RunState.HELD: 1}, f"of fifty clients: {states}")
    with across_clients("operations"):
        alerts = list(HealthAlert.objects.filter(code="learning_failed", resolved_at=None).values_list("client_id"))
    stage.expect(alerts == [(many[7].pk,)], f"{len(alerts)} alerts about learning")


def at_once(stage: Stage, when: str) -> None:
    """A message that is queued now leaves soon."""
    start, before = time.monotonic(), stage.sent()
    stage.campaign(1)
    wait_for(f"a message {when}", lambda: stage.sent() > before)
    stage.expect(time.monotonic() - start < LATE, f"a message waited {time.monotonic() - start:.1f} s {when}")


class every_second:  # noqa: N801 (reads as a phrase)
    """Polls each second in place of each minute, as an operator may set it."""

    def __enter__(self) -> None:
        FlowPeriod.objects.all().delete()
        PeriodicTask.objects.filter(name=Flow.LEARNING).update(start_time=now())  # nothing was missed
        self.set(1)

    def __exit__(self, *_: object) -> None:
        self.set(60)

    def set(self, seconds: int) -> None:
        row = PeriodicTask.objects.get(name="poll")
        row.interval.every, row.expire_seconds = seconds, seconds
        row.interval.save()
        row.save()


def beat(stage: Stage) -> Worker:
    return stage.started([sys.executable, "-m", "celery", "-A", "agency_os", "beat", "--pidfile="], "beat")


def learner(stage: Stage, **environment: str) -> Worker:
    """A learner without a broker."""
    before, stage.environment = stage.environment, {**stage.environment, **environment}
    worker = stage.started([sys.executable, "manage.py", "run_learner"], "learner")
    stage.environment = before
    return worker


def pass_moment(stage: Stage, ago: timedelta) -> None:
    """Let a moment of the schedule be past: the clock of the database cannot be set, its rows can."""
    moment = stage.database_now() - ago
    row = PeriodicTask.objects.get(name=Flow.LEARNING)
    row.crontab = CrontabSchedule.objects.create(minute=str(moment.minute), hour=str(moment.hour), timezone="UTC")
    row.start_time = moment - timedelta(hours=1)
    row.save()
    PeriodicTasks.update_changed()


def opened() -> int:
    return FlowPeriod.objects.filter(flow=Flow.LEARNING).count()


def until_learned(runs: int) -> None:
    done = FlowPeriod.objects.filter(flow=Flow.LEARNING, state=RunState.DONE)
    wait_for(f"learned {runs} times", lambda: done.count() >= runs, 90)


def judge(stage: Stage, runs: int) -> None:
    """Each moment once, and each client once in each."""
    stage.expect(opened() == runs, f"{opened()} runs of the flow in place of {runs}")
    with across_clients("operations"):
        doubled = LearningRun.objects.filter(period__isnull=True).count()
        states = set(LearningRun.objects.values_list("state", flat=True))
    stage.expect(doubled == 0, "a run without a moment")
    stage.expect(states <= {RunState.DONE, RunState.HELD}, f"runs that are {states}")


def versions(client: Client) -> dict[str, int]:
    rows = ConversionPattern.objects.for_client(client).filter(valid_until__gt=datetime.now().astimezone())
    return dict(rows.values_list("pattern_type", "version"))


def midnight() -> Any:
    return datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)


def hang(phase: str) -> None:
    """In a learner: stay for ever where the phase begins, and say so. For `benchmarks.chaos.apps`."""
    from conversion import leases  # noqa: PLC0415 (apps must be loaded)
    from patterns import frames, learning, store  # noqa: PLC0415 (likewise)

    module, name = {
        "load": (frames, "load"),
        "analyze": (learning, "analyze"),
        "store": (store, "store"),
        "finish": (leases, "finish"),
    }[phase]
    real = getattr(module, name)

    def stay(*arguments: Any, **options: Any) -> Any:
        if name == "finish" and isinstance(arguments[0], FlowPeriod):
            return real(*arguments, **options)
        Path(os.environ["CHAOS_HUNG"]).touch()
        while True:
            signal.pause()

    setattr(module, name, stay)
