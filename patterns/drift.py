"""Alerts about what changed: bookings that fell, findings that turned around. Opened once, resolved when gone."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from conversion.models import Client
from conversion.vocabulary import PatternType, Severity
from patterns.alerts import Cause, settle
from patterns.detectors.drift import Drop
from patterns.detectors.findings import Abstention
from patterns.models import ConversionPattern, HealthAlert

CODE = "drift"
FALL = "booking rate"  # what the alert about all touches speaks of
FALLEN = (CODE, "", FALL)
OUTCOMES = {"booked": "Bookings", "positive_reply": "Positive replies", "replied": "Replies"}


def drift_alerts(
    client: Client, drop: Drop | Abstention, outcome: str, now: datetime, known: Mapping[PatternType, Any] | None = None
) -> list[HealthAlert]:
    """Open an alert for each cause that has none open, resolve those whose cause is gone; the alerts now open.

    drop: of the outcome in the client's latest facts; while it cannot be told, an open alert about it stays. known:
    comparisons by type; those of the patterns in force where None.
    """
    causes = list(turned(in_force(client) if known is None else known))
    keep = [FALLEN] if isinstance(drop, Abstention) else []
    if isinstance(drop, Drop) and drop.fell:
        causes.append(Cause(CODE, Severity.MEDIUM, fell(drop, outcome), subject=FALL, lasting=True))
    return settle({client.pk: causes}, HealthAlert.objects.for_client(client).filter(code=CODE), now, keep)


def in_force(client: Client) -> dict[PatternType, Any]:
    """The comparisons of the client's patterns, by type."""
    rows = ConversionPattern.objects.for_client(client).values_list("pattern_type", "comparison")
    return {PatternType(kind): comparison for kind, comparison in rows}


def turned(known: Mapping[PatternType, Any]) -> Iterator[Cause]:
    """A cause for each finding that turned around and has not been established anew since."""
    for kind, comparison in sorted(known.items()):
        evidence = {one["name"]: one for one in comparison.get("turned", ())}
        for name in comparison.get("withheld", ()):
            yield Cause(CODE, Severity.HIGH, turn(name, evidence.get(name, {})), kind, name, lasting=True)


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
