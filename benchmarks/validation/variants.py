"""A/B variants: what the winner of a test is said to be worth, and what it is worth."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.validation.claims import Claim, Question, Scale
from patterns.detectors.frame import Floats, Ints
from patterns.stats.strata import contrast, lifts, stratify


@dataclass(frozen=True)
class Tests:
    """Tests of headlines: arms a test, what each was shown, the base rate and how far arms truly differ (log sd)."""

    shown: int
    tests: int = 150
    arms: tuple[int, int] = (2, 6)
    rate: float = 0.015
    spread: float = 0.2

    def draw(self, rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
        """Test of each arm, clicks of two halves (2, arms), and true lifts within the test."""
        test = np.repeat(np.arange(self.tests), rng.integers(*self.arms, self.tests))
        ratio = np.exp(rng.normal(0, self.spread, len(test)))
        base = self.rate * np.exp(rng.normal(0, 0.4, self.tests))[test]
        mean = np.bincount(test, weights=ratio)[test] / np.bincount(test)[test]
        return test, rng.binomial(self.shown, np.minimum(base * ratio, 1.0), (2, len(test))), ratio / mean


SHOWN = (72, 357, 1_787)  # as in Upworthy's archive, by quarters of its tests


def run_variants(seed: int) -> Mapping[int, Floats]:
    """By impressions an arm: errors of lifts, raw and shrunken; the winner's claim by both, and its truth."""
    rng = np.random.default_rng(seed)
    found = {}
    for shown in SHOWN:
        test, (clicks, _), true = Tests(shown).draw(rng)
        arm = np.arange(len(test))
        y = (np.arange(shown) < clicks[:, None]).ravel()
        cells = stratify(np.repeat(arm, shown), y, np.repeat(test, shown), len(arm))
        shrunken = lifts(contrast(cells), groups=Tests(shown).tests).lift
        expected = np.bincount(test, weights=clicks)[test] / np.bincount(test)[test]
        raw = np.where(expected > 0, clicks / np.where(expected > 0, expected, 1), 1.0)
        winners = [[mine[lift[mine].argmax()] for mine in groups(test)] for lift in (raw, shrunken)]
        claims = raw[winners[0]].mean(), true[winners[0]].mean(), shrunken[winners[1]].mean(), true[winners[1]].mean()
        found[shown] = np.array([((raw - true) ** 2).mean(), ((shrunken - true) ** 2).mean(), *claims])
    return found


def groups(test: Ints) -> list[Ints]:
    return np.split(np.arange(len(test)), np.flatnonzero(np.diff(test)) + 1)


def judge_variants(results: Sequence[Mapping[int, Floats]]) -> Iterator[Claim]:
    for shown in SHOWN:
        raw, ours, naive, naive_true, claim, true = np.mean([result[shown] for result in results], axis=0)
        yield Claim(
            f"variants shown {shown:,} times each: winners",
            "claim no more than 5 % above or below their truth; error of all lifts at most 0.75 of the raw",
            f"{claim:.3f} claimed, {true:.3f} true; {np.sqrt(ours):.3f}",
            bool(abs(claim / true - 1) <= 0.05 and ours <= 0.75**2 * raw),
            naive=f"{naive:.2f} claimed, {naive_true:.2f} true; {np.sqrt(raw):.2f} (raw lifts)",
        )


def questions(scale: Scale) -> Iterator[Question]:
    yield Question("what, variants", scale.some(60), run_variants, judge_variants)
