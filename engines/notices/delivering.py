"""Delivering what is due: claimed in a short transaction, sent outside of it, and its outcome written down.

A process that vanishes while it delivers has written nothing down: the claim runs out and it is delivered again, so that a
crash may tell twice, but never not at all. A webhook bears the same id then.
"""

import logging
import time
from collections import deque
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any
from uuid import UUID

from django.core.mail import get_connection
from django.db import transaction
from django.db.models import F, QuerySet

from conversion.clock import database_now
from conversion.models import Delivery, WebhookEndpoint
from conversion.notices import tell_conversions
from conversion.tenancy import across_clients
from conversion.vocabulary import DeliveryState as State
from engines.notices import mail, webhook
from engines.notices.addressing import address, recipients
from engines.notices.endpoints import give_up
from patterns.models import HealthAlert

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)  # that a claim holds
ROUND = 20.0  # seconds of posting in one round: a poll has more to do
AT_ONCE = 500  # deliveries in one e-mail
# Until the next attempt; after the last one it is given up: some two days in all.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440))


def deliver_due(limit: int = 100, at: datetime | None = None) -> int:
    """One round: find what is new, send what is due. at: the present moment. Returns how many deliveries worked."""
    moment = at or database_now()
    with across_clients("notices"):
        tell_conversions(moment)
        address(moment, limit)
        waiting = due(moment).order_by("due_at")
        targets = list(waiting.values_list("endpoint", "recipient")[:limit])  # nothing is written where nothing is due
        endpoints = dict.fromkeys(endpoint for endpoint, _ in targets if endpoint)
        people = dict.fromkeys(recipient for _, recipient in targets if recipient)
        return by_mail(people, moment) + by_webhook(endpoints, moment, limit)


def due(at: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(state=State.PENDING, due_at__lte=at)


def claim(rows: QuerySet[Delivery], at: datetime, limit: int) -> list[Delivery]:
    """Take up to so many of the rows, which are due: nobody else takes them until the lease runs out."""
    with transaction.atomic():
        mine = rows.select_related("notice", "client", "endpoint").select_for_update(skip_locked=True, of=("self",))
        found = list(mine.order_by("due_at", "id")[:limit])
        Delivery.objects.filter(pk__in=[one.pk for one in found]).update(due_at=at + LEASE)
    return found


def by_mail(people: Iterable[str], at: datetime) -> int:
    """All that is due to a recipient in one e-mail. A mail server that is away is asked once a round."""
    count = 0
    connection = get_connection()
    for recipient in people:
        claimed = claim(due(at).filter(recipient=recipient), at, AT_ONCE)
        rows = [one for one in claimed if is_wanted(one)]
        if not rows:
            continue
        try:
            connection.open()
            mail.send(connection, recipient, rows)
        except (
            OSError,
            ValueError,
        ) as error:  # smtplib's are OSErrors; an address that makes no header is a ValueError
            log.warning("no e-mail to an operator: %s", type(error).__name__)
            failed(rows, at, f"the mail server did not take it: {type(error).__name__}")
            if not isinstance(error, SMTPRecipientsRefused | ValueError):
                break
        else:
            delivered(rows, at)
            count += len(rows)
    with suppress(OSError):
        connection.close()
    return count


def by_webhook(endpoints: Collection[UUID], at: datetime, limit: int) -> int:
    """What is due to each endpoint, as far as the round's time goes."""
    count, end = 0, time.monotonic() + ROUND
    found = WebhookEndpoint.objects.in_bulk(list(endpoints))
    for endpoint in filter(None, map(found.get, endpoints)):  # whoever waits for longest comes first
        if time.monotonic() > end:
            break
        claimed = claim(due(at).filter(endpoint=endpoint), at, limit)
        rows = deque(one for one in claimed if is_wanted(one))
        count += posted(endpoint, rows, at, end)
    return count


def posted(endpoint: WebhookEndpoint, rows: deque[Delivery], at: datetime, end: float) -> int:
    """Post the oldest first, until one is not taken; how many were. Then the rest waits some minutes, and comes before that
    one next time: it may be the notice itself that the endpoint does not take.
    """
    count = 0
    while rows and time.monotonic() <= end:
        row = rows.popleft()
        try:
            status = webhook.send(row, endpoint)
        except webhook.NotTakenError as error:
            log.warning("webhook %s did not take a notice: %s", endpoint.pk, error)
            if failed([row], at, str(error), error.status):
                give_up(endpoint, row.client_id, at, str(error))
            mark(rows, due_at=at + PAUSES[1])
            return count
        delivered([row], at, status)
        count += 1
    mark(rows, due_at=at)
    return count


def is_wanted(row: Delivery) -> bool:
    """Whether it is still to be told to this recipient; else it is dropped. What was resolved since is no news to people."""
    if row.client.deleted_at is not None:
        why = "the client is deleted"
    elif row.endpoint is not None:
        wants = row.endpoint.is_active and row.notice.kind in row.endpoint.kinds
        why = "" if wants else "the endpoint does not ask for it any more"
    elif row.recipient not in recipients(row.client):
        why = "the recipient does not look after the client any more"
    else:
        mine = HealthAlert.objects.filter(pk=row.notice.payload.get("id"), client=row.client_id)
        why = "" if mine.filter(resolved_at=None).exists() else "it was resolved before"
    if why:
        mark([row], state=State.DROPPED, due_at=None, answer=why)
    return not why


def delivered(rows: list[Delivery], at: datetime, status: int | None = None) -> None:
    columns = {"state": State.DELIVERED, "due_at": None, "delivered_at": at, "status_code": status, "answer": ""}
    mark(rows, attempts=F("attempts") + 1, **columns)


def failed(rows: list[Delivery], at: datetime, reason: str, status: int | None = None) -> int:
    """Put them off, the longer the oftener they failed, or give them up; how many were given up."""
    count = 0
    for row in rows:
        over = row.attempts >= len(PAUSES)
        count += over
        due_at = None if over else at + PAUSES[row.attempts]
        state = State.FAILED if over else State.PENDING
        mark([row], attempts=row.attempts + 1, state=state, due_at=due_at, status_code=status, answer=reason[:255])
    return count


def mark(rows: Iterable[Delivery], **columns: Any) -> None:
    mine = Delivery.objects.filter(pk__in=[row.pk for row in rows], state=State.PENDING)
    mine.update(**columns)
