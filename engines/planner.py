"""Plans for many leads on the same senders. Leads alike share a plan for as long as its senders have room: places are only ever
taken, so the first ones that were free stay the first until one of them is gone.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple

from engines.plan import Plan, PlannedLead, assigned, plan
from engines.seats import Seats
from patterns.guidance import Guidance


class Places(NamedTuple):
    """What a plan takes of a sender's day. booked: the sender's. most: touches that may be booked there before it."""

    booked: dict[date, int]
    day: date
    taken: int
    most: int


@dataclass
class Planner:
    """Its arguments are those of `engines.plan.plan`; seats: booked by what is planned here, and by nothing else meanwhile."""

    guidance: Guidance
    as_of: datetime
    seats: Seats
    touch_count: int | None = None
    sequence: Sequence[str] | None = None
    holdout_share: float = 0.0
    _known: dict[Hashable, tuple[Plan, list[Places]]] = field(default_factory=dict, init=False)

    def plan(self, lead: PlannedLead) -> Plan:
        """The lead's plan, whose places are booked. `touches` is the same object in the plans of leads alike. Errors as
        `engines.plan.plan`.
        """
        assignment = assigned(lead.id, self.guidance, self.holdout_share) if self.sequence is None else None
        alike = (assignment, lead.tier, lead.where, *lead.unreachable.items())
        found = self._known.get(alike)
        if found is None or any(one.booked.get(one.day, 0) > one.most for one in found[1]):
            made = plan(
                lead,
                self.guidance,
                self.as_of,
                seats=self.seats,
                touch_count=self.touch_count,
                sequence=self.sequence,
                holdout_share=self.holdout_share,
            )
            found = self._known[alike] = made, places(made, self.seats)
        for booked, day, taken, _ in found[1]:
            booked[day] = booked.get(day, 0) + taken
        return replace(found[0], lead_id=lead.id)


def places(made: Plan, seats: Seats) -> list[Places]:
    by_id = {seat.id: seat for those in seats.of.values() for seat in those}
    taken = Counter((touch.sender, seats.day(touch.at)) for touch in made.touches if touch.sender is not None)
    return [
        Places(by_id[sender].booked, day, count, by_id[sender].cap_on(day) - count)
        for (sender, day), count in taken.items()
    ]
