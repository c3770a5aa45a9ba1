"""Touches into the database: their leads, their keys, and which of them led to a booking."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any
from uuid import UUID

from conversion.importer.columns import COLUMNS, LARGEST_TOUCH, Kind
from conversion.importer.faults import BadRow
from conversion.importer.fitting import Fitting, Row
from conversion.importer.job import Job
from conversion.importer.loading import Loader
from conversion.importer.seen import Seen
from conversion.importer.touches import Addressee, base_of, columns, given_before
from conversion.models import Activity, Client, Lead
from conversion.models.rows import new_id
from conversion.places import zone_of
from conversion.vocabulary import ActivityState, CallOutcome

OWN_KEY = "auto:"  # begins the key of a row that its source gave none
# What a touch without a key is known by.
KNOWN_BY = ("lead_external_id", "channel", "occurred_at", "touch_number", "sequence_id", "template_id", "subject")
LEAD_COLUMNS = (
    "external_id",
    "id",
    "deleted_at",
    "timezone",
    "country",
    "als_tier",
    "email",
    "phone",
    "first_name",
    "last_name",
    "title",
    "company_name",
    "industry",
    "linkedin_url",
)


def own_key(values: Mapping[str, Any], names: Iterable[str]) -> str:
    """A key made of a row's content, so that the same row has the same key at the next import."""
    content = "\x1f".join("" if (value := values.get(name)) is None else str(value) for name in names)
    return OWN_KEY + blake2b(content.encode(), digest_size=16).hexdigest()


def addressees(client: Client, keys: Iterable[str]) -> dict[str, Addressee]:
    """The client's leads by the source's keys (some thousands at most)."""
    found = {}
    leads = Lead.objects.for_client(client).filter(external_id__in=set(keys))
    for key, pk, deleted_at, timezone, country, tier, *texts in leads.values_list(*LEAD_COLUMNS):
        zone = zone_of(timezone, country, client.timezone)
        found[key] = Addressee(pk, deleted_at is not None, zone, tier, *texts)
    return found


def addressee(leads: Mapping[str, Addressee], key: str) -> Addressee:
    """Raises BadRow where the lead is not there."""
    lead = leads.get(key)
    if lead is None:
        raise BadRow("lead_external_id", f"there is no lead {key[:60]!r}")
    if lead.deleted:
        raise BadRow("lead_external_id", f"the lead {key[:60]!r} was deleted here")
    return lead


class ActivityLoader(Loader):
    kind = Kind.ACTIVITIES
    model = Activity
    table = "activity"

    def __init__(self, job: Job, fitting: Fitting, name: str, seen: Seen) -> None:
        super().__init__(job, fitting, name, seen)
        self._base = base_of(job.client.pk, job.batch.pk, job.now)
        self._absent: dict[str, Any] = dict.fromkeys(COLUMNS[Kind.ACTIVITIES])
        self._leads: dict[str, Addressee] = {}
        self._places: dict[int, int] = {}
        self._told: dict[UUID, str] = {}

    def key(self, row: Row) -> str:
        return row.values.get("external_id") or own_key(row.values, KNOWN_BY)

    def prepare(self, rows: Sequence[Row]) -> None:
        client = self.job.client
        self._leads = addressees(client, [row.values["lead_external_id"] for row in rows])
        self._places = _places(rows)
        marked = {
            lead.id
            for row in rows
            if row.values.get("led_to_booking") and (lead := self._leads.get(row.values["lead_external_id"]))
        }
        told = Activity.objects.for_client(client).filter(lead_id__in=marked, led_to_booking_given=True)
        self._told = dict(told.values_list("lead_id", "external_id"))

    def fresh(self, row: Row, key: str) -> dict[str, Any]:
        lead = addressee(self._leads, row.values["lead_external_id"])
        given = {**self._absent, **row.values, "extra": row.extra}
        given["numbered"] = given["touch_number"] is not None
        given["touch_number"] = given["touch_number"] or self._places[row.line]
        touch = columns(given, lead, self.job.vocabulary, self._base)
        touch.update(id=new_id(), external_id=key, tier_at_send=lead.tier, source_hash=row.hash)
        return self._marked(touch, key)

    def merged(self, before: Mapping[str, Any], row: Row) -> dict[str, Any]:
        if before["state"] != ActivityState.SENT:
            raise BadRow("external_id", f"this touch was made here and is {before['state']}")
        lead = addressee(self._leads, row.values["lead_external_id"])
        given = {**given_before(before), **row.values}
        extra = {name: text for name, text in given["extra"].items() if not self.fitting.is_extra(name)} | row.extra
        given["extra"] = extra
        if row.values.get("touch_number") is not None:
            given["numbered"] = True
        elif "touch_number" in row.values:
            given["numbered"] = False
            given["touch_number"] = before["touch_number"]
        after = columns(given, lead, self.job.vocabulary, {**before, "source_hash": row.hash})
        kept = {name: value for name, value in before["metadata"].items() if name != "extra"}
        after["metadata"] = {**kept, **after["metadata"]}
        return self._marked(after, before["external_id"])

    def _marked(self, touch: dict[str, Any], key: str) -> dict[str, Any]:
        """The touch; a second one of its lead that the source says led to the booking is refused."""
        if touch["led_to_booking_given"]:
            other = self._told.setdefault(touch["lead_id"], key)
            if other != key:
                raise BadRow("led_to_booking", f"another touch of this lead led to its booking: {other[:60]!r}")
        return touch

    def storing(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.job.changes.remember_leads({row["lead_id"] for row in rows if _books(row)})

    def stored(self, rows: Sequence[Mapping[str, Any]], *, before: Sequence[Mapping[str, Any]]) -> None:
        self.job.leads.add([row["lead_id"] for row in (*rows, *before)])


def _books(touch: Mapping[str, Any]) -> bool:
    return bool(touch["led_to_booking_given"] or touch["outcome"] == CallOutcome.MEETING_BOOKED)


def _places(rows: Sequence[Row]) -> dict[int, int]:
    """The place of each row among the rows of its lead in this chunk, by line: most often the touch's number already."""
    counted: Counter[str] = Counter()
    places = {}
    for row in sorted(rows, key=lambda row: row.values["occurred_at"]):
        lead = row.values["lead_external_id"]
        counted[lead] += 1
        places[row.line] = min(counted[lead], LARGEST_TOUCH)
    return places
