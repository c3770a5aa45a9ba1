"""What follows from a lead's touches and events together: numbers of touches, conversions, the converting touch, counts.

The triggers (conversion/triggers.py) keep the converting touch row by row, whatever changes a lead. This module settles
many leads at once, as a function of the rows that are there, so that the order in which they came does not matter:

    with LeadSet() as leads:
        leads.add(ids)
        leads.settle()
"""

import sqlite3
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from django.db import connection

from conversion.vocabulary import CallOutcome, EventKind

LARGEST_TOUCH = 32_767  # of the column of touch numbers
PAGE = 10_000  # leads settled at once; their sorted touches are held in memory
IN_SET = "IN (SELECT id FROM lead_set)"

# Of two touches at one moment the source's key decides, the same on both databases.
NUMBER = """
    UPDATE conversion_activity SET touch_number = ranked.place, content_snapshot = {snapshot}, metadata = {metadata}
    FROM (SELECT a.id AS touch,
              {least}(ROW_NUMBER() OVER (PARTITION BY a.lead_id ORDER BY a.sent_at, {key}, a.id), {largest}) AS place
          FROM conversion_activity a
          WHERE a.lead_id IN (SELECT lead FROM lead_facts WHERE unnumbered) AND a.state = 'sent') ranked
    WHERE ranked.touch = conversion_activity.id AND NOT touch_number_given AND touch_number <> ranked.place
"""

# A source may hold a lead's last touch alone: its number then says how many there were.
TOUCHES = "CASE WHEN COUNT(a.id) > COALESCE(MAX(a.touch_number), 0) THEN COUNT(a.id) ELSE COALESCE(MAX(a.touch_number), 0) END"
# What the leads' touches say, read once for all that follows: when the lead booked a meeting in a call, when the touch was sent
# that the source says led to the booking, the last touch, how many there were, and whether the source left one without number.
FACTS = f"""INSERT INTO lead_facts (lead, booked, told, last, touches, unnumbered)
    SELECT s.id, MIN(CASE WHEN a.outcome = '{CallOutcome.MEETING_BOOKED}' THEN a.sent_at END),
        MIN(CASE WHEN a.led_to_booking_given THEN a.sent_at END), MAX(a.sent_at),
        {TOUCHES}, COALESCE(MAX(CASE WHEN NOT a.touch_number_given THEN 1 END), 0) = 1
    FROM lead_set s LEFT JOIN conversion_activity a ON a.lead_id = s.id AND a.state = 'sent' GROUP BY s.id"""
# Numbers that were counted may be others now.
RECOUNT = f"""UPDATE lead_facts SET touches = counted.touches
    FROM (SELECT a.lead_id, {TOUCHES} AS touches FROM conversion_activity a
          WHERE a.lead_id IN (SELECT lead FROM lead_facts WHERE unnumbered) AND a.state = 'sent' GROUP BY a.lead_id) counted
    WHERE counted.lead_id = lead_facts.lead"""
MEETINGS = f"""UPDATE lead_facts SET booked = met.moment
    FROM (SELECT lead_id, MIN(occurred_at) AS moment FROM conversion_event
          WHERE lead_id {IN_SET} AND kind = '{EventKind.MEETING_BOOKED}' GROUP BY lead_id) met
    WHERE met.lead_id = lead_facts.lead AND (booked IS NULL OR booked > met.moment)"""
BOOKED = "(SELECT lead, booked AS moment FROM lead_facts WHERE booked IS NOT NULL)"
TOLD = "(SELECT lead, told AS moment, booked AS booking FROM lead_facts WHERE told IS NOT NULL)"

# A conversion without its time (status_at is empty): the booking's, else that of the touch which led to it, else the
# last touch's, else when the lead appeared.
ASSUME = """
    UPDATE conversion_lead SET converted_at = COALESCE(booked, told, last, created_at) FROM lead_facts
    WHERE lead = conversion_lead.id AND status = 'converted' AND status_at IS NULL
        AND (converted_at IS NULL OR converted_at <> COALESCE(booked, told, last, created_at))
"""

