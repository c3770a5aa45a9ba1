"""Every version of a pattern, the newest first: how long it was in force, what it changed, and how it did later."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.timezone import now

from conversion import access
from conversion.vocabulary import Outcome, PatternType, Role, Status
from engines.desk.doors import client_or_404, page, shown
from engines.desk.questions import MALFORMED, chance
from patterns import report
from patterns.differences import Change, against, differences
from patterns.models import ConversionPatternHistory
from patterns.payloads import outcome_of
from patterns.pictures import Picture, pictures
from patterns.report import QUESTIONS, UNITS
from patterns.wording import later, told

PAGE = 20
DIGITS = 9  # of a version: as many as the column holds
HINTS = 10  # at least, where there are as many
LISTED = 40  # findings of a version that is opened; the evidence page has all of the one in force


@dataclass(frozen=True)
class Version:
    """A version as the timeline shows it. state: words for how it stands, look: of its badge."""

    row: ConversionPatternHistory
    state: str
    look: str
    changes: list[Change]
    against: str
    later: str

    @property
    def is_current(self) -> bool:
        return self.row.superseded_at is None


@dataclass(frozen=True)
class Opened:
    """The findings and pictures of a version. more: findings that are not listed."""

    number: int
    supported: list[str]
    hints: list[str]
    more: int
    silent: Mapping[str, str]
    pictures: list[Picture]
    chance: str
    is_readable: bool = True


@page()
def history(request: HttpRequest, ref: str, kind: str) -> HttpResponse:
    """`?version=` opens one, `?before=` goes on to older ones."""
    mine, at = client_or_404(request, ref), now()
    if kind not in tuple(PatternType):
        raise Http404(f"There is no pattern {kind[:40]!r}.")
    wanted = PatternType(kind)
    before, number = asked(request, "before"), asked(request, "version")
    rows = ConversionPatternHistory.objects.filter(client=mine, pattern_type=wanted)
    older = rows if before is None else rows.filter(version__lt=before)
    speaks_of = KT("patterns__outcome")  # alone: payloads are large
    found = list(older.defer("patterns").annotate(speaks_of=speaks_of).order_by("-version")[: PAGE + 1])
    opened = None if number is None else opening(wanted, rows, number)
    return shown(
        request,
        "history.html",
        f"{QUESTIONS[wanted]}: history",
        client=mine,
        kind=wanted.value,
        question=QUESTIONS[wanted],
        unit="leads" if wanted == PatternType.HOW else UNITS[wanted],
        versions=[version(row, at) for row in found[:PAGE]],
        older=found[PAGE - 1].version if len(found) > PAGE else None,
        opened=opened,
        before=before,
        may_learn=access.of(request).may(mine.pk, Role.ADMIN),
    )


def asked(request: HttpRequest, name: str) -> int | None:
    """A number of the address; None where it is not given. Raises Http404 for what is no version's number."""
    text = request.GET.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS):
        raise Http404(f"There is no version {text[:40]!r}.")
    return int(text)


def version(row: ConversionPatternHistory, at: datetime) -> Version:
    state, look = "replaced", ""
    if row.superseded_at is None:
        state, look = ("in force", "desk-good") if row.valid_until > at else ("expired", "desk-bad")
    comparison = row.comparison if isinstance(row.comparison, Mapping) else {}
    outcome = outcome_of({"outcome": getattr(row, "speaks_of", None)})
    return Version(row, state, look, differences(comparison), against(comparison), held(row.scorecard, outcome))


def held(card: Any, outcome: Outcome) -> str:
    """How it did later, in words; empty where the scorecard does not say."""
    try:
        return later(card, outcome)
    except MALFORMED:
        return ""


def opening(kind: PatternType, rows: QuerySet[ConversionPatternHistory], number: int) -> Opened:
    row = rows.filter(version=number).first()
    if row is None:
        raise Http404(f"There is no version {number}.")
    try:
        return opened(kind, row)
    except MALFORMED:
        return Opened(number, [], [], 0, {}, [], "", is_readable=False)


def opened(kind: PatternType, row: ConversionPatternHistory) -> Opened:
    unit, outcome = UNITS[kind], outcome_of(row.patterns)
    said = sorted(report.findings(row.patterns), key=lambda one: (one.is_detail, -one.strength, one.name))

    def sentences(status: Status) -> list[str]:
        return [told(one, unit, outcome) for one in said if one.finding["status"] == status]

    supported, hints = sentences(Status.SUPPORTED), sentences(Status.SUGGESTIVE)
    shown_hints = hints[: max(LISTED - len(supported), HINTS)]
    return Opened(
        row.version,
        supported[:LISTED],
        shown_hints,
        len(supported[LISTED:]) + len(hints) - len(shown_hints),
        report.abstentions(row.patterns),
        pictures(kind, row.patterns),
        chance(row.confidence),
    )
