"""Warnings that opened, and whether somebody saw them."""

from typing import Any

from django.utils.timezone import now
from django_filters import ChoiceFilter
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from conversion.api.filters import ClientRowFilters, flag, words
from conversion.api.viewsets import ReadOnly
from conversion.vocabulary import PatternType, Severity
from patterns.alerts import see
from patterns.api.forms import AlertForm
from patterns.models import HealthAlert


class AlertFilters(ClientRowFilters):
    code = ChoiceFilter(choices=[(code, code) for code in HealthAlert.CODES])
    severity = words(Severity)
    pattern_type = words(PatternType)
    open = flag(field_name="resolved_at", lookup_expr="isnull", label="Whether its cause is still there.")
    seen = flag(field_name="seen_at", lookup_expr="isnull", exclude=True, label="Whether somebody saw it.")


class Alerts(ReadOnly):
    """Alerts. They open once for each cause, and resolve by themselves when it is gone."""

    model = HealthAlert
    serializer_class = AlertForm
    filterset_class = AlertFilters

    @extend_schema(request=None, responses=AlertForm)
    def seen(self, request: Any, *_: Any, **__: Any) -> Response:
        """Say that somebody saw it. Once more changes nothing."""
        alert = self.get_object()
        if see(alert, now()):
            self.record("seen", alert)
        alert.refresh_from_db(from_queryset=HealthAlert.objects.for_client(alert.client_id))
        return Response(self.get_serializer(alert).data)
