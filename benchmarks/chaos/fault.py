"""What a fault is: a function of a stage that starts workers, does harm while the campaign runs, and returns when the harm is
over.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.chaos.stage import Stage


@dataclass(frozen=True)
class Fault:
    """harm: does it, and returns how many sends at most were in flight while it was on. environment: of the workers.
    settled: seconds that the rest may take. delay: seconds until the provider's usual answer. by_account: the provider was
    at fault, and each account finds that out for itself, so the number holds for each.
    """

    number: str
    name: str
    harm: Callable[[Stage], int]
    environment: dict[str, str] = field(default_factory=dict)
    settled: float = 60.0
    delay: float = 0.02
    by_account: bool = False
    channel: str = "email"


def begun(stage: Stage, share: float = 0.2) -> tuple:
    """Both kinds of workers, under way with the campaign."""
    workers = stage.both()
    stage.campaign(stage.messages)
    stage.until_sent(share)
    return workers
