"""Commands by which a person changes something: the audit log says which, at which client, and who ran it."""

import getpass
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand

from conversion import audit
from conversion.clients import ClientNotFound, find_client
from conversion.models import AuditEntry, Client

# Options of Django's own, and those that ask for a look alone.
DJANGOS = frozenset({"verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color", "skip_checks"})
NAMED = frozenset({"client", "clients"})  # what it was done at stands in a column of its own
LOOKS = ("dry_run", "list")


class Audited(BaseCommand):
    """One entry for each time it was run from a command line and did not fail. What it did in detail stands where it did it;
    of its options the entry keeps numbers, flags and ids, and of texts that they were given.
    """

    def execute(self, *args: Any, **options: Any) -> Any:
        done = super().execute(*args, **options)
        if getattr(self, "_called_from_command_line", False) and self.changes(options):
            noted(type(self).__module__.rpartition(".")[2], options)
        return done

    def changes(self, options: Mapping[str, Any]) -> bool:
        """Whether such a call changes anything."""
        return not any(options.get(name) for name in LOOKS)


def noted(name: str, options: Mapping[str, Any]) -> AuditEntry:
    client = client_of(options)
    return AuditEntry.objects.create(
        actor=f"command {name} ({person()})"[:255],
        client=client,
        action=name[:40],
        object_type="conversion.client" if client else "command",
        object_id=str(client.pk) if client else name,
        changes={key: [None, shown(value)] for key, value in options.items() if is_given(key, value)},
    )


def is_given(name: str, value: Any) -> bool:
    return name not in DJANGOS | NAMED and value not in (None, "", False) and value != []


def client_of(options: Mapping[str, Any]) -> Client | None:
    """The client that the command named, by whatever it goes by now."""
    many = options.get("clients") or []
    ref = options.get("client") or (many[0] if len(many) == 1 else None)
    try:
        return find_client(ref) if isinstance(ref, str) and ref else None
    except ClientNotFound:
        return None


def person() -> str:
    """The name under which the command ran, as the operating system has it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "nobody that this machine knows"


def shown(value: Any) -> Any:
    return value if isinstance(value, bool | int | float) else str(value) if isinstance(value, UUID) else audit.TEXT
