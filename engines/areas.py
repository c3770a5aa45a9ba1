"""Where a telephone may ring, as far as its number tells.

Pure. The table is that of the `phonenumbers` library: the zones of an area code, all of a country's for a mobile number where
these have none. Numbers move with their owners, but of somebody whose time zone nobody knows they say more than the country.
"""

from collections import defaultdict
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone as table

from conversion.moments import ZoneError, zone_of


@lru_cache(maxsize=4096)
def zones_of_number(number: str, country: str | None) -> tuple[ZoneInfo, ...]:
    """The zones in which the number (E.164) may ring, of its country's own where it spans several countries; empty where it
    tells nothing. country: ISO 3166-1, two letters, the lead's; None takes the number's.
    """
    try:
        parsed = phonenumbers.parse(number.strip(), None)
    except phonenumbers.NumberParseException:
        return ()
    found = [name for name in table.time_zones_for_number(parsed) if name != table.UNKNOWN_TIMEZONE]
    theirs = _zones_in().get(country or phonenumbers.region_code_for_number(parsed) or "", frozenset())
    return tuple(zone for name in [one for one in found if one in theirs] or found if (zone := known(name)) is not None)


def known(name: str) -> ZoneInfo | None:
    """None for a name that the time zone database of this machine has not."""
    try:
        return zone_of(name)
    except ZoneError:
        return None


@cache
def _zones_in() -> dict[str, frozenset[str]]:
    """By country, from tzdata."""
    zones: dict[str, set[str]] = defaultdict(set)
    for line in files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            code, _, zone = line.split("\t")[:3]
            zones[code].add(zone)
    return {code: frozenset(names) for code, names in zones.items()}
