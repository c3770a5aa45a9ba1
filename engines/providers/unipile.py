"""LinkedIn through Unipile (unipile.com): invitations, new chats, messages in chats, InMails.

A send looks before it writes: reading a profile accepts nothing, gives the person's id, and tells whether they are connected or
an invitation is out. Where that speaks against the send, nothing is written; the answer is `Deferred` with what was found, and
the guard decides anew. Unipile knows no idempotency keys, so a write that is not answered clearly stays uncertain.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from conversion.vocabulary import ConnectionState, MessageType
from engines.linkedin_text import note_limit
from engines.message import MessageError
from engines.providers.contract import Absent, Accepted, Deferred, Outgoing, Refused, Result, Uncertain
from engines.providers.errors import AccountError, discreet
from engines.providers.esp import CONNECT_SECONDS, UNUSABLE, never_connected, of_answer

OPTIONS = frozenset({"base_url", "api", "note_length"})
CREDENTIALS = frozenset({"api_key", "webhook_secret"})
APIS = ("classic", "sales_navigator", "recruiter")  # of LinkedIn, over which InMails go
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SHORTEST_SECRET = 16  # characters
LIMIT_SECONDS = 3600.0  # until a touch is tried again whose seat LinkedIn has slowed down; it names no time
WRITE_SHARE = 0.25  # of the time for a send that must be left for the write, once the profile was read

# What Unipile's 422 says by `type` (developer.unipile.com, "Send an invitation", "Start a new chat"): of the person,
FOUND = {
    "already_connected": ConnectionState.ACCEPTED,
    "already_invited_recently": ConnectionState.INVITED,
    "action_already_performed": ConnectionState.INVITED,
    "no_connection_with_recipient": ConnectionState.UNCONNECTED,
}
# of LinkedIn's limits on the seat,
LIMITED = frozenset({"cannot_resend_yet", "cannot_resend_within_24hrs", "limit_exceeded", "insufficient_credits"})
# of the account,
AT_FAULT = frozenset({"invalid_account", "account_configuration_error", "realtime_client_not_initialized"})
# and what says neither yes nor no.
UNCLEAR = frozenset({"provider_unreachable"})
UNPROCESSABLE, NOT_FOUND = 422, 404


class UnipileProvider:
    """One subscription, whose seats are the senders' addresses. A connection a call: on one that was kept open, a reset would
    prove nothing.
    """

    name = "unipile"
    honours_key_for: timedelta | None = None

    def __init__(self, base_url: str, api_key: str, api: str = "classic") -> None:
        self.base, self.api_key, self.api = f"{base_url}/api/v1/", api_key, api

    def send(self, outgoing: Outgoing, *, timeout: float) -> Result:
        return discreet(self.attempt(outgoing, timeout), outgoing.recipient, (self.api_key,))

    def look_up(self, key: str) -> Accepted | Absent | None:
        del key
        return None

    def attempt(self, outgoing: Outgoing, timeout: float) -> Result:
        end, known = time.monotonic() + timeout, outgoing.metadata
        kind = MessageType(known.get("message_type", MessageType.MESSAGE))
        if kind is MessageType.MESSAGE and (chat := known.get("chat_id")):
            parts = [("account_id", outgoing.sender), ("text", outgoing.text)]
            return self.write(outgoing, f"chats/{quote(chat, safe='')}/messages", end, {}, files=multipart(parts))
        told: dict[str, str] | Result
        if kind is MessageType.MESSAGE and (person := known.get("person_id")):
            told = {"person_id": person}
        else:
            told = self.person(outgoing, kind, end)
        if not isinstance(told, dict):
            return told
        if end - time.monotonic() < WRITE_SHARE * timeout:
            return Deferred("reading the profile took so long that nothing was sent")
        if kind is MessageType.CONNECTION_REQUEST:
            invitation = {"provider_id": told["person_id"], "account_id": outgoing.sender}
            content = invitation | ({"message": outgoing.text} if outgoing.text else {})
            return self.write(outgoing, "users/invite", end, told, json=content)
        return self.write(outgoing, "chats", end, told, files=multipart(self.chat(outgoing, kind, told["person_id"])))

    def chat(self, outgoing: Outgoing, kind: MessageType, person: str) -> list[tuple[str, str]]:
        parts = [("account_id", outgoing.sender), ("attendees_ids", person), ("text", outgoing.text)]
        if kind is MessageType.INMAIL:
            parts += [("subject", outgoing.subject)] if outgoing.subject else []
            parts += [("linkedin[api]", self.api), ("linkedin[inmail]", "true")]
        return parts

    def person(self, outgoing: Outgoing, kind: MessageType, end: float) -> dict[str, str] | Result:
        """The person's id, as `told`; or why nothing is sent. Only a read: whatever goes wrong, nothing was accepted."""
        query = {"account_id": outgoing.sender}
        if kind is MessageType.INMAIL and self.api != "classic":
            query["linkedin_api"] = self.api
        try:
            response = self.call("GET", f"users/{quote(outgoing.recipient, safe='')}", end, params=query)
            content = json_of(response)
        except requests.RequestException as error:
            return Deferred(f"the profile could not be read: {type(error).__name__}")
        if not response.ok:
            result = of_refusal(response)
            return (
                Deferred(f"the profile could not be read: {result.reason}") if isinstance(result, Uncertain) else result
            )
        person = content.get("provider_id")
        if not isinstance(person, str) or not person:
            return Deferred("the profile could not be read: it names no id")
        return permitted(kind, standing(content), {"person_id": person})

    def write(self, outgoing: Outgoing, path: str, end: float, told: dict[str, str], **content: Any) -> Result:
        headers = {"X-Request-Id": outgoing.key}  # nobody promises anything of it; it ties logs together
        told = told if self.keeps(outgoing) else {}
        try:
            response = self.call("POST", path, end, headers, **content)
            answer = json_of(response)
        except UNUSABLE as error:
            return Deferred(f"the account cannot be used: {type(error).__name__}")
        except requests.RequestException as error:
            if isinstance(error, requests.ConnectTimeout) or never_connected(error):
                return Deferred("no connection to the service")
            return Uncertain(f"no answer from the service: {type(error).__name__}", told)
        if response.ok:
            return accepted(answer, outgoing.key, told)
        if response.status_code == NOT_FOUND and path.startswith("chats/"):
            return Deferred("the chat is not there any more", 0.0, is_of_account=False, told={"chat_id": ""})
        result = of_refusal(response)
        return replace(result, told=told) if isinstance(result, Uncertain) else result

    def keeps(self, outgoing: Outgoing) -> bool:
        """Whether the ids of this send serve others: those of Sales Navigator and Recruiter are of their own kind."""
        return self.api == "classic" or outgoing.metadata.get("message_type") != MessageType.INMAIL

    def call(self, method: str, path: str, end: float, headers: Mapping[str, str] | None = None, **what: Any) -> Any:
        left = max(end - time.monotonic(), 0.05)
        return requests.request(
            method,
            self.base + path,
            headers={"X-API-KEY": self.api_key, "Accept": "application/json", **(headers or {})},
            timeout=(min(CONNECT_SECONDS, left), left),
            allow_redirects=False,
            **what,
        )


