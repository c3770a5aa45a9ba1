"""The only bridge from rows to columns: a client's facts up to a moment, as the frame that detectors read.

Every row is read, no limit, no sample. The database neither joins nor sorts them: it hands over columns of fixed width, on
PostgreSQL as binary COPY, and numpy does the rest in a fraction of the time. Texts (titles, campaigns, plans) come as keys,
and what a key stands for is looked up once.
"""

import unicodedata
from collections import Counter
from datetime import datetime
from typing import Any

import numpy as np

from conversion.als import MAXIMA
from conversion.models import Activity, Client, Lead
from conversion.vocabulary import CHANNELS, COMPONENTS, EXITS, TIERS, LeadStatus
from patterns import extras
from patterns.columns import read_columns, read_texts, text_key
from patterns.detectors.atrisk import WINDOW_DAYS
from patterns.detectors.frame import DAY, UNKNOWN, Bools, Category, Frame, Ints, Leads, Touches

Columns = dict[str, Any]

SECOND = 1_000_000  # microseconds
ALPHABETICAL = np.argsort(np.argsort([str(channel) for channel in CHANNELS]))  # the place of each channel


def load(client: Client, as_of: datetime) -> Frame:
    """The frame of one client's facts up to `as_of` (aware).

    Touches are read before leads, and no lead is stored after its touches: each finds its lead, unless that was deleted.
    """
    sent, leads = _sent(client, as_of), _leads(client)
    place = places(sent.pop("lead"), leads["id"])
    there = place != UNKNOWN
    touched = np.bincount(place[there], minlength=len(leads["id"])) > 0
    sent = {name: sent.pop(name)[there] for name in tuple(sent)}
    sent["lead"] = (np.cumsum(touched) - 1)[place[there]]
    order = _order(sent)
    return Frame(
        leads=_made_leads(client, as_of, {name: column[touched] for name, column in leads.items()}),
        touches=_made_touches(client, as_of, {name: sent.pop(name)[order] for name in tuple(sent)}),
        as_of=as_of.timestamp(),
        vocabulary=client.content_vocabulary,
    )


def places(ids: Any, among: Any) -> Ints:
    """The place of each id in `among`, UNKNOWN where it is not there; ids are 16 bytes, those of `among` all different.

    They are looked up by their second half, which is 62 bits of chance, and compared whole.
    """
    wanted, known = (np.ascontiguousarray(part).view(np.uint64).reshape(-1, 2) for part in (ids, among))
    order = np.argsort(known[:, 1])
    half = known[order, 1]
    if not len(known) or (half[1:] == half[:-1]).any():  # never seen
        lookup = {bytes(key): row for row, key in enumerate(among)}
        return np.array([lookup.get(bytes(key), UNKNOWN) for key in ids], dtype=np.intp)
    found = order[np.minimum(np.searchsorted(half, wanted[:, 1]), len(order) - 1)]
    return np.where((known[found] == wanted).all(axis=1), found, UNKNOWN)


def _sent(client: Client, as_of: datetime) -> Columns:
    """The client's touches, in no order."""
    return read_columns(
        {
            "id": ("id", "a.id"),
            "lead": ("id", "a.lead_id"),
            "sent_at": ("us", "{micros:a.sent_at}"),
            "channel": ("i2", _code("a.channel", CHANNELS)),
            "touch": ("i2", "a.touch_number"),
            "template": ("i8", "a.template_key"),
            "campaign": ("i8", "{key:a.campaign}"),
            "plan": ("i8", "{key:a.plan}"),
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
            "propensity": ("f8", f"COALESCE(a.propensity, {UNKNOWN})"),
        },
        "FROM conversion_activity a WHERE a.client_id = {client} AND a.state = 'sent' AND a.sent_at <= {as_of}",
        {"client": client.pk, "as_of": as_of},
    )


