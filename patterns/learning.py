"""Learning: a function of a client's facts up to a moment and of the algorithms' versions, and of nothing else.

What is stored differs from what was learned in one thing: a finding that an earlier version claimed, and that later facts
turned around, is marked and not supported (`patterns.comparison`).
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from conversion import leases, logs
from conversion.clock import database_now
from conversion.models import Client
from conversion.vocabulary import PatternType, RunState
from patterns import comparison, frames, pooling, store
from patterns.detectors.atrisk import at_risk
from patterns.detectors.borrowing import Borrowing
from patterns.detectors.drift import rate_drop
from patterns.detectors.findings import Abstention
from patterns.detectors.frame import Frame
from patterns.detectors.how import HowDetector
from patterns.detectors.what import WhatDetector
from patterns.detectors.when import WhenDetector
from patterns.detectors.who import WhoDetector
from patterns.drift import drift_alerts
from patterns.models import ConversionPattern, ConversionPatternHistory, LearningRun
from patterns.scorecard import RUNS, scorecards

log = logging.getLogger(__name__)


class Detector(Protocol):
    """What the four detectors have in common. claims_only: without what later facts cannot judge, its confidence 0."""

    algorithm: str

    def analyze(
        self, frame: Frame, as_of: datetime, rng: np.random.Generator, *, claims_only: bool = False
    ) -> dict[str, Any] | Abstention: ...


DETECTORS: dict[PatternType, type[Detector]] = {
    PatternType.WHO: WhoDetector,
    PatternType.WHAT: WhatDetector,
    PatternType.WHEN: WhenDetector,
    PatternType.HOW: HowDetector,
}
ALGORITHMS = {kind: detector.algorithm for kind, detector in DETECTORS.items()}

Payload = Mapping[str, Any]


@dataclass(frozen=True)
class Learned:
    """What one run found: a payload or an abstention for each pattern type, the seconds it took, and the frame's size.

    stored: the rows of the payloads that were stored, with their comparisons and scorecards.
    """

    client: Client
    as_of: datetime
    patterns: Mapping[PatternType, Payload | Abstention]
    seconds: float
    leads: int
    touches: int
    kept: bool = True  # False: patterns that know later facts stay in force
    stored: Mapping[PatternType, ConversionPattern] = field(default_factory=dict)

    def payloads(self) -> dict[PatternType, Payload]:
        return {kind: found for kind, found in self.patterns.items() if not isinstance(found, Abstention)}


def analyze(
    frame: Frame, as_of: datetime, borrowing: Borrowing | None = None, *, claims_only: bool = False
) -> dict[PatternType, Payload | Abstention]:
    """All four detectors on one frame. The random draws depend on the algorithm and the moment alone. borrowing: what WHO
    may borrow from the agency's other clients. claims_only: just what a backtest judges.
    """
    detectors: dict[PatternType, Detector] = {kind: detector() for kind, detector in DETECTORS.items()}
    detectors[PatternType.WHO] = WhoDetector(borrowing=borrowing)
    return {
        kind: detector.analyze(
            frame, as_of, np.random.default_rng(_seed(detector.algorithm, as_of)), claims_only=claims_only
        )
        for kind, detector in detectors.items()
    }


def claims(frame: Frame, as_of: datetime) -> dict[PatternType, Payload | Abstention]:
    """As `analyze`, but just what a backtest judges: no plans, no rankings of leads, no word on how sure anything is."""
    return analyze(frame, as_of, claims_only=True)


def learn(client: Client, as_of: datetime, run: LearningRun | None = None) -> Learned:
    """Learn from the client's facts up to `as_of`, store what was found, and keep a record of the run.

    run: of the client and the moment, taken by this process (`conversion.leases`); one that is made here, and that nobody
    repeats, if None. The pattern that a client has stays valid until the new one is stored, in one transaction with the end
    of the run; a type that abstains keeps what it has until it expires. Raises what went wrong after writing it into the
    run, and LeaseLostError where another process took the run meanwhile; then nothing was stored.
    """
    mine = run or started_by_hand(client, as_of)
    started = time.monotonic()
    with logs.about(client=client.pk, run=mine.pk), leases.held(mine):
        try:
            learned = _learned(client, as_of, mine)
        except Exception as error:
            leases.fail(mine, f"{type(error).__name__}: {error}", again=run is not None)
            raise
    seconds = time.monotonic() - started
    log.info("learned for client %s as of %s in %.2f s", client.pk, as_of.isoformat(), seconds)
    return replace(learned, seconds=seconds)


def started_by_hand(client: Client, as_of: datetime) -> LearningRun:
    """A run outside of the flow. Those whose process vanished are abandoned: whoever started them can see that they ended."""
    vanished = LearningRun.objects.filter(client=client, period=None, state=RunState.STARTED)
    vanished.filter(Q(claimed_until=None) | Q(claimed_until__lte=database_now())).update(state=RunState.ABANDONED)
    run = LearningRun(client=client, as_of=as_of)
    leases.begin(run)
    run.save()
    return run


def _learned(client: Client, as_of: datetime, run: LearningRun) -> Learned:
    frame = frames.load(client, as_of)
    found = analyze(frame, as_of, pooling.borrowing(client, as_of))
    payloads = {kind: payload for kind, payload in found.items() if not isinstance(payload, Abstention)}
    cards = scorecards(frame, payloads, claims, earlier_weights(client, as_of))
    with transaction.atomic():
        stored = store.store(
            client,
            payloads,
            algorithms=ALGORITHMS,
            conversions=int(np.isfinite(frame.leads.converted_at).sum()),
            now=now(),
            scorecards=cards,
            compare=lambda payload, last: comparison.compare(payload, last, frame),
        )
        found |= {kind: row.patterns for kind, row in stored.items()}
        if kept := len(stored) == len(payloads):
            drift_alerts(client, rate_drop(frame), at_risk(frame).outcome, now())
        leases.finish(run, results=_results(found, stored))
    return Learned(client, as_of, found, 0.0, len(frame.leads), len(frame.touches), kept=kept, stored=stored)


def _results(
    found: Mapping[PatternType, Payload | Abstention], stored: Mapping[PatternType, ConversionPattern]
) -> dict[str, Any]:
    return {
        str(kind): one.payload()
        if isinstance(one, Abstention)
        else {"version": getattr(stored.get(kind), "version", None)}
        for kind, one in found.items()
    }


def earlier_weights(client: Client, as_of: datetime) -> list[dict[str, float]]:
    """The weights of the latest WHO versions that knew less, the latest last."""
    versions = ConversionPatternHistory.objects.filter(client=client, pattern_type=PatternType.WHO)
    recent = versions.order_by("-version").values_list("patterns__as_of", "patterns__recommended_weights")[:RUNS]
    known = as_of.astimezone(UTC).isoformat()
    return [weights for moment, weights in reversed(recent) if weights and moment < known]


def _seed(algorithm: str, as_of: datetime) -> int:
    return int.from_bytes(blake2b(f"{algorithm} {as_of.isoformat()}".encode(), digest_size=8).digest())
