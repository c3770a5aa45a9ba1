"""Who must not be written to: by one client, by an agency, or by anybody on this server."""

from contextlib import suppress
from typing import Any

from django.db import models
from django.db.models import Q

from conversion.addresses import AddressError, domain_key, e164, linkedin_key, usable_key
from conversion.models.rows import Row


class Suppression(Row):
    """An address, number, domain, LinkedIn profile or a source's key of a lead, in its normalised form; or a keyed hash of
    it (`conversion.suppressions`). Without client and agency it holds for everybody.
    """

    KINDS = (
        ("email", "e-mail"),
        ("phone", "phone"),
        ("domain", "domain"),
        ("linkedin", "LinkedIn profile"),
        ("source", "source's key"),
    )

    agency = models.ForeignKey(
        "conversion.Agency", null=True, blank=True, on_delete=models.CASCADE, related_name="suppressions"
    )
    client = models.ForeignKey(
        "conversion.Client", null=True, blank=True, on_delete=models.CASCADE, related_name="suppressions"
    )
    kind = models.CharField(max_length=8, choices=KINDS)
    value = models.CharField(max_length=255)
    reason = models.CharField(max_length=255, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "value", "client"], condition=Q(client__isnull=False), name="suppression_once_client"
            ),
            models.UniqueConstraint(
                fields=["kind", "value", "agency"], condition=Q(agency__isnull=False), name="suppression_once_agency"
            ),
            models.UniqueConstraint(
                fields=["kind", "value"],
                condition=Q(client__isnull=True, agency__isnull=True),
                name="suppression_once_everybody",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["email", "phone", "domain", "linkedin", "source"]), name="suppression_kind"
            ),
            models.CheckConstraint(condition=~Q(value=""), name="suppression_value"),
            models.CheckConstraint(condition=Q(client__isnull=True) | Q(agency__isnull=True), name="suppression_scope"),
        )
        indexes = (models.Index(fields=["value", "kind"], name="suppression_by_value"),)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Bring the value into its normalised form: in another one it would bind nobody."""
        self.value = normal(self.kind, self.value)
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


def normal(kind: str, value: str) -> str:
    """The value of an entry as leads are compared with it. Hashes and what has no such form stay as they are."""
    text = value.strip()
    if text.startswith("hmac:"):
        return text
    if kind == "email":
        return usable_key(text, "") or text.casefold()
    if kind == "domain":
        return domain_key(text)
    if kind == "phone":
        with suppress(AddressError):
            return e164(text, None)
    if kind == "linkedin" and "/" in text and "linkedin." in text.casefold():
        return linkedin_key(text)
    return text.casefold() if kind == "linkedin" else text
