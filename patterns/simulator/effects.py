"""A world: the tables of effects that decide, for every touch, how likely it is to lead to a booking.

The hazard is a product of factors, one a table, so that each factor is the ratio that its value has to a value with
factor 1, everything else being equal. History and any later evaluation of decisions call the same `World.hazard`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from conversion.content import DEFAULT
from conversion.vocabulary import CHANNELS, TIERS, Channel, Tier
from patterns.detectors.frame import Floats, Ints
from patterns.simulator.leads import INDUSTRIES, SIGNALS, SIZE_RANGES, TITLES, People
from patterns.simulator.library import Library
from patterns.simulator.sends import GAP_RANGES, TOUCHES, Sends, gap_bin

CEILING = 0.6  # no touch is surer than this, whatever multiplies up: a probability must stay one
UNSUBSCRIBE = 0.003  # hazard a touch, of those that do not book
BOUNCE = 0.01  # of first e-mails that do not book

Table = Mapping[str, float]
NONE: Table = {}


@dataclass(frozen=True)
class World:
    """Factors on the hazard by name of the value; a name that is not in a table has factor 1.

    base: hazard of a touch all of whose factors are 1. hours, days: by number, local. touches: by touch number, from 1.
    new_channel: of a touch over a channel that its lead has not been sent before, from the second touch on.
    length_decay: c in exp(-c log(words / best words)^2), the best words being the channel's. template_sd: standard
    deviation on the logit scale of what a template has for no reason in its features.

    What the operator does, which has no effect by itself: stars, the share of leads that are good in every attribute,
    without whom there would be hardly a hot one; night, the share of sends at any hour of the day instead of office
    hours; hot_voice, how many times as often a hot lead is called; weekend, the share kept of sends that fall on one.
    """

    name: str
    base: float = 0.03
    titles: Table = field(default_factory=dict)
    industries: Table = field(default_factory=dict)
    sizes: Table = field(default_factory=dict)
    signals: Table = field(default_factory=dict)
    tiers: Table = field(default_factory=dict)
    channels: Table = field(default_factory=dict)
    new_channel: float = 1.0
    touches: tuple[float, ...] = (1.0,) * TOUCHES
    days: Mapping[int, float] = field(default_factory=dict)
    hours: Mapping[int, float] = field(default_factory=dict)
    gaps: Table = field(default_factory=dict)
    pain_points: Table = field(default_factory=dict)
    angles: Table = field(default_factory=dict)
    ctas: Table = field(default_factory=dict)
    subjects: Table = field(default_factory=dict)
    personalization: Table = field(default_factory=dict)
    length_decay: float = 0.0
    template_sd: float = 0.0
    stars: float = 0.1
    night: float = 0.0
    weekend: float = 0.1
    hot_voice: float = 1.0

    def hazard(self, people: People, sends: Sends, library: Library) -> Floats:
        """Probability, (leads, touches), that each touch of `sends` books, given that the lead is still there."""
        lead = self.lead_factor(people)[:, None]
        content = self.content_factor(library)[sends.template]
        chance = np.minimum(self.base * lead * self.touch_factor(sends) * content, CEILING)
        luck = library.luck[sends.template]
        if not luck.any():
            return chance
        odds = chance / (1 - chance) * np.exp(luck)
        return odds / (1 + odds)

    def lead_factor(self, people: People) -> Floats:
        """(leads,): what the lead's own attributes multiply the hazard by."""
        factor = by_code(self.titles, TITLES)[people.title]
        factor = factor * by_code(self.industries, INDUSTRIES)[people.industry]
        factor *= by_code(self.sizes, SIZE_RANGES)[people.size]
        factor *= by_code(self.tiers, TIERS)[people.tier]
        for position, name in enumerate(SIGNALS):
            factor *= np.where(people.signals[:, position] == 1, self.signals.get(name, 1.0), 1.0)
        return factor

    def touch_factor(self, sends: Sends) -> Floats:
        """(leads, touches): what channel, history, number and time of the touch multiply the hazard by."""
        factor = by_code(self.channels, CHANNELS)[sends.channel]
        factor = factor * np.where(sends.new, self.new_channel, 1.0)
        factor *= np.array((1.0, *self.touches))[np.minimum(sends.touch, len(self.touches))]
        factor *= np.array([self.days.get(day, 1.0) for day in range(7)])[sends.day]
        factor *= np.array([self.hours.get(hour, 1.0) for hour in range(24)])[sends.hour]
        return factor * by_code(self.gaps, GAP_RANGES)[gap_bin(sends.gap)]

    def content_factor(self, library: Library) -> Floats:
        """(templates,): what the text's features and length multiply the hazard by."""
        factor = bit_factor(self.pain_points, DEFAULT.pain_names, library.pain_points)
        factor *= bit_factor(self.angles, DEFAULT.angle_names, library.angles)
        factor *= bit_factor(self.subjects, DEFAULT.subject_names, library.subjects)
        factor *= bit_factor(self.personalization, DEFAULT.flag_names, library.personalization)
        factor *= by_code(self.ctas, DEFAULT.cta_names)[library.cta]
        return factor * np.exp(-self.length_decay * np.log(library.words / library.best_words) ** 2)


def by_code(table: Table, names: Sequence[str | Channel | Tier]) -> Floats:
    """Factors by position in `names`, and at the end 1 for code -1, unknown. Raises KeyError on a name not there."""
    if unknown := set(table) - {str(name) for name in names}:
        raise KeyError(f"no such value: {', '.join(sorted(unknown))}")
    return np.array([*(table.get(str(name), 1.0) for name in names), 1.0])


def bit_factor(table: Table, names: Sequence[str], bits: Ints) -> Floats:
    """Product of the factors of the names whose bits are set."""
    by_code(table, names)
    factor = np.ones(len(bits))
    for name, value in table.items():
        factor *= np.where(bits >> names.index(name) & 1, value, 1.0)
    return factor
