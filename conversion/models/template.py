"""Texts that touches are written from."""

from django.db import models

from conversion.models.rows import Row, one_of, word_field
from conversion.tenancy import ClientRow
from conversion.vocabulary import Channel


class MessageTemplate(Row, ClientRow):
    client = models.ForeignKey("conversion.Client", on_delete=models.CASCADE, related_name="templates", db_index=False)
    channel = word_field(Channel)
    touch_number = models.PositiveSmallIntegerField(default=1)
    variant = models.CharField(max_length=40, default="a")
    subject = models.CharField(max_length=500, blank=True, default="")
    body = models.TextField()
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["client", "channel", "touch_number", "variant"], name="template_once"),
            one_of("channel", Channel, "template_channel"),
            models.CheckConstraint(condition=models.Q(touch_number__gte=1), name="template_touch_number"),
        )

    def __str__(self) -> str:
        return f"{self.channel} {self.touch_number}{self.variant}"
