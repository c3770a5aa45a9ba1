"""Two at once: an opt-out, a booking or a second answer at the very moment of a send."""

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction
from django.db.models import F
from django.utils.timezone import now

from conversion.models import Activity, Lead, Suppression
from conversion.tenancy import across_clients
from engines import guard as real_guard
from engines.outbox import dispatching, sending
from engines.outbox.claims import claim
from engines.outbox.dispatching import dispatch
from engines.outbox.record import record
from engines.outbox.sending import send
from engines.outbox.settling import confirm
from engines.providers.contract import Accepted, Deferred, Refused, Uncertain
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


def by_copy(touch):
    """A bulk load, past the ORM."""
    row = (uuid4(), touch.client_id, "email", touch.lead.email, "", now())
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY conversion_suppression (id, client_id, kind, value, reason, created_at) FROM STDIN") as copy,
    ):
        copy.write_row(row)


def by_change(touch):
    """An entry of another address becomes one of this."""
    made = Suppression.objects.filter(client=touch.client, value="other@example.com")
    made.update(value=touch.lead.email)


WAYS = [suppress, flag, by_copy, by_change]


@pytest.fixture(autouse=True)
def _another(customer):
    Suppression.objects.create(client=customer, kind="email", value="other@example.com")


@pytest.mark.parametrize("opt_out", WAYS)
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


@pytest.mark.parametrize("opt_out", WAYS)
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


@pytest.mark.parametrize("mode", ["SHARE UPDATE EXCLUSIVE", "SHARE"])
def test_upkeep_of_the_list_holds_no_send_up(queued, provider, limits, mode):
    """VACUUM and ANALYZE take the first of these locks on the list, CREATE INDEX the second."""
    queued()
    begun, go_on = threading.Event(), threading.Event()

    def upkeep():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE conversion_suppression IN {mode} MODE")
            begun.set()
            go_on.wait(5)

    other = in_thread(upkeep)
    begun.wait(5)
    [one] = claim(1, limits)
    send(one, limits)
    go_on.set()
    other.result(5)
    assert (states(), len(provider.sent)) == ({"sent": 1}, 1)


def test_writers_of_the_list_do_not_wait_for_each_other(customer):
    begun, go_on = threading.Event(), threading.Event()

    def slowly():
        with transaction.atomic():
            Suppression.objects.create(client=customer, kind="email", value="a@example.com")
            begun.set()
            go_on.wait(5)

    other = in_thread(slowly)
    begun.wait(5)
    start = time.monotonic()
    Suppression.objects.create(client=customer, kind="email", value="b@example.com")
    assert time.monotonic() - start < 2
    go_on.set()
    other.result(5)


def test_a_hundred_confirmations_before_the_answer_is_written(queued, provider, limits):
    """The provider's word overtakes its own answer, which then proves nothing more: a state never goes back."""
    [touch] = queued()
    [one] = claim(1, limits)
    ready = dispatch(one, limits)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: in_thread(confirm, touch, "m-1").result(10), range(100)))
    assert found.count(True) == 1
    for late in (Uncertain("time-out"), Deferred("429", 0.0), Refused("550"), Accepted("m-2")):
        record(ready, late, limits)
    with across_clients("operations"):
        Activity.objects.update(dispatched_at=F("dispatched_at") - timedelta(days=3))
        touch.refresh_from_db()
    assert confirm(touch, "m-3") is False
    touch.refresh_from_db()
    touch.lead.refresh_from_db()
    assert (touch.state, touch.provider_message_id, touch.lead.touch_count) == ("sent", "m-1", 1)


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