# As the triggers do on a booking: the earliest counts, and a lead that left later stays left.
CONVERT = """
    UPDATE conversion_lead SET
        status = CASE WHEN status IN ('new', 'contacted') OR status_at IS NULL OR status_at <= booked.moment
                      THEN 'converted' ELSE status END,
        status_at = CASE WHEN status <> 'converted' AND (status_at IS NULL OR status_at <= booked.moment
                              OR status IN ('new', 'contacted'))
                         THEN booked.moment ELSE status_at END,
        converted_at = booked.moment
    FROM {bookings} booked
    WHERE booked.lead = conversion_lead.id AND (converted_at IS NULL OR converted_at > booked.moment {unless})
"""
BOOK = CONVERT.replace("{bookings}", BOOKED).replace("{unless}", "")
# The touch that led to it is no booking, so a conversion of which the source gives the time keeps it.
TELL = CONVERT.replace("{bookings}", TOLD).replace("{unless}", "AND converted_at = booked.booking")

# A lead is converted since its first booking, in whatever order the bookings became known.
SINCE = f"""
    UPDATE conversion_lead SET status_at = known.moment
    FROM (SELECT lead, moment FROM {BOOKED} booked UNION ALL SELECT lead, moment FROM {TOLD} told) known
    WHERE known.lead = conversion_lead.id AND status = 'converted' AND status_at > known.moment
        AND converted_at = known.moment
"""

# A booking does not come before the touch that led to it: sources often give the day of a conversion alone.
NOT_BEFORE = f"""
    UPDATE conversion_lead SET converted_at = told.moment FROM {TOLD} told
    WHERE told.lead = conversion_lead.id AND converted_at < told.moment
"""

ORDER = "CASE WHEN a.led_to_booking_given THEN 0 ELSE 1 END, a.sent_at DESC, a.touch_number DESC, {key} DESC"
WANTED = f"""(SELECT touch FROM (
    SELECT a.id AS touch, ROW_NUMBER() OVER (PARTITION BY a.lead_id ORDER BY {ORDER}) AS place
    FROM conversion_activity a JOIN conversion_lead l ON l.id = a.lead_id
    WHERE a.lead_id {IN_SET} AND a.state = 'sent' AND a.sent_at <= l.converted_at
        AND COALESCE(a.led_to_booking_given, {{true}})) ranked WHERE place = 1)"""
# In one pass over the touches of leads that have a mark: joined to those wanted, these would be worked out again for each mark
# where the planner thinks that there are few.
ELIGIBLE = (
    "COALESCE(a.state = 'sent' AND a.sent_at <= l.converted_at AND COALESCE(a.led_to_booking_given, {true}), {false})"
)
UNMARK = f"""UPDATE conversion_activity SET led_to_booking = {{false}}
    FROM (SELECT a.id AS touch, a.led_to_booking AS marked, {ELIGIBLE} AS eligible, ROW_NUMBER() OVER (
              PARTITION BY a.lead_id ORDER BY CASE WHEN {ELIGIBLE} THEN 0 ELSE 1 END, {ORDER}) AS place
          FROM conversion_activity a JOIN conversion_lead l ON l.id = a.lead_id
          WHERE a.lead_id IN (SELECT m.lead_id FROM conversion_activity m WHERE m.lead_id {IN_SET} AND m.led_to_booking)
         ) ranked
    WHERE ranked.touch = conversion_activity.id AND ranked.marked AND NOT (ranked.eligible AND ranked.place = 1)"""
MARK = f"""UPDATE conversion_activity SET led_to_booking = {{true}}
    WHERE id IN {WANTED} AND NOT led_to_booking"""

COUNT = """
    UPDATE conversion_lead SET touch_count = touches, last_contacted_at = last FROM lead_facts
    WHERE lead = conversion_lead.id AND (touch_count <> touches OR last_contacted_at {differs} last)
"""

