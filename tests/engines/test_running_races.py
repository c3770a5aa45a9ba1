"""Several polls at once, and a stop in the middle of one."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils.timezone import now

from conversion.models import Activity, MessageTemplate, Sequence
from conversion.tenancy import across_clients
from engines import running
from engines.texts.shelf import Shelf
from tests.engines.guarded import client_of, mailbox, planned, reachable

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
LEADS = 60


def closing(function, *arguments):
    try:
        return function(*arguments)
    finally:
        connections.close_all()


@pytest.fixture
def acme(make_client):
    client = client_of(make_client)
    box = mailbox(client)
    MessageTemplate.objects.create(client=client, channel="email", subject="Hi", body="Hi {{ first_name }}")
    for number in range(LEADS):
        address = f"jo{number}@example.com"
        lead = reachable(client, external_id=f"L-{number}", email=address, email_key=address)
        plan = Sequence.objects.create(client=client, lead=lead)
        moment = now() - timedelta(minutes=number + 1)
        planned(
            lead,
            box,
            sequence=plan,
            plan="email",
            state="planned",
            subject="",
            body="",
            due_at=None,
            scheduled_at=moment,
        )
    return client


def test_polls_at_once_queue_each_touch_once(acme, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 7)
    with ThreadPoolExecutor(4) as pool:
        counts = [job.result(30) for job in [pool.submit(closing, running.queue_due) for _ in range(4)]]
    counts.append(running.queue_due())  # what one left to another that had it locked
    assert sum(counts) == LEADS
    assert set(Activity.objects.for_client(acme).values_list("state", "body")) == {("queued", "Hi Jo")}


def test_a_stop_waits_for_the_poll_and_cancels(acme, monkeypatch):
    """It comes while the poll holds the touch's row."""
    begun, write = threading.Event(), Shelf.write
    stopped = []

    def slowly(shelf, touch):
        if not begun.is_set():
            begun.set()
            stopping.join(0.3)
        return write(shelf, touch)

    def stop():
        begun.wait(10)
        stopped.append(closing(running.stop, acme.pk, touch.lead_id, "replied", "the lead replied"))

    touch = Activity.objects.for_client(acme).order_by("scheduled_at").first()
    stopping = threading.Thread(target=stop)
    monkeypatch.setattr(Shelf, "write", slowly)
    stopping.start()
    assert running.queue_due() == LEADS
    stopping.join(10)
    assert stopped == [1]
    touch.refresh_from_db()
    assert (touch.state, touch.reason_code) == ("cancelled", "replied")


def test_a_postponement_waits_for_the_poll(acme):
    touch = Activity.objects.for_client(acme).order_by("scheduled_at").first()
    until = now() + timedelta(days=3)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(), across_clients("operations"):
            Activity.objects.select_for_update().get(pk=touch.pk)
            job = pool.submit(closing, running.postpone, acme.pk, touch.lead_id, until, "out of office")
            assert not job.done()
        assert job.result(10) == 1
    touch.refresh_from_db()
    assert touch.scheduled_at >= until
