"""What the server keeps about itself."""

from django.db import models
from django.utils.timezone import now


class Sign(models.Model):
    """A sign of life (`poll`, `sender`: when one was last at work), or where the database is at home (`home`), so that one
    that was restored or copied is told from the one that messages went out of (`engines.outbox.home`).
    """

    name = models.CharField(max_length=24, primary_key=True)
    value = models.CharField(max_length=80, blank=True, default="")
    at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"{self.name} {self.at}"
