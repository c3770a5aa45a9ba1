"""Touches into the database: their leads, their keys, and which of them led to a booking."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any
from uuid import UUID

from conversion.bulk import Writer, empty, fresh_id, stored_id
from conversion.encoding import Block
from conversion.feed import Feed
from conversion.importer.beside import Beside
from conversion.importer.columns import COLUMNS, LARGEST_TOUCH, Kind
from conversion.importer.faults import BadRow
from conversion.importer.fitting import Fitting, Row
from conversion.importer.job import Job
from conversion.importer.loading import Loader
from conversion.importer.seen import Seen
from conversion.importer.touches import OWN, Addressee, Draft, Texts, check, columns, given_before
from conversion.models import Activity, Client, Lead
from conversion.places import zone_of
from conversion.vocabulary import ActivityState, CallOutcome

AHEAD = 2  # chunks whose texts are read or wait to be: so that nobody waits for the other
LARGE = 1 << 20  # bytes of a file whose texts are read beside from its first rows on
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
        found[key] = Addressee(pk, pk.hex, deleted_at is not None, zone, tier, *texts)
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
        shared = empty(Activity) | {
            "client_id": stored_id(job.client.pk),
            "batch_id": stored_id(job.batch.pk),
            "created_at": job.now,
            "state": ActivityState.SENT.value,
            "led_to_booking": False,
        }
        self._inserter = Writer(Activity, {name: value for name, value in shared.items() if name not in OWN})
        self._texts = Beside(Texts(job.vocabulary, tuple(COLUMNS[Kind.ACTIVITIES]), self._inserter.form))
        self._feed = Feed()
        self._leads: dict[str, Addressee] = {}
        self._places: dict[int, int] = {}
        self._told: dict[UUID, str] = {}
        self._told_unstored: deque[dict[UUID, str]] = deque()  # of each chunk that was given, and not yet stored
        self._written: Block | None = None
        if fitting.size >= LARGE:
            self._texts.start()

    def load(self, rows: Sequence[Row]) -> None:
        """Several chunks are dealt with at once: while this one is made ready and the next is read from the file, the texts of
        those before are read beside, and the rows of the one before these are stored.
        """
        self._feed.wait()
        super().load(rows)

    def key(self, row: Row) -> str:
        return row.values.get("external_id") or own_key(row.values, KNOWN_BY)

    def prepare(self, rows: Sequence[Row]) -> None:
        client = self.job.client
        self._leads = addressees(client, [row.values["lead_external_id"] for row in rows])
        self._places = {} if all(row.values.get("touch_number") for row in rows) else _places(rows)
        booking = [row.values for row in rows if _books(row.values.get("led_to_booking"), row.values.get("outcome"))]
        marked = self._ids(values for values in booking if values.get("led_to_booking"))
        told = Activity.objects.for_client(client).filter(lead_id__in=marked, led_to_booking_given=True)
        self._told = dict(told.values_list("lead_id", "external_id"))
        for unstored in self._told_unstored:
            self._told |= unstored
        self.job.changes.remember_leads(self._ids(booking))
        self._store_written()

    def _ids(self, rows: Iterable[Mapping[str, Any]]) -> set[UUID]:
        """Of the leads that the rows name, as far as they are there."""
        return {lead.id for values in rows if (lead := self._leads.get(values["lead_external_id"]))}

    def fresh(self, row: Row, key: str) -> Draft:
        given = row.values
        lead = addressee(self._leads, given["lead_external_id"])
        check(given)
        self._mark(lead.id, key, told=given.get("led_to_booking"))
        number = given.get("touch_number")
        given.update(extra=row.extra, numbered=number is not None, touch_number=number or self._places[row.line])
        return fresh_id(), key, row.hash, given, lead

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
        check(given)
        after = {**before, "source_hash": row.hash, **columns(given, lead, self.job.vocabulary)}
        kept = {name: value for name, value in before["metadata"].items() if name != "extra"}
        after["metadata"] = {**kept, **after["metadata"]}
        self._mark(lead.id, before["external_id"], told=given["led_to_booking"])
        return after

    def _mark(self, lead: UUID, key: str, *, told: bool | None) -> None:
        """A second touch of its lead that the source says led to the booking is refused."""
        if told and (other := self._told.setdefault(lead, key)) != key:
            raise BadRow("led_to_booking", f"another touch of this lead led to its booking: {other[:60]!r}")

    def insert(self, rows: Sequence[Draft]) -> None:
        self.job.leads.add(lead.id for lead in {id(lead): lead for *_, lead in rows}.values())
        if rows:
            told = {lead.id: key for _, key, _, given, lead in rows if given.get("led_to_booking")}
            self._told_unstored.append(told)
            self._texts.give(rows)
        if len(self._texts) > AHEAD:
            self._written = self._texts.take()

    def flush(self) -> None:
        self._store_written()
        while self._texts:
            self._written = self._texts.take()
            self._store_written()
        self._feed.wait()

    def _store_written(self) -> None:
        if self._written is not None:
            self._feed.begin((self._inserter, self._written))
            self._told_unstored.popleft()
            self._written = None

    def close(self) -> None:
        self._texts.close()
        self._feed.close()

    def storing(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.job.changes.remember_leads(
            {row["lead_id"] for row in rows if _books(row["led_to_booking_given"], row["outcome"])}
        )

    def stored(self, rows: Sequence[Mapping[str, Any]], *, before: Sequence[Mapping[str, Any]]) -> None:
        self.job.leads.add([row["lead_id"] for row in (*rows, *before)])


def _books(told: bool | None, outcome: str | None) -> bool:
    return bool(told or outcome == CallOutcome.MEETING_BOOKED)


def _places(rows: Sequence[Row]) -> dict[int, int]:
    """The place of each row among the rows of its lead in this chunk, by line: most often the touch's number already."""
    counted: Counter[str] = Counter()
    places = {}
    for row in sorted(rows, key=lambda row: row.values["occurred_at"]):
        lead = row.values["lead_external_id"]
        counted[lead] += 1
        places[row.line] = min(counted[lead], LARGEST_TOUCH)
    return places
