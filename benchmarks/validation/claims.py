"""What a claim is: a question asked of many simulated clients, a bound, and what was measured."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Claim:
    """name: what is claimed. bound: what has to hold, in words. measured: what was found. naive: what the textbook way
    gives on the same data, oracle: what an independent library gives; empty where there is no such comparison.
    """

    name: str
    bound: str
    measured: str
    holds: bool
    naive: str = ""
    oracle: str = ""


@dataclass(frozen=True)
class Question:
    """Claims that are judged on the same runs.

    jobs: one a run, small and picklable. run: a function at the top of its module, of one job, without global state; its
    randomness comes from the job's seed. judge: of all results, in the order of the jobs.
    """

    name: str
    jobs: Sequence[Any]
    run: Callable[[Any], Any]
    judge: Callable[[Sequence[Any]], Iterable[Claim]]


@dataclass(frozen=True)
class Scale:
    """How much is run. seeds: of the simulated clients, 200 in full."""

    seeds: range

    def some(self, count: int) -> range:
        """The first of the seeds, as many as `count` out of 200 and at least 2."""
        return self.seeds[: max(round(count * len(self.seeds) / 200), min(2, len(self.seeds)))]
