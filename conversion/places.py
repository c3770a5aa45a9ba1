"""Countries as sources write them, and the time zone that stands for a country.

A lead without a time zone takes its country's: the most populous one.
"""

import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

# Names that ISO 3166-1 does not list, as contact exports write them. Keys are folded as `_folded` does.
ALIASES = {
    "usa": "US",
    "u s a": "US",
    "u s": "US",
    "us of a": "US",
    "america": "US",
    "united states of america usa": "US",
    "uk": "GB",
    "u k": "GB",
    "great britain": "GB",
    "britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "republic of ireland": "IE",
    "eire": "IE",
    "holland": "NL",
    "the netherlands": "NL",
    "deutschland": "DE",
    "osterreich": "AT",
    "espana": "ES",
    "italia": "IT",
    "schweiz": "CH",
    "suisse": "CH",
    "brasil": "BR",
    "uae": "AE",
    "u a e": "AE",
    "ksa": "SA",
    "south korea": "KR",
    "korea": "KR",
    "republic of korea": "KR",
    "north korea": "KP",
    "russia": "RU",
    "czech republic": "CZ",
    "turkey": "TR",
    "taiwan": "TW",
    "vietnam": "VN",
    "laos": "LA",
    "iran": "IR",
    "syria": "SY",
    "moldova": "MD",
    "macedonia": "MK",
    "bolivia": "BO",
    "venezuela": "VE",
    "tanzania": "TZ",
    "brunei": "BN",
    "macau": "MO",
    "swaziland": "SZ",
    "cape verde": "CV",
    "ivory coast": "CI",
    "burma": "MM",
    "east timor": "TL",
    "vatican": "VA",
    "palestine": "PS",
    "dr congo": "CD",
    "democratic republic of the congo": "CD",
    "republic of the congo": "CG",
    "the bahamas": "BS",
    "the gambia": "GM",
    "the philippines": "PH",
    "aotearoa": "NZ",
    "prc": "CN",
    "mainland china": "CN",
}

# Countries of several zones: the zone in which most people live. All other countries have one zone in zone.tab.
MOST_POPULOUS = {
    "AQ": "Antarctica/McMurdo",
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CD": "Africa/Kinshasa",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "FM": "Pacific/Chuuk",
    "GL": "America/Nuuk",
    "ID": "Asia/Jakarta",
    "KI": "Pacific/Tarawa",
    "KZ": "Asia/Almaty",
    "MH": "Pacific/Majuro",
    "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PF": "Pacific/Tahiti",
    "PG": "Pacific/Port_Moresby",
    "PS": "Asia/Hebron",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "UM": "Pacific/Wake",
    "US": "America/New_York",
    "UZ": "Asia/Tashkent",
}


class UnknownZone(ValueError):  # noqa: N818 (it says what is wrong)
    """No IANA time zone of this name."""


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    return " ".join("".join(letter if letter.isalnum() else " " for letter in plain).split())


@cache
def _codes() -> dict[str, str]:
    """ISO 3166-1 code by folded name, official name, common name, two and three letters."""
    import pycountry  # noqa: PLC0415 (reads its tables on first use)

    codes: dict[str, str] = {}
    for country in pycountry.countries:
        for field in ("alpha_2", "alpha_3", "name", "official_name", "common_name"):
            name = getattr(country, field, None)
            if name:
                codes.setdefault(_folded(name), country.alpha_2)
    return codes | ALIASES


@lru_cache(maxsize=1024)
def country_code(text: str) -> str | None:
    """The ISO 3166-1 code of a country's name or code in any case, None where it is not known."""
    return _codes().get(_folded(text) or "-")


@cache
def _zone_tab() -> dict[str, str]:
    """The first zone that tzdata lists for each country."""
    zones: dict[str, str] = {}
    for line in files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            code, _, zone = line.split("\t")[:3]
            zones.setdefault(code, zone)
    return zones


def country_zone(code: str) -> str | None:
    """The IANA zone in which most people of a country live; None for a place without inhabitants' time (Bouvet)."""
    return MOST_POPULOUS.get(code) or _zone_tab().get(code)


@cache
def _zone_names() -> dict[str, str]:
    # The two that tzdata keeps for installers mean "not set" and "this machine's", which are no place.
    return {name.casefold(): name for name in available_timezones() - {"Factory", "localtime"}}


def zone_names() -> list[str]:
    return sorted(_zone_names().values())


def zone_name(text: str) -> str:
    """The IANA name as it is spelled officially, for a name in any case. Raises UnknownZone."""
    name = _zone_names().get(text.casefold())
    if name is None:
        raise UnknownZone(f"{text[:60]!r} is no IANA time zone (such as Australia/Sydney)")
    return name


@lru_cache(maxsize=4096)
def zone_of(timezone: str, country: str, fallback: str) -> ZoneInfo:
    """The zone a lead lives in: its own, else its country's, else `fallback` (the client's).

    A name that is no zone counts as none; where `fallback` is none either, UTC.
    """
    code = country_code(country) if country else None
    for name in (timezone, (code and country_zone(code)) or "", fallback):
        official = _zone_names().get(name.casefold())
        if official:
            return ZoneInfo(official)
    return ZoneInfo("UTC")
