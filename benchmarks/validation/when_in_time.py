"""What is said of when, in the course of time: depletion and fatigue along a sequence, and the time to convert."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from statsmodels.duration.survfunc import CumIncidenceRight

from benchmarks.validation.claims import Claim, Question, Scale
from benchmarks.validation.when import Job, Result, chance, figures, total
from conversion.vocabulary import Status
from patterns.detectors.fatigue import decline_of, fatigue
from patterns.detectors.frame import Bools, Floats, Ints
from patterns.detectors.waiting import BOOKED, HORIZON_DAYS, LEFT, PERCENTILES, timing_of

TOUCHES = 6
MEAN_HAZARD = 0.04
DROPS_OUT = 0.03  # between touches, for reasons of the sender
AUDIENCES = ("alike", "beta", "lognormal", "pool")
WORN = np.array([1.0, 1.0, 1.0, 0.8, 0.6, 0.4])  # planted: what touches keep of their hazard
FOUND = {"alike": 0.95, "beta": 0.95, "lognormal": 0.95, "pool": 0.8}  # share of the runs that find it
CLAIMED = 0.05  # share of the runs that may claim fatigue where there is only depletion

TIMED_LEADS = 2_000
SHARE, SHAPE, SCALE_DAYS = 0.35, 1.3, 20.0  # of leads that would book, and the Weibull distribution of when
EXIT_DAYS = 250.0  # mean time to another exit, exponential
SHORT_FOLLOW_UP = 0.8  # of the leads are followed for 0 to 45 days, the rest for longer: 30 % of the bookings unseen


def willing(audience: str, leads: int, rng: np.random.Generator) -> Floats:
    """Each lead's own, constant hazard."""
    if audience == "alike":
        return np.full(leads, MEAN_HAZARD)
    if audience == "beta":
        return rng.beta(MEAN_HAZARD * 10, (1 - MEAN_HAZARD) * 10, leads)
    if audience == "lognormal":
        return np.minimum(MEAN_HAZARD * np.exp(rng.normal(-0.5, 1.0, leads)), 0.9)
    return np.where(rng.random(leads) < 0.15, 0.25, 0.002)  # a small pool of the willing


def sequence(job: Job, worn: Floats) -> tuple[Ints, Bools, Ints]:
    """Touch position, outcome and campaign of each touch sent; campaigns differ in their level."""
    rng = np.random.default_rng([job.seed, job.size, AUDIENCES.index(job.name)])
    own = willing(job.name, job.size, rng)
    campaign = rng.integers(0, 8, job.size)
    own = np.minimum(own * np.exp(rng.normal(0, 0.3, 8))[campaign], 0.95)
    there, parts = np.arange(job.size), []
    for position in range(TOUCHES):
        y = rng.random(len(there)) < own[there] * worn[position]
        parts.append((np.full(len(there), position), y, campaign[there]))
        there = there[~y & (rng.random(len(there)) >= DROPS_OUT)]
    codes, outcome, stratum = (np.concatenate(column) for column in zip(*parts, strict=True))
    return codes, outcome, stratum


def tiring(job: Job, worn: Floats) -> Result:
    """Whether fatigue is claimed; the naive way claims it where the last touch books significantly less than the first."""
    codes, y, stratum = sequence(job, worn)
    decline = decline_of(codes, y, stratum)
    assert decline is not None and decline.fatigue is not None  # noqa: S101, PT018  six touches
    claimed = fatigue(decline, decline.fatigue.p_value)["status"] == Status.SUPPORTED
    n, k = np.bincount(codes), np.bincount(codes[y], minlength=TOUCHES)
    rate = k / n
    error = np.sqrt((rate * (1 - rate) / n)[[0, -1]].sum())
    return Result(
        {"claimed": (int(claimed), 1), "naive": (int(rate[0] - rate[-1] > 1.96 * error), 1)},
        {"remaining": decline.fatigue.remaining, "spread": decline.spread},
    )


def judge_depletion(results: Sequence[Result], name: str) -> Iterator[Claim]:
    share, tries = total(results, "claimed")
    allowed = max(CLAIMED * tries, 2)
    yield Claim(
        f"no fatigue: {name}",
        f"claimed in at most {allowed:.0f} of {tries} runs",
        f"{share * tries:.0f}",
        share * tries <= allowed,
        f"{total(results, 'naive')[0] * tries:.0f} (the last touch against the first)",
    )


def judge_fatigue(results: Sequence[Result], name: str, least: float) -> Iterator[Claim]:
    share, tries = total(results, "claimed")
    yield Claim(
        f"fatigue down to {WORN[-1]:g}: {name}",
        f"claimed in at least {least} of the runs",
        f"{share:.2f} of {tries}, of the last touch remain {np.median(figures(results, 'remaining')):.2f}",
        share >= least - chance(least, tries, full=50),
    )


