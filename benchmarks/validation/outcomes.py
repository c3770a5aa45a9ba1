"""Where bookings are few, positive replies tell: what is found by them, and that nothing is found where nothing matters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.validation.claims import Claim, Question, Scale
from benchmarks.validation.discoveries import (
    AS_OF,
    FALSE_AT_MOST,
    FEW,
    FOUND_AT_LEAST,
    NULL_ALLOWED,
    learned,
    supports_anything,
)
from conversion.vocabulary import Outcome, PatternType
from patterns.detectors.frame import Frame
from patterns.simulator.verdict import judge
from patterns.simulator.world import simulate

BOOKED = 0.02  # share of the positive replies that become bookings: some sixty of three thousand
LEADS = 20_000


@dataclass(frozen=True)
class Job:
    world: str
    leads: int
    seed: int


def thinned(frame: Frame, rng: np.random.Generator) -> Frame:
    """The frame with each booking a positive reply, of which a share BOOKED became bookings, whatever led to it."""
    touches, leads = frame.touches, frame.leads
    kept = rng.random(len(leads)) < BOOKED
    return replace(
        frame,
        touches=replace(
            touches,
            booked=touches.booked & kept[touches.lead],
            replied=touches.replied | touches.booked,
            positive=touches.booked.copy(),
        ),
        leads=replace(leads, converted_at=np.where(kept, leads.converted_at, np.nan)),
    )


def unanswered(frame: Frame) -> Frame:
    """The frame without its replies: bookings alone can tell."""
    none = np.zeros(len(frame.touches), dtype=bool)
    return replace(frame, touches=replace(frame.touches, replied=none, positive=none))


def run(job: Job) -> dict[str, tuple[str, bool, int, int, int, int, int]]:
    """By detector: the outcome, whether anything is supported, effects found, missed, false and right; and those found
    by bookings alone.
    """
    simulation = simulate(job.world, leads=job.leads, seed=job.seed, as_of=AS_OF)
    frame = thinned(simulation.frame(), np.random.default_rng(job.seed))
    alone = {kind: judge(simulation.truth, payload) for kind, payload in learned(unanswered(frame), job.seed)}
    found = {}
    for kind, payload in learned(frame, job.seed):
        verdict = judge(simulation.truth, payload)
        counts = (len(verdict.found), len(verdict.missed), len(verdict.false), len(verdict.right))
        by_bookings = len(alone[kind].found) if kind in alone else 0
        found[kind] = (payload["outcome"], supports_anything(payload), *counts, by_bookings)
    return found


def discovery(results: Sequence[dict[str, tuple]]) -> Iterator[Claim]:
    rows = [row for result in results for row in result.values()]
    spoken = sum(row[0] == Outcome.POSITIVE_REPLY for row in rows)
    found, missed, false, right, alone = np.sum([row[2:] for row in rows], axis=0)
    strong, claimed = found + missed, false + right
    yield Claim(
        "positive replies, effects",
        f"at least {FOUND_AT_LEAST} of the strong effects found, at most {FALSE_AT_MOST} of the findings false",
        f"{found / max(strong, 1):.3f} of {strong} found, {false / max(claimed, 1):.3f} of {claimed} false; "
        f"{spoken} of {len(rows)} patterns speak of them",
        bool(found >= FOUND_AT_LEAST * strong and false <= FALSE_AT_MOST * claimed and spoken == len(rows)),
        naive=f"by bookings alone {alone / max(strong, 1):.3f} found",
    )


def silence(results: Sequence[dict[str, tuple]]) -> Iterator[Claim]:
    for kind in PatternType:
        hits = sum(result[kind][1] for result in results if kind in result)
        allowed = max(NULL_ALLOWED * len(results), FEW)
        yield Claim(
            f"positive replies, null: {kind}",
            f"at most {allowed:.0f} of {len(results)} runs support anything",
            f"{hits} of {len(results)}",
            hits <= allowed,
        )


def questions(scale: Scale) -> Iterator[Question]:
    effects = [Job("all", LEADS, seed) for seed in scale.some(20)]
    yield Question("outcomes, effects", effects, run, discovery)
    yield Question("outcomes, null", [Job("null", 5_000, seed) for seed in scale.some(100)], run, silence)
