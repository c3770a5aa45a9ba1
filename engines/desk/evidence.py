"""Everything that a pattern rests on: each finding with its numbers, what says nothing and why, and where the method stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.timezone import now

from conversion.api.exports import line as csv_line
from conversion.api.exports import table
from conversion.counts import counted
from conversion.models import Client
from conversion.vocabulary import Outcome, PatternType, Status
from engines.desk import estimates
from engines.desk.doors import client_or_404, page, shown
from engines.desk.lists import kept, text_of, word_of
from patterns.models import ConversionPattern
from patterns.payloads import Unusable, measure, outcome_of, record, whole
from patterns.pictures import COUNT_HIGHEST, pictures, q_of, usable
from patterns.report import QUESTIONS, UNITS, Said, abstentions, findings, more_needed, one_line

PER_PAGE = 100
LONGEST = 240  # characters of a method's name
LOOKS = {Status.SUPPORTED: "desk-good", Status.SUGGESTIVE: "desk-maybe", Status.NONE: ""}
WORDS = {Status.SUPPORTED: "supported", Status.SUGGESTIVE: "perhaps", Status.NONE: "no sign"}
# The section of the statistics page for a place in the payload; the pattern's own where none is named.
SECTIONS = {
    "learned_components": "components",
    "recommended_weights": "weights",
    "subject_patterns": "content",
    "pain_points": "content",
    "ctas": "content",
    "angles": "content",
    "personalization_lift": "content",
    "optimal_length": "length",
    "variants": "variants",
    "best_days": "curves",
    "best_hours": "curves",
    "touch_hazard": "touch-numbers",
    "gap_hazard": "gaps",
    "first_touch_effectiveness": "first-channel",
    "channel_effects": "the-hazard-model",
    "channel_effectiveness_by_tier": "the-hazard-model",
    "channel_transitions": "the-hazard-model",
    "multi_channel_lift": "the-hazard-model",
    "winning_sequences": "sequences",
}
COLUMNS = (
    *(
        "lift",
        "lift_low",
        "lift_high",
        "rate",
        "low",
        "high",
        "conversion_rate",
        "sample",
        "converted",
        "frequency",
        "tried",
    ),
    *("p_better", "q_value", "status", "stratified_by", "method"),
)


@dataclass(frozen=True)
class Line:
    """A finding in words and numbers, as the table shows it; empty where the payload does not have the number."""

    name: str
    status: str
    look: str
    lift: str
    against: str
    bookings: str
    rate: str
    counts: str
    share: str
    chance: str
    method: str
    within: str
    section: str
    needed: str


@page()
def evidence(request: HttpRequest, ref: str, kind: str) -> HttpResponse:
    mine, wanted = client_or_404(request, ref), kind_or_404(kind)
    row = ConversionPattern.objects.for_client(mine).filter(pattern_type=wanted).first()
    payload: Mapping[str, Any] = row.patterns if row and isinstance(row.patterns, dict) else {}
    status = word_of(request, "status", [one.value for one in Status])
    name = text_of(request, "q")
    found = [
        one
        for one in strongest(payload)
        if (not status or one.finding["status"] == status) and name.casefold() in one.name.casefold()
    ]
    if request.GET.get("format") == "csv":
        return as_csv(mine, wanted, found)
    pages = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return shown(
        request,
        "evidence.html",
        QUESTIONS[wanted],
        client=mine,
        kind=wanted.value,
        row=row,
        unit=UNITS[wanted],
        lines=[line(one, wanted, outcome_of(payload)) for one in pages],
        pages=pages,
        total=pages.paginator.count,
        pictures=[] if status or name else pictures(wanted, payload),
        silent=abstentions(payload),
        outcome=outcome_of(payload),
        is_expired=row is not None and row.valid_until <= now(),
        weights=estimates.weights(payload),
        behind=list(estimates.behind_weights(payload)),
        others=estimates.others(payload),
        wanted=status,
        statuses=[(one.value, WORDS[one]) for one in Status],
        q=name,
        kept=kept(status=status, q=name),
        section=wanted.value,
    )


def kind_or_404(kind: str) -> PatternType:
    if kind not in tuple(PatternType):
        raise Http404(f"There is no pattern {kind[:40]!r}.")
    return PatternType(kind)


def strongest(payload: Mapping[str, Any]) -> list[Said]:
    """Every usable finding, what is supported first, then by the size of the effect."""
    order = {Status.SUPPORTED.value: 0, Status.SUGGESTIVE.value: 1}
    known = usable(findings(payload)) if payload else []
    return sorted(known, key=lambda one: (order.get(one.finding["status"], 2), -one.strength, one.name))


def line(said: Said, kind: PatternType, outcome: Outcome) -> Line:
    found, status = said.finding, Status(said.finding["status"])
    needed = more_needed(found) if status == Status.SUGGESTIVE else None
    return Line(
        name=one_line(said.name),
        status=WORDS[status],
        look=LOOKS[status],
        lift=f"{found['lift']:.2f} ({found['lift_low']:.2f} to {found['lift_high']:.2f})",
        against=said.against,
        bookings=in_bookings(found),
        rate=f"{found['rate']:.2%} ({found['low']:.2%} to {found['high']:.2%})"
        if {"rate", "low", "high"} <= found.keys()
        else "",
        counts=counts(found),
        share=share(found, outcome),
        chance=q_of(found["q_value"]) if found.get("q_value") is not None else "",
        method=" ".join(str(found.get("method", "")).split())[:LONGEST],
        within=" ".join(str(found.get("stratified_by", "")).split())[:LONGEST],
        section=next((SECTIONS[key] for key in said.path if key in SECTIONS), kind.value),
        needed=f"about {needed:,} more {UNITS[kind]} would tell" if needed else "",
    )


def counts(found: Mapping[str, Any]) -> str:
    """A sequence is reckoned from touches: of it, on how many leads it was tried."""
    if "converted" in found:
        return f"{found['converted']:,} of {found['sample']:,}"
    try:
        return f"tried on {counted(whole(found.get('tried'), 'tried', 0, COUNT_HIGHEST), 'lead')}"
    except Unusable:
        return ""


def share(found: Mapping[str, Any], outcome: Outcome) -> str:
    """How much of all that was reached speaks of it, where the finding says so."""
    try:
        return f"{measure(found, 'frequency', 'finding', 1):.0%} of all that {outcome.past}"
    except Unusable:
        return ""


def in_bookings(found: Mapping[str, Any]) -> str:
    """Where a finding speaks of replies: what is known of bookings."""
    try:
        booking = record(found.get("booking"), "booking")
        lift, low, high = (measure(booking, f"lift_in_all{end}", "booking") for end in ("", "_low", "_high"))
    except Unusable:
        return ""
    return f"of bookings {lift:.2f} ({low:.2f} to {high:.2f})"


def as_csv(client: Client, kind: PatternType, found: list[Said]) -> HttpResponse:
    """No cell is taken for a formula by a spreadsheet."""
    rows = [
        {"name": one.name, "against": one.against, **{name: one.finding.get(name) for name in COLUMNS}} for one in found
    ]
    answer = HttpResponse(
        table(rows) or csv_line(["name", "against", *COLUMNS]), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="{client.slug}-{kind}.csv"'
    return answer
