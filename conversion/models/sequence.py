"""The plan that a lead was put on."""

from django.db import models

from conversion.models.rows import Row
from conversion.tenancy import ClientRow


class Sequence(Row, ClientRow):
    """A plan: channels in order, a reason in words for each touch, and the patterns (with versions) it came from."""

    ARMS = (("learned", "learned"), ("default", "default"), ("manual", "manual"))

    client = models.ForeignKey("conversion.Client", on_delete=models.CASCADE, related_name="sequences", db_index=False)
    lead = models.ForeignKey("conversion.Lead", on_delete=models.CASCADE, related_name="sequences")
    channels = models.JSONField(default=list)
    reasons = models.JSONField(default=list)
    arm = models.CharField(max_length=24, choices=ARMS, default="default")
    patterns = models.JSONField(default=dict)
    propensities = models.JSONField(default=list)
    gaps = models.JSONField(
        default=list, help_text="Days before touch 2, 3, .. as they were planned, on the lead's calendar."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(arm__in=["learned", "default", "manual"]), name="sequence_arm"),
        )
        indexes = (models.Index(fields=["client", "created_at"], name="sequence_by_created"),)

    def __str__(self) -> str:
        return " ".join(self.channels)
