"""Opt-outs among real sends: through the outbox itself, with the guard, on both databases; with several threads on PostgreSQL.

What an opt-out finds not yet dispatched when it has been committed is never sent.
"""

import os
import random
import threading

import pytest
from django.db import OperationalError, connections, transaction

from conversion.erasure import erase
from conversion.models import Activity, Lead, Suppression
from conversion.suppressions import forget
from conversion.tenancy import across_clients
from engines.inbound.optout import unsubscribe
from engines.outbox import dispatching, sending
from engines.outbox.claims import claim
from engines.outbox.limits import Limits
from engines.providers.contract import Accepted
from engines.unsubscribe import Link
from tests.engines.guarded import client_of, mailbox, planned, reachable

ROUNDS = max(int(os.environ.get("INTERLEAVINGS", "0")) // 100, 3)
LEADS = 12
OPT_OUTS = ("flag", "unsubscribe", "email", "domain", "forget", "erase")


class Provider:
    """Accepts everything. sent: ids of touches, in order."""

    name, honours_key_for = "fake", None

    def __init__(self):
        self.sent = []

    def send(self, outgoing, *, timeout):  # noqa: ARG002 (the contract)
        self.sent.append(outgoing.key)
        return Accepted(f"m-{outgoing.key}")


@pytest.fixture
def provider(monkeypatch, settings):
    settings.EMAIL_AT_ANY_TIME = True  # the database's clock decides, and tests run on any day
    settings.DEFAULT_PROVIDERS = {"email": "console"}
    fake = Provider()
    monkeypatch.setattr(dispatching, "provider_for", lambda *_: fake)
    return fake


@pytest.fixture
def acme(make_client):
    return client_of(make_client)


@pytest.fixture
def limits():
    return Limits.of_settings()


def queue(client, box, tag):
    """A due touch for each of a dozen leads."""
    touches = []
    for number in range(LEADS):
        address = f"{tag}-{number}@d{number}-{tag}.example"
        lead = reachable(client, external_id=address, email=address, email_key=address, phone="", linkedin_url="")
        touches.append(planned(lead, box, state="queued", idempotency_key=None))
    return touches


def opt_out(kind, touch):
    lead, address = touch.lead, touch.lead.email
    with across_clients("operations"):
        if kind == "flag":
            Lead.objects.filter(pk=lead.pk).update(do_not_contact=True)
        elif kind == "unsubscribe":
            unsubscribe(Link(touch.client_id, touch.pk))
        elif kind == "email":
            Suppression.objects.create(client_id=touch.client_id, kind="email", value=address)
        elif kind == "domain":
            Suppression.objects.create(kind="domain", value=address.rpartition("@")[2])
        elif kind == "forget":
            forget([("email", address)], None)
        else:
            erase(str(lead.pk), touch.client)


def is_out(touch):
    """Whether the intent to send is committed."""
    with across_clients("operations"):
        return Activity.objects.filter(pk=touch.pk, dispatched_at__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
def test_an_opt_out_between_the_two_questions(acme, provider, limits, monkeypatch):
    """After the guard said yes, before it is asked again; others come when the message has left, and are too late."""
    rng, box = random.Random(5), mailbox(acme, daily_cap=1000)
    touches = {touch.pk: touch for touch in queue(acme, box, "a") + queue(acme, box, "b")}
    chosen, kinds = rng.sample(sorted(touches), 12), {}
    really = sending.dispatch

    def dispatch(one, within):
        if one.id in chosen:
            kinds[one.id] = OPT_OUTS[len(kinds) % len(OPT_OUTS)]
            opt_out(kinds[one.id], touches[one.id])
        return really(one, within)

    monkeypatch.setattr(sending, "dispatch", dispatch)
    for one in sending.screened(claim(100, limits)):
        sending.send(one, limits)
    assert set(provider.sent) == {str(pk) for pk in touches} - {str(pk) for pk in chosen}
    assert set(kinds.values()) == set(OPT_OUTS)
    found = Activity.objects.for_client(acme).filter(pk__in=chosen)
    assert set(found.values_list("state", flat=True)) == {"cancelled"}
    assert set(found.values_list("reason_code", flat=True)) == {
        "do_not_contact",
        "unsubscribed",
        "suppressed",
        "erased",
    }


def worker(limits, stop, faults):
    try:
        while not stop.is_set():
            for one in sending.screened(claim(2, limits)):
                try:
                    sending.send(one, limits)
                except OperationalError:  # the send gave way; it comes again
                    continue
    except Exception as error:  # noqa: BLE001 (a thread has nobody to raise to)
        faults.append(error)
    finally:
        connections.close_all()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_opt_outs_beside_two_workers(acme, provider, limits, seed):
    rng, box = random.Random(seed), mailbox(acme, daily_cap=9)
    touches = queue(acme, box, "a")
    stop, faults = threading.Event(), []
    workers = [threading.Thread(target=worker, args=(limits, stop, faults)) for _ in range(2)]
    for one in workers:
        one.start()
    never = []
    for touch in rng.sample(touches, 6):
        opt_out(rng.choice(OPT_OUTS), touch)
        if not is_out(touch):
            never.append(str(touch.pk))
        stop.wait(rng.random() * 0.02)
    stop.wait(1.0)
    stop.set()
    for one in workers:
        one.join(20)
    assert faults == []
    assert set(provider.sent) & set(never) == set()
    assert len(provider.sent) == len(set(provider.sent)) <= 9


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_workers_keep_to_the_cap_and_to_one_touch_a_day(acme, provider, limits):
    box = mailbox(acme, daily_cap=5)
    touches = queue(acme, box, "a")
    for touch in touches[:6]:
        planned(touch.lead, box, state="queued", idempotency_key=None)
    stop, faults = threading.Event(), []
    workers = [threading.Thread(target=worker, args=(limits, stop, faults)) for _ in range(4)]
    for one in workers:
        one.start()
    stop.wait(2.0)
    stop.set()
    for one in workers:
        one.join(20)
    assert faults == []
    with transaction.atomic():
        sent = list(Activity.objects.for_client(acme).filter(state="sent").values_list("lead", flat=True))
    assert len(sent) == len(set(sent)) == len(provider.sent) == 5
