"""What changed since: whether bookings fell, and whether a finding turned around on the touches that came after it.

`docs/statistics.md`, "Drift and weekly looks". Both may be asked every week.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from patterns.detectors.atrisk import WINDOW_DAYS, AtRisk, at_risk
from patterns.detectors.compared import Compared
from patterns.detectors.findings import Abstention
from patterns.detectors.frame import DAY, Bools, Frame, Ints
from patterns.stats.counting import dense_codes
from patterns.stats.monitoring import LEVEL, LOG_FACTORS, LOOKS, half_width, log_evidence, log_mean, log_ratios
from patterns.stats.rates import Floats, about

WEEK = 7 * DAY
BEFORE = 8  # weeks that the latest ones are held against
RECENT = range(1, BEFORE + 1)  # weeks since which the rate may have fallen
MIN_BEFORE = 10  # outcomes in the weeks before; with fewer a fall by half could not be told
MIN_PER_CELL = 4  # rows on average: in smaller cells too many have nothing to be compared with
SMALL = 1e-12


@dataclass(frozen=True)
class Arms:
    """By cell: the outcomes of those with the value, the outcomes of all, and how many are with it and without."""

    wins: Ints
    hits: Ints
    with_it: Ints
    without: Ints

    def of(self, cells: Bools) -> "Arms":
        return Arms(self.wins[cells], self.hits[cells], self.with_it[cells], self.without[cells])

    def log_ratios(self, log_factors: Floats) -> Floats:
        return log_ratios(self.wins, self.hits, self.with_it, self.without, log_factors)


@dataclass(frozen=True)
class Drop:
    """The rate of the latest `weeks` against the BEFORE weeks before them.

    sent, won: touches and outcomes of the latest weeks. expected: outcomes at the earlier rates of their channels and
    touch numbers. rate, rate_before: raw. log_evidence: of the e-detector over all ages of the fall. fell: it is enough.
    """

    weeks: int
    sent: int
    won: int
    expected: float
    rate: float
    rate_before: float
    log_evidence: float
    fell: bool


def rate_drop(frame: Frame) -> Drop | Abstention:
    """Whether the outcomes per touch fell, of the touches that are matured.

    Touches are compared within channel and touch number, so that a later mix of them is no fall. The e-values of the
    weeks in which it may have begun are added up, each with a year's share of the weight: an e-detector (Shin, Ramdas and
    Rinaldo 2023), which would raise a false alert in at most LEVEL of years if the rate before were known.
    """
    table = at_risk(frame)
    week = weeks_ago(frame, table)
    before_won = int(table.y[(week >= 1) & (week <= BEFORE)].sum())
    oldest = int(week.max(initial=-1))
    if oldest < BEFORE or before_won < MIN_BEFORE:
        return Abstention(lacking(oldest, before_won))
    cell = dense_codes(table.channel, table.touch)
    falls = {recent: fall(table.y, cell, week, recent) for recent in RECENT}
    each = {recent: log_mean(counts.log_ratios(-LOG_FACTORS)) for recent, counts in falls.items()}
    total = float(logsumexp(list(each.values()))) - math.log(LOOKS)
    weeks = max(each, key=lambda recent: each[recent])
    arms = falls[weeks]
    expected = float((arms.with_it * (arms.hits - arms.wins) / np.maximum(arms.without, 1)).sum())
    won, sent = int(arms.wins.sum()), int(arms.with_it.sum())
    return Drop(
        weeks=weeks,
        sent=sent,
        won=won,
        expected=expected,
        rate=won / max(sent, 1),
        rate_before=float((arms.hits - arms.wins).sum() / max(arms.without.sum(), 1)),
        log_evidence=total,
        fell=total >= -math.log(LEVEL) and won < expected,
    )


def lacking(oldest: int, won: int) -> str:
    weeks = f"{max(BEFORE - oldest, 1)} more weeks" if oldest < BEFORE else ""
    outcomes = f"{about(MIN_BEFORE - won)} more outcomes in {BEFORE} weeks" if won < MIN_BEFORE else ""
    return f"too little to see a fall: {' and '.join(filter(None, (weeks, outcomes)))} are needed"


def weeks_ago(frame: Frame, table: AtRisk) -> Ints:
    """Whole weeks between each touch and the last one that could be matured."""
    matured = frame.as_of - WINDOW_DAYS * DAY
    weeks: Ints = np.floor((matured - frame.touches.sent_at[table.row]) / WEEK).astype(np.int64)
    return weeks


def fall(y: Bools, cell: Ints, week: Ints, recent: int) -> Arms:
    """By cell, the touches of the latest weeks against those of the BEFORE weeks before."""
    size = int(cell.max(initial=-1)) + 1
    after, before = week < recent, (week >= recent) & (week < recent + BEFORE)
    wins = np.bincount(cell[after & y], minlength=size)
    hits = np.bincount(cell[(after | before) & y], minlength=size)
    return Arms(wins, hits, np.bincount(cell[after], minlength=size), np.bincount(cell[before], minlength=size))


@dataclass(frozen=True)
class Since:
    """What became of a finding on the touches since a moment.

    sample, won: touches with its value and their outcomes. expected: if the value made no difference. log_worse,
    log_better: log e-values that it is now below 1, and above. low, high: confidence sequence of the difference of the rate
    with the value to that without it, within what is held.
    """

    sample: int
    won: int
    expected: float
    log_worse: float
    log_better: float
    low: float
    high: float


def since(frame: Frame, table: AtRisk, one: Compared, moment: float) -> Since:
    """A finding on the touches that were not matured at `moment`, in whole weeks since.

    Compared within the week and as many of the `held` columns as leave cells of MIN_PER_CELL rows; which, is decided by
    numbers of touches and never by outcomes.
    """
    sent_at = frame.touches.sent_at[table.row]
    start = moment - WINDOW_DAYS * DAY
    whole = math.floor((frame.as_of - WINDOW_DAYS * DAY - start) / WEEK)
    rows = np.flatnonzero(one.among & (sent_at > start) & (sent_at <= start + whole * WEEK))
    if not len(rows):
        return Since(0, 0, 0.0, 0.0, 0.0, -1.0, 1.0)
    week = np.ceil((sent_at[rows] - start) / WEEK).astype(np.int64) - 1
    cell = cells_of(week, [column[rows] for column in one.held])
    y, holds = table.y[rows], one.holds[rows]
    size = int(cell.max()) + 1
    with_it, trials = np.bincount(cell[holds], minlength=size), np.bincount(cell, minlength=size)
    wins, hits = np.bincount(cell[holds & y], minlength=size), np.bincount(cell[y], minlength=size)
    spread = dispersion(cell, table.template[rows], y, hits / trials) if one.clustered else 1.0
    week_of = np.zeros(size, dtype=np.int64)
    week_of[cell] = week
    counts = Arms(wins, hits, with_it, trials - with_it)
    worse, better = (log_evidence(by_week(counts, week_of, whole, sign * LOG_FACTORS), spread) for sign in (-1, 1))
    low, high = difference(counts, spread)
    expected = float((hits * with_it / trials).sum())
    return Since(int(holds.sum()), int((holds & y).sum()), expected, worse, better, low, high)


def cells_of(week: Ints, held: list[Ints]) -> Ints:
    """Codes of the week and the held columns, the last ones left out until cells are large enough."""
    for columns in range(len(held), -1, -1):
        cell = dense_codes(week, *held[:columns])
        if len(cell) >= MIN_PER_CELL * (int(cell.max()) + 1):
            break
    return cell


def by_week(counts: Arms, week: Ints, weeks: int, log_factors: Floats) -> Floats:
    """Log likelihood ratios, (weeks, factors). week: of each cell."""
    return np.array([counts.of(week == place).log_ratios(log_factors) for place in range(weeks)])


def dispersion(cell: Ints, template: Ints, y: Bools, rate: Floats) -> float:
    """How much more the outcomes of templates vary than chance, at least 1; rate: of each cell."""
    _, place = np.unique(template, return_inverse=True)
    pair = cell.astype(np.int64) * (int(place.max()) + 1) + place
    key, sent = np.unique(pair, return_counts=True)
    at, of = np.divmod(key, int(place.max()) + 1)
    total = np.bincount(cell)[at]
    due = sent * rate[at]
    chance = np.bincount(of, weights=due * (1 - sent / total))
    excess = np.bincount(place, weights=y) - np.bincount(of, weights=due)
    return max(1.0, float((excess**2).sum() / max(chance.sum(), SMALL)))


def difference(counts: Arms, spread: float) -> tuple[float, float]:
    """Confidence sequence of the difference of two rates within cells, which are weighted by with * without / all."""
    wins, hits, with_it, without = counts.wins, counts.hits, counts.with_it, counts.without
    weight = with_it * without / np.maximum(with_it + without, 1)
    if not weight.sum():
        return -1.0, 1.0
    one, other = (weight * k / np.maximum(n, 1) for k, n in ((wins, with_it), (hits - wins, without)))
    estimate = float((one - other).sum() / weight.sum())
    rate = hits / np.maximum(with_it + without, 1)
    variance = float((weight * rate * (1 - rate)).sum() / weight.sum() ** 2) * spread
    trials = float((with_it + without).sum())
    width = half_width(trials, variance * trials)
    return max(estimate - width, -1.0), min(estimate + width, 1.0)
