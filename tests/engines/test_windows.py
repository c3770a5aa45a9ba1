"""Business days and quiet hours at the recipient, through changes of the clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.calendar import closed
from engines.whereabouts import whereabouts
from engines.windows import HOURS, Window


def at(text, zone="UTC", country="", fold=0):
    where = whereabouts(zone, country, "UTC")
    return datetime.fromisoformat(text).replace(tzinfo=where.zone, fold=fold)


def window(channel="email", zone="UTC", country="", **options):
    return Window(channel, whereabouts(zone, country, "UTC"), **options)


@pytest.mark.parametrize(
    ("channel", "hour", "code"),
    [
        ("email", "05:59:59", "quiet_hours"),
        ("email", "06:00:00", None),
        ("email", "21:59:59", None),
        ("email", "22:00:00", "quiet_hours"),
        ("linkedin", "23:00:00", "quiet_hours"),
        ("sms", "07:59:59", "quiet_hours"),
        ("sms", "08:00:00", None),
        ("voice", "20:59:59", None),
        ("voice", "21:00:00", "quiet_hours"),
        ("mail", "03:00:00", None),
    ],
)
def test_hours_of_the_channels(channel, hour, code):
    found = window(channel, "Asia/Tokyo").refusal(at(f"2026-03-03T{hour}", "Asia/Tokyo"))
    assert (found and found[0]) == code


def test_the_reason_names_hours_and_place():
    assert window("sms", "Australia/Sydney").refusal(at("2026-03-03T07:12", "Australia/Sydney")) == (
        "quiet_hours",
        "it is 07:12 there (Sydney), and sms goes out from 08:00 to 21:00",
    )
    assert window(zone="Australia/Sydney", country="Australia").refusal(at("2026-01-26T10:00", "Australia/Sydney")) == (
        "closed_day",
        "Monday 26 January is no business day there (Australia Day)",
    )


@pytest.mark.parametrize(
    ("channel", "zone", "country", "after", "expected"),
    [
        ("email", "UTC", "", "2026-03-03T10:00", "2026-03-03T10:00"),
        ("email", "UTC", "", "2026-03-03T03:00", "2026-03-03T06:00"),
        ("sms", "UTC", "", "2026-03-03T21:00", "2026-03-04T08:00"),
        ("email", "UTC", "", "2026-03-06T22:30", "2026-03-09T06:00"),  # over a weekend
        ("email", "Australia/Sydney", "Australia", "2026-04-02T22:30", "2026-04-07T06:00"),  # over Easter
        ("email", "Asia/Dubai", "SA", "2026-03-05T22:30", "2026-03-08T06:00"),  # Friday and Saturday rest there
        ("sms", "America/New_York", "", "2026-03-07T12:00", "2026-03-09T08:00"),  # over the gap of 8 March
        ("sms", "America/New_York", "", "2026-10-30T21:30", "2026-11-02T08:00"),  # over the fold of 1 November
        ("email", "Africa/Cairo", "", "2026-04-23T23:30", "2026-04-24T06:00"),  # the clock skips 00:00 on Friday 24
        ("mail", "Africa/Cairo", "", "2026-04-23T23:30", "2026-04-23T23:30"),
        (
            "email",
            "Pacific/Apia",
            "",
            "2011-12-29T22:30",
            "2012-01-02T06:00",
        ),  # Friday 30 December did not happen there
    ],
)
def test_the_next_moment(channel, zone, country, after, expected):
    found = window(channel, zone, country).next_moment(at(after, zone))
    assert found.astimezone(whereabouts(zone, "", "UTC").zone).isoformat()[:16] == expected
    assert found.utcoffset() == timedelta(0)


def test_an_opening_that_the_clock_skips_is_after_the_gap():
    opening = window("mail", "Africa/Cairo").opening(datetime(2026, 4, 24, tzinfo=UTC).date())
    assert opening == datetime(2026, 4, 23, 22, 0, tzinfo=UTC)
    assert opening.astimezone(whereabouts("Africa/Cairo", "", "UTC").zone).hour == 1


def test_a_repeated_hour_counts_both_times():
    """In Troll, Antarctica, the clock goes back by two hours; 02:30 comes twice, and both are night."""
    for fold in (0, 1):
        moment = at("2026-10-27T02:30", "Antarctica/Troll", fold=fold)
        assert window("sms", "Antarctica/Troll").refusal(moment)[0] == "quiet_hours"


def test_any_time_is_any_time():
    assert window(any_time=True).refusal(at("2026-03-07T03:00")) is None
    assert window(any_time=True).next_moment(at("2026-03-07T03:00")) == at("2026-03-07T03:00")


def test_moments_are_told_as_people_there_read_them():
    assert window(zone="America/New_York").text(at("2026-03-03T13:00")) == "Tuesday 3 March 08:00 (New York)"


ZONES = st.sampled_from(
    ["America/New_York", "Australia/Lord_Howe", "Europe/London", "Africa/Cairo", "America/Santiago", "Asia/Kathmandu"]
)
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC)
CHANGES = [(3, 8), (3, 29), (4, 5), (4, 24), (9, 6), (10, 4), (10, 25), (10, 30), (11, 1)]  # of these zones' clocks


def between(first, last):
    seconds = st.integers(0, int((last - first).total_seconds()))
    return seconds.map(lambda number: first + timedelta(seconds=number))


def around(change):
    day = datetime(2026, *change, tzinfo=UTC)
    return between(day - timedelta(days=1), day + timedelta(days=2))


MOMENTS = st.one_of(between(START, END), st.sampled_from(CHANGES).flatmap(around))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list(HOURS)), ZONES, st.sampled_from(["", "AU", "US", "GB", "EG"]), MOMENTS)
def test_what_comes_out_is_allowed_and_nothing_before_it_is(channel, zone, country, after):
    chosen = window(channel, zone, country)
    found = chosen.next_moment(after)
    local = found.astimezone(chosen.where.zone)
    first, end = HOURS[channel]
    assert found >= after
    assert first <= local.hour < end
    assert closed(chosen.where.country, local.date()) == ""
    step = after
    while step < found:
        assert chosen.refusal(step) is not None
        step += timedelta(minutes=30)
