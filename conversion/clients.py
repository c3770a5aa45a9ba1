"""Clients as people name them on a command line."""

import difflib
import uuid

from django.db import transaction
from django.utils.text import slugify

from conversion.models import Agency, Client

NAME_LENGTH = 255
SLUG_LENGTH = 80
NAMES_SHOWN = 5  # names that a message lists


class ClientNotFound(LookupError):  # noqa: N818 (it says what is wrong)
    """No client, or more than one, goes by that name; the message lists close ones."""


def find_client(text: str) -> Client:
    """The client of this id, slug or name (in any case, if that is unambiguous). Deleted clients are not found.

    Raises ClientNotFound.
    """
    wanted = text.strip()
    present = Client.objects.filter(deleted_at__isnull=True)
    try:
        found = list(present.filter(pk=uuid.UUID(wanted)))
    except ValueError:
        found = []
    for lookup in ("slug", "name", "slug__iexact", "name__iexact"):
        found = found or list(present.filter(**{lookup: wanted})[: NAMES_SHOWN + 1])
    if len(found) == 1:
        return found[0]
    if found:
        slugs = ", ".join(sorted(client.slug for client in found)[:NAMES_SHOWN])
        raise ClientNotFound(f"several clients are called {wanted[:80]!r}; give one of the slugs {slugs}")
    raise ClientNotFound(f"there is no client {wanted[:80]!r}{_close(wanted)}")


def _close(wanted: str) -> str:
    names = {
        spelling.casefold(): name
        for name, slug in Client.objects.filter(deleted_at__isnull=True).values_list("name", "slug")
        for spelling in (name, slug)
    }
    near = difflib.get_close_matches(wanted.casefold(), names, n=NAMES_SHOWN)
    close = list(dict.fromkeys(names[spelling] for spelling in near))
    return f"; close names: {', '.join(close)}" if close else ""


@transaction.atomic
def create_client(name: str) -> Client:
    """An active client of the only agency there is; where there is none or several, of one called "Agency".

    Raises ValueError on a name that is blank or too long.
    """
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        raise ValueError(f"a client's name has 1 to {NAME_LENGTH} printable characters")
    agencies = list(Agency.objects.all()[:2])
    if len(agencies) == 1:
        agency = agencies[0]
    else:
        agency, _ = Agency.objects.get_or_create(slug="agency", defaults={"name": "Agency"})
    return Client.objects.create(agency=agency, name=name, slug=_free_slug(name))


def _free_slug(name: str) -> str:
    base = slugify(name)[: SLUG_LENGTH - 6] or "client"
    taken = set(Client.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug
