"""Rows to import: believable, reserved for fiction, in order, and saying exactly what the frame says."""

import csv
from collections import Counter
from datetime import datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import numpy as np
import phonenumbers
import pytest

from conversion.snapshots import capture
from conversion.vocabulary import CHANNELS, CallOutcome, Channel, EventKind, LeadStatus, MessageType
from patterns.simulator.leads import ZONES
from patterns.simulator.rows import person_row
from tests.patterns.simulator.worlds import AS_OF, made


@pytest.fixture(scope="module")
def past():
    return made("all", leads=1_500, seed=2)


@pytest.fixture(scope="module")
def leads(past):
    return {row["external_id"]: row for row in past.lead_rows()}


@pytest.fixture(scope="module")
def activities(past):
    return list(past.activity_rows())


@pytest.fixture(scope="module")
def events(past):
    return list(past.event_rows())


def moment(text):
    at = datetime.fromisoformat(text)
    assert at.utcoffset() is not None
    return at


def read(folder, name):
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_people_can_be_reached_nowhere(leads):
    for row in leads.values():
        assert row["email"].split("@")[1].endswith("example.com")
        number = phonenumbers.parse(row["phone"])
        assert phonenumbers.is_possible_number(number)
        assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == row["phone"]
        national = str(number.national_number)
        fictional = {
            61: national[1:5] in {"5550", "7010"},
            44: national[-7:-3] in {"4960", "9460"},
            1: national[3:8] == "55501",
            49: national[:7] == "3023125",
        }
        assert fictional[number.country_code]
    assert len({row["email"] for row in leads.values()}) == 1_500


def test_people_live_in_several_countries(leads):
    assert {row["timezone"] for row in leads.values()} == set(ZONES)
    counts = Counter(row["country"] for row in leads.values())
    assert set(counts) == {"Australia", "United Kingdom", "United States", "Canada", "Germany"}
    assert 0.45 < counts["Australia"] / 1_500 < 0.55
    assert all(row["company_name"].count(" ") == 1 and row["first_name"].isalpha() for row in leads.values())


def test_unknown_values_are_blank(leads):
    for column in ("title", "employee_count", "is_new_role", "is_hiring", "recently_funded"):
        blank = sum(row[column] == "" for row in leads.values())
        assert 0.005 < blank / 1_500 < 0.04


def test_a_person_is_described_before_anything_happened(past):
    row = person_row(past.people, 4, prefix="new")
    assert row["external_id"] == "new-5"
    assert "status" not in row
    assert row["email"].startswith(f"{row['first_name']}.{row['last_name']}5@".lower())


def test_status_and_its_time_agree_with_the_frame(past, leads):
    frame = past.frame().leads
    for position, row in enumerate(leads.values()):
        since = moment(row["status_at"]).timestamp()
        if row["status"] == LeadStatus.CONVERTED:
            assert since == frame.converted_at[position]
        elif row["status"] in {LeadStatus.UNSUBSCRIBED, LeadStatus.BOUNCED}:
            assert since == frame.left_at[position]
            assert (row["is_unsubscribed"] == "true") == (row["status"] == LeadStatus.UNSUBSCRIBED)
            assert (row["has_bounced"] == "true") == (row["status"] == LeadStatus.BOUNCED)
        else:
            assert row["status"] == LeadStatus.CONTACTED
            assert np.isnan(frame.converted_at[position])
            assert np.isnan(frame.left_at[position])
    counts = Counter(row["status"] for row in leads.values())
    assert set(counts) == {"converted", "contacted", "unsubscribed", "bounced"}


def test_what_is_read_from_the_texts_is_what_was_planted(past, leads, activities):
    touches = past.frame().touches
    assert len(activities) == len(touches)
    for position, row in enumerate(activities):
        lead = SimpleNamespace(**leads[row["lead_external_id"]])
        snapshot, found = capture(
            row.get("body"),
            lead,
            row.get("subject"),
            int(row["touch_number"]),
            row["sequence_id"],
            row["channel"],
            sent_at=moment(row["occurred_at"]),
            lead_timezone=lead.timezone,
            template_id=row["template_id"],
            message_type=row.get("message_type"),
            connection_note=row.get("connection_note"),
            script_content=row.get("script_content"),
        )
        for name in ("pain_points", "cta", "angles", "subjects", "personalization", "words", "chars"):
            assert getattr(found, name) == getattr(touches, name)[position], (name, row)
        assert snapshot["local_day_of_week"] == touches.day[position]
        assert snapshot["local_hour"] == touches.hour[position]


