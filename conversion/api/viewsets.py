"""What every endpoint stands on. The client's wall is here, so that no endpoint can forget it.

- `ApiView`: an endpoint that names its client: `client = self.client(ref)`.
- `ClientRows`: lists and rows that belong to clients; a row of a client that the caller may not see is not there (404).
- `needs`: the role by action or method, such as {"create": Role.ADMIN}; else viewers read and operators act.
- A POST with `Idempotency-Key` is carried out once. A GET has an ETag, and answers `If-None-Match` with 304.
"""

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.utils.cache import patch_cache_control
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from conversion import access, audit
from conversion.api import idempotency, pagination
from conversion.api.exports import CSVRenderer, export
from conversion.api.parsing import check_length, check_query
from conversion.api.permissions import role_needed
from conversion.api.scope import client_or_404
from conversion.models import Client
from conversion.vocabulary import Role


class ApiView(APIView):
    """An endpoint of the API. Override `get`, `post`, ... and name the query parameters that they read in `parameters`."""

    needs: ClassVar[Mapping[str, Role]] = {}
    parameters: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def as_view(cls, *args: Any, **kwargs: Any) -> Any:
        return conditional_page(super().as_view(*args, **kwargs))

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        access.of(request)  # here, since what a connection is shown in a transaction is lost when it is rolled back
        if not hasattr(self, str(request.method).lower()):
            return  # 405
        check_length(request)
        check_query(request.query_params, self.query_parameters())
        if request.method == "POST" and (key := idempotency.key_of(request)) is not None:
            self._once(request, key)

    def _once(self, request: Any, key: str) -> None:
        """REST framework looks the handler up on the view, after this."""
        handler = getattr(self, "post", None)
        if handler is not None:
            self.post = lambda *args, **kwargs: idempotency.once(request, key, partial(handler, *args, **kwargs))

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        # Answers are the caller's own, and asked for anew each time; the ETag makes that cheap.
        patch_cache_control(answer, private=True, no_cache=True)
        return answer

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """The methods stand in `Allow`, all else in the API's description."""
        return Response(status=204)

    def query_parameters(self) -> frozenset[str]:
        """The parameters that this endpoint reads."""
        return self.parameters | {api_settings.URL_FORMAT_OVERRIDE}

    @property
    def access(self) -> access.Access:
        return access.of(self.request)

    def client(self, ref: str | uuid.UUID, role: Role | None = None) -> Client:
        """The client that the call names; role: None takes the one that the call needs. Raises NotFound, PermissionDenied."""
        return client_or_404(self.request, ref, role or role_needed(self.request, self))

    def record(self, action: str, obj: Model, changes: Mapping[str, tuple[Any, Any]] | None = None) -> None:
        """Note a change in the audit log."""
        audit.record(audit.actor_of(self.request), action, obj, changes)


class ClientRows(ApiView, GenericViewSet):
    """Rows of one model that belong to clients. Set `model`, `serializer_class` and, for lists, `filterset_class`; further
    joins go to `related`. Add `mixins.RetrieveModelMixin` and `Listed`.

    get_queryset: the rows of all clients that the caller may see, and of no others. Writing needs `for_client` as anywhere.
    """

    model: ClassVar[type[Model]]
    related: ClassVar[tuple[str, ...]] = ()
    filterset_class: ClassVar[type | None] = None
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):  # the API is being described; nobody asks
            return self.model._default_manager.none()
        rows = self.model._default_manager.filter(client__in=self.access.clients())
        return rows.select_related(*self.related) if self.related else rows

    def query_parameters(self) -> frozenset[str]:
        known = super().query_parameters()
        if self.action != "list":
            return known
        filters = frozenset(self.filterset_class.base_filters) if self.filterset_class else frozenset()  # type: ignore[attr-defined] # a FilterSet's metaclass
        return known | pagination.PARAMETERS | filters


class Listed(mixins.ListModelMixin):
    """`GET` of a list: a page as JSON, or everything as CSV (`Accept: text/csv`, or `?format=csv`)."""

    def get_renderers(self) -> list[Any]:
        renderers: list[Any] = super().get_renderers()  # type: ignore[misc] # of the view this is mixed into
        return [*renderers, CSVRenderer()] if getattr(self, "action", None) in {"list", None} else renderers

    def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.accepted_renderer.format == CSVRenderer.format:
            return export(self)
        return super().list(request, *args, **kwargs)


class ReadOnly(Listed, mixins.RetrieveModelMixin, ClientRows):
    """A list, and each of its rows."""


@extend_schema(exclude=True)
class NotThere(ApiView):
    """Any other address under the API's."""

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super(ApiView, self).initial(request, *args, **kwargs)
        raise NotFound("There is no such address.")


__all__ = ["ApiView", "ClientRows", "Listed", "NotThere", "ReadOnly", "Response"]
