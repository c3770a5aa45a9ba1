"""Learning that somebody asks for. It is queued, and done by whoever learns."""

from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.response import Response

from conversion.api.bodies import read
from conversion.api.viewsets import ApiView
from conversion.models import Client
from conversion.vocabulary import Role
from patterns import flows
from patterns.api.forms import LearnBody, Triggered

ALL = "all"


class Learn(ApiView):
    """Learn anew for these clients, or for all; asked for again before that has ended, it is that run. Answers at once;
    `GET runs/{run_id}` tells how far it is.
    """

    needs: ClassVar[dict[str, Role]] = {"post": Role.ADMIN}

    @extend_schema(operation_id="learn", request=LearnBody, responses={202: Triggered})
    def post(self, request: Any) -> Response:
        asked = read(LearnBody, request.data).get("client_ids")
        clients = self.everybody() if asked is None else self.named(asked)
        is_whole = asked is None and self.access.ids(Role.ADMIN) is None
        with transaction.atomic():
            run, is_new = flows.ask_once(None if is_whole else [client.pk for client in clients])
            for client in clients if is_new else ():
                self.record("learn", client)
        ids = ALL if asked is None else [str(client.pk) for client in clients]
        return Response({"status": "triggered", "run_id": str(run), "client_ids": ids}, 202)

    def everybody(self) -> list[Client]:
        """The clients that are learned for, of those at which the caller is an admin."""
        clients = list(self.access.clients(Role.ADMIN).learned_for())
        if not clients and self.access.ids(Role.ADMIN) is not None:
            raise PermissionDenied(f"This needs the role {Role.ADMIN} at a client.")
        return clients

    def named(self, refs: list[str]) -> list[Client]:
        found = {client.pk: client for client in map(self.client, refs)}
        learned_for = set(Client.objects.learned_for().filter(pk__in=found).values_list("pk", flat=True))
        if idle := [client.name for client in found.values() if client.pk not in learned_for]:
            names = ", ".join(idle[:5])
            raise ValidationError({"client_ids": f"Nothing is learned for {names}: paused, or without a subscription."})
        return list(found.values())
