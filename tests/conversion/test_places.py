"""Countries as sources write them, and the zone that stands for each."""

import pycountry
import pytest

from conversion.places import UnknownZone, country_code, country_zone, zone_name, zone_of


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Australia", "AU"),
        ("AUS", "AU"),
        ("au", "AU"),
        ("United States", "US"),
        ("U.S.A.", "US"),
        ("usa", "US"),
        ("UK", "GB"),
        ("England", "GB"),
        ("Korea, Republic of", "KR"),
        ("South Korea", "KR"),
        ("Türkiye", "TR"),
        ("Turkey", "TR"),
        ("Côte d'Ivoire", "CI"),
        ("The Netherlands", "NL"),
        ("Österreich", "AT"),
        ("Atlantis", None),
        ("日本", None),
        ("", None),
    ],
)
def test_a_country_is_known_by_its_names_and_codes(text, code):
    assert country_code(text) == code


@pytest.mark.parametrize(
    ("code", "zone"),
    [
        ("AU", "Australia/Sydney"),
        ("US", "America/New_York"),
        ("BR", "America/Sao_Paulo"),
        ("RU", "Europe/Moscow"),
        ("PT", "Europe/Lisbon"),
        ("GB", "Europe/London"),
        ("JP", "Asia/Tokyo"),
        ("UA", "Europe/Kyiv"),
    ],
)
def test_a_country_has_its_most_populous_zone(code, zone):
    assert country_zone(code) == zone


def test_every_inhabited_country_has_a_zone_that_exists():
    without = [country.alpha_2 for country in pycountry.countries if country_zone(country.alpha_2) is None]
    assert without == ["BV", "HM"]  # Bouvet, Heard and McDonald: nobody lives there
    zones = {country_zone(country.alpha_2) for country in pycountry.countries} - {None}
    assert {zone_name(zone) for zone in zones} == zones


def test_a_zone_is_known_in_any_case():
    assert zone_name("australia/sydney") == "Australia/Sydney"


@pytest.mark.parametrize("name", ["x" * 300, "Asia", "../..", "", "Factory", "localtime", "Mars/Olympus", "a\0b"])
def test_what_is_no_zone_is_refused(name):
    with pytest.raises(UnknownZone):
        zone_name(name)


@pytest.mark.parametrize(
    ("timezone", "country", "fallback", "zone"),
    [
        ("Europe/Lisbon", "Australia", "UTC", "Europe/Lisbon"),
        ("", "Australia", "UTC", "Australia/Sydney"),
        ("", "Atlantis", "Europe/Paris", "Europe/Paris"),
        ("", "", "Europe/Paris", "Europe/Paris"),
        ("../..", "", "nowhere", "UTC"),
    ],
)
def test_a_lead_takes_its_own_zone_then_its_countrys_then_the_clients(timezone, country, fallback, zone):
    assert zone_of(timezone, country, fallback).key == zone
