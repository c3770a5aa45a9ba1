"""What a detector should find in a simulated world: the true lift behind every finding it may report.

A lift is taken in the sense of the findings: against the average of all, or, for a flag, against those without it. Each is
computed from the effects of its own table alone, which is exact because every other table's values are drawn
independently of it; so it is exactly 1, but for rounding, where the table is empty.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from conversion.content import DEFAULT
from conversion.usual import USUAL_SEQUENCE
from conversion.vocabulary import CHANNELS, TIERS, Channel, PatternType
from patterns.detectors.atrisk import WINDOW_DAYS
from patterns.detectors.frame import DAY, Bools, Floats, Ints
from patterns.simulator.effects import by_bits, by_code
from patterns.simulator.history import History
from patterns.simulator.leads import INDUSTRY_NAMES, SIGNAL_NAMES, SIZE_NAMES, TITLE_NAMES, draw_people
from patterns.simulator.play import chance_to_book
from patterns.simulator.sends import GAP_RANGES, Sends, gap_bin

POPULATION = 100_000  # leads drawn for the truth about leads, so that chance moves a lift by about 0.01 at most
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CHANNEL_COUNTS = ("1_channel", "2_channel", "3_channel", "4_plus_channels")


@dataclass(frozen=True)
class Planted:
    """The true lift of one finding. detector: who, what, when or how. kind: the payload's key under which findings of
    this sort stand, at any depth. key: what names the finding there, as its own fields or as the path to it.
    """

    detector: PatternType
    kind: str
    key: Mapping[str, Any]
    factor: float


def truth_of(history: History) -> tuple[Planted, ...]:
    """Every finding's true lift, those of no effect too."""
    touches = Touched.of(history)
    return (*who(history), *what(history, touches), *when(history, touches), *how(history, touches))


@dataclass(frozen=True)
class Touched:
    """The matured touches that were sent: their lead and their column in the history's (leads, touches) arrays."""

    lead: Ints
    column: Ints

    @classmethod
    def of(cls, history: History) -> "Touched":
        matured = history.sends.sent_at <= history.as_of - WINDOW_DAYS * DAY
        return cls(*np.nonzero(history.sent & matured))

    def __call__(self, values: Any) -> Any:
        """The touches' values, of (leads, touches) or (leads,)."""
        return values[self.lead, self.column] if values.ndim > 1 else values[self.lead]


def who(history: History) -> Iterator[Planted]:
    """Lifts of the rate at which leads book, from a large population of the same world."""
    world = history.world
    people = draw_people(POPULATION, world.stars, np.random.default_rng(0))
    chance = lead_chance(history, world.lead_factor(people))
    sorts = (
        ("title_rankings", "title", TITLE_NAMES, people.title),
        ("industry_rankings", "industry", INDUSTRY_NAMES, people.industry),
        ("size_analysis", "range", SIZE_NAMES, people.size),
    )
    for kind, key, names, codes in sorts:
        for name, lift in against_all(names, codes, chance):
            yield Planted(PatternType.WHO, kind, {key: name}, lift)
    for name, column in zip(SIGNAL_NAMES, people.signals.T, strict=True):
        for lift in against_rest(column == 1, chance, known=column >= 0):
            yield Planted(PatternType.WHO, "timing_signals", {"member": f"{name}_lift"}, lift)


def lead_chance(history: History, factor: Floats) -> Floats:
    """(leads,): how likely leads with these factors book within the usual number of touches of average hazard."""
    average = (history.hazard / history.world.lead_factor(history.people)[:, None]).mean(axis=0)
    chance: Floats = 1 - np.prod(1 - np.minimum(factor[:, None] * average, 1.0), axis=1)
    return chance


def what(history: History, touches: Touched) -> Iterator[Planted]:
    """Lifts of content features on the hazard, over the touches as they were sent."""
    world, library = history.world, history.library
    template = touches(history.sends.template)
    by_mail = library.channel[template] == CHANNELS.index(Channel.EMAIL)
    sorts: tuple[tuple[str, str, tuple[str, ...], Ints, Mapping[str, float]], ...] = (
        ("pain_points", "pain_point", DEFAULT.pain_names, library.pain_points, world.pain_points),
        ("angles", "angle", DEFAULT.angle_names, library.angles, world.angles),
        ("subject_patterns", "pattern", DEFAULT.subject_names, library.subjects, world.subjects),
        ("personalization_lift", "member", DEFAULT.flag_names, library.personalization, world.personalization),
    )
    for kind, key, names, bits, table in sorts:
        factor = by_bits(table, names, bits)[template]
        counted = by_mail if kind == "subject_patterns" else np.ones(len(template), dtype=bool)
        for position, name in enumerate(names):
            held = bits[template] >> position & 1 == 1
            for lift in against_rest(held, factor, known=counted):
                yield Planted(PatternType.WHAT, kind, {key: name}, lift)
    cta = library.cta[template]
    factor = by_code(world.ctas, DEFAULT.cta_names)[cta]
    for key, names, codes in (("cta", DEFAULT.cta_names, cta), ("type", *cta_types(cta))):
        for name, lift in against_all(names, codes, factor):
            yield Planted(PatternType.WHAT, "ctas", {key: name}, lift)


def cta_types(cta: Ints) -> tuple[tuple[str, ...], Ints]:
    """The types of calls to action, and each touch's position among them, -1 without one."""
    types = tuple(sorted({call.type for call in DEFAULT.ctas}))
    return types, np.array([*(types.index(call.type) for call in DEFAULT.ctas), -1])[cta]


