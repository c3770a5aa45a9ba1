"""A lead's score and plan: stored, or as a preview."""

from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.response import Response

from conversion.api.bodies import read
from conversion.api.errors import Conflict
from conversion.api.viewsets import ClientRows
from conversion.models import Lead
from conversion.vocabulary import Role
from engines.allocator import Terms, draft
from engines.api.forms import PlanBody, PlanForm, PreviewBody, ScoreForm
from engines.channels import PlanRefused
from engines.enrolment import enrol
from engines.profile import ideal_profile
from engines.scorer import ONLY, Score, ScorerEngine, explain
from patterns import guidance


class LeadDecisions(ClientRows):
    """Previews are reading; what is stored needs an operator."""

    model = Lead
    related = ("client",)
    needs: ClassVar[dict[str, Role]] = {"score": Role.VIEWER, "plan": Role.VIEWER}

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(deleted_at=None, erased_at=None)

    def chosen(self, *, preview: bool) -> Lead:
        lead: Lead = self.get_object()
        if not preview and not self.access.may(lead.client_id, Role.OPERATOR):
            raise PermissionDenied(f"Without preview this needs the role {Role.OPERATOR} at the client.")
        return lead

    @extend_schema(request=PreviewBody, responses=ScoreForm)
    def score(self, request: Any, **_: Any) -> Response:
        """Score the lead by the weights in force, with the reasons."""
        asked = read(PreviewBody, request.data)
        lead = self.chosen(preview=asked["preview"])
        found = preview_of(lead) if asked["preview"] else ScorerEngine().score_lead(lead, lead.client)
        return Response(found.payload())

    @extend_schema(request=PlanBody, responses={200: PlanForm, 201: PlanForm})
    def plan(self, request: Any, **_: Any) -> Response:
        """Plan the lead's touches, with the reason for each. 201: the lead was put on the plan; 200: a preview. 409: no plan is
        made for it, and why.
        """
        asked = read(PlanBody, request.data)
        preview, sequence, count = asked["preview"], asked.get("sequence"), asked.get("touch_count")
        if sequence is not None and count not in {None, len(sequence)}:
            raise ValidationError({"touch_count": "A sequence by hand has as many touches as it names."})
        lead, at = self.chosen(preview=preview), now()
        terms = Terms(guidance.for_client(lead.client, at), at, sequence, count)
        try:
            with transaction.atomic():
                made = draft(lead, lead.client, terms, lock=not preview)
                if not preview:
                    enrol([made], lead.client, at)
                    self.record("plan", lead)
        except PlanRefused as answer:
            raise Conflict(f"No plan is made for the lead: {answer}.") from answer
        return Response(made.payload(), 200 if preview else 201)


def preview_of(lead: Lead) -> Score:
    at = now()
    return explain(lead, ideal_profile(lead.client), guidance.for_client(lead.client, at, ONLY), at)
