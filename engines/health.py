"""The look at sending, once a minute: messages that wait, sends that nobody ends, accounts that refuse much, replies unread.

Alerts about unknown sends, open circuits and paused senders are opened where these happen; these here have no such moment.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, QuerySet

from conversion.models import Activity, Mailbox, ProviderAccount, Sender
from conversion.tenancy import across_clients
from conversion.vocabulary import ActivityState as State
from conversion.vocabulary import Severity
from engines.outbox import circuit
from engines.outbox.alerts import messages
from engines.outbox.claims import CHANNELS
from engines.outbox.limits import PATIENT
from patterns.alerts import Cause, settle
from patterns.models import HealthAlert

WAITED = timedelta(minutes=15)  # senders look every second, and what must wait has a later due time
STUCK = timedelta(minutes=10)  # after the lease: a sweep takes it up within seconds
LATELY = timedelta(hours=24)
LEAST_ERRORS, SHARE = 5, 0.05  # of an account's sends: fewer are single bad addresses

UNREAD_AFTER = 5  # failures in a row: a quarter of an hour, since the pauses grow

QUEUE, STUCK_SEND, ERRORS, UNREAD = "queue_age", "stuck_send", "provider_errors", "mailbox_failed"
CODES = (QUEUE, STUCK_SEND, ERRORS, UNREAD)

Account = tuple[UUID, str, UUID | None]  # client, channel, account


def look(at: datetime) -> list[HealthAlert]:
    """Open and resolve the alerts about sending, of all clients. at: the present moment, by the database's clock."""
    with across_clients("health"):
        causes: dict[UUID, list[Cause]] = defaultdict(list)
        for client, cause in (*waiting(at), *stuck(at), *refusing(at), *unread()):
            causes[client].append(cause)
        return settle(causes, HealthAlert.objects.filter(code__in=CODES), at)


def waiting(at: datetime) -> Iterator[tuple[UUID, Cause]]:
    """Messages that are due and that nobody takes. Those of an account whose circuit is open wait for another reason, which
    has an alert of its own.
    """
    shut = circuit.shut(at)
    late = Activity.objects.filter(state=State.QUEUED, due_at__lte=at - WAITED, channel__in=CHANNELS)
    late = late.exclude(sender__account__in=shut.accounts).exclude(sender__account=None, channel__in=shut.channels)
    for client, count, oldest in counted(late, "due_at"):
        text = (
            f"{messages(count)} should have gone out, the first at {moment(oldest)}, and nobody sends. "
            "Look whether a sender runs (run_sender, or a worker)."
        )
        yield client, Cause(QUEUE, Severity.HIGH, text)


def stuck(at: datetime) -> Iterator[tuple[UUID, Cause]]:
    """Sends that were begun, that nobody ended, and that nobody picks up."""
    late = Activity.objects.filter(state__in=[State.CLAIMED, State.DISPATCHING], claimed_until__lte=at - STUCK)
    for client, count, oldest in counted(late, "claimed_until"):
        text = (
            f"{messages(count)} under way since before {moment(oldest)}: the sender vanished, and nobody looks what became of "
            "that. Start a sender (run_sender, or a worker): it settles them."
        )
        yield client, Cause(STUCK_SEND, Severity.HIGH, text)


def refusing(at: datetime) -> Iterator[tuple[UUID, Cause]]:
    """Accounts that did not take many of a client's messages."""
    lately = at - LATELY
    refused = tallied(Activity.objects.filter(state=State.FAILED, reason_code="refused", dispatched_at__gt=lately))
    put_off = tallied(Activity.objects.filter(state=State.QUEUED, reason_code="deferred", attempts__gte=PATIENT))
    sent: Mapping[Account, int] = {}
    suspects = [key for key in {*refused, *put_off} if refused[key] + put_off[key] >= LEAST_ERRORS]
    if suspects:  # counted for these alone, by the senders' index
        clients = {client for client, *_ in suspects}
        rows = Activity.objects.filter(state=State.SENT, sent_at__gt=lately, sender__client__in=clients)
        sent = tallied(rows)
    names = ProviderAccount.objects.in_bulk([account for _, _, account in suspects if account])
    for key in sorted(suspects, key=str):
        client, channel, account = key
        errors = refused[key] + put_off[key]
        if errors <= SHARE * (errors + sent.get(key, 0)):
            continue
        text = (
            f"Of {messages(errors + sent.get(key, 0))} by {channel} through {names.get(account, 'the default provider')} in "
            f"the last 24 hours, refused: {refused[key]:,}, put off again and again: {put_off[key]:,}. "
            "Read their reasons: the account, or the addresses, may be at fault."
        )
        yield client, Cause(ERRORS, Severity.MEDIUM, text, subject=f"{channel} {account or 'default'}")


def tallied(rows: QuerySet[Activity]) -> Counter[Account]:
    found = rows.order_by().values_list("client", "channel", "sender__account").annotate(Count("pk"))
    return Counter({(client, channel, account): count for client, channel, account, count in found})


def unread() -> Iterator[tuple[UUID, Cause]]:
    """Mailboxes that cannot be read: replies, and those who ask not to be written to any more, are not heard."""
    failing = {
        box.account_id: box for box in Mailbox.objects.filter(failures__gte=UNREAD_AFTER).select_related("account")
    }
    if not failing:
        return
    senders = Sender.objects.filter(account__in=list(failing), is_active=True, client__deleted_at=None)
    for client, account in senders.order_by("client", "account").values_list("client", "account").distinct():
        box = failing[account]
        text = (
            f"The mailbox of {box.account} cannot be read, {box.failures} times in a row: replies and wishes not to be written "
            "to are not heard. Look at its name, its password and its server."
        )
        yield client, Cause(UNREAD, Severity.HIGH, text, subject=str(account))


def counted(rows: QuerySet[Activity], column: str) -> list[tuple[UUID, int, Any]]:
    """By client: how many, and the earliest of a column."""
    return list(rows.order_by().values_list("client").annotate(Count("pk"), Min(column)))


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
