from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from engines.seats import Bookings, Seat, Seats

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
TODAY = date(2026, 3, 2)


def seat(number, cap, **booked):
    return Seat(UUID(int=number), f"{number}@example.com", cap, {TODAY: booked["today"]} if booked else {})


def test_closed_channels():
    assert Seats({"email": [seat(1, 5)], "sms": []}).closed() == {"sms": "no active sender"}


def test_the_first_sender_with_room_is_taken():
    seats = Seats({"email": [seat(1, 5, today=5), seat(2, 5, today=4), seat(3, 5)]})
    assert Bookings(seats).free("email", MONDAY).id == UUID(int=2)


def test_the_cap_is_reached_not_passed():
    assert Bookings(Seats({"email": [seat(1, 5, today=4)]})).free("email", MONDAY) is not None
    assert Bookings(Seats({"email": [seat(1, 5, today=5)]})).free("email", MONDAY) is None
    assert Bookings(Seats({"email": [seat(1, 5, today=6)]})).free("email", MONDAY) is None
    assert Bookings(Seats({"email": [seat(1, 0)]})).free("email", MONDAY) is None


def test_a_lead_keeps_its_sender():
    seats = Seats({"email": [seat(1, 5, today=5), seat(2, 5)]})
    bookings = Bookings(seats)
    tomorrow = datetime(2026, 3, 3, 10, tzinfo=UTC)
    bookings.take("email", seats.of["email"][1], MONDAY)
    assert bookings.free("email", tomorrow).id == UUID(int=2)
    full = Bookings(Seats({"email": [seat(1, 5), seat(2, 5, today=5)]}))
    full.take("email", full.seats.of["email"][1], tomorrow)
    assert full.free("email", MONDAY) is None  # the other sender's room is not this lead's


def test_the_plans_own_touches_count():
    seats = Seats({"email": [seat(1, 2)]})
    bookings = Bookings(seats)
    for _ in range(2):
        bookings.take("email", bookings.free("email", MONDAY), MONDAY)
    assert bookings.free("email", MONDAY) is None
    assert seats.of["email"][0].booked == {}


def test_days_begin_at_the_senders_midnight():
    seats = Seats({"email": [seat(1, 1, today=1)]}, ZoneInfo("Australia/Sydney"))
    assert seats.day(datetime(2026, 3, 1, 12, 59, tzinfo=UTC)) == date(2026, 3, 1)
    assert seats.day(datetime(2026, 3, 1, 13, tzinfo=UTC)) == TODAY
    assert Bookings(seats).free("email", datetime(2026, 3, 1, 13, tzinfo=UTC)) is None
    assert Bookings(seats).free("email", datetime(2026, 3, 1, 12, tzinfo=UTC)) is not None


def test_book():
    seats = Seats({"email": [seat(1, 2)], "sms": [seat(2, 9)]})
    assert seats.within_caps()
    seats.book([(UUID(int=1), MONDAY), (None, MONDAY), (UUID(int=1), MONDAY), (UUID(int=2), MONDAY)])
    assert [one.booked for those in seats.of.values() for one in those] == [{TODAY: 2}, {TODAY: 1}]
    assert seats.within_caps()
    seats.book([(UUID(int=1), MONDAY)])
    assert not seats.within_caps()


def test_a_new_sender_has_the_room_of_its_ramp():
    new = Seat(UUID(int=1), "1@example.com", 50, {TODAY: 5}, ramp_started_on=TODAY)
    assert [new.cap_on(date(2026, 3, day)) for day in (1, 2, 8, 29, 30)] == [5, 5, 8, 50, 50]
    assert Bookings(Seats({"email": [new]})).free("email", MONDAY) is None
    assert Bookings(Seats({"email": [new]})).free("email", datetime(2026, 3, 3, 10, tzinfo=UTC)) is new
    seats = Seats({"email": [new]})
    assert seats.within_caps()
    seats.book([(new.id, MONDAY)])
    assert not seats.within_caps()