def _order(sent: Columns) -> Ints:
    """By lead and time; touches of one moment by number, channel, template, and at last by their source's key."""
    second = sent["sent_at"] // SECOND
    first = (sent["lead"] << 32) + (second - second.min(initial=0))
    order = np.argsort(first, kind="stable")
    columns = [sent["template"], ALPHABETICAL[sent["channel"]], sent["touch"], sent["sent_at"], sent["lead"]]
    at = _alike(order, first)
    order[at] = order[at][np.lexsort([column[order[at]] for column in columns])]
    at = at[_alike(order[at], *columns)]
    if len(at):
        keys = read_texts(("external_id",), Activity, sent["id"][order[at]])
        named = np.unique([str(keys[bytes(key)][0] or "") for key in sent["id"][order[at]]], return_inverse=True)[1]
        order[at] = order[at][np.lexsort([named, *(column[order[at]] for column in columns)])]
    return order


def _alike(order: Ints, *columns: Ints) -> Ints:
    """Positions whose row is as the one before or after it."""
    same = np.zeros(len(order) + 1, dtype=bool)
    if len(order) > 1:
        same[1:-1] = np.all([column[order[1:]] == column[order[:-1]] for column in columns], axis=0)
    return np.flatnonzero(same[1:] | same[:-1])


def _made_touches(client: Client, as_of: datetime, got: Columns) -> Touches:
    """got: the columns of `_sent`, in order, with each touch's row of leads."""
    ids, lead = got.pop("id"), got["lead"].astype(np.int32)
    sent_at = got["sent_at"] // SECOND
    replied, positive = _answers(client, as_of, ids, sent_at)
    booked, propensity = got.pop("booked"), got.pop("propensity")
    small = {name: got.pop(name).astype(np.int8) for name in ("channel", "tier", "day", "hour")}
    return Touches(
        lead=lead,
        sent_at=sent_at.astype(np.float64),
        campaign=_campaigns(got.pop("campaign"), ids),
        plan=_shared_plans(got.pop("plan"), lead, ids),
        booked=booked == 1,
        replied=replied,
        positive=positive,
        propensity=np.where(propensity == UNKNOWN, np.nan, propensity),
        **small,
        **{name: column for name, column in got.items() if name not in {"lead", "sent_at"}},
    )


def _answers(client: Client, as_of: datetime, ids: Any, sent_at: Ints) -> tuple[Bools, Bools]:
    """Which touches were replied to, and which positively. Replies count for as long as bookings do: else an old touch would
    have more of them than a new one. One that names no touch answers the last one sent before it.
    """
    last = """(SELECT b.id FROM conversion_activity b WHERE b.lead_id = e.lead_id AND b.state = 'sent'
        AND b.sent_at <= e.occurred_at ORDER BY b.sent_at DESC, b.touch_number DESC, b.id DESC LIMIT 1)"""
    got = read_columns(
        {
            "touch": ("id", "f.touch"),
            "at": ("i8", "{epoch:f.occurred_at}"),
            "positive": ("i2", "CASE WHEN f.kind = 'positive_reply' THEN 1 ELSE 0 END"),
        },
        f"""FROM (SELECT COALESCE(e.activity_id, {last}) AS touch, e.occurred_at, e.kind FROM conversion_event e
            WHERE e.client_id = {{client}} AND e.kind IN ('replied', 'positive_reply') AND e.occurred_at <= {{as_of}}) f
            WHERE f.touch IS NOT NULL""",
        {"client": client.pk, "as_of": as_of},
    )
    place = places(got["touch"], ids)
    heard = place != UNKNOWN
    heard[heard] = got["at"][heard] <= sent_at[place[heard]] + int(WINDOW_DAYS * DAY)
    replied, positive = np.zeros((2, len(ids)), dtype=bool)
    replied[place[heard]] = True
    positive[place[heard & (got["positive"] == 1)]] = True
    return replied, positive


def _campaigns(keys: Ints, ids: Any) -> Ints:
    """The place of each touch's campaign in the alphabet, from 1; 0 none."""
    known, first, code = np.unique(keys, return_index=True, return_inverse=True)
    texts = read_texts(("campaign",), Activity, ids[first[known != 0]])
    names = [texts[bytes(key)][0] if value else "" for key, value in zip(ids[first], known.tolist(), strict=True)]
    place = {name: number for number, name in enumerate(sorted({*names} - {""}), start=1)} | {"": 0}
    return np.array([place[name] for name in names], dtype=np.int64)[code]


