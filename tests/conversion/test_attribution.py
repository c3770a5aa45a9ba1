"""Leads settled together, as a function of their rows."""

from contextlib import suppress
from datetime import timedelta

import pytest

from conversion.attribution import LeadSet
from conversion.models import Activity, Lead
from tests.factories import MONDAY, event, lead, touch

pytestmark = pytest.mark.django_db


def settle(*leads):
    with LeadSet() as chosen:
        chosen.add([one.pk for one in leads])
        chosen.add([one.pk for one in leads])
        chosen.settle()


def touches(of, *names):
    rows = Activity.objects.for_client(of.client).filter(lead=of).order_by("sent_at", "external_id")
    return list(rows.values_list(*names, flat=len(names) == 1))


def test_only_touches_without_a_number_are_numbered(customer):
    person = lead(customer, external_id="1")
    for key, days, number, given in (("a", 5, 1, False), ("b", 2, 9, True), ("c", 2, 1, False), ("d", 1, 1, False)):
        touch(
            person,
            external_id=key,
            days=days,
            touch_number=number,
            touch_number_given=given,
            content_snapshot={"touch_number": 1, "body": "x"},
        )
    touch(person, state="planned", touch_number=1, touch_number_given=False)
    settle(person)
    found = dict(Activity.objects.for_client(customer).filter(state="sent").values_list("external_id", "touch_number"))
    assert found == {"d": 1, "b": 9, "c": 3, "a": 4}
    snapshot = Activity.objects.for_client(customer).get(external_id="a")
    assert (snapshot.content_snapshot, snapshot.metadata) == ({"touch_number": 4, "body": "x"}, {"touch_number": 4})


def test_numbers_stay_within_their_column(customer, monkeypatch):
    monkeypatch.setattr("conversion.attribution.LARGEST_TOUCH", 2)
    person = lead(customer)
    for day in range(4):
        touch(person, days=day, touch_number_given=False)
    settle(person)
    assert touches(person, "touch_number") == [1, 2, 2, 2]


def test_touches_are_counted_or_told_by_the_highest_number(customer):
    few, last, none = (lead(customer, external_id=key) for key in "123")
    touch(few, days=1, touch_number=1)
    touch(few, days=3, touch_number=1, channel="sms")
    touch(last, days=2, touch_number=6)
    touch(none, state="planned", touch_number=4)
    Lead.objects.for_client(customer).filter(pk=none.pk).update(touch_count=3, last_contacted_at=MONDAY)
    settle(few, last, none)
    found = Lead.objects.for_client(customer).order_by("external_id").values_list("touch_count", "last_contacted_at")
    assert list(found) == [(2, MONDAY + timedelta(days=3)), (6, MONDAY + timedelta(days=2)), (0, None)]


def test_one_touch_is_marked_and_a_stale_mark_is_taken_away(customer):
    person = lead(customer, status="converted", status_at=MONDAY + timedelta(days=4))
    early, late = touch(person, days=1, external_id="a"), touch(person, days=3, external_id="b")
    Activity.objects.for_client(customer).filter(pk=early.pk).update(led_to_booking=True)
    other = lead(customer)
    touch(other, days=1, led_to_booking=True)
    settle(person, other)
    assert touches(person, "external_id", "led_to_booking") == [("a", False), ("b", True)]
    assert touches(other, "led_to_booking") == [False]
    assert late.sent_at == MONDAY + timedelta(days=3)


def test_of_two_touches_at_one_moment_the_higher_number_then_the_later_key_is_marked(customer):
    person = lead(customer, status="converted", status_at=MONDAY)
    for key, number in (("a", 2), ("b", 2), ("c", 1)):
        touch(person, external_id=key, touch_number=number)
    settle(person)
    assert touches(person, "external_id", "led_to_booking") == [("a", False), ("b", True), ("c", False)]


def test_a_booking_known_of_later_is_where_the_status_began(customer):
    person = lead(customer)
    event(person, "meeting_booked", days=6)
    event(person, "meeting_booked", days=2)
    settle(person)
    person.refresh_from_db()
    assert (person.status, person.status_at, person.converted_at) == (
        "converted",
        MONDAY + timedelta(days=2),
        MONDAY + timedelta(days=2),
    )


@pytest.mark.parametrize(("told", "call", "booked"), [(3, 9, 3), (9, 3, 9), (3, None, 3)])
@pytest.mark.parametrize("order", [1, -1])
def test_a_call_and_a_told_touch_book_in_either_order(customer, told, call, booked, order):
    person = lead(customer)
    facts = [lambda: touch(person, days=told, led_to_booking_given=True)]
    if call:
        facts.append(lambda: touch(person, days=call, channel="voice", outcome="meeting_booked"))
    for fact in facts[::order]:
        fact()
        settle(person)
    person.refresh_from_db()
    first = min(told, call or told)
    assert (person.status, person.status_at, person.converted_at) == (
        "converted",
        MONDAY + timedelta(days=first),
        MONDAY + timedelta(days=booked),
    )


def test_a_lead_that_left_later_stays_left_and_booked(customer):
    person = lead(customer, status="not_interested", status_at=MONDAY + timedelta(days=9))
    touch(person, days=1, led_to_booking_given=True)
    settle(person)
    person.refresh_from_db()
    assert (person.status, person.status_at, person.converted_at) == (
        "not_interested",
        MONDAY + timedelta(days=9),
        MONDAY + timedelta(days=1),
    )
    assert touches(person, "led_to_booking") == [True]


def test_leads_that_are_not_in_the_set_stay(customer, make_client):
    person, twin = lead(customer, external_id="1"), lead(make_client("Twin"), external_id="1")
    for one in (person, twin):
        touch(one, days=1)
    settle(person)
    twin.refresh_from_db()
    assert twin.touch_count == 0


def test_a_set_is_empty_at_the_start(customer):
    person = lead(customer)
    touch(person)
    with suppress(RuntimeError), LeadSet() as chosen:
        chosen.add([person.pk])
        raise RuntimeError
    with LeadSet() as chosen:
        chosen.settle()
    person.refresh_from_db()
    assert person.touch_count == 0


def test_a_query_gives_the_set(customer):
    person = lead(customer)
    for day in range(3):
        touch(person, days=day)
    with LeadSet() as chosen:
        chosen.add_from("SELECT lead_id FROM conversion_activity WHERE channel = %s", ["email"])
        chosen.settle()
    person.refresh_from_db()
    assert person.touch_count == 3
