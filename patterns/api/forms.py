"""What the endpoints of patterns answer with, and what they are sent."""

from typing import Any

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from conversion.api.bodies import Body, Text
from conversion.api.serializers import LONGEST_REF, Shown
from conversion.vocabulary import PatternType, RunState
from patterns.models import ConversionPattern, ConversionPatternHistory, HealthAlert

MOST_CLIENTS = 200  # of one call


class PatternForm(serializers.ModelSerializer):
    """One pattern. `patterns` is its payload; `is_valid`, whether it has not expired."""

    patterns = serializers.JSONField()
    is_valid = serializers.SerializerMethodField()  # type: ignore[assignment] # a field is no attribute: the method stays

    class Meta:
        model = ConversionPattern
        fields: tuple[str, ...] = ("patterns", "sample_size", "confidence", "computed_at", "valid_until", "is_valid")

    def get_is_valid(self, row: ConversionPattern) -> bool:
        return row.valid_until > now()


class OnePattern(PatternForm):
    client_id = serializers.UUIDField()
    pattern_type = serializers.ChoiceField(choices=list(PatternType))

    class Meta(PatternForm.Meta):
        fields = ("client_id", "pattern_type", *PatternForm.Meta.fields)


class PatternsOfClient(serializers.Serializer):
    client_id = serializers.UUIDField()
    patterns = serializers.DictField(child=PatternForm(), help_text="By type: who, what, when, how.")


class PatternVersion(serializers.ModelSerializer):
    """A version that was current until `superseded_at`; null: it still is."""

    patterns = serializers.JSONField()
    scorecard = serializers.JSONField(help_text="How well it did on facts that came later.")
    comparison = serializers.JSONField(help_text="What changed against the version before.")

    class Meta:
        model = ConversionPatternHistory
        fields = (
            *("version", "patterns", "sample_size", "confidence", "algorithm", "scorecard", "comparison"),
            *("computed_at", "valid_until", "superseded_at"),
        )


class LearnBody(Body):
    client_ids = serializers.ListField(
        child=Text(max_length=LONGEST_REF),
        required=False,
        allow_null=True,
        allow_empty=False,
        max_length=MOST_CLIENTS,
        help_text="Ids or slugs. Left out: all clients at which the caller is an admin.",
    )


@extend_schema_field(
    {"oneOf": [{"type": "array", "items": {"type": "string", "format": "uuid"}}, {"type": "string", "const": "all"}]}
)
class ClientIds(serializers.Field):
    def to_representation(self, value: Any) -> Any:
        return value


class Triggered(serializers.Serializer):
    status = serializers.CharField()
    run_id = serializers.UUIDField()
    client_ids = ClientIds()


class RunOfClient(serializers.Serializer):
    client_id = serializers.UUIDField()
    client = serializers.CharField()
    state = serializers.ChoiceField(choices=list(RunState))
    results = serializers.JSONField(help_text="Of learning, by type: the version stored, or why none was.")
    error = serializers.CharField(help_text="The kind of what went wrong.")


class Progress(serializers.Serializer):
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    unit = serializers.CharField()


class RunForm(serializers.Serializer):
    """Long work. `state`: queued, started, and at the end one of done, failed, held (a person has to look), skipped and
    abandoned.
    """

    run_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=["learning", "backfill", "import"])
    state = serializers.ChoiceField(choices=list(RunState))
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    progress = Progress()
    clients = RunOfClient(many=True)


class AlertForm(Shown):
    class Meta:
        model = HealthAlert
        fields = (
            *("id", "client", "code", "pattern_type", "subject", "severity", "message"),
            *("opened_at", "seen_at", "resolved_at"),
        )
