"""Learning: a function of a client's facts up to a moment and of the algorithms' versions, and of nothing else."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
from django.utils.timezone import now

from conversion.models import Client
from conversion.vocabulary import PatternType, RunState
from patterns import frames, store
from patterns.detectors.findings import Abstention
from patterns.detectors.frame import Frame
from patterns.detectors.how import HowDetector
from patterns.detectors.what import WhatDetector
from patterns.detectors.when import WhenDetector
from patterns.detectors.who import WhoDetector
from patterns.models import LearningRun

log = logging.getLogger(__name__)


class Detector(Protocol):
    """What the four detectors have in common."""

    algorithm: str

    def analyze(self, frame: Frame, as_of: datetime, rng: np.random.Generator) -> dict[str, Any] | Abstention: ...


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
    """What one run found: a payload or an abstention for each pattern type, the seconds it took, and the frame's size."""

    client: Client
    as_of: datetime
    patterns: Mapping[PatternType, Payload | Abstention]
    seconds: float
    leads: int
    touches: int
    kept: bool = True  # False: patterns that know later facts stay in force

    def payloads(self) -> dict[PatternType, Payload]:
        return {kind: found for kind, found in self.patterns.items() if not isinstance(found, Abstention)}


def analyze(frame: Frame, as_of: datetime) -> dict[PatternType, Payload | Abstention]:
    """All four detectors on one frame. The random draws depend on the algorithm and the moment alone."""
    return {
        kind: detector().analyze(frame, as_of, np.random.default_rng(_seed(detector.algorithm, as_of)))
        for kind, detector in DETECTORS.items()
    }


def learn(client: Client, as_of: datetime) -> Learned:
    """Learn from the client's facts up to `as_of`, store what was found, and keep a record of the run.

    The pattern that a client has stays valid until the new one is stored, in one transaction; a type that abstains keeps
    what it has until it expires. Raises what went wrong after writing it into the run.
    """
    LearningRun.objects.filter(client=client, state=RunState.STARTED).update(state=RunState.ABANDONED)
    run = LearningRun.objects.create(client=client, as_of=as_of)
    started = time.monotonic()
    try:
        frame = frames.load(client, as_of)
        found = analyze(frame, as_of)
        payloads = {kind: payload for kind, payload in found.items() if not isinstance(payload, Abstention)}
        conversions = int(np.isfinite(frame.leads.converted_at).sum())
        stored = store.store(client, payloads, algorithms=ALGORITHMS, conversions=conversions, now=now())
    except Exception as error:
        run.state, run.error, run.finished_at = RunState.FAILED, f"{type(error).__name__}: {error}", now()
        run.save()
        raise
    run.results = {
        str(kind): one.payload()
        if isinstance(one, Abstention)
        else {"version": getattr(stored.get(kind), "version", None)}
        for kind, one in found.items()
    }
    run.state, run.finished_at = RunState.DONE, now()
    run.save()
    seconds = time.monotonic() - started
    log.info("learned for client %s as of %s in %.2f s", client.pk, as_of.isoformat(), seconds)
    kept = len(stored) == len(payloads)
    return Learned(client, as_of, found, seconds, len(frame.leads), len(frame.touches), kept=kept)


def _seed(algorithm: str, as_of: datetime) -> int:
    return int.from_bytes(blake2b(f"{algorithm} {as_of.isoformat()}".encode(), digest_size=8).digest())