def incidence_by(days: Floats) -> Floats:
    """The true share of leads who have booked by these days, other exits allowed for, by fine steps."""
    step = 0.005
    middle = np.arange(0, float(days.max()), step) + step / 2
    density = SHAPE / SCALE_DAYS * (middle / SCALE_DAYS) ** (SHAPE - 1) * np.exp(-((middle / SCALE_DAYS) ** SHAPE))
    share = np.concatenate([[0.0], np.cumsum(SHARE * density * np.exp(-middle / EXIT_DAYS) * step)])
    found: Floats = np.interp(days, np.append(middle - step / 2, float(days.max())), share)
    return found


def true_times() -> dict[str, float]:
    grid = np.linspace(0, HORIZON_DAYS, 60_001)
    share = incidence_by(grid)
    times = {f"percentile_{level}": float(np.interp(level / 100 * share[-1], share, grid)) for level in PERCENTILES}
    return {**times, "converted_within_horizon": float(share[-1])}


def timed(job: Job) -> Result:
    """Percentiles of the time to convert where three of ten bookings have not been seen yet."""
    rng = np.random.default_rng(job.seed)
    booking = np.where(rng.random(job.size) < SHARE, SCALE_DAYS * rng.weibull(SHAPE, job.size), np.inf)
    leaving = rng.exponential(EXIT_DAYS, job.size)
    short = rng.random(job.size) < SHORT_FOLLOW_UP
    followed = np.where(short, rng.uniform(0, 45, job.size), rng.uniform(60, 150, job.size))
    duration = np.minimum(np.minimum(booking, leaving), followed)
    cause = np.where(duration == followed, 0, np.where(booking < leaving, BOOKED, LEFT))
    found, truth = timing_of(duration, cause), true_times()
    seen = duration[cause == BOOKED]
    given = {f"naive {level}": float(np.percentile(seen, level)) for level in PERCENTILES}
    would = (booking < leaving) & (booking <= HORIZON_DAYS)
    counts = {name: (int(found[f"{name}_low"] <= value <= found[f"{name}_high"]), 1) for name, value in truth.items()}
    counts["unseen"] = (int((would & (cause == 0)).sum()), int(would.sum()))
    return Result(counts, {name: float(found[name]) for name in truth} | given | statsmodels_times(duration, cause))


def statsmodels_times(duration: Floats, cause: Ints) -> dict[str, float]:
    """The same figures by statsmodels' cumulative incidence."""
    with np.errstate(divide="ignore", invalid="ignore"):  # its errors where the last lead followed leaves; not read
        oracle = CumIncidenceRight(duration, cause)
    times, share = np.asarray(oracle.times), np.asarray(oracle.cinc[0])
    end = share[np.searchsorted(times, HORIZON_DAYS, side="right") - 1]
    places = {level: int(np.searchsorted(share, level / 100 * end)) for level in PERCENTILES}
    return {f"oracle {level}": float(times[place]) for level, place in places.items()} | {"oracle": float(end)}


def judge_times(results: Sequence[Result]) -> Iterator[Claim]:
    truth, unseen = true_times(), total(results, "unseen")[0]
    for level in PERCENTILES:
        name = f"percentile_{level}"
        keys = (name, f"naive {level}", f"oracle {level}")
        ours, naive, oracle = (float(np.mean(figures(results, key))) for key in keys)
        yield Claim(
            f"time to convert: {level} % of the bookings, {unseen:.0%} of them unseen",
            f"on average within 10 % of {truth[name]:.1f} days",
            f"{ours:.1f}",
            abs(ours / truth[name] - 1) <= 0.1,
            f"{naive:.1f} (those who booked)",
            f"{oracle:.1f} (statsmodels)",
        )
    for name in truth:
        share, tries = total(results, name)
        yield Claim(
            f"time to convert: interval of {name}",
            "at least 0.92 of the 95 % intervals hold the truth",
            f"{share:.3f} of {tries}",
            share >= 0.92 - chance(0.95, tries, full=200),
        )
    share, oracle = (float(np.mean(figures(results, key))) for key in ("converted_within_horizon", "oracle"))
    yield Claim(
        "time to convert: share within 60 days",
        f"on average within 2 % of {truth['converted_within_horizon']:.4f}",
        f"{share:.4f}",
        abs(share / truth["converted_within_horizon"] - 1) <= 0.02,
        oracle=f"{oracle:.4f} (statsmodels)",
    )


def questions(scale: Scale) -> Iterator[Question]:
    for size in (2_000, 20_000):
        for audience in AUDIENCES:
            name = f"{audience} audience, {size:,} leads"
            jobs = [Job(audience, size, seed) for seed in scale.some(200 if size < 20_000 else 100)]
            run = partial(tiring, worn=np.ones(TOUCHES))
            yield Question(f"no fatigue, {name}", jobs, run, partial(judge_depletion, name=name))
    for audience in AUDIENCES:
        name = f"{audience} audience, 20,000 leads"
        jobs = [Job(audience, 20_000, seed) for seed in scale.some(50)]
        judge = partial(judge_fatigue, name=name, least=FOUND[audience])
        yield Question(f"fatigue, {name}", jobs, partial(tiring, worn=WORN), judge)
    jobs = [Job("timed", TIMED_LEADS, seed) for seed in scale.seeds]
    yield Question("time to convert, 2,000 leads", jobs, timed, judge_times)
