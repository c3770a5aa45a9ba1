"""Families of ordered values: days, hours, touch numbers, gaps, whose neighbours say something of each other."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import ndtr

from patterns.detectors.families import EXACT, Family, values_family
from patterns.detectors.frame import Bools, Ints
from patterns.stats.curves import Strata, Walk, curve_lifts, curve_rates
from patterns.stats.strata import Z95

METHOD = f"{EXACT}; rate and lift drawn to a penalised curve"


def ordered_family(
    key: str, labels: Sequence[Any], codes: Ints, y: Bools, stratum: Ints, *, walk: Walk, stratified_by: str
) -> Family:
    """As `values_family`, with the rates and lifts drawn to a curve over the values instead of to their mean alone.

    The tests stay those of the single values: what a curve makes of the neighbours' luck supports nothing.
    """
    family = values_family(key, labels, codes, y, stratum, stratified_by=stratified_by)
    centre, spread = curve_lifts(Strata.of(codes, y, stratum, len(labels)), walk)
    lifts = replace(
        family.lifts,
        lift=np.exp(centre),
        low=np.exp(centre - Z95 * spread),
        high=np.exp(centre + Z95 * spread),
        p_better=np.asarray(ndtr(np.divide(centre, spread, out=np.zeros(len(spread)), where=spread > 0))),
        centre=centre,
        spread=spread,
        share=np.zeros(len(labels)),
    )
    return replace(family, rates=curve_rates(family.counts, walk), lifts=lifts, method=METHOD)
