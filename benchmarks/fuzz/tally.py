"""How many cases passed, and what the others tripped over."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy


@dataclass
class Tally:
    """Of one part. failed: one text each, with the smallest case that was found."""

    name: str
    passed: int = 0
    failed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.name}: {self.passed} passed, {len(self.failed)} failed"


def examine(name: str, cases: SearchStrategy, check: Callable[[Any], None], *, count: int, first_seed: int) -> Tally:
    """Put so many cases to a check, which raises where one does not hold. A failure is made smaller and ends the part."""
    tally = Tally(name)

    @seed(first_seed)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def each(case: Any) -> None:
        check(case)
        tally.passed += 1

    try:
        each()
    except Exception as error:  # noqa: BLE001 (whatever it is, it is what is looked for)
        tally.failed.append("".join(traceback.format_exception(error)))
    return tally
