"""What is made of patterns: the brief for those who write, and backfills."""

from typing import Any, ClassVar

from django.db import transaction
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response

from conversion.api.bodies import read
from conversion.api.viewsets import ApiView
from conversion.vocabulary import Role
from engines import backfill
from engines.api.forms import BackfillBody, BackfillStarted, BriefForm
from engines.brief import brief
from patterns.api.patterns import CLIENT


class Plain(BaseRenderer):
    media_type = "text/plain"
    format = "txt"
    charset = "utf-8"

    def render(self, data: Any, *_: Any, **__: Any) -> str:
        return str(data)


class Brief(ApiView):
    """What a client's patterns say to those who write; in words with `Accept: text/plain`."""

    def get_renderers(self) -> list[Any]:
        return [*super().get_renderers(), Plain()]

    @extend_schema(
        operation_id="brief",
        parameters=[CLIENT],
        responses={(200, "application/json"): BriefForm, (200, "text/plain"): str},
    )
    def get(self, request: Any, client: str) -> Response:
        found = brief(self.client(client), now())
        return Response(found.text() if request.accepted_renderer.format == Plain.format else found.payload())


class Backfill(ApiView):
    """Fill in what a client's rows lack, and learn. Answers at once; `GET runs/{run_id}` tells how far it is. One that broke
    off goes on where it was.
    """

    needs: ClassVar[dict[str, Role]] = {"post": Role.ADMIN}

    @extend_schema(operation_id="backfill", parameters=[CLIENT], request=BackfillBody, responses={202: BackfillStarted})
    def post(self, request: Any, client: str) -> Response:
        asked, owner = read(BackfillBody, request.data), self.client(client)
        with transaction.atomic():
            run = backfill.ask(
                owner, content=asked["backfill_content"], als=asked["backfill_als"], learning=asked["run_detectors"]
            )
            self.record("backfill", owner)
        return Response({"status": "triggered", "run_id": str(run.pk), "client_id": str(owner.pk)}, 202)
