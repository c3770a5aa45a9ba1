"""Nothing is found where nothing matters, and what matters is found: all four detectors on simulated worlds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np

from benchmarks.validation.claims import Claim, Question, Scale
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
NULL_ALLOWED = 0.07  # 42 of 600: share of the runs in which a detector may support anything where nothing matters
FEW = 2  # runs of a handful may have this many by chance
EFFECTS = ("who", "what", "when", "how", "all")
EFFECT_LEADS = 20_000
TRAP_LEADS = 5_000
FOUND_AT_LEAST = 0.95  # of the planted factors of 1.5 and more
FALSE_AT_MOST = 0.07
# Worlds with a trap for the naive way. In the last one the tier decides who is called, and leads differ: there WHO has a right
# to say so.
TRAPS = ("survivorship", "rare_night", "confounded_tiers")
LEADS_DIFFER = ("confounded_tiers",)


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
        allowed = max(NULL_ALLOWED * len(results), FEW)
        yield Claim(
            f"{name}: {kind}",
            f"at most {allowed:.0f} of {len(results)} runs support anything, and none of the rest is sure",
            f"{hits} of {len(results)}; {sure}",
            hits <= allowed and sure == 0,
        )


def discovery(name: str, results: Sequence[Result]) -> Iterator[Claim]:
    """Each detector finds the strong effects, and what it supports is so, over all worlds in which something matters."""
    for kind in PatternType:
        counts = [one.verdicts[kind] for one in results if kind in one.verdicts]
        found, missed, false, right = np.sum(counts, axis=0)
        strong, claimed = found + missed, false + right
        yield Claim(
            f"{name}: {kind}",
            f"at least {FOUND_AT_LEAST} of the strong effects found, at most {FALSE_AT_MOST} of the findings false",
            f"{found / max(strong, 1):.3f} of {strong} found, {false / max(claimed, 1):.3f} of {claimed} false",
            bool(found >= FOUND_AT_LEAST * strong and false <= FALSE_AT_MOST * claimed),
        )


def trapped(results: Sequence[Result]) -> Iterator[Claim]:
    for kind in PatternType:
        told = [one for one in results if kind != PatternType.WHO or one.job.world not in LEADS_DIFFER]
        yield from silence(", ".join(dict.fromkeys(one.job.world for one in told)), told, (kind,))


def questions(scale: Scale) -> Iterator[Question]:
    sizes = "null, 200, 2,000 and 20,000 leads"
    jobs = [Job("null", leads, seed) for leads in NULL_SIZES for seed in scale.seeds]
    yield Question(sizes, jobs, run, partial(silence, "null"))
    jobs = [Job(world, EFFECT_LEADS, seed) for world in EFFECTS for seed in scale.some(20)]
    yield Question("effects, 20,000 leads", jobs, run, partial(discovery, "effects"))
    jobs = [Job("template_luck", leads, seed) for leads in NULL_SIZES for seed in scale.seeds]
    yield Question("template luck, 200, 2,000 and 20,000 leads", jobs, run, partial(silence, "template luck"))
    jobs = [Job(world, TRAP_LEADS, seed) for world in TRAPS for seed in scale.some(100)]
    yield Question("traps, 5,000 leads", jobs, run, trapped)
