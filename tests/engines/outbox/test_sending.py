"""What each answer of the provider and the guard makes of a touch."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.utils.timezone import now

from conversion.models import ProviderAccount
from engines.outbox import dispatching, sending
from engines.outbox.claims import claim
from engines.outbox.durability import NotDurableError
from engines.outbox.limits import DEFERRALS
from engines.outbox.sending import send, send_now
from engines.providers.contract import Accepted, Deferred, Refused, Uncertain
from engines.verdicts import Cancel, Go, Hold
from patterns.models import HealthAlert
from tests.engines.outbox.conftest import send_all, states

pytestmark = pytest.mark.django_db


def sent_once(limits):
    """Claim what is due and send it."""
    send_all(claim(10, limits), limits)


def test_a_touch_is_sent_with_its_evidence(queued, provider, limits):
    [touch] = queued(touch_number=2, template_id="spring")
    before = now()
    sent_once(limits)
    touch.refresh_from_db()
    assert (touch.state, touch.provider, touch.provider_message_id) == ("sent", "fake", "m-1")
    assert touch.idempotency_key == str(touch.pk) == provider.sent[0]
    assert before - timedelta(seconds=1) <= touch.sent_at == touch.dispatched_at
    assert touch.content_snapshot["body"] == "Worth 15 minutes?"
    assert touch.content_snapshot["cta_used"] == "worth 15 minutes"
    assert touch.content_snapshot["sent_at"] == touch.sent_at.isoformat()
    assert (touch.words, touch.subjects > 0, touch.template_key != 0, touch.tier_at_send) == (3, True, True, "warm")
    assert touch.local_hour == touch.sent_at.astimezone(UTC).hour
    assert touch.metadata == {"provider_message_id": "m-1", "touch_number": 2, "sequence_id": None}
    assert (touch.claimed_until, touch.due_at, touch.reason, touch.attempts) == (None, None, "", 0)


def test_a_lead_is_counted_and_contacted(queued, provider, limits):
    [touch] = queued()
    sent_once(limits)
    touch.refresh_from_db()
    lead = touch.lead
    assert (lead.touch_count, lead.status, lead.last_contacted_at) == (1, "contacted", touch.sent_at)


def test_a_lead_that_went_on_keeps_its_status(queued, provider, limits):
    [touch] = queued()
    later = datetime(2030, 1, 1, tzinfo=UTC)
    type(touch.lead).objects.filter(pk=touch.lead_id, client=touch.client_id).update(
        status="not_interested", last_contacted_at=later
    )
    sent_once(limits)
    touch.lead.refresh_from_db()
    assert (touch.lead.status, touch.lead.touch_count, touch.lead.last_contacted_at) == ("not_interested", 1, later)


def test_a_refused_touch_has_failed(queued, provider, limits):
    [touch] = queued()
    provider.answers = [Refused("550 no such user")]
    sent_once(limits)
    touch.refresh_from_db()
    assert (touch.state, touch.reason_code, touch.reason, touch.sent_at) == (
        "failed",
        "refused",
        "550 no such user",
        None,
    )
    assert touch.lead.touch_count == 0


def test_a_deferred_touch_goes_back_and_its_account_rests(queued, provider, limits):
    first, _second = queued(2)
    provider.answers = [Deferred("429 slow down", 30.0)]
    [one] = claim(1, limits)
    send(one, limits)
    first.refresh_from_db()
    assert (first.state, first.reason_code, first.attempts, first.dispatched_at) == ("queued", "deferred", 1, None)
    assert timedelta(seconds=28) < first.due_at - now() < timedelta(seconds=31)
    assert claim(10, limits) == []  # the other one waits as well
    ProviderAccount.objects.update(probe_at=now() - timedelta(seconds=1))
    sent_once(limits)
    assert states() == {"queued": 1, "sent": 1}


@pytest.mark.parametrize(
    "answer", [Accepted("m\0\ud800"), Refused("no\0\udfff"), Deferred("\0", float("nan")), Uncertain("\0")]
)
def test_no_answer_fails_to_be_written_down(queued, provider, limits, answer):
    queued()
    provider.answers = [answer]
    sent_once(limits)
    assert list(states()) in (["sent"], ["failed"], ["queued"], ["unknown"])


def test_a_touch_is_not_deferred_for_ever(queued, provider, limits):
    [touch] = queued(attempts=DEFERRALS - 1, reason_code="deferred")
    provider.answers = [Deferred("connection refused")]
    sent_once(limits)
    touch.refresh_from_db()
    assert (touch.state, touch.reason) == ("failed", "connection refused")


@pytest.mark.parametrize("answer", [Uncertain("time-out"), RuntimeError("the provider's class is broken")])
def test_what_proves_nothing_is_unknown_and_alerted(queued, provider, limits, answer):
    [touch] = queued()
    provider.answers = [answer]
    sent_once(limits)
    touch.refresh_from_db()
    assert (touch.state, touch.reason_code) == ("unknown", "uncertain")
    assert touch.lead.touch_count == 0
    [alert] = HealthAlert.objects.for_client(touch.client)
    assert (alert.code, alert.severity, alert.resolved_at) == ("unknown_send", "high", None)
    sent_once(limits)
    assert provider.sent == [str(touch.pk)]


def test_a_provider_that_knows_keys_gets_it_again(queued, provider, limits):
    [touch] = queued()
    provider.honours_key_for = timedelta(hours=24)
    provider.answers = [Uncertain("reset"), Accepted("m-7")]
    sent_once(limits)
    touch.refresh_from_db()
    assert (touch.state, touch.reason_code) == ("queued", "repeated")
    first = touch.dispatched_at
    touch.due_at = now() - timedelta(seconds=1)
    touch.save()
    sent_once(limits)
    touch.refresh_from_db()
    assert (touch.state, touch.provider_message_id, touch.sent_at) == ("sent", "m-7", first)
    assert provider.sent == [str(touch.pk)] * 2


@pytest.mark.parametrize("answer", [Refused("no"), Deferred("429")])
def test_a_no_to_a_second_attempt_proves_nothing_of_the_first(queued, provider, limits, answer):
    [touch] = queued(dispatched_at=now() - timedelta(minutes=1), reason_code="repeated", attempts=5)
    provider.honours_key_for = timedelta(hours=24)
    provider.answers = [answer]
    sent_once(limits)
    touch.refresh_from_db()
    assert touch.state == "unknown"


def test_after_the_window_of_the_key_nothing_is_repeated(queued, provider, limits):
    [touch] = queued(dispatched_at=now() - timedelta(hours=24))
    provider.honours_key_for = timedelta(hours=24)
    sent_once(limits)
    touch.refresh_from_db()
    assert (touch.state, provider.sent) == ("unknown", [])


def test_the_guard_holds_with_a_reason(queued, provider, guard, limits):
    [touch] = queued()
    until = now() + timedelta(hours=3)
    guard.verdicts = [Hold("quiet_hours", "it is night at the recipient", until)]
    sent_once(limits)
    touch.refresh_from_db()
    assert (touch.state, touch.reason_code, touch.due_at) == ("held", "quiet_hours", until)
    assert touch.reason == "it is night at the recipient"
    assert provider.sent == []


def test_the_guard_is_asked_again_just_before_the_dispatch(queued, provider, guard, limits):
    [touch] = queued()
    guard.verdicts = [Go(), Cancel("unsubscribed", "it unsubscribed")]
    sent_once(limits)
    touch.refresh_from_db()
    assert (touch.state, touch.reason, touch.due_at, touch.claimed_by) == ("cancelled", "it unsubscribed", None, "")
    assert len(guard.seen) == 2
    assert provider.sent == []


def test_what_was_perhaps_sent_is_neither_held_nor_cancelled(queued, provider, guard, limits):
    [touch] = queued(dispatched_at=now() - timedelta(minutes=1))
    provider.honours_key_for = timedelta(hours=24)
    guard.verdicts = [Cancel("unsubscribed", "it unsubscribed")] * 2
    sent_once(limits)
    touch.refresh_from_db()
    assert (touch.state, touch.reason, provider.sent) == ("unknown", "it unsubscribed", [])
    assert HealthAlert.objects.for_client(touch.client).count() == 1


def test_a_touch_that_cannot_be_made_is_held_after_three_times(queued, provider, guard, limits, caplog):
    [touch] = queued()
    for attempt in (1, 2, 3):
        guard.verdicts = [Go(), ZeroDivisionError("poison")]
        sent_once(limits)
        touch.refresh_from_db()
        assert touch.attempts == attempt
        touch.due_at = now() - timedelta(seconds=1) if touch.due_at else None
        touch.save()
    assert (touch.state, touch.reason_code, touch.due_at) == ("held", "fault", None)
    assert touch.reason == "It failed 3 times in a row: ZeroDivisionError: poison"
    assert provider.sent == []


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_no_fault_of_the_touch(queued, provider, guard, limits):
    [touch] = queued()
    guard.verdicts = [Go(), OperationalError("gone")]
    [one] = claim(1, limits)
    with pytest.raises(OperationalError):
        send_all([one], limits)
    touch.refresh_from_db()
    assert (touch.state, touch.attempts, touch.claimed_by) == ("queued", 0, "")


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_when_all_are_asked_about_leaves_none_claimed(queued, provider, guard, limits):
    queued(3)
    guard.verdicts = [Go(), OperationalError("gone")]
    claims = claim(3, limits)
    with pytest.raises(OperationalError):
        send_all(claims, limits)
    assert (states(), provider.sent) == ({"queued": 3}, [])


def test_a_touch_that_the_guard_breaks_on_keeps_no_other_back(queued, provider, guard, limits, monkeypatch, caplog):
    poison, *others = queued(3)
    real = guard.examine

    def examine(touch, at):
        if touch == poison.pk:
            raise ZeroDivisionError("poison")
        return real(touch, at)

    monkeypatch.setattr(guard, "examine", examine)  # asked for all
    monkeypatch.setattr(dispatching, "examine", examine)  # and for each
    for _ in range(3):
        send_all(claim(10, limits), limits)
        type(poison).objects.filter(client=poison.client, state="queued").update(due_at=now() - timedelta(seconds=1))
    poison.refresh_from_db()
    assert (poison.state, poison.reason_code) == ("held", "fault")
    assert set(provider.sent) == {str(other.pk) for other in others}


@pytest.mark.django_db(transaction=True)
def test_an_answer_is_written_down_when_the_database_is_back(queued, provider, limits, monkeypatch, caplog):
    [touch] = queued()
    real, calls = sending.record, []

    def record(*arguments):
        calls.append(arguments)
        if len(calls) < 3:
            raise OperationalError("gone")
        real(*arguments)

    monkeypatch.setattr(sending, "record", record)
    monkeypatch.setattr(sending, "PAUSES", (0.0,))
    sent_once(limits)
    touch.refresh_from_db()
    assert (touch.state, len(calls), len(provider.sent)) == ("sent", 3, 1)


def test_a_worker_that_slept_past_its_lease_does_not_send(queued, provider, limits, monkeypatch):
    [touch] = queued()
    clock = iter(range(0, 10_000, 100))
    monkeypatch.setattr(sending.time, "monotonic", lambda: next(clock))
    sent_once(limits)
    touch.refresh_from_db()
    assert (touch.state, provider.sent) == ("queued", [])


@pytest.mark.django_db(transaction=True)
def test_send_now_sends_within_the_call(queued, provider):
    [touch] = queued(state="planned", due_at=None)
    assert send_now(touch).state == "sent"
    assert send_now(touch).state == "sent"
    assert len(provider.sent) == 1


def test_send_now_refuses_an_open_transaction(queued, provider):
    [touch] = queued()
    with transaction.atomic(), pytest.raises(RuntimeError, match="open transaction"):
        send_now(touch)
    assert provider.sent == []


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_on_commits_that_may_be_lost(queued, provider):
    [touch] = queued()
    off, on = ("PRAGMA synchronous=OFF", "PRAGMA synchronous=FULL")
    if connection.vendor == "postgresql":
        off, on = ("SET synchronous_commit = off", "SET synchronous_commit = on")
    with connection.cursor() as cursor:
        cursor.execute(off)
        try:
            with pytest.raises(NotDurableError, match="before they are on the disk"):
                send_now(touch)
        finally:
            cursor.execute(on)
    touch.refresh_from_db()
    assert (touch.state, provider.sent) == ("queued", [])
