"""A sender pauses by itself where too many of its touches bounce.

Providers and receivers act on bounces: Amazon SES puts an account under review at 5 % and asks to stay below 2 %; others are
alike. So a sender with more than 2 % bounces in 28 days, of at least 20 sends, stops before somebody stops the whole account.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from conversion.bulk import stored_id
from conversion.models import Sender
from conversion.tenancy import across_clients
from conversion.vocabulary import Severity
from patterns.alerts import Cause, open_alert, resolve
from patterns.models import HealthAlert

LIMIT = 50  # sends for each bounce: 2 %
LEAST = 20  # sends before anything is concluded
PERIOD = timedelta(days=28)
ALERT = "sender_paused"

BOUNCES = """SELECT COUNT(DISTINCT e.activity_id) FROM conversion_event e
    JOIN conversion_activity a ON a.id = e.activity_id
    WHERE e.client_id = %s AND e.kind = 'bounced' AND e.occurred_at >= %s AND a.sender_id = %s AND a.state = 'sent'
        AND a.sent_at >= %s"""
# As many as are needed to tell that the rate is not too high, and no more.
SENDS = """SELECT COUNT(*) FROM (SELECT 1 FROM conversion_activity
    WHERE sender_id = %s AND state = 'sent' AND sent_at >= %s LIMIT %s) enough"""


def since_when(watched_since: datetime | None, at: datetime) -> datetime:
    """Since when the sends and bounces of a sender count: for a period, but not from before it was last resumed."""
    return max(at - PERIOD, watched_since or datetime.min.replace(tzinfo=UTC))


def watch(sender: Sender | UUID, at: datetime) -> str:
    """Pause the sender if too many of its touches bounced, and open an alert once; to be called where a bounce is recorded.

    at: aware, the database's clock. Returns why it is paused, in words, where this call paused it; else an empty text. A sender
    that an operator took the pause from, by whatever way, is watched anew from the moment at which this is noticed.
    """
    with transaction.atomic(), across_clients("dispatch"):
        found = Sender.objects.filter(pk=sender.pk if isinstance(sender, Sender) else sender)
        row = found.select_for_update(no_key=True).first()
        if row is None or row.paused_at is not None:
            return ""
        if was_paused(row, at):
            return ""
        reason = verdict(row, at)
        if not reason:
            return ""
        found.update(paused_at=at, pause_reason=reason)
        open_alert(row.client_id, cause(row, reason), at)
        return reason


def was_paused(sender: Sender, at: datetime) -> bool:
    """Whether somebody resumed it without `resume`: its alert is still open. Then the window begins anew, now."""
    if not resolved(sender, at):
        return False
    Sender.objects.filter(pk=sender.pk).update(watched_since=at, pause_reason="")
    return True


def pause(sender: Sender, at: datetime, reason: str) -> bool:
    """An operator stops the sender until somebody resumes it; whether it was not paused before."""
    rows = Sender.objects.filter(client=sender.client_id, pk=sender.pk, paused_at=None)
    return bool(rows.update(paused_at=at, pause_reason=reason))


def resume(sender: Sender, at: datetime) -> None:
    """An operator lets the sender send again: its alert is resolved, and what bounced before does not count any more."""
    with transaction.atomic(), across_clients("dispatch"):
        Sender.objects.filter(pk=sender.pk).update(paused_at=None, pause_reason="", watched_since=at)
        resolved(sender, at)


def resolved(sender: Sender, at: datetime) -> int:
    return resolve(HealthAlert.objects.filter(client=sender.client_id, code=ALERT, subject=str(sender.pk)), at)


def verdict(sender: Sender, at: datetime) -> str:
    """Why the sender is to be paused, in words with the figures; empty where it is not."""
    since = connection.ops.adapt_datetimefield_value(since_when(sender.watched_since, at))
    bounces = number(BOUNCES, stored_id(sender.client_id), since, stored_id(sender.pk), since)
    sends = too_few(sender.pk, bounces, sender.watched_since, at)
    if not sends:
        return ""
    days = "28 days" if sender.watched_since is None else "28 days, or since it was resumed,"
    return f"{bounces} of its {sends} sends within {days} bounced: {bounces / sends:.1%}, and 2 % is the limit"


def too_few(sender: UUID, bounces: int, watched_since: datetime | None, at: datetime) -> int:
    """The sends of a sender, where they are too few for so many bounces; else 0. One query, where there are any."""
    if not bounces:
        return 0
    since = connection.ops.adapt_datetimefield_value(since_when(watched_since, at))
    sends = number(SENDS, stored_id(sender), since, max(LEAST, LIMIT * bounces))
    return sends if LEAST <= sends < LIMIT * bounces else 0


def cause(sender: Sender, reason: str) -> Cause:
    message = f"{sender.address} sends nothing any more: {reason}. Find out which addresses bounce, then resume it."
    return Cause(ALERT, Severity.HIGH, message, subject=str(sender.pk))


def number(query: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return int(cursor.fetchone()[0])
