"""What lists may be narrowed by. A filter that a list does not know is refused, not passed over."""

from typing import Any

from django.db.models import QuerySet
from django_filters import CharFilter
from django_filters.rest_framework import DjangoFilterBackend, FilterSet

from conversion.api.scope import client_or_404


class StrictFilters(DjangoFilterBackend):
    """django-filter's backend, for lists alone: a row that its id names is not looked for by anything else. The view has
    refused parameters that it does not know (`ApiView.query_parameters`).
    """

    def filter_queryset(self, request: Any, queryset: QuerySet, view: Any) -> QuerySet:
        if getattr(view, "action", None) not in {None, "list"}:
            return queryset
        found: QuerySet = super().filter_queryset(request, queryset, view)
        return found


class ClientRowFilters(FilterSet):
    """Base of the filters of rows that belong to a client. `client`: its id or slug; without it, rows of all clients that the
    caller may see.
    """

    client = CharFilter(method="of_client", label="Id or slug of the client.", max_length=80)

    def of_client(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(client=client_or_404(self.request, value))
