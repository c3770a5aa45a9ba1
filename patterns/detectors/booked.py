"""From replies to bookings: what a value does to a booking once its touch was answered (`docs/statistics.md`, "Outcomes").

Where a pattern speaks of replies because bookings are few, each of its findings carries this beside it, so that a text
which draws answers and loses meetings is seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import ndtr

from patterns.detectors.families import Family
from patterns.detectors.findings import SIGN_SUGGESTIVE
from patterns.detectors.frame import Bools, Ints
from patterns.stats.rates import Counts, Floats
from patterns.stats.strata import Z95, Contrast, Lifts, contrast, lifts, pick, stratify, together


def values_with_bookings(family: Family, codes: Ints, y: Bools, booked: Bools, stratum: Ints) -> Family:
    """The family of a column of values with what each does to a booking among the rows that have the outcome.

    codes, y, stratum: as for `values_family`. booked: bool, the row booked; only where y. The family itself where y
    is the booking.
    """
    if not (y & ~booked).any():
        return family
    cells = stratify(codes[y], booked[y], stratum[y], len(family))
    return with_bookings(family, contrast(cells), Counts.of(codes[y], booked[y], len(family)), against_rest=False)


def flags_with_bookings(family: Family, columns: Sequence[Ints], y: Bools, booked: Bools, stratum: Ints) -> Family:
    """The same for a family of flags, each a column of 1, 0 and -1."""
    if not (y & ~booked).any():
        return family
    tables = [stratify(column[y], booked[y], stratum[y], 2) for column in columns]
    sums = together([pick(contrast(cells), np.array([1])) for cells in tables])
    pairs = [Counts.of(column[y], booked[y], 2) for column in columns]
    counts = Counts(np.array([pair.trials[1] for pair in pairs]), np.array([pair.successes[1] for pair in pairs]))
    return with_bookings(family, sums, counts, against_rest=True)


def with_bookings(family: Family, sums: Contrast, counts: Counts, *, against_rest: bool) -> Family:
    """The family with evidence under `booking`: sample (touches or leads with the outcome), converted (booked of them),
    the shrunken lift of a booking given the outcome with its interval, and the lift of bookings in all, both together.

    A value whose bookings in all go the other way, with the probability that makes a finding suggestive, is contradicted.
    sums: of bookings among the rows with the outcome. counts: of the same rows.
    """
    given = lifts(sums, against_rest=against_rest)
    centre, error = in_all(family.lifts, given)
    low, middle, high = (np.exp(centre + side * Z95 * error) for side in (-1, 0, 1))
    evidence: list[Mapping[str, Any]] = []
    for i, own in enumerate(family.evidence or [{}] * len(family)):
        booking = {
            "sample": int(counts.trials[i]),
            "converted": int(counts.successes[i]),
            "lift": given.lift[i],
            "lift_low": given.low[i],
            "lift_high": given.high[i],
            "lift_in_all": middle[i],
            "lift_in_all_low": low[i],
            "lift_in_all_high": high[i],
        }
        evidence.append({**own, "booking": booking})
    up = ndtr(centre / np.where(error > 0, error, 1.0))
    contrary = np.where(family.lifts.lift > 1, 1 - up, up) >= SIGN_SUGGESTIVE
    return replace(
        family,
        evidence=tuple(evidence),
        contradicted=contrary if family.contradicted is None else family.contradicted | contrary,
    )


def in_all(outcome: Lifts, given: Lifts) -> tuple[Floats, Floats]:
    """Log of the product of two lifts and its standard error, from the widths of their intervals: the two are learned from
    different things, who answered and who of those booked.
    """
    logs = [np.log(one.lift) for one in (outcome, given)]
    errors = [np.log(one.high / one.low) / (2 * Z95) for one in (outcome, given)]
    return logs[0] + logs[1], np.hypot(*errors)
