"""Addresses that a client's notices are posted to, and what became of what was posted."""

from typing import Any, ClassVar
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django_filters import ChoiceFilter, UUIDFilter
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response

from conversion.api.bodies import Body, read
from conversion.api.errors import Conflict
from conversion.api.filters import ClientRowFilters, words
from conversion.api.scope import row_or_404
from conversion.api.serializers import CLIENT_HELP, LONGEST_REF, Shown
from conversion.api.viewsets import ReadOnly
from conversion.clock import database_now
from conversion.models import Delivery, WebhookEndpoint
from conversion.vocabulary import DeliveryState, NoticeKind, Role
from engines.notices.endpoints import endpoints_of, remove_endpoint, set_endpoint
from engines.notices.replaying import NotReplayed, replay

KINDS = [kind.value for kind in NoticeKind]
LONGEST_URL = WebhookEndpoint._meta.get_field("url").max_length


class EndpointForm(Shown):
    """`url` is whole for those who may change it, since it may hold a key of the receiver's: else only where it leads.
    `secret` comes once, with the answer to the call that made it.
    """

    url = serializers.SerializerMethodField()
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=KINDS), read_only=True)

    class Meta:
        model = WebhookEndpoint
        fields = ("id", "client", "url", "kinds", "is_active", "created_at")

    def get_url(self, endpoint: WebhookEndpoint) -> str:
        if self.context["view"].access.may(endpoint.client_id, Role.OPERATOR):
            return endpoint.url
        parts = urlsplit(endpoint.url)
        return f"{parts.scheme}://{parts.hostname}/…"


class EndpointWithSecret(EndpointForm):
    secret = serializers.CharField(required=False, help_text="It is not shown again.")

    class Meta:
        model = WebhookEndpoint
        fields = (*EndpointForm.Meta.fields, "secret")


def kinds() -> serializers.ListField:
    choice = serializers.ChoiceField(choices=KINDS)
    return serializers.ListField(child=choice, required=False, allow_empty=False, max_length=len(KINDS))


class EndpointInput(Body):
    client = serializers.CharField(max_length=LONGEST_REF, help_text=CLIENT_HELP)
    url = serializers.CharField(max_length=LONGEST_URL, help_text="An https address.")
    kinds = kinds()


class EndpointChange(Body):
    kinds = kinds()
    is_active = serializers.BooleanField(required=False)
    new_secret = serializers.BooleanField(required=False, help_text="Make another; the former one ends at once.")


class EndpointFilters(ClientRowFilters):
    pass


class Webhooks(ReadOnly):
    """A client's own addresses. Those of its agency, which hear of all clients, are set by the command `webhooks`."""

    model = WebhookEndpoint
    serializer_class = EndpointForm
    filterset_class = EndpointFilters
    secret = ""

    @extend_schema(request=EndpointInput, responses={201: EndpointWithSecret})
    def create(self, request: Any) -> Response:
        """Post notices to an address."""
        given = read(EndpointInput, request.data)
        client = self.client(given["client"])
        with transaction.atomic():
            if endpoints_of(client).filter(url=given["url"]).exists():
                raise Conflict({"url": "The client has a webhook to this address: change that one."})
            endpoint, self.secret = set_endpoint(client, given["url"], given.get("kinds"))
            self.record("create", endpoint)
        return Response(self.get_serializer(endpoint).data, status.HTTP_201_CREATED)

    @extend_schema(request=EndpointChange, responses=EndpointWithSecret)
    def partial_update(self, request: Any, pk: Any) -> Response:
        """Change what it gets, switch it off or on, or make another secret."""
        before = self.get_object()
        given = {"is_active": before.is_active, "kinds": before.kinds} | read(EndpointChange, request.data)
        with transaction.atomic():
            endpoint, self.secret = set_endpoint(before.client, before.url, **given)
            changed = {"is_active": before.is_active, "kinds": before.kinds}
            was = {name: (value, getattr(endpoint, name)) for name, value in changed.items()}
            self.record("change", endpoint, {name: pair for name, pair in was.items() if pair[0] != pair[1]})
        return Response(self.get_serializer(endpoint).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Any, pk: Any) -> Response:
        """Forget an address, and what was posted to it."""
        endpoint = self.get_object()
        with transaction.atomic():
            self.record("delete", endpoint)
            remove_endpoint(endpoint)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the secret now: an answer that is kept for a call that comes again does not hold it."""
        if self.secret and response.status_code in {status.HTTP_200_OK, status.HTTP_201_CREATED}:
            response.data = {**response.data, "secret": self.secret}
        return super().finalize_response(request, response, *args, **kwargs)


class DeliveryForm(Shown):
    """One notice to one address. `to`: where it leads. `answer`: why the last attempt did not work."""

    notice = serializers.UUIDField(source="notice_id", read_only=True)
    kind = serializers.ChoiceField(source="notice.kind", choices=KINDS, read_only=True)
    endpoint = serializers.UUIDField(source="endpoint_id", read_only=True)
    to = serializers.CharField(source="endpoint.name", read_only=True)

    class Meta:
        model = Delivery
        fields = (
            *("id", "client", "notice", "kind", "endpoint", "to", "state", "attempts", "status_code", "answer"),
            *("created_at", "due_at", "delivered_at"),
        )


class DeliveryFilters(ClientRowFilters):
    endpoint = UUIDFilter(method="of_endpoint", label="Id of a webhook of the client's own.")
    state = words(DeliveryState)
    kind = ChoiceFilter(field_name="notice__kind", choices=[(kind, kind) for kind in KINDS])

    def of_endpoint(self, queryset: QuerySet, name: str, value: UUID) -> QuerySet:
        return queryset.filter(endpoint=row_or_404(self.request, WebhookEndpoint, value))


class Deliveries(ReadOnly):
    """What was posted to webhooks, the agency's included."""

    model = Delivery
    related: ClassVar[tuple[str, ...]] = ("notice", "endpoint")
    serializer_class = DeliveryForm
    filterset_class = DeliveryFilters

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(endpoint__isnull=False)

    @extend_schema(request=None, responses={202: DeliveryForm})
    def replay(self, request: Any, **_: Any) -> Response:
        """Post it once more, with the notice's own id."""
        delivery = self.get_object()
        try:
            with transaction.atomic():
                replay(delivery, database_now())
                self.record("replay", delivery)
        except NotReplayed as error:
            raise Conflict(f"{str(error).capitalize()}.") from error
        delivery.refresh_from_db(from_queryset=self.get_queryset())
        return Response(self.get_serializer(delivery).data, status.HTTP_202_ACCEPTED)
