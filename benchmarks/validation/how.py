"""HOW's ratios: how right they are where channels do nothing, where they do something, and where only texts differ."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from benchmarks.validation import textbook
from benchmarks.validation.claims import Claim, Question, Scale
from benchmarks.validation.outreach import VOICE, Job, World, outreach
from conversion.vocabulary import Status
from patterns.detectors.atrisk import at_risk
from patterns.detectors.effects import channel_family, count_family, new_family
from patterns.detectors.families import Family
from patterns.detectors.hazard import COLUMNS, INTERACTIONS, SIZES, Hazard
from patterns.detectors.how import Facts, gather
from patterns.detectors.sequences import one_hot
from patterns.stats.logistic import fit, ridge

LEADS = 2_000
STRONG = World(channel={VOICE: 2.0}, new_channel=1.3)
COVERED = 0.93  # share of the runs in which a 95 % interval holds the truth, at least
COVERED_AT_MOST = 0.97  # of intervals without a prior
NEAR = 0.10  # of the planted odds ratio
LUCK, LUCK_LEADS = 0.6, 5_000
LUCK_ALLOWED, FEW = 0.07, 2  # share of the runs in which texts may pass for channels; and by chance of a handful
FREE_SD, NO_SD = 5.0, 1e-3  # priors that leave an effect to the data, and that leave it out
AGREED = 0.05  # standard errors: what a wide prior still pulls
RANK = 1e-9  # singular values below this share of the largest are none
ORACLES = 5  # first runs that an independent library repeats
LEAST_CHANCES = 2.5  # standard errors that the least of fifty ratios may fall short by chance


@dataclass(frozen=True)
class Ratios:
    """One client: (estimate, low, high) of odds ratios by name, as shipped and without priors; naive figures; how far the
    independent library's odds ratios are from ours, in standard errors.
    """

    shipped: Mapping[str, tuple[float, float, float]]
    free: Mapping[str, tuple[float, float, float]]
    naive_channels: Sequence[float] = ()
    naive_voice: float = 1.0
    naive_claims: Sequence[float] = ()
    apart: float | None = None


def ratios(job: Job) -> Ratios:
    frame = outreach(job.world, job.leads, job.seed)
    facts = gather(frame, at_risk(frame))
    free = free_model(facts)
    shipped = {
        f"{name} {' '.join(map(str, item.key.values()))}": (item.lift, item.lift_low, item.lift_high)
        for name, items in facts.found.items()
        for item in items
        if item.q_value is not None
    }
    return Ratios(
        shipped,
        by_name(free),
        textbook.channels_lifts(frame),
        textbook.with_channel_lift(frame, VOICE),
        tuple(textbook.winning(frame).values()),
        apart(free) if job.oracle else None,
    )


def free_model(facts: Facts) -> Hazard:
    """The hazard model without interactions and with priors so wide that they say nothing."""
    sds = [NO_SD if column in INTERACTIONS and column != "used" else FREE_SD for column in COLUMNS]
    terms = [ridge(size, sd) for size, sd in zip(SIZES, sds, strict=True)]
    return Hazard(facts.model.patterns, fit(facts.model.patterns, terms, strata_sd=FREE_SD))


def families(model: Hazard) -> list[Family]:
    return [family for family in (channel_family(model), new_family(model), count_family(model)) if family is not None]


def by_name(model: Hazard) -> dict[str, tuple[float, float, float]]:
    return {
        " ".join(map(str, family.keys[i].values())): (
            float(family.lifts.lift[i]),
            float(family.lifts.low[i]),
            float(family.lifts.high[i]),
        )
        for family in families(model)
        for i in range(len(family))
    }


def apart(model: Hazard) -> float:
    """The largest distance of our log odds ratios to those of statsmodels' GLM without priors, in standard errors."""
    import statsmodels.api as sm  # noqa: PLC0415 (an oracle alone)

    patterns = model.patterns
    used = [i for i, column in enumerate(COLUMNS) if column not in INTERACTIONS or column == "used"]
    levels = np.where(np.isin(np.arange(len(COLUMNS)), used), patterns.levels, -1)
    design = np.column_stack([one_hot(levels), np.eye(int(patterns.stratum.max()) + 1)[patterns.stratum]])
    counts = np.column_stack([patterns.events, patterns.trials - patterns.events])
    _, values, directions = np.linalg.svd(design, full_matrices=False)
    basis = directions[values > RANK * values[0]].T  # levels of a column add up to one: only their contrasts are there
    result = sm.GLM(counts, design @ basis, family=sm.families.Binomial()).fit(tol=1e-10)
    size = len(model.fit.coefficients)
    coefficients, covariance = basis @ result.params, basis @ result.cov_params() @ basis.T
    same = replace(model.fit, coefficients=coefficients[:size], covariance=covariance[:size, :size])
    theirs = families(replace(model, fit=same))
    return max(
        float((np.abs(one.lifts.centre - other.lifts.centre) / other.lifts.spread).max())
        for one, other in zip(families(model), theirs, strict=True)
    )


