"""Do decisions pay? New leads of a simulated world, scored, planned and written to by what its history taught, against the
same leads by the defaults.

    python -m benchmarks.decisions --worlds all null --leads 20000 --seeds 3

For each seed a history of the world is learned from, as `learn_patterns` does. Then new leads arrive over four weeks, of
whom there is time for the better half by score; these get a plan and texts. What counts is the bookings to be expected,
which the world's own hazards give without drawing them. Both ways see the same leads on the same days, so they are compared
lead by lead: the interval (95 %, linearised ratio of two sums) is that of the new leads.

Budgets: in the world `all`, from 20,000 leads on, 1.3 times as many bookings; in a world where nothing matters the interval
holds 1. Exits with 1 where not. Needs no database.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import django
import numpy as np
import numpy.typing as npt

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agency_os.settings")
django.setup()

from conversion import als  # noqa: E402 (settings come first; so for all below)
from conversion.content import DEFAULT as VOCABULARY  # noqa: E402
from conversion.vocabulary import CHANNELS  # noqa: E402
from engines.brief import Line, compose  # noqa: E402
from engines.plan import TOUCHES, PlannedLead, plan  # noqa: E402
from engines.reach import unreachable  # noqa: E402
from engines.scoring import PARTS, learned_points  # noqa: E402
from engines.whereabouts import whereabouts  # noqa: E402
from patterns import guidance, known, learning, store  # noqa: E402
from patterns.detectors.findings import Abstention  # noqa: E402
from patterns.guidance import Guidance  # noqa: E402
from patterns.simulator.leads import INDUSTRY_NAMES, SIGNAL_COLUMNS, TITLE_NAMES, People  # noqa: E402
from patterns.simulator.library import Library  # noqa: E402
from patterns.simulator.rows import person_row  # noqa: E402
from patterns.simulator.sends import SPREAD_DAYS, draw_sends  # noqa: E402
from patterns.simulator.world import WORLDS, Simulation, simulate  # noqa: E402

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Content = Mapping[str, tuple[Line, ...]]

AS_OF = datetime(2026, 3, 2, tzinfo=UTC)
ARRIVALS = 28  # days over which the new leads appear, so that no weekday is favoured by the start
CONTACTED = 0.5  # share of the new leads that there is time for
VARIANTS = 3  # templates of each channel that come nearest to the brief
IN_RANGE = 0.1  # what a length within the range of the brief counts, on the scale of the log lift of the other lines
CLIENT = SimpleNamespace(
    pk=UUID(int=0), name="Simulated", als_learned_weights=None, als_tiers=dict(als.DEFAULT_TIERS), deleted_at=None
)
ALL_AT_LEAST, ALL_FROM = 1.3, 20_000
NOTHING_MATTERS = ("null", "survivorship", "rare_night")


@dataclass(frozen=True)
class Policy:
    """What scores the leads, what plans them, and which templates may be sent."""

    scores: Guidance
    plans: Guidance
    texts: Bools | None


@dataclass(frozen=True)
class Ratio:
    """Bookings to be expected by one way for each by the other, with its 95 % interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, better: Floats, usual: Floats) -> "Ratio":
        """better, usual: chances of the same leads, 0 of those not contacted."""
        ratio = float(better.sum() / usual.sum())
        error = float(np.std(better - ratio * usual) / (usual.mean() * np.sqrt(len(usual))))
        return cls(ratio, ratio - 1.96 * error, ratio + 1.96 * error)

    def __str__(self) -> str:
        return f"{self.value:5.2f} ({self.low:.2f} to {self.high:.2f})"


def learned(simulation: Simulation) -> tuple[Guidance, Content]:
    """What the patterns of a history say to scorer and planner, and to those who write."""
    rows = {}
    for kind, found in learning.analyze(simulation.frame(), AS_OF).items():
        if not isinstance(found, Abstention):
            rows[str(kind)] = SimpleNamespace(
                pattern_type=str(kind),
                version=1,
                patterns=found,
                confidence=found["confidence"],
                sample_size=found["sample_size"],
                computed_at=AS_OF,
                valid_until=AS_OF + store.VALID_FOR,
            )
    told = compose(CLIENT, known.read(rows, CLIENT), AS_OF)  # type: ignore[arg-type]  # of a client it reads the name
    return guidance.read(rows, CLIENT), told.parts.get("content", {})