def _shared_plans(keys: Ints, lead: Ints, ids: Any) -> Ints:
    """The plans' keys, the same on every database; 0 where only one lead has it: such a key names a lead, not a plan."""
    known, first, code = np.unique(keys, return_index=True, return_inverse=True)
    low = np.full(len(known), np.iinfo(np.int32).max, dtype=np.int32)
    high = np.zeros(len(known), dtype=np.int32)
    np.minimum.at(low, code, lead)
    np.maximum.at(high, code, lead)
    shared = np.flatnonzero((low < high) & (known != 0))
    texts = read_texts(("plan",), Activity, ids[first[shared]])
    made = np.zeros(len(known), dtype=np.int64)
    made[shared] = [text_key(texts[bytes(key)][0]) for key in ids[first[shared]]]
    return made[code]


def _leads(client: Client) -> Columns:
    """The client's leads, in order of their ids."""
    return read_columns(
        {
            "id": ("id", "l.id"),
            "title": ("i8", "{key:l.title}"),
            "industry": ("i8", "{key:l.industry}"),
            "employees": ("i4", f"COALESCE(l.employee_count, {UNKNOWN})"),
            "new_role": ("i2", _flag("l.is_new_role")),
            "hiring": ("i2", _flag("l.is_hiring")),
            "funded": ("i2", _flag("l.recently_funded")),
            **{str(name): ("i2", f"COALESCE(l.als_{name}, {UNKNOWN})") for name in (*COMPONENTS, "risk")},
            "converted_at": ("i8", "COALESCE({epoch:l.converted_at}, -1)"),
            "status_at": ("i8", "COALESCE({epoch:l.status_at}, -1)"),
            "status": ("i2", _code("l.status", tuple(LeadStatus))),
        },
        "FROM conversion_lead l WHERE l.client_id = {client} AND l.deleted_at IS NULL ORDER BY l.id",
        {"client": client.pk},
    )


def _made_leads(client: Client, as_of: datetime, got: Columns) -> Leads:
    """got: the columns of `_leads`, of those that were touched."""
    end = int(as_of.timestamp())
    converted = got["converted_at"]
    exits = np.array([EXITS.index(status) if status in EXITS else UNKNOWN for status in LeadStatus], dtype=np.int8)
    kind = exits[got["status"]]
    left = (kind != UNKNOWN) & (got["status_at"] >= 0) & (got["status_at"] <= end)
    points = np.stack([got[str(name)] for name in COMPONENTS], axis=1)
    return Leads(
        title=_category("title", got),
        industry=_category("industry", got),
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


def _category(column: str, got: Columns) -> Category:
    """One label for the spellings of a name that differ in case, accents' encoding or outer blanks: the most frequent. The
    labels are those that occur, sorted.
    """
    known, first, code = np.unique(got[column], return_index=True, return_inverse=True)
    texts = read_texts((column,), Lead, got["id"][first[known != 0]])
    keys = [
        " ".join(unicodedata.normalize("NFC", texts[bytes(key)][0]).split()) if value else ""
        for key, value in zip(got["id"][first], known.tolist(), strict=True)
    ]
    uses: Counter[str] = Counter()
    for key, count in zip(keys, np.bincount(code, minlength=len(known)).tolist(), strict=True):
        uses[key] += count
    best: dict[str, tuple[int, str]] = {}
    for key, count in uses.items():
        if key:
            spelling = (-count, key)
            best[key.casefold()] = min(best.get(key.casefold(), spelling), spelling)
    labels = sorted(label for _, label in best.values())
    place = {label.casefold(): number for number, label in enumerate(labels)}
    lookup = np.array([place.get(key.casefold(), UNKNOWN) for key in keys], dtype=np.int32)
    return Category(codes=lookup[code], labels=tuple(labels))


def _code(column: str, words: tuple[Any, ...]) -> str:
    """SQL for the position of a word in its list, -1 where it is none of them."""
    cases = " ".join(f"WHEN '{word.value}' THEN {code}" for code, word in enumerate(words))
    return f"CASE {column} {cases} ELSE {UNKNOWN} END"


def _flag(column: str) -> str:
    return f"CASE WHEN {column} THEN 1 WHEN NOT {column} THEN 0 ELSE {UNKNOWN} END"
