"""Leads as people name them on a command line."""

import uuid

from conversion.addresses import AddressError, email_key
from conversion.models import Client, Lead


class LeadNotFound(LookupError):  # noqa: N818 (it says what is wrong)
    """No lead of the client, or more than one, goes by that name."""


def find_lead(client: Client, text: str) -> Lead:
    """The client's lead of this id, external id or e-mail address. Deleted leads are not found. Raises LeadNotFound."""
    wanted = text.strip()
    present = Lead.objects.for_client(client).filter(deleted_at__isnull=True)
    try:
        found = list(present.filter(pk=uuid.UUID(wanted)))
    except ValueError:
        found = []
    found = found or list(present.filter(external_id=wanted) if wanted else [])
    try:
        found = found or list(present.filter(email_key=email_key(wanted))[:2])
    except AddressError:
        pass
    found = found or list(present.filter(email__iexact=wanted)[:2] if wanted else [])
    if len(found) == 1:
        return found[0]
    if found:
        raise LeadNotFound(
            f"several leads of {client.name} have the address {wanted[:80]!r}; give an id or external id"
        )
    raise LeadNotFound(f"{client.name} has no lead with the id, external id or e-mail address {wanted[:80]!r}")
