"""Which leads have an address that must not be written to, by the client's own list, its agency's or everybody's."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from conversion.models import Client, Lead, Suppression
from engines.reach import address_of

EMAIL, PHONE, DOMAIN = "email", "phone", "domain"


def in_force(client: Client) -> QuerySet[Suppression]:
    everybody = Q(client__isnull=True, agency__isnull=True)
    return Suppression.objects.filter(Q(client=client.pk) | Q(agency=client.agency_id) | everybody)


class SuppressedAmong:
    """The entries that forbid addresses of many leads, read in one query."""

    def __init__(self, leads: Iterable[Lead], client: Client) -> None:
        addresses, phones = set(), set()
        for lead in leads:
            addresses.add(address_of(lead))
            phones.add(lead.phone.strip())
        domains = {address.rpartition("@")[2] for address in addresses}
        wanted = (
            Q(kind=EMAIL, value__in=addresses) | Q(kind=PHONE, value__in=phones) | Q(kind=DOMAIN, value__in=domains)
        )
        self.entries = frozenset(in_force(client).filter(wanted).values_list("kind", "value"))

    def kinds(self, lead: Lead) -> frozenset[str]:
        """`email` and `phone`, as far as they are forbidden for the lead."""
        address = address_of(lead)
        forbidden = {(EMAIL, address), (DOMAIN, address.rpartition("@")[2])} & self.entries
        kinds = {EMAIL} if forbidden else set()
        return frozenset(kinds | ({PHONE} if (PHONE, lead.phone.strip()) in self.entries else set()))
