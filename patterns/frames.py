"""The only bridge from rows to columns: a client's facts up to a moment, as the frame that detectors read.

Every row is read, no limit, no sample. On PostgreSQL the columns come as one binary COPY of fixed-width fields, which numpy
reads in place; on SQLite as tuples. Categories (titles, campaigns) become codes inside the query.
"""

import unicodedata
from collections import Counter
from datetime import datetime
from typing import Any

import numpy as np

from conversion.als import MAXIMA
from conversion.models import Client
from conversion.vocabulary import CHANNELS, COMPONENTS, EXITS, TIERS, LeadStatus
from patterns import extras
from patterns.columns import read_columns, read_values
from patterns.detectors.atrisk import WINDOW_DAYS
from patterns.detectors.frame import DAY, UNKNOWN, Category, Frame, FrameError, Ints, Leads, Touches

ATTEMPTS = 3  # rows that arrive between the two queries make them disagree; then both are read again

SENT = """FROM conversion_activity a JOIN conversion_lead l ON l.id = a.lead_id
    WHERE a.client_id = {client} AND a.state = 'sent' AND a.sent_at <= {as_of} AND l.deleted_at IS NULL"""
TOUCHED = """FROM conversion_lead l {joins} WHERE l.client_id = {client} AND l.deleted_at IS NULL
    AND EXISTS (SELECT 1 FROM conversion_activity a {by:activity_of_client} WHERE a.client_id = {client} AND a.lead_id = l.id
                AND a.state = 'sent' AND a.sent_at <= {as_of})"""


def load(client: Client, as_of: datetime) -> Frame:
    """The frame of one client's facts up to `as_of` (aware). Raises FrameError where the rows keep changing underneath."""
    for _ in range(ATTEMPTS):
        owners, touches = _touches(client, as_of)
        ids, leads = _leads(client, as_of)
        if np.array_equal(owners[np.unique(touches.lead, return_index=True)[1]], ids):
            return Frame(leads=leads, touches=touches, as_of=as_of.timestamp(), vocabulary=client.content_vocabulary)
    raise FrameError(f"the rows of {client.name} changed while they were read, {ATTEMPTS} times in a row")


def _touches(client: Client, as_of: datetime) -> tuple[Any, Touches]:
    """The id of each touch's lead, and the touches."""
    where = {"client": client.pk, "as_of": as_of}
    campaigns = read_values(f"SELECT DISTINCT a.campaign {SENT} AND a.campaign <> ''", where)
    # Replies count for as long as bookings do: else an old touch would have more of them than a new one. One that names
    # no touch answers the last one sent before it.
    last = """(SELECT b.id FROM conversion_activity b WHERE b.lead_id = e.lead_id AND b.state = 'sent'
        AND b.sent_at <= e.occurred_at ORDER BY b.sent_at DESC, b.touch_number DESC, b.id DESC LIMIT 1)"""
    answered = f"""(SELECT t.id, MAX(CASE WHEN e.kind = 'positive_reply' THEN 1 ELSE 0 END) AS positive
        FROM conversion_event e JOIN conversion_activity t ON t.id = COALESCE(e.activity_id, {last})
        WHERE e.client_id = {{client}} AND e.kind IN ('replied', 'positive_reply') AND e.occurred_at <= {{as_of}}
        AND {{epoch:e.occurred_at}} <= {{epoch:t.sent_at}} + {int(WINDOW_DAYS * DAY)} GROUP BY t.id)"""
    got = read_columns(
        {
            "id": ("id", "a.lead_id"),
            "sent_at": ("i8", "{epoch:a.sent_at}"),
            "channel": ("i2", _code("a.channel", CHANNELS)),
            "touch": ("i2", "a.touch_number"),
            "template": ("i8", "a.template_key"),
            "campaign": ("i4", "COALESCE(campaign.code, 0)"),
            "plan": ("i8", "{hash:a.plan}"),
            "tier": ("i2", _code("a.tier_at_send", TIERS)),
            "day": ("i2", f"COALESCE(a.local_day, {UNKNOWN})"),
            "hour": ("i2", f"COALESCE(a.local_hour, {UNKNOWN})"),
            "pain_points": ("i8", "a.pain_points"),
            "cta": ("i2", "a.cta"),
            "angles": ("i8", "a.angles"),
            "subjects": ("i8", "a.subjects"),
            "personalization": ("i8", "a.personalization"),
            "words": ("i4", "a.words"),
            "chars": ("i4", "a.chars"),
            "booked": ("i2", "CASE WHEN a.led_to_booking THEN 1 ELSE 0 END"),
            "answer": ("i2", f"COALESCE(answered.positive, {UNKNOWN})"),
            "propensity": ("f8", f"COALESCE(a.propensity, {UNKNOWN})"),
        },
        SENT.replace(
            "WHERE",
            f"LEFT JOIN {{list:campaigns}} campaign ON campaign.value = a.campaign "
            f"LEFT JOIN {answered} answered ON answered.id = a.id WHERE",
            1,
        )
        + " ORDER BY a.lead_id, a.sent_at, a.touch_number, a.channel, a.template_key, a.external_id",
        where,
        lists={"campaigns": campaigns},
    )
    ids = got.pop("id")
    first = np.ones(len(ids), dtype=bool)
    first[1:] = ids[1:] != ids[:-1]
    lead = np.cumsum(first).astype(np.int32) - 1
    answer, booked, propensity = got.pop("answer"), got.pop("booked"), got.pop("propensity")
    return ids, Touches(
        lead=lead,
        sent_at=got.pop("sent_at").astype(np.float64),
        plan=_shared_plans(got.pop("plan"), lead),
        tier=got["tier"].astype(np.int8),
        campaign=got.pop("campaign").astype(np.int64),
        channel=got.pop("channel").astype(np.int8),
        day=got.pop("day").astype(np.int8),
        hour=got.pop("hour").astype(np.int8),
        booked=booked == 1,
        replied=answer != UNKNOWN,
        positive=answer == 1,
        propensity=np.where(propensity == UNKNOWN, np.nan, propensity),
        **{name: column for name, column in got.items() if name != "tier"},
    )


