"""Finding leads by what indexes hold: id, external id, e-mail address, and how a last name begins."""

import uuid
from contextlib import suppress

from django.db.models import Q, QuerySet

from conversion.addresses import AddressError, email_key

SHORTEST = 2  # letters of a name: by fewer, half of all leads would be found


def search(leads: QuerySet, text: str) -> QuerySet:
    """Those of `leads` that are not deleted and go by the text. A name is its last word, with the ones before it as first name;
    it is found in the spelling given, and with a capital letter.
    """
    wanted = Q(pk__in=())
    with suppress(ValueError):
        wanted |= Q(pk=uuid.UUID(text))
    with suppress(AddressError):
        wanted |= Q(email_key=email_key(text))
    if text and "\0" not in text:
        wanted |= Q(external_id=text) | by_name(text)
    return leads.filter(wanted, deleted_at=None)


def by_name(text: str) -> Q:
    first, _, last = text.rpartition(" ")
    if len(last) < SHORTEST or "@" in text:
        return Q(pk__in=())
    found = Q(pk__in=())
    for spelling in dict.fromkeys((last, last[0].upper() + last[1:])):
        found |= Q(last_name__startswith=spelling) & ~Q(last_name="")
    return found & Q(first_name__istartswith=first.strip()) if first.strip() else found
