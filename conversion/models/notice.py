"""What is to be told, to whom, and what became of telling it."""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from conversion.models.rows import Row, one_of, word_field
from conversion.tenancy import ClientRow
from conversion.vocabulary import DeliveryState, NoticeKind, Severity


class Notice(Row, ClientRow):
    """One thing that happened at a client and is worth telling. Written where it happens, in the same transaction; told
    later (`engines.notices`). `payload` holds ids and words, and nothing of a lead but its id.
    """

    client = models.ForeignKey("conversion.Client", on_delete=models.CASCADE, related_name="notices", db_index=False)
    kind = word_field(NoticeKind)
    subject = models.CharField(max_length=80, help_text="What it speaks of, such as an alert's id: told once of each.")
    severity = word_field(
        Severity, blank=True, default="", help_text="High: e-mailed at once; medium: in the daily digest; else not."
    )
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=now)
    addressed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When it was found out who is to be told."
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["client", "kind", "subject"], name="notice_once"),
            one_of("kind", NoticeKind, "notice_kind"),
            one_of("severity", Severity, "notice_severity", blank=True),
        )
        indexes = (
            models.Index(fields=["created_at"], condition=Q(addressed_at__isnull=True), name="notice_to_address"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


def check_url(url: str) -> None:
    """A field error unless `url` is https (or http, which delivery refuses unless it is allowed) with a host."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and not parts.username and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(ord(letter) < 33 for letter in url):  # noqa: PLR2004 (blanks and control characters)
        raise ValidationError("Give an https:// address without a user name in it.")


def check_kinds(kinds: Any) -> None:
    """A field error unless `kinds` is a list of words of NoticeKind."""
    known = {kind.value for kind in NoticeKind}
    if not isinstance(kinds, list) or not all(isinstance(kind, str) and kind in known for kind in kinds):
        raise ValidationError(f"Give a list of some of {', '.join(sorted(known))}.")


def every_kind() -> list[str]:
    return [kind.value for kind in NoticeKind]


class WebhookEndpoint(Row):
    """An address that notices are posted to: of one client, or of all clients of an agency. `credentials` holds its secret,
    encrypted (`conversion.secrets`).
    """

    agency = models.ForeignKey(
        "conversion.Agency", null=True, blank=True, on_delete=models.CASCADE, related_name="webhooks"
    )
    client = models.ForeignKey(
        "conversion.Client", null=True, blank=True, on_delete=models.CASCADE, related_name="webhooks"
    )
    url = models.CharField(max_length=500, validators=[check_url])
    kinds = models.JSONField(default=every_kind, validators=[check_kinds])
    credentials = models.TextField(blank=True, default="", editable=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(agency__isnull=True, client__isnull=False) | Q(agency__isnull=False, client__isnull=True),
                name="webhook_of_one_owner",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Where it leads, without what may be secret in the rest of the address."""
        return f"webhook to {urlsplit(self.url).hostname or '?'}"


class Delivery(Row, ClientRow):
    """One notice to one recipient: an endpoint, or an e-mail address. Tried until it works or is given up; `due_at` is the next
    attempt, and while one is under way, when it counts as lost.
    """

    client = models.ForeignKey("conversion.Client", on_delete=models.CASCADE, related_name="deliveries")
    notice = models.ForeignKey("conversion.Notice", on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(
        "conversion.WebhookEndpoint", null=True, blank=True, on_delete=models.CASCADE, related_name="deliveries"
    )
    recipient = models.CharField(max_length=254, blank=True, default="", help_text="An e-mail address.")
    state = word_field(DeliveryState, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True, help_text="The last answer of an endpoint.")
    answer = models.CharField(max_length=255, blank=True, default="", help_text="Why the last attempt did not work.")
    delivered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = (
            models.UniqueConstraint(
                fields=["notice", "endpoint"], condition=Q(endpoint__isnull=False), name="delivery_once_by_webhook"
            ),
            models.UniqueConstraint(
                fields=["notice", "recipient"], condition=~Q(recipient=""), name="delivery_once_by_email"
            ),
            models.CheckConstraint(
                condition=Q(endpoint__isnull=True) & ~Q(recipient="") | Q(endpoint__isnull=False, recipient=""),
                name="delivery_to_one",
            ),
            one_of("state", DeliveryState, "delivery_state"),
        )
        indexes = (
            models.Index(fields=["due_at"], condition=Q(state=DeliveryState.PENDING.value), name="delivery_due"),
        )

    def __str__(self) -> str:
        return f"{self.state} {self.recipient or self.endpoint}"
