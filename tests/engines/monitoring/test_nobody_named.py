"""What comes back from a person goes through the log without the person, whether it is understood or breaks."""

import logging
from datetime import timedelta

import pytest
from django.utils.timezone import now

from conversion import logs
from conversion.models import Sender
from engines.inbound import arrivals
from engines.inbound.arrivals import Arrival
from tests.factories import lead, touch

pytestmark = pytest.mark.django_db(transaction=True)
SECRETS = ("josephine", "doe", "jo@nowhere.example", "0412 345 678", "not interested")


@pytest.fixture
def lines():
    """All lines that were written meanwhile, as they would stand in the log."""
    found = []

    class Keep(logging.Handler):
        def emit(self, record):
            found.append(self.format(record))

    keep = Keep()
    keep.setFormatter(logs.Json())
    keep.addFilter(logs.Ids())
    root = logging.getLogger()
    level = root.level
    root.addHandler(keep)
    root.setLevel(logging.DEBUG)
    yield found
    root.removeHandler(keep)
    root.setLevel(level)


@pytest.fixture
def reply(customer):
    sender = Sender.objects.create(client=customer, channel="email", address="me@acme.example")
    person = lead(
        customer, email="jo@nowhere.example", email_key="jo@nowhere.example", first_name="Josephine", last_name="Doe"
    )
    touch(person, sender=sender, sent_at=now() - timedelta(days=1), provider_message_id="m-1", dispatched_at=now())

    def make(key):
        return Arrival(
            source="imap", key=key, kind="replied", occurred_at=now(), client_id=customer.pk, channel="email",
            person="jo@nowhere.example", ours="me@acme.example", subject="Re: Hello",
            text="Not interested, call me on 0412 345 678. Josephine Doe",
        )  # fmt: skip

    return make


def named(lines):
    return [line for line in lines if any(secret in line.casefold() for secret in SECRETS)]


def test_a_reply_that_is_understood(reply, lines):
    assert arrivals.take(reply("r-1")) == "done"
    logging.getLogger("tests").warning("the end")
    assert lines
    assert named(lines) == []


def test_one_that_breaks(reply, lines, monkeypatch):
    def broken(arrival, *_):
        raise ValueError(f"cannot understand {arrival.person}")

    monkeypatch.setattr(arrivals, "settled", broken)
    arrivals.take(reply("r-2"))
    assert any("broke" in line for line in lines)
    assert [line for line in lines if "jo@nowhere.example" in line] == []
