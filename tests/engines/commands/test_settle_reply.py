"""The queue of replies that nobody was found for, on a command line."""

import json
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from conversion.models import InboundMessage
from engines.inbound.arrivals import take
from tests.engines.inbound.coming import *  # noqa: F403 (fixtures)
from tests.engines.inbound.coming import arrival, kinds
from tests.factories import lead as make_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(capsys):
    def run(*words, **options):
        call_command("settle_reply", *words, **options)
        return capsys.readouterr().out.strip()

    return run


@pytest.fixture
def message(sent, account):
    take(
        arrival(
            "replied",
            account,
            text="Sounds great,\nlet's talk." + " x" * 100,
            person="who@nowhere.example",
            ours="ann@acme.example",
        )
    )
    return InboundMessage.objects.get()


def test_an_empty_queue(told, db):
    assert told() == "Nothing waits for a person."
    assert json.loads(told(json=True)) == []


def test_the_queue(told, message, twin):
    line = told()
    assert line.startswith(
        f"{message.pk}  2026-11-16 11:00  Acme  email replied positive  from who@nowhere.example: Sounds"
    )
    assert line.endswith("...")
    (document,) = json.loads(told(json=True))
    assert (document["id"], document["client"], document["reading"]) == (str(message.pk), "acme", "positive")
    assert told(client="beta") == "Nothing waits for a person."


def test_nothing_that_a_terminal_would_obey(told, account, sent):
    fields = {"person": "a\x1b[1A@b.example", "ours": "ann@acme.example"}
    take(arrival("replied", account, text="Hi\x1b]0;x\x07\u202e\u009b2J", **fields))
    assert told().endswith("from a?[1A@b.example: Hi?]0;x???2J")


def test_whose_it_is(told, message, sent, customer):
    assert told(str(message.pk), client="acme", lead="bob@recipient.example") == "The message is settled."
    assert kinds(customer) == ["positive_reply", "replied"]
    assert told() == "Nothing waits for a person."


def test_nobodys(told, message, customer):
    assert json.loads(told(str(message.pk), dismiss=True, json=True))["state"] == "dismissed"
    assert kinds(customer) == []


@pytest.mark.parametrize(
    ("words", "options", "reason"),
    [
        (["{id}"], {}, "Say whose it is"),
        (["{id}"], {"lead": "bob@recipient.example"}, "Say whose it is"),
        ([], {"dismiss": True}, "Say which message"),
        ([str(uuid4())], {"dismiss": True}, "There is no message"),
        (["{id}"], {"client": "beta", "lead": "bob@recipient.example"}, "did not come to Beta"),
        (["{id}"], {"client": "acme", "lead": "two@recipient.example"}, "has 2 leads that go by"),
        (["{id}"], {"client": "acme", "lead": "no@recipient.example"}, "has 0 leads that go by"),
        (["{id}"], {"client": "nobody", "lead": "bob@recipient.example"}, "nobody"),
    ],
)
def test_what_cannot_be_settled(told, message, twin, customer, words, options, reason):
    for _ in range(2):
        make_lead(customer, email="two@recipient.example", email_key="two@recipient.example")
    with pytest.raises(CommandError, match=reason) as raised:
        told(*[word.format(id=message.pk) for word in words], **options)
    assert raised.value.returncode == 2
    assert InboundMessage.objects.get().state == "unmatched"
    assert kinds(customer) == kinds(twin.client) == []


def test_settled_twice(told, message, sent):
    told(str(message.pk), dismiss=True)
    with pytest.raises(CommandError, match="dismissed already"):
        told(str(message.pk), client="acme", lead="bob@recipient.example")
