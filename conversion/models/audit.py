"""Who changed what."""

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils.timezone import now

from conversion.models.rows import Row


class AuditLogError(RuntimeError):
    """An entry of the audit log is written once, and neither changed nor taken away."""


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def update(self, **_: Any) -> NoReturn:
        raise AuditLogError("Entries of the audit log are not changed.")

    def delete(self) -> NoReturn:
        raise AuditLogError("Entries of the audit log are not deleted.")


class AuditEntry(Row):
    """One change. actor: the person's name as it was, and that of the token, if it came by one. changes: by field the value
    before and after; of free texts, which may be personal, only that they changed. Write it with `conversion.audit.record`.

    The log outlives what it speaks of: user and client may be ids of rows that are gone.
    """

    at = models.DateTimeField(default=now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    actor = models.CharField(max_length=255)
    client = models.ForeignKey(
        "conversion.Client", null=True, blank=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    action = models.CharField(max_length=40)
    object_type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=80)
    changes = models.JSONField(default=dict)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = (
            models.Index(fields=["client", "at"], name="audit_of_client"),
            models.Index(fields=["object_type", "object_id"], name="audit_of_object"),
        )

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AuditLogError("Entries of the audit log are not changed.")
        super().save(*args, **kwargs)

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        raise AuditLogError("Entries of the audit log are not deleted.")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor}: {self.action} {self.object_type} {self.object_id}"
