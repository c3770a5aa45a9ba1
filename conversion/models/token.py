"""A key by which a program uses the API in a person's name."""

from typing import ClassVar

from django.db import models
from knox.models import AbstractAuthToken

from conversion.models.rows import Row, one_of, word_field
from conversion.vocabulary import Role


class ApiToken(Row, AbstractAuthToken):
    """What a program may do is what its person may do, at these clients, and never more than `role`. Of the token itself only
    a hash is kept. everywhere: at every client of the person's, those that come later included.
    """

    digest = models.CharField(max_length=128, unique=True, editable=False)
    name = models.CharField(max_length=80, help_text="What it is for.")
    role = word_field(Role, default=Role.VIEWER)
    clients = models.ManyToManyField("conversion.Client", blank=True, related_name="tokens")
    everywhere = models.BooleanField(default=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["ApiToken"]] = models.Manager()

    class Meta:
        verbose_name = "API token"
        constraints = (
            one_of("role", Role, "token_role"),
            models.UniqueConstraint(
                fields=["user", "name"], condition=models.Q(revoked_at__isnull=True), name="token_name_of_user"
            ),
        )

    def __str__(self) -> str:
        return self.name
