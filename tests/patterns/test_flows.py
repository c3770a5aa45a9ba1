"""The learning flow: every client once, whoever takes it, whatever dies, and none because of another."""

from datetime import UTC, datetime, timedelta

import pytest

from conversion import leases, waking
from conversion.clock import database_now
from conversion.models import Agency, Client, FlowPeriod
from conversion.tenancy import across_clients
from conversion.vocabulary import RunState
from patterns import flows, frames, learning, pooling, tasks
from patterns.models import ConversionPattern, HealthAlert, LearningRun
from tests.factories import lead, touch

pytestmark = pytest.mark.django_db
SUNDAY = datetime(2026, 3, 8, 2, tzinfo=UTC)


@pytest.fixture
def clients(make_client):
    return [make_client(name) for name in ("Acme", "Birch", "Cedar")]


@pytest.fixture
def poisoned(clients, monkeypatch):
    """Of the clients, the second cannot be learned for."""
    real = frames.load

    def load(client, as_of):
        if client.pk == clients[1].pk:
            raise ArithmeticError("no such luck")
        return real(client, as_of)

    monkeypatch.setattr(frames, "load", load)
    return clients[1]


def work():
    """All that learners find to do now; how many pieces."""
    pieces = 0
    while flows.step():
        pieces += 1
    return pieces


def hurry():
    """End the pauses after failures."""
    with across_clients("learning"):
        LearningRun.objects.update(due_at=SUNDAY)
    FlowPeriod.objects.update(due_at=SUNDAY)


def vanish(model):
    """Whoever works on rows of the model is gone."""
    with across_clients("learning"):
        model.objects.filter(state=RunState.STARTED, claimed_until__isnull=False).update(
            claimed_until=database_now() - timedelta(seconds=1)
        )
    flows.put_back()
    hurry()


def states():
    with across_clients("learning"):
        return dict(LearningRun.objects.values_list("client__name", "state"))


def test_a_due_moment_is_learned_for_once_at_each_client(schedule, clients):
    for _ in range(3):
        flows.look(SUNDAY + timedelta(hours=1))
    assert work() == 1 + len(clients)
    assert states() == dict.fromkeys(["Acme", "Birch", "Cedar"], RunState.DONE)
    with across_clients("learning"):
        assert set(LearningRun.objects.values_list("as_of", flat=True)) == {SUNDAY}
    [period] = FlowPeriod.objects.all()
    assert (period.state, period.results) == (RunState.DONE, {"done": 3})
    flows.look(SUNDAY + timedelta(hours=2))
    assert work() == 0


def test_clients_that_are_not_learned_for_have_no_run(schedule, clients, make_client):
    make_client("Paused", is_paused=True)
    make_client("Gone", deleted_at=SUNDAY)
    make_client("Unpaid", subscription_status="past_due")
    flows.look(SUNDAY)
    work()
    assert set(states()) == {"Acme", "Birch", "Cedar"}


def test_a_client_that_is_paused_meanwhile_is_skipped(schedule, clients):
    flows.look(SUNDAY)
    flows.step()
    Client.objects.filter(name="Birch").update(is_paused=True)
    work()
    assert states() == {"Acme": RunState.DONE, "Birch": RunState.SKIPPED, "Cedar": RunState.DONE}
    assert FlowPeriod.objects.get().state == RunState.DONE


def test_a_run_may_be_asked_for_some_clients(clients, django_capture_on_commit_callbacks, monkeypatch):
    woken = []
    monkeypatch.setattr(waking, "wake", lambda *args: woken.append(args))
    with django_capture_on_commit_callbacks(execute=True):
        period = flows.ask([clients[2].pk])
    assert woken == [(flows.LEARN, flows.WAKES)]
    work()
    assert states() == {"Cedar": RunState.DONE}
    period.refresh_from_db()
    assert period.state == RunState.DONE


def test_one_clients_failure_is_held_and_told_once_and_the_others_learn(schedule, clients, poisoned):
    flows.look(SUNDAY)
    work()
    assert states() == {"Acme": RunState.DONE, "Birch": RunState.QUEUED, "Cedar": RunState.DONE}
    for _ in range(5):
        hurry()
        work()
    assert states()["Birch"] == RunState.HELD
    with across_clients("learning"):
        [alert] = HealthAlert.objects.all()
        run = LearningRun.objects.get(client=poisoned)
    assert (alert.client_id, alert.code, alert.severity) == (poisoned.pk, "learning_failed", "high")
    assert (run.attempts, run.error) == (3, "ArithmeticError: no such luck")
    assert "ArithmeticError" in alert.message
    period = FlowPeriod.objects.get()
    assert (period.state, period.results) == (RunState.DONE, {"done": 2, "held": 1})


def test_the_alert_ends_when_learning_works_again(schedule, clients, poisoned, monkeypatch):
    flows.look(SUNDAY)
    for _ in range(4):
        work()
        hurry()
    monkeypatch.undo()
    flows.look(SUNDAY + timedelta(weeks=1))
    work()
    assert states()["Birch"] == RunState.DONE
    assert not HealthAlert.objects.for_client(poisoned).filter(resolved_at=None).exists()


@pytest.fixture
def history(clients):
    """Enough of it to learn something."""
    for number in range(40):
        person = lead(clients[0], external_id=str(number), title="Founder" if number % 2 else "Manager")
        for day in range(3):
            touch(person, days=day - 60, touch_number=day + 1)
        if number % 4 == 1:
            person.status, person.status_at = "converted", SUNDAY - timedelta(days=60)
            person.save()
    return clients[0]


