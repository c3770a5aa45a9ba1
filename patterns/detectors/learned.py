"""WHO's components: what titles, industries, sizes, signals and imported attributes say of who converts, each feeding the
component of the score that it belongs to (`docs/statistics.md`, "Components").
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from conversion.als import MAXIMA
from conversion.learned import EXTRA, NO, SIGNALS, SIZES, YES, size_label
from conversion.vocabulary import COMPONENTS, Component
from patterns.detectors.frame import UNKNOWN, Bools, Category, Ints, Leads
from patterns.stats.crossfit import Effects, Table
from patterns.stats.rates import Floats

# A value that fewer leads have tells next to nothing once it is shrunken, and many values make the fit slow.
MIN_LEADS = 5
MOST_VALUES = 100
MOST_EXTRA_VALUES = 50  # an imported attribute with more is a name or a number
TRIMMED = (
    0.005  # share of leads at either end that a component does not tell apart: one odd lead must not set its scale
)
NARROWEST = 0.05  # log odds that a component spans at least: less is noise, and is not blown up to the whole scale
NEGLIGIBLE = 0.1  # points of a component, below which a value is left out of the payload
SCORED = (Component.AUTHORITY, Component.COMPANY_FIT, Component.TIMING)


@dataclass(frozen=True)
class Attribute:
    """One attribute of the leads. path: where its values stand in its component's payload. codes: into labels, -1 unknown."""

    component: Component
    path: tuple[str, ...]
    labels: Sequence[str]
    codes: Ints


@dataclass(frozen=True)
class Subject:
    """Scored leads in sorted order, and their attributes. risk: points. time: of the first touch, seconds. Codes and rows of
    `table` belong to the leads in this order.
    """

    attributes: tuple[Attribute, ...]
    table: Table
    risk: Floats
    time: Floats

    def __len__(self) -> int:
        return len(self.table)

    @property
    def y(self) -> Bools:
        return self.table.y


def subject_of(leads: Leads, rows: Ints, y: Bools, stratum: Ints, time: Floats) -> Subject:
    """The scored ones among these leads. rows: into `leads`; y, stratum, time: one a row."""
    components = leads.components[rows].astype(np.float64)
    scored = np.flatnonzero(~np.isnan(components).any(axis=1))
    rows, y, stratum, time = rows[scored], y[scored], stratum[scored], time[scored]
    components, risk = components[scored], np.nan_to_num(leads.risk[rows]).astype(np.float64)
    found = tuple(attributes(leads, rows))
    columns = [*components.T, risk, stratum, time, y, *(one.codes for one in found)]
    order = np.lexsort(columns[::-1])
    found = tuple(Attribute(one.component, one.path, one.labels, one.codes[order]) for one in found)
    levels = np.stack([one.codes for one in found], axis=1) if found else np.zeros((len(rows), 0), dtype=np.int64)
    _, codes = np.unique(stratum[order], return_inverse=True)
    return Subject(
        attributes=found,
        table=Table(components[order], levels, tuple(len(one.labels) for one in found), codes, y[order]),
        risk=risk[order],
        time=time[order],
    )


def attributes(leads: Leads, rows: Ints) -> Iterator[Attribute]:
    """Those of which at least two values are frequent enough to be told apart."""
    codes = np.searchsorted([low for low, _ in SIZES], leads.employees[rows], side="right") - 1
    columns: list[tuple[Component, tuple[str, ...], Sequence[str], Ints]] = [
        (Component.AUTHORITY, ("title",), leads.title.labels, leads.title.codes[rows]),
        (Component.COMPANY_FIT, ("industry",), leads.industry.labels, leads.industry.codes[rows]),
        (Component.COMPANY_FIT, ("size",), [size_label(*size) for size in SIZES], codes),
        *((Component.TIMING, (name,), (NO, YES), getattr(leads, name)[rows]) for name in SIGNALS),
    ]
    for name, category in sorted(leads.extra.items()):
        if len(category.labels) <= MOST_EXTRA_VALUES:
            columns.append((Component.COMPANY_FIT, (EXTRA, name), category.labels, category.codes[rows]))
    for component, path, labels, column in columns:
        kept = frequent(Category(column, tuple(labels)))
        if len(kept.labels) > 1:
            yield Attribute(component, path, kept.labels, kept.codes)


