"""Outbound touches, and what came back."""

from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from conversion.models.rows import Row, between, one_of, word_field
from conversion.tenancy import ClientRow
from conversion.vocabulary import (
    ACTION_OF,
    Action,
    ActivityState,
    CallOutcome,
    Channel,
    EventKind,
    MessageType,
    Tier,
)


class Activity(Row, ClientRow):
    """One outbound touch. The typed columns are written with the snapshot, so that learning never reads JSON."""

    # That there is such a client follows from the lead: its client is this one (conversion/belonging.py).
    client = models.ForeignKey(
        "conversion.Client", on_delete=models.CASCADE, related_name="activities", db_index=False, db_constraint=False
    )
    lead = models.ForeignKey("conversion.Lead", on_delete=models.CASCADE, related_name="activities", db_index=False)
    sequence = models.ForeignKey(
        "conversion.Sequence",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="activities",
        db_index=False,
    )
    sender = models.ForeignKey(
        "conversion.Sender", null=True, blank=True, on_delete=models.SET_NULL, related_name="activities", db_index=False
    )
    external_id = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 (unique where there is one)
    campaign = models.CharField(max_length=255, blank=True, default="")
    template_id = models.CharField(max_length=255, blank=True, default="")
    plan = models.CharField(
        max_length=255, blank=True, default="", help_text="Key of the sequence that the lead was assigned to."
    )
    channel = word_field(Channel)
    action = word_field(Action)
    state = word_field(ActivityState, default=ActivityState.PLANNED)
    message_type = word_field(MessageType, blank=True, default="")
    outcome = word_field(CallOutcome, blank=True, default="")
    duration_seconds = models.PositiveIntegerField(null=True, blank=True)
    touch_number = models.PositiveSmallIntegerField(default=1)
    touch_number_given = models.BooleanField(default=True, help_text="Not counted from the order of the touches.")
    scheduled_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    propensity = models.FloatField(null=True, blank=True)
    content_snapshot = models.JSONField(null=True, blank=True)
    led_to_booking = models.BooleanField(default=False)
    led_to_booking_given = models.BooleanField(
        null=True, blank=True, help_text="What the source says of it; unknown: attributed."
    )

    # What learning reads: local time and tier at send, and the features of the text as bits of the vocabulary.
    local_day = models.PositiveSmallIntegerField(null=True, blank=True)
    local_hour = models.PositiveSmallIntegerField(null=True, blank=True)
    tier_at_send = word_field(Tier, blank=True, default="")
    template_key = models.BigIntegerField(default=0)
    pain_points = models.BigIntegerField(default=0)
    cta = models.SmallIntegerField(default=-1)
    angles = models.BigIntegerField(default=0)
    subjects = models.BigIntegerField(default=0)
    personalization = models.BigIntegerField(default=0)
    words = models.IntegerField(default=-1)
    chars = models.IntegerField(default=-1)

    # What is to be sent; the snapshot keeps it once it was.
    subject = models.TextField(blank=True, default="")
    body = models.TextField(blank=True, default="")

    # The queue: polled by `due_at`, claimed until a lease runs out, and why a touch is not sent, in words.
    due_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=80, blank=True, default="")
    claimed_until = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    reason_code = models.CharField(max_length=40, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    provider = models.CharField(max_length=40, blank=True, default="")
    provider_message_id = models.CharField(max_length=255, blank=True, default="")
    idempotency_key = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 (unique where there is one)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=now)

    batch = models.ForeignKey(
        "conversion.ImportBatch",
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    source_hash = models.BigIntegerField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name_plural = "activities"
        constraints = (
            models.UniqueConstraint(
                fields=["client", "external_id"], condition=Q(external_id__isnull=False), name="activity_external_id"
            ),
            models.UniqueConstraint(
                fields=["lead"], condition=Q(led_to_booking=True), name="activity_one_converting_touch"
            ),
            models.UniqueConstraint(
                fields=["idempotency_key"], condition=Q(idempotency_key__isnull=False), name="activity_idempotency_key"
            ),
            models.CheckConstraint(
                condition=~Q(state=ActivityState.SENT.value) | Q(sent_at__isnull=False), name="activity_sent_at"
            ),
            models.CheckConstraint(
                condition=Q(
                    *(Q(channel=channel.value, action=action.value) for channel, action in ACTION_OF.items()),
                    _connector=Q.OR,
                ),
                name="activity_action",
            ),
            one_of("state", ActivityState, "activity_state"),
            one_of("message_type", MessageType, "activity_message_type", blank=True),
            one_of("outcome", CallOutcome, "activity_outcome", blank=True),
            one_of("tier_at_send", Tier, "activity_tier_at_send", blank=True),
            models.CheckConstraint(condition=Q(touch_number__gte=1), name="activity_touch_number"),
            between("local_day", 0, 6, "activity_local_day"),
            between("local_hour", 0, 23, "activity_local_hour"),
            between("propensity", 0, 1, "activity_propensity"),
        )
        indexes = (
            models.Index(fields=["client", "lead", "sent_at"], name="activity_of_client"),
            models.Index(fields=["lead", "sent_at"], name="activity_of_lead"),
            models.Index(fields=["client", "state", "sent_at", "led_to_booking"], name="activity_by_state"),
            models.Index(
                fields=["state", "scheduled_at"],
                condition=Q(state__in=["planned", "queued", "claimed", "dispatching", "unknown", "held"]),
                name="activity_to_do",
            ),
            models.Index(
                fields=["sender", "scheduled_at"],
                condition=Q(state__in=["planned", "queued", "claimed", "dispatching", "unknown", "held"]),
                name="activity_booked",
            ),
            models.Index(fields=["dispatched_at"], condition=Q(state="failed"), name="activity_failed"),
            # An imported touch has neither sender nor sequence: an index of nulls would cost each of them an entry.
            models.Index(fields=["sequence"], condition=Q(sequence__isnull=False), name="activity_of_sequence"),
            models.Index(fields=["sender", "sent_at"], condition=Q(sender__isnull=False), name="activity_of_sender"),
            models.Index(
                fields=["sender", "dispatched_at"],
                condition=Q(state__in=["dispatching", "unknown"]),
                name="activity_in_flight_by",
            ),
            models.Index(fields=["due_at"], condition=Q(state__in=["planned", "queued", "held"]), name="activity_due"),
            models.Index(
                fields=["claimed_until"], condition=Q(state__in=["claimed", "dispatching"]), name="activity_claimed"
            ),
            models.Index(
                fields=["provider_message_id"], condition=~Q(provider_message_id=""), name="activity_provider_id"
            ),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.sent_at or self.scheduled_at}"


class Event(Row, ClientRow):
    """One thing that happened to a lead after a touch."""

    client = models.ForeignKey(  # as a touch's
        "conversion.Client", on_delete=models.CASCADE, related_name="events", db_index=False, db_constraint=False
    )
    lead = models.ForeignKey("conversion.Lead", on_delete=models.CASCADE, related_name="events", db_index=False)
    activity = models.ForeignKey(
        "conversion.Activity", null=True, blank=True, on_delete=models.SET_NULL, related_name="events"
    )
    external_id = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 (unique where there is one)
    kind = word_field(EventKind)
    occurred_at = models.DateTimeField()
    body = models.TextField(blank=True, default="")
    is_machine = models.BooleanField(default=False, help_text="An open or a click that no person made.")
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=now)

    batch = models.ForeignKey(
        "conversion.ImportBatch",
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    source_hash = models.BigIntegerField(null=True, blank=True, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["client", "external_id"], condition=Q(external_id__isnull=False), name="event_external_id"
            ),
            one_of("kind", EventKind, "event_kind"),
        )
        indexes = (
            models.Index(fields=["client", "kind", "occurred_at"], name="event_of_client"),
            models.Index(fields=["lead", "occurred_at"], name="event_of_lead"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.occurred_at}"
