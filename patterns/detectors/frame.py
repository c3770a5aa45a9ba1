"""The facts that detectors read: columns of a client's leads and of the touches sent to them.

`patterns.frames` fills a Frame from the database, the simulator fills one from a world of known truth. A detector sees
nothing else: no ids, no texts, no clock. Rows may stand in any order of leads, so a detector that adds up floats first
aggregates to integers or sorts: the same facts must give the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from conversion.content import DEFAULT, Vocabulary

Ints = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]

DAY = 86_400.0  # seconds
UNKNOWN = -1  # a code that the source did not give


class FrameError(ValueError):
    """A frame whose columns do not fit together; the message names the column."""


@dataclass(frozen=True)
class Category:
    """A column of names: `codes` (int32, one a lead, -1 unknown) into `labels`, which are sorted and each used."""

    codes: Ints
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Leads:
    """One row a lead that was sent at least one touch up to `as_of`.

    title, industry: categories. employees: int32, -1 unknown. new_role, hiring, funded: int8, 1 yes, 0 no, -1 unknown.
    components: float64 (leads, 4) in the order of `vocabulary.COMPONENTS`, each as a fraction 0-1 of its maximum, NaN
    where the lead was never scored. risk: float64, points 0-15. converted_at, left_at: float64, seconds since 1970, NaN
    where it has not happened up to `as_of`. exit: int8, position in `vocabulary.EXITS`, -1 while the lead has not left.
    extra: imported attributes by name, categories.
    """

    title: Category
    industry: Category
    employees: Ints
    new_role: Ints
    hiring: Ints
    funded: Ints
    components: Floats
    risk: Floats
    converted_at: Floats
    left_at: Floats
    exit: Ints
    extra: Mapping[str, Category] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.employees)


@dataclass(frozen=True)
class Touches:
    """One row a touch sent up to `as_of`, sorted by lead and, within a lead, by time.

    lead: int32 row in `Leads`. sent_at: float64, seconds since 1970. channel: int8 position in `CHANNELS`. touch: int16,
    position in the lead's sequence, 1-based. template, campaign, plan: int64 keys, 0 none (plan: the sequence that the
    lead was assigned to, 0 too where no other lead has it). tier: int8 position in `TIERS`, at send. day: int8,
    0 = Monday, hour: int8, both at the lead. pain_points, angles, subjects, personalization: int64 bits, position i set
    where the i-th name of the vocabulary's list holds. cta: int16, position in the vocabulary's CTA list, -1 none.
    words, chars: int32 of the body, -1 without text. booked: bool, the touch that led to the booking.
    replied, positive: bool, the touch that a reply, a positive one, answers. propensity: float64, NaN unknown.
    """

    lead: Ints
    sent_at: Floats
    channel: Ints
    touch: Ints
    template: Ints
    campaign: Ints
    plan: Ints
    tier: Ints
    day: Ints
    hour: Ints
    pain_points: Ints
    cta: Ints
    angles: Ints
    subjects: Ints
    personalization: Ints
    words: Ints
    chars: Ints
    booked: Bools
    replied: Bools
    positive: Bools
    propensity: Floats

    def __len__(self) -> int:
        return len(self.lead)


@dataclass(frozen=True, eq=False)
class Frame:
    """A client's facts up to `as_of` (seconds since 1970), and the vocabulary that the content bits refer to."""

    leads: Leads
    touches: Touches
    as_of: float
    vocabulary: Vocabulary = DEFAULT
