"""SMTP (RFC 5321): what a broken conversation proves depends on how far it came.

Nothing is accepted before the line with a single dot that ends the message has left. Until then every failure is proof that
nothing was; after it, only the server's own answer is.
"""

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Self

from engines.message import is_international, mime
from engines.providers.contract import Absent, Accepted, Deferred, Outgoing, Refused, Result, Uncertain
from engines.providers.errors import AccountError, cut, discreet
from engines.providers.servers import SUBMISSION, Server, mailbox_of, server_of

PORTS = SUBMISSION
OPTIONS = ("host", "port", "security", "imap_host", "imap_port", "imap_security")
CREDENTIALS = ("username", "password", "imap_username", "imap_password")
READY, DONE = 354, 250
QUIT_SECONDS = 1.0  # the message is accepted by then; saying goodbye is a courtesy


class _NotAcceptedError(Exception):
    """The server's own no, or a failure before the message was whole; carries the answer."""

    def __init__(self, answer: Refused | Deferred) -> None:
        super().__init__(answer.reason)
        self.answer = answer


class SmtpProvider:
    """Opens a connection a message: one that was kept open may be dead, and what was lost on it proves nothing."""

    name = "smtp"
    honours_key_for: timedelta | None = None

    def __init__(self, server: Server) -> None:
        self.server = server

    def send(self, outgoing: Outgoing, *, timeout: float) -> Result:
        credentials = (self.server.username, self.server.password)
        return discreet(self.attempt(outgoing, timeout), outgoing.recipient, credentials)

    def attempt(self, outgoing: Outgoing, timeout: float) -> Result:
        try:
            content = _dotted(mime(outgoing, format_datetime(datetime.now(UTC))))
        except (ValueError, UnicodeError) as error:
            return Refused(f"no e-mail can be made of it: {cut(error)}")
        try:
            with _Conversation(self.server, outgoing, timeout) as conversation:
                conversation.greet()
                conversation.offer(outgoing)
                conversation.say(content)
                return conversation.finish()
        except _NotAcceptedError as error:
            return error.answer

    def look_up(self, key: str) -> Accepted | Absent | None:
        del key
        return None


class _Conversation:
    """One SMTP session within a deadline."""

    def __init__(self, server: Server, outgoing: Outgoing, timeout: float) -> None:
        self.server = server
        self.until = time.monotonic() + timeout
        # Without a name, smtplib asks the resolver for the machine's own, with no time-out.
        self.name = outgoing.sender.rpartition("@")[2]
        self.message_id = outgoing.headers.get("Message-ID", outgoing.key).strip("<>")
        self.smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        with self._before_the_dot("connecting"):
            host, port, left = self.server.host, self.server.port, self._left()
            if self.server.security == "tls":
                context = ssl.create_default_context()
                self.smtp = smtplib.SMTP_SSL(host, port, self.name, timeout=left, context=context)
            else:
                self.smtp = smtplib.SMTP(host, port, self.name, timeout=left)
            if self.smtp.sock is not None:
                # Else the dot, written apart from the message, waits for the server's delayed acknowledgement: 40 ms.
                self.smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self

    def __exit__(self, *_: object) -> None:
        if self.smtp is None:
            return
        with suppress(OSError, smtplib.SMTPException):
            if self.smtp.sock is not None:
                self.smtp.sock.settimeout(QUIT_SECONDS)
                self.smtp.quit()
        self.smtp.close()

    def greet(self) -> None:
        with self._before_the_dot("signing in") as smtp:
            smtp.ehlo_or_helo_if_needed()
            if self.server.security == "starttls":
                smtp.starttls(context=ssl.create_default_context())
                smtp.ehlo()
            if self.server.username:
                smtp.login(self.server.username, self.server.password)

    def offer(self, outgoing: Outgoing) -> None:
        """The envelope: from whom, to whom, and whether the message may follow."""
        with self._before_the_dot("naming the recipient") as smtp:
            options: list[str] = []
            if is_international(outgoing):
                if not smtp.has_extn("smtputf8"):
                    raise _NotAcceptedError(Refused("the server takes no addresses outside ASCII (SMTPUTF8)"))
                options = ["SMTPUTF8"]
            _expect_done("the sender", smtp.mail(outgoing.sender, options))
            _expect_done("the recipient", smtp.rcpt(outgoing.recipient))
            code, text = smtp.docmd("DATA")
            if code != READY:
                raise _NotAcceptedError(_no("the message", code, text))

    def say(self, content: bytes) -> None:
        """Everything but the dot that ends it."""
        with self._before_the_dot("handing the message over") as smtp:
            smtp.send(content)

    def finish(self) -> Result:
        """The dot, and the server's answer to it; from here on only that proves anything."""
        assert self.smtp is not None  # noqa: S101 (entered)
        try:
            if self.smtp.sock is not None:
                self.smtp.sock.settimeout(self._left())
            self.smtp.send(b".\r\n")
            code, text = self.smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            return Uncertain(f"the server was lost after the whole message had left: {cut(error)}")
        if code == DONE:
            return Accepted(self.message_id)
        if 400 <= code < 600:  # noqa: PLR2004 (RFC 5321, 4.2.1: it has not taken the message)
            return _no("the message", code, text)
        return Uncertain(f"the server answered to the message with {_said(code, text)}")

    @contextmanager
    def _before_the_dot(self, doing: str) -> Iterator[smtplib.SMTP]:
        if self.smtp is not None and self.smtp.sock is not None:
            self.smtp.sock.settimeout(self._left())
        try:
            yield self.smtp  # type: ignore[misc] # None only while connecting, which does not use it
        except smtplib.SMTPAuthenticationError as error:
            # The account is at fault, not the message: it waits until somebody mends the account.
            raise _NotAcceptedError(Deferred(f"signing in failed: {cut(error)}")) from error
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise _NotAcceptedError(Deferred(f"{doing} failed: {cut(error)}")) from error

    def _left(self) -> float:
        """Seconds until the deadline; never 0, which would mean not to wait at all."""
        return max(self.until - time.monotonic(), 0.01)


def _expect_done(what: str, answer: tuple[int, bytes]) -> None:
    code, text = answer
    if not 200 <= code < 300:  # noqa: PLR2004 (RFC 5321, 4.2.1: done)
        raise _NotAcceptedError(_no(what, code, text))


def _no(what: str, code: int, text: bytes) -> Refused | Deferred:
    reason = f"the server refused {what}: {_said(code, text)}"
    return Refused(reason) if 500 <= code < 600 else Deferred(reason)  # noqa: PLR2004 (RFC 5321: for good)


def _said(code: int, text: bytes) -> str:
    return cut(f"{code} {text.decode('utf-8', 'replace')}")


def _dotted(content: bytes) -> bytes:
    """RFC 5321, 4.5.2: a line that begins with a dot gets another; and the last line is ended."""
    content = re.sub(rb"(?m)^\.", b"..", content)
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def build(options: Mapping[str, Any], credentials: Mapping[str, str]) -> SmtpProvider:
    """options: `host`, `port`, `security` (`starttls` if not given). credentials: `username` and `password`, if any. Where
    replies are read from a mailbox (`mailbox_of`), its options are among them, and are checked here.
    """
    for what, given, known in (("option", options, OPTIONS), ("credential", credentials, CREDENTIALS)):
        if unknown := sorted(set(given) - set(known)):
            raise AccountError(f"there is no {what} {cut(unknown[0])!r}; what there is: {', '.join(known)}")
    mailbox_of(options, credentials)
    return SmtpProvider(server_of(options, PORTS, credentials.get("username", ""), credentials.get("password", "")))
