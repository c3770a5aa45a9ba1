"""The daily look at what clients rely on: patterns that expire, are thin or extreme, turned around, or were not renewed.

A warning is a cause for an alert. `check` reads and says what is wrong; `health_flow` opens the alerts and resolves those whose
cause is gone.
"""

import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from conversion.models import Client, Lead
from conversion.tenancy import across_clients
from conversion.vocabulary import COMPONENTS, LeadStatus, PatternType, RunState, Severity
from patterns import drift, stopped
from patterns.alerts import Cause, key_of, resolve, settle
from patterns.comparison import any_supported
from patterns.models import ConversionPattern, HealthAlert, LearningRun

log = logging.getLogger(__name__)

SOON = timedelta(days=3)  # before it expires: a run may still be repeated by hand
LEAST_SAMPLE = 30  # leads or touches: as many as WHO asks for before it says anything
LEAST_CONFIDENCE = 0.5  # below it acting is the worse bet
HEAVY, LIGHT = 0.45, 0.08  # a weight beyond them is close to the bounds, 0.05 and 0.50, that hold it
LEAST_CONVERSIONS = 10  # from as many on every type of pattern could be expected
MISSED = timedelta(days=8)  # a weekly run, and a day to repeat it

# What the daily look judges. Alerts of other codes are opened and resolved where things happen.
CODES = (
    "expired",
    "expiring_soon",
    "low_sample",
    "low_confidence",
    "extreme_weight",
    "missing_pattern",
    "missed_run",
    stopped.CODE,
    drift.CODE,
)


@dataclass(frozen=True)
class Summary:
    """clients: that were looked at. warnings, high: what was found. failed: ids of clients whose look broke off."""

    clients: int
    warnings: int
    high: int
    failed: tuple[str, ...] = ()


def health_flow(at: datetime) -> Summary:
    """Look at every client that is learned for, and settle its alerts. What goes wrong at one client stops no other."""
    with across_clients("health"):
        clients = list(Client.objects.learned_for().order_by("pk"))
        others = Client.objects.exclude(pk__in=Client.objects.learned_for().values("pk"))
        # Of a client that is paused or gone nothing is expected.
        resolve(HealthAlert.objects.filter(client__in=others, code__in=CODES), at)
    found: list[Cause] = []
    failed = []
    for client in clients:
        try:
            found += renew(client, at)
        except Exception:
            log.exception("the health of client %s could not be told", client.pk)
            failed.append(str(client.pk))
    high = sum(cause.severity is Severity.HIGH for cause in found)
    return Summary(len(clients), len(found), high, tuple(failed))


def renew(client: Client, at: datetime) -> list[Cause]:
    """Open and resolve the client's alerts by its warnings; the warnings."""
    causes = check(client, at)
    settle({client.pk: causes}, HealthAlert.objects.for_client(client).filter(code__in=CODES), at)
    return causes


def check(client: Client, at: datetime) -> list[Cause]:
    """What is wrong at a client at a moment (aware), the gravest first. Reads only."""
    rows = {row.pattern_type: row for row in ConversionPattern.objects.for_client(client)}
    causes = [*lacking(client, rows), *runs(client, at), *drifted(client, rows)]
    for kind, row in rows.items():
        causes += [*expiring(row, at), *thin(row)]
        if kind == PatternType.WHO:
            causes += extreme(row)
    types = ["", *(kind.value for kind in PatternType)]
    return sorted(causes, key=lambda one: (one.severity is not Severity.HIGH, types.index(one.pattern_type)))


def expiring(row: ConversionPattern, at: datetime) -> Iterator[Cause]:
    kind, until = row.pattern_type, row.valid_until
    if until <= at:
        text = f"The {kind} pattern expired at {moment(until)}: the defaults are acted on until it is learned anew."
        yield Cause("expired", Severity.HIGH, text, kind)
    elif until <= at + SOON:
        text = f"The {kind} pattern expires at {moment(until)} unless it is learned anew before."
        yield Cause("expiring_soon", Severity.MEDIUM, text, kind)


def thin(row: ConversionPattern) -> Iterator[Cause]:
    kind = row.pattern_type
    if row.sample_size < LEAST_SAMPLE:
        what = "leads" if kind in {PatternType.WHO, PatternType.HOW} else "touches"
        text = f"The {kind} pattern rests on {row.sample_size} {what}; fewer than {LEAST_SAMPLE} tell little."
        yield Cause("low_sample", Severity.MEDIUM, text, kind)
    if row.confidence < LEAST_CONFIDENCE and claims_something(row):
        text = (
            f"The {kind} pattern has supported findings, but the confidence that acting on them beats the defaults is "
            f"{row.confidence:.2f}; below {LEAST_CONFIDENCE} they are not acted on."
        )
        yield Cause("low_confidence", Severity.MEDIUM, text, kind)


