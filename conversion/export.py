"""All that is kept of a person, as one JSON document, and nothing of anybody else.

Texts are given as they are: who writes of others in a reply is quoted with it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.timezone import now

from conversion import correspondence
from conversion.models import Activity, Client, Connection, Event, ImportChange, Lead, Sequence, Suppression
from conversion.people import Person, find_person
from conversion.suppressions import both_forms, in_force, is_hashed, names_of, naming
from conversion.tenancy import across_clients

VERSION = 1
# What says nothing of the person: how rows are queued, compared and tied together.
INTERNAL = frozenset(
    {"client_id", "lead_id", "batch_id", "source_hash", "email_key", "claimed_by", "claimed_until", "idempotency_key"}
)


def export(text: str, client: Client | None, at: datetime | None = None) -> dict[str, Any]:
    """What is kept of the person that `text` names (`conversion.people.find_person`) at a client, or (None) everywhere.

    Keys: `version`, `exported_at`, `asked_for`, `clients` (each with its `leads`, and these with their `connections`, `plans`,
    `touches`, `events`, `messages` and `import_changes`), `messages` that no lead is known for, and `suppressions`. Raises
    PersonNotFound.
    """
    with across_clients("erasure"):
        person = find_person(text, client)
        return {
            "version": VERSION,
            "exported_at": (at or now()).isoformat(),
            "asked_for": text.strip(),
            "clients": _clients(person.leads),
            "messages": _rows(correspondence.messages_of([], person.names, client)),
            "suppressions": _suppressions(person, client),
        }


def _clients(leads: Iterable[Lead]) -> list[dict[str, Any]]:
    by_client: dict[UUID, list[Lead]] = {}
    for lead in leads:
        by_client.setdefault(lead.client_id, []).append(lead)
    owners = Client.objects.select_related("agency").in_bulk(list(by_client))
    return [
        {
            "id": str(key),
            "client": owners[key].name,
            "agency": owners[key].agency.name,
            "leads": list(map(_lead, those)),
        }
        for key, those in by_client.items()
    ]


def _lead(lead: Lead) -> dict[str, Any]:
    touches = _rows(Activity.objects.filter(lead=lead).order_by("created_at", "id"))
    events = _rows(Event.objects.filter(lead=lead).order_by("occurred_at", "id"))
    ids = [lead.pk, *(row["id"] for row in (*touches, *events))]
    return {
        **_rows(Lead.objects.filter(pk=lead.pk))[0],
        "connections": _rows(Connection.objects.filter(lead=lead).order_by("created_at", "id")),
        "plans": _rows(Sequence.objects.filter(lead=lead).order_by("created_at", "id")),
        "touches": touches,
        "events": events,
        "messages": _rows(correspondence.messages_of([lead], [], None)),
        "import_changes": _changes(ids),
    }


def _changes(ids: list[Any]) -> list[dict[str, Any]]:
    """What imports changed of the person's rows, which they keep to be undone."""
    found: list[dict[str, Any]] = []
    for start in range(0, len(ids), 500):
        page = _rows(ImportChange.objects.filter(row_id__in=ids[start : start + 500]).order_by("id"))
        found += [row | {name: _open(row.get(name)) for name in ("before", "after")} for row in page]
    return found


def _rows(query: models.QuerySet) -> list[dict[str, Any]]:
    return [_open(row) for row in query.values()]


def _open(row: Mapping[str, Any] | None) -> dict[str, Any]:
    """A row without the columns that are internal or empty."""
    return {name: value for name, value in (row or {}).items() if name not in INTERNAL and value not in (None, "")}


def _suppressions(person: Person, client: Client | None) -> list[dict[str, Any]]:
    """The entries that name the person. Those of a whole domain are its company's, not the person's."""
    names = {*person.names, *(pair for lead in person.leads for pair in names_of(lead) if pair[0] != "domain")}
    entries = Suppression.objects.all() if client is None else in_force(client)
    found = entries.filter(naming(both_forms(sorted(names)))).select_related("client", "agency").order_by("id")
    return [
        {
            "list": _list_of(entry),
            "kind": entry.kind,
            "value": None if is_hashed(entry.value) else entry.value,
            "hashed": is_hashed(entry.value),
            "reason": entry.reason,
            "created_at": entry.created_at,
        }
        for entry in found
    ]


def _list_of(entry: Suppression) -> str:
    if entry.client is not None:
        return f"client {entry.client.name}"
    return f"agency {entry.agency.name}" if entry.agency is not None else "everybody"
