"""Families of ordered values: days, hours, touch numbers, gaps, whose neighbours say something of each other."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import ndtr

from patterns.detectors.families import EXACT, Family, tested
from patterns.detectors.frame import Bools, Ints
from patterns.stats.curves import Strata, Walk, curve_lifts, curve_rates
from patterns.stats.rates import Counts
from patterns.stats.screening import stratified_mid_p
from patterns.stats.strata import Z95, Lifts, contrast, stratify

METHOD = f"{EXACT}; rate and lift drawn to a penalised curve"


def ordered_family(
    key: str, labels: Sequence[Any], codes: Ints, y: Bools, stratum: Ints, *, walk: Walk, stratified_by: str
) -> Family:
    """As `values_family`, with the rates and lifts drawn to a curve over the values instead of to their mean alone.

    The tests stay those of the single values: what a curve makes of the neighbours' luck supports nothing.
    """
    counts, cells = Counts.of(codes, y, len(labels)), stratify(codes, y, stratum, len(labels))
    sums = contrast(cells)
    centre, spread = curve_lifts(Strata.of(codes, y, stratum, len(labels)), walk)
    return Family(
        keys=tuple({key: label} for label in labels),
        counts=counts,
        rates=curve_rates(counts, walk),
        lifts=Lifts(
            lift=np.exp(centre),
            low=np.exp(centre - Z95 * spread),
            high=np.exp(centre + Z95 * spread),
            p_better=np.asarray(ndtr(np.divide(centre, spread, out=np.zeros(len(spread)), where=spread > 0))),
            centre=centre,
            spread=spread,
            share=np.zeros(len(labels)),
        ),
        expected=sums.expected,
        p_values=tested(stratified_mid_p(cells), sums),
        stratified_by=stratified_by,
        method=METHOD,
    )
