import pytest

from conversion.moments import ZoneError
from engines.whereabouts import whereabouts

CLIENT = "Europe/London"


@pytest.mark.parametrize(
    ("timezone", "country", "code", "zone", "note"),
    [
        ("Australia/Perth", "Australia", "AU", "Australia/Perth", ""),
        (" Australia/Perth ", "", None, "Australia/Perth", ""),
        ("", "Australia", "AU", "Australia/Sydney", "no time zone is known, so that of Australia: Australia/Sydney"),
        ("", "germany", "DE", "Europe/Berlin", "no time zone is known, so that of germany: Europe/Berlin"),
        ("", "Atlantis", None, CLIENT, "no time zone is known, nor a country's, so the client's: Europe/London"),
        ("", "", None, CLIENT, "no time zone is known, nor a country's, so the client's: Europe/London"),
        ("Asia", "US", "US", "America/New_York", "'Asia' is no time zone, so that of US: America/New_York"),
        (
            "../../etc/passwd",
            "",
            None,
            CLIENT,
            "'../../etc/passwd' is no time zone, nor a country's, so the client's: Europe/London",
        ),
    ],
)
def test_whereabouts(timezone, country, code, zone, note):
    found = whereabouts(timezone, country, CLIENT)
    assert (found.country, found.zone.key, found.note) == (code, zone, note)


def test_a_name_of_300_characters():
    assert (
        whereabouts("x" * 300, "", CLIENT).note
        == f"{'x' * 40!r} is no time zone, nor a country's, so the client's: Europe/London"
    )


def test_the_clients_zone_must_be_one_where_it_is_needed():
    assert whereabouts("Asia/Tokyo", "", "nowhere").zone.key == "Asia/Tokyo"
    with pytest.raises(ZoneError, match="unknown time zone 'nowhere'"):
        whereabouts("", "", "nowhere")
