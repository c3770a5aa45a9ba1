"""Simulations that several tests look at, made once."""

from datetime import UTC, datetime
from functools import lru_cache

from patterns.simulator.world import Simulation, simulate

AS_OF = datetime(2026, 3, 2, 12, tzinfo=UTC)


@lru_cache
def made(world: str, leads: int = 4_000, seed: int = 1) -> Simulation:
    return simulate(world, leads, seed, AS_OF)
