"""What nothing reads goes; what anything rests on stays, whoever it belongs to."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from conversion.models import (
    Activity,
    Callback,
    Delivery,
    Event,
    FlowPeriod,
    ImportBatch,
    ImportUpload,
    InboundMessage,
    Lead,
    Notice,
)
from conversion.tenancy import across_clients
from conversion.vocabulary import EventKind
from engines import retention
from patterns.models import HealthAlert, LearningRun
from tests.factories import lead, touch

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 1, tzinfo=UTC)
OLD, RECENT = AT - timedelta(days=401), AT - timedelta(days=10)


def left(model):
    with across_clients("operations"):
        return model.objects.count()


@pytest.fixture
def twins(make_client):
    """Two clients with an event of every kind, old and recent."""
    for name in ("Acme", "Globex"):
        person = lead(make_client(name), email="jo@acme.example")
        sent = touch(person, sent_at=OLD)
        for kind in EventKind:
            for moment in (OLD, RECENT):
                Event.objects.create(client=person.client, lead=person, activity=sent, kind=kind, occurred_at=moment)


def test_old_opens_and_clicks_go_and_nothing_else(twins):
    kinds = len(EventKind)
    assert retention.prune({}, AT)["events"] == 2 * 3
    with across_clients("operations"):
        kept = set(Event.objects.filter(occurred_at=OLD).values_list("kind", flat=True))
        leads = list(Lead.objects.values_list("status", "converted_at"))
        marked = Activity.objects.filter(led_to_booking=True).count()
    assert kept == {kind.value for kind in EventKind} - {"delivered", "opened", "clicked"}
    assert left(Event) == 2 * (2 * kinds - 3)
    assert leads == [("converted", OLD)] * 2
    assert marked == 2
    assert retention.prune({}, AT)["events"] == 0


def test_pages_reach_everything(twins, monkeypatch):
    monkeypatch.setattr(retention, "PAGE", 1)
    assert retention.prune({"events": 30}, AT + timedelta(days=25))["events"] == 2 * 3 * 2


def test_a_dry_run_counts_the_same_and_deletes_nothing(twins):
    before = left(Event)
    assert retention.prune({}, AT, dry_run=True)["events"] == 6
    assert left(Event) == before


def test_records_of_what_is_over_go(customer, make_client):
    states = ("waiting", "failed", "done", "ignored")
    for number, state in enumerate(states):
        fields = {"source": "resend", "kind": "delivered", "occurred_at": OLD, "state": state}
        Callback.objects.create(key=f"old {number}", received_at=OLD, **fields)
        Callback.objects.create(key=f"new {number}", received_at=RECENT, **fields)
    notice = Notice.objects.create(client=customer, kind="alert_opened", subject="a", created_at=OLD)
    for state in ("pending", "delivered", "failed"):
        Delivery.objects.create(
            client=customer, notice=notice, recipient=f"{state}@a.example", state=state, created_at=OLD
        )
    for resolved in (None, OLD, RECENT):
        HealthAlert.objects.create(
            client=customer,
            code="drift",
            subject=str(resolved),
            severity="high",
            message="x",
            opened_at=OLD,
            resolved_at=resolved,
        )
    found = retention.prune({}, AT)
    counted = [found[name] for name in ("callbacks", "failures", "deliveries", "alerts")]
    assert counted == [2, 1, 2, 1]
    assert (left(Callback), left(Delivery), left(Notice), left(HealthAlert)) == (5, 1, 1, 2)
    assert set(Callback.objects.filter(received_at=OLD).values_list("state", flat=True)) == {"waiting"}


def test_the_words_of_old_replies_go_and_the_replies_stay(customer, make_client):
    ages = (AT - timedelta(days=731), AT - timedelta(days=729))
    for client in (customer, make_client("Twin")):
        for state in ("matched", "settled", "dismissed", "unmatched"):
            for moment in ages:
                InboundMessage.objects.create(
                    client=client,
                    kind="replied",
                    state=state,
                    received_at=moment,
                    subject="Re: you",
                    text="Call me",
                    reading="interested",
                )
    assert retention.prune({}, AT, dry_run=True)["texts"] == 6
    assert [retention.prune({}, AT)["texts"] for _ in range(2)] == [6, 0]
    assert left(InboundMessage) == 16
    old = InboundMessage.objects.filter(received_at=ages[0])
    assert set(old.values_list("state", "subject", "text", "reading")) == {
        ("matched", "", "", "interested"),
        ("settled", "", "", "interested"),
        ("dismissed", "", "", "interested"),
        ("unmatched", "Re: you", "Call me", "interested"),
    }
    assert set(InboundMessage.objects.filter(received_at=ages[1]).values_list("text", flat=True)) == {"Call me"}


def test_imports_with_which_nobody_does_anything_go_and_what_they_stored_stays(customer, make_client):
    for client in (customer, make_client("Globex")):
        batch = ImportBatch.objects.create(client=client)
        for step, state in (
            ("map", "queued"),
            ("store", "done"),
            ("store", "held"),
            ("store", "queued"),
            ("undo", "started"),
        ):
            for moment in (OLD, RECENT):
                ImportUpload.objects.create(client=client, step=step, state=state, moved_at=moment, batch=batch)
    assert retention.prune({}, AT, dry_run=True)["uploads"] == 6
    assert [retention.prune({}, AT)["uploads"] for _ in range(2)] == [6, 0]
    kept = ImportUpload.objects.for_client(customer).filter(moved_at=OLD)
    assert set(kept.values_list("step", "state")) == {("store", "queued"), ("undo", "started")}
    assert (left(ImportUpload), left(ImportBatch)) == (14, 2)


def test_learning_that_was_given_up_goes_as_what_is_done(customer):
    for days, state in ((500, "held"), (450, "held"), (420, "done")):
        moment = AT - timedelta(days=days)
        LearningRun.objects.create(client=customer, as_of=moment, state=state, started_at=moment)
        FlowPeriod.objects.create(flow="pattern_learning_flow", period=moment, state=state)
    found = retention.prune({}, AT)
    assert (found["runs"], found["periods"]) == (2, 2)
    assert list(LearningRun.objects.for_client(customer).values_list("state", flat=True)) == ["done"]


def test_notices_go_once_nobody_is_to_be_told(customer, make_client):
    def notice(client, subject, created_at, state="", addressed_at=OLD):
        made = Notice.objects.create(
            client=client, kind="alert_opened", subject=subject, created_at=created_at, addressed_at=addressed_at
        )
        if state:
            Delivery.objects.create(client=client, notice=made, recipient="a@a.example", state=state, created_at=OLD)

    for client in (customer, make_client("Twin")):
        notice(client, "nobody to tell", OLD)
        notice(client, "told", OLD, "delivered")
        notice(client, "to be told", OLD, "pending")
        notice(client, "not addressed", OLD, addressed_at=None)
        notice(client, "recent", RECENT)
    found = retention.prune({}, AT)
    assert (found["deliveries"], found["notices"]) == (2, 4)
    with across_clients("operations"):
        kept = set(Notice.objects.values_list("subject", flat=True))
    assert kept == {"to be told", "not addressed", "recent"}
    assert left(Delivery) == 2


def test_the_last_moment_of_the_schedule_stays_whatever_was_asked_for_since(db):
    for days, is_asked in ((500, False), (450, False), (420, True)):
        FlowPeriod.objects.create(
            flow="pattern_learning_flow", period=AT - timedelta(days=days), state="done", is_asked=is_asked
        )
    assert retention.prune({}, AT)["periods"] == 1
    assert set(FlowPeriod.objects.values_list("is_asked", flat=True)) == {False, True}


def test_the_last_run_of_each_stays(make_client):
    for name in ("Acme", "Globex"):
        client = make_client(name)
        for days in (500, 450, 420):
            moment = AT - timedelta(days=days, minutes=len(name))
            LearningRun.objects.create(client=client, as_of=moment, state="done", started_at=moment)
        LearningRun.objects.create(client=client, as_of=OLD, state="queued")  # never begun
    for days in (500, 450):
        FlowPeriod.objects.create(flow="pattern_health_flow", period=AT - timedelta(days=days), state="done")
    found = retention.prune({}, AT)
    assert (found["runs"], found["periods"]) == (4, 1)
    assert (left(LearningRun), left(FlowPeriod)) == (4, 1)


def test_the_command(twins, capsys):
    call_command("prune", "--events", "400", dry_run=True)
    assert capsys.readouterr().out.splitlines()[-1] == "Nothing was deleted."
    call_command("prune", json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["dry_run"] is False
    assert set(found["rows"]) == set(retention.KINDS)
    with pytest.raises(CommandError, match="'29' is no whole number from 30"):
        call_command("prune", "--events", "29")
