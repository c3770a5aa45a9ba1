"""The patterns in force, and every version that was."""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response

from conversion.access import named
from conversion.api.exports import CSVRenderer
from conversion.api.viewsets import ApiView, ClientRows, Listed
from conversion.fetching import fetched
from conversion.models import Client
from conversion.vocabulary import PatternType
from patterns.api.forms import OnePattern, PatternForm, PatternsOfClient, PatternVersion
from patterns.models import ConversionPattern, ConversionPatternHistory
from patterns.report import every_finding

CLIENT = OpenApiParameter("client", str, OpenApiParameter.PATH, description="Id or slug of the client.")
KIND = OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=[kind.value for kind in PatternType])
SHOWN = {"id", "client_id", "pattern_type", "version", *PatternForm.Meta.fields}
READ = tuple(str(field.attname) for field in ConversionPattern._meta.concrete_fields if field.attname in SHOWN)
FOUND = f"""SELECT {", ".join(f"pattern.{name}" for name in READ)}, client.slug
    FROM patterns_conversionpattern pattern JOIN conversion_client client ON client.id = pattern.client_id
    WHERE client.deleted_at IS NULL AND pattern.pattern_type = %s"""
ONE_PATTERN = OnePattern()  # whose fields are made once
# Columns of findings as CSV.
NUMBERS = (
    *("status", "lift", "lift_low", "lift_high", "rate", "low", "high", "conversion_rate", "sample", "converted"),
    *("q_value", "p_better", "frequency"),
)


def type_of(kind: str) -> PatternType:
    """Raises ValidationError."""
    if kind not in tuple(PatternType):
        raise ValidationError({"type": f"{kind[:40]!r} is none of {', '.join(PatternType)}."})
    return PatternType(kind)


class Patterns(ApiView):
    """All patterns of a client, by type."""

    @extend_schema(operation_id="patterns_of_client", parameters=[CLIENT], responses=PatternsOfClient)
    def get(self, request: Any, client: str) -> Response:
        owner = self.client(client)
        rows = {row.pattern_type: row for row in ConversionPattern.objects.for_client(owner)}
        found = {kind.value: PatternForm(rows[kind]).data for kind in PatternType if kind in rows}
        return Response({"client_id": str(owner.pk), "patterns": found})


class PatternOfType(ApiView):
    """One pattern of a client; as CSV (`Accept: text/csv`, or `?format=csv`) its findings, one a line."""

    def get_renderers(self) -> list[Any]:
        return [*super().get_renderers(), CSVRenderer()]

    @extend_schema(operation_id="pattern_of_type", parameters=[CLIENT, KIND], responses=OnePattern)
    def get(self, request: Any, client: str, kind: str) -> Response:
        wanted = type_of(kind)
        row, slug = self.found(client, wanted)
        if row is None:  # say which of the two is not there
            raise NotFound(f"{self.client(client).name} has no {wanted} pattern yet.")
        if request.accepted_renderer.format != CSVRenderer.format:
            return Response(ONE_PATTERN.to_representation(row))
        name = f"{slug}-{wanted}-{row.version}.csv"
        rows = findings(row.patterns)
        return Response(rows, headers={"Content-Disposition": f'attachment; filename="{name}"'})

    def found(self, ref: str, kind: PatternType) -> tuple[ConversionPattern | None, str]:
        """The pattern and its client's slug, in one query: whoever sees a client may read it."""
        stored = Client._meta.pk.get_db_prep_value
        [(name, wanted)] = named(ref).items()
        condition, values = (
            ("client.id = %s", [stored(wanted, connection)]) if name == "pk" else ("client.slug = %s", [wanted])
        )
        ids = self.access.ids()
        if ids is not None:
            condition += f" AND client.id IN ({', '.join(['%s'] * len(ids)) or 'NULL'})"
            values += [stored(one, connection) for one in ids]
        for row, (slug,) in fetched(ConversionPattern, READ, f"{FOUND} AND {condition}", [kind.value, *values]):
            return row, slug
        return None, ""


def findings(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each finding of a payload: `place` in the payload, `name` in words, and NUMBERS."""
    return [
        {
            "place": ".".join(said.path),
            "name": said.name,
            "against": said.against,
            **{number: said.finding.get(number) for number in NUMBERS},
        }
        for said in every_finding(payload)
    ]


class History(Listed, ClientRows):
    """Every version of a pattern that was ever current."""

    model = ConversionPatternHistory
    serializer_class = PatternVersion

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        kind, owner = type_of(self.kwargs["kind"]), self.client(self.kwargs["client"])
        return super().filter_queryset(queryset).filter(client=owner, pattern_type=kind)

    @extend_schema(operation_id="pattern_history", parameters=[CLIENT, KIND])
    def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().list(request, *args, **kwargs)
