"""On which days, at which hours and at what distance touches are made, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from conversion.usual import USUAL_DAYS, USUAL_GAPS, USUAL_HOURS
from conversion.vocabulary import Channel
from engines.calendar import DAY_NAMES, RINGING, quiet
from patterns.guidance import Guidance

LATER_GAP = 3  # days before the seventh touch and each after it
SHORTEST_GAP, LONGEST_GAP = 1, 14
WEEKDAYS = tuple(range(5))  # what is left to choose from where every default day is known to be bad
OFFICE_HOURS = tuple(range(9, 17))
USUAL = {"day": (USUAL_DAYS, WEEKDAYS), "hour": (USUAL_HOURS, OFFICE_HOURS)}


@dataclass(frozen=True, slots=True)
class Preference:
    """Days or hours to be tried in order. reasons: of each value, in words. learned: a finding put them there or left
    some of the defaults out. ranked: they stand best first; if not, they are equals, and touches take turns in beginning
    with each.
    """

    values: tuple[int, ...]
    reasons: tuple[str, ...]
    learned: bool
    ranked: bool

    def ordered(self, touch: int) -> tuple[tuple[int, str], ...]:
        """Values and their reasons in the order in which a touch (from 0) tries them."""
        pairs = tuple(zip(self.values, self.reasons, strict=True))
        turn = 0 if self.ranked else touch % len(pairs)
        return pairs[turn:] + pairs[:turn]


@dataclass(frozen=True, slots=True)
class Gap:
    """Whole days, at the lead's clock, before a touch."""

    days: int
    reason: str
    learned: bool


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What the guidance says of the times of touches. ringing: hours for channels that have quiet hours. avoided: days
    on which nothing is sent unless no other is left.
    """

    days: Preference
    hours: Preference
    ringing: Preference
    gaps: tuple[Gap, ...]
    avoided: frozenset[int]

    def hours_for(self, channel: str) -> Preference:
        return self.ringing if channel in RINGING else self.hours

    def gap(self, touch: int) -> Gap:
        """The gap before a touch, which is counted from 0: 1 for the second."""
        return self.gaps[touch - 1] if touch <= len(self.gaps) else Gap(LATER_GAP, "the default", learned=False)


def rhythm(guidance: Guidance) -> Rhythm:
    """The defaults, moved by the supported days, hours and gaps."""
    best, bad = guidance.best_hours, guidance.avoid_hours
    audible = tuple(hour for hour in best if not quiet(Channel.VOICE, hour))
    return Rhythm(
        days=preference("day", guidance.best_days, guidance.avoid_days, guidance),
        hours=preference("hour", best, bad, guidance),
        ringing=preference("hour", audible, bad, guidance),
        gaps=tuple(gap(number, usual, guidance) for number, usual in enumerate(USUAL_GAPS, start=1)),
        avoided=frozenset(guidance.avoid_days),
    )


def preference(kind: str, best: Sequence[int], bad: Sequence[int], guidance: Guidance) -> Preference:
    """kind: `day` or `hour`. best: values with a supported lift above 1, best first; bad: those below 1. Without a best
    one the defaults stay that are not bad, where none is left the others that are not, where none of these either, the
    defaults.
    """

    def said(value: int) -> str:
        return with_proof(named(kind, value), guidance.evidence(kind, value))

    if best:
        return Preference(tuple(best), tuple(f"best {kind} {said(one)}" for one in best), learned=True, ranked=True)
    usual, others = USUAL[kind]
    kept = tuple(one for one in usual if one not in bad)
    values = kept or tuple(one for one in others if one not in bad) or usual
    dropped = [one for one in usual if one not in values]
    why = "".join(f", not {said(one)}" for one in dropped)
    origin = f"a default {kind}" if kept or values == usual else f"in place of the default {kind}s"
    reasons = tuple(f"{named(kind, one)}, {origin}{why}" for one in values)
    return Preference(values, reasons, learned=bool(dropped), ranked=False)


def with_proof(words: str, proof: str) -> str:
    return f"{words}: {proof}" if proof else words


def named(kind: str, value: int) -> str:
    return DAY_NAMES[value] if kind == "day" else f"{value:02d}:00"


def gap(number: int, usual: int, guidance: Guidance) -> Gap:
    """The gap before touch `number` + 1. Guidance knows five; one that is missing or None is the default."""
    learned = guidance.gaps[number - 1] if number <= len(guidance.gaps) else None
    if learned is None:
        return Gap(usual, "the default", learned=False)
    days = min(max(learned, SHORTEST_GAP), LONGEST_GAP)
    return Gap(days, with_proof("as learned", guidance.evidence("gap", number)), learned=True)
