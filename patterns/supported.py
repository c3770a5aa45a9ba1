"""What plans may act on: the supported findings of WHEN and HOW, read from their payloads with the evidence of each."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from conversion.usual import USUAL_GAPS
from conversion.vocabulary import CHANNELS, TIERS, Outcome, Status
from patterns.payloads import (
    TRIALS_HIGHEST,
    Claim,
    Payload,
    Unusable,
    harming,
    helping,
    items,
    listed,
    member,
    named,
    number,
    record,
    status,
    text,
    whole,
    whole_key,
)

LONGEST_GAP = 14  # days that a plan waits at most
LONGEST_SEQUENCE = 20  # touches; no plan is longer
TOUCHES = "touches"
LEADS = "leads"
ODDS = "the average odds"  # what the hazard model's odds ratios are of

Fields = dict[str, Any]  # fields of the guidance
Proofs = dict[tuple[str, object], str]  # (name, key) -> evidence in words

best_days = listed("day_index", whole_key(0, 6))
best_hours = listed("hour", whole_key(0, 23))
first_touches = named({f"{channel}_first": channel.value for channel in CHANNELS})
by_channel = named({channel.value: channel.value for channel in CHANNELS})


@dataclass(frozen=True, slots=True)
class WinningSequence:
    """A supported plan. channels: one a touch. rate: share of leads that the model expects to have the outcome, with its 95 %
    interval. lift, lift_low: against the default plan cut to the same length. tried: leads that were put on it, sample:
    of them, followed long enough.
    """

    channels: tuple[str, ...]
    rate: float
    low: float
    high: float
    lift: float
    lift_low: float
    sample: int
    tried: int
    outcome: Outcome = Outcome.BOOKED

    @property
    def evidence(self) -> str:
        origin = f"{self.tried:,} leads were put on it" if self.tried else "not tried yet as a whole"
        return (
            f"{self.lift:.2f} times the default plan of the same length (at least {self.lift_low:.2f}); "
            f"{self.rate:.1%} ({self.low:.1%} to {self.high:.1%}) of leads {self.outcome.verb} by the model, {origin}"
        )


def when(payload: Payload) -> tuple[Fields, Proofs]:
    """Days, hours and gaps."""
    proofs: Proofs = {}
    fields: Fields = {}
    for name, path, read in (("day", "best_days", best_days), ("hour", "best_hours", best_hours)):
        claims = payload.claims(path, read)
        fields[f"best_{name}s"] = tuple(one.key for one in helping(claims))
        fields[f"avoid_{name}s"] = tuple(one.key for one in harming(claims))
        proofs |= {(name, one.key): one.words(TOUCHES) for one in claims if one.status == Status.SUPPORTED}
    fields["gaps"], behind = gaps(payload)
    if behind is not None:
        proofs |= {("gap", i): gap_words(behind) for i, days in enumerate(fields["gaps"], start=1) if days is not None}
    return fields, proofs


def gaps(payload: Payload) -> tuple[tuple[int | None, ...], Claim | None]:
    """Days before touch 2 and on, and the finding that supports them. A gap is None where none was learned: where no
    finding supports it, or, in a payload without findings of gaps, where it is the default.
    """
    told = isinstance(payload.content, Mapping) and "gap_hazard" in payload.content
    claims = list(helping(payload.claims("gap_hazard", listed("gap", text)))) if told else []
    if isinstance(payload.content, Mapping) and "optimal_gap" in payload.content:
        # Not each gap that books more is taken: it may cost unsubscribes.
        claims = [one for one in claims if one.key == payload.content["optimal_gap"]]
    behind = claims[0] if claims else None
    found: list[int | None] = []
    for i, usual in enumerate(USUAL_GAPS, start=1):
        days = payload.part(f"optimal_sequence_gaps.touch_{i}_to_{i + 1}", gap, None)
        learned = behind is not None if told else days != usual
        found.append(days if learned else None)
    return tuple(found), behind


def gap(value: Any, field: str) -> int:
    return whole(value, field, 1, LONGEST_GAP)


def gap_words(behind: Claim) -> str:
    return f"{behind.key} days after the touch before: {behind.words(TOUCHES)}"


Variants = dict[tuple[str, int], dict[int, Claim]]  # by channel and touch number: the template's key -> what is known


def variants(payload: Payload) -> Variants:
    """What is supported of the templates that a touch was sent in, outside of campaigns."""
    return payload.part("variants.tests", tests, {})


def tests(value: Any, field: str) -> Variants:
    found: Variants = {}
    for i, item in enumerate(items(value, field)):
        place = f"{field}[{i}]"
        holder = record(item, place)
        if holder.get("campaign") is None:
            channel = text(member(holder, "channel", place), f"{place}.channel")
            touch = whole(member(holder, "touch", place), f"{place}.touch", 1, LONGEST_SEQUENCE)
            arms = listed("template", template)(member(holder, "variants", place), f"{place}.variants")
            found[channel, touch] = {int(arm.key): arm for arm in arms if arm.status == Status.SUPPORTED}
    return found


def template(value: Any, field: str) -> int:
    """A template's key: 64 bits with a sign, written as text since JSON's numbers do not hold them."""
    try:
        key = int(text(value, field))
    except ValueError as error:
        raise Unusable(field, "no key of a template") from error
    if not -(2**63) <= key < 2**63:
        raise Unusable(field, "no key of a template")
    return key


def how(payload: Payload) -> tuple[Fields, Proofs]:
    """Sequences, the first channel, and channels by tier."""
    first = payload.claims("first_touch_effectiveness", first_touches)
    best = payload.part("best_first_channel", channel_or_none, None)
    behind = next((one for one in first if one.key == best and one.helps), None)
    if best is not None and behind is None:
        payload.refuse("best_first_channel", f"first_touch_effectiveness does not support {best}")
        best = None
    plans = winning(payload)
    tiers = {tier.value: payload.claims(f"channel_effectiveness_by_tier.{tier}", by_channel) for tier in TIERS}
    supported = {tier: [one for one in claims if one.status == Status.SUPPORTED] for tier, claims in tiers.items()}
    fields: Fields = {
        "winning_sequences": plans,
        "best_first_channel": best,
        "channel_lifts_by_tier": {
            tier: {one.key: one.lift for one in claims} for tier, claims in supported.items() if claims
        },
    }
    proofs: Proofs = {("winning_sequence", plan.channels): plan.evidence for plan in plans}
    if behind is not None:
        proofs["best_first_channel", best] = behind.words(LEADS)
    for tier, claims in supported.items():
        proofs |= {("channel_by_tier", (tier, one.key)): one.words(TOUCHES, ODDS) for one in claims}
    return fields, proofs


def channel_or_none(value: Any, field: str) -> str | None:
    return None if value is None else channel(value, field)


def channel(value: Any, field: str) -> str:
    name = text(value, field)
    if name not in CHANNELS:
        raise Unusable(field, f"{name[:40]!r} is no channel")
    return name


def winning(payload: Payload) -> tuple[WinningSequence, ...]:
    """The supported sequences with a lift above 1, the surest first: by the lower end of the lift."""
    none: tuple[WinningSequence, ...] = ()
    plans = payload.part("winning_sequences", sequences, none)
    plans = tuple(replace(plan, outcome=payload.outcome) for plan in plans)
    return tuple(sorted(plans, key=lambda plan: (-plan.lift_low, -plan.lift, plan.channels)))


def sequences(value: Any, field: str) -> tuple[WinningSequence, ...]:
    found = [sequence(item, f"{field}[{i}]") for i, item in enumerate(items(value, field))]
    return tuple(plan for plan, state in found if state == Status.SUPPORTED and plan.lift > 1)


def sequence(value: Any, field: str) -> tuple[WinningSequence, Status]:
    holder = record(value, field)

    def of(name: str, high: float) -> float:
        return number(member(holder, name, field), f"{field}.{name}", 0, high)

    channels = items(member(holder, "sequence", field), f"{field}.sequence")
    if not 1 <= len(channels) <= LONGEST_SEQUENCE:
        raise Unusable(f"{field}.sequence", f"{len(channels)} touches, expected 1 to {LONGEST_SEQUENCE}")
    plan = WinningSequence(
        channels=tuple(channel(one, f"{field}.sequence") for one in channels),
        rate=of("rate" if "rate" in holder else "conversion_rate", 1),
        low=of("low", 1),
        high=of("high", 1),
        lift=of("lift", math.inf),
        lift_low=of("lift_low", math.inf),
        sample=whole(member(holder, "sample_size", field), f"{field}.sample_size", 0, TRIALS_HIGHEST),
        tried=count_or_flag(member(holder, "tried", field), f"{field}.tried"),
    )
    return plan, status(member(holder, "status", field), f"{field}.status")


def count_or_flag(value: Any, field: str) -> int:
    """A number of leads; true stands for an unknown one above zero."""
    return int(value) if isinstance(value, bool) else whole(value, field, 0, TRIALS_HIGHEST)
