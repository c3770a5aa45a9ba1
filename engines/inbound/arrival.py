"""The one shape of what providers, mailboxes and calendars tell us."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

from conversion.models import Callback, ProviderAccount

# No event is older: whoever says so has its clock wrong.
OLDEST = timedelta(days=3650)
TEXT = 100_000  # characters of a reply that are kept
LINE = 1000  # of anything else
REFERENCES = 50


class Taken(StrEnum):
    """What became of an arrival. done: recorded. known: it had come before. waiting: it names a touch that we have not
    confirmed yet; the poll tries again. unmatched: a reply or a booking of nobody that is known; a person settles it. ignored:
    stored, and nothing follows from it.
    """

    DONE = "done"
    KNOWN = "known"
    WAITING = "waiting"
    UNMATCHED = "unmatched"
    IGNORED = "ignored"


@dataclass(frozen=True)
class Arrival:
    """One thing that came back.

    source: who tells it, such as twilio, resend or imap. key: its own id of the event, else a digest of what stays the same
    when it is repeated; together they are unique for the account. kind: a word of ArrivalKind. occurred_at: aware; None where
    it does not say. account, client_id: through which it came; one of them is given. idempotency_key, message_id: our own and
    the provider's name of the touch. person, ours: the address, number or profile that it came from, and the one of ours that
    it came to. references: Message-IDs of In-Reply-To and References. details, JSON: `headers` of a reply (as
    `engines.inbound.classify` reads them), `permanent` of a bounce (taken for true where it is missing), `reason` in words
    (bounced, failed), `url` and `user_agent` (opened, clicked), `outcome` and `duration_seconds` (call_completed), `person_id`
    (invitation_accepted).
    """

    source: str
    key: str
    kind: str
    occurred_at: datetime | None
    account: ProviderAccount | None = None
    client_id: UUID | None = None
    idempotency_key: str = ""
    message_id: str = ""
    person: str = ""
    ours: str = ""
    channel: str = ""
    subject: str = ""
    text: str = ""
    references: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


def digest(arrival: Arrival) -> str:
    """64 hexadecimal digits that name the arrival on this server, and tell nothing of it."""
    scope = arrival.account.pk if arrival.account else arrival.client_id
    parts = (arrival.source, str(scope), arrival.key)
    return sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def cleaned(arrival: Arrival, at: datetime) -> Arrival:
    """The arrival as a database takes it: no NULs, no halves of surrogate pairs, nothing without end; and with a moment that
    can be: `at`, the present one, where it says none, a later one or one of long ago.
    """
    moment = arrival.occurred_at
    if moment is None or not at - OLDEST <= moment <= at:
        moment = at
    lines = ("source", "kind", "idempotency_key", "message_id", "person", "ours", "channel", "subject")
    told: dict[str, Any] = {name: storable(getattr(arrival, name))[:LINE] for name in lines}
    return replace(
        arrival,
        occurred_at=moment,
        text=storable(arrival.text)[:TEXT],
        references=tuple(storable(one)[:LINE] for one in arrival.references[-REFERENCES:]),
        details=clean_json(dict(arrival.details)),
        **told,
    )


def storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def clean_json(value: Any, depth: int = 0) -> Any:
    """Texts made storable and cut; whatever is nested deeper than details are goes."""
    if isinstance(value, str):
        return storable(value)[:LINE]
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, Mapping) and depth < 3:  # noqa: PLR2004 (details, headers, one more)
        return {storable(str(name))[:LINE]: clean_json(one, depth + 1) for name, one in value.items()}
    return storable(str(value))[:LINE]


def payload_of(arrival: Arrival) -> dict[str, Any]:
    """What is needed to try it again, as JSON; account and client stand beside it."""
    kept = asdict(replace(arrival, account=None, client_id=None))
    return kept | {"occurred_at": arrival.occurred_at and arrival.occurred_at.isoformat()}


def arrival_of(callback: Callback) -> Arrival:
    """The arrival that is waiting there."""
    content = {name: value for name, value in callback.payload.items() if name not in {"account", "client_id"}}
    content["references"] = tuple(content.get("references", ()))
    content["occurred_at"] = callback.occurred_at
    return Arrival(**content, account=callback.account, client_id=callback.client_id)
