"""One test message through a sender's own account: whether it can send at all, before it writes to a lead.

A test is no touch: it belongs to no lead, is counted by nobody, and learning never sees it. It goes out once for one press: the
press is written down under its own key, with the intent in the audit log, and committed before the first byte leaves; a second
press of the same finds it. The lists of suppressions and the quiet hours at the recipient bind it, as they bind every message.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Q

from conversion import audit
from conversion.addresses import AddressError, e164, email_key
from conversion.clock import database_now
from conversion.models import IdempotentCall, Lead, Sender
from conversion.models.idempotency import ERASED
from conversion.suppressions import DOMAIN, EMAIL, PHONE, both_forms, in_force, naming
from conversion.vocabulary import Channel
from engines import message
from engines.calendar import RINGING
from engines.message import MessageError
from engines.numbers import WEBHOOKS
from engines.outbox import durability
from engines.outbox.clock import require_silent
from engines.outbox.dispatching import LOCK_LIST, LOCK_WAIT
from engines.outbox.limits import Limits
from engines.providers import registry
from engines.providers.contract import Accepted, Deferred, Outgoing, Refused, Result, Uncertain
from engines.providers.errors import AccountError, cut
from engines.whereabouts import Whereabouts, reached
from engines.windows import HOURS, Window, city

KEY = "test-send "  # begins the keys of presses, among those of calls to the API
AN_HOUR, MOST = timedelta(hours=1), 5  # tests of one person
SUBJECT = "Test message"
TEXT = "This is a test message from {sender}. Somebody of {client} asked for it, to see whether this sender works."
CANNOT = {
    Channel.VOICE.value: "A call cannot be tried: it would ring the operator, and then connect whoever it is with a person. "
    "Have a call placed to a lead who is yourself.",
    Channel.LINKEDIN.value: "A LinkedIn seat cannot be tried: a message or an invitation needs the profile of a person, and "
    "LinkedIn counts each against the seat. Send one to a lead who is a colleague.",
    Channel.MAIL.value: "Letters are sent by people; there is nothing to try.",
}
ACCEPTED, REFUSED, DEFERRED, UNKNOWN = "accepted", "refused", "deferred", "unknown"
STATUS = {ACCEPTED: 200, REFUSED: 422, DEFERRED: 503, UNKNOWN: 504}  # as a call to the API would be answered


class NotTried(ValueError):  # noqa: N818 (it says what is wrong)
    """Nothing was sent; the message says why, `field` what is wrong with what was given."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True)
class Outcome:
    """What became of a press. what: accepted, refused, deferred (provably nothing was accepted) or unknown; told: the
    provider's name for the message, or why. at: of the press.
    """

    what: str
    told: str
    at: datetime


def checked(sender: Sender, to: str, at: datetime) -> str:
    """The recipient as it is sent to. Raises NotTried."""
    if sender.channel in CANNOT:
        raise NotTried(CANNOT[sender.channel])
    try:
        recipient = e164(to.strip(), None) if sender.channel == Channel.SMS else message.wire_address("to", to)
    except (AddressError, MessageError) as error:
        raise NotTried(str(error).removeprefix("to: "), "to") from error
    unlisted(sender, recipient)
    awake(sender, recipient, at)
    return recipient


def unlisted(sender: Sender, recipient: str) -> None:
    """Raises NotTried where the recipient is on a list that binds the client, or a lead that is not written to any more."""
    if sender.channel == Channel.SMS:
        pairs, leads = [(PHONE, recipient)], Q(phone=recipient, is_unsubscribed=True)
    else:
        key = email_key(recipient)
        labels = key.rpartition("@")[2].split(".")
        domains = [(DOMAIN, ".".join(labels[start:])) for start in range(max(len(labels) - 1, 0))]
        closed = Q(is_unsubscribed=True) | Q(has_bounced=True) | Q(do_not_contact=True)
        pairs, leads = [(EMAIL, key), *domains], Q(email_key=key) & closed
    if in_force(sender.client).filter(naming(both_forms(pairs))).exists():
        raise NotTried(
            "This is on a suppression list of the client, its agency or everybody: nothing is sent there.", "to"
        )
    if sender.channel == Channel.EMAIL and Lead.objects.for_client(sender.client_id).filter(leads).exists():
        raise NotTried(
            "A lead of this address is not written to: it unsubscribed, bounced or is not to be contacted.", "to"
        )


def awake(sender: Sender, recipient: str, at: datetime) -> None:
    """Raises NotTried in quiet hours at the recipient, of whom no more is known than a number: else by the client's time zone.

    A message that rings waits for business days as well. A test by e-mail does not: it is somebody at work who asks for it.
    """
    channel, zone = sender.channel, sender.client.timezone
    where = reached(channel, "", "", recipient if channel in RINGING else "", zone)
    if channel == Channel.EMAIL:
        if not settings.EMAIL_AT_ANY_TIME:
            within_hours(channel, where, at)
    elif refusal := Window(channel, where).refusal(at):
        raise NotTried(f"Not now: {refusal[1]}.")


def within_hours(channel: str, where: Whereabouts, at: datetime) -> None:
    first, end = HOURS[channel]
    there = at.astimezone(where.zone)
    if not first <= there.hour < end:
        hours = f"{first:02d}:00 to {end:02d}:00"
        raise NotTried(f"Not now: it is {there:%H:%M} there ({city(where.zone)}), and {channel} goes out from {hours}.")


