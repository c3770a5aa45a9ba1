"""How a LinkedIn seat stands to a lead."""

from django.db import models

from conversion.models.rows import Row, one_of, word_field
from conversion.tenancy import ClientRow
from conversion.vocabulary import ConnectionState


class Connection(Row, ClientRow):
    """What is known of the connection between one seat and one lead; without a row, nothing is. Written by
    `engines.connections`, with the lead's row locked.
    """

    client = models.ForeignKey("conversion.Client", on_delete=models.CASCADE, related_name="connections")
    lead = models.ForeignKey("conversion.Lead", on_delete=models.CASCADE, related_name="connections", db_index=False)
    sender = models.ForeignKey("conversion.Sender", on_delete=models.CASCADE, related_name="connections")
    state = word_field(ConnectionState)
    person_id = models.CharField(
        max_length=255, blank=True, default="", help_text="The person's id at the provider, as this seat sees it."
    )
    chat_id = models.CharField(
        max_length=255, blank=True, default="", help_text="The provider's id of the chat with the person."
    )
    invited_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["lead", "sender"], name="connection_once"),
            one_of("state", ConnectionState, "connection_state"),
        )
        indexes = (models.Index(fields=["person_id"], condition=~models.Q(person_id=""), name="connection_person"),)

    def __str__(self) -> str:
        return f"{self.sender_id} {self.state}"
