"""A run of the flow that is given up before it reaches a client is told of at once, and no longer than it matters."""

from datetime import UTC, datetime, timedelta

import pytest

from conversion.models import Client, FlowPeriod, Notice
from conversion.tenancy import across_clients
from conversion.vocabulary import RunState
from patterns import flows, health, stopped
from patterns.models import HealthAlert, LearningRun

pytestmark = pytest.mark.django_db
SUNDAY = datetime(2026, 3, 8, 2, tzinfo=UTC)
SAID = (
    "The learning run of 2026-03-08 02:00 UTC was given up before it reached any client (ArithmeticError). The patterns in "
    "force stay until they expire. It is tried again with the next weekly run; `learn_patterns` learns now."
)


@pytest.fixture
def clients(make_client):
    found = [make_client(name) for name in ("Acme", "Birch", "Cedar")]
    Client.objects.filter(pk=found[2].pk).update(is_paused=True)  # of which nothing is expected
    Client.objects.update(created_at=SUNDAY - timedelta(days=30))
    return found


def given_up(monkeypatch, period):
    """The flow's run, after its three attempts."""
    with monkeypatch.context() as patched:
        patched.setattr(flows, "chosen", lambda _: 1 / 0)
        patched.setattr(flows.leases, "PAUSE", timedelta(0))
        for _ in range(3):
            assert flows.step()
            FlowPeriod.objects.update(due_at=None)
    FlowPeriod.objects.filter(pk=period.pk).update(error="ArithmeticError: of lead jo@acme.example")
    period.refresh_from_db()
    assert period.state == RunState.HELD


def opened():
    with across_clients("operations"):
        rows = HealthAlert.objects.filter(resolved_at=None).order_by("client__name")
        return list(rows.values_list("client__name", "code", "subject", "severity", "message"))


def weekly(moment=SUNDAY):
    return FlowPeriod.objects.create(flow="pattern_learning_flow", period=moment)


@pytest.mark.usefixtures("clients")
def test_every_client_that_is_learned_for_hears_of_it_once(monkeypatch):
    given_up(monkeypatch, weekly())
    for minutes in range(3):
        stopped.look(SUNDAY + timedelta(minutes=minutes))
    assert opened() == [(name, "learning_failed", "flow", "high", SAID) for name in ("Acme", "Birch")]
    with across_clients("operations"):
        assert Notice.objects.filter(severity="high").count() == 2


def test_the_poll_looks_for_it_and_the_daily_look_leaves_it(clients, monkeypatch):
    given_up(monkeypatch, weekly())
    at = SUNDAY + timedelta(minutes=1)
    flows.look(at)
    health.health_flow(at)
    assert [row[0] for row in opened() if row[2] == "flow"] == ["Acme", "Birch"]
    assert ("learning_failed", SAID) in [(one.code, one.message) for one in health.check(clients[0], at)]


@pytest.mark.usefixtures("clients")
def test_it_is_over_with_the_next_run_of_all(monkeypatch):
    given_up(monkeypatch, weekly())
    stopped.look(SUNDAY)
    later = weekly(SUNDAY + timedelta(days=7))
    stopped.look(later.period)
    assert len(opened()) == 2
    assert flows.step()
    stopped.look(later.period)
    assert opened() == []


def test_a_client_that_was_learned_for_by_hand_is_told_no_more(clients, monkeypatch):
    given_up(monkeypatch, weekly())
    stopped.look(SUNDAY)
    LearningRun.objects.create(client=clients[0], as_of=SUNDAY + timedelta(hours=1), state="done")
    stopped.look(SUNDAY)
    assert [row[0] for row in opened()] == ["Birch"]


def test_a_run_that_was_asked_for_concerns_its_clients_alone(clients, monkeypatch):
    period = flows.ask([clients[1].pk])
    Client.objects.filter(pk=clients[1].pk).update(created_at=period.period - timedelta(days=1))
    given_up(monkeypatch, period)
    stopped.look(period.period)
    assert [row[0] for row in opened()] == ["Birch"]


@pytest.mark.usefixtures("clients")
def test_a_client_that_came_later_hears_nothing(monkeypatch, make_client):
    given_up(monkeypatch, weekly())
    Client.objects.filter(pk=make_client("Dune").pk).update(created_at=datetime.now(UTC) + timedelta(days=1))
    stopped.look(SUNDAY)
    assert [row[0] for row in opened()] == ["Acme", "Birch"]
