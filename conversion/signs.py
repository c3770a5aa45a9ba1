"""Signs of life of what runs by itself, for the server's own monitoring."""

from datetime import timedelta

from conversion.clock import database_now
from conversion.models import Sign

EVERY = timedelta(seconds=30)  # at most one write of each name: an idle embedded database is left alone


def beat(name: str) -> None:
    """Say that whoever is called so is at work, by the database's clock."""
    at = database_now()
    known = Sign.objects.filter(name=name).values_list("at", flat=True).first()
    if known is None or known <= at - EVERY:
        Sign.objects.update_or_create(name=name, defaults={"at": at})
