"""One person, as an erasure or an export means it: all leads that stand for it, and the addresses that it is known by."""

import re
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from django.db.models import Q

from conversion.addresses import AddressError, e164, email_key, linkedin_key
from conversion.models import Client, Lead
from conversion.places import country_code
from conversion.suppressions import DOMAIN, EMAIL, LINKEDIN, PHONE, SOURCE, Pair, names_of

PHONE_LIKE = re.compile(r"[+(0-9][0-9 ()./-]{5,24}")
PROFILE = "linkedin.com/"
NAMED = 5  # leads that a message lists


class PersonNotFound(LookupError):  # noqa: N818 (it says what is wrong)
    """Nobody goes by that name, or more than one person does; the message says what to give instead."""


@dataclass(frozen=True)
class Person:
    """leads: of one client, or of all, deleted ones included. names: what the person may be recognised by when it is imported
    again, in clear: (kind, value), but the domain, which is its company's, and a source's key, which `sources` has by lead.
    """

    leads: list[Lead]
    names: list[Pair]

    def sources(self) -> list[tuple[Lead, Pair]]:
        """The keys by which the leads' sources know them; each means something at its own client alone."""
        return [(lead, (SOURCE, lead.external_id)) for lead in self.leads if lead.external_id]


def find_person(text: str, client: Client | None) -> Person:
    """The person of this e-mail address, phone number, LinkedIn profile, lead's id or (at one client) external id. client:
    whose leads; None: everybody's, which needs to be allowed (`across_clients("erasure")`).

    An address that no lead has is a person without leads. Raises PersonNotFound, also where leads with several e-mail
    addresses go by the text, such as a phone number that a company shares.
    """
    text = text.strip()
    names = addresses(text, client)
    leads = Lead.objects.all() if client is None else Lead.objects.for_client(client)
    found = list(leads.filter(known_by(text, names, client)).order_by("id"))
    found = [lead for lead in found if is_named(lead, text, names)]
    keys = {lead.email_key for lead in found if lead.email_key}
    if len(keys) > 1:
        some = ", ".join(str(lead.pk) for lead in found[:NAMED])
        raise PersonNotFound(f"{len(keys)} people go by {text[:80]!r}; give the id of a lead, such as {some}")
    if not found and not names:
        raise PersonNotFound(f"there is no lead with the id or external id {text[:80]!r}, and it is no address")
    if keys:
        found = list(leads.filter(Q(pk__in=[lead.pk for lead in found]) | Q(email_key__in=keys)).order_by("id"))
    return Person(found, list(dict.fromkeys([*names, *own_names(found)])))


def same_person(lead_id: uuid.UUID, key: str) -> Q:
    """A lead and all others with its e-mail address (`email_key`, empty for none): they are one person. Within one client."""
    return Q(pk=lead_id) | Q(email_key=key) if key else Q(pk=lead_id)


def addresses(text: str, client: Client | None) -> list[Pair]:
    """The text as an address in normalised form: one pair, or none where it is no address."""
    home = client_country(client)
    with suppress(AddressError):
        if PROFILE in text.casefold() and linkedin_key(text):
            return [(LINKEDIN, linkedin_key(text))]
        if "@" in text:
            return [(EMAIL, email_key(text))]
        if PHONE_LIKE.fullmatch(text):
            return [(PHONE, e164(text, home))]
    return []


def client_country(client: Client | None) -> str | None:
    """The country in which a client's numbers without a code are dialled: the only one of its ideal customers."""
    countries = client.icp.get("countries") if client is not None and isinstance(client.icp, dict) else None
    one = countries[0] if isinstance(countries, list) and len(countries) == 1 else None
    return country_code(one) if isinstance(one, str) else None


def known_by(text: str, names: Iterable[Pair], client: Client | None) -> Q:
    """Leads that may be meant; for profiles, whose spellings differ, more than that (`is_named`)."""
    wanted = Q(pk__in=())
    if "\0" in text:
        return wanted
    with suppress(ValueError):
        wanted |= Q(pk=uuid.UUID(text))
    if client is not None and text:
        wanted |= Q(external_id=text)
    for kind, value in names:
        if kind == EMAIL:
            wanted |= Q(email_key=value) | Q(email__iexact=text)
        elif kind == PHONE:
            wanted |= Q(phone=value)
        else:
            wanted |= Q(linkedin_url__icontains=value)
    return wanted


def is_named(lead: Lead, text: str, names: list[Pair]) -> bool:
    by_profile = [value for kind, value in names if kind == LINKEDIN]
    return not by_profile or lead.external_id == text or linkedin_key(lead.linkedin_url) in by_profile


def own_names(leads: Iterable[Lead]) -> list[Pair]:
    return [pair for lead in leads for pair in names_of(lead) if pair[0] not in {DOMAIN, SOURCE}]
