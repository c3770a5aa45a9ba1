"""What a WHO pattern makes of leads: the components that it scores them by, the rules' or learned ones."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from conversion.als import MAXIMA
from conversion.learned import ATTRIBUTES, EXTRA, NO, SIGNALS, SIZES, YES, same, size_label
from conversion.vocabulary import COMPONENTS
from patterns.detectors.frame import Category, Ints, Leads
from patterns.stats.rates import Floats


def components_in_force(payload: Mapping[str, Any], leads: Leads, rows: Ints) -> Floats:
    """(rows, 4): each component as a fraction of its maximum, NaN of leads without a score.

    payload: of WHO. Where it holds learned components they are made as the score makes them (`conversion.learned`).
    """
    found = leads.components[rows].astype(np.float64)
    learned = payload.get("learned_components", {})
    for name, part in learned.items():
        if name in ATTRIBUTES and isinstance(part, Mapping):
            at, most = COMPONENTS.index(name), MAXIMA[name]
            exact = part["average"] + part["per_rule_point"] * (found[:, at] * most - part["rule_average"])
            exact = exact + sum(worth(part[one], column(leads, one), rows) for one in ATTRIBUTES[name] if one in part)
            for extra, points in part.get(EXTRA, {}).items():
                if extra in leads.extra:
                    exact = exact + worth(points, leads.extra[extra], rows)
            found[:, at] = np.clip(exact, 0, most) / most
    return found


def column(leads: Leads, attribute: str) -> Category:
    """An attribute's values as learned components name them."""
    if attribute == "size":
        starts = np.array([low for low, _ in SIZES])
        codes = np.searchsorted(starts, leads.employees, side="right") - 1
        return Category(codes, tuple(size_label(*size) for size in SIZES))
    if attribute in SIGNALS:
        return Category(getattr(leads, attribute), (NO, YES))
    category: Category = getattr(leads, attribute)
    return category


def worth(points: Mapping[str, float], category: Category, rows: Ints) -> Floats:
    """What each lead's value is worth; 0 where it is not listed or not known."""
    known = {same(label): value for label, value in points.items()}
    values = np.array([*(known.get(same(label), 0.0) for label in category.labels), 0.0])  # the last answers for -1
    return np.asarray(values[category.codes[rows]])
