"""Alerts about what changed: bookings that fell, findings that turned around. Opened once, resolved when gone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from conversion.models import Client
from conversion.vocabulary import PatternType, Severity
from patterns.detectors.drift import Drop
from patterns.detectors.findings import Abstention
from patterns.models import ConversionPattern, HealthAlert

CODE = "drift"
FALL = "booking rate"  # what the alert about all touches speaks of
OUTCOMES = {"booked": "Bookings", "positive_reply": "Positive replies", "replied": "Replies"}


@dataclass(frozen=True)
class Cause:
    """What an alert is opened for."""

    pattern_type: str
    subject: str
    severity: Severity
    message: str


def drift_alerts(
    client: Client, drop: Drop | Abstention, outcome: str, now: datetime, known: Mapping[PatternType, Any] | None = None
) -> list[HealthAlert]:
    """Open an alert for each cause that has none open, resolve those whose cause is gone; the alerts now open.

    drop: of the outcome in the client's latest facts; while it cannot be told, an open alert about it stays. known:
    comparisons by type; those of the patterns in force where None.
    """
    if known is None:
        rows = ConversionPattern.objects.for_client(client).values_list("pattern_type", "comparison")
        known = {PatternType(kind): comparison for kind, comparison in rows}
    causes = {(cause.pattern_type, cause.subject): cause for cause in turned(known)}
    keep = set(causes)
    if isinstance(drop, Abstention):
        keep.add(("", FALL))
    elif drop.fell:
        causes["", FALL] = Cause("", FALL, Severity.MEDIUM, fell(drop, outcome))
    with transaction.atomic():
        Client.objects.select_for_update().get(pk=client.pk)
        opened = {
            (alert.pattern_type, alert.subject): alert
            for alert in HealthAlert.objects.for_client(client).filter(code=CODE, resolved_at__isnull=True)
        }
        for key, alert in opened.items():
            if key not in causes and key not in keep:
                alert.resolved_at = now
                alert.save(update_fields=["resolved_at"])
        for key, cause in causes.items():
            if key not in opened:
                opened[key] = HealthAlert.objects.create(
                    client=client,
                    code=CODE,
                    pattern_type=cause.pattern_type,
                    subject=cause.subject,
                    severity=cause.severity,
                    message=cause.message,
                    opened_at=now,
                )
    return [alert for alert in opened.values() if alert.resolved_at is None]


def turned(known: Mapping[PatternType, Any]) -> Iterator[Cause]:
    """A cause for each finding that turned around and has not been established anew since."""
    length = HealthAlert._meta.get_field("subject").max_length
    for kind, comparison in sorted(known.items()):
        evidence = {one["name"]: one for one in comparison.get("turned", ())}
        for name in comparison.get("withheld", ()):
            yield Cause(kind, name[:length], Severity.HIGH, turn(name, evidence.get(name, {})))


def turn(name: str, evidence: Mapping[str, Any]) -> str:
    text = f"{name[:1].upper()}{name[1:]} turned around: it was supported"
    if evidence:
        text += f" as {'better' if evidence['helped'] else 'worse'} than what it is compared with"
    if evidence.get("sample"):
        text += (
            f", and of the {evidence['sample']:,} touches with it since {evidence['since'][:10]}, "
            f"{evidence['converted']:,} led to the outcome where {evidence['expected']:.0f} would if it made no difference"
        )
    return f"{text}. It is not acted on until new facts show it one way or the other."


def fell(drop: Drop, outcome: str) -> str:
    weeks = "the last week" if drop.weeks == 1 else f"the last {drop.weeks} weeks"
    return (
        f"{OUTCOMES.get(outcome, 'Bookings')} fell: {drop.won:,} from {drop.sent:,} touches of {weeks} that were followed for "
        f"14 days, where {drop.expected:.0f} would be expected at the rate of the 8 weeks before "
        f"({drop.rate:.2%} after {drop.rate_before:.2%})."
    )
