"""Simulated outreach in a world whose truth is known.

simulation = simulate("who", leads=20_000, seed=1, as_of=datetime(2026, 3, 2, tzinfo=UTC))
simulation.frame()     # what detectors read
simulation.write(...)  # the same facts as files to import
simulation.truth       # what a detector should find
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from pathlib import Path

import numpy as np

from patterns.detectors.frame import Frame
from patterns.simulator.columns import frame_of, shuffled
from patterns.simulator.event_rows import event_rows
from patterns.simulator.files import write
from patterns.simulator.history import History
from patterns.simulator.named import WORLDS
from patterns.simulator.rows import Row, lead_rows
from patterns.simulator.touch_rows import activity_rows
from patterns.simulator.truth import Planted, truth_of

__all__ = ["WORLDS", "Simulation", "shuffled", "simulate"]


class Simulation(History):
    """A history, and what it is good for."""

    def frame(self) -> Frame:
        return frame_of(self)

    @cached_property
    def truth(self) -> tuple[Planted, ...]:
        """Every finding's true lift, those of no effect too."""
        return truth_of(self)

    def lead_rows(self) -> Iterator[Row]:
        return lead_rows(self)

    def activity_rows(self) -> Iterator[Row]:
        return activity_rows(self)

    def event_rows(self) -> Iterator[Row]:
        return event_rows(self)

    def write(self, folder: Path) -> dict[str, int]:
        """Write leads.csv, activities.csv and events.csv into `folder`, which is made. Returns the rows of each file."""
        return write(self, folder)

    def shuffled(self, seed: int) -> Frame:
        """The frame with the leads in another order."""
        return shuffled(self.frame(), np.random.default_rng(seed))


def simulate(world: str, leads: int, seed: int, as_of: datetime) -> Simulation:
    """A history of `leads` leads of the named world up to `as_of`. The same arguments give the same bytes.

    Raises KeyError on a world that is not in WORLDS, ValueError on a naive `as_of` or fewer leads than one.
    """
    if as_of.tzinfo is None or leads < 1:
        raise ValueError("a simulation needs an as_of with an offset, and at least one lead")
    return Simulation.draw(WORLDS[world], leads, float(int(as_of.timestamp())), np.random.default_rng(seed))
