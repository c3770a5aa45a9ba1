"""What was learned, by which runs, and what is wrong with it: to look at. Whoever wants it anew has the pages."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet

from conversion import access
from conversion.admin.clients import link
from conversion.admin.long import OfClient
from conversion.admin.scoped import ReadOnly
from conversion.vocabulary import Role
from patterns.models import (
    BackfillRun,
    ConversionPattern,
    ConversionPatternHistory,
    HealthAlert,
    LearningRun,
    PooledWeights,
)

PAYLOADS = ("patterns", "scorecard", "comparison")


class Patterns(ReadOnly):
    """Payloads are large: a list does not read them."""

    list_filter: ClassVar[Any] = (OfClient, "pattern_type")
    list_select_related = ("client",)
    ordering = ("-pk",)
    sortable_by = ()
    actions = None

    def get_queryset(self, request: Any) -> QuerySet:
        rows = super().get_queryset(request)
        match = request.resolver_match
        return rows.defer(*PAYLOADS) if match and (match.url_name or "").endswith("_changelist") else rows


@admin.register(ConversionPattern)
class Current(Patterns):
    list_display = (
        "pattern_type",
        "client",
        "version",
        "confidence",
        "sample_size",
        "computed_at",
        "valid_until",
        "page",
    )

    @admin.display(description="page")
    def page(self, row: ConversionPattern) -> str:
        return link("desk:evidence", row.client.slug, row.pattern_type, text="open")


@admin.register(ConversionPatternHistory)
class History(Patterns):
    list_display = ("pattern_type", "client", "version", "confidence", "computed_at", "superseded_at", "page")

    @admin.display(description="page")
    def page(self, row: ConversionPatternHistory) -> str:
        return link("desk:history", row.client.slug, row.pattern_type, text="timeline")


class Runs(ReadOnly):
    list_filter: ClassVar[Any] = (OfClient, "state")
    list_select_related = ("client",)
    ordering = ("-pk",)
    sortable_by = ()
    actions = None

    @admin.display(description="page")
    def page(self, row: Any) -> str:
        return link("desk:run", row.pk, text="open")


@admin.register(LearningRun)
class LearningRuns(Runs):
    list_display = ("client", "as_of", "state", "attempts", "started_at", "finished_at", "page")
    raw_id_fields = ("period",)


@admin.register(BackfillRun)
class BackfillRuns(Runs):
    list_display = ("client", "state", "leads", "total", "moved_at", "finished_at", "page")


@admin.register(HealthAlert)
class Alerts(ReadOnly):
    list_display = (
        "code",
        "client",
        "pattern_type",
        "subject",
        "severity",
        "opened_at",
        "seen_at",
        "resolved_at",
        "page",
    )
    list_filter = (OfClient, "severity", "code")
    list_select_related = ("client",)
    ordering = ("-pk",)
    sortable_by = ()
    actions = None

    @admin.display(description="page")
    def page(self, row: HealthAlert) -> str:
        return link("desk:alerts", text="all open ones") if row.resolved_at is None else "–"


@admin.register(PooledWeights)
class Pooled(ReadOnly):
    """What an agency's clients have in common: for superusers, since it speaks of no single client."""

    needs: ClassVar[dict[str, Role | None]] = {"add": None, "change": None}
    list_display = ("agency", "version", "as_of", "clients", "computed_at")
    list_select_related = ("agency",)
    ordering = ("-pk",)
    sortable_by = ()
    actions = None

    def rows_of(self, queryset: QuerySet, reach: access.Access) -> QuerySet:
        return queryset if reach.everywhere is not None else queryset.none()

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:  # noqa: ARG002 (Django's signature)
        return self.admin_site.has_permission(request) and access.of(request).everywhere is not None

    has_module_permission = has_view_permission
