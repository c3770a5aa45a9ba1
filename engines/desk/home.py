"""The first page: a card for each client of the caller's, the most urgent first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.utils.timezone import now

from conversion import access
from conversion.counts import counted
from conversion.models import Agency, Client
from conversion.models.client import LEARNED_FOR, ClientQuerySet
from conversion.vocabulary import PatternType, Role, Severity
from engines.desk.doors import page, shown
from engines.desk.figures import Figures, figures, total
from patterns.models import ConversionPattern
from patterns.trust import ACTED_ON

CARDS = 30
LONGEST_SEARCH = 80
LITTLE = 10  # below so many a week, the tenths of an average count
TONES = {Severity.HIGH: "bad", Severity.MEDIUM: "maybe"}


@dataclass(frozen=True)
class Told:
    """A pattern in a word. tone: of its badge."""

    kind: str
    word: str
    tone: str
    computed_at: datetime | None = None
    age: str = ""


@dataclass(frozen=True)
class Card:
    client: Client
    figures: Figures
    patterns: tuple[Told, ...] = ()

    @property
    def alerts(self) -> list[tuple[str, int, str]]:
        """Of each severity that there is one of: the word, how many, the tone."""
        counts = self.figures.alerts
        return [(one.value, counts[one.value], TONES[one]) for one in Severity if counts.get(one.value)]

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        return lines(self.figures)

    @property
    def is_learned_for(self) -> bool:
        return self.client.subscription_status in LEARNED_FOR

    @property
    def urgency(self) -> tuple[Any, ...]:
        """What sorts it: the most urgent is the least."""
        counts, one = self.figures.alerts, self.figures
        high, medium = (counts.get(severity.value, 0) for severity in (Severity.HIGH, Severity.MEDIUM))
        return (-high, -one.unknown, -medium, -one.held, self.client.name.casefold(), self.client.slug)


@page()
def home(request: Any) -> Any:
    """`?q=` narrows by name, `?agency=` by an agency's slug, `?page=` goes on."""
    reach, at = access.of(request), now()
    mine = reach.clients()
    wanted = {name: text_of(request, name) for name in ("q", "agency")}
    clients = list(narrowed(mine, **wanted).select_related("agency"))
    known = figures(clients, at)
    cards = sorted((Card(client, known[client.pk]) for client in clients), key=lambda card: card.urgency)
    pages = Paginator(cards, CARDS).get_page(request.GET.get("page"))
    learned = patterns([card.client.pk for card in pages], at)
    agencies = list(Agency.objects.filter(clients__in=mine).order_by("name", "slug").distinct()[:200])
    return shown(
        request,
        "home.html",
        "Clients",
        cards=[Card(card.client, card.figures, learned[card.client.pk]) for card in pages],
        pages=pages,
        agencies=agencies,
        together=lines(total(list(known.values()))) if reach.everywhere and len(clients) > 1 else None,
        is_new=bool(reach.everywhere) and not clients and not any(wanted.values()),
        may_add=bool(request.user.is_superuser),
        may_import=bool(reach.clients(Role.OPERATOR)[:1]) if not clients else True,
        wanted=wanted,
    )


def text_of(request: Any, name: str) -> str:
    """PostgreSQL compares with no NUL."""
    return str(request.GET.get(name, "")).replace("\0", "")[:LONGEST_SEARCH].strip()


def narrowed(clients: ClientQuerySet, q: str, agency: str) -> ClientQuerySet:
    if q:
        clients = clients.filter(name__icontains=q)
    return clients.filter(agency__slug=agency) if agency else clients


def lines(figures: Figures) -> list[tuple[str, str, str]]:
    """Name, value and remark of what went out and what came of it."""
    told = "none was sent in the four weeks before"
    if figures.rate is not None and figures.interval is not None:
        low, high = figures.interval
        told = (
            f"{low:.1%} to {high:.1%}; {figures.booked:,} of {counted(figures.sends_before, 'touch')} "
            "of the four weeks before"
        )
    return [
        ("Sent in 7 days", f"{figures.sends:,}", f"usually {average(figures.usual_sends)}"),
        ("Booked in 7 days", f"{figures.bookings:,}", f"usually {average(figures.usual_bookings)}"),
        ("Touches that led to a booking", "–" if figures.rate is None else f"{figures.rate:.1%}", told),
        ("Waiting", f"{figures.queued:,}", "planned, queued or under way"),
        ("Held", f"{figures.held:,}", "not sent, for a reason"),
        ("Unknown", f"{figures.unknown:,}", "may have gone out"),
    ]


def average(count: float) -> str:
    return f"{count:,.1f}" if 0 < count < LITTLE else f"{count:,.0f}"


def patterns(ids: Collection[UUID], at: datetime) -> dict[UUID, tuple[Told, ...]]:
    """The four patterns of each client, in one query that reads no payload."""
    columns = ("client", "pattern_type", "confidence", "computed_at", "valid_until")
    found = {
        (client, kind): told(kind, *rest, at=at)
        for client, kind, *rest in ConversionPattern.objects.filter(client__in=list(ids)).values_list(*columns)
    }
    nothing = {kind: Told(kind.value, "not learned yet", "none") for kind in PatternType}
    return {pk: tuple(found.get((pk, kind.value), nothing[kind]) for kind in PatternType) for pk in ids}


def told(kind: str, confidence: float, computed_at: datetime, valid_until: datetime, *, at: datetime) -> Told:
    """What a pattern does for decisions, and since when it has been known."""
    days = max((at - computed_at).days, 0)
    age = f"{days:,} day{'' if days == 1 else 's'} old" if days else "from today"
    if valid_until <= at:
        return Told(kind, "expired", "bad", computed_at, age)
    if confidence >= ACTED_ON:
        return Told(kind, "acted on", "good", computed_at, age)
    word, tone = ("not sure enough", "maybe") if confidence > 0 else ("too little data", "none")
    return Told(kind, word, tone, computed_at, age)
