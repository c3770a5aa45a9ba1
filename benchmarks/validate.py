"""Do the detectors tell the truth? Every claim on simulated worlds whose truth is known; `make validate`.

    python -m benchmarks.validate --seeds 40 --first-seed 1000

Prints a table of each claim with what was measured, and ends with `N passed, N failed`; the exit status is 1 where a claim
fails. Runs on all cores; needs no database.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import Pool
from typing import Any

import numpy as np
from tqdm import tqdm

from conversion.vocabulary import PatternType, Status
from patterns.detectors.findings import Abstention
from patterns.detectors.frame import Frame
from patterns.detectors.how import HowDetector
from patterns.detectors.what import WhatDetector
from patterns.detectors.when import WhenDetector
from patterns.detectors.who import WhoDetector
from patterns.simulator.verdict import judge
from patterns.simulator.world import simulate

AS_OF = datetime(2026, 3, 2, tzinfo=UTC)
DETECTORS = (WhoDetector, WhatDetector, WhenDetector, HowDetector)
NULL_SIZES = (200, 2_000, 20_000)
NULL_ALLOWED = 0.1  # share of the runs in which a detector may support anything where nothing matters
EFFECTS = ("who", "what", "when", "how", "all")
EFFECT_LEADS = 20_000
FOUND_AT_LEAST = 0.95  # of the planted factors of 1.5 and more
FALSE_AT_MOST = 0.07
# Worlds with a trap for the naive way, and the detectors for which nothing is there to be found.
TRAPS = {
    "survivorship": tuple(PatternType),
    "rare_night": tuple(PatternType),
    "template_luck": tuple(PatternType),
    "confounded_tiers": (PatternType.WHAT, PatternType.WHEN, PatternType.HOW),
}


@dataclass(frozen=True)
class Job:
    world: str
    leads: int
    seed: int


@dataclass(frozen=True)
class Result:
    """One simulated client: by detector, whether anything was supported, the confidence, and the verdict's counts."""

    job: Job
    supports: Mapping[str, bool] = field(default_factory=dict)
    confidence: Mapping[str, float] = field(default_factory=dict)
    verdicts: Mapping[str, tuple[int, int, int, int]] = field(default_factory=dict)  # found, missed, false, right


@dataclass(frozen=True)
class Claim:
    name: str
    measured: str
    holds: bool


def supports_anything(payload: Any) -> bool:
    """A supported finding anywhere in the payload, or promoted weights."""
    if isinstance(payload, Mapping):
        if payload.get("status") == Status.SUPPORTED or payload.get("promoted") is True:
            return True
        return any(supports_anything(value) for value in payload.values())
    return isinstance(payload, list) and any(supports_anything(value) for value in payload)


def learned(frame: Frame, seed: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The payloads of the detectors that did not abstain."""
    for detector in DETECTORS:
        payload = detector().analyze(frame, AS_OF, np.random.default_rng(seed))
        if not isinstance(payload, Abstention):
            yield payload["type"], payload


def run(job: Job) -> Result:
    simulation = simulate(job.world, leads=job.leads, seed=job.seed, as_of=AS_OF)
    supports, confidence, verdicts = {}, {}, {}
    for kind, payload in learned(simulation.frame(), job.seed):
        supports[kind] = supports_anything(payload)
        confidence[kind] = payload["confidence"]
        verdict = judge(simulation.truth, payload)
        verdicts[kind] = (len(verdict.found), len(verdict.missed), len(verdict.false), len(verdict.right))
    return Result(job, supports, confidence, verdicts)


def silence(name: str, results: Sequence[Result], kinds: Sequence[PatternType] = tuple(PatternType)) -> Iterator[Claim]:
    """Where nothing matters, next to nothing is supported, and where nothing is, the confidence says so."""
    for kind in kinds:
        hits = sum(result.supports.get(kind, False) for result in results)
        sure = sum(result.confidence.get(kind, 0) >= 0.5 and not result.supports.get(kind, False) for result in results)
        allowed = NULL_ALLOWED * len(results)
        measured = f"{hits} of {len(results)} runs support anything (at most {allowed:g}), {sure} of the rest are sure"
        yield Claim(f"{name}: {kind}", measured, hits <= allowed and sure == 0)


def discovery(name: str, results: Sequence[Result]) -> Iterator[Claim]:
    """Each detector finds the strong effects, and what it supports is so, over all worlds in which something matters."""
    for kind in PatternType:
        counts = [one.verdicts[kind] for one in results if kind in one.verdicts]
        found, missed, false, right = np.sum(counts, axis=0)
        strong, claimed = found + missed, false + right
        yield Claim(
            f"{name}: {kind}",
            f"{found / max(strong, 1):.3f} of {strong} strong effects found, {false / max(claimed, 1):.3f} of {claimed} false",
            bool(found >= FOUND_AT_LEAST * strong and false <= FALSE_AT_MOST * claimed),
        )


def jobs(seeds: Sequence[int], only: str) -> dict[str, list[Job]]:
    """The runs of each group of claims."""
    groups = {"null, pooled sizes": [Job("null", leads, seed) for leads in NULL_SIZES for seed in seeds]}
    few = seeds[: max(len(seeds) // 4, 1)]
    groups["effects, 20,000 leads"] = [Job(world, EFFECT_LEADS, seed) for world in EFFECTS for seed in few]
    groups |= {f"trap {world}, 5,000 leads": [Job(world, 5_000, seed) for seed in seeds] for world in TRAPS}
    return {name: group for name, group in groups.items() if only in name}


def claims(name: str, results: Sequence[Result]) -> Iterator[Claim]:
    world = results[0].job.world
    if world in EFFECTS:
        return discovery(name, results)
    return silence(name, results, TRAPS.get(world, tuple(PatternType)))


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=40, help="simulated clients of each world and size (default 40)")
    parser.add_argument("--first-seed", type=int, default=1, help="the first of them (default 1)")
    parser.add_argument("--only", default="", help="only groups of claims whose name contains this")
    options = parser.parse_args(arguments)
    groups = jobs(range(options.first_seed, options.first_seed + options.seeds), options.only)
    started, passed, failed = time.monotonic(), 0, 0
    with Pool() as pool:
        for name, group in groups.items():
            done = list(tqdm(pool.imap(run, group), name, len(group), leave=False, disable=not sys.stderr.isatty()))
            for claim in claims(name, done):
                passed, failed = passed + claim.holds, failed + (not claim.holds)
                print(f"{'ok  ' if claim.holds else 'FAIL'} {claim.name:42} {claim.measured}", flush=True)
    print(f"{time.monotonic() - started:.0f} s")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
