"""The converting touch, kept by the database itself, whatever changes a lead: the ORM, a bulk update or raw SQL.

A lead becomes `converted`, or a meeting is booked (an event, or a call whose outcome is a booked meeting): then
`converted_at` is the earliest such moment, and the lead's last sent touch at or before it has `led_to_booking`.
The triggers are installed anew after every migration, because SQLite drops them where a migration rebuilds a table.
Work is done only where a status, an outcome or the moment changes; other updates cost one comparison a row.

On PostgreSQL a trigger also makes whoever writes an entry of the suppression list pass a gate first: a table without rows or
columns, locked ROW EXCLUSIVE by writers, who do not hinder each other, and SHARE by a send that is about to be committed
(`engines.outbox.dispatching`). The list itself could not be the gate: its own upkeep (VACUUM, ANALYZE) takes locks that SHARE
excludes, and would stop all sends for as long as it takes. Taking entries away passes it as well: an erasure begins with that,
and locks in the order of a send.
"""

from typing import Any

from django.db import connections

GATE = "conversion_suppression_gate"

# A meeting that was booked: the earliest moment counts, and a lead that left later stays left.
BOOK = """
    UPDATE conversion_lead SET
        status = CASE WHEN status IN ('new', 'contacted') OR status_at IS NULL OR status_at <= {moment}
                      THEN 'converted' ELSE status END,
        status_at = CASE WHEN status = 'converted' OR status_at IS NULL OR status_at <= {moment}
                         THEN {moment} ELSE status_at END,
        converted_at = {moment}
    WHERE id = NEW.lead_id AND (converted_at IS NULL OR converted_at > {moment});
"""

# The mark moves to the touch that the source names, else to the last one sent up to the moment that the source does not
# rule out. Ties go to the higher touch number.
MARK = """
    UPDATE conversion_activity SET led_to_booking = {false} WHERE lead_id = {lead} AND led_to_booking;
    UPDATE conversion_activity SET led_to_booking = {true} WHERE id = (
        SELECT touch.id FROM conversion_activity touch JOIN conversion_lead lead ON lead.id = touch.lead_id
        WHERE touch.lead_id = {lead} AND touch.state = 'sent' AND touch.sent_at <= lead.converted_at
            AND COALESCE(touch.led_to_booking_given, {true})
        ORDER BY CASE WHEN touch.led_to_booking_given THEN 0 ELSE 1 END, touch.sent_at DESC, touch.touch_number DESC,
            COALESCE(touch.external_id, '') DESC LIMIT 1);
"""

IS_BOOKED_CALL = "NEW.state = 'sent' AND NEW.outcome = 'meeting_booked'"

POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION conversion_lead_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.status_at IS NOT DISTINCT FROM OLD.status_at THEN
        NEW.status_at := COALESCE(NEW.converted_at, now());
    END IF;
    IF NEW.status = 'converted' AND NEW.converted_at IS NULL THEN
        NEW.status_at := COALESCE(NEW.status_at, now());
        NEW.converted_at := NEW.status_at;
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION conversion_lead_mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {MARK.format(lead="NEW.id", true="true", false="false")} RETURN NULL; END $$;
CREATE OR REPLACE FUNCTION conversion_touch_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM conversion_lead WHERE id = NEW.lead_id AND converted_at >= NEW.sent_at) THEN
        {MARK.format(lead="NEW.lead_id", true="true", false="false")}
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION conversion_call_booked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {BOOK.format(moment="NEW.sent_at")} RETURN NULL; END $$;
CREATE OR REPLACE FUNCTION conversion_meeting_booked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {BOOK.format(moment="NEW.occurred_at")} RETURN NULL; END $$;

CREATE TABLE IF NOT EXISTS {GATE} ();
CREATE OR REPLACE FUNCTION conversion_suppression_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN LOCK TABLE {GATE} IN ROW EXCLUSIVE MODE; RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER conversion_suppression_1_gate BEFORE INSERT OR UPDATE OR DELETE ON conversion_suppression
    FOR EACH STATEMENT EXECUTE FUNCTION conversion_suppression_written();

CREATE OR REPLACE TRIGGER conversion_lead_1_status BEFORE UPDATE OF status ON conversion_lead
    FOR EACH ROW WHEN (NEW.status <> OLD.status) EXECUTE FUNCTION conversion_lead_status();
