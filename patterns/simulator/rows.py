"""Simulated leads as rows of the interchange format (docs/import.md), every value a text."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from conversion.vocabulary import EXITS, LeadStatus
from patterns.detectors.frame import DAY
from patterns.simulator import names
from patterns.simulator.history import History
from patterns.simulator.leads import (
    CONTACT_NAMES,
    COUNTRIES,
    INDUSTRY_NAMES,
    SIGNAL_COLUMNS,
    TITLE_NAMES,
    ZONES,
    People,
)
from patterns.simulator.scoring import PARTS

Row = dict[str, str]

CREATED_BEFORE = 20 * DAY  # a lead appears at most so long before the first touch
ZONE_INFO = tuple(ZoneInfo(zone) for zone in ZONES)


def person_row(people: People, lead: int, prefix: str = "lead") -> Row:
    """What is known of a lead before anything was sent to it; its key is `prefix` and its number, from 1."""
    first, last = people.name(lead)
    title, employees, zone = int(people.title[lead]), int(people.employees[lead]), int(people.zone[lead])
    contacts = dict(zip(CONTACT_NAMES, people.contacts[lead].tolist(), strict=True))
    signals = people.signals[lead].tolist()
    company = people.company(lead)
    domain = names.MAIL_DOMAIN if contacts["is_personal_email"] else f"{company.replace(' ', '-')}.{names.DOMAIN}"
    return {
        "external_id": f"{prefix}-{lead + 1}",
        "email": f"{first}.{last}{lead + 1}@{domain}".lower(),
        "phone": names.PHONES[COUNTRIES[zone]].number(lead),
        "first_name": first,
        "last_name": last,
        "title": TITLE_NAMES[title] if title >= 0 else "",
        "company_name": company,
        "industry": INDUSTRY_NAMES[int(people.industry[lead])],
        "country": COUNTRIES[zone],
        "timezone": ZONES[zone],
        "linkedin_url": f"https://www.linkedin.com/in/{first}-{last}-{lead + 1}".lower() * contacts["has_linkedin"],
        "employee_count": str(employees) if employees >= 0 else "",
        "email_verified": yes_no(contacts["email_verified"]),
        "phone_verified": yes_no(contacts["phone_verified"]),
        "is_personal_email": yes_no(contacts["is_personal_email"]),
        **{name: yes_no(value) for name, value in zip(SIGNAL_COLUMNS, signals, strict=True)},
        "is_competitor": yes_no(bool(people.competitor[lead])),
    }


def lead_rows(history: History) -> Iterator[Row]:
    """The rows of leads.csv: the people, what became of them up to `as_of`, and the points that they were scored with."""
    people = history.people
    first = history.sends.sent_at[:, 0]
    created = first - np.random.default_rng((history.detail, 0)).random(len(people)) * CREATED_BEFORE
    components = [f"als_{part}" for part in PARTS]
    for lead in range(len(people)):
        status, since = status_of(history, lead)
        zone = int(people.zone[lead])
        yield {
            **person_row(people, lead),
            "has_bounced": yes_no(status == LeadStatus.BOUNCED),
            "is_unsubscribed": yes_no(status == LeadStatus.UNSUBSCRIBED),
            "do_not_contact": "false",
            "status": str(status),
            "created_at": iso(created[lead], zone),
            "status_at": iso(since, zone),
            **{name: str(value) for name, value in zip(components, people.points[lead].tolist(), strict=True)},
        }


def status_of(history: History, lead: int) -> tuple[LeadStatus, float]:
    """The lead's status at `as_of`, and since when, in seconds."""
    if not np.isnan(history.converted_at[lead]):
        return LeadStatus.CONVERTED, float(history.converted_at[lead])
    if not np.isnan(history.left_at[lead]):
        return EXITS[int(history.outcome.exit[lead])], float(history.left_at[lead])
    return LeadStatus.CONTACTED, float(history.sends.sent_at[lead, 0])


def iso(seconds: float, zone: int) -> str:
    """ISO 8601 with the offset of the zone at that moment."""
    return datetime.fromtimestamp(int(seconds), ZONE_INFO[zone]).isoformat()


def yes_no(value: int) -> str:
    """`true`, `false`, or blank for -1, unknown."""
    return {1: "true", 0: "false"}.get(value, "")
