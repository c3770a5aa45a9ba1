"""A world: the tables of effects that decide, for every touch, how likely it is to lead to a booking.

The hazard is a product of factors, one a table, so each factor is the ratio of the hazard with its value to the hazard
with a value of factor 1, all else being equal. History and every evaluation of decisions use the same `World.hazard`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from conversion.content import DEFAULT
from conversion.vocabulary import CHANNELS, TIERS
from patterns.detectors.frame import Floats, Ints
from patterns.simulator.leads import INDUSTRY_NAMES, SIGNAL_NAMES, SIZE_NAMES, TITLE_NAMES, People
from patterns.simulator.library import Library
from patterns.simulator.sends import GAP_RANGES, TOUCHES, Sends, gap_bin

CEILING = 0.6  # no touch is surer than this, whatever multiplies up: a probability must stay one

Table = Mapping[str, float]


@dataclass(frozen=True)
class World:
    """Factors on the hazard by name of the value; a value that is not in its table has factor 1.

    base: hazard of a touch all of whose factors are 1. new_channel: of a touch over a channel that its lead has not been
    sent before, from the second touch on. touches: by touch number. days, hours: by number, at the lead. gaps: by
    `GAP_RANGES`. length_decay: c in exp(-c log(words / best words)^2), the best words being the channel's. template_sd:
    standard deviation, on the logit scale, of what a template has for no reason in its features. unsubscribe: hazard a
    touch, of those that do not book.

    The rest is how the operator works, which has no effect by itself. stars: share of the leads that are good in every
    attribute, without whom there would be hardly a hot one. night: share of sends spread over all 24 hours instead of
    office hours. weekend: share kept where it is, of the sends that fall on a weekend. hot_voice: how many times as often
    a hot lead is called.
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
    unsubscribe: float = 0.003
    stars: float = 0.1
    night: float = 0.0
    weekend: float = 0.1
    hot_voice: float = 1.0

    def hazard(self, people: People, sends: Sends, library: Library) -> Floats:
        """Probability, (leads, touches), that each touch of `sends` books, given that its lead is still there."""
        lead = self.lead_factor(people)[:, None]
        content = self.content_factor(library)[sends.template]
        chance: Floats = np.minimum(self.base * lead * self.touch_factor(sends) * content, CEILING)
        if not self.template_sd:
            return chance
        odds: Floats = chance / (1 - chance) * np.exp(self.template_sd * library.luck[sends.template])
        return odds / (1 + odds)

    def lead_factor(self, people: People) -> Floats:
        """(leads,): what the lead's own attributes multiply the hazard by."""
        factor = by_code(self.titles, TITLE_NAMES)[people.title]
        factor = factor * by_code(self.industries, INDUSTRY_NAMES)[people.industry]
        factor *= by_code(self.sizes, SIZE_NAMES)[people.size]
        if self.tiers:
            factor *= by_code(self.tiers, TIERS)[people.tier]
        for name, value in self.signals.items():
            factor *= np.where(people.signals[:, SIGNAL_NAMES.index(name)] == 1, value, 1.0)
        return factor

    def touch_factor(self, sends: Sends) -> Floats:
        """(leads, touches): what channel, history, number and time of the touch multiply the hazard by."""
        factor = by_code(self.channels, CHANNELS)[sends.channel]
        factor = factor * np.where(sends.new, self.new_channel, 1.0)
        factor *= np.array((1.0, *self.touches))[np.minimum(sends.touch, len(self.touches))]
        factor *= np.array([self.days.get(day, 1.0) for day in range(7)])[sends.day]
        factor *= np.array([self.hours.get(hour, 1.0) for hour in range(24)])[sends.hour]
        factor *= by_code(self.gaps, GAP_RANGES)[gap_bin(sends.gap)]
        return factor

    def content_factor(self, library: Library) -> Floats:
        """(templates,): what the text's features and its length multiply the hazard by."""
        factor = by_bits(self.pain_points, DEFAULT.pain_names, library.pain_points)
        factor *= by_bits(self.angles, DEFAULT.angle_names, library.angles)
        factor *= by_bits(self.subjects, DEFAULT.subject_names, library.subjects)
        factor *= by_bits(self.personalization, DEFAULT.flag_names, library.personalization)
        factor *= by_code(self.ctas, DEFAULT.cta_names)[library.cta]
        factor *= np.exp(-self.length_decay * np.log(library.words / library.best_words) ** 2)
        return factor


def by_code(table: Table, names: Sequence[str]) -> Floats:
    """Factors by position in `names`, and at the end 1, which code -1, unknown, reads. Raises KeyError on other names."""
    refuse_unknown(table, names)
    return np.array([*(table.get(name, 1.0) for name in names), 1.0])


def by_bits(table: Table, names: Sequence[str], bits: Ints) -> Floats:
    """Product of the factors of the names whose bits are set. Raises KeyError on a name that is not in `names`."""
    refuse_unknown(table, names)
    factor = np.ones(len(bits))
    for name, value in table.items():
        factor *= np.where(bits >> names.index(name) & 1, value, 1.0)
    return factor


def refuse_unknown(table: Table, names: Sequence[str]) -> None:
    if unknown := set(table) - set(names):
        raise KeyError(f"an effect of what does not exist: {', '.join(sorted(unknown))}")
