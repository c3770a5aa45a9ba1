"""The columns of the three files: what each holds, and which must be there (docs/import.md)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

from conversion.importer.values import (
    LARGEST,
    Clock,
    Parser,
    email,
    flag,
    key,
    long_text,
    text,
    whole,
    word,
    zone,
)
from conversion.vocabulary import CallOutcome, Channel, EventKind, LeadStatus, MessageType

FLAGS = (
    "email_verified",
    "phone_verified",
    "is_personal_email",
    "is_new_role",
    "is_hiring",
    "recently_funded",
    "has_bounced",
    "is_unsubscribed",
    "is_competitor",
    "do_not_contact",
)
# Flags that protect a person: an import sets them and never clears them.
PROTECTING = ("has_bounced", "is_unsubscribed", "do_not_contact")
POINTS = {
    "als_data_quality": 20,
    "als_authority": 25,
    "als_company_fit": 25,
    "als_timing": 15,
    "als_risk": 15,
}
LARGEST_TOUCH = 32_767  # of a smallint column


class Kind(StrEnum):
    """The files, in the order in which they are stored: touches need their leads, events their touches."""

    LEADS = "leads"
    ACTIVITIES = "activities"
    EVENTS = "events"


REQUIRED: Mapping[Kind, tuple[str, ...]] = {
    Kind.LEADS: ("external_id",),
    Kind.ACTIVITIES: ("lead_external_id", "channel", "occurred_at"),
    Kind.EVENTS: ("lead_external_id", "kind", "occurred_at"),
}


def parsers(kind: Kind, clock: Clock) -> dict[str, Parser]:
    """The parser of each column, in the order in which a row is hashed."""
    return {Kind.LEADS: _lead, Kind.ACTIVITIES: _activity, Kind.EVENTS: _event}[kind](clock)


def _lead(clock: Clock) -> dict[str, Parser]:
    line = text(255)
    return {
        "external_id": key,
        "email": email,
        "phone": text(64),
        "first_name": line,
        "last_name": line,
        "title": line,
        "company_name": line,
        "industry": line,
        "country": line,
        "linkedin_url": text(500),
        "timezone": zone,
        "employee_count": whole(1, LARGEST),
        **dict.fromkeys(FLAGS, flag),
        "status": word(LeadStatus),
        "created_at": clock.moment,
        "status_at": clock.end,
        **{name: whole(0, most) for name, most in POINTS.items()},
    }


def _activity(clock: Clock) -> dict[str, Parser]:
    line = text(255)
    return {
        "external_id": key,
        "lead_external_id": key,
        "channel": word(Channel),
        "occurred_at": clock.moment,
        "touch_number": whole(1, LARGEST_TOUCH),
        "sequence_id": line,
        "template_id": line,
        "campaign": line,
        "subject": text(LARGEST),
        "body": long_text,
        "connection_note": long_text,
        "script_id": line,
        "script_content": long_text,
        "notes": long_text,
        "message_type": word(MessageType),
        "outcome": word(CallOutcome),
        "duration_seconds": whole(0, LARGEST),
        "led_to_booking": flag,
    }


def _event(clock: Clock) -> dict[str, Parser]:
    return {
        "external_id": key,
        "lead_external_id": key,
        "activity_external_id": key,
        "kind": word(EventKind),
        "occurred_at": clock.moment,
        "body": long_text,
    }


_NAMES_ONLY = Clock(zone=None, formats=(), latest=datetime.max.replace(tzinfo=UTC))  # no cell is read with it
COLUMNS: Mapping[Kind, tuple[str, ...]] = {kind: tuple(parsers(kind, _NAMES_ONLY)) for kind in Kind}
