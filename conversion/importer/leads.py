"""Rows of leads.csv to leads: new ones, and changes of those that are there (docs/import.md, "What an import may change")."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from conversion.addresses import AddressError, e164, email_key
from conversion.bulk import empty, stored_id
from conversion.importer.columns import FLAGS, POINTS, PROTECTING
from conversion.importer.faults import BadRow
from conversion.importer.fitting import Row
from conversion.importer.scoring import Scoring
from conversion.models import Lead
from conversion.models.rows import new_id
from conversion.places import country_code
from conversion.vocabulary import LeadStatus

TEXTS = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "title",
    "company_name",
    "industry",
    "country",
    "linkedin_url",
    "timezone",
)
# How far along a status is: without a time, it moves forward only.
RANK = {
    LeadStatus.NEW: 0,
    LeadStatus.CONTACTED: 1,
    LeadStatus.NOT_INTERESTED: 2,
    LeadStatus.DEAD: 2,
    LeadStatus.CONVERTED: 3,
    LeadStatus.BOUNCED: 4,
    LeadStatus.UNSUBSCRIBED: 5,
}
EMPTY: Mapping[str, Any] = empty(Lead) | {
    "status": LeadStatus.NEW.value,
    "touch_count": 0,
}


class LeadRows:
    """Builds the columns of leads. `now` stands for times that the source does not give."""

    def __init__(self, client_id: Any, batch_id: Any, scoring: Scoring, home: str | None, now: datetime) -> None:
        """home: ISO code of the country in which a number without code is dialled if its lead has none."""
        self._always = {"client_id": stored_id(client_id), "batch_id": stored_id(batch_id)}
        self._scoring = scoring
        self._home = home
        self._now = now

    def fresh(self, row: Row) -> dict[str, Any]:
        """A new lead. Raises BadRow."""
        given = row.values
        lead: dict[str, Any] = {**EMPTY, **self._always, "id": new_id(), "external_id": given["external_id"]}
        self._texts(lead, given)
        for name in ("employee_count", *FLAGS):
            if name in given:
                lead[name] = given[name]
        lead["status"] = given.get("status") or LeadStatus.NEW.value
        lead["status_at"] = given.get("status_at")
        lead["created_at"] = given.get("created_at") or lead["status_at"] or self._now
        if lead["status"] == LeadStatus.CONVERTED:
            lead["converted_at"] = lead["status_at"] or lead["created_at"]
        lead["scored_at"] = lead["created_at"]
        self._scoring.score_first(lead, {name: given.get(name) for name in POINTS}, lead["scored_at"].isoformat())
        lead["extra"] = row.extra
        lead["source_hash"] = row.hash
        return lead

    def merged(self, before: Mapping[str, Any], row: Row, is_extra: Callable[[str], bool]) -> dict[str, Any]:
        """The lead with what the row says: a blank cell empties its column, a column that the file lacks stays.

        is_extra: whether the file has a further column of this name. Raises BadRow.
        """
        given = row.values
        lead = dict(before)
        self._texts(lead, given)
        for name in ("employee_count", *FLAGS):
            if name in given:
                lead[name] = given[name]
        for name in PROTECTING:
            if before[name] or (name in given and given[name] is None):
                lead[name] = before[name]
        self._status(lead, given)
        lead["created_at"] = given.get("created_at") or before["created_at"]
        lead["extra"] = {name: text for name, text in before["extra"].items() if not is_extra(name)} | row.extra
        self._rescore(lead, before, given)
        lead["source_hash"] = row.hash
        return lead

    def _texts(self, lead: dict[str, Any], given: Mapping[str, Any]) -> None:
        for name in TEXTS:
            if name in given:
                lead[name] = given[name] or ""
        if given.get("phone"):
            lead["phone"] = self._phone(given["phone"], lead["country"])
        if "email" in given:
            lead["email_key"] = email_key(lead["email"]) if lead["email"] else ""

    def _phone(self, text: str, country: str) -> str:
        try:
            return e164(text, (country_code(country) if country else None) or self._home)
        except AddressError as error:
            raise BadRow("phone", str(error)) from error

    def _status(self, lead: dict[str, Any], given: Mapping[str, Any]) -> None:
        status, moment = given.get("status"), given.get("status_at")
        if status is None or not _moves(lead, status, moment):
            return
        was_status, was_at = lead["status"], lead["status_at"]
        lead["status"] = status
        # A status that changed without telling when is known of since this import.
        lead["status_at"] = moment or (was_at if status == was_status else self._now)
        if status != LeadStatus.CONVERTED:
            return
        booked = lead["converted_at"]
        if booked is None or booked == was_at or (lead["status_at"] and booked > lead["status_at"]):
            lead["converted_at"] = lead["status_at"] or booked or lead["created_at"]

    def _rescore(self, lead: dict[str, Any], before: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        """Anew where what the points stand on changed; points that the source once gave stay until it gives others."""
        by_rules = self._scoring.points(before)
        kept = {name: before[name] for name in POINTS if before[name] != by_rules[name]}
        told = {name: given[name] if given.get(name) is not None else kept.get(name) for name in POINTS}
        points = self._scoring.points(lead) | {name: value for name, value in told.items() if value is not None}
        if any(points[name] != before[name] for name in POINTS):
            lead["scored_at"] = self._now
            self._scoring.score_again(lead, points, self._now.isoformat())


def _moves(lead: Mapping[str, Any], status: str, moment: datetime | None) -> bool:
    """Whether the status that a source gives is to be taken: never back to an older one."""
    present, told = RANK[LeadStatus(lead["status"])], RANK[LeadStatus(status)]
    if moment is None or lead["status_at"] is None:
        return told >= present
    if present >= RANK[LeadStatus.BOUNCED] and told < RANK[LeadStatus.CONVERTED]:
        return False  # who bounced or unsubscribed may still convert, and is not written to again otherwise
    return bool(moment >= lead["status_at"])
