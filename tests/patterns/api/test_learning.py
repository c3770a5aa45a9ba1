"""Learning on demand, and how far it is."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection, transaction

from conversion.clock import database_now
from conversion.models import AuditEntry, FlowPeriod, ImportBatch
from conversion.tenancy import across_clients
from patterns import flows
from patterns.models import BackfillRun, LearningRun
from tests.callers import caller, person
from tests.factories import MONDAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def twin(make_client):
    return make_client("Twin")


def period():
    return FlowPeriod.objects.get(is_asked=True)


def test_for_named_clients(customer, twin, monkeypatch, django_capture_on_commit_callbacks):
    woken = []
    monkeypatch.setattr(flows.waking, "wake", lambda *given: woken.append(given))
    mine = caller(customer, twin)
    with django_capture_on_commit_callbacks(execute=True):
        answer = mine.post("patterns/learn", {"client_ids": ["acme", str(customer.pk)]})
    assert answer.status_code == 202
    assert answer.json() == {"status": "triggered", "run_id": str(period().pk), "client_ids": [str(customer.pk)]}
    assert (period().state, period().scope) == ("queued", {"clients": [str(customer.pk)]})
    assert woken == [(flows.LEARN, flows.WAKES)]
    assert AuditEntry.objects.get().action == "learn"


def test_for_all_that_the_caller_administers(customer, twin, make_client):
    make_client("Other")
    paused = make_client("Paused", is_paused=True)
    user = person(customer, paused)
    person(twin, role="operator")
    answer = caller(user=user).post("patterns/learn", {})
    assert (answer.status_code, answer.json()["client_ids"]) == (202, "all")
    assert period().scope == {"clients": [str(customer.pk)]}


def test_for_everybody_by_a_superuser(customer, twin):
    answer = caller(user=person(is_superuser=True)).post("patterns/learn", {"client_ids": None})
    assert (answer.status_code, answer.json()["client_ids"], period().scope) == (202, "all", {})


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"client_ids": ["twin"]}, 404, None),
        ({"client_ids": ["acme", "twin"]}, 404, None),
        ({"client_ids": [str(uuid4())]}, 404, None),
        ({"client_ids": []}, 400, "client_ids"),
        ({"client_ids": "acme"}, 400, "client_ids"),
        ({"client_ids": [7]}, 400, "client_ids.0"),
        ({"clients": ["acme"]}, 400, "clients"),
        ({"client_ids": ["paused"]}, 400, "client_ids"),
        ([], 400, None),
    ],
)
def test_what_cannot_be_learned(customer, twin, make_client, body, status, field):
    paused = make_client("Paused", is_paused=True)
    answer = caller(customer, paused).post("patterns/learn", body)
    assert answer.status_code == status
    assert [error["field"] for error in answer.json().get("errors", [])] == ([field] if field else [])
    assert not FlowPeriod.objects.filter(is_asked=True).exists()


@pytest.mark.parametrize("role", ["viewer", "operator"])
@pytest.mark.parametrize("body", [{}, {"client_ids": ["acme"]}])
def test_only_admins_learn(customer, role, body):
    assert caller(customer, role=role).post("patterns/learn", body).status_code == 403
    assert not FlowPeriod.objects.filter(is_asked=True).exists()


def test_asked_twice_under_one_key_it_is_one_run(customer):
    mine = caller(customer)
    answers = [mine.post("patterns/learn", {}, headers={"Idempotency-Key": "monday"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert FlowPeriod.objects.filter(is_asked=True).count() == 1


@pytest.mark.parametrize("body", [{}, {"client_ids": ["acme"]}, {"client_ids": ["twin", "acme"]}])
def test_asked_for_again_before_it_has_ended_it_is_that_run(customer, twin, body):
    mine = caller(customer, twin)
    runs = [mine.post("patterns/learn", body).json()["run_id"] for _ in range(2)]
    noted = AuditEntry.objects.filter(action="learn").count()
    assert (runs[0], noted) == (runs[1], len(FlowPeriod.objects.get().scope["clients"]))
    while flows.step():
        pass
    assert mine.post("patterns/learn", body).json()["run_id"] != runs[0]


def test_other_clients_are_another_run(customer, twin):
    mine, everybody = caller(customer, twin), caller(user=person(is_superuser=True))
    bodies = [(mine, ["acme"]), (mine, ["twin"]), (mine, ["acme", "twin"]), (everybody, None)]
    runs = [one.post("patterns/learn", {"client_ids": who}).json()["run_id"] for one, who in bodies]
    assert len(set(runs)) == len(runs)
    assert everybody.post("patterns/learn", {}).json()["run_id"] == runs[-1]


def test_a_client_s_part_of_a_larger_run_is_enough(customer, twin):
    caller(user=person(is_superuser=True)).post("patterns/learn", {})
    assert flows.step()  # spread, and nobody was learned for yet
    mine = caller(customer)
    run = mine.post("patterns/learn", {"client_ids": ["acme"]}).json()["run_id"]
    assert run == str(LearningRun.objects.for_client(customer).get().pk)
    assert mine.get(f"runs/{run}").json()["state"] == "queued"


@pytest.mark.parametrize(("minutes", "is_enough"), [(5, True), (-5, False)])
def test_what_is_run_by_hand_counts_while_its_process_is_alive(customer, minutes, is_enough):
    until = database_now() + timedelta(minutes=minutes)
    row = LearningRun.objects.create(client=customer, as_of=MONDAY, state="started", claimed_until=until)
    run = caller(customer).post("patterns/learn", {"client_ids": ["acme"]}).json()["run_id"]
    assert (run == str(row.pk)) is is_enough


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_who_ask_at_once_one_finds_the_other_s(customer):
    def asked(_):
        try:
            with transaction.atomic(), across_clients("operations"):
                barrier.wait()
                return flows.ask_once([customer.pk])
        finally:
            connection.close()

    barrier = Barrier(4, timeout=30)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(asked, range(4)))
    assert (len({run for run, _ in answers}), sum(is_new for _, is_new in answers)) == (1, 1)
    assert FlowPeriod.objects.filter(is_asked=True).count() == 1


def test_two_in_one_moment_are_two_runs(customer):
    runs = {flows.ledger.ask("pattern_learning_flow", MONDAY).pk for _ in range(3)}
    assert len(runs) == 3


def test_a_run_from_queue_to_end(customer, twin):
    mine = caller(customer)
    run = mine.post("patterns/learn", {"client_ids": ["acme"]}).json()["run_id"]
    queued = mine.get(f"runs/{run}").json()
    assert (queued["kind"], queued["state"]) == ("learning", "queued")
    assert queued["progress"] == {"done": 0, "total": 1, "unit": "clients"}
    assert [(one["client"], one["state"]) for one in queued["clients"]] == [("Acme", "queued")]
    while flows.step():
        pass
    done = mine.get(f"runs/{run}").json()
    assert (done["state"], done["progress"]) == ("done", {"done": 1, "total": 1, "unit": "clients"})
    assert set(done["clients"][0]["results"]) == {"who", "what", "when", "how"}
    part = LearningRun.objects.for_client(customer).get()
    assert mine.get(f"runs/{part.pk}").json()["clients"] == done["clients"]


def test_of_a_run_over_several_a_caller_sees_its_own(customer, twin):
    run = caller(user=person(is_superuser=True)).post("patterns/learn", {}).json()["run_id"]
    assert caller(customer).get(f"runs/{run}").status_code == 404  # nothing of it is the caller's yet
    while flows.step():
        pass
    found = caller(customer, role="viewer").get(f"runs/{run}").json()
    assert [one["client"] for one in found["clients"]] == ["Acme"]
    assert found["progress"]["total"] == 1


def test_another_client_s_runs_are_not_there(customer, twin):
    mine = caller(customer)
    theirs = caller(twin).post("patterns/learn", {"client_ids": ["twin"]}).json()["run_id"]
    rows = [
        LearningRun.objects.create(client=twin, as_of=MONDAY),
        BackfillRun.objects.create(client=twin),
        ImportBatch.objects.create(client=twin),
    ]
    for run in (theirs, *(row.pk for row in rows), uuid4()):
        assert mine.get(f"runs/{run}").status_code == 404
    assert mine.get("runs/nonsense").status_code == 404


def test_what_failed_is_told_by_its_kind_alone(customer):
    row = LearningRun.objects.create(
        client=customer, as_of=MONDAY, state="failed", error="ValueError: jo@example.com is odd"
    )
    found = caller(customer).get(f"runs/{row.pk}")
    assert (found.json()["clients"][0]["error"], "jo@" in found.text) == ("ValueError", False)


def test_backfills_and_imports_are_runs(customer):
    mine = caller(customer)
    row = BackfillRun.objects.create(client=customer, state="started", leads=200, total=500, results={"snapshots": 7})
    found = mine.get(f"runs/{row.pk}").json()
    assert (found["kind"], found["progress"]) == ("backfill", {"done": 200, "total": 500, "unit": "leads"})
    counts = {"leads": {"rows": 3}, "events": {"rows": 4}}
    row = ImportBatch.objects.create(client=customer, counts=counts, finished_at=MONDAY)
    found = mine.get(f"runs/{row.pk}").json()
    assert (found["kind"], found["state"], found["progress"]["done"]) == ("import", "done", 7)
