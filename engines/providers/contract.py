"""What a provider is to the outbox: a message goes out, and one of four answers comes back.

The four answers are told apart by one question: is there proof that nothing was accepted? Only a `Deferred` says so and may be
tried again; a `Refused` is the provider's definite no; whatever proves neither a yes nor a no is `Uncertain`, and is never sent
again blindly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True)
class Outgoing:
    """One message, ready to go. `key` is the idempotency key: it stands on the row before the first byte leaves. `callback`:
    our own address, at which the provider may report what becomes of it; empty where it cannot be told one.
    """

    key: str
    channel: str
    sender: str
    sender_name: str
    recipient: str
    subject: str
    text: str
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    callback: str = ""


@dataclass(frozen=True)
class Accepted:
    """The provider took the message; `message_id` is its own name for it. told: what it said of the person beside that, where
    the channel keeps it (`engines.acquaintance.learned`).
    """

    message_id: str
    told: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Refused:
    """The provider's definite no: nothing was accepted, and the same message will be refused again. opted_out: because the
    person told the provider to let nothing through any more.
    """

    reason: str
    opted_out: bool = False


@dataclass(frozen=True)
class Deferred:
    """Proof that nothing was accepted (429, a connection refused before bytes left): it may be tried again, after
    `retry_after` seconds where the provider names them. is_of_account: the account's other messages wait as well. told: as
    with `Accepted`.
    """

    reason: str
    retry_after: float | None = None
    is_of_account: bool = True
    told: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Uncertain:
    """Anything else: a time-out, a reset, an answer that cannot be read. Nobody knows whether it was accepted. told: as with
    `Accepted`.
    """

    reason: str
    told: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Absent:
    """The provider looked, and never accepted a message with this key."""


Result = Accepted | Refused | Deferred | Uncertain


class Provider(Protocol):
    """Sends one message within a call. `honours_key_for`: within this window after the first attempt, a second one with the
    same key is not a second message; None where the provider knows no keys.
    """

    name: str
    honours_key_for: timedelta | None

    def send(self, outgoing: Outgoing, *, timeout: float) -> Result:
        """Send within `timeout` seconds; trouble at the provider or on the way is an answer, never an exception."""
        ...

    def look_up(self, key: str) -> Accepted | Absent | None:
        """What became of the message with this key; None: the provider cannot tell."""
        ...
