"""What lists may be narrowed by. A filter that a list does not know is refused, not passed over."""

from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from django import forms
from django.db.models import Model, QuerySet
from django_filters import CharFilter, ChoiceFilter, Filter, TypedChoiceFilter, UUIDFilter
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from drf_spectacular.drainage import set_override
from drf_spectacular.utils import extend_schema_field

from conversion.addresses import usable_key
from conversion.api.scope import client_or_404, row_or_404
from conversion.entries import UnusableEntry, entry
from conversion.importer.values import BadValue, Clock
from conversion.models import Activity, Lead, Sequence, Suppression
from conversion.vocabulary import ActivityState, CallOutcome, Channel, EventKind, LeadStatus, Tier

ANY_TIME = Clock(zone=UTC, formats=(), latest=datetime.max.replace(tzinfo=UTC))


class StrictFilters(DjangoFilterBackend):
    """django-filter's backend, for lists alone: a row that its id names is not looked for by anything else. The view has
    refused parameters that it does not know (`ApiView.query_parameters`).
    """

    def filter_queryset(self, request: Any, queryset: QuerySet, view: Any) -> QuerySet:
        if getattr(view, "action", None) not in {None, "list"}:
            return queryset
        found: QuerySet = super().filter_queryset(request, queryset, view)
        return found


class MomentField(forms.CharField):
    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        try:
            return ANY_TIME.moment(text) if text else None
        except BadValue as error:
            raise forms.ValidationError(f"{error}.") from error


@extend_schema_field({"type": "string", "format": "date-time"})
class MomentFilter(Filter):
    """ISO 8601; without an offset, UTC. Give the field and `lookup_expr`: `gte` (from) or `lt` (before)."""

    field_class = MomentField


class WholeFilter(Filter):
    field_class = forms.IntegerField


def words(kinds: type[StrEnum], **options: Any) -> ChoiceFilter:
    return ChoiceFilter(choices=[(word.value, word.value) for word in kinds], **options)


def flag(**options: Any) -> Any:
    choices = [("true", "true"), ("false", "false")]
    found = TypedChoiceFilter(choices=choices, coerce=lambda text: text == "true", **options)
    return set_override(found, "field", {"type": "boolean"})


class RowFilter(UUIDFilter):
    """The id of a row of a client's. A row that the caller may not see is not there: 404."""

    def __init__(self, named: type[Model], **options: Any) -> None:
        super().__init__(label=f"Id of the {named._meta.verbose_name}.", **options)
        self.named = named

    def filter(self, queryset: QuerySet, value: Any) -> QuerySet:
        if not value:
            return queryset
        return queryset.filter(**{self.field_name: row_or_404(self.parent.request, self.named, value)})


def whole(low: int, high: int, **options: Any) -> Any:
    """A whole number from low to high."""
    found = WholeFilter(min_value=low, max_value=high, **options)
    return set_override(found, "field", {"type": "integer", "minimum": low, "maximum": high})


class ClientRowFilters(FilterSet):
    """Base of the filters of rows that belong to a client. `client`: its id or slug; without it, rows of all clients that the
    caller may see.
    """

    client = CharFilter(method="of_client", label="Id or slug of the client.", max_length=80)

    def of_client(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(client=client_or_404(self.request, value))


class LeadFilters(ClientRowFilters):
    status = words(LeadStatus)
    als_tier = words(Tier)
    external_id = CharFilter(max_length=255)
    email = CharFilter(method="of_email", label="In whatever spelling.", max_length=254)
    do_not_contact = flag()
    min_score = whole(0, 100, field_name="als_score", lookup_expr="gte", label="Of the lead score, 0-100.")
    created_from = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")

    def of_email(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        key = usable_key(value, "")
        return queryset.filter(email_key=key) if key else queryset.none()


class ActivityFilters(ClientRowFilters):
    lead = RowFilter(Lead)
    sequence = RowFilter(Sequence)
    channel = words(Channel)
    state = words(ActivityState)
    outcome = words(CallOutcome)
    external_id = CharFilter(max_length=255)
    campaign = CharFilter(max_length=255)
    led_to_booking = flag()
    sent_from = MomentFilter(field_name="sent_at", lookup_expr="gte")
    sent_before = MomentFilter(field_name="sent_at", lookup_expr="lt")


class EventFilters(ClientRowFilters):
    lead = RowFilter(Lead)
    activity = RowFilter(Activity)
    kind = words(EventKind)
    external_id = CharFilter(max_length=255)
    occurred_from = MomentFilter(field_name="occurred_at", lookup_expr="gte")
    occurred_before = MomentFilter(field_name="occurred_at", lookup_expr="lt")


class SequenceFilters(ClientRowFilters):
    lead = RowFilter(Lead)
    arm = ChoiceFilter(choices=Sequence.ARMS)


class SuppressionFilters(ClientRowFilters):
    kind = ChoiceFilter(choices=Suppression.KINDS)
    value = CharFilter(method="of_value", label="In whatever spelling.", max_length=255)

    def of_value(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        with suppress(UnusableEntry):  # what no person would write: a hash, or a source's key
            _, value = entry(value)
        return queryset.filter(value=value)