def claims_something(row: ConversionPattern) -> bool:
    """A supported finding, or weights that were promoted."""
    evidence = row.patterns.get("weights_evidence")
    promoted = isinstance(evidence, Mapping) and evidence.get("promoted") is True
    return promoted or any_supported(row.patterns)


def extreme(row: ConversionPattern) -> Iterator[Cause]:
    weights = row.patterns.get("recommended_weights")
    for name in COMPONENTS:
        weight = weights.get(name) if isinstance(weights, Mapping) else None
        if not isinstance(weight, (int, float)) or not math.isfinite(weight):
            continue  # refused where it is read (`patterns.trust`)
        said = f"The learned weight of {name.replace('_', ' ')} is {weight:.2f}"
        if weight > HEAVY:
            text = f"{said}, more than {HEAVY}: it nearly decides the score alone."
            yield Cause("extreme_weight", Severity.HIGH, text, row.pattern_type, name)
        elif weight < LIGHT:
            text = f"{said}, less than {LIGHT}: it hardly counts."
            yield Cause("extreme_weight", Severity.MEDIUM, text, row.pattern_type, name)


def lacking(client: Client, rows: Mapping[str, ConversionPattern]) -> Iterator[Cause]:
    missing = [kind for kind in PatternType if kind not in rows]
    if not missing:
        return
    converted = Lead.objects.for_client(client).filter(status=LeadStatus.CONVERTED, deleted_at=None).count()
    if converted >= LEAST_CONVERSIONS:
        for kind in missing:
            text = f"There is no {kind} pattern, though {converted:,} leads are converted. Learn, and read why if none comes."
            yield Cause("missing_pattern", Severity.MEDIUM, text, kind)


def runs(client: Client, at: datetime) -> Iterator[Cause]:
    """Learning that was not done, or failed."""
    mine = LearningRun.objects.for_client(client)
    last = mine.filter(state=RunState.DONE).order_by("-as_of").values_list("as_of", flat=True).first()
    if (last or client.created_at) < at - MISSED:
        since = (
            f"since {moment(last)}" if last else f"in the {(at - client.created_at).days} days that the client is here"
        )
        text = f"Nothing was learned {since}, though it is due each week. Look whether the scheduler and a learner run."
        yield Cause("missed_run", Severity.MEDIUM, text)
    latest = mine.filter(finished_at__isnull=False).order_by("-finished_at").first()
    if latest is not None and latest.state in {RunState.FAILED, RunState.HELD}:
        yield learning_failed(latest)
    # Opened and resolved where the flow and the backfills are looked at, once a minute.
    told = HealthAlert.objects.for_client(client).filter(code=stopped.CODE, resolved_at=None).exclude(subject="")
    for alert in told.order_by("subject"):
        yield Cause(alert.code, Severity(alert.severity), alert.message, subject=alert.subject, lasting=True)


def learning_failed(run: LearningRun) -> Cause:
    """What a failed run is told as. Of the error only its kind: its text may quote a row."""
    kind = run.error.partition(":")[0][:60] or "unknown"
    held = run.state == RunState.HELD
    text = f"Learning failed as of {moment(run.as_of)} ({kind}). The patterns in force stay until they expire. " + (
        "It is tried again with the next weekly run." if held else "It is tried again."
    )
    return Cause(stopped.CODE, Severity.HIGH if held else Severity.MEDIUM, text, lasting=True)


def drifted(client: Client, rows: Mapping[str, ConversionPattern]) -> Iterator[Cause]:
    """Findings that turned around; and the fall of bookings as long as its alert is open. Whether bookings fell is asked by
    each learning run, once a week, since its error rate is that of weekly looks.
    """
    yield from drift.turned({PatternType(kind): row.comparison for kind, row in rows.items()})
    for alert in HealthAlert.objects.for_client(client).filter(code=drift.CODE, subject=drift.FALL, resolved_at=None):
        if key_of(alert) == drift.FALLEN:
            yield Cause(drift.CODE, Severity(alert.severity), alert.message, subject=drift.FALL, lasting=True)


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def payload(client: Client, causes: list[Cause]) -> dict[str, Any]:
    """A client's warnings as JSON holds them."""
    warnings = [
        {
            "type": cause.code,
            "pattern": cause.pattern_type or None,
            "message": cause.message,
            "severity": cause.severity.value,
        }
        for cause in causes
    ]
    return {
        "client_id": str(client.pk),
        "client": client.name,
        "warnings": warnings,
        "warning_count": len(warnings),
        "high_severity_count": sum(cause.severity is Severity.HIGH for cause in causes),
    }
