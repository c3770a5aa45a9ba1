"""What people and agents say of one touch: how a call went, its text, and whether it was sent."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from conversion.api.bodies import read
from conversion.api.errors import Conflict
from conversion.api.serializers import ActivitySerializer
from conversion.api.viewsets import ClientRows
from conversion.models import Activity
from engines.api.forms import CallBody, ContentBody, SettleBody
from engines.calls import Call, completed
from engines.message import MessageError
from engines.outbox.settling import NotUnknownError, settle
from engines.texts.posting import NotWaitingError, post_content


class TouchActions(ClientRows):
    model = Activity
    related = ("client", "lead", "sender")
    serializer_class = ActivitySerializer

    def answer(self, action: str, touch: Activity) -> Response:
        self.record(action, touch)
        return Response(self.get_serializer(touch).data)

    @extend_schema(request=CallBody, responses=ActivitySerializer)
    def complete(self, request: Any, **_: Any) -> Response:
        """Say how a call went. A meeting that was booked converts the lead; a wrong number is not called again."""
        asked, touch = read(CallBody, request.data), self.get_object()
        try:
            call = Call.of(asked.pop("script_id", None), asked.pop("script_content", None), **asked)
            with transaction.atomic():
                done = completed(touch.lead, touch.client, None, touch.touch_number, call, touch.pk)
                return self.answer("complete", done)
        except MessageError as error:
            raise ValidationError({error.field: error.reason}) from error
        except ValueError as error:
            raise Conflict(f"{error}.".capitalize()) from error

    @extend_schema(request=ContentBody, responses=ActivitySerializer)
    def content(self, request: Any, **_: Any) -> Response:
        """Write the text of a touch that is not on its way yet. It goes out as it is; one that was held for it moves on."""
        asked, touch = read(ContentBody, request.data), self.get_object()
        try:
            with transaction.atomic():
                return self.answer("content", post_content(touch, asked["subject"], asked["body"]))
        except NotWaitingError as error:
            raise Conflict(str(error)) from error

    @extend_schema(request=SettleBody, responses=ActivitySerializer)
    def settle(self, request: Any, **_: Any) -> Response:
        """Say of an unknown send whether it went out, after a look at the provider. It is never sent again."""
        asked, touch = read(SettleBody, request.data), self.get_object()
        try:
            with transaction.atomic():
                return self.answer("settle", settle(touch, sent=asked["sent"], message_id=asked["message_id"]))
        except NotUnknownError as error:
            raise Conflict(str(error)) from error
