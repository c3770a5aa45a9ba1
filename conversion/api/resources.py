"""The doors to what this floor keeps. Events and templates are written on the floor of the engines, which have their rules."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import now
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from conversion import leads
from conversion.api import filters
from conversion.api import serializers as shapes
from conversion.api.bodies import read
from conversion.api.errors import Conflict
from conversion.api.scope import client_or_404
from conversion.api.viewsets import ReadOnly
from conversion.entries import UnusableEntry, suppress
from conversion.entries import entry as entry_of
from conversion.models import Activity, Client, Event, Lead, Sequence, Suppression
from conversion.suppressions import is_hashed
from conversion.vocabulary import Role

REF = OpenApiParameter("client", str, OpenApiParameter.PATH, description=shapes.CLIENT_HELP)


@contextmanager
def told() -> Iterator[None]:
    """What a lead cannot have, as an answer that names the field."""
    try:
        yield
    except leads.UnusableLead as error:
        raise ValidationError({error.column: error.reason}) from error
    except leads.LeadConflict as error:
        raise Conflict({error.column: error.reason} if error.column else error.reason) from error


class ClientViewSet(ReadOnly):
    """The clients that the caller may see."""

    model = Client
    serializer_class = shapes.ClientSerializer
    lookup_url_kwarg = "client"
    lookup_value_converter = "str"

    def get_queryset(self) -> QuerySet:
        return self.access.clients()

    @extend_schema(parameters=[REF])
    def retrieve(self, request: Any, client: str) -> Response:
        return Response(self.get_serializer(client_or_404(request, client)).data)


class LeadViewSet(ReadOnly):
    """Leads, but those that were deleted."""

    model = Lead
    serializer_class = shapes.LeadSerializer
    filterset_class = filters.LeadFilters

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(deleted_at__isnull=True)

    @extend_schema(request=shapes.LeadInput, responses={201: shapes.LeadSerializer})
    def create(self, request: Any) -> Response:
        """Enter a lead, as an import would. The same values are taken, and it is scored at once."""
        given = read(shapes.LeadInput, request.data)
        client, extra = self.client(given.pop("client"), Role.OPERATOR), given.pop("extra", {})
        extra = {name: text for name, text in extra.items() if text}
        with told(), transaction.atomic():
            lead = leads.create(client, given, extra, now())
            self.record("create", lead)
        return Response(self.get_serializer(lead).data, status.HTTP_201_CREATED)

    @extend_schema(request=shapes.LeadChange, responses=shapes.LeadSerializer)
    def partial_update(self, request: Any, pk: Any) -> Response:
        """Change fields of a lead, as an import would: the flags that protect a person are set and never cleared, and a status
        does not go back.
        """
        lead = self.get_object()
        given = read(shapes.LeadChange, request.data)
        extra = given.pop("extra", {})
        with told(), transaction.atomic():
            changed = leads.change(lead, given, extra, now())
            if changed:
                self.record("change", lead, changed)
        lead.refresh_from_db(from_queryset=Lead.objects.for_client(lead.client_id))
        return Response(self.get_serializer(lead).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Any, pk: Any) -> Response:
        """Take a lead out of learning, scoring, planning and sending. Its row stays; `erase_person` forgets a person."""
        lead = self.get_object()
        with transaction.atomic():
            leads.delete(lead, now())
            self.record("delete", lead)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ActivityViewSet(ReadOnly):
    """Touches: what is planned, under way and sent."""

    model = Activity
    serializer_class = shapes.ActivitySerializer
    filterset_class = filters.ActivityFilters


class EventViewSet(ReadOnly):
    """What came back of touches."""

    model = Event
    serializer_class = shapes.EventSerializer
    filterset_class = filters.EventFilters


class SequenceViewSet(ReadOnly):
    """The plans that leads were put on."""

    model = Sequence
    serializer_class = shapes.SequenceSerializer
    filterset_class = filters.SequenceFilters


class SuppressionViewSet(ReadOnly):
    """A client's own list of those who must not be written to. What its agency or everybody keeps is not shown here."""

    model = Suppression
    serializer_class = shapes.SuppressionSerializer
    filterset_class = filters.SuppressionFilters
    needs: ClassVar[dict[str, Role]] = {"destroy": Role.ADMIN}

    @extend_schema(
        request=shapes.SuppressionInput,
        responses={200: shapes.SuppressionSerializer, 201: shapes.SuppressionSerializer},
    )
    def create(self, request: Any) -> Response:
        """Put a value on the list. One that stands there already is answered with 200."""
        given = read(shapes.SuppressionInput, request.data)
        client = self.client(given["client"], Role.OPERATOR)
        try:
            kind, value = entry_of(given["value"])
        except UnusableEntry as error:
            raise ValidationError({"value": str(error)}) from error
        with transaction.atomic():
            is_new = suppress([given["value"]], client=client, reason=given["reason"]).added > 0
            entry = Suppression.objects.get(client=client, kind=kind, value=value)
            if is_new:
                self.record("create", entry)
        return Response(self.get_serializer(entry).data, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    @extend_schema(responses={204: None})
    def destroy(self, request: Any, pk: Any) -> Response:
        """Take a value off the list. Hashes of people who asked to be forgotten stay."""
        entry = self.get_object()
        if is_hashed(entry.value):
            raise Conflict("The person asked to be forgotten; the entry keeps it out.")
        with transaction.atomic():
            self.record("delete", entry)
            Suppression.objects.filter(client=entry.client_id, pk=entry.pk).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)
