"""Lifts and tests: what is found, what is claimed for nothing, and how near the tests are to exact ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import hypergeom, norm
from statsmodels.stats.contingency_tables import StratifiedTable

from benchmarks.validation.claims import Claim, Question, Scale
from conversion.vocabulary import Status
from patterns.detectors.families import Family, findings, values_family
from patterns.detectors.frame import Bools, Floats, Ints
from patterns.stats.screening import stratified_mid_p
from patterns.stats.strata import contrast, mantel_haenszel, stratify

FOUND_AT_LEAST, FALSE_AT_MOST, VETOED_AT_MOST = 0.95, 0.07, 0.1
HALF_AT_LEAST = 0.8  # a half is shown by 25 conversions where 46 are expected, a double by 100
ROWS = 20_000
TOP_AT_MOST = 1.5


@dataclass(frozen=True)
class World:
    """Rows of one attribute. ratios: the values' true ratios. shares: how often each occurs."""

    name: str
    rows: int
    base: float
    ratios: tuple[float, ...]
    shares: tuple[float, ...]

    def draw(self, rng: np.random.Generator) -> tuple[Ints, Bools, Ints]:
        """Codes, outcomes and strata; the stratum decides the rate and how often the values that differ occur."""
        share = np.array(self.shares) / sum(self.shares)
        stratum = rng.integers(0, 12, self.rows)
        codes = rng.choice(len(share), self.rows, p=share)
        season = np.exp(rng.normal(0, 0.5, 12))
        rate = self.base * season / season.mean()
        return codes, rng.random(self.rows) < np.minimum(rate[stratum] * np.array(self.ratios)[codes], 1.0), stratum


POWER = World("power", ROWS, 0.03, (2.0, 0.5, *(1.0,) * 10), (1.0,) * 12)
CROWD = World("crowd", ROWS, 0.06, (2.0, *(1.0,) * 39), (1.0,) * 40)
NULL = World("null", 2_000, 0.04, (1.0,) * 40, tuple(1 / np.arange(1, 41) ** 0.7))
# Titles as people write them: most of three hundred occur once or twice, and some of these convert.
TAIL = World("tail", 2_000, 0.03, (1.0,) * 300, tuple(1 / np.arange(1, 301) ** 1.1))


def family_of(rows: tuple[Ints, Bools, Ints], values: int) -> Family:
    return values_family("value", range(values), *rows, stratified_by="week")


def run_world(world: World, seed: int) -> Mapping[str, float]:
    """What is found of what differs, what is claimed of the rest, and the same by a z test of each value's raw rate."""
    rows = world.draw(np.random.default_rng(seed))
    family = family_of(rows, len(world.ratios))
    (items,) = findings([family])
    real = np.array(world.ratios) != 1
    supported = np.array([item.status == Status.SUPPORTED for item in items])
    tested = np.array([item.q_value is not None and item.q_value <= 0.05 for item in items])
    raw, y = family.counts.successes / np.maximum(family.counts.trials, 1), rows[1]
    error = np.sqrt(y.mean() * (1 - y.mean()) / np.maximum(family.counts.trials, 1))
    naive = 2 * norm.sf(np.abs(raw - y.mean()) / error) <= 0.05
    enough = family.counts.successes >= 3
    return {
        "found": float(supported[0]),
        "found half": float(supported[1]),
        "false": float((supported & ~real).sum() / max(supported.sum(), 1)),
        "tested": float((tested & real).sum()),
        "both": float((tested & supported & real).sum()),
        "naive found": float(naive[0]),
        "naive false": float((naive & ~real).sum() / max(naive.sum(), 1)),
        "top": float(family.lifts.lift.max()),
        "naive top": float((raw[enough] / y.mean()).max()) if enough.any() else 1.0,
    }


def run_power(seed: int) -> Mapping[str, Mapping[str, float]]:
    return {world.name: run_world(world, seed) for world in (POWER, CROWD, NULL, TAIL)}


