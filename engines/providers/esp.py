"""E-mail services behind an HTTP API, by django-anymail: any of its backends, each account with credentials of its own."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.utils import parsedate_to_datetime
from functools import lru_cache
from importlib import import_module
from typing import Any

import requests
from anymail.backends.base_requests import AnymailRequestsBackend
from anymail.exceptions import (
    AnymailConfigurationError,
    AnymailError,
    AnymailRecipientsRefused,
    AnymailRequestsAPIError,
)
from anymail.message import AnymailMessage
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProxyError, SSLError

from engines.providers.contract import Absent, Accepted, Deferred, Outgoing, Refused, Result, Uncertain
from engines.providers.errors import AccountError, cut, discreet

CONNECT_SECONDS = 5.0  # as long as a lost packet is sent anew twice
# Raised before anything is connected: the account's address or key cannot be used.
UNUSABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidHeader,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
)
UNKNOWN_TO_ITSELF = frozenset({408, 409})  # timed out at the server; a key that is in use: no proof either way
ACCOUNT_AT_FAULT = frozenset({401, 402, 403})  # the key or the contract, not the message: it waits until that is mended
TOO_MANY = 429
WITHOUT_METADATA = frozenset({"postal"})
NO_SERVICES = frozenset({"base", "base_requests", "test", "console", "amazon_ses"})
TAKEN = frozenset({"sent", "queued"})


class Message(AnymailMessage):  # type: ignore[misc] # anymail has no types
    """Carries the idempotency key to backends that make a header of it."""

    idempotency_key: str = ""


class EspProvider:
    """One account at one service. A connection a message: on one that was kept open, a reset would prove nothing."""

    honours_key_for: timedelta | None = None

    def __init__(
        self,
        kind: str,
        backend: type[AnymailRequestsBackend],
        options: Mapping[str, Any],
        credentials: Mapping[str, str],
    ) -> None:
        self.name = kind
        self.credentials = tuple(credentials.values())
        self.backend = careful(backend)  # type: ignore[arg-type] # a class can be hashed
        self.arguments = {**options, **credentials}

    def send(self, outgoing: Outgoing, *, timeout: float) -> Result:
        return discreet(self.attempt(outgoing, timeout), outgoing.recipient, self.credentials)

    def attempt(self, outgoing: Outgoing, timeout: float) -> Result:
        message = self.message_of(outgoing)
        try:
            backend = self.backend(timeout=(min(CONNECT_SECONDS, timeout), timeout), **self.arguments)
            backend.send_messages([message])
        except AnymailRequestsAPIError as error:
            return of_failure(error)
        except AnymailRecipientsRefused:
            return Refused(f"{self.name} refused the recipient")
        except AnymailError as error:  # raised while the request is written
            return Refused(f"the message cannot be put to {self.name}: {cut(error)}")
        except Exception as error:  # noqa: BLE001 (anymail reads answers trustingly; whatever it trips over proves nothing)
            return Uncertain(f"the answer of {self.name} cannot be read: {type(error).__name__}")
        return self.of_status(message)

    def of_status(self, message: Message) -> Result:
        """What anymail read from an answer that it took for a good one."""
        status = message.anymail_status
        answer = status.esp_response
        # Postmark's 422 on a recipient that it does not write to any more: anymail takes it for an answer about recipients.
        if isinstance(answer, requests.Response) and not answer.ok:
            return of_answer(answer)
        if status.status is None or not status.status <= TAKEN or not isinstance(status.message_id, str):
            return Uncertain(f"the answer of {self.name} does not say what became of the message")
        return Accepted(status.message_id or message.idempotency_key)

    def look_up(self, key: str) -> Accepted | Absent | None:
        del key
        return None

    def message_of(self, outgoing: Outgoing) -> Message:
        local, _, domain = outgoing.sender.rpartition("@")
        message = Message(
            subject=outgoing.subject,
            body=outgoing.text,
            from_email=str(Address(outgoing.sender_name, local, domain)),
            to=[outgoing.recipient],
            headers=dict(outgoing.headers),
        )
        if outgoing.html:
            message.attach_alternative(outgoing.html, "text/html")
        if outgoing.metadata and self.name not in WITHOUT_METADATA:
            message.metadata = dict(outgoing.metadata)
        message.idempotency_key = outgoing.key
        return message


@lru_cache(maxsize=32)
def careful(backend: type[AnymailRequestsBackend]) -> type[AnymailRequestsBackend]:
    """The backend, following no redirects: a message goes to the address that the account names, once."""

    class Careful(backend):  # type: ignore[misc] # a class made from an argument
        def create_session(self) -> requests.Session:
            session: requests.Session = super().create_session()
            session.max_redirects = 0
            return session

    return Careful


def of_failure(error: AnymailRequestsAPIError) -> Result:
    """What an HTTP answer, or none, proves."""
    if error.response is not None:
        return of_answer(error.response)
    if isinstance(error, UNUSABLE):
        return Deferred(f"the account cannot be used: {cut(error.__cause__)}")
    if isinstance(error, requests.exceptions.ConnectTimeout) or never_connected(error):
        return Deferred("no connection to the service")
    return Uncertain(f"no answer from the service: {type(error.__cause__ or error).__name__}")


def of_answer(response: requests.Response) -> Deferred | Refused | Uncertain:
    code = response.status_code
    reason = f"the service answered {code}: {words_of(response)}"
    if code == TOO_MANY:
        return Deferred(reason, retry_after(response))
    if code in ACCOUNT_AT_FAULT:
        return Deferred(reason)
    if 400 <= code < 500 and code not in UNKNOWN_TO_ITSELF:  # noqa: PLR2004 (RFC 9110, 15.5: the request is at fault)
        return Refused(reason)
    return Uncertain(reason)


def never_connected(error: requests.RequestException) -> bool:
    """Whether the connection was refused, the name not found or the certificate not believed: no byte of it has left."""
    seen: BaseException = error.__cause__ or error  # anymail's own are raised from those of requests
    cause = seen.args[0] if seen.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    if isinstance(cause, ProxyError):
        cause = cause.original_error
    if isinstance(cause, SSLError):
        return "CERTIFICATE_VERIFY_FAILED" in str(cause)
    return isinstance(cause, NewConnectionError | ConnectTimeoutError)


def words_of(response: requests.Response) -> str:
    """The service's own words, where its answer is the JSON that all of them use for errors; never the whole answer."""
    try:
        content = response.json()
    except ValueError:
        return "without words"
    content = content if isinstance(content, dict) else {}
    said = next((content[name] for name in ("message", "Message", "error", "detail") if content.get(name)), None)
    return cut(said) if isinstance(said, str) else "without words"


