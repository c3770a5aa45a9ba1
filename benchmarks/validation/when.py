"""What is said of when: days, hours, touch numbers and gaps, where nothing matters and where a known curve does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

import numpy as np
import statsmodels.api as sm
from statsmodels.stats.contingency_tables import StratifiedTable

from benchmarks.validation.claims import Claim, Question, Scale
from conversion.vocabulary import Outcome
from patterns.detectors.atrisk import AtRisk, at_risk
from patterns.detectors.curves import ordered_family
from patterns.detectors.frame import Bools, Floats, Ints
from patterns.detectors.gaps import GAPS, costly_gaps, optimal_gap
from patterns.detectors.when import attributes_of, judged
from patterns.simulator.world import simulate
from patterns.stats import curves
from patterns.stats.rates import Counts
from patterns.stats.strata import Z95, contrast, mantel_haenszel, stratify

AS_OF = datetime(2026, 3, 2, tzinfo=UTC)
RATIO_LEADS = 2_000
FROM_EVENTS = 10  # expected: with fewer the logarithm of a ratio is not near normal, and its own interval too narrow
OFFICE = np.array([0.0] * 7 + [0.3, 1, 2, 3, 2, 1, 1.5, 2, 2, 1.5, 1, 0.3] + [0.0] * 5)
HOUR_SHARES = 0.96 * OFFICE / OFFICE.sum() + 0.04 / 24  # a few sends at night
BASE = 0.03
SWING = 0.5  # of the log hazard around the day, highest at 15:00
GAP_LEADS = 20_000
UNSUBSCRIBE = 0.004
NAIVE_SENDS = 3  # that the naive way asks of an hour before it calls it the best
SHORT = {"0-1": 3.0, "2": 2.0}  # unsubscribe ratios planted
SEEN = {"0-1": 0.9, "2": 0.75}  # share of the runs that should see them


@dataclass(frozen=True)
class Job:
    name: str
    size: int
    seed: int


@dataclass(frozen=True)
class Result:
    """One run: named counts of (hits, tries), or named figures."""

    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)


def total(results: Sequence[Result], name: str) -> tuple[float, int]:
    """Share of the hits of that name over all runs, and the tries."""
    hits, tries = np.sum([one.counts[name] for one in results if name in one.counts], axis=0)
    return hits / max(tries, 1), int(tries)


def chance(share: float, tries: int, full: int = 1_000) -> float:
    """What a share may miss its bound by in fewer tries than a full run has: three standard errors, for many claims."""
    return 3 * float(np.sqrt(share * (1 - share) / tries)) if tries < full else 0.0


def figures(results: Sequence[Result], name: str) -> Floats:
    return np.array([one.figures[name] for one in results if name in one.figures])


# --- every ratio is 1


def constant_hazard(job: Job) -> Result:
    """A client of the world in which every touch has the same hazard and leads leave: how many intervals hold 1."""
    table = at_risk(simulate("survivorship", job.size, job.seed, AS_OF).frame(), Outcome.BOOKED)
    counts = {}
    for name, made in attributes_of(table).items():
        family = made.family()
        used = family.counts.trials > 0
        ours = (family.lifts.low <= 1) & (family.lifts.high >= 1)
        counts[name] = (int(ours[used].sum()), int(used.sum()))
        sums = contrast(stratify(made.codes, made.y, made.stratum, len(made.labels)))
        ratio, variance = mantel_haenszel(sums)
        many = (sums.expected >= FROM_EVENTS) & np.isfinite(variance)
        held = np.abs(np.log(ratio[many])) <= Z95 * np.sqrt(variance[many])
        counts[f"unshrunken {name}"] = (int(held.sum()), int(many.sum()))
    counts["naive touch"] = naive_touch_shares(table)
    counts["oracle day"] = oracle_days(table)
    return Result(counts)


def naive_touch_shares(table: AtRisk) -> tuple[int, int]:
    """Of the share of the bookings that each touch number has, how many 95 % intervals hold an equal share."""
    booked = np.bincount(table.touch[table.y] - 1, minlength=6)
    share = booked / booked.sum()
    error = Z95 * np.sqrt(share * (1 - share) / booked.sum())
    return int((np.abs(share - 1 / len(share)) <= error).sum()), len(share)


def oracle_days(table: AtRisk) -> tuple[int, int]:
    """Pooled odds ratios of the working days by statsmodels, each against the other days of the stratum."""
    held = 0
    for day in range(5):
        low, high = pooled_odds(table.day == day, table.y, table.stratum)
        held += low <= 1 <= high
    return held, 5


def pooled_odds(has: Bools, y: Bools, stratum: Ints) -> tuple[float, float]:
    """95 % interval of statsmodels' Mantel-Haenszel odds ratio."""
    cells = np.bincount(stratum.astype(np.int64) * 4 + 2 * ~has + ~y, minlength=4 * (int(stratum.max()) + 1))
    tables = cells.reshape(-1, 2, 2).astype(np.float64)
    informative = (tables.sum(axis=2) > 0).all(axis=1) & (tables[:, :, 0].sum(axis=1) > 0)
    low, high = StratifiedTable(np.moveaxis(tables[informative], 0, 2)).oddsratio_pooled_confint()
    return float(low), float(high)


