"""Calls that were answered, so that one that comes again is not carried out again."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from conversion.models.rows import Row

ERASED = "erased"  # stands for the answer to a call, of which nothing must be kept


class IdempotentCall(Row):
    """A call under a caller's own key. digest: of what was asked. status, answer: what it was answered, empty while it is
    carried out; the answer is emptied where the person it speaks of is forgotten.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    token = models.ForeignKey("conversion.ApiToken", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["token", "key"], condition=Q(token__isnull=False), name="idempotent_call_of_token"
            ),
            models.UniqueConstraint(
                fields=["user", "key"], condition=Q(token__isnull=True), name="idempotent_call_of_user"
            ),
        )
        indexes = (models.Index(fields=["created_at"], name="idempotent_call_by_age"),)

    def __str__(self) -> str:
        return f"{self.status or 'under way'} {self.created_at}"
