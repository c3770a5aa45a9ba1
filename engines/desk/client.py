"""A client's page: what to change, the four questions, and what is done differently because of the answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import now

from conversion import access
from conversion.counts import counted
from conversion.models import Activity, Client, Event, Lead, MessageTemplate, Sender, Suppression
from conversion.models.client import LEARNED_FOR
from conversion.vocabulary import PatternType, Role, RunState, Severity
from engines import brief
from engines.desk.difference import difference
from engines.desk.doors import client_or_404, page, shown
from engines.desk.figures import figures
from engines.desk.home import lines
from engines.desk.questions import EXPIRED, MALFORMED, age, questions
from patterns import guidance, known
from patterns.advice import Advice, advice
from patterns.guidance import Guidance
from patterns.models import ConversionPattern, HealthAlert, LearningRun

RUNS = 5  # the latest ones, among which one that ended is looked for
ALERTS = 5
TABLES = (Lead, Activity, Event, MessageTemplate, Sender, Suppression)
# Who sees to it that advice is followed.
BY_PLANS = "New plans follow it by themselves."
BY_SCORE = "The lead score counts it already."
BY_WRITERS = "For whoever writes the texts."
BY_PEOPLE = "For whoever picks the leads: the lead score does not count it."


@dataclass(frozen=True)
class Told:
    """A piece of advice, and who follows it."""

    advice: Advice
    follower: str


@page()
def client(request: HttpRequest, ref: str) -> HttpResponse:
    mine, at = client_or_404(request, ref), now()
    rows = {row.pattern_type: row for row in ConversionPattern.objects.for_client(mine)}
    valid = {kind: row for kind, row in rows.items() if row.valid_until > at}
    runs = list(LearningRun.objects.for_client(mine).order_by("-pk")[:RUNS])
    guided, found = guidance.read(valid, mine), known.read(valid, mine)
    answers, counted = questions(mine, rows, runs, guided, at), figures([mine], at)[mine.pk]
    return shown(
        request,
        "client.html",
        mine.name,
        client=mine,
        notice=notice(mine, rows, runs),
        advice=[Told(one, follower(one, guided)) for one in advice(found)],
        questions=answers,
        unsure=[one for one in answers if one.needed],
        expired=[one for one in answers if one.state == EXPIRED],
        difference=difference(guided, mine.holdout_share),
        brief=brief_parts(brief.compose(mine, found, at)),
        lines=[*lines(counted), *bookings(rows)],
        figures=counted,
        tables=tables(request, mine),
        alerts=open_alerts(mine),
        **last_run(runs, at),
        **rights(request, mine),
    )


def rights(request: HttpRequest, mine: Client) -> dict[str, bool]:
    reach = access.of(request)
    return {"may_operate": reach.may(mine.pk, Role.OPERATOR), "may_learn": reach.may(mine.pk, Role.ADMIN)}


def notice(mine: Client, rows: Mapping[str, Any], runs: Sequence[LearningRun]) -> str:
    """Why nothing goes on at this client, or what is to be done first: a word that the page has text for."""
    if mine.is_paused:
        return "paused"
    if mine.subscription_status not in LEARNED_FOR:
        return "subscription"
    if rows or any(run.state == RunState.DONE for run in runs):
        return ""
    return "unlearned" if Lead.objects.for_client(mine).exists() else "empty"


def follower(found: Advice, guided: Guidance) -> str:
    if found.kind == PatternType.WHO:
        return BY_SCORE if PatternType.WHO.value in guided.versions else BY_PEOPLE
    return BY_WRITERS if found.kind == PatternType.WHAT else BY_PLANS


def brief_parts(made: brief.Brief) -> list[tuple[str, list[tuple[str, Any]]]]:
    """Title of each part, and titles of its sections with their lines."""
    return [
        (brief.PARTS[part][0], [(brief.PARTS[part][1][name], lines) for name, lines in sections.items()])
        for part, sections in made.parts.items()
    ]


def bookings(rows: Mapping[str, ConversionPattern]) -> Iterator[tuple[str, str, str]]:
    """Name, value and remark of what scorecards say of bookings as such; each pattern's says the same."""
    cards = [row.scorecard for row in rows.values() if isinstance(row.scorecard, dict)]
    card = cards[0] if cards else {}
    try:
        if "rate" in (found := card.get("bookings", {})):
            remark = f"{found['low']:.1%} to {found['high']:.1%}; {found['booked']:,} of "
            remark += f"{counted(found['leads'], 'lead')} followed"
            yield "Leads that booked", f"{found['rate']:.1%}", remark
        if "median" in (found := card.get("days_to_booking", {})):
            remark = f"half by then; 80% by {found['percentile_80']:.0f}"
            yield "Days from the first touch to a booking", f"{found['median']:.0f}", remark
        if "median" in (found := card.get("touches_to_booking", {})):
            yield "Touches to a booking", f"{found['median']}", "half by then"
    except MALFORMED:
        return


def tables(request: HttpRequest, mine: Client) -> list[tuple[str, str]]:
    """Name and address of the client's tables in the admin, for whoever may open it."""
    if not admin.site.has_permission(request):
        return []
    found = []
    if admin.site.is_registered(Client):
        found.append(("Settings", reverse("admin:conversion_client_change", args=[mine.pk])))
    for model in TABLES:
        if admin.site.is_registered(model) and filters_by_client(admin.site.get_model_admin(model).list_filter):
            address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            name = str(model._meta.verbose_name_plural).capitalize()
            found.append((f"Table: {name}", f"{address}?client__id__exact={mine.pk}"))
    return found


def filters_by_client(filters: Sequence[Any]) -> bool:
    return any((one[0] if isinstance(one, tuple) else one) == "client" for one in filters)


def open_alerts(mine: Client) -> list[HealthAlert]:
    """The gravest and newest."""
    grave = Case(When(severity=Severity.HIGH, then=Value(0)), default=Value(1), output_field=IntegerField())
    return list(HealthAlert.objects.for_client(mine).filter(resolved_at=None).order_by(grave, "-opened_at")[:ALERTS])


def last_run(runs: Sequence[LearningRun], at: datetime) -> dict[str, Any]:
    """The latest run; of an error its kind alone, since its text may quote a row."""
    run = runs[0] if runs else None
    if run is None:
        return {"run": None}
    moment = run.finished_at or run.started_at
    return {
        "run": run,
        "run_age": age(at - moment) if moment else "",
        "run_error": run.error.partition(":")[0][:80],
        "run_is_open": run.state in (RunState.QUEUED, RunState.STARTED),
    }
