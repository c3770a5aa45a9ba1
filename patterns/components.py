"""Learned components of the lead score, and what turns a score into a probability, read out of a stored WHO pattern."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from conversion.learned import (
    ATTRIBUTES,
    EXTRA,
    LEARNED,
    LearnedComponent,
    LearnedComponents,
    Table,
    same,
)
from conversion.vocabulary import Outcome
from patterns.payloads import Payload, Unusable, is_abstained, member, number, record

HIGHEST = 1_000.0  # points of a component: far above what learning writes, far below where arithmetic suffers
DECIMALS = 4  # of a probability
FLATTEST = 40.0  # log odds beyond which a probability is 0 or 1 for a computer too
STEEPEST = 1_000.0  # of intercept and scale, in log odds

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Calibration:
    """P(outcome) = sigmoid(intercept + scale * x'weights), x the components in 0-1 (Platt 1999)."""

    intercept: float
    scale: float
    outcome: Outcome = Outcome.BOOKED

    def probability(self, weighted: float) -> float:
        """weighted: points of the score before risk is taken off."""
        return float(self.probabilities(np.array([weighted]))[0])

    def probabilities(self, weighted: Floats) -> Floats:
        """The same of many, rounded to DECIMALS."""
        odds = np.clip(self.intercept + self.scale * weighted / 100, -FLATTEST, FLATTEST)
        return np.asarray(np.round(1 / (1 + np.exp(-odds)), DECIMALS))


def learned_of(payload: Payload) -> LearnedComponents | None:
    """None where the pattern has none, where they abstained, or, with a warning, where they may not be used."""
    if not isinstance(payload.content, Mapping) or payload.content.get("learned_components") is None:
        return None
    found = payload.part("learned_components", components, None)
    return found and replace(found, outcome=payload.outcome)


def calibration_of(payload: Payload) -> Calibration | None:
    """None where the evidence does not hold any, or, with a warning, where it may not be used."""
    if not isinstance(payload.content, Mapping):
        return None
    evidence = payload.content.get("weights_evidence")
    if not isinstance(evidence, Mapping) or is_abstained(evidence) or not {"intercept", "scale"} <= set(evidence):
        return None
    found = payload.part("weights_evidence", calibration, None)
    if found is None or "borrowed" in evidence:  # what is borrowed speaks of bookings, whatever the rest speaks of
        return found
    return replace(found, outcome=payload.outcome)


def calibration(value: Any, field: str) -> Calibration:
    intercept, scale = (number(value[name], f"{field}.{name}", -STEEPEST, STEEPEST) for name in ("intercept", "scale"))
    return Calibration(intercept, scale)


def components(value: Any, field: str) -> LearnedComponents:
    """All learned components, or none: their weights belong together."""
    holder = record(value, field)
    rate = number(member(holder, "rate", field), f"{field}.rate", 0, 1)
    return LearnedComponents(
        rate, {str(name): component(str(name), member(holder, name, field), f"{field}.{name}") for name in LEARNED}
    )


def component(name: str, value: Any, field: str) -> LearnedComponent:
    holder = record(value, field)

    def points(key: str) -> float:
        return number(member(holder, key, field), f"{field}.{key}", -HIGHEST, HIGHEST)

    return LearnedComponent(
        name=name,
        average=points("average"),
        rule_average=points("rule_average"),
        per_rule_point=points("per_rule_point"),
        log_odds_per_point=number(member(holder, "log_odds_per_point", field), f"{field}.log_odds_per_point", 0, 100),
        tables=tuple(tables(name, holder, field)),
    )


def tables(name: str, holder: Mapping[str, Any], field: str) -> Iterator[Table]:
    """The attributes of which values are listed. A component without any is one that only the rules' points feed."""
    for attribute, source in ATTRIBUTES[name].items():
        if attribute in holder:
            yield table(attribute, source, holder[attribute], f"{field}.{attribute}")
    if EXTRA in holder and name == "company_fit":
        for source, values in record(holder[EXTRA], f"{field}.{EXTRA}").items():
            yield table(source, source, values, f"{field}.{EXTRA}.{source}", is_extra=True)


def table(attribute: str, source: str, values: Any, field: str, *, is_extra: bool = False) -> Table:
    points, labels = {}, {}
    for label, value in record(values, field).items():
        if (
            type(value) is not float or not -HIGHEST <= value <= HIGHEST
        ):  # there can be hundreds: a good one costs one look
            value = number(value, f"{field}.{label}", -HIGHEST, HIGHEST)  # noqa: PLW2901
        key = same(label)
        if key in points:
            raise Unusable(f"{field}.{label}", "stands there twice")
        points[key], labels[key] = value, label
    return Table(attribute, source, points, labels, is_extra)
