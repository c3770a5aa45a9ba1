"""Learned patterns with their history, the runs that made them, and alerts about them."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from conversion.models.ledger import Leased
from conversion.models.rows import Row, between, one_of, word_field
from conversion.tenancy import ClientRow, ScopedQuerySet
from conversion.vocabulary import PatternType, RunState, Severity


class PatternQuerySet(ScopedQuerySet):
    def valid_at(self, moment: datetime) -> "PatternQuerySet":
        """Patterns that have not expired at `moment`."""
        return self.filter(valid_until__gt=moment)


class PatternColumns(Row, ClientRow):
    """One pattern: its payload and what may be asked of it without reading the payload."""

    pattern_type = word_field(PatternType)
    version = models.PositiveIntegerField(help_text="1 for a client's first pattern of this type, then one more each.")
    patterns = models.JSONField()
    sample_size = models.PositiveIntegerField()
    confidence = models.FloatField()
    algorithm = models.CharField(max_length=24)
    scorecard = models.JSONField(default=dict, blank=True, help_text="How well it did on facts that came later.")
    comparison = models.JSONField(default=dict, blank=True, help_text="What changed against the version before.")
    computed_at = models.DateTimeField()
    valid_until = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.pattern_type} {self.version}"


class ConversionPattern(PatternColumns):
    """The current pattern of a client and type."""

    client = models.ForeignKey("conversion.Client", on_delete=models.CASCADE, related_name="patterns", db_index=False)
    objects = models.Manager.from_queryset(PatternQuerySet)()  # type: ignore[misc] # narrower than its base

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["client", "pattern_type"], name="pattern_current"),
            one_of("pattern_type", PatternType, "pattern_type"),
            between("confidence", 0, 1, "pattern_confidence"),
            models.CheckConstraint(condition=Q(valid_until__gt=models.F("computed_at")), name="pattern_valid_until"),
        )
        indexes = (models.Index(fields=["valid_until"], name="pattern_expiry"),)


class ConversionPatternHistory(PatternColumns):
    """Every version that was ever current."""

    client = models.ForeignKey(
        "conversion.Client", on_delete=models.CASCADE, related_name="pattern_history", db_index=False
    )
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "conversion pattern history"
        constraints = (
            models.UniqueConstraint(fields=["client", "pattern_type", "version"], name="pattern_version"),
            one_of("pattern_type", PatternType, "history_pattern_type"),
            between("confidence", 0, 1, "history_confidence"),
        )


class LearningRun(Leased, ClientRow):
    """One client's learning for one moment: part of a run of the learning flow, or started by hand.

    results: by pattern type, the version stored, or the reason for storing none.
    """

    client = models.ForeignKey("conversion.Client", on_delete=models.CASCADE, related_name="learning_runs")
    period = models.ForeignKey(
        "conversion.FlowPeriod", null=True, blank=True, on_delete=models.SET_NULL, related_name="learning_runs"
    )
    as_of = models.DateTimeField()

    class Meta:
        constraints = (
            one_of("state", RunState, "run_state"),
            models.UniqueConstraint(fields=["period", "client"], name="run_once_a_period"),
        )
        indexes = (models.Index(fields=["state", "started_at"], name="run_by_state"),)

    def __str__(self) -> str:
        return f"{self.client} as of {self.as_of:%Y-%m-%d}: {self.state}"


class HealthAlert(Row, ClientRow):
    """A warning that opens once and resolves by itself when its cause is gone."""

    CODES = (
        "expired",
        "expiring_soon",
        "low_sample",
        "low_confidence",
        "extreme_weight",
        "missing_pattern",
        "drift",
        "unknown_send",
        "circuit_open",
        "sender_paused",
        "missed_run",
        "learning_failed",
        "queue_age",
        "stuck_send",
        "provider_errors",
        "mailbox_failed",
        "seat_signed_out",
        "webhook_off",
    )

    client = models.ForeignKey("conversion.Client", on_delete=models.CASCADE, related_name="alerts")
    pattern_type = word_field(PatternType, blank=True, default="")
    code = models.CharField(max_length=24, choices=[(code, code.replace("_", " ")) for code in CODES])
    subject = models.CharField(max_length=80, blank=True, default="", help_text="What it speaks of, such as a weight.")
    severity = word_field(Severity)
    message = models.TextField()
    opened_at = models.DateTimeField(default=now)
    seen_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["client", "code", "pattern_type", "subject"],
                condition=Q(resolved_at__isnull=True),
                name="alert_open_once",
            ),
            one_of("pattern_type", PatternType, "alert_pattern_type", blank=True),
            one_of("severity", Severity, "alert_severity"),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.pattern_type}".strip()


class BackfillRun(Leased, ClientRow):
    """One backfill of a client, and how far it came: leads in the order in which they were created, up to `marker`.

    The marker moves in the transaction of each page, so that whoever goes on, after a crash or in another process, begins where
    the last page ended. results: snapshots, unusable, scored. error: the kind of what broke it off.
    """

    client = models.ForeignKey("conversion.Client", on_delete=models.CASCADE, related_name="backfills")
    content = models.BooleanField(default=True, help_text="Rebuild snapshots from metadata.")
    als = models.BooleanField(default=True, help_text="Score leads that have no components.")
    learning = models.BooleanField(default=True, help_text="Learn in the end.")
    marker = models.JSONField(null=True, blank=True, help_text="created_at and id of the last lead that is done.")
    leads = models.PositiveIntegerField(default=0, help_text="Leads that are done.")
    total = models.PositiveIntegerField(default=0, help_text="Leads there were when it began.")
    moved_at = models.DateTimeField(default=now, help_text="When the marker moved last.")

    class Meta:
        constraints = (one_of("state", RunState, "backfill_state"),)

    def __str__(self) -> str:
        return f"backfill of {self.client}: {self.leads:,} of {self.total:,} leads, {self.state}"


class PooledWeights(Row):
    """What an agency's clients have in common: a mean and a variance of each coefficient, and nothing of any client.

    A row for each run; patterns say which version they borrowed from, so that they can be made again.
    """

    agency = models.ForeignKey("conversion.Agency", on_delete=models.CASCADE, related_name="pooled_weights")
    version = models.PositiveIntegerField()
    as_of = models.DateTimeField()
    computed_at = models.DateTimeField(default=now)
    clients = models.PositiveIntegerField()
    pool = models.JSONField(
        help_text="mean and variance, the intercept first; gain: what borrowing saved when left out."
    )

    class Meta:
        verbose_name_plural = "pooled weights"
        constraints = (
            models.UniqueConstraint(fields=["agency", "version"], name="pooled_version"),
            models.CheckConstraint(condition=Q(clients__gte=5), name="pooled_clients"),
        )

    def __str__(self) -> str:
        return f"{self.agency} {self.version}"


class Rescoring(Row, ClientRow):
    """How far a client's leads are scored by the WHO pattern in force.

    version: the pattern's, 0 where none is valid. after: created_at and id of the last lead scored by it; none: from the
    first one on.
    """

    client = models.OneToOneField("conversion.Client", on_delete=models.CASCADE, related_name="rescoring")
    version = models.PositiveIntegerField(default=0)
    after = models.JSONField(null=True, blank=True)
    started_at = models.DateTimeField(default=now, help_text="The moment of the scores.")
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.client} by version {self.version}"