def judge_constant(results: Sequence[Result]) -> Iterator[Claim]:
    for name in ("day", "hour", "touch", "gap"):
        share, tries = total(results, name)
        raw, raw_tries = total(results, f"unshrunken {name}")
        naive = f"{total(results, 'naive touch')[0]:.3f} (shares of bookings)" if name == "touch" else ""
        oracle = f"{total(results, 'oracle day')[0]:.3f} (odds ratios by statsmodels)" if name == "day" else ""
        yield Claim(
            f"constant hazard: {name} lifts",
            "at least 0.93 of the 95 % intervals hold 1",
            f"{share:.3f} of {tries:,}",
            share >= 0.93,
            naive,
        )
        yield Claim(
            f"constant hazard: {name} ratios, unshrunken",
            "0.93 to 0.97 of the 95 % intervals hold 1",
            f"{raw:.3f} of {raw_tries:,}",
            0.93 - chance(0.95, raw_tries) <= raw <= 0.97 + chance(0.95, raw_tries),
            oracle=oracle,
        )


# --- hours


def hourly(job: Job) -> tuple[Ints, Bools, Ints, Floats]:
    """Hours of `job.size` sends in eight campaigns, what booked, the campaigns, and the true rate of each hour."""
    rng = np.random.default_rng([job.seed, job.size])
    hour = rng.choice(24, job.size, p=HOUR_SHARES)
    swing = SWING if job.name == "curve" else 0.0
    rate = BASE * np.exp(swing * np.cos(2 * np.pi * (np.arange(24) - 15) / 24))
    return hour, rng.random(job.size) < rate[hour], rng.integers(0, 8, job.size), rate


def hours(job: Job) -> Result:
    """The rates of the hours: errors against the truth, and what is claimed for the best one."""
    hour, y, campaign, rate = hourly(job)
    family = ordered_family("hour", range(24), hour, y, campaign, walk=curves.HOURS, stratified_by="campaign")
    counts, average = family.counts, max(float(y.mean()), 0.5 / len(y))
    used = counts.trials > 0
    raw = counts.successes[used] / counts.trials[used]
    enough = counts.trials >= NAIVE_SENDS
    best = int(np.argmax(np.where(used, family.rates.mean, 0.0)))
    naive = float((counts.successes[enough] / counts.trials[enough]).max())
    return Result(
        figures={
            "ours": float(np.sqrt(np.mean((family.rates.mean[used] - rate[used]) ** 2))),
            "raw": float(np.sqrt(np.mean((raw - rate[used]) ** 2))),
            "oracle": harmonic_error(counts, rate, used) if job.name == "curve" else 0.0,
            "best": float(family.lifts.lift[best]),
            "best rate": float(family.rates.mean[best]) / average,
            "naive best": naive / average,
        }
    )


def harmonic_error(counts: Counts, rate: Floats, used: Bools) -> float:
    """RMSE of statsmodels' regression that knows the shape of the curve, and only its size and place are unknown."""
    angle = 2 * np.pi * np.arange(24) / 24
    design = np.stack([np.ones(24), np.cos(angle), np.sin(angle)], axis=1)[used]
    outcomes = np.stack([counts.successes, counts.trials - counts.successes], axis=1)[used]
    fitted = sm.GLM(outcomes, design, family=sm.families.Binomial()).fit().fittedvalues
    return float(np.sqrt(np.mean((fitted - rate[used]) ** 2)))


def judge_curve(results: Sequence[Result], size: int) -> Iterator[Claim]:
    ours, raw, oracle = (float(np.mean(figures(results, name))) for name in ("ours", "raw", "oracle"))
    yield Claim(
        f"hours: a smooth effect, {size:,} sends",
        "error of the 24 rates at least 25 % below that of raw ones",
        f"{ours:.4f}, {1 - ours / raw:.0%} below",
        ours <= 0.75 * raw,
        f"{raw:.4f}",
        f"{oracle:.4f} (statsmodels, which is told the shape)",
    )


def judge_best(results: Sequence[Result], size: int) -> Iterator[Claim]:
    ours, rate, naive = (float(np.median(figures(results, name))) for name in ("best", "best rate", "naive best"))
    yield Claim(
        f"hours: nothing matters, {size:,} sends",
        "the lift of the best hour is at most 1.5 (median)",
        f"{ours:.2f}; its rate {rate:.2f} times the average",
        ours <= 1.5,
        f"{naive:.2f}",
    )


# --- gaps and unsubscribes