def _leads(client: Client, as_of: datetime) -> tuple[Any, Leads]:
    """The ids of the leads that were touched, in order, and the leads."""
    where = {"client": client.pk, "as_of": as_of}
    names = {
        column: read_values(f"SELECT DISTINCT l.{column} FROM conversion_lead l WHERE l.client_id = {{client}}", where)
        for column in ("title", "industry")
    }
    joins = " ".join(f"LEFT JOIN {{list:{column}}} {column} ON {column}.value = l.{column}" for column in names)
    got = read_columns(
        {
            "id": ("id", "l.id"),
            "title": ("i4", "COALESCE(title.code, 0)"),
            "industry": ("i4", "COALESCE(industry.code, 0)"),
            "employees": ("i4", f"COALESCE(l.employee_count, {UNKNOWN})"),
            "new_role": ("i2", _flag("l.is_new_role")),
            "hiring": ("i2", _flag("l.is_hiring")),
            "funded": ("i2", _flag("l.recently_funded")),
            **{str(name): ("i2", f"COALESCE(l.als_{name}, {UNKNOWN})") for name in (*COMPONENTS, "risk")},
            "converted_at": ("i8", "COALESCE({epoch:l.converted_at}, -1)"),
            "status_at": ("i8", "COALESCE({epoch:l.status_at}, -1)"),
            "status": ("i2", _code("l.status", tuple(LeadStatus))),
        },
        TOUCHED.replace("{joins}", joins) + " ORDER BY l.id",
        where,
        lists=names,
    )
    end = int(as_of.timestamp())
    converted = got["converted_at"]
    exits = np.array([EXITS.index(status) if status in EXITS else UNKNOWN for status in LeadStatus], dtype=np.int8)
    kind = exits[got["status"]]
    left = (kind != UNKNOWN) & (got["status_at"] >= 0) & (got["status_at"] <= end)
    points = np.stack([got[str(name)] for name in COMPONENTS], axis=1)
    return got["id"], Leads(
        title=_category(got["title"], names["title"]),
        industry=_category(got["industry"], names["industry"]),
        employees=got["employees"],
        new_role=got["new_role"].astype(np.int8),
        hiring=got["hiring"].astype(np.int8),
        funded=got["funded"].astype(np.int8),
        components=np.where(points < 0, np.nan, points / np.array([MAXIMA[name] for name in COMPONENTS])),
        risk=np.where(got["risk"] < 0, np.nan, got["risk"]).astype(np.float64),
        converted_at=np.where((converted >= 0) & (converted <= end), converted, np.nan),
        left_at=np.where(left, got["status_at"], np.nan),
        exit=np.where(left, kind, UNKNOWN).astype(np.int8),
        extra=extras.columns(client, got["id"]),
    )


def _category(codes: Ints, values: list[str]) -> Category:
    """One label for the spellings of a name that differ in case, accents' encoding or outer blanks: the most frequent.

    codes: 1-based into `values`, 0 none. The labels are those that occur, sorted.
    """
    keys = [" ".join(unicodedata.normalize("NFC", value).split()) for value in values]
    uses: Counter[str] = Counter()
    for key, count in zip(keys, np.bincount(codes, minlength=len(values) + 1)[1:].tolist(), strict=True):
        uses[key] += count
    best: dict[str, tuple[int, str]] = {}
    for key, count in uses.items():
        if key and count:
            spelling = (-count, key)
            best[key.casefold()] = min(best.get(key.casefold(), spelling), spelling)
    labels = sorted(label for _, label in best.values())
    place = {label.casefold(): code for code, label in enumerate(labels)}
    lookup = np.array([UNKNOWN, *(place.get(key.casefold(), UNKNOWN) for key in keys)], dtype=np.int32)
    return Category(codes=lookup[codes], labels=tuple(labels))


def _shared_plans(plan: Ints, lead: Ints) -> Ints:
    """The plans' keys, 0 where only one lead has it: such a key names a lead, not a plan."""
    keys, place = np.unique(plan, return_inverse=True)
    low = np.full(len(keys), np.iinfo(np.int32).max, dtype=np.int32)
    high = np.zeros(len(keys), dtype=np.int32)
    np.minimum.at(low, place, lead)
    np.maximum.at(high, place, lead)
    return np.where((low < high)[place], plan, 0)


def _code(column: str, words: tuple[Any, ...]) -> str:
    """SQL for the position of a word in its list, -1 where it is none of them."""
    cases = " ".join(f"WHEN '{word.value}' THEN {code}" for code, word in enumerate(words))
    return f"CASE {column} {cases} ELSE {UNKNOWN} END"


def _flag(column: str) -> str:
    return f"CASE WHEN {column} THEN 1 WHEN NOT {column} THEN 0 ELSE {UNKNOWN} END"