CREATE OR REPLACE TRIGGER conversion_lead_1_born BEFORE INSERT ON conversion_lead
    FOR EACH ROW WHEN (NEW.status = 'converted' AND NEW.converted_at IS NULL) EXECUTE FUNCTION conversion_lead_status();
CREATE OR REPLACE TRIGGER conversion_lead_2_mark AFTER UPDATE ON conversion_lead
    FOR EACH ROW WHEN (NEW.converted_at IS DISTINCT FROM OLD.converted_at) EXECUTE FUNCTION conversion_lead_mark();
CREATE OR REPLACE TRIGGER conversion_activity_1_sent AFTER UPDATE OF state, sent_at ON conversion_activity
    FOR EACH ROW WHEN (NEW.state = 'sent' AND (NEW.state <> OLD.state OR NEW.sent_at IS DISTINCT FROM OLD.sent_at))
    EXECUTE FUNCTION conversion_touch_sent();
CREATE OR REPLACE TRIGGER conversion_activity_2_call AFTER INSERT OR UPDATE OF state, outcome ON conversion_activity
    FOR EACH ROW WHEN ({IS_BOOKED_CALL}) EXECUTE FUNCTION conversion_call_booked();
CREATE OR REPLACE TRIGGER conversion_event_booked AFTER INSERT ON conversion_event
    FOR EACH ROW WHEN (NEW.kind = 'meeting_booked') EXECUTE FUNCTION conversion_meeting_booked();
"""

SQLITE_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
SQLITE_TRIGGERS = {
    "conversion_lead_1_status": f"""AFTER UPDATE OF status ON conversion_lead WHEN NEW.status <> OLD.status BEGIN
        UPDATE conversion_lead SET status_at = COALESCE(converted_at, {SQLITE_NOW})
            WHERE id = NEW.id AND NEW.status_at IS OLD.status_at;
        UPDATE conversion_lead SET converted_at = status_at
            WHERE id = NEW.id AND status = 'converted' AND converted_at IS NULL;
    END""",
    "conversion_lead_1_born": f"""AFTER INSERT ON conversion_lead
    WHEN NEW.status = 'converted' AND NEW.converted_at IS NULL BEGIN
        UPDATE conversion_lead SET status_at = COALESCE(status_at, {SQLITE_NOW}),
            converted_at = COALESCE(status_at, {SQLITE_NOW}) WHERE id = NEW.id;
    END""",
    "conversion_lead_2_mark": f"""AFTER UPDATE OF converted_at ON conversion_lead
    WHEN NEW.converted_at IS NOT OLD.converted_at BEGIN {MARK.format(lead="NEW.id", true=1, false=0)} END""",
    "conversion_activity_1_sent": f"""AFTER UPDATE OF state, sent_at ON conversion_activity
    WHEN NEW.state = 'sent' AND (NEW.state <> OLD.state OR NEW.sent_at IS NOT OLD.sent_at)
        AND EXISTS (SELECT 1 FROM conversion_lead WHERE id = NEW.lead_id AND converted_at >= NEW.sent_at)
    BEGIN {MARK.format(lead="NEW.lead_id", true=1, false=0)} END""",
    "conversion_activity_2_call": f"""AFTER INSERT ON conversion_activity WHEN {IS_BOOKED_CALL}
    BEGIN {BOOK.format(moment="NEW.sent_at")} END""",
    "conversion_activity_3_call": f"""AFTER UPDATE OF state, outcome ON conversion_activity WHEN {IS_BOOKED_CALL}
    BEGIN {BOOK.format(moment="NEW.sent_at")} END""",
    "conversion_event_booked": f"""AFTER INSERT ON conversion_event WHEN NEW.kind = 'meeting_booked'
    BEGIN {BOOK.format(moment="NEW.occurred_at")} END""",
}


def remove(using: str = "default", **_: Any) -> None:
    """SQLite renames no table while triggers name one that is gone, and a migration that changes a table makes it anew.
    Connected to `pre_migrate`; they come back after the migration.
    """
    connection = connections[using]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")


def install(using: str = "default", **_: Any) -> None:
    """Create the triggers, or replace them by their present definition. Connected to `post_migrate`."""
    connection = connections[using]
    if "conversion_event" not in connection.introspection.table_names():
        return  # migrated back to nothing
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL)
            return
        for name, definition in SQLITE_TRIGGERS.items():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute(f"CREATE TRIGGER {name} {definition}")
