"""The database's clock, by which the outbox compares leases and due times; and a moment that a rehearsal takes for the present.

Nothing real can be sent in a rehearsal: it does not begin where anything but the console is set up, and within it no message is
handed to another provider.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from django.conf import settings

from conversion import clock
from conversion.models import ProviderAccount

SILENT = ("console", "none")
_rehearsed: ContextVar[datetime | None] = ContextVar("rehearsed_moment", default=None)


class RehearsalError(RuntimeError):
    """Time may not be set here: something could be sent for real."""


def database_now() -> datetime:
    """The present moment by the database's clock, in UTC; in a rehearsal, the rehearsed one."""
    return _rehearsed.get() or clock.database_now()


def present(at: datetime) -> datetime:
    """A moment that the database has just given, in UTC; in a rehearsal, the rehearsed one."""
    return _rehearsed.get() or at.astimezone(UTC)


@contextmanager
def rehearsed(at: datetime) -> Iterator[None]:
    """Take an aware moment for the present one, in this thread. Raises RehearsalError where any active account, or default
    provider of a channel, is not the console.
    """
    defaults = {kind for kind in settings.DEFAULT_PROVIDERS.values() if kind not in SILENT}
    kinds = (
        ProviderAccount.objects.filter(is_active=True, agency__isnull=False)
        .exclude(kind__in=SILENT)
        .values_list("kind", flat=True)
    )
    if real := sorted({*defaults, *kinds}):
        raise RehearsalError(f"A rehearsal is for the console alone, and {', '.join(real)} could send for real.")
    token = _rehearsed.set(at.astimezone(UTC))
    try:
        yield
    finally:
        _rehearsed.reset(token)


def require_silent(provider: str) -> None:
    """Raises RehearsalError where a message is to be handed to a provider in a rehearsal that would send it for real."""
    if _rehearsed.get() is not None and provider not in SILENT:
        raise RehearsalError(f"A rehearsal hands nothing to {provider}.")
