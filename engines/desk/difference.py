"""What the score and the plans do differently because of what was learned: defaults beside what is in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conversion.vocabulary import COMPONENTS, Tier
from engines.calendar import DAY_NAMES
from engines.channels import choose
from engines.plan import TOUCHES, guides
from engines.rhythm import rhythm
from patterns.guidance import Guidance
from patterns.trust import by_default
from patterns.wording import one, plan

PARTS = {"authority": "titles", "company_fit": "industries, company sizes", "timing": "signals"}


@dataclass(frozen=True)
class Changed:
    """A line of a comparison: what it speaks of, the default, and what is in force."""

    name: str
    default: str
    learned: str

    @property
    def differs(self) -> bool:
        return self.default != self.learned


@dataclass(frozen=True)
class Difference:
    """weights: of the score, one a component. source: where they come from. points: what else the score counts by what it
    did. touches: of a plan for a warm lead that can be reached on each channel. hot: the plan of a hot lead in words, where
    it is another. times: days, hours. held_out: share of the leads that are planned by the defaults all the same.
    """

    weights: Sequence[Changed]
    source: str
    points: str
    touches: Sequence[Changed]
    hot: str
    times: Sequence[Changed]
    held_out: float
    is_scored: bool
    is_planned: bool

    @property
    def held(self) -> str:
        return f"{self.held_out:.0%}"


def difference(guidance: Guidance, held_out: float) -> Difference:
    usual = by_default()
    weights = [
        Changed(name.replace("_", " ").capitalize(), f"{usual[name]:.2f}", f"{guidance.weights[name]:.2f}")
        for name in map(str, COMPONENTS)
    ]
    points = ", ".join(words for name, words in PARTS.items() if guidance.learned and name in guidance.learned.parts)
    warm, hot = (channels(guidance, tier) for tier in (Tier.WARM, Tier.HOT))
    touches, times = planned(guidance), timed(guidance)
    return Difference(
        weights,
        guidance.weights_source,
        points,
        touches,
        plan(hot) if hot != warm else "",
        times,
        held_out,
        is_scored=any(line.differs for line in weights) or bool(points),
        is_planned=guides(guidance) and (hot != warm or any(line.differs for line in (*touches, *times))),
    )


def channels(guidance: Guidance, tier: Tier, unreachable: Mapping[str, str] | None = None) -> list[str]:
    return [choice.channel for choice in choose(guidance, tier.value, TOUCHES, unreachable or {})]


def planned(guidance: Guidance) -> list[Changed]:
    """One a touch: its channel and the days before it."""
    sides = [
        [
            touch_words(channel, days)
            for channel, days in zip(channels(one_side, Tier.WARM), waits(one_side), strict=True)
        ]
        for one_side in (Guidance.defaults(), guidance)
    ]
    return [Changed(f"Touch {number}", *pair) for number, pair in enumerate(zip(*sides, strict=True), start=1)]


def waits(guidance: Guidance) -> list[int]:
    """Days before each touch, 0 before the first."""
    beats = rhythm(guidance)
    return [0, *(beats.gap(touch).days for touch in range(1, TOUCHES))]


def touch_words(channel: str, days: int) -> str:
    wait = f", {days} day{'s' * (days != 1)} later" if days else ""
    return f"{one(channel)}{wait}"


def timed(guidance: Guidance) -> list[Changed]:
    beats = rhythm(guidance)
    usual = rhythm(Guidance.defaults())
    lines = [
        Changed("Days", listed(usual.days.values, DAY_NAMES), listed(beats.days.values, DAY_NAMES)),
        Changed("Hours at the lead", clock(usual.hours.values), clock(beats.hours.values)),
    ]
    if beats.avoided:
        lines.append(Changed("Days avoided", "none", listed(sorted(beats.avoided), DAY_NAMES)))
    return lines


def listed(values: Sequence[int], names: Sequence[str]) -> str:
    return ", ".join(names[value] for value in values)


def clock(hours: Sequence[int]) -> str:
    return ", ".join(f"{hour:02d}:00" for hour in hours)
