"""Weights that a client borrows from what its agency's clients have in common (`docs/statistics.md`, "Pooling")."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from patterns.detectors.findings import Abstention
from patterns.detectors.weighing import Weighing, named
from patterns.stats.pooling import Pool, borrowed
from patterns.stats.rates import Bools, Floats
from patterns.stats.weights import WeightFit, count_patterns

CERTAIN = 1e-6  # a share of resamples is never taken for nearer to 0 or 1 than this


@dataclass(frozen=True)
class Borrowing:
    """An aggregate of an agency's clients. version: of the stored row. share: of resamples of its clients in which borrowing
    from the others saved anything; promoted: whether that is enough to borrow at all.
    """

    pool: Pool
    version: int
    share: float
    promoted: bool

    def fit(self, components: Floats, y: Bools) -> WeightFit:
        """The client's weights on the rules' components, (leads, 4), drawn to the pool."""
        return borrowed(count_patterns(components, y), self.pool)

    def evidence(self) -> dict[str, Any]:
        return {"version": self.version, "clients": self.pool.clients, "p_better": self.share}


@dataclass(frozen=True)
class Lender:
    """An aggregate that lends, and the client's weights that follow from it."""

    borrowing: Borrowing
    fit: WeightFit

    @property
    def weights(self) -> dict[str, float]:
        return named(self.fit.weights)

    def alone(self, reason: Abstention) -> Weighing:
        """The weighing of a client that has too little of its own to weigh anything by."""
        parts = reason.payload()
        return Weighing(
            weights=self.weights,
            components=parts,
            evidence={"own": reason.reason, **self.told()},
            tiers=parts,
            promoted=True,
            confidence=self.borrowing.share,
        )

    def lent(self, weighing: Weighing) -> Weighing:
        """The weighing with the borrowed weights, which were its champion, unless what was learned did better than they.

        Its confidence puts together what the client's own held-out leads say and what the other clients do; they are
        different leads, so their z-scores add up (Stouffer).
        """
        if weighing.promoted:
            return weighing
        if "abstained" in weighing.evidence:
            made = self.alone(Abstention(weighing.evidence["abstained"]))
            return replace(made, components=weighing.components, tiers=weighing.tiers)
        scores = [ndtri(np.clip(p, CERTAIN, 1 - CERTAIN)) for p in (weighing.confidence, self.borrowing.share)]
        return replace(
            weighing,
            weights=self.weights,
            evidence={**weighing.evidence, **self.told()},
            promoted=True,
            confidence=float(ndtr(sum(scores) / np.sqrt(len(scores)))),
        )

    def told(self) -> Mapping[str, Any]:
        fit, evidence = self.fit, self.borrowing.evidence()
        return {"promoted": True, "borrowed": evidence, "intercept": fit.intercept, "scale": fit.scale}