def constant(results: Sequence[Ratios]) -> Iterator[Claim]:
    """Where the hazard is constant and channels do nothing."""
    runs = len(results)
    shipped, free = (covering([getattr(one, name) for one in results]) for name in ("shipped", "free"))
    least = COVERED - LEAST_CHANCES * np.sqrt(COVERED * (1 - COVERED) / runs)
    known = {name: hits for name, hits in shipped.items() if len(hits) >= runs / 2}
    pooled = float(np.mean(np.concatenate(list(known.values()))))
    worst = min(float(np.mean(hits)) for hits in known.values())
    lifts = np.nanmean([one.naive_channels for one in results], axis=0)
    yield Claim(
        "constant hazard, 2,000 leads: ratios",
        f"cover 1 in at least {COVERED:.0%} of the runs, each of them but for chance ({least:.1%} here)",
        f"{pooled:.1%}; the least of {len(known)} ratios {worst:.1%}",
        pooled >= COVERED and worst >= least,
        naive=f"leads on 1, 2, 3, 4 channels: lift {' / '.join(f'{lift:.2f}' for lift in lifts)}",
    )
    unshrunken = float(np.mean(np.concatenate(list(free.values()))))
    distances = [one.apart for one in results if one.apart is not None]
    slack = LEAST_CHANCES * np.sqrt(0.05 * 0.95 / runs / 3)  # a run's nine ratios are worth about three
    yield Claim(
        "constant hazard, 2,000 leads: ratios without priors",
        f"cover 1 in {COVERED:.0%} to {COVERED_AT_MOST:.0%} of the runs, but for chance ({slack:.1%})",
        f"{unshrunken:.1%}",
        COVERED - slack <= unshrunken <= COVERED_AT_MOST + slack,
        oracle=f"statsmodels GLM: at most {max(distances):.3f} standard errors apart" if distances else "",
    )
    claims = [claim for one in results for claim in one.naive_claims]
    agreed = max(distances, default=0.0) <= AGREED
    yield Claim(
        "constant hazard: agreement with an independent fit",
        f"log odds ratios within {AGREED} standard errors",
        f"{max(distances, default=0.0):.3f}",
        agreed,
        naive=f"the top five sequences by raw rate claim {np.mean(claims):.0%} of their leads",
    )


def covering(results: Sequence[Mapping[str, tuple[float, float, float]]]) -> dict[str, list[bool]]:
    """By name, in which runs the interval holds 1."""
    held: dict[str, list[bool]] = {}
    for one in results:
        for name, (_, low, high) in one.items():
            held.setdefault(name, []).append(low <= 1 <= high)
    return held


def recovery(results: Sequence[Ratios]) -> Iterator[Claim]:
    """Planted odds ratios come out near their truth."""
    naive = f"leads called against leads not called: {np.mean([one.naive_voice for one in results]):.2f}"
    planted = (("voice", "channel voice", 2.0), ("new_channel", "new new_channel", 1.3))
    for free_name, name, truth in planted:
        found = mean_ratio([one.shipped[name][0] for one in results if name in one.shipped])
        free = mean_ratio([one.free[free_name][0] for one in results])
        covered = np.mean([one.free[free_name][1] <= truth <= one.free[free_name][2] for one in results])
        yield Claim(
            f"planted odds ratio, 2,000 leads: {free_name} {truth}",
            f"within {NEAR:.0%} on average, shrunken and without priors",
            f"{found:.2f} and {free:.2f} over {len(results)} worlds; without priors covered in {covered:.0%}",
            abs(found / truth - 1) <= NEAR and abs(free / truth - 1) <= NEAR,
            naive=naive if free_name == "voice" else "",
        )


def mean_ratio(values: Sequence[float]) -> float:
    return float(np.exp(np.mean(np.log(values))))


@dataclass(frozen=True)
class Luck:
    """Whether HOW supports anything, and whether it would if it took texts for channels."""

    supports: bool
    blind: bool


def lucky(job: Job) -> Luck:
    frame = outreach(job.world, job.leads, job.seed)
    blind = replace(frame, touches=replace(frame.touches, template=np.zeros_like(frame.touches.template)))
    return Luck(*(supports(gather(one, at_risk(one))) for one in (frame, blind)))


def supports(facts: Facts) -> bool:
    return any(item.status == Status.SUPPORTED for items in facts.found.values() for item in items)


def unfooled(name: str, results: Sequence[Luck]) -> Iterator[Claim]:
    hits, blind = (sum(getattr(one, key) for one in results) for key in ("supports", "blind"))
    allowed = max(LUCK_ALLOWED * len(results), FEW)
    yield Claim(
        name,
        f"at most {allowed:.0f} of {len(results)} runs support anything",
        f"{hits} of {len(results)}",
        hits <= allowed,
        naive=f"without regard to texts {blind} of {len(results)}",
    )


def questions(scale: Scale) -> Iterator[Question]:
    first = set(scale.seeds[:ORACLES])
    jobs = [Job(World(), LEADS, seed, oracle=seed in first) for seed in scale.seeds]
    yield Question("constant hazard", jobs, ratios, constant)
    jobs = [Job(STRONG, LEADS, seed) for seed in scale.some(60)]
    yield Question("planted odds ratios", jobs, ratios, recovery)
    for templates in (1, 4, 30):
        name = f"luck of {templates} text{'s' * (templates > 1)} a channel"
        jobs = [Job(World(templates=templates, luck=LUCK), LUCK_LEADS, seed) for seed in scale.some(100)]
        yield Question(name, jobs, lucky, partial(unfooled, name))
