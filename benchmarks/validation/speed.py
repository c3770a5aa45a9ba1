"""What learning costs: all detectors on a million touches of fifty clients, frames given."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.validation.claims import Claim, Question, Scale
from benchmarks.validation.discoveries import AS_OF, learned
from patterns.simulator.world import simulate

CLIENTS, TOUCHES = 50, 1_000_000
LEADS = 4_600  # of a client of the world `all`, which gives some 20,000 touches
BUDGET = 10.0  # seconds on two cores
CORES = 2


@dataclass(frozen=True)
class Job:
    """Clients of one core."""

    seeds: range


def run(job: Job) -> tuple[float, int]:
    """Seconds of computing, and touches. The frames are made before the clock starts."""
    frames = [simulate("all", leads=LEADS, seed=seed, as_of=AS_OF).frame() for seed in job.seeds]
    started = time.process_time()
    for frame in frames:
        list(learned(frame, 1))
    return time.process_time() - started, sum(len(frame.touches) for frame in frames)


def judge(results: Sequence[tuple[float, int]]) -> Iterator[Claim]:
    touches = sum(count for _, count in results)
    seconds = max(taken for taken, _ in results) * (TOUCHES / touches)
    yield Claim(
        f"{CLIENTS} clients, {TOUCHES:,} touches, {CORES} cores",
        f"all four detectors in at most {BUDGET:.0f} s",
        f"{seconds:.1f} s (from {touches:,} touches, {os.cpu_count()} cores here)",
        seconds <= BUDGET,
    )


def questions(scale: Scale) -> Iterator[Question]:
    clients = min(CLIENTS, max(len(scale.seeds), CORES))
    first = scale.seeds[0]
    jobs = [Job(range(first + core, first + clients, CORES)) for core in range(CORES)]
    yield Question("speed", jobs, run, judge)
