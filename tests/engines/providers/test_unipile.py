"""What is Unipile's own: reading before writing, what its answers say of a person, and how an account is set up."""

import pytest

from benchmarks.standins.linkedin import person_id
from benchmarks.standins.unipile import KEY, Unipile
from engines.providers import registry
from engines.providers.contract import Accepted, Deferred, Refused, Uncertain
from engines.providers.errors import AccountError
from tests.engines.providers.cases import CASES

SEAT, NAME = "seat-1", "bob-doe"


@pytest.fixture
def stand_in():
    with Unipile() as running:
        yield running


@pytest.fixture
def provider(stand_in):
    return built(stand_in)


def built(stand_in, **options):
    return registry.build("linkedin", "unipile", {"base_url": stand_in.url, **options}, {"api_key": KEY})


def send(provider, kind, timeout=5, **metadata):
    given = {"key": "key-1", "message_type": kind, **metadata}
    return provider.send(CASES["unipile"].outgoing(text="Hello", metadata=given), timeout=timeout)


def test_an_invitation_to_a_stranger_tells_who_it_is(provider, stand_in):
    result = send(provider, "connection_request")
    assert (result, result.told) == (Accepted("invitation-1"), {"person_id": person_id(NAME)})
    assert stand_in.requests == [f"GET /api/v1/users/{NAME}", "POST /api/v1/users/invite"]


@pytest.mark.parametrize(
    ("kind", "found", "told"),
    [
        ("connection_request", "PENDING", "invited"),
        ("connection_request", "IGNORED", "withdrawn"),
        ("connection_request", "related", "accepted"),
        ("message", "PENDING", "invited"),
        ("message", "WITHDRAWN", "withdrawn"),
        ("message", "", "unconnected"),
    ],
)
def test_nothing_is_written_where_the_profile_speaks_against_it(provider, stand_in, kind, found, told):
    if found == "related":
        stand_in.world.accept(SEAT, NAME)
    elif found:
        stand_in.world.invitations[SEAT, person_id(NAME)] = found
    result = send(provider, kind)
    assert isinstance(result, Deferred)
    assert (result.told["connection"], result.retry_after, result.is_of_account) == (told, 0.0, False)
    assert stand_in.requests == [f"GET /api/v1/users/{NAME}"]


def test_who_is_known_is_not_looked_up(provider, stand_in):
    stand_in.world.accept(SEAT, NAME)
    assert send(provider, "message", person_id=person_id(NAME)).told["chat_id"] == "chat-1"
    assert isinstance(send(provider, "message", chat_id="chat-1"), Accepted)
    assert stand_in.requests == ["POST /api/v1/chats", "POST /api/v1/chats/chat-1/messages"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"object": "ChatStarted", "chat_id": None, "message_id": None}, Accepted("key-1")),
        ({"object": "ChatStarted", "chat_id": "c", "message_id": None}, Accepted("c")),
        ({"object": "Chat", "chat_id": "c", "message_id": "m"}, Uncertain),
        ({}, Uncertain),
    ],
)
def test_a_success_without_ids_is_one(provider, stand_in, monkeypatch, answer, expected):
    stand_in.world.everybody = True
    monkeypatch.setattr("benchmarks.standins.unipile.Handler.messaged", lambda *_: answer)
    result = send(provider, "message")
    assert result == expected if isinstance(expected, Accepted) else isinstance(result, expected)


def test_an_inmail_goes_over_the_api_of_the_account(stand_in):
    result = send(built(stand_in, api="sales_navigator"), "inmail")
    assert (isinstance(result, Accepted), result.told) == (True, {"chat_id": "chat-1"})
    assert (stand_in.taken[0]["kind"], stand_in.taken[0]["person"]) == ("inmail", person_id(NAME))


def test_a_profile_that_is_not_there_is_refused_and_a_seat_that_is_not_waits(provider, stand_in, monkeypatch):
    stand_in.world.unknown.add(NAME)
    assert isinstance(send(provider, "message"), Refused)
    stand_in.world.unknown.clear()
    monkeypatch.setattr(
        "benchmarks.standins.unipile.Handler.do_GET",
        lambda self: self.error(404, "resource_not_found", "Account not found"),
    )
    assert isinstance(send(provider, "message"), Deferred)


@pytest.mark.parametrize("code", [408, 429, 500, 503, 504])
def test_a_profile_that_cannot_be_read_is_no_reason_to_doubt(provider, stand_in, monkeypatch, code):
    monkeypatch.setattr("benchmarks.standins.unipile.Handler.do_GET", lambda self: self.error(code, "provider_error"))
    assert isinstance(send(provider, "connection_request"), Deferred)
    monkeypatch.setattr("benchmarks.standins.unipile.Handler.do_GET", lambda self: self.reply(200, {"provider_id": 5}))
    assert isinstance(send(provider, "connection_request"), Deferred)
    assert stand_in.taken == []


def test_a_slow_profile_leaves_no_time_to_write(provider, stand_in, monkeypatch):
    monkeypatch.setattr(
        "benchmarks.standins.unipile.Handler.do_GET",
        lambda self: (self.stand_in.released.wait(0.35), self.reply(200, {"provider_id": "ACo1"})),
    )
    assert send(provider, "connection_request", timeout=0.4) == Deferred(
        "reading the profile took so long that nothing was sent"
    )
    assert stand_in.taken == []


def test_who_it_was_is_told_although_nobody_knows_what_became_of_it(provider, stand_in):
    stand_in.mode = "reset"
    result = send(provider, "connection_request")
    assert (type(result), result.told) == (Uncertain, {"person_id": person_id(NAME)})


@pytest.mark.parametrize(
    ("options", "credentials", "reason"),
    [
        ({}, {"api_key": "k"}, "base_url is missing"),
        ({"base_url": "http://api1.unipile.com:13111"}, {"api_key": "k"}, "an https address without a path"),
        ({"base_url": "https://user@api1.unipile.com"}, {"api_key": "k"}, "an https address without a path"),
        ({"base_url": "https://api1.unipile.com:99999"}, {"api_key": "k"}, "an https address without a path"),
        ({"base_url": "https://api1.unipile.com/x"}, {"api_key": "k"}, "an https address without a path"),
        ({"base_url": "https://api1.unipile.com"}, {}, "api_key is missing"),
        ({"base_url": "https://api1.unipile.com"}, {"api_key": "kü"}, "printable ASCII"),
        ({"base_url": "https://api1.unipile.com"}, {"api_key": "k", "webhook_secret": "short"}, "at least 16"),
        ({"base_url": "https://api1.unipile.com"}, {"api_key": "k", "token": "t"}, "token is not understood"),
        ({"base_url": "https://api1.unipile.com", "api": "graph"}, {"api_key": "k"}, "api: one of classic"),
        ({"base_url": "https://api1.unipile.com", "note_length": "301"}, {"api_key": "k"}, "a number from 0 to 300"),
        (
            {"base_url": "https://api1.unipile.com", "note_length": "00003000"},
            {"api_key": "k"},
            "a number from 0 to 300",
        ),
    ],
)
def test_what_cannot_work_is_told_before_anything_is_sent(options, credentials, reason):
    with pytest.raises(AccountError, match=reason):
        registry.build("linkedin", "unipile", options, credentials)


def test_an_address_may_name_the_api(stand_in):
    assert built(stand_in, base_url=f"{stand_in.url}/api/v1/").base == f"{stand_in.url}/api/v1/"
