"""How long to wait: the best day inside a supported gap, and the time from the first touch to a booking."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from patterns.detectors.atrisk import AtRisk
from patterns.detectors.findings import Abstention
from patterns.detectors.followed import credited_leads
from patterns.detectors.frame import DAY, Floats, Frame, Ints
from patterns.stats.counting import count_patterns, dense_codes
from patterns.stats.logistic import ridge
from patterns.stats.timing import Incidence, fit_curve, incidence

LONGEST_GAP = 14  # days: the longest that a plan waits
MIN_BOOKED = 5  # bookings that a time to convert is read from
HORIZON_DAYS = 60.0  # "in the end": few sequences run longer
FOLLOWED = 0.05  # of the leads must have been followed that long, or the horizon is shorter
TOUCHES, CHANNELS = 10, 5
BOOKED, LEFT = 1, 2
PERCENTILES = (50, 80, 95)


def gap_days(table: AtRisk, gap: str) -> int:
    """The whole number of days inside a gap such as "4-5" at which the smooth curve over days stands highest.

    The curve: log odds by days 0 to 14 since the touch before, second differences penalised, channel and touch number
    and period held. A gap of up to one day is one day: a plan waits at least that.
    """
    low, _, high = gap.partition("-")
    days = range(max(int(low), 1), int(high or low) + 1)
    if len(days) == 1:
        return days[0]
    rows = (table.gap >= 0) & (table.gap <= LONGEST_GAP)
    touch = np.minimum(table.touch[rows], TOUCHES) - 1
    counted = count_patterns(
        [table.gap[rows], table.channel[rows], touch], table.y[rows], dense_codes(table.period[rows])
    )
    terms = [ridge(LONGEST_GAP + 1, 1.0), ridge(CHANNELS, 1.0), ridge(TOUCHES, 1.0)]
    found = fit_curve(counted, terms, 0).fit
    curve = found.coefficients[found.block(0)]
    return max(days, key=lambda day: float(curve[day]))


def conversion_timing(frame: Frame) -> dict[str, Any]:
    """Days from the first touch to the booking, other exits and leads still under way allowed for (Aalen-Johansen).

    Among those who book within the horizon. Bookings that no touch is credited with count as another exit. Abstains
    where sources recorded only later touches, since then the beginning is not known.
    """
    leads, touches = frame.leads, frame.touches
    first = np.flatnonzero(np.diff(touches.lead, prepend=-1))
    if (touches.touch[first] > 1).any():
        unknown = int((touches.touch[first] > 1).sum())
        return Abstention(f"of {unknown:,} leads the first touch is not recorded, only a later one").payload()
    lead, begun = touches.lead[first], touches.sent_at[first]
    ended = np.fmin(leads.converted_at[lead], leads.left_at[lead])
    booked = credited_leads(frame)[lead] & (leads.converted_at[lead] <= ended)
    cause = np.where(np.isnan(ended), 0, np.where(booked, BOOKED, LEFT))
    duration = np.maximum(np.where(np.isnan(ended), frame.as_of, ended) - begun, 0.0) / DAY
    return timing_of(duration, cause)


def timing_of(duration: Floats, cause: Ints) -> dict[str, Any]:
    """The time to a booking, with intervals. duration: days followed, one a lead. cause: 0 under way, 1 booked, 2 left."""
    booked = int((cause == BOOKED).sum())
    if booked < MIN_BOOKED:
        return Abstention(f"{booked} bookings followed from the first touch on; {MIN_BOOKED} are needed").payload()
    horizon = min(HORIZON_DAYS, float(np.quantile(duration, 1 - FOLLOWED, method="inverted_cdf")))
    found = incidence(duration.astype(np.float64), cause, event=BOOKED)
    share = found.by(horizon)
    if not share:
        return Abstention(f"no booking within the {horizon:.0f} days for which enough leads were followed").payload()
    low, high = found.interval(horizon)
    inside = found.times <= horizon
    steps = np.diff(found.probability[inside], prepend=0.0)
    times = {f"percentile_{level}": found.quantile(level / 100 * share) for level in PERCENTILES}
    return {
        "avg_days_to_convert": float(steps @ found.times[inside] / share),
        "median_days_to_convert": times["percentile_50"],
        **times,
        **dict(percentile_bounds(found, horizon)),
        "converted_within_horizon": share,
        "converted_within_horizon_low": low,
        "converted_within_horizon_high": high,
        "horizon_days": horizon,
    }


def percentile_bounds(found: Incidence, horizon: float) -> Iterator[tuple[str, float]]:
    """The ends of the percentiles' intervals, by key, each around its percentile, which lies between points of the grid."""
    for level in PERCENTILES:
        low, high = found.quantile_interval(level / 100, horizon)
        middle = found.quantile(level / 100 * found.by(horizon)) or 0.0
        yield f"percentile_{level}_low", min(low, middle)
        yield f"percentile_{level}_high", max(high, middle)