def unsubscribed(table: AtRisk, ratios: dict[str, float], rng: np.random.Generator) -> AtRisk:
    """The table with unsubscribes drawn anew, these times as many after those gaps."""
    codes = attributes_of(table)["gap"].codes
    ratio = np.array([*(ratios.get(gap, 1.0) for gap in GAPS), 1.0])[codes]
    return replace(table, left=(rng.random(len(table)) < UNSUBSCRIBE * ratio) & ~table.y)


def gap_costs(job: Job) -> Result:
    """Whether short gaps are seen to cost unsubscribes, where they do and where they do not."""
    planted = SHORT if job.name == "planted" else {}
    table = at_risk(simulate("null", job.size, job.seed, AS_OF).frame(), Outcome.BOOKED)
    table = unsubscribed(table, planted, np.random.default_rng(job.seed))
    attributes = attributes_of(table)
    costly = costly_gaps(judged({"gap": attributes["gap"]}, table).costs)
    codes = attributes["gap"].codes
    known = codes >= 0
    sent, left = np.bincount(codes[known], minlength=6), np.bincount(codes[known & table.left], minlength=6)
    worst = float((left / sent).max() / (left.sum() / sent.sum()))
    low, _ = pooled_odds(codes[known] == 0, table.left[known], table.stratum[known])
    counts = {gap: (int(gap in costly), 1) for gap in SHORT}
    return Result(
        counts | {"any": (int(bool(costly)), 1), "naive": (int(worst >= 1.2), 1), "oracle": (int(low > 1), 1)}
    )


def gap_choice(job: Job) -> Result:
    """Whether the gap that books most is chosen, where it costs unsubscribes and where it does not."""
    table = at_risk(simulate("when", job.size, job.seed, AS_OF).frame(), Outcome.BOOKED)
    counts = {}
    for name, ratios in (("free", {}), ("costly", {"3": 3.0})):
        made = unsubscribed(table, ratios, np.random.default_rng(job.seed))
        found = judged(attributes_of(made), made)
        counts[name] = (int(optimal_gap(found.of("gap"), costly_gaps(found.costs)) == "3"), 1)
    return Result(counts)


def judge_planted(results: Sequence[Result]) -> Iterator[Claim]:
    for gap, ratio in SHORT.items():
        share, tries = total(results, gap)
        oracle = f"{total(results, 'oracle')[0]:.2f} (odds ratio by statsmodels)" if gap == "0-1" else ""
        yield Claim(
            f"gaps: {gap} days with {ratio:g} times the unsubscribes",
            f"in at least {SEEN[gap]} of the runs the ratio's whole interval lies above 1",
            f"{share:.2f} of {tries}",
            share >= SEEN[gap] - chance(SEEN[gap], tries, full=100),
            oracle=oracle,
        )


def judge_harmless(results: Sequence[Result]) -> Iterator[Claim]:
    share, tries = total(results, "any")
    allowed = max(0.07 * tries, 2)
    yield Claim(
        "gaps: no effect on unsubscribes",
        f"in at most {allowed:.0f} of {tries} runs any gap is said to cost some",
        f"{share * tries:.0f}",
        share * tries <= allowed,
        f"{total(results, 'naive')[0] * tries:.0f} (a raw rate of 1.2 times the average)",
    )


def judge_choice(results: Sequence[Result]) -> Iterator[Claim]:
    (free, tries), (costly, _) = total(results, "free"), total(results, "costly")
    yield Claim(
        "gaps: the one that books most",
        "chosen in at least 0.95 of the runs, and in at most 0.05 where it triples the unsubscribes",
        f"{free:.2f} and {costly:.2f} of {tries}",
        free >= 0.95 and costly <= 0.05,
    )


def questions(scale: Scale) -> Iterator[Question]:
    jobs = [Job("constant", RATIO_LEADS, seed) for seed in scale.seeds]
    yield Question("constant hazard, 2,000 leads", jobs, constant_hazard, judge_constant)
    for size in (2_000, 20_000):
        jobs = [Job("curve", size, seed) for seed in scale.seeds]
        yield Question(f"hours, {size:,} sends", jobs, hours, partial(judge_curve, size=size))
    for size in (200, 2_000, 20_000):
        jobs = [Job("flat", size, seed) for seed in scale.seeds]
        yield Question(f"flat hours, {size:,} sends", jobs, hours, partial(judge_best, size=size))
    jobs = [Job("planted", GAP_LEADS, seed) for seed in scale.some(100)]
    yield Question("gaps that cost unsubscribes", jobs, gap_costs, judge_planted)
    jobs = [Job("harmless", GAP_LEADS, seed) for seed in scale.seeds]
    yield Question("gaps that cost none", jobs, gap_costs, judge_harmless)
    jobs = [Job("choice", GAP_LEADS, seed) for seed in scale.some(20)]
    yield Question("the gap to choose", jobs, gap_choice, judge_choice)