def multipart(parts: list[tuple[str, str]]) -> list[tuple[str, tuple[None, str]]]:
    return [(name, (None, value)) for name, value in parts]


def json_of(response: requests.Response) -> dict[str, Any]:
    """The answer's JSON object; empty where it is none."""
    try:
        content = response.json()
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def accepted(answer: Mapping[str, Any], key: str, told: Mapping[str, str]) -> Result:
    """What a 2xx proves. The ids of a message and its chat may be null where LinkedIn is slow to tell them."""
    kind = answer.get("object")
    names = {
        "UserInvitationSent": ("invitation_id",),
        "ChatStarted": ("message_id", "chat_id"),
        "MessageSent": ("message_id",),
    }
    if kind not in names:
        return Uncertain("the answer of unipile does not say what became of the message", told)
    ids = [answer[name] for name in names[kind] if isinstance(answer.get(name), str) and answer[name]]
    chat = answer.get("chat_id")
    more = {"chat_id": chat} if isinstance(chat, str) and chat else {}
    return Accepted(ids[0] if ids else key, {**told, **more})


def standing(profile: Mapping[str, Any]) -> ConnectionState | None:
    """How the seat stands to the person, by the profile; None where it does not say."""
    if profile.get("is_relationship") is True:
        return ConnectionState.ACCEPTED
    invitation = profile.get("invitation")
    if isinstance(invitation, Mapping) and invitation.get("type") == "SENT":
        return ConnectionState.INVITED if invitation.get("status") == "PENDING" else ConnectionState.WITHDRAWN
    return ConnectionState.UNCONNECTED if profile.get("is_relationship") is False else None


