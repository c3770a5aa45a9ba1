"""What went out and what came of it, by client: each figure by an index, for any number of clients at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Case, Count, Q, When

from conversion.models import Activity, Client, Lead
from conversion.vocabulary import ActivityState as State
from patterns.models import HealthAlert
from patterns.scorecard import wilson

WEEK = timedelta(days=7)
BEFORE = 4  # weeks that this one is compared with
# Counted by state; whatever is under way at this moment counts as queued.
QUEUED = (State.PLANNED, State.QUEUED, State.CLAIMED, State.DISPATCHING)


@dataclass(frozen=True)
class Figures:
    """Of one client, or of several together (`total`).

    sends, bookings: within the seven days up to the moment. A booking is a lead's first. sends_before, bookings_before: the
    sums of the four weeks before. booked: how many of `sends_before` led to a booking so far. alerts: the open ones by
    severity. queued: planned, waiting, or under way.
    """

    sends: int = 0
    sends_before: int = 0
    booked: int = 0
    bookings: int = 0
    bookings_before: int = 0
    alerts: Mapping[str, int] = field(default_factory=dict)
    held: int = 0
    unknown: int = 0
    queued: int = 0

    @property
    def usual_sends(self) -> float:
        """A week's, on average over the four before."""
        return self.sends_before / BEFORE

    @property
    def usual_bookings(self) -> float:
        return self.bookings_before / BEFORE

    @property
    def rate(self) -> float | None:
        """The share of touches, sent in the four weeks before this one, that led to a booking so far; None: there are none."""
        return self.booked / self.sends_before if self.sends_before else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its 95 % interval by Wilson's score."""
        return wilson(self.booked, self.sends_before) if self.sends_before else None

    @property
    def open_alerts(self) -> int:
        return sum(self.alerts.values())


def figures(clients: Collection[Client], at: datetime) -> dict[UUID, Figures]:
    """By client, those without anything included. Four queries, however many clients there are."""
    ids = [client.pk for client in clients]
    found: dict[UUID, dict[str, int]] = {pk: {} for pk in ids}
    if not ids:
        return {}
    for pk, *counts in _sends(ids, at):
        found[pk] |= zip(("sends", "sends_before", "booked"), counts, strict=True)
    for pk, *counts in _bookings(ids, at):
        found[pk] |= zip(("bookings", "bookings_before"), counts, strict=True)
    for pk, *counts in _waiting(ids):
        found[pk] |= zip(("held", "unknown", "queued"), counts, strict=True)
    alerts: dict[UUID, dict[str, int]] = {pk: {} for pk in ids}
    for pk, severity, count in _alerts(ids):
        alerts[pk][severity] = count
    return {pk: Figures(alerts=alerts[pk], **counts) for pk, counts in found.items()}


def total(many: Collection[Figures]) -> Figures:
    """Of all of them together."""
    names = ("sends", "sends_before", "booked", "bookings", "bookings_before", "held", "unknown", "queued")
    alerts: dict[str, int] = {}
    for one in many:
        for severity, count in one.alerts.items():
            alerts[severity] = alerts.get(severity, 0) + count
    return Figures(alerts=alerts, **{name: sum(getattr(one, name) for one in many) for name in names})


def counted(condition: Q) -> Count:
    """How many rows meet it. Of a column of the table, as `filter=` wants it, the rows themselves would be read."""
    return Count(Case(When(condition, then=1)))


# `activity_by_state` holds all that is asked for, so that no row is read.
def _sends(ids: list[UUID], at: datetime) -> list[tuple[UUID, int, int, int]]:
    this, before = Q(sent_at__gt=at - WEEK), Q(sent_at__lte=at - WEEK)
    rows = Activity.objects.filter(
        client__in=ids, state=State.SENT.value, sent_at__gt=at - (1 + BEFORE) * WEEK, sent_at__lte=at
    )
    return list(
        rows.order_by()
        .values("client")
        .annotate(
            week=counted(this),
            before=counted(before),
            booked=counted(before & Q(led_to_booking=True)),
        )
        .values_list("client", "week", "before", "booked")
    )


def _bookings(ids: list[UUID], at: datetime) -> list[tuple[UUID, int, int]]:
    rows = Lead.objects.filter(client__in=ids, converted_at__gt=at - (1 + BEFORE) * WEEK, converted_at__lte=at)
    return list(
        rows.order_by()
        .values("client")
        .annotate(
            week=counted(Q(converted_at__gt=at - WEEK)),
            before=counted(Q(converted_at__lte=at - WEEK)),
        )
        .values_list("client", "week", "before")
    )


def _waiting(ids: list[UUID]) -> list[tuple[UUID, int, int, int]]:
    states = [State.HELD.value, State.UNKNOWN.value, *(state.value for state in QUEUED)]
    rows = Activity.objects.filter(client__in=ids, state__in=states)
    return list(
        rows.order_by()
        .values("client")
        .annotate(
            held=counted(Q(state=State.HELD.value)),
            unknown=counted(Q(state=State.UNKNOWN.value)),
            queued=counted(Q(state__in=[state.value for state in QUEUED])),
        )
        .values_list("client", "held", "unknown", "queued")
    )


def _alerts(ids: list[UUID]) -> list[tuple[UUID, str, int]]:
    rows = HealthAlert.objects.filter(client__in=ids, resolved_at=None).order_by().values("client", "severity")
    return list(rows.annotate(total=Count("*")).values_list("client", "severity", "total"))
