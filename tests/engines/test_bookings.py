from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from conversion.models import Sender
from engines.bookings import booked, booked_on
from engines.senders import desk
from tests.factories import lead as make_lead
from tests.factories import touch

SYDNEY = ZoneInfo("Australia/Sydney")
MONDAY = datetime(2026, 3, 2, 8, tzinfo=SYDNEY)


@pytest.fixture
def customer(make_client):
    return make_client(timezone="Australia/Sydney")


@pytest.fixture
def mailbox(customer):
    return Sender.objects.create(client=customer, channel="email", address="a@acme.example", daily_cap=9)


def counts(found):
    return found.seats.of["email"][0].booked


def planned(lead, sender, moment):
    return touch(lead, state="planned", sender=sender, scheduled_at=moment)


def test_all_from_today_on(customer, mailbox):
    lead = make_lead(customer)
    for day, hour in ((1, 23), (2, 0), (2, 23), (3, 0), (40, 10)):
        planned(lead, mailbox, datetime(2026, 3, 1, hour, tzinfo=SYDNEY) + timedelta(days=day - 1))
    touch(lead, sender=mailbox, sent_at=MONDAY - timedelta(hours=9))
    touch(lead, sender=mailbox, sent_at=MONDAY - timedelta(hours=1))
    seats = desk(customer, lock=False).seats
    assert counts(booked(seats, MONDAY)) == {date(2026, 3, 2): 3, date(2026, 3, 3): 1, date(2026, 4, 9): 1}


def test_of_some_days_only(customer, mailbox):
    lead = make_lead(customer)
    for day in (2, 3, 3, 4):
        planned(lead, mailbox, datetime(2026, 3, day, 10, tzinfo=SYDNEY))
    touch(lead, sender=mailbox, sent_at=MONDAY)
    seats = desk(customer, lock=False).seats
    places = [(mailbox.pk, datetime(2026, 3, day, 23, tzinfo=SYDNEY)) for day in (2, 3)]
    assert counts(booked_on(seats, places, MONDAY, lead)) == {date(2026, 3, 2): 2, date(2026, 3, 3): 2}


def test_the_last_moment_of_a_day_belongs_to_it(customer, mailbox):
    last = datetime(2026, 3, 3, 23, 59, 59, 999_999, tzinfo=SYDNEY)
    lead = make_lead(customer)
    planned(lead, mailbox, last)
    seats = desk(customer, lock=False).seats
    assert counts(booked(seats, MONDAY)) == {date(2026, 3, 3): 1}
    assert counts(booked_on(seats, [(mailbox.pk, last)], MONDAY, lead)) == {date(2026, 3, 3): 1}


def test_days_of_a_clock_change_have_23_and_25_hours(customer, mailbox):
    lead = make_lead(customer)
    for moment in (datetime(2026, 4, 4, 13, tzinfo=UTC), datetime(2026, 4, 5, 13, 59, tzinfo=UTC)):
        planned(lead, mailbox, moment)  # Sunday 5 April in Sydney, from 0:00 at +11 to 23:59 at +10
    assert counts(booked(desk(customer, lock=False).seats, MONDAY)) == {date(2026, 4, 5): 2}


@pytest.mark.parametrize(
    ("state", "is_planned"), [("planned", True), ("held", True), ("cancelled", False), ("failed", False)]
)
def test_whether_the_lead_is_on_a_plan(customer, state, is_planned):
    lead, other = make_lead(customer), make_lead(customer)
    sequence = customer.sequences.create(lead=lead, channels=["email"])
    touch(lead, state=state, sequence=sequence, scheduled_at=MONDAY)
    touch(other, state="planned", scheduled_at=MONDAY)  # of no sequence
    seats = desk(customer, lock=False).seats
    assert booked_on(seats, [], MONDAY, lead).is_planned is is_planned
    assert booked_on(seats, [], MONDAY, other).is_planned is False