def permitted(kind: MessageType, state: ConnectionState | None, told: dict[str, str]) -> dict[str, str] | Deferred:
    """What is told of somebody to whom the seat stands so, where an invitation, a message or an InMail may go there; else why
    not. The invitation itself changes how it stands, so nothing is told of that.
    """
    if kind is MessageType.CONNECTION_REQUEST:
        return told if state in {None, ConnectionState.UNCONNECTED} else learnt(ConnectionState(state), told)
    if state is None:
        return told
    if kind is MessageType.MESSAGE and state is not ConnectionState.ACCEPTED:
        return learnt(state, told)
    return {**told, "connection": state.value}


def learnt(state: ConnectionState, told: Mapping[str, str]) -> Deferred:
    """Nothing was sent, and the guard is asked again at once, with what is known now."""
    return Deferred(
        f"the provider says: {state.value}", 0.0, is_of_account=False, told={**told, "connection": state.value}
    )


def of_refusal(response: requests.Response) -> Deferred | Refused | Uncertain:
    """What an answer that is no success proves of a write."""
    result, content = of_answer(response), json_of(response)
    if response.status_code == NOT_FOUND and "account" in f"{content.get('title')} {content.get('detail')}".casefold():
        return Deferred(result.reason)  # the seat, not the person
    if response.status_code != UNPROCESSABLE:
        return result
    kind = str(content.get("type", "")).removeprefix("errors/")
    if kind in FOUND:
        return learnt(FOUND[kind], {})
    if kind in LIMITED:
        return Deferred(result.reason, LIMIT_SECONDS, is_of_account=False)
    if kind in AT_FAULT:
        return Deferred(result.reason)
    return Uncertain(result.reason) if kind in UNCLEAR else result


def build(options: Mapping[str, Any], credentials: Mapping[str, str]) -> UnipileProvider:
    """options: `base_url`, the subscription's address (its DSN); `api`, over which InMails go; `note_length`, of an invitation.
    credentials: `api_key`; `webhook_secret`, without which no webhook is believed. Raises AccountError.
    """
    for given, allowed in ((options, OPTIONS), (credentials, CREDENTIALS)):
        if unknown := sorted(set(given) - allowed):
            raise AccountError(f"{unknown[0]} is not understood; there is {', '.join(sorted(allowed))}")
    key, secret, api = credentials.get("api_key", ""), credentials.get("webhook_secret"), options.get("api", "classic")
    if not key or not (key.isascii() and key.isprintable()):
        raise AccountError("api_key is missing" if not key else "api_key: printable ASCII characters are wanted")
    if secret is not None and (len(secret) < SHORTEST_SECRET or not secret.isascii()):
        raise AccountError(f"webhook_secret: at least {SHORTEST_SECRET} ASCII characters are wanted")
    if api not in APIS:
        raise AccountError(f"api: one of {', '.join(APIS)}")
    try:
        note_limit(options)
    except MessageError as error:
        raise AccountError(str(error)) from error
    return UnipileProvider(address(str(options.get("base_url", ""))), key, api)


def address(text: str) -> str:
    if not text:
        raise AccountError("base_url is missing: the subscription's address, such as https://api1.unipile.com:13111")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    del port
    is_safe = host is not None and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))
    if not is_safe or parts.username or parts.query or parts.fragment or parts.path.strip("/") not in {"", "api/v1"}:
        raise AccountError("base_url: an https address without a path is wanted")
    return f"{parts.scheme}://{parts.netloc}"