def frequent(category: Category) -> Category:
    """The most frequent values that at least MIN_LEADS leads have, of equally frequent ones the first; others unknown."""
    counts = np.bincount(category.codes[category.codes >= 0], minlength=len(category.labels))
    ranked = np.lexsort((np.arange(len(counts)), -counts))[:MOST_VALUES]
    kept = np.sort(ranked[counts[ranked] >= MIN_LEADS])
    place = np.full(len(counts) + 1, UNKNOWN, dtype=np.int64)  # the last entry answers for -1
    place[kept] = np.arange(len(kept))
    return Category(place[category.codes], tuple(category.labels[code] for code in kept))


@dataclass(frozen=True)
class Scale:
    """Log odds that a component's nothing and its maximum stand for, (4,) each; data quality has none."""

    low: Floats
    high: Floats

    @property
    def span(self) -> Floats:
        return self.high - self.low


def log_odds(subject: Subject, effects: Effects, rows: Ints | slice = slice(None)) -> Floats:
    """(leads, 4): what each component's attributes and rule points do to the log odds."""
    table = subject.table
    found = table.slopes[rows] * effects.coefficients[1 : 1 + len(COMPONENTS)]
    for place, one in enumerate(subject.attributes):
        values = np.append(centred(table, effects, place), 0.0)  # -1 reads the last
        found[:, COMPONENTS.index(one.component)] += values[table.levels[rows, place]]
    return found


def centred(table: Table, effects: Effects, place: int) -> Floats:
    """What the values of an attribute do to the log odds, around their mean over leads: unknown ones count as average."""
    values = effects.coefficients[table.starts[place] : table.starts[place + 1]]
    counts = table.counts[place]
    return np.asarray(values - values @ counts / counts.sum())


def scale_of(found: Floats) -> Scale:
    """found: log odds (leads, 4) of all leads. Looks at nobody's outcome."""
    last = len(found) - 1
    ends = math.floor(last * TRIMMED), math.ceil(last * (1 - TRIMMED))
    low, high = np.partition(found.T, ends, axis=1)[:, ends].T
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, NARROWEST / 2)
    return Scale(middle - half, middle + half)


def components_of(subject: Subject, effects: Effects) -> tuple[Floats, Floats]:
    """The components (leads, 4) in 0-1, data quality by the rules; and what each does to the log odds from 0 to 1."""
    found = log_odds(subject, effects)
    scale = scale_of(found)
    learned = np.clip((found - scale.low) / scale.span, 0, 1)
    quality = COMPONENTS.index(Component.DATA_QUALITY)
    learned[:, quality] = subject.table.slopes[:, quality]
    worth = scale.span.copy()
    worth[quality] = effects.coefficients[1 + quality]
    return learned, worth


def payload_of(subject: Subject, effects: Effects) -> dict[str, Any]:
    """`learned_components`: all that the score of a lead is made from, new leads included."""
    table, scale = subject.table, scale_of(log_odds(subject, effects))
    parts: dict[str, Any] = {"rate": float(table.y.mean())}
    for component in SCORED:
        at = COMPONENTS.index(component)
        rule = table.slopes[:, at]
        slope = float(effects.coefficients[1 + at])
        per_log_odds = MAXIMA[component] / float(scale.span[at])
        average = slope * float(rule.mean()) - float(scale.low[at])
        found: dict[str, Any] = {}
        for place, one in enumerate(subject.attributes):
            if one.component == component:
                put(found, one.path, listed(one.labels, centred(table, effects, place) * per_log_odds))
        parts[component] = {
            "average": average * per_log_odds,
            "rule_average": float(rule.mean()) * MAXIMA[component],
            "per_rule_point": slope * per_log_odds / MAXIMA[component],
            "log_odds_per_point": 1 / per_log_odds,
            **found,
        }
    return parts


def listed(labels: Sequence[str], points: Floats) -> dict[str, float]:
    return {label: float(value) for label, value in zip(labels, points, strict=True) if abs(value) >= NEGLIGIBLE}


def put(holder: dict[str, Any], path: tuple[str, ...], value: Mapping[str, float]) -> None:
    if not value:
        return
    *outer, last = path
    for name in outer:
        holder = holder.setdefault(name, {})
    holder[last] = dict(value)