def when(history: History, touches: Touched) -> Iterator[Planted]:
    """Lifts of day, hour and gap, and of the touch's number: for the leads, channels and gaps that there are by then."""
    world, sends = history.world, history.sends
    day, hour, touch = touches(sends.day), touches(sends.hour), touches(sends.touch)
    by_day = np.array([world.days.get(number, 1.0) for number in range(7)])[day]
    by_hour = np.array([world.hours.get(number, 1.0) for number in range(24)])[hour]
    by_gap = by_code(world.gaps, GAP_RANGES)[gap_bin(touches(sends.gap))]
    by_touch = touches(world.touch_factor(sends)) * touches(world.lead_factor(history.people))
    for name, lift in against_all(DAYS, day, by_day):
        yield Planted(PatternType.WHEN, "best_days", {"day": name}, lift)
    for number, lift in against_all(range(24), hour, by_hour):
        yield Planted(PatternType.WHEN, "best_hours", {"hour": number}, lift)
    for name, lift in against_all(GAP_RANGES, gap_bin(touches(sends.gap)), by_gap):
        yield Planted(PatternType.WHEN, "gap_hazard", {"gap": name}, lift)
    for number, lift in against_all(range(1, 1 + len(world.touches)), touch - 1, by_touch):
        yield Planted(PatternType.WHEN, "touch_hazard", {"touch": number}, lift)


def how(history: History, touches: Touched) -> Iterator[Planted]:
    """Lifts of channels on the hazard, all else held, and of the first channel on whether a lead books."""
    world, sends = history.world, history.sends
    channel, tier, later = touches(sends.channel), touches(history.people.tier), touches.column > 0
    by_channel = by_code(world.channels, CHANNELS)
    factor = by_channel[channel]
    for code, name in enumerate(CHANNELS):
        for lift in against_rest(channel == code, factor, known=channel >= 0):
            yield Planted(PatternType.HOW, "channel_effects", {"channel": str(name)}, lift)
    for code, level in enumerate(TIERS):
        for to, lift in against_all(CHANNELS, np.where(tier == code, channel, -1), factor):
            key = {"tier": str(level), "channel": str(to)}
            yield Planted(PatternType.HOW, "channel_effectiveness_by_tier", key, lift)
    before = np.where(later, sends.channel[touches.lead, touches.column - 1], -1)
    for code, origin in enumerate(CHANNELS):
        for to, lift in against_all(CHANNELS, np.where(before == code, channel, -1), factor):
            yield Planted(PatternType.HOW, "channel_transitions", {"from": str(origin), "to": str(to)}, lift)
    new = touches(sends.new)
    for lift in against_rest(new, np.where(new, world.new_channel, 1.0), known=later):
        yield Planted(PatternType.HOW, "multi_channel_lift", {"member": "new_channel"}, lift)
    for count in CHANNEL_COUNTS:  # no world has an effect of how many channels there were, beside that of a new one
        yield Planted(PatternType.HOW, "multi_channel_lift", {"member": count}, 1.0)
    hazard = world.base * by_channel[sends.channel] * np.where(sends.new, world.new_channel, 1.0)
    books = 1 - np.prod(1 - np.minimum(hazard, 1.0), axis=1)
    for channel_name, lift in against_all(CHANNELS, sends.channel[:, 0], books):
        yield Planted(PatternType.HOW, "first_touch_effectiveness", {"member": f"{channel_name}_first"}, lift)


def sequence_lift(history: History, sequence: Sequence[str]) -> float:
    """How many leads book under this sequence of channels for each that books under the default one of its length.

    Both are followed by the same people, at the times of the history. Raises ValueError on more touches than it has.
    """
    if not 0 < len(sequence) <= len(USUAL_SEQUENCE):
        raise ValueError(f"a sequence has 1 to {len(USUAL_SEQUENCE)} touches, got {len(sequence)}")
    return chance_under(history, sequence) / chance_under(history, USUAL_SEQUENCE[: len(sequence)])


def chance_under(history: History, sequence: Sequence[str]) -> float:
    """Share of the history's people who book under a sequence of channels, in expectation."""
    sends, shape = history.sends, (len(history.people), len(sequence))
    codes = np.array([CHANNELS.index(Channel(word)) for word in sequence], dtype=np.int8)
    given = {name: getattr(sends, name)[:, : shape[1]] for name in ("sent_at", "day", "hour", "template")}
    planned = Sends.of(channel=np.broadcast_to(codes, shape), **given)
    return float(chance_to_book(history.world, history.people, planned, history.library).mean())


def against_all(names: Sequence[Any], codes: Ints, values: Floats) -> Iterator[tuple[Any, float]]:
    """The names that occur, with the mean value of each over the mean of all. codes: positions in `names`, -1 unknown."""
    codes, values = codes[codes >= 0], values[codes >= 0]
    count, total = np.bincount(codes), np.bincount(codes, weights=values)
    for code in np.flatnonzero(count).tolist():
        yield names[code], float(total[code] / count[code] / values.mean())


def against_rest(held: Bools, values: Floats, *, known: Bools) -> Iterator[float]:
    """Mean value where the flag holds over the mean where it is known not to; nothing where it never varies."""
    with_it, without = held & known, ~held & known
    if with_it.any() and without.any():
        yield float(values[with_it].mean() / values[without].mean())
