"""HOW's plans: how much they are worth, and whether that is what they claim."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np

from benchmarks.validation import textbook
from benchmarks.validation.claims import Claim, Question, Scale
from benchmarks.validation.outreach import AS_OF, SMS, TOUCHES, VOICE, Job, World, outreach
from conversion.vocabulary import CHANNELS, Channel, Status
from patterns.detectors.findings import Abstention
from patterns.detectors.frame import Frame
from patterns.detectors.how import HowDetector
from patterns.detectors.sequences import DEFAULT

LEADS = 2_000
STRONG = World(channel={VOICE: 2.0}, new_channel=1.3)
LUCKY = replace(STRONG, leaves={VOICE: 0.02, SMS: 0.03}, templates=12, luck=0.3)
# The share of the best plan's worth that is to be reached; where the best is the one that knows which texts are lucky, less.
WORLDS = {"voice 2, new channel 1.3": (STRONG, 0.95), "the same, with exits and luck": (LUCKY, 0.93)}
TOO_HIGH, FEW = 0.10, 2  # share of the runs in which a claim may be above the truth; of a handful so many by chance


@dataclass(frozen=True)
class Plan:
    """One client's recommended plan: its worth as a share of the best, whether its claims hold, what it claims as a share
    of its worth; and the naive winner's worth and claim, as shares of the best.
    """

    share: float
    held: bool
    lift_held: bool
    claim: float
    supported: bool
    naive_share: float
    naive_claim: float


def plan(job: Job) -> Plan:
    frame, luck = outreach(job.world, job.leads, job.seed), job.world.draw_luck(job.seed)
    found = recommended(frame, job.seed)

    def worth(sequence: Sequence[int]) -> float:
        return float(job.world.worth(np.array([sequence[:TOUCHES]]), luck)[0])

    best, default = job.world.best(luck), worth(DEFAULT)
    naive = max(textbook.winning(frame).items(), key=lambda item: item[1])
    naive_share = worth((*naive[0], *DEFAULT[len(naive[0]) :])) / best
    if found is None:
        return Plan(default / best, True, True, 1.0, False, naive_share, naive[1] / best)
    own = worth([CHANNELS.index(Channel(name)) for name in found["sequence"]])
    return Plan(
        share=own / best,
        held=found["conversion_rate"] <= own,
        lift_held=found["lift_low"] <= own / default,
        claim=found["conversion_rate"] / own,
        supported=True,
        naive_share=naive_share,
        naive_claim=naive[1] / best,
    )


def recommended(frame: Frame, seed: int) -> Mapping[str, Any] | None:
    """The supported plan that comes first, which is the one to follow; None where there is none."""
    payload = learned(frame, seed)
    sequences = payload.get("winning_sequences")
    plans = sequences if isinstance(sequences, list) else []
    return next((one for one in plans if one["status"] == Status.SUPPORTED), None)


def learned(frame: Frame, seed: int) -> Mapping[str, Any]:
    payload = HowDetector().analyze(frame, datetime.fromtimestamp(AS_OF, UTC), np.random.default_rng(seed))
    return {} if isinstance(payload, Abstention) else payload


def worthwhile(name: str, results: Sequence[Plan], least: float) -> Iterator[Claim]:
    """The recommended plan is nearly the best there is, and not worth less than it claims."""
    shares = [one.share for one in results]
    yield Claim(
        f"{name}: worth of the recommended plan",
        f"at least {least:.0%} of the best plan on average",
        f"{np.mean(shares):.1%} over {len(results)} runs, the least {min(shares):.0%}; supported in "
        f"{np.mean([one.supported for one in results]):.0%}",
        float(np.mean(shares)) >= least,
        naive=f"{np.mean([one.naive_share for one in results]):.1%}",
    )
    high, lift_high = (sum(not getattr(one, key) for one in results) for key in ("held", "lift_held"))
    allowed = max(TOO_HIGH * len(results), FEW)
    yield Claim(
        f"{name}: claim of the recommended plan",
        f"rate and lift are above the truth in at most {allowed:.0f} of {len(results)} runs",
        f"{high} and {lift_high}; the rate is {np.mean([one.claim for one in results]):.0%} of the truth",
        max(high, lift_high) <= allowed,
        naive=f"claims {np.mean([one.naive_claim for one in results]):.1f} times what the best plan is worth",
    )


def questions(scale: Scale) -> Iterator[Question]:
    for name, (world, least) in WORLDS.items():
        jobs = [Job(world, LEADS, seed) for seed in scale.some(60)]
        yield Question(f"plans, {name}", jobs, plan, partial(worthwhile, name, least=least))
