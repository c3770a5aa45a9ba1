"""Where a number may ring, and what that does to quiet hours of somebody without a time zone."""

from datetime import UTC, datetime

import pytest

from engines.areas import zones_of_number
from engines.whereabouts import reached, whereabouts
from engines.windows import Window

NEW_YORK, ANGELES = "America/New_York", "America/Los_Angeles"


@pytest.mark.parametrize(
    ("number", "country", "zones"),
    [
        ("+12125551234", None, {NEW_YORK}),
        ("+14155551234", "US", {ANGELES}),
        ("+14155551234", "FR", {ANGELES}),
        ("+61255501234", None, {"Australia/Sydney"}),
        ("+34612345678", "ES", {"Europe/Madrid", "Atlantic/Canary"}),
        ("", None, set()),
        ("nonsense", "US", set()),
        ("+99912345", None, set()),
    ],
)
def test_zones_of_a_number(number, country, zones):
    assert {zone.key for zone in zones_of_number(number, country)} == zones


def test_a_mobile_number_rings_anywhere_in_its_own_country():
    zones = {zone.key for zone in zones_of_number("+61412345678", "AU")}
    assert {"Australia/Perth", "Australia/Sydney"} < zones
    assert not any(zone.startswith("Indian/") for zone in zones)


@pytest.mark.parametrize("channel", ["sms", "voice"])
@pytest.mark.parametrize(
    ("utc", "code"),
    [
        ("2026-03-03T14:00", "quiet_hours"),  # 09:00 in New York, 06:00 in San Francisco
        ("2026-03-03T15:59", "quiet_hours"),
        ("2026-03-03T16:00", None),
        ("2026-03-04T04:59", None),  # 20:59 in San Francisco
        ("2026-03-04T05:00", "quiet_hours"),
    ],
)
def test_a_country_of_several_zones_is_read_by_the_number(channel, utc, code):
    at = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    found = Window(channel, reached(channel, "", "USA", "+14155551234", "UTC")).refusal(at)
    assert (found and found[0]) == code


def test_a_number_of_several_zones_rings_when_it_is_day_in_all_of_them():
    window = Window("sms", reached("sms", "", "Australia", "+61412345678", "UTC"))
    morning = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)  # 09:30 on Tuesday in Sydney, 06:30 in Perth
    code, reason = window.refusal(morning)
    assert (code, reason.partition(", and")[0]) == ("quiet_hours", "it may be 07:15 there (Eucla)")
    assert window.next_moment(morning) == datetime(2026, 3, 3, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("number", ["+18005551234", "+79161234567", "+15005550006"])
def test_however_many_zones_there_is_a_moment_for_them(number):
    at = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
    window = Window("voice", reached("voice", "", "", number, "UTC"))
    found = window.next_moment(at)
    assert 0 <= (found - at).total_seconds() < 48 * 3600
    assert all(8 <= found.astimezone(zone).hour < 21 for zone in (window.where.zone, *window.where.also))


def test_a_time_zone_of_its_own_and_what_does_not_ring_go_before_the_number():
    assert reached("sms", NEW_YORK, "US", "+14155551234", "UTC") == whereabouts(NEW_YORK, "US", "UTC")
    assert reached("email", "", "US", "+14155551234", "UTC") == whereabouts("", "US", "UTC")
    assert reached("sms", "", "US", "", "UTC") == whereabouts("", "US", "UTC")
