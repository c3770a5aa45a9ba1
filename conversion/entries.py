"""Putting addresses on the list of those who must not be written to, as people write them."""

from collections.abc import Iterable
from dataclasses import dataclass

import phonenumbers
from django.db import transaction

from conversion.addresses import email_key
from conversion.models import Agency, Client, Suppression
from conversion.models.suppression import normal


class UnusableEntry(ValueError):  # noqa: N818 (it says what is wrong)
    """A value that is no address, number, profile or domain; the message names it and its line."""


@dataclass(frozen=True)
class Listed:
    """added: entries that are new. known: those that were there."""

    added: int
    known: int


def entry(text: str) -> tuple[str, str]:
    """Kind and normalised value of what a person wrote. Raises UnusableEntry."""
    value = text.strip()
    if "linkedin." in value.casefold():
        return "linkedin", normal("linkedin", value)
    if "@" in value:
        try:
            return "email", email_key(value)
        except ValueError as error:
            raise UnusableEntry(f"{value[:80]!r} is no e-mail address: {error}") from error
    if value.startswith("+"):
        try:
            number = phonenumbers.parse(value, None)
        except phonenumbers.NumberParseException as error:
            raise UnusableEntry(f"{value[:80]!r} is no phone number") from error
        if not phonenumbers.is_possible_number(number):
            raise UnusableEntry(f"{value[:80]!r} is no phone number: it has too few or too many digits")
        return "phone", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    domain = normal("domain", value)
    if "." not in domain.strip(".") or any(sign.isspace() or sign in "/:,;" for sign in domain) or len(domain) > 253:  # noqa: PLR2004  RFC 1035
        raise UnusableEntry(
            f"{value[:80]!r} is no e-mail address, domain, LinkedIn profile or phone number (+61 ... with its country)"
        )
    return "domain", domain


@transaction.atomic
def suppress(
    texts: Iterable[str], *, client: Client | None = None, agency: Agency | None = None, reason: str = ""
) -> Listed:
    """Put all of them on the list of a client, of an agency or, without either, of everybody; or none, where one is
    unusable. Raises UnusableEntry with the place of the value, counted from 1.
    """
    added = known = 0
    for place, text in enumerate(texts, start=1):
        try:
            kind, value = entry(text)
        except UnusableEntry as error:
            raise UnusableEntry(f"entry {place}: {error}") from error
        _, is_new = Suppression.objects.get_or_create(
            client=client, agency=agency, kind=kind, value=value, defaults={"reason": reason}
        )
        added, known = added + is_new, known + (not is_new)
    return Listed(added, known)
