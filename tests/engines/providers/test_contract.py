"""Every provider keeps the same contract, whatever the other side does: what was accepted is never called refused or
deferred, what was not is never called accepted, and nothing is raised.
"""

import socket
import time

import pytest

from engines.providers import registry
from engines.providers.contract import Accepted, Deferred, Refused, Uncertain
from tests.engines.providers.cases import CASES, SECRET, outgoing

SHORT = 0.4  # seconds


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def case(request):
    return request.param


@pytest.fixture
def stand_in(case):
    with case.make() as running:
        yield running


@pytest.fixture
def provider(case, stand_in):
    return case.build(stand_in)


def test_a_message_arrives_whole(case, provider, stand_in):
    result = provider.send(case.outgoing(), timeout=5)
    assert isinstance(result, Accepted)
    assert result.message_id
    (message,) = stand_in.taken
    assert case.arrived(message) == case.whole


def test_two_messages_are_two(case, provider, stand_in):
    ids = {provider.send(case.outgoing(key=key, metadata={"key": key}), timeout=5) for key in ("key-1", "key-2")}
    assert len(stand_in.taken) == 2
    assert all(isinstance(one, Accepted) for one in ids)


def test_busy_is_deferred(case, provider, stand_in):
    stand_in.mode = "busy"
    result = provider.send(case.outgoing(), timeout=5)
    assert isinstance(result, Deferred)
    assert result.retry_after == (7.0 if case.has_retry_after else None)
    assert stand_in.taken == []


def test_a_no_is_refused(case, provider, stand_in):
    stand_in.mode = "refuse"
    assert isinstance(provider.send(case.outgoing(), timeout=5), Refused)
    assert stand_in.taken == []


def test_what_a_server_repeats_does_not_get_into_the_reason(case, provider, stand_in):
    stand_in.mode, stand_in.said = "refuse", f" <{case.recipient}> {SECRET}"
    result = provider.send(case.outgoing(), timeout=5)
    assert isinstance(result, Refused)
    assert result.reason.endswith("<[recipient]> [...]")


def test_an_account_that_is_turned_away_waits(case, provider, stand_in):
    stand_in.mode = "no_account"
    result = provider.send(case.outgoing(), timeout=5)
    assert isinstance(result, Deferred)
    assert SECRET not in result.reason
    assert stand_in.taken == []


@pytest.mark.parametrize("mode", ["fault", "reset", "garbage", "wrong"])
def test_trouble_after_it_was_accepted_is_uncertain(case, provider, stand_in, mode):
    stand_in.mode = mode
    result = provider.send(case.outgoing(), timeout=5)
    assert isinstance(result, Uncertain)
    assert SECRET not in result.reason
    assert case.recipient not in result.reason
    assert len(stand_in.taken) == 1


def test_no_answer_is_uncertain_in_time(case, provider, stand_in):
    stand_in.mode = "hang"
    begun = time.monotonic()
    assert isinstance(provider.send(case.outgoing(), timeout=SHORT), Uncertain)
    assert time.monotonic() - begun < SHORT + 1
    assert len(stand_in.taken) == 1


def test_nobody_there_is_deferred(case, stand_in):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        stand_in.port = free.getsockname()[1]
        assert isinstance(case.build(stand_in).send(case.outgoing(), timeout=SHORT), Deferred)
    assert stand_in.taken == []


def test_a_second_attempt_with_the_same_key(case, provider, stand_in):
    """One message where the provider says that it honours keys; who does not say so is not asked twice."""
    stand_in.mode = "fault"
    provider.send(case.outgoing(), timeout=5)
    stand_in.mode = "accept"
    assert isinstance(provider.send(case.outgoing(), timeout=5), Accepted)
    assert len(stand_in.taken) == (2 if provider.honours_key_for is None else 1)


def test_a_key_that_was_never_sent_is_not_found(provider):
    assert not isinstance(provider.look_up("another"), Accepted)


def test_the_console_takes_everything_and_sends_nothing(caplog):
    console = registry.build("email", "console", {}, {})
    with caplog.at_level("INFO", logger="engines.providers.console"):
        assert console.send(outgoing(), timeout=1) == Accepted("console-key-1")
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert "recipient.example" in caplog.text
    assert "bob@" not in caplog.text
    with caplog.at_level("DEBUG", logger="engines.providers.console"):
        console.send(outgoing(), timeout=1)
    assert "To: bob@recipient.example" in caplog.text
