"""Forgetting a person: what is the person's own goes, what learning needs stays without a name, and a keyed hash keeps it out.

What stays: that somebody was touched when, on which channel, with which features of the text, and what came of it. Times and
outcomes belong to a lead that has neither name nor address; of its country, industry, title and company size only as much is
kept as at least five other leads of the client share in that combination. Were the touches deleted, those who object to being
written to would vanish from what is learned, and it would flatter itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.utils.timezone import now

from conversion import correspondence, uploads
from conversion.models import Activity, Client, Connection, Event, ImportChange, Lead
from conversion.people import Person, find_person
from conversion.suppressions import forget
from conversion.tenancy import across_clients
from conversion.vocabulary import ActivityState as State

# Touches in these states will not be made any more; the others were, or may have been.
OPEN = (State.PLANNED, State.QUEUED, State.CLAIMED, State.HELD)
IN_FLIGHT = (State.DISPATCHING, State.UNKNOWN)
CODE, REASON = "erased", "the person asked to be forgotten"

# Kept as far as enough others share them all, in this order.
SHARED = ("country", "industry", "title", "employee_count")
OTHERS = 5  # leads of the client, besides this one

NOBODY: dict[str, Any] = {
    "external_id": None,
    **dict.fromkeys(("email", "email_key", "phone", "first_name", "last_name", "company_name", "linkedin_url"), ""),
    "timezone": "",
    "extra": {},
    "do_not_contact": True,
    "source_hash": None,
}
NO_TEXT: dict[str, Any] = {"external_id": None, "body": "", "metadata": {}, "source_hash": None}
NO_TOUCH: dict[str, Any] = {**NO_TEXT, "subject": "", "content_snapshot": None, "reason": ""}
PAGE = 500  # ids in one statement; SQLite takes few parameters


@dataclass(frozen=True)
class Erased:
    """leads, touches, events: rows that are anonymous now. messages: of the person, deleted. cancelled: touches that will not
    be made. changes: rows of earlier imports' undo logs that went. entries: new hashes on the suppression lists. in_flight:
    touches that are with their provider at this moment; their answers may still bring something of the person's, so `clear`
    the leads afterwards. uploads: of files that wait to be imported, or were; they go, since the person may stand in them.
    """

    ids: tuple[UUID, ...]
    leads: int
    touches: int
    cancelled: int
    events: int
    messages: int
    changes: int
    entries: int
    in_flight: int
    uploads: int = 0


def erase(text: str, client: Client | None, at: datetime | None = None, *, dry_run: bool = False) -> Erased:
    """Forget the person that `text` names (`conversion.people.find_person`) at a client, or (None) everywhere, in one
    transaction. The same call a second time finds nobody, and leaves the hashes as they are.

    The suppression lists are written first, then leads, then touches: in the order in which a send locks them. Raises
    PersonNotFound, and ImproperlyConfigured where there is no key for the hashes.
    """
    with transaction.atomic(), across_clients("erasure"):
        _overwrite()
        entries = _suppress(find_person(text, client), client)
        # Read again: nothing is sent to a lead, or planned for it, since the lists are locked.
        person = find_person(text, client)
        messages = correspondence.forget([lead.pk for lead in person.leads], person.names, client)
        erased = _erase(person.leads, at or now(), entries, messages)
        # Last, as an import locks them: after its leads.
        erased = replace(erased, uploads=uploads.forget(None if client is None else [client.pk]))
        transaction.set_rollback(dry_run)
    return erased


def clear(ids: Iterable[UUID]) -> int:
    """Take the texts from the touches of erased leads again; returns how many are with their provider still."""
    with transaction.atomic(), across_clients("erasure"):
        _overwrite()
        erased = Lead.objects.filter(pk__in=list(ids), erased_at__isnull=False).select_for_update(no_key=True)
        return _anonymous_touches(list(erased.order_by("pk").values_list("pk", flat=True)))


def _overwrite() -> None:
    """SQLite leaves what is deleted in its file until it needs the place."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def _suppress(person: Person, client: Client | None) -> int:
    entries = forget(person.names, client)
    for lead, source in person.sources():
        entries += forget([source], lead.client)
    return entries


def _erase(leads: list[Lead], at: datetime, entries: int, messages: int) -> Erased:
    ids = [lead.pk for lead in leads]
    list(Lead.objects.filter(pk__in=ids).select_for_update(no_key=True).order_by("pk").values_list("pk"))
    touches = list(Activity.objects.filter(lead__in=ids).values_list("pk", flat=True))
    events = list(Event.objects.filter(lead__in=ids).values_list("pk", flat=True))
    for lead in leads:
        kept = _shared(lead)
        blank = {name: None if name == "employee_count" else "" for name in SHARED if name not in kept}
        Lead.objects.filter(pk=lead.pk).update(**NOBODY, **blank, erased_at=lead.erased_at or at)
    return Erased(
        ids=tuple(ids),
        leads=len(leads),
        touches=len(touches),
        cancelled=_cancel(ids),
        in_flight=_anonymous_touches(ids),
        events=Event.objects.filter(lead__in=ids).update(**NO_TEXT),
        messages=messages,
        changes=_forget_rows([*ids, *touches, *events]),
        entries=entries,
    )


def _shared(lead: Lead) -> list[str]:
    """The columns that the lead may keep."""
    others, kept = Lead.objects.for_client(lead.client_id).filter(erased_at=None).exclude(pk=lead.pk), []
    for name in SHARED:
        narrower = others.filter(**{name: getattr(lead, name)})
        if narrower.count() >= OTHERS:
            others = narrower
            kept.append(name)
    return kept


def _cancel(leads: list[Any]) -> int:
    """Also a touch that a worker has claimed: it finds its claim gone."""
    planned = Activity.objects.filter(lead__in=leads, state__in=OPEN, dispatched_at=None)
    return planned.update(
        **{**NO_TOUCH, "reason": REASON},
        state=State.CANCELLED.value,
        reason_code=CODE,
        due_at=None,
        claimed_by="",
        claimed_until=None,
    )


def _anonymous_touches(leads: list[Any]) -> int:
    """Take the texts from the touches, and what a provider knows the person by. A touch that is in flight keeps its provider's
    name for it, by which it is settled.
    """
    Connection.objects.filter(lead__in=leads).delete()
    touches = Activity.objects.filter(lead__in=leads)
    # Whoever wrote to an erased lead left a text on a touch that the guard has cancelled; its reason stays.
    touches.filter(reason_code=CODE, state=State.CANCELLED).update(**{**NO_TOUCH, "reason": REASON})
    others = touches.exclude(reason_code=CODE)
    others.exclude(state__in=IN_FLIGHT).update(**NO_TOUCH, provider_message_id="")
    others.filter(state=State.UNKNOWN).update(**NO_TOUCH)
    return others.filter(state=State.DISPATCHING).update(**NO_TOUCH)


def _forget_rows(ids: list[Any]) -> int:
    """Take rows out of what imports could undo, and out of the admin's log, which repeats their names."""
    gone = 0
    types = list(ContentType.objects.filter(app_label="conversion").values_list("pk", flat=True))
    for page in _pages(ids):
        gone += ImportChange.objects.filter(row_id__in=page).delete()[0]
        logged = LogEntry.objects.filter(content_type__in=types, object_id__in=[str(one) for one in page])
        logged.update(object_repr="erased", change_message="")
    return gone


def _pages(ids: list[Any]) -> Iterable[list[Any]]:
    return (ids[start : start + PAGE] for start in range(0, len(ids), PAGE))