def judge_power(results: Sequence[Mapping[str, Mapping[str, float]]]) -> Iterator[Claim]:
    def total(world: World, name: str) -> float:
        return float(np.sum([result[world.name][name] for result in results]))

    names = ("found", "found half", "false", "naive found", "naive false")
    found, half, false, naive, naive_false = (total(POWER, name) / len(results) for name in names)
    yield Claim(
        "factors of 2 and 1/2 among 12 values, 20,000 rows",
        f"at least {FOUND_AT_LEAST} and {HALF_AT_LEAST} found, a false-discovery rate of at most {FALSE_AT_MOST}",
        f"{found:.3f} and {half:.3f} found, {false:.3f} false",
        found >= FOUND_AT_LEAST and half >= HALF_AT_LEAST and false <= FALSE_AT_MOST,
        naive=f"{naive:.3f} found, {naive_false:.3f} false (z test of each raw rate)",
    )
    tested, both = total(CROWD, "tested"), total(CROWD, "both")
    yield Claim(
        "one factor of 2 among 40 values, 20,000 rows",
        f"of what the test finds, the interval takes back at most {VETOED_AT_MOST}",
        f"{1 - both / max(tested, 1):.3f} of {tested:.0f}",
        tested - both <= VETOED_AT_MOST * tested,
    )
    for world, values in ((NULL, 40), (TAIL, 300)):
        tops = [[result[world.name][name] for result in results] for name in ("top", "naive top")]
        top, naive_top = (float(np.median(column)) for column in tops)
        yield Claim(
            f"null, 2,000 rows, {values} values",
            f"the largest lift is at most {TOP_AT_MOST} in the median",
            f"{top:.2f}",
            top <= TOP_AT_MOST,
            naive=f"{naive_top:.2f} (largest raw lift with 3 successes)",
        )


def run_oracle(seed: int) -> Floats:
    """Differences to statsmodels: rate ratio; p-value to the exact one, and statsmodels' normal one to the exact one."""
    rng = np.random.default_rng(seed)
    stratum = rng.integers(0, 8, 1_200)
    codes = (rng.random(1_200) < rng.uniform(0.1, 0.9, 8)[stratum]).astype(np.int64)
    rate = 0.04 * np.exp(rng.normal(0, 0.7, 8))
    y = rng.random(1_200) < rate[stratum] * np.where(codes == 1, np.exp(rng.normal(0, 0.4)), 1.0)
    cells = stratify(codes, y, stratum, 2)
    tables = []
    for group in range(8):
        here = stratum == group
        mine = here & (codes == 1)
        tables.append(
            [[(mine & y).sum(), (mine & ~y).sum()], [(here & ~mine & y).sum(), (here & ~mine & ~y).sum()]],
        )
    known = StratifiedTable([np.array(table, dtype=float) for table in tables])
    ratio = mantel_haenszel(contrast(cells))[0][1]
    exact = exact_mid_p(tables)
    ours = abs(np.log(stratified_mid_p(cells)[1] / exact))
    normal = abs(np.log(known.test_null_odds(correction=False).pvalue / exact))
    return np.array([abs(ratio / known.riskratio_pooled - 1), ours, normal])


def exact_mid_p(tables: Sequence[Any]) -> float:
    """Two-sided mid-p value of the sum of hypergeometric counts, by convolution of their distributions."""
    chance, seen = np.ones(1), 0
    for (a, b), (c, d) in tables:
        chance = np.convolve(chance, hypergeom(a + b + c + d, a + c, a + b).pmf(np.arange(a + c + 1)))
        seen += int(a)
    up, down = chance[seen + 1 :].sum() + chance[seen] / 2, chance[:seen].sum() + chance[seen] / 2
    return float(min(1.0, 2 * min(up, down)))


def judge_oracle(results: Sequence[Floats]) -> Iterator[Claim]:
    ratio, ours, normal = np.array(results).T
    yield Claim(
        "Mantel-Haenszel rate ratio",
        "that of statsmodels to 9 digits",
        f"differs by {np.nanmax(ratio):.1e} at most",
        bool(np.nanmax(ratio) <= 1e-9),
        oracle="StratifiedTable.riskratio_pooled",
    )
    yield Claim(
        "stratified mid-p value",
        "within 5 % of the exact one in the median, 50 % in 95 of 100",
        f"{np.exp(np.median(ours)) - 1:.1%}, {np.exp(np.quantile(ours, 0.95)) - 1:.0%}",
        bool(np.median(ours) <= np.log(1.05) and np.quantile(ours, 0.95) <= np.log(1.5)),
        oracle=f"{np.exp(np.median(normal)) - 1:.1%}, {np.exp(np.quantile(normal, 0.95)) - 1:.0%} (StratifiedTable)",
    )


def questions(scale: Scale) -> Iterator[Question]:
    yield Question("rates, power and silence", scale.seeds, run_power, judge_power)
    yield Question("rates, tests against oracles", scale.seeds, run_oracle, judge_oracle)