def scores(people: People, by: Guidance) -> Ints:
    """(leads,): the lead scores, by the rules or by what was learned."""
    counted = people.points.astype(np.float64)
    if by.learned:
        counted[:, [PARTS.index(name) for name in by.learned.parts]] = learned_points(
            columns_of(people), people.points, by.learned
        )
    points, place = np.unique(counted, axis=0, return_inverse=True)
    table = [als.score(als.Components(*row), by.weights) for row in points.tolist()]
    return np.array(table, dtype=np.int64)[place.ravel()]


def columns_of(people: People) -> dict[str, list[Any]]:
    """What learned components look at."""
    flags = {
        name: [(False, True, None)[code] for code in people.signals[:, i]] for i, name in enumerate(SIGNAL_COLUMNS)
    }
    return {
        "title": [(*TITLE_NAMES, None)[code] for code in people.title],
        "industry": [INDUSTRY_NAMES[code] for code in people.industry],
        "employee_count": [employees if employees >= 0 else None for employees in people.employees.tolist()],
        **flags,
    }


def contacted(score: Ints) -> Ints:
    """The leads that there is time for: the best by score, of equals those that came first."""
    return np.sort(np.argsort(-score, kind="stable")[: int(len(score) * CONTACTED)])


def following(library: Library, content: Content) -> Bools | None:
    """The templates of each channel that follow the brief best; None where it says nothing. A stand-in for a writer, who
    would write what no template has.
    """
    if not content:
        return None
    points = np.zeros(len(library))
    bits = {
        "effective_pain_points": (library.pain_points, VOCABULARY.pain_names),
        "ineffective_pain_points": (library.pain_points, VOCABULARY.pain_names),
        "angles": (library.angles, VOCABULARY.angle_names),
        "subjects": (library.subjects, VOCABULARY.subject_names),
        "personalization": (library.personalization, VOCABULARY.flag_names),
    }
    for section, (column, names) in bits.items():
        for line in content.get(section, ()):
            points += (column >> names.index(line.value) & 1) * np.log(line.evidence["lift"])
    for line in content.get("ctas", ()):
        points += (library.cta == VOCABULARY.cta_names.index(line.value)) * np.log(line.evidence["lift"])
    for line in content.get("lengths", ()):
        size = library.words if "optimal_words" in line.value else library.chars
        fits = (size >= line.value["range_min"]) & (size <= line.value["range_max"])
        points += (fits & (library.channel == CHANNELS.index(line.value["channel"]))) * IN_RANGE
    allowed = np.zeros(len(library), dtype=bool)
    for channel in range(len(CHANNELS)):
        rows = np.flatnonzero(library.channel == channel)
        allowed[rows[np.argsort(-points[rows], kind="stable")[:VARIANTS]]] = True
    return allowed


def planned(people: People, rows: Ints, score: Ints, arrival: Ints, by: Guidance) -> tuple[Ints, Floats]:
    """Channels and times, (rows, touches), of the plans of some of the people."""
    channel = np.zeros((len(rows), TOUCHES), dtype=np.int8)
    sent_at = np.zeros((len(rows), TOUCHES))
    for place, row in enumerate(rows.tolist()):
        facts: dict[str, Any] = {**person_row(people, row), "email_key": "", "extra": {}}
        lead = PlannedLead(
            UUID(int=row),
            als.tier(int(score[row]), by.tiers).value,
            whereabouts(facts["timezone"], facts["country"], "UTC"),
            unreachable(SimpleNamespace(**facts)),
        )
        made = plan(lead, by, AS_OF + timedelta(seconds=int(arrival[row])))
        channel[place] = [CHANNELS.index(touch.channel) for touch in made.touches]
        sent_at[place] = [touch.at.timestamp() for touch in made.touches]
    return channel, sent_at


