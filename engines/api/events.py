"""What came back: events, which are told here with all that follows from them, and replies that nobody was found for."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.response import Response

from conversion.api.bodies import read
from conversion.api.errors import Conflict
from conversion.api.filters import ClientRowFilters, words
from conversion.api.resources import EventViewSet
from conversion.api.scope import row_or_404
from conversion.api.viewsets import ReadOnly
from conversion.models import Activity, InboundMessage, Lead
from conversion.vocabulary import ArrivalKind, Channel, EventKind, InboundState, Role
from engines.api.forms import EventBody, Heard, InboundForm, WhoseBody
from engines.inbound import unmatched
from engines.inbound.told import ToldError, Word, tell


def lead_of(request: Any, key: Any) -> Lead:
    """A lead that is there to be written to. Raises NotFound and PermissionDenied."""
    lead: Lead = row_or_404(request, Lead, key, Role.OPERATOR)
    if lead.deleted_at is not None or lead.erased_at is not None:
        raise NotFound(f"There is no lead {key}.")
    return lead


class Events(EventViewSet):
    @extend_schema(request=EventBody, responses={200: Heard, 201: Heard})
    def create(self, request: Any) -> Response:
        """Tell what happened to a lead. All follows that would follow if a provider had told it: a reply stops the rest of the
        plan and is read, a booking converts the lead, who unsubscribes or complains is not written to any more. 200: it was
        known.
        """
        asked = read(EventBody, request.data)
        lead = lead_of(request, asked["lead"])
        word = Word(
            EventKind(asked["kind"]),
            asked.get("occurred_at"),
            touch_of(lead, asked.get("activity")),
            asked["text"],
            asked["subject"],
            asked["external_id"],
        )
        try:
            with transaction.atomic():
                heard = tell(lead, word)
                for event in heard.events if heard.is_new else ():
                    self.record("create", event)
        except ToldError as error:
            raise ValidationError({error.field: f"{error.reason}.".capitalize()}) from error
        answer = {"meaning": heard.meaning, "events": heard.events}
        return Response(Heard(answer).data, 201 if heard.is_new else 200)


def touch_of(lead: Lead, key: Any) -> Activity | None:
    if key is None:
        return None
    touch: Activity | None = Activity.objects.for_client(lead.client_id).filter(lead=lead, pk=key).first()
    if touch is None:
        raise NotFound(f"The lead has no touch {key}.")
    return touch


class InboundFilters(ClientRowFilters):
    state = words(InboundState)
    channel = words(Channel)
    kind = words(ArrivalKind)


class Inbound(ReadOnly):
    """Replies, and bookings that nobody was found for. One that may be several clients' is shown to who sees all of them
    alone.
    """

    model = InboundMessage
    serializer_class = InboundForm
    filterset_class = InboundFilters

    def get_queryset(self) -> QuerySet:
        return self.within(Role.VIEWER)

    def within(self, role: Role) -> QuerySet[InboundMessage]:
        """The messages of clients at which the caller has this role."""
        return unmatched.within(self.access, role)

    def get_object(self) -> InboundMessage:
        found: InboundMessage | None = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise NotFound(f"There is no message {self.kwargs['pk']}.")
        if self.request.method == "POST" and not self.within(Role.OPERATOR).filter(pk=found.pk).exists():
            raise PermissionDenied(f"This needs the role {Role.OPERATOR} at the client.")
        return found

    @extend_schema(request=WhoseBody, responses=InboundForm)
    def settle(self, request: Any, **_: Any) -> Response:
        """Say whose a message is: all follows that would have followed had it been known."""
        lead, message = read(WhoseBody, request.data)["lead"], self.get_object()
        return self.done("settle", lambda: unmatched.settle(message, lead_of(request, lead), request.user))

    @extend_schema(request=None, responses=InboundForm)
    def dismiss(self, request: Any, **_: Any) -> Response:
        """Say that a message is nobody's."""
        message = self.get_object()
        return self.done("dismiss", lambda: unmatched.dismiss(message, request.user))

    def done(self, action: str, settle: Any) -> Response:
        try:
            with transaction.atomic():
                message = settle()
                self.record(action, message)
        except unmatched.SettledError as error:
            raise Conflict(str(error)) from error
        return Response(self.get_serializer(message).data)
