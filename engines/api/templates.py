"""A client's templates: what the touches of its plans are written from."""

from typing import Any

from django.db import transaction
from django_filters import CharFilter
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from conversion.api.bodies import read
from conversion.api.errors import Conflict
from conversion.api.filters import ClientRowFilters, flag, whole, words
from conversion.api.viewsets import ReadOnly
from conversion.models import Client, MessageTemplate
from conversion.vocabulary import Channel, Role
from engines.api.forms import TemplateBody, TemplateChange, TemplateForm
from engines.running import queue_written
from engines.texts.templates import MOST_TOUCHES, set_template

CHANGED = ("subject", "body", "is_active")


class TemplateFilters(ClientRowFilters):
    channel = words(Channel)
    touch_number = whole(1, MOST_TOUCHES)
    variant = CharFilter(max_length=40)
    is_active = flag()


class Templates(ReadOnly):
    """Variants of a touch's text. Touches that are held for want of one move on when it is there."""

    model = MessageTemplate
    related = ("client",)
    serializer_class = TemplateForm
    filterset_class = TemplateFilters

    @extend_schema(request=TemplateBody, responses={201: TemplateForm})
    def create(self, request: Any) -> Response:
        """A new variant. 409: there is one of that name; change it instead."""
        asked = read(TemplateBody, request.data)
        client = self.client(asked.pop("client"), Role.OPERATOR)
        with transaction.atomic():
            row, is_new = written(client, **asked)
            if not is_new:
                raise Conflict({"variant": "The touch has a variant of this name; change that one."})
            self.record("create", row)
        return Response(self.get_serializer(row).data, 201)

    @extend_schema(request=TemplateChange, responses=TemplateForm)
    def partial_update(self, request: Any, **_: Any) -> Response:
        """Change its text, or switch it off. What is queued already keeps its text."""
        asked, row = read(TemplateChange, request.data), self.get_object()
        before = {name: getattr(row, name) for name in CHANGED}
        with transaction.atomic():
            place = {"channel": row.channel, "touch_number": row.touch_number, "variant": row.variant}
            row, _new = written(row.client, **place, **{**before, **asked})
            self.record("change", row, {name: (before[name], value) for name, value in asked.items()})
        return Response(self.get_serializer(row).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Any, **_: Any) -> Response:
        """Take it away. What was written from it stays."""
        row = self.get_object()
        with transaction.atomic():
            self.record("delete", row)
            MessageTemplate.objects.for_client(row.client_id).filter(pk=row.pk).delete()
        return Response(status=204)


def written(client: Client, **fields: Any) -> tuple[MessageTemplate, bool]:
    """The template as it stands then, and whether it is new. Raises ValidationError."""
    channel, number, variant = (fields.pop(name) for name in ("channel", "touch_number", "variant"))
    row, is_new = set_template(client, channel, number, variant, **fields)
    if row.is_active:
        queue_written(client, channel, number)
    return row, is_new
