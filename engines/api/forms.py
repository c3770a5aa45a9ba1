"""What the endpoints of the engines are sent, and what they answer with."""

from rest_framework import serializers

from conversion.api.bodies import Body, Text
from conversion.api.cells import MomentCell
from conversion.api.filters import ANY_TIME
from conversion.api.serializers import CLIENT_HELP, LONGEST_REF, EventSerializer, Shown
from conversion.models import InboundMessage, MessageTemplate
from conversion.vocabulary import CallOutcome, Channel, EventKind
from engines.brief import PARTS
from engines.calls import ID_LENGTH, LONGEST, TEXT_LENGTH
from engines.inbound.arrival import LINE
from engines.inbound.arrival import TEXT as REPLY_LENGTH
from engines.inbound.meaning import Meaning
from engines.inbound.told import MARK
from engines.texts.templates import MOST_TOUCHES, VARIANT_LENGTH, name_of

SUBJECT_LENGTH = 500
BODY_LENGTH = 200_000  # characters; what a channel takes is checked by its own rules

# Scores and plans.


class PreviewBody(Body):
    preview = serializers.BooleanField(default=False, help_text="Answer, and store nothing.")


class PlanBody(PreviewBody):
    touch_count = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST_TOUCHES)
    sequence = serializers.ListField(
        child=serializers.ChoiceField(choices=list(Channel)),
        required=False,
        allow_null=True,
        min_length=1,
        max_length=MOST_TOUCHES,
        help_text="Channels by hand, kept as they are; only their times are chosen.",
    )


class ScoreForm(serializers.Serializer):
    lead_id = serializers.UUIDField()
    score = serializers.IntegerField(min_value=0, max_value=100)
    tier = serializers.CharField()
    probability = serializers.FloatField(allow_null=True)
    outcome = serializers.CharField(allow_null=True)
    components = serializers.JSONField()
    weights = serializers.DictField(child=serializers.FloatField())
    weights_source = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())
    scored_at = serializers.DateTimeField()


class PlannedForm(serializers.Serializer):
    touch_number = serializers.IntegerField()
    channel = serializers.ChoiceField(choices=list(Channel))


class ScheduledForm(PlannedForm):
    scheduled_at = serializers.DateTimeField(help_text="With the offset at the lead.")
    day_of_week = serializers.IntegerField(help_text="0 = Monday, at the lead.")
    hour = serializers.IntegerField(help_text="At the lead.")
    reason = serializers.CharField()


class PlanForm(serializers.Serializer):
    lead_id = serializers.UUIDField()
    sequence = PlannedForm(many=True)
    scheduled_touches = ScheduledForm(many=True)
    patterns_used = serializers.DictField(child=serializers.BooleanField())
    arm = serializers.CharField()


# Touches.


class CallBody(Body):
    outcome = serializers.ChoiceField(choices=list(CallOutcome))
    duration_seconds = serializers.IntegerField(default=0, min_value=0, max_value=LONGEST)
    notes = Text(required=False, allow_blank=True, max_length=TEXT_LENGTH)
    script_id = Text(required=False, allow_blank=True, max_length=ID_LENGTH)
    script_content = Text(required=False, allow_blank=True, max_length=TEXT_LENGTH)


class ContentBody(Body):
    subject = Text(default="", allow_blank=True, max_length=SUBJECT_LENGTH, help_text="Of an e-mail.")
    body = Text(max_length=BODY_LENGTH)


class SettleBody(Body):
    sent = serializers.BooleanField(help_text="Whether the provider has it.")
    message_id = Text(default="", allow_blank=True, max_length=255, help_text="The provider's id of the message.")


# What came back.


class EventBody(Body):
    lead = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=list(EventKind))
    occurred_at = MomentCell(ANY_TIME.moment, help_text="Left out: now.")
    activity = serializers.UUIDField(required=False, allow_null=True, help_text="The touch that it is about.")
    text = Text(default="", allow_blank=True, max_length=REPLY_LENGTH, help_text="Of a reply; it is read.")
    subject = Text(default="", allow_blank=True, max_length=LINE)
    external_id = Text(default="", allow_blank=True, max_length=MARK, help_text="Told again, it is recorded once.")


class Heard(serializers.Serializer):
    """`meaning`: what it was taken for. `events`: what stands for it."""

    meaning = serializers.ChoiceField(choices=list(Meaning))
    events = EventSerializer(many=True)


class InboundForm(Shown):
    client = serializers.UUIDField(source="client_id", read_only=True, allow_null=True)
    lead = serializers.UUIDField(source="lead_id", read_only=True, allow_null=True)
    activity = serializers.UUIDField(source="activity_id", read_only=True, allow_null=True)

    class Meta:
        model = InboundMessage
        fields = (
            *("id", "client", "kind", "channel", "state", "person", "ours", "subject", "text", "received_at"),
            *("reading", "rule", "until", "lead", "activity", "settled_at"),
        )


class WhoseBody(Body):
    lead = serializers.UUIDField(help_text="Whose it is.")


# Templates.


class TemplateForm(Shown):
    template_id = serializers.SerializerMethodField(help_text="By which learning knows its text; it changes with it.")

    class Meta:
        model = MessageTemplate
        fields = (
            *("id", "client", "channel", "touch_number", "variant", "subject", "body", "is_active"),
            *("template_id", "created_at"),
        )

    def get_template_id(self, row: MessageTemplate) -> str:
        return name_of(row)


class TemplateChange(Body):
    subject = Text(required=False, allow_blank=True, trim_whitespace=False, max_length=SUBJECT_LENGTH)
    body = Text(required=False, trim_whitespace=False, max_length=BODY_LENGTH)
    is_active = serializers.BooleanField(required=False)


class TemplateBody(TemplateChange):
    client = Text(max_length=LONGEST_REF, help_text=CLIENT_HELP)
    channel = serializers.ChoiceField(choices=list(Channel))
    touch_number = serializers.IntegerField(default=1, min_value=1, max_value=MOST_TOUCHES)
    variant = Text(default="a", max_length=VARIANT_LENGTH)
    body = Text(trim_whitespace=False, max_length=BODY_LENGTH)


# Patterns.


class BackfillBody(Body):
    backfill_content = serializers.BooleanField(default=True, help_text="Rebuild snapshots from metadata.")
    backfill_als = serializers.BooleanField(default=True, help_text="Score leads that have no components.")
    run_detectors = serializers.BooleanField(default=True, help_text="Learn in the end.")


class BackfillStarted(serializers.Serializer):
    status = serializers.CharField()
    run_id = serializers.UUIDField()
    client_id = serializers.UUIDField()


class LineForm(serializers.Serializer):
    value = serializers.JSONField()
    says = serializers.CharField()
    effect = serializers.CharField()
    evidence = serializers.JSONField()


class BriefForm(serializers.Serializer):
    """Parts and sections of which nothing is known are left out."""

    client_id = serializers.UUIDField()
    client = serializers.CharField()
    as_of = serializers.DateTimeField()
    patterns = serializers.JSONField()

    def get_fields(self) -> dict[str, serializers.Field]:
        sections = serializers.DictField(child=LineForm(many=True), required=False)
        return {**super().get_fields(), **dict.fromkeys(PARTS, sections)}
