"""What the API shows of rows, and what it takes."""

from typing import Any

from django.utils.timezone import now
from rest_framework import serializers

from conversion import access
from conversion.api.bodies import Body, Text
from conversion.api.cells import Cell, FlagCell, MomentCell, WholeCell
from conversion.importer.columns import COLUMNS, FLAGS, POINTS, Kind, parsers
from conversion.importer.leads import TEXTS
from conversion.importer.values import LARGEST, Clock
from conversion.models import Activity, Client, Event, Lead, Sequence, Suppression
from conversion.vocabulary import LeadStatus, Role

CLIENT_HELP = "Id or slug of the client."
LONGEST_REF = 80
EXTRAS = 100  # further columns of a lead


class Word(serializers.ChoiceField):
    """A word of the vocabulary; null where the column is blank."""

    def to_representation(self, value: Any) -> Any:
        return super().to_representation(value) or None


class Shown(serializers.ModelSerializer):
    """A row that belongs to a client, as it is shown."""

    serializer_choice_field = Word
    client = serializers.UUIDField(source="client_id", read_only=True)

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        cls.Meta.read_only_fields = cls.Meta.fields

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        kind, options = super().build_standard_field(field_name, model_field)
        return kind, options | {"allow_null": True} if kind is Word and model_field.blank else options


class ClientSerializer(serializers.ModelSerializer):
    role = serializers.SerializerMethodField()

    class Meta:
        model = Client
        fields = (
            "id",
            "name",
            "slug",
            "role",
            "timezone",
            "icp",
            "subscription_status",
            "is_paused",
            "als_tiers",
            "als_learned_weights",
            "als_weights_updated_at",
            "conversion_sample_count",
            "created_at",
        )
        read_only_fields = fields

    def get_role(self, client: Client) -> Role:
        """What the caller may do there."""
        role = access.of(self.context["request"]).role_at(client.pk)
        if role is None:
            raise LookupError("A client that the caller may not see was about to be shown.")
        return role


class LeadSerializer(Shown):
    class Meta:
        model = Lead
        fields = (
            "id",
            "client",
            "external_id",
            *TEXTS,
            "employee_count",
            *FLAGS,
            "status",
            "status_at",
            "converted_at",
            "created_at",
            "als_score",
            "als_tier",
            "als_components",
            "als_weights_used",
            "scored_at",
            "touch_count",
            "last_contacted_at",
            "extra",
        )


class ActivitySerializer(Shown):
    lead = serializers.UUIDField(source="lead_id", read_only=True)
    sequence = serializers.UUIDField(source="sequence_id", read_only=True, allow_null=True)
    sender = serializers.UUIDField(source="sender_id", read_only=True, allow_null=True)

    class Meta:
        model = Activity
        fields = (
            "id",
            "client",
            "lead",
            "sequence",
            "sender",
            "external_id",
            "campaign",
            "template_id",
            "channel",
            "action",
            "state",
            "message_type",
            "outcome",
            "duration_seconds",
            "touch_number",
            "scheduled_at",
            "sent_at",
            "due_at",
            "propensity",
            "led_to_booking",
            "subject",
            "body",
            "content_snapshot",
            "reason_code",
            "reason",
            "provider",
            "provider_message_id",
            "metadata",
            "created_at",
        )


class EventSerializer(Shown):
    lead = serializers.UUIDField(source="lead_id", read_only=True)
    activity = serializers.UUIDField(source="activity_id", read_only=True, allow_null=True)

    class Meta:
        model = Event
        fields = (
            "id",
            "client",
            "lead",
            "activity",
            "external_id",
            "kind",
            "occurred_at",
            "body",
            "is_machine",
            "metadata",
            "created_at",
        )


class SequenceSerializer(Shown):
    lead = serializers.UUIDField(source="lead_id", read_only=True)

    class Meta:
        model = Sequence
        fields = (
            "id",
            "client",
            "lead",
            "channels",
            "reasons",
            "arm",
            "patterns",
            "propensities",
            "gaps",
            "created_at",
        )


class SuppressionSerializer(Shown):
    class Meta:
        model = Suppression
        fields = ("id", "client", "kind", "value", "reason", "created_at")


class SuppressionInput(Body):
    client = serializers.CharField(max_length=LONGEST_REF, help_text=CLIENT_HELP)
    value = serializers.CharField(
        max_length=500, help_text="An e-mail address, phone number (+61 ...), LinkedIn profile or domain."
    )
    reason = serializers.CharField(
        max_length=255, required=False, allow_blank=True, default="", help_text="Why, for whoever asks later."
    )


def lead_cells() -> dict[str, Cell]:
    """The columns of leads.csv that a caller may give, but the points of the score, which are worked out."""
    clock = Clock(zone=None, formats=(), latest=now())
    cells: dict[str, Cell] = {}
    for name, parse in parsers(Kind.LEADS, clock).items():
        if name in FLAGS:
            cells[name] = FlagCell(parse)
        elif name == "employee_count":
            cells[name] = WholeCell(parse, 1, LARGEST)
        elif name in {"created_at", "status_at"}:
            cells[name] = MomentCell(parse)
        elif name == "status":
            cells[name] = Cell(parse, words=[word.value for word in LeadStatus])
        elif name not in POINTS:
            cells[name] = Cell(parse, longest=getattr(Lead._meta.get_field(name), "max_length", None))
    return cells


class LeadChange(Body):
    """What is to become different of a lead: what is not named stays, null empties a field."""

    extra = serializers.DictField(
        child=Text(allow_null=True, allow_blank=True, max_length=10_000),
        required=False,
        help_text="Whatever else is known of the lead, by name.",
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        return {**super().get_fields(), **lead_cells()}

    def validate_extra(self, extra: dict[str, str | None]) -> dict[str, str | None]:
        if len(extra) > EXTRAS:
            raise serializers.ValidationError(f"At most {EXTRAS} further columns.")
        ours = sorted(set(extra) & set(COLUMNS[Kind.LEADS]))
        if ours:
            raise serializers.ValidationError(f"{', '.join(ours)}: a field of the lead itself.")
        return extra


class LeadInput(LeadChange):
    """A new lead. No field but its client must be known."""

    client = serializers.CharField(max_length=LONGEST_REF, help_text=CLIENT_HELP)
