"""A person at a company whom a client's outreach addresses."""

from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now

from conversion.models.rows import Row, between, one_of, word_field
from conversion.tenancy import ClientRow
from conversion.vocabulary import LeadStatus, Tier


class Lead(Row, ClientRow):
    """A lead. Flags may be unknown (null). `converted_at` is the moment of the first booking, kept by the database:
    whatever sets `status` to converted sets it (conversion/triggers.py), and the converting touch with it.
    """

    client = models.ForeignKey("conversion.Client", on_delete=models.CASCADE, related_name="leads", db_index=False)
    external_id = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 (unique where there is one)
    email = models.CharField(max_length=254, blank=True, default="")
    email_key = models.CharField(max_length=254, blank=True, default="", editable=False)
    phone = models.CharField(max_length=16, blank=True, default="")
    first_name = models.CharField(max_length=255, blank=True, default="")
    last_name = models.CharField(max_length=255, blank=True, default="")
    title = models.CharField(max_length=255, blank=True, default="")
    company_name = models.CharField(max_length=255, blank=True, default="")
    industry = models.CharField(max_length=255, blank=True, default="")
    country = models.CharField(max_length=255, blank=True, default="")
    linkedin_url = models.CharField(max_length=500, blank=True, default="")
    timezone = models.CharField(max_length=64, blank=True, default="")
    employee_count = models.PositiveIntegerField(null=True, blank=True)

    email_verified = models.BooleanField(null=True, blank=True)
    phone_verified = models.BooleanField(null=True, blank=True)
    is_personal_email = models.BooleanField(null=True, blank=True)
    is_new_role = models.BooleanField(null=True, blank=True)
    is_hiring = models.BooleanField(null=True, blank=True)
    recently_funded = models.BooleanField(null=True, blank=True)
    has_bounced = models.BooleanField(null=True, blank=True)
    is_unsubscribed = models.BooleanField(null=True, blank=True)
    is_competitor = models.BooleanField(null=True, blank=True)
    do_not_contact = models.BooleanField(null=True, blank=True)

    status = word_field(LeadStatus, default=LeadStatus.NEW)
    status_at = models.DateTimeField(null=True, blank=True)
    converted_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=now)
    deleted_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="The person asked to be forgotten; what is left is anonymous."
    )

    als_score = models.PositiveSmallIntegerField(null=True, blank=True)
    als_tier = word_field(Tier, blank=True, default="")
    als_components = models.JSONField(null=True, blank=True)
    als_weights_used = models.JSONField(null=True, blank=True)
    scored_at = models.DateTimeField(null=True, blank=True)
    # The rule points of als_components as columns, for learning.
    als_data_quality = models.PositiveSmallIntegerField(null=True, blank=True)
    als_authority = models.PositiveSmallIntegerField(null=True, blank=True)
    als_company_fit = models.PositiveSmallIntegerField(null=True, blank=True)
    als_timing = models.PositiveSmallIntegerField(null=True, blank=True)
    als_risk = models.PositiveSmallIntegerField(null=True, blank=True)

    touch_count = models.PositiveIntegerField(default=0)
    last_contacted_at = models.DateTimeField(null=True, blank=True)
    extra = models.JSONField(default=dict, blank=True)

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
                fields=["client", "external_id"], condition=Q(external_id__isnull=False), name="lead_external_id"
            ),
            models.CheckConstraint(condition=~Q(external_id=""), name="lead_external_id_not_empty"),
            one_of("status", LeadStatus, "lead_status"),
            one_of("als_tier", Tier, "lead_als_tier", blank=True),
            models.CheckConstraint(condition=Q(employee_count__gte=1), name="lead_employee_count"),
            between("als_score", 0, 100, "lead_als_score"),
            between("als_data_quality", 0, 20, "lead_als_data_quality"),
            between("als_authority", 0, 25, "lead_als_authority"),
            between("als_company_fit", 0, 25, "lead_als_company_fit"),
            between("als_timing", 0, 15, "lead_als_timing"),
            between("als_risk", 0, 15, "lead_als_risk"),
        )
        indexes = (
            models.Index(F("client"), F("status"), name="lead_by_status"),
            models.Index(fields=["client", "email_key"], condition=~Q(email_key=""), name="lead_by_email"),
            models.Index(fields=["client", "created_at"], name="lead_by_created"),
            models.Index(
                fields=["client", "converted_at"], condition=Q(converted_at__isnull=False), name="lead_by_booking"
            ),
            models.Index(
                fields=["client", "-als_score", "-id"],
                condition=Q(als_score__isnull=False, deleted_at__isnull=True),
                name="lead_by_score",
            ),
            models.Index(  # a name that begins so; of SQLite's indexes the words are no part
                fields=["client", "last_name"],
                opclasses=["uuid_ops", "varchar_pattern_ops"],
                condition=~Q(last_name=""),
                name="lead_by_name",
            ),
        )

    def __str__(self) -> str:
        name = f"{self.first_name} {self.last_name}".strip()
        return name or self.email or self.external_id or str(self.id)
