"""In which country and time zone a lead lives, and how that is known."""

from dataclasses import dataclass, replace
from functools import lru_cache
from zoneinfo import ZoneInfo

from conversion.moments import ZoneError, zone_of
from conversion.places import country_code, country_zone
from engines.areas import zones_of_number
from engines.calendar import RINGING


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """country: ISO 3166-1, two letters, None unknown. zone: the lead's, or the one that stands for it. note: where the
    zone comes from, in words; empty where it is the lead's own. also: further zones in which its telephone may ring.
    """

    country: str | None
    zone: ZoneInfo
    note: str = ""
    also: tuple[ZoneInfo, ...] = ()


@lru_cache(maxsize=4096)
def whereabouts(timezone: str, country: str, fallback: str) -> Whereabouts:
    """timezone, country: the lead's, as text, empty where not known. fallback: the client's time zone.

    A lead without a time zone takes the one in which most people of its country live, else the client's. A name that is
    no time zone counts as none. Raises ZoneError where the client's is needed and is none.
    """
    code = country_code(country) if country.strip() else None
    cause = "no time zone is known"
    if timezone.strip():
        try:
            return Whereabouts(code, zone_of(timezone))
        except ZoneError:
            cause = f"{timezone.strip()[:40]!r} is no time zone"
    national = country_zone(code) if code else None
    if national:
        return Whereabouts(code, zone_of(national), f"{cause}, so that of {country.strip()[:60]}: {national}")
    return Whereabouts(code, zone_of(fallback), f"{cause}, nor a country's, so the client's: {fallback}")


@lru_cache(maxsize=4096)
def reached(channel: str, timezone: str, country: str, phone: str, fallback: str) -> Whereabouts:
    """Where a touch of the channel arrives: as `whereabouts`; what rings at somebody without a time zone of its own, wherever
    its number (E.164) may be.
    """
    found = whereabouts(timezone, country, fallback)
    zones = zones_of_number(phone, found.country) if found.note and channel in RINGING else ()
    if not zones:
        return found
    zone = found.zone if found.zone in zones else zones[0]
    return replace(found, zone=zone, also=tuple(one for one in zones if one != zone), note=f"of its number: {zone.key}")


__all__ = ["Whereabouts", "ZoneError", "reached", "whereabouts"]
