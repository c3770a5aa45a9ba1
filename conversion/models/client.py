"""An agency's client: the tenant."""

import zoneinfo
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from conversion.models.rows import Row, between, one_of, word_field
from conversion.tenancy import Owner
from conversion.vocabulary import SubscriptionStatus
from conversion.wording import DEFAULT, Vocabulary

LEARNED_FOR = (SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING)


def default_icp() -> dict[str, Any]:
    return {"industries": [], "employee_min": 5, "employee_max": 50, "countries": ["Australia"]}


def default_tiers() -> dict[str, int]:
    return {"hot": 80, "warm": 50}


def check_timezone(name: str) -> None:
    """A field error unless `name` is an IANA time zone. zoneinfo raises three kinds of errors on bad names."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValidationError("%(name)s is no IANA time zone.", params={"name": name[:80]}) from error


class ClientQuerySet(models.QuerySet["Client"]):
    def visible_to(self, user: Any) -> "ClientQuerySet":
        """The clients of a user's accepted memberships; all for a superuser."""
        if not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        return self.filter(memberships__user=user, memberships__accepted_at__isnull=False)

    def learned_for(self) -> "ClientQuerySet":
        """Active or trialing, not paused, not deleted."""
        return self.filter(subscription_status__in=LEARNED_FOR, is_paused=False, deleted_at__isnull=True)


class Client(Row, Owner):
    agency = models.ForeignKey("conversion.Agency", on_delete=models.PROTECT, related_name="clients")
    name = models.CharField(max_length=255)
    slug = models.SlugField(max_length=80, unique=True)
    timezone = models.CharField(max_length=64, default=settings.TIME_ZONE, validators=[check_timezone])
    icp = models.JSONField(default=default_icp)
    vocabulary = models.JSONField(
        default=dict, blank=True, help_text="What this client adds to the content vocabulary."
    )
    subscription_status = word_field(SubscriptionStatus, default=SubscriptionStatus.ACTIVE)
    is_paused = models.BooleanField(default=False)
    deleted_at = models.DateTimeField(null=True, blank=True)
    sending_email = models.EmailField(blank=True, default="")
    sending_phone = models.CharField(max_length=16, blank=True, default="")
    postal_address = models.TextField(blank=True, default="")
    als_tiers = models.JSONField(default=default_tiers)
    als_learned_weights = models.JSONField(null=True, blank=True)
    als_weights_updated_at = models.DateTimeField(null=True, blank=True)
    conversion_sample_count = models.PositiveIntegerField(default=0)
    holdout_share = models.FloatField(default=0.0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ClientQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["agency", "name"], condition=Q(deleted_at__isnull=True), name="client_name_in_agency"
            ),
            one_of("subscription_status", SubscriptionStatus, "client_subscription_status"),
            between("holdout_share", 0, 1, "client_holdout_share"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def content_vocabulary(self) -> Vocabulary:
        """What texts are read with: the usual words, and what this client adds to them."""
        return DEFAULT.extended(self.vocabulary) if self.vocabulary else DEFAULT