def retry_after(response: requests.Response) -> float | None:
    """Seconds to wait, by RFC 9110, 10.2.3; None where the service names none that can be read."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), 86_400.0)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - datetime.now(UTC)).total_seconds(), 0.0), 86_400.0)


def build(options: Mapping[str, Any], credentials: Mapping[str, str]) -> EspProvider:
    """options: `kind`, the name of one of anymail's backends, such as mailgun; and what else that backend takes. Both are
    handed to it as keyword arguments, see anymail's documentation of the service.
    """
    own = dict(options)
    kind = str(own.pop("kind", ""))
    return checked(EspProvider(kind, backend_of(kind), own, credentials))


def backend_of(kind: str) -> type[AnymailRequestsBackend]:
    """Raises AccountError where anymail has no such service, or one that does not speak HTTP through requests."""
    found = None
    if kind.isidentifier() and kind not in NO_SERVICES:
        try:
            found = getattr(import_module(f"anymail.backends.{kind}"), "EmailBackend", None)
        except ImportError:
            found = None
    if not isinstance(found, type) or not issubclass(found, AnymailRequestsBackend):
        raise AccountError(f"there is no e-mail provider {kind!r}")
    return found


def checked(provider: EspProvider) -> EspProvider:
    """The provider, once its backend takes the account's options and credentials. Raises AccountError."""
    try:
        provider.backend(timeout=1, **provider.arguments)
    except AnymailConfigurationError as error:
        missing = re.search(f"'{provider.name.upper()}_([A-Z_]+)'", str(error))
        raise AccountError(f"{missing[1].lower()} is missing" if missing else cut(error)) from error
    except (AnymailError, TypeError, ValueError) as error:
        raise AccountError(f"an option or a credential is not understood: {cut(error)}") from error
    return provider
