"""Guidance and leads to plan for, in tests."""

from uuid import UUID

from engines.plan import PlannedLead
from engines.whereabouts import whereabouts
from patterns.guidance import Guidance, WinningSequence

LEAD = UUID(int=7)


def planned_lead(*, tier="warm", timezone="Australia/Sydney", country="Australia", unreachable=None, id=LEAD):  # noqa: A002 (its name)
    missing = {"mail": "no postal address"} if unreachable is None else unreachable
    return PlannedLead(id, tier, whereabouts(timezone, country, "UTC"), missing)


def winning(text, lift=1.5):
    return WinningSequence(
        channels=tuple(text.split()), rate=0.1, low=0.08, high=0.12, lift=lift, lift_low=1.2, sample=900, tried=40
    )


def guidance(**fields):
    """Guidance of patterns HOW 4 and WHEN 2, with a proof of each finding that says so."""
    proofs = {("best_first_channel", channel): f"proof of {channel} first" for channel in ("voice", "sms", "mail")}
    proofs |= {("channel_by_tier", ("hot", "voice")): "proof of calls to hot leads"}
    proofs |= {("day", day): f"proof of day {day}" for day in range(7)}
    proofs |= {("hour", hour): f"proof of hour {hour}" for hour in range(24)}
    proofs |= {("gap", number): f"proof of gap {number}" for number in range(1, 6)}
    return Guidance(**{"versions": {"how": 4, "when": 2}, "proofs": proofs} | fields)
