"""From rows to findings, the same way for every attribute: counts, shrunken rates, lifts within strata, tests.

A family is the values of one attribute (all titles, all weekdays). Every detector builds its families, then asks once
for the findings of all of them, because the false-discovery rate is one for all tests of a client and detector.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from conversion.vocabulary import Outcome, PatternType, Status
from patterns.detectors.findings import OUTCOMES_SUPPORTED, SIGN_SUGGESTIVE, Finding, status_of
from patterns.detectors.frame import Bools, Ints
from patterns.stats.rates import Counts, Floats, Rates, hierarchical, hierarchical_all
from patterns.stats.screening import q_values, stratified_mid_p
from patterns.stats.strata import Contrast, Lifts, contrast, lifts, pick, stratify, together

SCHEMA_VERSION = 1  # of every payload
# A value is tested where it could be supported at all: with fewer conversions expected than this it would need a lift
# of 5. The choice looks at numbers of rows, never at who converted among them, so it costs no false discoveries.
TESTED_FROM = OUTCOMES_SUPPORTED / 5
EXACT = "stratified mid-p test, Benjamini-Hochberg"
UNRATED = hierarchical(Counts(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)))


@dataclass(frozen=True)
class Family:
    """The values of one attribute with what is known of each; arrays hold one element a value.

    keys: what a finding of the value is called by, such as {"title": "Founder"}. counts: rows and conversions.
    rates: shrunken; UNRATED until `rated`, where many families are drawn at once. lifts: shrunken, within strata.
    expected: conversions under no difference. p_values: NaN where the value was not tested. stratified_by, method: in words,
    for the evidence of each finding. evidence: more of it by name, one a value or none at all. contradicted: values of which
    a second look at the same rows says the contrary.
    """

    keys: tuple[Mapping[str, Any], ...]
    counts: Counts
    lifts: Lifts
    expected: Floats
    p_values: Floats
    stratified_by: str
    rates: Rates = UNRATED
    method: str = EXACT
    evidence: tuple[Mapping[str, Any], ...] = ()
    contradicted: Bools | None = None

    def __len__(self) -> int:
        return len(self.keys)


def values_family(
    key: str, labels: Sequence[Any], codes: Ints, y: Bools, stratum: Ints, *, stratified_by: str
) -> Family:
    """Family of an attribute of which each row has at most one value, compared with all rows of the stratum.

    key: name of the value in the finding. labels: value by code. codes: a row's code, negative = unknown, left out.
    y: bool, the row converted. stratum: non-negative codes.
    """
    counts = Counts.of(codes, y, len(labels))
    cells = stratify(codes, y, stratum, len(labels))
    sums = contrast(cells)
    return Family(
        keys=tuple({key: label} for label in labels),
        counts=counts,
        lifts=lifts(sums),
        expected=sums.expected,
        p_values=tested(stratified_mid_p(cells), sums),
        stratified_by=stratified_by,
    )


def flags_family(
    key: str, labels: Sequence[Any], columns: Sequence[Ints], y: Bools, stratum: Ints, *, stratified_by: str
) -> Family:
    """Family of flags, of which a row may have several, each compared with the rows known to be without it.

    columns: one a flag, 1 has it, 0 has it not, negative = unknown, left out of that flag's comparison.
    """
    tables = [stratify(column, y, stratum, 2) for column in columns]
    counts = [Counts.of(column, y, 2) for column in columns]
    sums = together([pick(contrast(cells), np.array([1])) for cells in tables])
    p_values = np.array([stratified_mid_p(cells)[1] for cells in tables])
    return Family(
        keys=tuple({key: label} for label in labels),
        counts=seconds(counts),
        rates=second_rates(hierarchical_all(counts)),
        lifts=lifts(sums, against_rest=True),
        expected=sums.expected,
        p_values=tested(p_values, sums),
        stratified_by=stratified_by,
    )


def seconds(pairs: Sequence[Counts]) -> Counts:
    """The counts with the flag, of pairs (without, with)."""
    return Counts(
        np.array([pair.trials[1] for pair in pairs], dtype=np.int64),
        np.array([pair.successes[1] for pair in pairs], dtype=np.int64),
    )


def second_rates(pairs: Sequence[Rates]) -> Rates:
    """The rates with the flag, of pairs (without, with)."""
    names = ("mean", "low", "high", "alpha", "beta")
    mean, low, high, alpha, beta = (np.array([getattr(pair, name)[1] for pair in pairs], dtype=float) for name in names)
    return Rates(mean, low, high, alpha, beta, centre=float(np.mean([pair.centre for pair in pairs])))


def tested(p_values: Floats, sums: Contrast) -> Floats:
    """The p-values, NaN where too few conversions are expected, or nothing is there to compare with."""
    return np.where((sums.expected >= TESTED_FROM) & (sums.noise > 0), p_values, np.nan)


def discoveries(*p_values: Floats) -> list[Floats]:
    """q-values of several families by one Benjamini-Hochberg step over all tests in them; NaN stays NaN."""
    joined: Floats = np.concatenate(p_values) if p_values else np.zeros(0)
    q: Floats = np.full(len(joined), np.nan)
    seen = ~np.isnan(joined)
    q[seen] = q_values(joined[seen])
    return list(np.split(q, np.cumsum([len(part) for part in p_values])[:-1]))


def findings(families: Sequence[Family], *extra: Floats) -> list[list[Finding]]:
    """The findings of each family, in the order of its values. extra: p-values of the detector's further tests."""
    q_by_family = discoveries(*(family.p_values for family in families), *extra)
    return [findings_at(family, q) for family, q in zip(rated(families), q_by_family, strict=False)]