WORDS = {
    "sqlite": {
        "key": "COALESCE(a.external_id, '')",
        "snapshot": "json_set(content_snapshot, '$.touch_number', ranked.place)",
        "metadata": "json_set(metadata, '$.touch_number', ranked.place)",
        "least": "MIN",
        "true": "1",
        "false": "0",
        "differs": "IS NOT",
    },
    "postgresql": {
        # By bytes, as SQLite compares, and not by the database's language.
        "key": "COALESCE(a.external_id, '') COLLATE \"C\"",
        "snapshot": "jsonb_set(content_snapshot, '{touch_number}', to_jsonb(ranked.place))",
        "metadata": "jsonb_set(metadata, '{touch_number}', to_jsonb(ranked.place))",
        "least": "LEAST",
        "true": "true",
        "false": "false",
        "differs": "IS DISTINCT FROM",
    },
}


class LeadSet:
    """Leads that are to be settled: any number of them in constant memory, since they wait in a file and not in a list."""

    def __enter__(self) -> Self:
        self._waiting = sqlite3.connect("", isolation_level=None)  # "": a temporary file of SQLite's own
        self._waiting.execute("PRAGMA journal_mode = OFF")
        self._waiting.execute("CREATE TABLE waiting (id BLOB PRIMARY KEY) WITHOUT ROWID")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.close()

    def add(self, ids: Iterable[UUID]) -> None:
        self._waiting.execute("BEGIN")  # else each row is a transaction
        self._waiting.executemany("INSERT OR IGNORE INTO waiting VALUES (?)", [(one.bytes,) for one in ids])
        self._waiting.execute("COMMIT")

    def add_from(self, query: str, parameters: Iterable[Any]) -> None:
        """The ids that a query gives; it may give one several times."""
        with connection.cursor() as cursor:
            cursor.execute(query, tuple(parameters))
            while rows := cursor.fetchmany(PAGE):
                self.add(UUID(str(row[0])) for row in rows)

    def settle(self, *further: Callable[[], None]) -> None:
        """Numbers, conversions, converting touches and counts of the leads in the set. further: called for each page of
        them, when its ids stand in the table lead_set.
        """
        last = b""
        while page := self._page_after(last):
            last = page[-1]
            self._open_page([one.hex() for one in page])
            self._run_all(FACTS)
            # Asked first: where few touches of the table are without a number, PostgreSQL would go through all of it for them.
            if self._any("SELECT 1 FROM lead_facts WHERE unnumbered"):
                self._run_all(NUMBER, RECOUNT)
            self._run_all(MEETINGS, ASSUME, BOOK, TELL, SINCE, NOT_BEFORE, UNMARK, MARK, COUNT)
            for follow in further:
                follow()

    def _page_after(self, last: bytes) -> list[bytes]:
        found = self._waiting.execute("SELECT id FROM waiting WHERE id > ? ORDER BY id LIMIT ?", (last, PAGE))
        return [row[0] for row in found]

    def _open_page(self, ids: list[str]) -> None:
        postgresql = connection.vendor == "postgresql"
        key, moment = ("uuid", "timestamptz") if postgresql else ("char(32)", "datetime")
        self._run(f"CREATE TEMP TABLE IF NOT EXISTS lead_set (id {key} PRIMARY KEY)")
        self._run(
            f"CREATE TEMP TABLE IF NOT EXISTS lead_facts (lead {key} PRIMARY KEY, "
            f"booked {moment}, told {moment}, last {moment}, touches integer, unnumbered boolean)"
        )
        if postgresql:
            self._run("TRUNCATE lead_set, lead_facts")
            self._run("INSERT INTO lead_set (id) SELECT unnest(%s::uuid[])", [f"{{{','.join(ids)}}}"])
            self._run("ANALYZE lead_set")
            return
        self._run("DELETE FROM lead_facts")
        self._run("DELETE FROM lead_set")
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO lead_set (id) VALUES (%s)", [(one,) for one in ids])

    def _run_all(self, *statements: str) -> None:
        words = {**WORDS[connection.vendor], "in_set": IN_SET, "largest": LARGEST_TOUCH}
        for statement in statements:
            self._run(statement.format(**words))

    @staticmethod
    def _any(query: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT EXISTS ({query})")
            return bool(cursor.fetchone()[0])

    @staticmethod
    def _run(statement: str, parameters: Iterable[Any] = ()) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, tuple(parameters))
