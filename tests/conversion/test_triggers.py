"""The converting touch follows the conversion, whoever changes it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils.timezone import now

from conversion.models import Activity, Lead
from tests.factories import MONDAY, event, lead, touch

pytestmark = pytest.mark.django_db


def converting(of):
    return [row.touch_number for row in Activity.objects.filter(lead=of, led_to_booking=True)]


@pytest.fixture
def touched(customer):
    """A lead with touches on days 0, 2 and 5, and one that is only planned."""
    person = lead(customer, external_id="1")
    for number, day in enumerate((0, 2, 5), start=1):
        touch(person, days=day, touch_number=number)
    touch(person, state="planned", touch_number=4)
    return person


def by_save(person, moment):
    person.status, person.status_at = "converted", moment
    person.save()


def by_bulk_update(person, moment):
    Lead.objects.for_client(person.client).update(status="converted", status_at=moment)


def by_raw_sql(person, moment):
    with connection.cursor() as cursor:
        identity = person.id if connection.vendor == "postgresql" else person.id.hex
        stamp = moment if connection.vendor == "postgresql" else f"{moment:%Y-%m-%d %H:%M:%S}"
        cursor.execute(
            "UPDATE conversion_lead SET status = 'converted', status_at = %s WHERE id = %s", [stamp, identity]
        )


@pytest.mark.parametrize("change", [by_save, by_bulk_update, by_raw_sql])
def test_the_last_touch_before_the_conversion_is_marked(touched, change):
    change(touched, MONDAY + timedelta(days=3))
    touched.refresh_from_db()
    assert converting(touched) == [2]
    assert touched.converted_at == MONDAY + timedelta(days=3)


def test_a_status_changed_without_its_time_converts_now(touched):
    before = now() - timedelta(seconds=1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE conversion_lead SET status = 'converted'")
    touched.refresh_from_db()
    assert before <= touched.converted_at <= now() + timedelta(seconds=1)
    assert touched.status_at == touched.converted_at
    assert converting(touched) == [3]


def test_a_conversion_before_the_first_touch_marks_nothing(touched):
    by_save(touched, MONDAY - timedelta(days=1))
    assert converting(touched) == []


def test_a_touch_at_the_very_moment_counts(touched):
    by_save(touched, MONDAY + timedelta(days=5))
    assert converting(touched) == [3]


def test_a_booked_meeting_converts_the_lead(touched):
    event(touched, "meeting_booked", days=4)
    touched.refresh_from_db()
    assert (touched.status, touched.converted_at) == ("converted", MONDAY + timedelta(days=4))
    assert converting(touched) == [2]


def test_the_earliest_booking_counts(touched):
    event(touched, "meeting_booked", days=6)
    assert converting(touched) == [3]
    event(touched, "meeting_booked", days=1)
    event(touched, "meeting_booked", days=9)
    touched.refresh_from_db()
    assert touched.converted_at == MONDAY + timedelta(days=1)
    assert converting(touched) == [1]


def test_a_call_that_books_is_the_converting_touch(touched):
    touch(touched, days=7, channel="voice", outcome="meeting_booked", touch_number=5)
    touched.refresh_from_db()
    assert (touched.status, touched.converted_at) == ("converted", MONDAY + timedelta(days=7))
    assert converting(touched) == [5]


def test_a_call_completed_later_by_bulk_update_converts(touched):
    call = touch(touched, days=7, channel="voice", state="dispatching", touch_number=5)
    Activity.objects.for_client(touched.client).filter(pk=call.pk).update(
        state="sent", sent_at=MONDAY + timedelta(days=7), outcome="meeting_booked"
    )
    assert converting(touched) == [5]


def test_a_late_confirmation_of_an_earlier_send_moves_the_mark(touched):
    late = touch(touched, state="unknown", touch_number=5)
    by_save(touched, MONDAY + timedelta(days=4))
    assert converting(touched) == [2]
    Activity.objects.for_client(touched.client).filter(pk=late.pk).update(
        state="sent", sent_at=MONDAY + timedelta(days=3)
    )
    assert converting(touched) == [5]


def test_leaving_after_a_booking_keeps_the_booking(touched):
    by_save(touched, MONDAY + timedelta(days=3))
    Lead.objects.for_client(touched.client).update(status="unsubscribed", status_at=MONDAY + timedelta(days=8))
    touched.refresh_from_db()
    assert touched.converted_at == MONDAY + timedelta(days=3)
    assert converting(touched) == [2]


def test_a_booking_told_late_does_not_bring_back_who_left(touched):
    Lead.objects.for_client(touched.client).update(status="unsubscribed", status_at=MONDAY + timedelta(days=8))
    event(touched, "meeting_booked", days=3)
    touched.refresh_from_db()
    assert (touched.status, touched.converted_at) == ("unsubscribed", MONDAY + timedelta(days=3))
    assert converting(touched) == [2]


def test_taking_a_conversion_back_takes_the_mark_back(touched):
    by_save(touched, MONDAY + timedelta(days=3))
    Lead.objects.for_client(touched.client).update(status="contacted", converted_at=None)
    assert converting(touched) == []


def test_a_lead_born_converted_knows_when(customer):
    born = lead(customer, status="converted", status_at=MONDAY)
    born.refresh_from_db()
    assert born.converted_at == MONDAY


def test_other_leads_stay_as_they_are(touched, make_client):
    twin = lead(make_client("Twin"), external_id="1")
    touch(twin)
    by_save(touched, MONDAY + timedelta(days=3))
    assert converting(twin) == []


def test_the_database_refuses_a_second_converting_touch(touched):
    by_save(touched, MONDAY + timedelta(days=3))
    with pytest.raises(IntegrityError), transaction.atomic():
        Activity.objects.filter(lead=touched).update(led_to_booking=True)


@pytest.mark.parametrize(("given", "marked"), [({1: True}, [1]), ({2: False}, [1]), ({2: False, 1: False}, [])])
def test_what_a_source_says_of_a_touch_goes_first(touched, given, marked):
    for number, led in given.items():
        Activity.objects.filter(lead=touched, touch_number=number).update(led_to_booking_given=led)
    by_save(touched, MONDAY + timedelta(days=3))
    assert converting(touched) == marked
