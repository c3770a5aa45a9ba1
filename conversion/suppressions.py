"""Looking a person up in the lists of those who must not be written to, in clear and as a keyed hash.

An entry holds its value in clear or, where the person asked to be forgotten, as `hmac:` and a keyed hash of it: whoever reads
the list learns nothing, and the person stays out when it is imported again. Every look-up asks for both forms.
"""

import hmac
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.crypto import salted_hmac

from conversion.addresses import linkedin_key, usable_key
from conversion.models import Client, Suppression

EMAIL, PHONE, DOMAIN, LINKEDIN, SOURCE = "email", "phone", "domain", "linkedin", "source"
HASHED = "hmac:"  # begins the value of a hashed entry; no address begins so
FORGOTTEN = "asked to be forgotten"  # the reason of an entry that an erasure leaves

# What may not be used of a lead. A hash of an e-mail address, a profile or a source's key stands for one person, who hears
# nothing more on any channel; a number may be a company's, so its hash shuts calls and messages alone.
PERSON = "person"
Pair = tuple[str, str]
LISTED = {"sqlite": "SELECT value FROM json_each(%s)", "postgresql": "SELECT json_array_elements_text(%s::json)"}
SHUT_BY: Mapping[str, str] = {EMAIL: EMAIL, DOMAIN: EMAIL, PHONE: PHONE, LINKEDIN: LINKEDIN, SOURCE: PERSON}
SHUT_BY_HASH: Mapping[str, str] = {EMAIL: PERSON, DOMAIN: EMAIL, PHONE: PHONE, LINKEDIN: PERSON, SOURCE: PERSON}


def hashed(kind: str, value: str) -> str:
    """`hmac:` and 64 hexadecimal digits: HMAC-SHA-256 (RFC 2104) of kind and value under SUPPRESSION_KEY.

    With SQLite the key has a default, which follows from SECRET_KEY. Raises ImproperlyConfigured where there is none.
    """
    given = settings.SUPPRESSION_KEY
    return HASHED + hmac.digest(key(given, settings.SECRET_KEY), f"{kind}:{value}".encode(), "sha256").hex()


@lru_cache(maxsize=8)
def key(given: str, secret: str) -> bytes:
    """The key of the hashes: the one given, else, with SQLite, one that follows from the secret key."""
    if given:
        return given.encode()
    if not settings.EMBEDDED:
        raise ImproperlyConfigured(
            "SUPPRESSION_KEY is not set. Set it in the environment or in .env (see .env.example)."
        )
    return salted_hmac("conversion.suppressions", "key", secret=secret, algorithm="sha256").digest()


def is_hashed(value: str) -> bool:
    return value.startswith(HASHED)


def names_of(lead: Any) -> list[Pair]:
    """What a lead may stand in a list by: (kind, value) in normalised form, in clear; without those that it lacks.

    lead: attributes `email`, `email_key`, `phone`, `linkedin_url`, `external_id`.
    """
    address = usable_key(lead.email, lead.email_key)
    labels = address.rpartition("@")[2].split(".")
    pairs = (
        (EMAIL, address),
        # Who suppresses acme.com means mail.acme.com as well.
        *((DOMAIN, ".".join(labels[start:])) for start in range(max(len(labels) - 1, 0))),
        (PHONE, lead.phone.strip()),
        (LINKEDIN, linkedin_key(lead.linkedin_url)),
        (SOURCE, lead.external_id or ""),
    )
    return [(kind, value) for kind, value in pairs if value]


def both_forms(pairs: Iterable[Pair]) -> list[Pair]:
    """Each pair in clear and hashed, as entries hold them."""
    return [form for kind, value in pairs for form in ((kind, value), (kind, hashed(kind, value)))]


def shut(entries: Iterable[Pair]) -> frozenset[str]:
    """What entries that name a lead shut: `email`, `phone` (calls and messages), `linkedin`, or `person` (everything)."""
    return frozenset((SHUT_BY_HASH if is_hashed(value) else SHUT_BY)[kind] for kind, value in entries)


def in_force(client: Client) -> QuerySet[Suppression]:
    """The entries that bind a client: its own, its agency's and everybody's."""
    everybody = Q(client__isnull=True, agency__isnull=True)
    return Suppression.objects.filter(Q(client=client.pk) | Q(agency=client.agency_id) | everybody)


def naming(pairs: Iterable[Pair]) -> Q:
    """Entries with these values as they are stored. The values of a kind are one parameter, however many they are."""
    by_kind: dict[str, set[str]] = {}
    for kind, value in pairs:
        by_kind.setdefault(kind, set()).add(value)
    wanted = Q(pk__in=())
    for kind, values in by_kind.items():
        wanted |= Q(kind=kind, value__in=RawSQL(LISTED[connection.vendor], [json.dumps([*values])]))  # noqa: S611 (a parameter)
    return wanted


def forget(pairs: Iterable[Pair], client: Client | None) -> int:
    """Leave hashed entries for a person, of one client or (None) of everybody; the entries in clear that they stand for go.

    Of everybody, entries in clear go from every list, since the new ones bind all. Returns how many entries are new.
    """
    pairs = list(pairs)
    mine = Suppression.objects.all() if client is None else Suppression.objects.filter(client=client)
    mine.filter(naming(pairs)).delete()
    entries = [(kind, hashed(kind, value)) for kind, value in pairs]
    there = set(Suppression.objects.filter(naming(entries), client=client, agency=None).values_list("kind", "value"))
    fresh = [
        Suppression(client=client, kind=kind, value=value, reason=FORGOTTEN)
        for kind, value in dict.fromkeys(entries)
        if (kind, value) not in there
    ]
    Suppression.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)