def test_calls_and_linkedin_have_their_own_columns(activities):
    by_channel = {channel: [row for row in activities if row["channel"] == channel] for channel in CHANNELS}
    assert all(row["outcome"] in set(CallOutcome) and row["script_content"] for row in by_channel[Channel.VOICE])
    booked = [row for row in by_channel[Channel.VOICE] if row["outcome"] == CallOutcome.MEETING_BOOKED]
    assert booked
    assert all(int(row["duration_seconds"]) >= 30 for row in booked)
    kinds = Counter(row["message_type"] for row in by_channel[Channel.LINKEDIN])
    assert set(kinds) == set(MessageType)
    notes = [row["connection_note"] for row in by_channel[Channel.LINKEDIN] if "connection_note" in row]
    assert max(map(len, notes)) <= 300
    assert all(row["subject"] for row in by_channel[Channel.EMAIL])


def test_files_hold_the_same_facts_as_the_frame(past, tmp_path):
    """The frame's counts, from the files alone: a booking is its lead's last touch at or before the conversion."""
    counts = past.write(tmp_path / "out")
    leads, activities, events = (read(tmp_path / "out", f"{name}.csv") for name in ("leads", "activities", "events"))
    assert counts == {"leads.csv": len(leads), "activities.csv": len(activities), "events.csv": len(events)}
    converted = {row["external_id"]: moment(row["status_at"]) for row in leads if row["status"] == "converted"}
    sent = {}
    for row in activities:
        sent.setdefault(row["lead_external_id"], []).append((moment(row["occurred_at"]), row))
    booked = [max(pair for pair in sent[lead] if pair[0] <= at)[1] for lead, at in converted.items()]
    answered = {row["activity_external_id"] for row in events if row["kind"] == EventKind.REPLIED}
    liked = {row["activity_external_id"] for row in events if row["kind"] == EventKind.POSITIVE_REPLY}

    touches, people = past.frame().touches, past.frame().leads
    names = {"channel": [CHANNELS[code] for code in touches.channel], "touch_number": [str(n) for n in touches.touch]}
    for column, values in names.items():
        assert Counter(row[column] for row in activities) == Counter(values)
        ours = Counter(value for value, hit in zip(values, touches.booked, strict=True) if hit)
        assert Counter(row[column] for row in booked) == ours
    assert len(answered) == touches.replied.sum()
    assert len(liked) == touches.positive.sum()
    assert len({row["campaign"] for row in activities}) == len(np.unique(touches.campaign)) == 3
    assert len({row["template_id"] for row in activities}) == len(np.unique(touches.template))
    shared = Counter(row["sequence_id"] for row in activities if row["sequence_id"].startswith("plan"))
    assert sorted(shared.values()) == sorted(np.unique(touches.plan[touches.plan > 0], return_counts=True)[1].tolist())
    titles = Counter(row["title"] for row in leads if row["title"])
    assert titles == Counter(people.title.labels[code] for code in people.title.codes if code >= 0)
    assert sum(int(row["als_authority"]) for row in leads) == round(25 * people.components[:, 1].sum())


def test_times_are_in_order_and_carry_the_offset_of_the_lead(leads, activities, events):
    first = {}
    for row in activities:
        at = moment(row["occurred_at"])
        zone = ZoneInfo(leads[row["lead_external_id"]]["timezone"])
        assert at.utcoffset() == at.astimezone(zone).utcoffset()
        first.setdefault(row["lead_external_id"], at)
    for lead, at in first.items():
        created = moment(leads[lead]["created_at"])
        assert at - timedelta(days=20, hours=1) < created <= at
    sent = {row["external_id"]: moment(row["occurred_at"]) for row in activities}
    for row in events:
        assert sent[row["activity_external_id"]] <= moment(row["occurred_at"]) <= AS_OF


def test_events_are_of_every_kind_but_complaints(past, leads, events):
    kinds = Counter(row["kind"] for row in events)
    assert set(kinds) == set(EventKind) - {EventKind.COMPLAINED}
    statuses = Counter(row["status"] for row in leads.values())
    assert kinds[EventKind.MEETING_BOOKED] == statuses["converted"]
    assert kinds[EventKind.UNSUBSCRIBED] == statuses["unsubscribed"]
    assert kinds[EventKind.BOUNCED] == statuses["bounced"]
    mails = (past.sent & (past.sends.channel == CHANNELS.index(Channel.EMAIL))).sum()
    assert mails - kinds[EventKind.BOUNCED] - 3 <= kinds[EventKind.DELIVERED] <= mails - kinds[EventKind.BOUNCED]
    assert len({row["external_id"] for row in events}) == len(events)


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        made.__wrapped__("how", leads=300, seed=9).write(tmp_path / name)
    for file in ("leads.csv", "activities.csv", "events.csv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
