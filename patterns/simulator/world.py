"""Simulated outreach in a world whose truth is known: `simulate` for its history, `Simulation` for what can be asked of it.

Only commands, tests and benchmarks use it. Its parts: the effects of a world (`effects`, `named`), who is written to
(`leads`, `scoring`, `names`), what and when (`library`, `texts`, `sends`, `clock`), who books (`play`, `history`), and
what is made of that (`columns`, `rows`, `truth`, `verdict`).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path

import numpy as np

from patterns.detectors.frame import Bools, Floats, Frame, Ints
from patterns.simulator.columns import frame_of, shuffled
from patterns.simulator.event_rows import event_rows
from patterns.simulator.files import write
from patterns.simulator.history import History
from patterns.simulator.leads import People, draw_people
from patterns.simulator.named import WORLDS
from patterns.simulator.play import Outcome, chance_to_book, play
from patterns.simulator.rows import Row, lead_rows
from patterns.simulator.scoring import ICP
from patterns.simulator.sends import Sends, planned_sends
from patterns.simulator.touch_rows import activity_rows
from patterns.simulator.truth import Planted, sequence_lift, truth_of
from patterns.simulator.verdict import Verdict, judge

__all__ = ["ICP", "WORLDS", "Planted", "Simulation", "Verdict", "judge", "shuffled", "simulate"]


class Simulation(History):
    """A history, what detectors read of it, what they should find in it, and its world for trying decisions out."""

    def frame(self) -> Frame:
        return frame_of(self)

    def shuffled(self, seed: int) -> Frame:
        """The frame with the leads in another order."""
        return shuffled(self.frame(), np.random.default_rng(seed))

    @cached_property
    def truth(self) -> tuple[Planted, ...]:
        """Every finding's true lift, those of no effect too."""
        return truth_of(self)

    def sequence_lift(self, sequence: Sequence[str]) -> float:
        """The true lift of a sequence of channels, against the default one of its length."""
        return sequence_lift(self, sequence)

    def lead_rows(self) -> Iterator[Row]:
        return lead_rows(self)

    def activity_rows(self) -> Iterator[Row]:
        return activity_rows(self)

    def event_rows(self) -> Iterator[Row]:
        return event_rows(self)

    def write(self, folder: Path) -> dict[str, int]:
        """Write leads.csv, activities.csv and events.csv into `folder`, which is made. Returns the rows of each file."""
        return write(self, folder)

    def fresh(self, leads: int, rng: np.random.Generator) -> People:
        """Further people of this world; `rows.person_row` describes one."""
        return draw_people(leads, self.world.stars, rng)

    def plan(
        self, people: People, channel: Ints, sent_at: Floats, rng: np.random.Generator, *, allowed: Bools | None = None
    ) -> Sends:
        """What plans send. channel: positions in CHANNELS, sent_at: seconds since 1970, both (leads, touches). The texts
        are drawn from the library, among the templates that are `allowed`, all by default.
        """
        return planned_sends(people, channel, sent_at, self.library.draw(channel, rng, allowed))

    def play(self, people: People, sends: Sends, rng: np.random.Generator) -> Outcome:
        """Who books under these sends, drawn."""
        return play(self.world, people, sends, self.library, rng)

    def chance(self, people: People, sends: Sends) -> Floats:
        """(leads,): the probability that each lead books under these sends."""
        return chance_to_book(self.world, people, sends, self.library)


def simulate(world: str, leads: int, seed: int, as_of: datetime) -> Simulation:
    """A history of `leads` leads of the named world up to `as_of`. The same arguments give the same bytes.

    Raises KeyError on a world that is not in WORLDS, ValueError on a naive `as_of` or fewer leads than one.
    """
    if as_of.tzinfo is None or leads < 1:
        raise ValueError("a simulation needs an as_of with an offset, and at least one lead")
    return Simulation.draw(WORLDS[world], leads, float(int(as_of.timestamp())), np.random.default_rng(seed))
