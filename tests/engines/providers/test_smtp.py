"""How far a conversation came decides what its end proves."""

import pytest

from engines.message import mime
from engines.providers import smtp
from engines.providers.contract import Accepted, Deferred, Refused, Uncertain
from engines.providers.errors import AccountError
from tests.engines.providers.cases import CASES, SECRET, outgoing
from tests.engines.providers.standins import MailServer

BEFORE_THE_DOT = ["CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"]


@pytest.fixture
def server():
    with MailServer() as running:
        yield running


def send(server, timeout=5.0, **fields):
    return CASES["smtp"].build(server).send(outgoing(**fields), timeout=timeout)


@pytest.mark.parametrize("at", BEFORE_THE_DOT)
def test_before_the_dot_a_lost_connection_proves_that_nothing_was_accepted(server, at):
    server.mode, server.at = "reset", at
    assert isinstance(send(server), Deferred)
    assert server.taken == []


@pytest.mark.parametrize("at", ["CONNECT", "EHLO", "DATA"])
def test_before_the_dot_silence_proves_it_too(server, at):
    server.mode, server.at = "hang", at
    assert isinstance(send(server, timeout=0.3), Deferred)
    assert server.taken == []


@pytest.mark.parametrize("at", [*BEFORE_THE_DOT, "."])
def test_come_back_later_is_deferred_wherever_it_is_said(server, at):
    server.mode, server.at = "busy", at
    assert isinstance(send(server), Deferred)
    assert server.taken == []


@pytest.mark.parametrize("at", ["MAIL", "RCPT", "DATA", "."])
def test_a_no_to_the_message_is_for_good(server, at):
    server.mode, server.at = "refuse", at
    assert send(server) == Refused(
        {
            "MAIL": "the server refused the sender: 550 5.1.1 nobody here",
            "RCPT": "the server refused the recipient: 550 5.1.1 nobody here",
            "DATA": "the server refused the message: 550 5.1.1 nobody here",
            ".": "the server refused the message: 550 5.1.1 nobody here",
        }[at]
    )
    assert server.taken == []


@pytest.mark.parametrize("at", ["CONNECT", "AUTH"])
def test_a_no_to_us_leaves_the_message_waiting(server, at):
    server.mode, server.at = "refuse", at
    assert isinstance(send(server), Deferred)


@pytest.mark.parametrize("mode", ["fault", "reset", "garbage", "wrong"])
def test_after_the_dot_only_the_answer_counts(server, mode):
    server.mode = mode
    assert isinstance(send(server), Uncertain)
    assert len(server.taken) == 1


def test_a_connection_lost_at_the_farewell_changes_nothing(server):
    server.mode, server.at = "reset", "QUIT"
    assert send(server) == Accepted("key-1@sender.example")


def test_the_envelope_and_the_sign_in(server):
    send(server)
    assert server.requests[0] == "ehlo sender.example"
    assert server.requests[1].startswith("AUTH PLAIN ")
    assert server.requests[2:] == [
        "mail FROM:<ann@sender.example>",
        "rcpt TO:<bob@recipient.example>",
        "DATA",
        "quit",
    ]
    (mail,) = server.taken
    assert str(mail["from"]) == "Ann Müller <ann@sender.example>"
    assert str(mail["to"]) == "bob@recipient.example"
    assert mail["headers"]["Date"].datetime.tzinfo is not None


def test_international_addresses_need_a_server_that_takes_them(server):
    assert send(server, recipient="jürgen@recipient.example") == Refused(
        "the server takes no addresses outside ASCII (SMTPUTF8)"
    )
    server.extensions = ("8BITMIME", "SMTPUTF8", "AUTH PLAIN")
    assert isinstance(send(server, recipient="jürgen@recipient.example"), Accepted)
    assert "rcpt TO:<jürgen@recipient.example>" in server.requests
    assert str(server.taken[0]["to"]) == "jürgen@recipient.example"


def test_without_tls_where_it_was_asked_for_nothing_is_said(server):
    options = {"host": "127.0.0.1", "port": server.port, "security": "starttls"}
    result = smtp.build(options, {"username": "ann", "password": SECRET}).send(outgoing(), timeout=5)
    assert result == Deferred("signing in failed: STARTTLS extension not supported by server.")
    assert not any(request.startswith("AUTH") for request in server.requests)


def test_lines_on_the_wire_are_short_and_ascii():
    content = mime(outgoing(text="x" * 5000 + "\nÜber\n", subject="Ü" * 300))
    assert max(len(line) for line in content.split(b"\r\n")) <= 100
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    ("options", "credentials", "reason"),
    [
        ({}, {}, "the option host is missing"),
        (
            {"host": "mail.example", "security": "ssl"},
            {},
            "the option security is 'ssl', not one of starttls, tls, none",
        ),
        ({"host": "mail.example", "port": "smtp"}, {}, "the option port is no number"),
        (
            {"host": "mail.example", "security": "none"},
            {"username": "ann"},
            "a password does not travel unencrypted: set the option security to starttls or tls",
        ),
    ],
)
def test_accounts_that_cannot_work_are_refused(options, credentials, reason):
    with pytest.raises(AccountError) as error:
        smtp.build(options, credentials)
    assert str(error.value) == reason


def test_ports():
    assert [smtp.build({"host": "mail.example", "security": name}, {}).server.port for name in smtp.PORTS] == [
        587,
        465,
        25,
    ]
