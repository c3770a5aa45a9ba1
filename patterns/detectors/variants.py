"""A/B variants: the templates that one touch of a campaign was sent in, against each other (`docs/statistics.md`).

The template is itself what is tested here, so its luck is no noise: the unit is the send.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import ndtr

from conversion.vocabulary import CHANNELS, Status
from patterns.detectors.families import TESTED_FROM, Family
from patterns.detectors.findings import Abstention, Finding
from patterns.detectors.frame import Floats, Ints
from patterns.detectors.texts import Written
from patterns.stats.counting import dense_codes, distinct
from patterns.stats.rates import Counts, about
from patterns.stats.screening import stratified_mid_p
from patterns.stats.strata import Cells, Lifts, contrast, lifts, pick

MOST_ARMS = 10  # a touch of a campaign that is sent in more templates draws from a library; its texts are not variants
SHOWN_TESTS = 12  # those with the most bookings; all of them count among the tests
POINTS = 201  # of the integral behind `p_best`
REACH = 5.0  # standard deviations beyond the outermost arm that it covers
STRATIFIED_BY = "campaign or month, channel and touch number"


@dataclass(frozen=True)
class Arms:
    """The variants of all tests; arrays hold one element an arm, sorted by test.

    test: code. place: of each test, its campaign (0 without one), channel and touch number. family: their findings-to-be.
    p_best: probability that the arm is the best of its test. lacking: why there is no test, where there is none.
    """

    test: Ints
    place: Ints
    family: Family
    p_best: Floats
    lacking: str

    @property
    def tests(self) -> int:
        return len(self.place)


def variant_arms(counts: Written) -> Arms:
    """Find the tests: 2 to MOST_ARMS templates of one campaign, channel and touch number, with bookings to compare.

    An arm takes part with 2 expected bookings or more. Lifts are shrunken by the spread of all arms of all tests.
    """
    cells, level_of, codes, place = arm_cells(counts)
    sums = contrast(cells)
    enough = (sums.expected >= TESTED_FROM) & (sums.noise > 0)
    arms = np.bincount(codes[enough], minlength=len(place))
    kept = np.flatnonzero(enough & (arms[codes] > 1)) if len(place) else np.zeros(0, dtype=np.int64)
    used, test = np.unique(codes[kept], return_inverse=True)
    trials, won = (cells.per_level(column).astype(np.int64)[kept] for column in (cells.n, cells.k))
    found = pick(sums, kept)
    shrunken = lifts(found, groups=len(used))
    family = Family(
        keys=tuple(map(key_of, counts.key[level_of[kept]].tolist(), place[codes[kept]].tolist())),
        counts=Counts(trials, won),
        lifts=shrunken,
        expected=found.expected,
        p_values=stratified_mid_p(cells)[kept],
        stratified_by=STRATIFIED_BY,
    )
    return Arms(test, place[used], family, best(shrunken, test), "" if len(used) else lacking(sums.expected, place))


def key_of(template: int, place: Sequence[int]) -> dict[str, str]:
    """What a variant is called by: its template's key, as text since it has 64 bits, and a name that tells tests apart."""
    campaign, channel, touch = place
    of = f" of campaign {campaign}" if campaign else ""
    return {"template": str(template), "variant": f"template {template}, {CHANNELS[channel]} touch {touch}{of}"}


