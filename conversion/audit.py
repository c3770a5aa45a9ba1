"""The audit log: who changed what, by which door. Entries are only added."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Model

from conversion.models import ApiToken, AuditEntry

TEXT = "…"  # stands for a text: it may be personal, and the log stays when a person is forgotten


def actor_of(request: Any) -> tuple[Any, str]:
    """The person of a request, and its name with that of the token: what `record` takes as `actor`."""
    token = getattr(request, "auth", None)
    name = request.user.get_username()
    return request.user, f"{name} by {token.name}" if isinstance(token, ApiToken) else name


def record(
    actor: tuple[Any, str], action: str, obj: Model, changes: Mapping[str, tuple[Any, Any]] | None = None
) -> AuditEntry:
    """Note a change, in the transaction that makes it. actor: `actor_of(request)`, or (None, "command suppress").

    action: a word such as "create" or "learn". obj: what was changed; a client, or a row with a `client_id`. changes: by
    field (before, after).
    """
    user, name = actor
    is_client = obj._meta.label == "conversion.Client"
    return AuditEntry.objects.create(
        user=user,
        actor=name[:255],
        client_id=obj.pk if is_client else getattr(obj, "client_id", None),
        action=action,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        changes={
            field: [shown(obj, field, before), shown(obj, field, after)]
            for field, (before, after) in (changes or {}).items()
        },
    )


def shown(obj: Model, field: str, value: Any) -> Any:
    """A value as the log keeps it: numbers, flags, times, ids and words of the vocabulary, but no free text."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | float) or value == "":
        return value
    if isinstance(value, UUID):
        return str(value)
    columns = {one.name: one for one in obj._meta.get_fields()}
    return str(value) if getattr(columns.get(field), "choices", None) else TEXT