def kept(client):
    rows = ConversionPattern.objects.for_client(client).order_by("pattern_type")
    return list(rows.values_list("pattern_type", "version", "patterns"))


PHASES = {
    "before it reads": (frames, "load"),
    "while it analyzes": (learning, "analyze"),
    "while it scores earlier weights": (learning, "scorecards"),
    "while it stores": (learning.store, "store"),
    "after it stored": (learning, "drift_alerts"),
    "when it ends": (leases, "finish"),
}


@pytest.mark.parametrize("phase", PHASES)
def test_killed_in_any_phase_the_old_pattern_stays_and_the_run_is_repeated(schedule, history, phase, monkeypatch):
    flows.look(SUNDAY)
    work()
    before = kept(history)
    assert before
    flows.look(SUNDAY + timedelta(weeks=1))
    flows.step()
    module, name = PHASES[phase]

    class Killed(BaseException):
        pass

    def die(*_, **__):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(module, name, die)
        patched.setattr(leases, "_change", lambda *_: True)  # a process that is killed gives nothing back
        with pytest.raises(Killed):
            work()
    assert kept(history) == before
    vanish(LearningRun)
    work()
    assert set(states().values()) == {RunState.DONE}
    assert {version for _, version, _ in kept(history)} == {2}


def test_a_repeated_run_gives_the_same_bytes(schedule, history):
    flows.look(SUNDAY)
    work()
    first = [payload for *_, payload in kept(history)]
    with across_clients("learning"):
        LearningRun.objects.update(state=RunState.QUEUED, attempts=0)
    work()
    assert [payload for *_, payload in kept(history)] == first


def test_killed_while_it_spreads_nobody_is_learned_for_twice(schedule, clients, monkeypatch):
    flows.look(SUNDAY)

    class Killed(BaseException):
        pass

    def die(*_, **__):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(leases, "finish", die)
        patched.setattr(leases, "_change", lambda *_: True)
        with pytest.raises(Killed):
            flows.step()
    with across_clients("learning"):
        assert LearningRun.objects.count() == 3  # the last thing it did
    vanish(FlowPeriod)
    assert work() == 4
    with across_clients("learning"):
        assert LearningRun.objects.count() == 3


def test_a_worker_that_lost_its_lease_stores_nothing(schedule, history, monkeypatch):
    flows.look(SUNDAY)
    flows.step()
    real = learning.scorecards

    def stopped_for_long(*arguments):
        vanish(LearningRun)
        return real(*arguments)

    monkeypatch.setattr(learning, "scorecards", stopped_for_long)
    while not LearningRun.objects.for_client(history).filter(attempts=1).exists():
        flows.step()
    assert kept(history) == []
    assert LearningRun.objects.for_client(history).get().state == RunState.QUEUED


def test_a_flow_that_cannot_be_begun_is_held_after_three_attempts(schedule, clients, monkeypatch):
    def fail(*_):
        raise ArithmeticError("no such luck")

    monkeypatch.setattr(flows, "chosen", fail)
    flows.look(SUNDAY)
    for _ in range(4):
        work()
        hurry()
    period = FlowPeriod.objects.get()
    assert (period.state, period.attempts, period.error) == (RunState.HELD, 3, "ArithmeticError: no such luck")


def test_a_client_that_cannot_be_pooled_holds_up_nobody(schedule, agency, clients, poisoned):
    agency.pooling_enabled = True
    agency.save()
    flows.look(SUNDAY)
    for _ in range(6):
        work()
        hurry()
    assert states() == {"Acme": RunState.DONE, "Birch": RunState.HELD, "Cedar": RunState.DONE}
    [period] = FlowPeriod.objects.all()
    assert (period.state, period.results) == (RunState.DONE, {"done": 2, "held": 1})


def test_an_agency_that_cannot_be_pooled_holds_up_no_other(agency, clients, make_client, monkeypatch):
    other = Agency.objects.create(name="Other", slug="other")
    theirs = Client.objects.create(agency=other, name="Twin", slug="twin")
    Agency.objects.update(pooling_enabled=True)
    renewed = []

    def renew(who, as_of):
        renewed.append(who.pk)
        raise ArithmeticError("no such luck")

    monkeypatch.setattr(pooling, "renew", renew)
    with pytest.raises(ArithmeticError):
        pooling.renew_for([*clients, theirs], SUNDAY)
    assert sorted(renewed) == sorted([agency.pk, other.pk])


def test_what_clients_have_in_common_is_made_once_a_moment(schedule, agency, clients, monkeypatch):
    agency.pooling_enabled = True
    agency.save()
    renewed = []
    monkeypatch.setattr(pooling, "renew", lambda who, as_of: renewed.append(as_of) or pooling.keep(who, as_of, 5, {}))
    flows.look(SUNDAY)
    with monkeypatch.context() as patched:
        patched.setattr(LearningRun.objects, "bulk_create", lambda *_, **__: 1 / 0)
        flows.step()
    hurry()
    flows.step()
    assert renewed == [SUNDAY]


def test_tasks_name_no_client_and_wake_the_next(schedule, clients, monkeypatch):
    woken = []
    monkeypatch.setattr(tasks, "wake", woken.append)
    monkeypatch.setattr(tasks, "database_now", lambda: SUNDAY)
    tasks.pattern_learning_flow()
    for _ in range(5):
        tasks.learn_client()
    assert woken == [flows.LEARN] * 4  # spreading, and three clients; the fifth found nothing
    assert set(states().values()) == {RunState.DONE}