def arm_cells(counts: Written) -> tuple[Cells, Ints, Ints, Ints]:
    """Counts by arm and stratum of the places with 2 to MOST_ARMS templates.

    Returns the cells, the template of each arm, the test of each arm, and the place of each test.
    """
    test = dense_codes(*counts.place.T)[counts.stratum] if len(counts.stratum) else counts.stratum.astype(np.int64)
    templates = len(counts.key)
    pairs = distinct(test.astype(np.int64) * templates + counts.template)
    arms = np.bincount(pairs // max(templates, 1), minlength=int(test.max(initial=-1)) + 1)
    few = ((arms > 1) & (arms <= MOST_ARMS))[test] if len(test) else np.zeros(0, dtype=bool)
    tests, test = np.unique(test[few], return_inverse=True)
    arm, level = np.unique(test * templates + counts.template[few], return_inverse=True)
    stratum = counts.stratum[few].astype(np.int64)
    cell, at = np.unique(stratum * max(len(arm), 1) + level, return_inverse=True)
    n, k = (np.bincount(at, weights=part[few], minlength=len(cell)).astype(float) for part in (counts.n, counts.k))
    where, of = np.divmod(cell, max(len(arm), 1))
    total, hits = (np.bincount(where, weights=part)[where].astype(float) for part in (n, k))
    place = np.zeros((len(tests), counts.place.shape[1]), dtype=np.int64)
    place[test] = counts.place[stratum]
    code, template = np.divmod(arm, max(templates, 1))
    return Cells(of, n, k, total, hits, len(arm)), template, code, place


def lacking(expected: Floats, place: Ints) -> str:
    """What is missing for a test of variants."""
    if not len(place):
        return f"no touch of a campaign was sent in 2 to {MOST_ARMS} templates side by side"
    most = float(np.sort(expected)[-2:].min())
    return (
        f"{len(place)} touches were sent in several templates; too few conversions to compare them, about "
        f"{about(TESTED_FROM / max(most, 0.1))} times as many sends are needed"
    )


def best(found: Lifts, test: Ints) -> Floats:
    """Probability that each arm is the best of its test.

    An arm's own logarithm is taken as normal around its lift; as a ratio to the rest has the errors of both sides in it,
    the arm's own part of the variance is `1 - share`. With two arms it is P(lift > 1) but for the tail.
    """
    at, spread = np.log(found.lift), found.spread * np.sqrt(1 - found.share)
    chance = np.zeros(len(at))
    for code in range(int(test.max(initial=-1)) + 1):
        mine = np.flatnonzero(test == code)
        centre, sd = at[mine], np.maximum(spread[mine], 1e-9)
        grid = np.linspace((centre - REACH * sd).min(), (centre + REACH * sd).max(), POINTS)
        below = ndtr((grid[:, None] - centre) / sd)
        others = np.stack([np.delete(below, i, axis=1).prod(axis=1) for i in range(len(mine))], axis=1)
        middle = (others[1:] + others[:-1]) / 2
        wins = (middle * np.diff(below, axis=0)).sum(axis=0)
        chance[mine] = wins / wins.sum()
    return chance


def variant_part(arms: Arms, found: Sequence[Finding]) -> dict[str, Any]:
    """The `variants` part: the tests with the most bookings, in the order of channel, touch number and campaign."""
    if not arms.tests:
        return Abstention(arms.lacking).payload()
    bookings = np.bincount(arms.test, weights=arms.family.counts.successes)
    shown = np.argsort(-bookings, kind="stable")[:SHOWN_TESTS]
    items = [replace(item, p_best=float(p)) for item, p in zip(found, arms.p_best, strict=True)]
    tests = []
    for code in sorted(shown.tolist(), key=lambda code: tuple(arms.place[code][[1, 2, 0]])):
        campaign, channel, touch = arms.place[code].tolist()
        mine = sorted((items[i] for i in np.flatnonzero(arms.test == code)), key=lambda item: -item.lift)
        head = {"campaign": campaign or None, "channel": str(CHANNELS[channel]), "touch": touch}
        tests.append({**head, "variants": [item.payload() for item in mine]})
    return {"tests": tests, "tests_found": arms.tests}


def chance_of_winners(found: Sequence[Finding]) -> float:
    """How sure it is that the supported variants differ from the others of their tests; 0 where none is supported."""
    sure = [max(item.p_better, 1 - item.p_better) for item in found if item.status == Status.SUPPORTED]
    return float(np.mean(sure)) if sure else 0.0
