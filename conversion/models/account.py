"""An account at a provider, through which senders send."""

from django.db import models
from django.db.models import Q

from conversion.models.rows import Row, one_of, word_field
from conversion.vocabulary import Channel


class ProviderAccount(Row):
    """An agency's account, or one of its clients' own. `credentials` is ciphertext (`conversion.secrets`); what is not
    secret, such as a host or a port, stands in `options`.

    The circuit breaker's state is kept here, so that all workers share it: `unknowns` answers in a row that proved nothing
    either way, and since when the circuit is open.
    """

    agency = models.ForeignKey(
        "conversion.Agency",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="accounts",
        help_text="Empty: the server's own default provider of the channel, one row each, made when it is first used.",
    )
    client = models.ForeignKey(
        "conversion.Client", null=True, blank=True, on_delete=models.CASCADE, related_name="accounts"
    )
    channel = word_field(Channel)
    kind = models.CharField(max_length=40, help_text="Name of the provider, such as smtp, resend or postmark.")
    name = models.CharField(max_length=255)
    options = models.JSONField(default=dict, blank=True)
    credentials = models.TextField(blank=True, default="", editable=False)
    is_active = models.BooleanField(default=True)
    unknowns = models.PositiveSmallIntegerField(default=0, editable=False)
    circuit_opened_at = models.DateTimeField(null=True, blank=True, editable=False)
    probe_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["agency", "channel", "name"], name="account_name_in_agency"),
            models.UniqueConstraint(fields=["channel"], condition=Q(agency__isnull=True), name="account_default"),
            one_of("channel", Channel, "account_channel"),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"
