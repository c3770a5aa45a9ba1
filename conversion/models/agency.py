"""Agencies, and the people who may see what of their clients."""

from django.conf import settings
from django.db import models

from conversion.models.rows import Row, one_of, word_field
from conversion.vocabulary import Role


class Agency(Row):
    """The owner of clients: sign-in and sending defaults, and the switch for learning across its clients."""

    name = models.CharField(max_length=255)
    slug = models.SlugField(max_length=80, unique=True)
    postal_address = models.TextField(blank=True, default="")
    pooling_enabled = models.BooleanField(
        default=False, help_text="Let small clients borrow strength from an aggregate of at least five clients."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "agencies"

    def __str__(self) -> str:
        return self.name


class Membership(Row):
    """What a user may do at a client, once accepted."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    client = models.ForeignKey("conversion.Client", on_delete=models.CASCADE, related_name="memberships")
    role = word_field(Role, default=Role.VIEWER)
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["user", "client"], name="membership_once"),
            one_of("role", Role, "membership_role"),
        )

    def __str__(self) -> str:
        return f"{self.user} at {self.client}: {self.role}"