def outgoing(sender: Sender, recipient: str, key: str) -> Outgoing:
    """The message. Raises MessageError."""
    text = TEXT.format(sender=sender.address, client=sender.client.name)
    metadata = {"key": key}
    if sender.channel == Channel.SMS:
        return Outgoing(
            key, sender.channel, sender.address, "", recipient, "", text, metadata=metadata, callback=reports(sender)
        )
    address = message.wire_address("sender", sender.address)
    message.check_line("sender_name", sender.display_name, message.NAME_LENGTH)
    headers = {"Message-ID": f"<{message.message_id(key, address)}>"}
    html = message.html_of(text)
    return Outgoing(
        key, sender.channel, address, sender.display_name.strip(), recipient, SUBJECT, text, html, headers, metadata
    )


def reports(sender: Sender) -> str:
    """Where the provider reports; empty where none does. Raises MessageError."""
    account = sender.account
    if account is None or account.kind == "console":
        return ""
    if urlsplit(settings.PUBLIC_URL).scheme != "https":
        raise MessageError("PUBLIC_URL", "is no https address, and the provider reports to one alone")
    return f"{settings.PUBLIC_URL.rstrip('/')}/{WEBHOOKS}/{account.kind}/{account.pk}"


def send(user: Any, actor: tuple[Any, str], sender: Sender, to: str, press: UUID) -> None:
    """Send it, once for one press; what became of it is then told by `outcome`. Raises NotTried, and RuntimeError inside an
    open transaction or where the database is a copy: the intent must be committed before a byte leaves.
    """
    if connection.in_atomic_block:
        raise RuntimeError("A message cannot be sent inside an open transaction: commit first, then send.")
    if outcome(user, sender, press) is not None:
        return
    durability.require()
    try:
        own_account(sender)
        provider = registry.provider_for(sender.account, sender.channel)
        require_silent(provider.name)
        ready = outgoing(sender, checked(sender, to, database_now()), f"test-{press}")
    except (AccountError, MessageError) as error:
        raise NotTried(f"Nothing was sent: {error}.") from error
    if not pressed(user, actor, sender, press, ready.recipient):
        return
    try:
        result = provider.send(ready, timeout=Limits.of_settings().timeout)
    except Exception as error:  # noqa: BLE001 (a fault of the provider's class, after who knows how many bytes)
        result = Uncertain(type(error).__name__)
    settled(user, actor, sender, press, result)


def own_account(sender: Sender) -> None:
    account = sender.account
    if account is not None and (
        account.agency_id != sender.client.agency_id or account.client_id not in {None, sender.client_id}
    ):
        raise AccountError(f"the account {account.name} is not of this client or its agency")


def pressed(user: Any, actor: tuple[Any, str], sender: Sender, press: UUID, recipient: str) -> bool:
    """Write the press down; whether it is the first. The list is asked once more in the same transaction, behind the gate that
    whoever writes an entry passes too. Raises NotTried.
    """
    with transaction.atomic(durable=True):
        row = IdempotentCall(user=user, key=f"{KEY}{press}", digest=digest(sender))
        IdempotentCall.objects.bulk_create([row], ignore_conflicts=True)
        mine = IdempotentCall.objects.filter(user=user, token=None, key__startswith=KEY)
        if not mine.filter(pk=row.pk).exists():
            return False
        if mine.filter(created_at__gt=row.created_at - AN_HOUR).count() > MOST:
            raise NotTried(f"You sent {MOST} tests within the last hour; wait a little.")
        gated()
        unlisted(sender, recipient)
        audit.record(actor, "test_send", sender)
    return True


def gated() -> None:
    """Hold off whoever writes to the list until this transaction ends, as a send does; SQLite has one writer at a time."""
    if connection.vendor != "postgresql":
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"{LOCK_WAIT}; {LOCK_LIST}")
    except OperationalError as error:
        raise NotTried("Nothing was sent: the suppression list is being changed. Press again in a moment.") from error


def settled(user: Any, actor: tuple[Any, str], sender: Sender, press: UUID, result: Result) -> None:
    what, told = read(result)
    with transaction.atomic():
        rows = IdempotentCall.objects.filter(user=user, token=None, key=f"{KEY}{press}")
        rows.update(status=STATUS[what], answer=json.dumps({"what": what, "told": cut(told)}))
        audit.record(actor, f"test_send {what}", sender)


def read(result: Result) -> tuple[str, str]:
    if isinstance(result, Accepted):
        return ACCEPTED, result.message_id
    names: Mapping[type, str] = {Refused: REFUSED, Deferred: DEFERRED, Uncertain: UNKNOWN}
    return names[type(result)], result.reason


def outcome(user: Any, sender: Sender, press: UUID) -> Outcome | None:
    """What became of a press; None where it is not known. One that was never answered is unknown."""
    rows = IdempotentCall.objects.filter(user=user, token=None, key=f"{KEY}{press}", digest=digest(sender))
    row = rows.first()
    if row is None:
        return None
    if row.status is None or row.answer in {"", ERASED}:
        return Outcome(UNKNOWN, "it is under way, or whoever sent it broke off", row.created_at)
    answer = json.loads(row.answer)
    return Outcome(answer["what"], answer["told"], row.created_at)


def digest(sender: Sender) -> str:
    return sha256(f"{KEY}{sender.pk}".encode()).hexdigest()
