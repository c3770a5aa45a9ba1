"""Leads as people name them on a command line."""

import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from conversion.addresses import AddressError, email_key
from conversion.models import Client, Lead


class LeadNotFound(LookupError):  # noqa: N818 (it says what is wrong)
    """No lead of the client, or more than one, goes by that name."""


def find_lead(client: Client, text: str) -> Lead:
    """The client's lead of this id, external id or e-mail address. Deleted leads are not found. Raises LeadNotFound."""
    present = Lead.objects.for_client(client).filter(deleted_at__isnull=True)
    found: list[Lead] = []
    for names in readings(text.strip()):
        found = found or list(present.filter(**names)[:2])
    if len(found) == 1:
        return found[0]
    if found:
        raise LeadNotFound(f"several leads of {client.name} have the address {text[:80]!r}; give an id or external id")
    raise LeadNotFound(f"{client.name} has no lead with the id, external id or e-mail address {text[:80]!r}")


def readings(text: str) -> Iterator[dict[str, Any]]:
    """What the text may stand for, as filters, the surest first."""
    with suppress(ValueError):
        yield {"pk": uuid.UUID(text)}
    if text and "\0" not in text:  # PostgreSQL holds no NUL
        yield {"external_id": text}
        yield {"email__iexact": text}
    with suppress(AddressError):
        yield {"email_key": email_key(text)}