def rated(families: Sequence[Family]) -> list[Family]:
    """The families, each with its rates."""
    made = iter(hierarchical_all([family.counts for family in families if family.rates is UNRATED]))
    return [replace(family, rates=next(made)) if family.rates is UNRATED else family for family in families]


def findings_at(family: Family, q_values: Floats) -> list[Finding]:
    """The findings of one family that is `rated` and whose q-values are known."""
    return [finding(family, i, q) for i, q in enumerate(q_values.tolist())]


def finding(family: Family, i: int, q: float) -> Finding:
    """The finding of the family's i-th value; q: its q-value, NaN where it was not tested.

    Supported means that the test says so and that the shrunken lift's interval, too, leaves out 1.
    """
    counts, rates, lifted = family.counts, family.rates, family.lifts
    q_value = None if math.isnan(q) else q
    lift, low, high, p_better = (float(part[i]) for part in (lifted.lift, lifted.low, lifted.high, lifted.p_better))
    outcomes = max(float(counts.successes[i]), float(family.expected[i]))
    status = status_of(q_value=1.0 if q_value is None else q_value, outcomes=outcomes, lift=lift, p_better=p_better)
    if family.contradicted is not None and family.contradicted[i]:
        status = Status.NONE
    if status == Status.SUPPORTED and low <= 1 <= high:  # the family as a whole speaks against it
        status = Status.SUGGESTIVE if max(p_better, 1 - p_better) >= SIGN_SUGGESTIVE else Status.NONE
    return Finding(
        key=family.keys[i],
        sample=int(counts.trials[i]),
        converted=int(counts.successes[i]),
        rate=float(rates.mean[i]),
        low=float(rates.low[i]),
        high=float(rates.high[i]),
        lift=lift,
        lift_low=low,
        lift_high=high,
        q_value=q_value,
        p_better=p_better,
        status=status,
        stratified_by=family.stratified_by,
        method=family.method,
        evidence=family.evidence[i] if family.evidence else {},
    )


def ranked(items: Sequence[Finding]) -> list[Finding]:
    """By shrunken rate, best first; equal rates in the order of their values."""
    return sorted(items, key=lambda item: -item.rate)


def winners(items: Sequence[Finding]) -> list[Finding]:
    """Supported and suggestive findings with a lift above 1, the largest first."""
    return sorted((item for item in items if item.status != Status.NONE and item.lift > 1), key=lambda item: -item.lift)


def losers(items: Sequence[Finding]) -> list[Finding]:
    """Supported and suggestive findings with a lift below 1, the smallest first."""
    return sorted((item for item in items if item.status != Status.NONE and item.lift < 1), key=lambda item: item.lift)


def any_supported(items: Sequence[Finding]) -> bool:
    return any(item.status == Status.SUPPORTED for item in items)


def head(
    kind: PatternType, as_of: datetime, sample_size: int, confidence: float, outcome: Outcome = Outcome.BOOKED
) -> dict[str, Any]:
    """The keys that every payload begins with. as_of: aware; it stands for the clock too: a run can be repeated."""
    moment = as_of.astimezone(UTC).isoformat()
    return {
        "type": str(kind),
        "version": SCHEMA_VERSION,
        "computed_at": moment,
        "as_of": moment,
        "outcome": str(outcome),
        "sample_size": sample_size,
        "confidence": confidence,
    }
