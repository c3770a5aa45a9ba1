"""A queue to test with: a client with a mailbox, a guard and a provider that say what the test wants."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.utils.timezone import now

from conversion.models import Activity, ProviderAccount, Sender
from conversion.tenancy import across_clients
from engines.outbox import dispatching, sending, sweep
from engines.outbox.limits import Limits
from engines.outbox.sending import screened, send
from engines.providers.contract import Accepted, Outgoing
from engines.verdicts import Go
from tests.factories import lead as make_lead
from tests.factories import touch


@dataclass
class Guard:
    """Says `verdicts` one after the other, then Go. seen: the touches it was asked about."""

    verdicts: list = field(default_factory=list)
    seen: list = field(default_factory=list)

    def examine(self, activity, at):
        self.seen.append((activity, at))
        verdict = self.verdicts.pop(0) if self.verdicts else Go()
        if isinstance(verdict, Exception):
            raise verdict
        return verdict

    def examine_all(self, touches, at):
        return {touch: self.examine(touch, at) for touch in touches}


@dataclass
class FakeProvider:
    """Gives `answers` one after the other, then accepts. sent: the keys of every message that came. An answer may be a
    function, which is called while the message is on its way.
    """

    name: str = "fake"
    honours_key_for: timedelta | None = None
    answers: list = field(default_factory=list)
    sent: list = field(default_factory=list)
    known: dict = field(default_factory=dict)

    def send(self, outgoing, *, timeout):  # noqa: ARG002 (the contract)
        self.sent.append(outgoing.key)
        answer = self.answers.pop(0) if self.answers else Accepted(f"m-{len(self.sent)}")
        if callable(answer):
            answer = answer(outgoing)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def look_up(self, key):
        return self.known.get(key)


@pytest.fixture
def guard(monkeypatch):
    stand_in = Guard()
    monkeypatch.setattr(dispatching, "examine", stand_in.examine)
    monkeypatch.setattr(sending, "examine_all", stand_in.examine_all)
    return stand_in


@pytest.fixture
def provider(monkeypatch, guard):
    stand_in = FakeProvider()
    for module in (dispatching, sweep):
        monkeypatch.setattr(module, "provider_for", lambda *_: stand_in)
    monkeypatch.setattr(dispatching, "outgoing_for", written)
    return stand_in


def written(activity):
    return Outgoing(
        activity.idempotency_key, "email", "me@acme.example", "", activity.lead.email, activity.subject, activity.body
    )


@pytest.fixture
def limits():
    return Limits(timeout=2, lease=timedelta(seconds=60))


@pytest.fixture
def mailbox(customer):
    account = ProviderAccount.objects.create(agency=customer.agency, channel="email", kind="fake", name="Fake")
    return Sender.objects.create(client=customer, channel="email", address="me@acme.example", account=account)


@pytest.fixture
def queued(customer, mailbox):
    """Makes touches that are queued and due."""

    def make(count=1, **fields):
        leads = [make_lead(customer, email=f"jo{n}@example.com", first_name="Jo") for n in range(count)]
        defaults = {"state": "queued", "sender": mailbox, "subject": "Quick question", "body": "Worth 15 minutes?"}
        defaults["due_at"] = now() - timedelta(minutes=1)
        return [touch(one, **{**defaults, **fields}) for one in leads]

    return make


def send_all(claims, limits):
    """As a runner does: the guard is asked for all, then each is sent."""
    for one in screened(claims):
        send(one, limits)


def states():
    """How many touches are in each state."""
    with across_clients("operations"):
        found = list(Activity.objects.values_list("state", flat=True))
    return {state: found.count(state) for state in sorted(set(found))}


def expire(**which):
    """Let leases run out."""
    with across_clients("operations"):
        Activity.objects.filter(**which).update(claimed_until=now() - timedelta(seconds=1))
