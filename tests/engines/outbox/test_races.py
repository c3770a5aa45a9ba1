"""Two at once: an opt-out, a booking or a second answer at the very moment of a send."""

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils.timezone import now

from conversion.models import Activity, Lead, Suppression
from conversion.tenancy import across_clients
from engines import guard as real_guard
from engines.outbox import dispatching, sending
from engines.outbox.claims import claim
from engines.outbox.dispatching import dispatch
from engines.outbox.record import record
from engines.outbox.sending import send
from engines.providers.contract import Accepted
from engines.verdicts import Cancel, Go
from tests.engines.outbox.conftest import states

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def in_thread(function, *arguments):
    """Run with a database connection of its own."""

    def run():
        try:
            with across_clients("operations"):
                return function(*arguments)
        finally:
            connections.close_all()

    pool = ThreadPoolExecutor(1)
    return pool.submit(run)


def opted_out(touch):
    """What the guard would see of an opt-out."""
    with across_clients("operations"):
        lead = Lead.objects.get(pk=touch.lead_id)
        listed = Suppression.objects.filter(kind="email", value=lead.email).exists()
    return lead.do_not_contact or listed


@pytest.fixture
def watching(guard, monkeypatch, queued):
    """A guard that reads the opt-outs, and lets the other side act before it answers the second time."""
    [touch] = queued()

    def examine(_activity, _at):
        return Cancel("opted_out", "it opted out") if opted_out(touch) else Go()

    monkeypatch.setattr(dispatching, "examine", examine)
    return touch


def suppress(touch):
    Suppression.objects.create(client=touch.client, kind="email", value=touch.lead.email)


def flag(touch):
    Lead.objects.filter(pk=touch.lead_id).update(do_not_contact=True)


@pytest.mark.parametrize("opt_out", [suppress, flag])
def test_an_opt_out_that_is_being_committed_is_waited_for(watching, provider, limits, opt_out):
    """It began before the dispatch and commits while that waits for it."""
    begun, go_on = threading.Event(), threading.Event()

    def slowly():
        with transaction.atomic():
            opt_out(watching)
            begun.set()
            go_on.wait(5)

    other = in_thread(slowly)
    begun.wait(5)
    [one] = claim(1, limits)
    threading.Timer(0.1, go_on.set).start()
    send(one, limits)
    other.result(5)
    watching.refresh_from_db()
    assert (watching.state, watching.reason, provider.sent) == ("cancelled", "it opted out", [])


@pytest.mark.parametrize("opt_out", [suppress, flag])
def test_an_opt_out_never_falls_between_the_guard_and_the_commit(watching, provider, limits, opt_out, monkeypatch):
    """It comes when the guard has just said yes: it waits until the intent is committed, and is too late."""
    committed, order = dispatching.committed, []

    def during(*arguments):
        other = in_thread(lambda: (opt_out(watching), order.append("opted out")))
        time.sleep(0.1)
        assert not other.done()
        ready = committed(*arguments)
        order.append("dispatched")
        return ready

    monkeypatch.setattr(dispatching, "committed", during)
    [one] = claim(1, limits)
    send(one, limits)
    assert provider.sent == [str(watching.pk)]
    time.sleep(0.1)
    assert order == ["dispatched", "opted out"]


def test_a_long_opt_out_makes_the_send_wait_its_turn(watching, provider, limits):
    """It holds its locks for longer than a send may wait: the send goes back to the queue, the opt-out goes through."""
    begun, go_on = threading.Event(), threading.Event()

    def slowly():
        with transaction.atomic():
            suppress(watching)
            begun.set()
            go_on.wait(5)

    other = in_thread(slowly)
    begun.wait(5)
    [one] = claim(1, limits)
    with pytest.raises(sending.AWAY):
        send(one, limits)
    assert states() == {"queued": 1}
    go_on.set()
    other.result(5)
    assert provider.sent == []


def test_two_answers_at_once_count_one_contact(queued, provider, limits):
    [touch] = queued()
    [one] = claim(1, limits)
    ready = dispatch(one, limits)
    futures = [in_thread(record, ready, Accepted(f"m-{n}"), limits) for n in range(8)]
    for future in futures:
        future.result(10)
    touch.lead.refresh_from_db()
    assert (states(), touch.lead.touch_count) == ({"sent": 1}, 1)


def test_sends_to_one_lead_at_once_are_all_counted(queued, provider, limits):
    [touch] = queued()
    for _ in range(15):
        touch.pk, touch.idempotency_key = None, None
        Activity.objects.bulk_create([_copy(touch)])

    def attempt(one):
        with contextlib.suppress(sending.AWAY):  # it waited for the others for too long, and went back
            send(one, limits)

    for _ in range(20):
        for future in [in_thread(attempt, one) for one in claim(16, limits)]:
            future.result(20)
        with across_clients("operations"):
            Activity.objects.filter(state="queued").update(due_at=now() - timedelta(minutes=1))
    touch.lead.refresh_from_db()
    assert states() == {"sent": 16}
    assert touch.lead.touch_count == 16
    assert len(set(provider.sent)) == 16


def _copy(touch):
    return Activity(
        client=touch.client, lead=touch.lead, sender=touch.sender, channel="email", action="email_sent",
        state="queued", due_at=now() - timedelta(minutes=1), subject="Hello", body="Hello there",
    )  # fmt: skip


@pytest.mark.parametrize("attempt", range(5))
def test_a_booking_at_the_moment_of_the_record_marks_a_touch(queued, provider, limits, attempt):
    [touch] = queued()
    [one] = claim(1, limits)
    ready = dispatch(one, limits)
    barrier = threading.Barrier(2)

    def book():
        barrier.wait()
        Lead.objects.filter(pk=touch.lead_id).update(status="converted", status_at=now())

    def write():
        barrier.wait()
        record(ready, Accepted("m-1"), limits)

    for future in [in_thread(book), in_thread(write)]:
        future.result(10)
    touch.refresh_from_db()
    assert touch.led_to_booking


def test_the_guard_itself_sees_a_suppression_that_commits_before(queued, provider, limits, guard, monkeypatch):
    [touch] = queued()
    verdicts = []

    def examine(activity, at):
        verdicts.append(real_guard.examine(activity, at))
        return verdicts[-1] if isinstance(verdicts[-1], Cancel) else Go()

    [one] = claim(1, limits)
    monkeypatch.setattr(dispatching, "examine", examine)
    suppress(touch)
    send(one, limits)
    assert [verdict.code for verdict in verdicts] == ["suppressed"]
    assert (states(), provider.sent) == ({"cancelled": 1}, [])
