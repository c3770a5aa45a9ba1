"""HOW: which channels convert, in which order, and how many (`docs/statistics.md`, "HOW")."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from conversion.vocabulary import CHANNELS, TIERS, Channel, PatternType, Status
from patterns.detectors.atrisk import AtRisk, at_risk
from patterns.detectors.booked import values_with_bookings
from patterns.detectors.effects import (
    COUNT_KEYS,
    NAMES,
    channel_family,
    count_family,
    new_family,
    tier_families,
    transition_families,
)
from patterns.detectors.families import Family, any_supported, findings, head, ranked
from patterns.detectors.findings import Abstention, Finding, rounded
from patterns.detectors.followed import (
    FOLLOWED_DAYS,
    Followed,
    assigned_sequences,
    first_channel_family,
    followed_leads,
)
from patterns.detectors.frame import Frame
from patterns.detectors.gains import choice_gain, probability
from patterns.detectors.hazard import Hazard, fit_hazard, hazard_patterns
from patterns.detectors.leaving import fit_leaving
from patterns.detectors.luck import with_template_luck
from patterns.detectors.sequences import Planner, plan_gain
from patterns.detectors.winning import winning_sequences
from patterns.stats.counting import count_patterns, dense_codes
from patterns.stats.rates import about

MIN_CONVERSIONS = 5
MIN_LEADS = 20
DEFAULT_FIRST = CHANNELS.index(Channel.EMAIL)

Found = Mapping[str, list[Finding]]


@dataclass(frozen=True)
class Facts:
    """What the parts of the payload are made of; `found` holds the findings by family."""

    table: AtRisk
    leads: Followed
    model: Hazard
    found: Found


class HowDetector:
    """Channels, further channels, transitions and whole sequences, from one hazard model of the next touch."""

    algorithm = "how-2"

    def analyze(
        self, frame: Frame, as_of: datetime, rng: np.random.Generator, *, claims_only: bool = False
    ) -> dict[str, Any] | Abstention:
        """The `how` payload, or an abstention that says how many more leads are needed. as_of: aware."""
        table = at_risk(frame)
        if reason := too_few(table):
            return reason
        facts = gather(frame, table)
        sequences, sure = ([], 0.0) if claims_only else planned(frame, facts, rng)
        payload = {
            **head(PatternType.HOW, as_of, lead_count(table), sure, table.outcome),
            "booking_channel_distribution": booking_shares(table),
            "first_touch_effectiveness": first_touches(facts),
            "best_first_channel": best_first(facts.found),
            "channel_effects": channel_effects(facts),
            "multi_channel_lift": multi_channel(facts.found),
            "optimal_channel_count": best_count(facts.found),
            "winning_sequences": sequences,
            "channel_effectiveness_by_tier": by_tier(facts),
            "channel_transitions": transitions(facts),
        }
        rounded_payload: dict[str, Any] = rounded(payload)
        return rounded_payload


def lead_count(table: AtRisk) -> int:
    return int(np.count_nonzero(np.diff(table.lead, prepend=-1)))


def too_few(table: AtRisk) -> Abstention | None:
    """Why these leads are too few to learn from, None where they are enough."""
    leads, won = lead_count(table), int(table.y.sum())
    needed = max(MIN_LEADS - leads, (MIN_CONVERSIONS - won) * (leads + 1) / (won + 0.5))
    if needed <= 0:
        return None
    return Abstention(
        f"{won} conversions among {leads} leads that were followed for 14 days; {MIN_CONVERSIONS} among {MIN_LEADS} "
        f"are needed: {about(needed)} more leads at this rate"
    )


def gather(frame: Frame, table: AtRisk) -> Facts:
    model = with_template_luck(fit_hazard(hazard_patterns(table)), table)
    leads = followed_leads(frame, table)
    made: dict[str, Family | None] = {
        "channel": channels_with_bookings(channel_family(model), table),
        "new": new_family(model),
        "count": count_family(model),
        "first": first_channel_family(leads, NAMES),
        **{f"tier {name}": family for name, family in tier_families(model).items()},
        **{f"after {name}": family for name, family in transition_families(model).items()},
    }
    families = {name: family for name, family in made.items() if family is not None}
    found = dict(zip(families, findings(list(families.values())), strict=True))
    return Facts(table, leads, model, found)


def planned(frame: Frame, facts: Facts, rng: np.random.Generator) -> tuple[Any, float]:
    """The winning sequences, and how sure it is that what is supported beats the default."""
    planner = Planner(facts.model, fit_leaving(facts.table))
    sequences = winning_sequences(planner, facts.found, assigned_sequences(frame, facts.leads, planner.length), rng)
    return sequences, confidence(facts, planner, sequences, rng)


def confidence(facts: Facts, planner: Planner, sequences: Any, rng: np.random.Generator) -> float:
    """Probability that the best plan, or else the best first channel, beats the default; 0 where nothing is supported."""
    if not any(any_supported(items) for items in facts.found.values()):
        return 0.0
    by_plan = isinstance(sequences, list) and any(item["status"] == Status.SUPPORTED for item in sequences)
    if best_first(facts.found) is not None and not by_plan:
        counted = count_patterns([facts.leads.channel], facts.leads.y, facts.leads.stratum)
        return probability([choice_gain(counted, len(NAMES), [DEFAULT_FIRST], rng)])
    return probability([plan_gain(facts.model.patterns, planner, rng)])


def channels_with_bookings(family: Family | None, table: AtRisk) -> Family | None:
    """Channels with what they do to bookings among the touches that were answered, where these are the outcome."""
    if family is None:
        return None
    codes = np.full(len(NAMES), -1)
    codes[[NAMES.index(key["channel"]) for key in family.keys]] = np.arange(len(family))
    stratum = dense_codes(table.period, table.touch, table.tier)
    return values_with_bookings(family, codes[table.channel], table.y, table.booked, stratum)


def booking_shares(table: AtRisk) -> dict[str, float]:
    """Share of the bookings on each channel that was used; empty where none booked."""
    sent = np.bincount(table.channel, minlength=len(NAMES))
    won = np.bincount(table.channel[table.booked], minlength=len(NAMES))
    return {NAMES[c]: float(won[c]) / int(won.sum()) for c in np.flatnonzero(sent)} if won.any() else {}


def only(table: AtRisk) -> Abstention:
    return Abstention(f"only {NAMES[int(table.channel[0])]} was used, so there is nothing to compare it with")


def single_channel(table: AtRisk) -> bool:
    return bool((table.channel == table.channel[0]).all())


def first_touches(facts: Facts) -> dict[str, Any]:
    items = facts.found.get("first")
    if items:
        return {f"{item.key['first']}_first": item.payload() for item in ranked(items) if item.sample}
    if single_channel(facts.table):
        return only(facts.table).payload()
    if len(facts.leads):
        name = NAMES[int(facts.leads.channel[0])]
        return Abstention(f"every lead was first sent {name}: begin some with another channel").payload()
    if (facts.table.touch[facts.table.previous < 0] > 1).any():
        return Abstention("of some leads the first touch is not recorded, only a later one").payload()
    return Abstention(f"no lead has been followed for {FOLLOWED_DAYS} days since its first touch").payload()


def best_first(found: Found) -> str | None:
    better = [item for item in found.get("first", []) if item.status == Status.SUPPORTED and item.lift > 1]
    return max(better, key=lambda item: item.lift).key["first"] if better else None


def channel_effects(facts: Facts) -> Any:
    """Each channel against the average of the others, all else held."""
    items = facts.found.get("channel")
    return [item.payload() for item in ranked(items)] if items else only(facts.table).payload()


def multi_channel(found: Found) -> dict[str, Any]:
    """Effect on the next touch of a channel not used before, and of how many were used before."""
    items = {item.key["effect"]: item for name in ("new", "count") for item in found.get(name, [])}
    if not items:
        return Abstention("no touch followed another over a different channel").payload()
    rest = Abstention("no touch, or every touch but first ones, was of this kind: nothing to compare").payload()
    return {name: items[name].payload() if name in items else rest for name in ("new_channel", *COUNT_KEYS)}


def best_count(found: Found) -> int | None:
    """The number of channels used before at which the next touch converts best, where supported."""
    better = [item for item in found.get("count", []) if item.status == Status.SUPPORTED and item.lift > 1]
    return 1 + COUNT_KEYS.index(max(better, key=lambda item: item.lift).key["effect"]) if better else None


def by_tier(facts: Facts) -> dict[str, Any]:
    if single_channel(facts.table):
        return only(facts.table).payload()
    missing = Abstention("fewer than two channels were used in this tier: nothing to compare").payload()
    return {
        str(tier): {item.key["channel"]: item.payload() for item in ranked(facts.found[f"tier {tier}"])}
        if f"tier {tier}" in facts.found
        else missing
        for tier in TIERS
    }


def transitions(facts: Facts) -> dict[str, Any]:
    """By channel of the touch before: each next channel against all that followed it."""
    if single_channel(facts.table):
        return only(facts.table).payload()
    rows = {name: facts.found.get(f"after {name}") for name in NAMES}
    known = {name: {item.key["to"]: item.payload() for item in ranked(items)} for name, items in rows.items() if items}
    return known or Abstention("no channel was followed by two different ones: nothing to compare").payload()
