"""How far a mailbox has been read."""

from django.db import models

from conversion.models.rows import Row


class Mailbox(Row):
    """The INBOX of an account that replies arrive at. uid_validity, last_uid: the place of the last mail that was read (RFC
    3501, 2.3.1.1); a new uid_validity means that the mails were numbered anew. resting_until: until then somebody reads it,
    or it is left alone after a failure.
    """

    account = models.OneToOneField("conversion.ProviderAccount", on_delete=models.CASCADE, related_name="mailbox")
    uid_validity = models.BigIntegerField(null=True, blank=True)
    last_uid = models.BigIntegerField(default=0)
    resting_until = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="In a row.")
    error = models.TextField(blank=True, default="")

    class Meta:
        verbose_name_plural = "mailboxes"

    def __str__(self) -> str:
        return f"mailbox of {self.account}"