def chances(simulation: Simulation, people: People, arrival: Ints, policy: Policy, seed: int) -> Floats:
    """(people,): the chance of each to book, 0 of those that there is no time for."""
    score = scores(people, policy.scores)
    rows = contacted(score)
    channel, sent_at = planned(people, rows, score, arrival, policy.plans)
    every_channel = np.zeros((len(people), TOUCHES), dtype=np.int8)
    every_time = np.tile(AS_OF.timestamp() + np.arange(TOUCHES) * 86_400.0, (len(people), 1))
    every_channel[rows], every_time[rows] = channel, sent_at
    texts = np.random.default_rng((seed, 2))
    sends = simulation.plan(people, every_channel, every_time, texts, allowed=policy.texts)
    chance = np.zeros(len(people))
    chance[rows] = simulation.chance(people, sends)[rows]
    return chance


def as_before(simulation: Simulation, people: People, seed: int) -> Floats:
    """(people,): the chances of those contacted by default, if they are sent to as the history was: at random."""
    rows = contacted(scores(people, Guidance.defaults()))
    moment = (AS_OF + timedelta(days=SPREAD_DAYS)).timestamp()
    sends = draw_sends(simulation.world, people, simulation.library, moment, np.random.default_rng((seed, 3)))
    chance = np.zeros(len(people))
    chance[rows] = simulation.chance(people, sends)[rows]
    return chance


def compare(world: str, leads: int, fresh: int, seed: int) -> dict[str, tuple[Floats, Floats]]:
    """By what is learned (scores, plans, texts, all): the chances of new leads, learned and by default. `as before` sets all
    against the ways of the history instead: the defaults may happen to be bad ones in this world.
    """
    simulation = simulate(world, leads, seed, AS_OF)
    taught, content = learned(simulation)
    rng = np.random.default_rng((seed, 1))
    people = simulation.fresh(fresh, rng)
    arrival = rng.integers(0, ARRIVALS * 86_400, fresh)
    usual, texts = Guidance.defaults(), following(simulation.library, content)
    ways = {
        "scores": Policy(taught, usual, None),
        "plans": Policy(usual, taught, None),
        "texts": Policy(usual, usual, texts),
        "all": Policy(taught, taught, texts),
    }
    by_default = chances(simulation, people, arrival, Policy(usual, usual, None), seed)
    found = {name: (chances(simulation, people, arrival, way, seed), by_default) for name, way in ways.items()}
    return {"as before": (found["all"][0], as_before(simulation, people, seed)), **found}


def holds(world: str, leads: int, ratio: Ratio) -> bool:
    if world in NOTHING_MATTERS:
        return ratio.low - 1e-9 <= 1 <= ratio.high + 1e-9
    return world != "all" or leads < ALL_FROM or ratio.low >= ALL_AT_LEAST


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", nargs="+", default=["all", "null"], choices=sorted(WORLDS))
    parser.add_argument("--leads", type=int, default=20_000, help="leads of the history")
    parser.add_argument("--fresh", type=int, default=4_000, help="new leads")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    failed = 0
    print(
        f"{options.leads:,} leads of history, {options.fresh:,} new ones, bookings by what was learned for each by default"
    )
    for world in options.worlds:
        runs = [compare(world, options.leads, options.fresh, seed) for seed in range(1, options.seeds + 1)]
        for name in runs[0]:
            each = [Ratio.of(*run[name]) for run in runs]
            pooled = Ratio.of(*(np.concatenate(part) for part in zip(*(run[name] for run in runs), strict=True)))
            print(f"  {world:<18}{name:<11}{pooled}   each seed: {', '.join(f'{one.value:.2f}' for one in each)}")
        good = holds(world, options.leads, pooled)
        failed += not good
        print(f"  {world:<18}{'holds' if good else 'DOES NOT HOLD'}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
