"""Entering and changing one lead, by the rules of an import (`conversion.importer.leads`): the same values are taken, and what
protects a person is never taken back.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from conversion.encoding import Encoded
from conversion.importer.columns import PROTECTING
from conversion.importer.faults import BadRow
from conversion.importer.fitting import Row
from conversion.importer.leads import LeadRows
from conversion.importer.scoring import Scoring
from conversion.models import Client, Lead
from conversion.people import client_country

Given = Mapping[str, Any]


class UnusableLead(BadRow):
    """A value that a lead cannot have: `column` and `reason`."""


class LeadConflict(BadRow):
    """A value that does not fit what is known of the lead: `column` and `reason`."""


def create(client: Client, given: Given, extra: Mapping[str, str], at: datetime) -> Lead:
    """A new lead. given: by column of leads.csv, parsed (`conversion.importer.columns`), None: not known. extra: whatever else
    is known of it. at: the present moment. Raises UnusableLead, and LeadConflict where the external id is taken.
    """
    row = Row(0, "", {"external_id": None, **given}, dict(extra), 0)
    columns = _built(lambda: _rows(client, at).fresh(row)) | {"source_hash": None, "batch_id": None}
    lead = Lead(**{name: json.loads(value) if isinstance(value, Encoded) else value for name, value in columns.items()})
    try:
        with transaction.atomic():
            lead.save(force_insert=True)
    except IntegrityError as error:
        raise _taken(client, lead.external_id, error) from error
    lead.client = client
    return lead


@transaction.atomic
def change(lead: Lead, given: Given, extra: Mapping[str, str | None], at: datetime) -> dict[str, tuple[Any, Any]]:
    """Change the columns that are given, None emptying one, and of `extra` those that it names. Returns what became different,
    by column (before, after). Raises UnusableLead; and LeadConflict where the lead was erased, a flag that protects a person
    would be cleared, a status would go back, or the external id is taken.
    """
    rows = Lead.objects.for_client(lead.client_id).filter(pk=lead.pk)
    before = rows.select_for_update(no_key=True).values().get()
    if before["erased_at"]:
        raise LeadConflict("", "The person asked to be forgotten; nothing is entered about it any more.")
    row = Row(0, "", dict(given), {name: text for name, text in extra.items() if text}, before["source_hash"])
    after = _built(lambda: _rows(lead.client, at).merged(before, row, lambda name: name in extra))
    if "external_id" in given:
        after["external_id"] = given["external_id"]
    _check(before, after, given)
    changed = {name: (before[name], value) for name, value in after.items() if value != before[name]}
    if changed:
        try:
            with transaction.atomic():
                rows.update(**{name: value for name, (_, value) in changed.items()})
        except IntegrityError as error:
            raise _taken(lead.client, after["external_id"], error) from error
    return changed


def delete(lead: Lead, at: datetime) -> None:
    """Take a lead out of learning, scoring, planning and sending. Its row stays, for what was learned from it."""
    Lead.objects.for_client(lead.client_id).filter(pk=lead.pk, deleted_at=None).update(deleted_at=at)


def _rows(client: Client, at: datetime) -> LeadRows:
    return LeadRows(client.pk, client.pk, Scoring(client), client_country(client), at)


def _built(build: Any) -> dict[str, Any]:
    try:
        columns: dict[str, Any] = build()
    except BadRow as error:
        raise UnusableLead(error.column, error.reason) from error
    return columns


def _check(before: Given, after: Given, given: Given) -> None:
    for name in PROTECTING:
        if before[name] and name in given and not given[name]:
            raise LeadConflict(name, "It protects the person: once set, it is not taken back.")
    status = given.get("status")
    if status is not None and after["status"] != status:
        raise LeadConflict("status", f"The lead is {after['status']}, and {status} does not follow on that.")


def _taken(client: Client, external_id: str | None, error: IntegrityError) -> Exception:
    others = Lead.objects.for_client(client).filter(external_id=external_id)
    if external_id is not None and others.exists():
        return LeadConflict("external_id", "Another lead of this client has it.")
    return error
