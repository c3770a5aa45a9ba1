"""A mailbox, number or LinkedIn seat that a client sends from."""

from django.db import models

from conversion.models.rows import Row, between, one_of, word_field
from conversion.tenancy import ClientRow
from conversion.vocabulary import Channel


class Sender(Row, ClientRow):
    client = models.ForeignKey("conversion.Client", on_delete=models.CASCADE, related_name="senders")
    channel = word_field(Channel)
    account = models.ForeignKey(
        "conversion.ProviderAccount",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="senders",
        help_text="Without one, the channel's default provider sends.",
    )
    address = models.CharField(max_length=255)
    display_name = models.CharField(max_length=255, blank=True, default="")
    daily_cap = models.PositiveIntegerField(default=50)
    ramp_started_on = models.DateField(null=True, blank=True, help_text="A new sender's cap grows from this day on.")
    is_active = models.BooleanField(default=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=255, blank=True, default="")
    watched_since = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Bounces before this moment do not count: it was resumed."
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["client", "channel", "address"], name="sender_once"),
            one_of("channel", Channel, "sender_channel"),
            between("daily_cap", 0, 100_000, "sender_daily_cap"),
        )

    def __str__(self) -> str:
        return f"{self.channel} {self.address}"
