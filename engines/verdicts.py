"""What the guard says of a touch."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Go:
    """It may go out now."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now. until: when it is to be examined again (aware, UTC); None: not before somebody changed something."""

    code: str
    reason: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Cancel:
    """Not at all."""

    code: str
    reason: str


Verdict = Go | Hold | Cancel
