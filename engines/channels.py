"""Which channels a plan uses, in which order, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from conversion.usual import USUAL_SEQUENCE
from conversion.vocabulary import CHANNELS, Channel, PatternType, Tier
from engines.reach import REPLACEMENTS
from engines.rhythm import with_proof
from patterns.guidance import Guidance, WinningSequence

EARLY_VOICE = 3  # the touch at which a hot lead is called, where calls are the better channel for hot leads
LONGEST = 20  # touches: as long as any sequence that is learned from


class PlanRefused(Exception):  # noqa: N818 (it is an answer, not a fault)
    """No plan is made for this lead; the message says why, in words."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A touch's channel, why in words, and the types of the patterns that moved it there."""

    channel: str
    reason: str
    patterns: tuple[str, ...] = ()


def by_hand(sequence: Sequence[str], unreachable: Mapping[str, str]) -> list[Choice]:
    """A sequence given by hand, kept as it is. unreachable: channel -> why the lead cannot be reached on it.

    Raises ValueError on a word that is no channel and on a sequence that is empty or too long, PlanRefused where a touch
    of it cannot be made: to change it would not be keeping it.
    """
    check_length(len(sequence))
    for touch, channel in enumerate(sequence, start=1):
        if not isinstance(channel, str) or channel not in CHANNELS:
            raise ValueError(f"touch {touch}: {str(channel)[:40]!r} is no channel, those are {', '.join(CHANNELS)}")
    for touch, channel in enumerate(sequence, start=1):
        if channel in unreachable:
            raise PlanRefused(f"touch {touch} cannot be made by {channel}: {unreachable[channel]}")
    return [Choice(Channel(channel).value, f"{channel}, given by hand") for channel in sequence]


def check_length(touches: int) -> None:
    if not 1 <= touches <= LONGEST:
        raise ValueError(f"a plan has 1 to {LONGEST} touches, not {touches}")


def choose(guidance: Guidance, tier: str, touches: int, unreachable: Mapping[str, str]) -> list[Choice]:
    """The channels of `touches` touches: a winning sequence, else the default plan with what is known of first channels
    and of calls to hot leads; then every channel that the lead cannot be reached on is replaced.

    Raises ValueError on a number of touches outside 1 to 20, PlanRefused where the lead cannot be reached at all.
    """
    check_length(touches)
    if all(channel in unreachable for channel in CHANNELS):
        raise PlanRefused(f"it cannot be reached: {', '.join(dict.fromkeys(unreachable[one] for one in CHANNELS))}")
    best = winner(guidance.winning_sequences, touches, unreachable)
    wanted = won(best, touches) if best else arranged(guidance, tier, unreachable)
    usual = [by_default(touch) for touch in range(len(wanted), touches)]
    return [reached(choice, unreachable) for choice in [*wanted, *usual][:touches]]


def by_default(touch: int) -> Choice:
    """touch: from 0; after the last one of the default plan it begins again."""
    channel = USUAL_SEQUENCE[touch % len(USUAL_SEQUENCE)].value
    return Choice(channel, f"{channel}, the default")


def winner(
    supported: Sequence[WinningSequence], touches: int, unreachable: Mapping[str, str]
) -> WinningSequence | None:
    """The sequence to follow, of those that are supported, best first: of exactly this length before others, which are
    cut or continued by the default plan, and among these one that the lead can be reached on throughout.
    """

    def order(plan: WinningSequence) -> tuple[bool, bool]:
        return len(plan.channels) != touches, any(one in unreachable for one in plan.channels[:touches])

    return min(supported, key=order, default=None)


def won(plan: WinningSequence, touches: int) -> list[Choice]:
    cut = f", cut to {touches} touches" if len(plan.channels) > touches else ""
    why = f"the winning sequence {' '.join(plan.channels)}{cut}: {plan.evidence}"
    patterns = (PatternType.HOW.value,)
    return [
        Choice(channel, f"{channel}, by {why}" if not at else f"{channel}, by the winning sequence", patterns)
        for at, channel in enumerate(plan.channels[:touches])
    ]


def arranged(guidance: Guidance, tier: str, unreachable: Mapping[str, str]) -> list[Choice]:
    """The default plan, moved by what is supported and can be followed: the first channel, and a hot lead's first call."""
    plan = [by_default(touch) for touch in range(len(USUAL_SEQUENCE))]
    first = guidance.best_first_channel
    if first is not None and first in unreachable:
        why = f"{plan[0].reason}; {first}, the best first channel, is out: {unreachable[first]}"
        plan[0] = replace(plan[0], reason=why)
    elif first is not None:
        why = with_proof(f"{first}, the best first channel", guidance.evidence("best_first_channel", first))
        plan = moved(plan, Choice(first, why, (PatternType.HOW.value,)), 0)
    return called_early(plan, guidance) if tier == Tier.HOT and Channel.VOICE not in unreachable else plan


def called_early(plan: list[Choice], guidance: Guidance) -> list[Choice]:
    """A hot lead's plan, its first call at the third touch at the latest where calls do better than e-mail, which would
    stand there, for hot leads.
    """
    lifts = guidance.channel_lifts_by_tier.get(Tier.HOT, {})
    better = lifts.get(Channel.VOICE, 1.0) > max(1.0, lifts.get(Channel.EMAIL, 1.0))
    if not better or any(choice.channel == Channel.VOICE for choice in plan[:EARLY_VOICE]):
        return plan
    proof = guidance.evidence("channel_by_tier", (Tier.HOT.value, Channel.VOICE.value))
    patterns = [PatternType.HOW.value]
    if PatternType.WHO in guidance.versions:  # whose weights made the score that says the lead is hot
        patterns.append(PatternType.WHO.value)
    choice = Choice(Channel.VOICE.value, with_proof("voice, earlier for a hot lead", proof), tuple(patterns))
    return moved(plan, choice, EARLY_VOICE - 1)


def moved(plan: list[Choice], choice: Choice, at: int) -> list[Choice]:
    """The plan with the channel's first touch brought forward to position `at`, the others closing up; a channel that
    the plan does not have takes the place of the touch that stands there.
    """
    channels = [one.channel for one in plan]
    if choice.channel in channels:
        rest = list(plan)
        rest.pop(channels.index(choice.channel))
        return [*rest[:at], choice, *rest[at:]]
    return [*plan[:at], choice, *plan[at + 1 :]]


def reached(choice: Choice, unreachable: Mapping[str, str]) -> Choice:
    if choice.channel not in unreachable:
        return choice
    instead = next(channel.value for channel in REPLACEMENTS if channel not in unreachable)
    return Choice(
        instead,
        f"{instead} in place of {choice.channel} ({unreachable[choice.channel]}); {choice.reason}",
        choice.patterns,
    )
