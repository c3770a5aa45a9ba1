"""Opening and resolving alerts: one for each cause, told once, resolved when its cause is gone."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from conversion.models import Notice
from conversion.notices import tell
from conversion.vocabulary import NoticeKind, Severity
from patterns.models import HealthAlert

SUBJECT = 80  # characters that a subject holds
AGAIN = timedelta(days=1)  # between two tellings of one open alert: it may rise and fall every minute
Key = tuple[str, str, str]
# What a look finds again while its cause is there, so that a person may close it: the others are opened where something happens
# and would stay away.
LOOKED_FOR = frozenset(
    {
        *("expired", "expiring_soon", "low_sample", "low_confidence", "extreme_weight", "missing_pattern", "drift"),
        *("missed_run", "learning_failed", "queue_age", "stuck_send", "provider_errors", "mailbox_failed"),
    }
)


@dataclass(frozen=True)
class Cause:
    """What an alert is opened for. code: of HealthAlert.CODES. subject: what it speaks of, where a code has several causes.

    lasting: its message says what was found when it opened, and stays unless it becomes grave.
    """

    code: str
    severity: Severity
    message: str
    pattern_type: str = ""
    subject: str = ""
    lasting: bool = False

    @property
    def key(self) -> Key:
        return self.code, self.pattern_type, self.subject[:SUBJECT]


def key_of(alert: HealthAlert) -> Key:
    return alert.code, alert.pattern_type, alert.subject


def settle(
    causes: Mapping[UUID, Iterable[Cause]], opened: QuerySet[HealthAlert], at: datetime, keep: Collection[Key] = ()
) -> list[HealthAlert]:
    """Open an alert for each cause that has none, bring the messages of the others up to date, resolve those whose cause is
    gone; returns those now open.

    causes: by client, all that there are now. opened: the alerts that are judged by them: of these clients and codes; of
    several clients inside `across_clients`. keep: causes of which nothing is known now; their alerts stay as they are. Any
    number may run at once: the database keeps an alert from opening twice.
    """
    wanted = {(client, cause.key): cause for client, found in causes.items() for cause in found}
    still = []
    for alert in opened.filter(resolved_at=None):
        cause = wanted.pop((alert.client_id, key_of(alert)), None)
        if cause is None and key_of(alert) not in keep:
            resolve(opened.filter(pk=alert.pk), at)
            continue
        if cause is not None:
            renew(alert, cause, at)
        still.append(alert)
    for client, key in sorted(wanted, key=str):
        still += filter(None, [open_alert(client, wanted[client, key], at)])
    return still


def open_alert(client_id: UUID, cause: Cause, at: datetime) -> HealthAlert | None:
    """The alert, and a notice of it; None where the same one is open already."""
    code, kind, subject = cause.key
    alert = HealthAlert(
        client_id=client_id,
        code=code,
        pattern_type=kind,
        subject=subject,
        severity=cause.severity.value,
        message=cause.message,
        opened_at=at,
    )
    mine = HealthAlert.objects.for_client(client_id)
    with transaction.atomic():
        mine.bulk_create([alert], ignore_conflicts=True)
        if not mine.filter(pk=alert.pk).exists():
            return None
        tell(notice_kind(code), client_id, str(alert.pk), notice_of(alert), cause.severity)
    return alert


def notice_kind(code: str) -> NoticeKind:
    return NoticeKind.SEND_UNKNOWN if code == "unknown_send" else NoticeKind.ALERT_OPENED


def notice_of(alert: HealthAlert) -> dict[str, Any]:
    return {
        "object": "patterns.healthalert",
        "id": str(alert.pk),
        "code": alert.code,
        "pattern": alert.pattern_type or None,
        "severity": alert.severity,
        "message": alert.message,
        "opened_at": alert.opened_at.isoformat(),
    }


def renew(alert: HealthAlert, cause: Cause, at: datetime) -> None:
    """Write down what an open alert says now. One that became grave is told once more, each time that it does, but not twice
    within a day.
    """
    grew = cause.severity is Severity.HIGH and alert.severity != Severity.HIGH
    same = (alert.message, alert.severity) == (cause.message, cause.severity.value)
    if same or (cause.lasting and not grew):
        return
    alert.message, alert.severity = cause.message, cause.severity.value
    with transaction.atomic():
        alert.save(update_fields=["message", "severity"])
        if grew and not told_lately(alert, at):
            subject = f"{alert.pk} high {at:%Y-%m-%d}"  # two that look at once tell it once
            tell(notice_kind(alert.code), alert.client_id, subject, notice_of(alert), cause.severity)


def told_lately(alert: HealthAlert, at: datetime) -> bool:
    """Whether somebody was told within a day that it is grave."""
    grave = Notice.objects.filter(client=alert.client_id, kind=notice_kind(alert.code), severity=Severity.HIGH)
    return grave.filter(subject__startswith=str(alert.pk), created_at__gt=at - AGAIN).exists()


def resolve(opened: QuerySet[HealthAlert], at: datetime) -> int:
    """Resolve the alerts of a query that are open; how many that were."""
    return opened.filter(resolved_at=None).update(resolved_at=at)


def close(alert: HealthAlert, at: datetime) -> bool:
    """A person takes an open alert for dealt with; whether this call closed it. Where its cause is still there, the next look
    opens it again. Raises ValueError where nothing would (`LOOKED_FOR`).
    """
    if alert.code not in LOOKED_FOR:
        raise ValueError(f"an alert of the code {alert.code} is resolved by its cause alone")
    return bool(resolve(HealthAlert.objects.for_client(alert.client_id).filter(pk=alert.pk), at))


def see(alert: HealthAlert, at: datetime) -> bool:
    """Somebody saw it; whether nobody had before."""
    mine = HealthAlert.objects.for_client(alert.client_id).filter(pk=alert.pk, seen_at=None)
    return bool(mine.update(seen_at=at))
