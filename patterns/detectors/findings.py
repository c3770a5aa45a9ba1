"""What detectors return: findings with their evidence, or an abstention with its reason, as plain payloads."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conversion.vocabulary import Status

SIGNIFICANT = 6  # digits a payload keeps: enough for any reader, few enough to hide the last bits of a sum
FORMAT = f"%.{SIGNIFICANT}g"
PLAIN = frozenset({str, int, bool, type(None)})
Q_SUPPORTED = 0.05  # false-discovery rate over all tests of one client and detector
SIGN_SUGGESTIVE = 0.9  # probability of the sign
OUTCOMES_SUPPORTED = 10  # conversions, seen or expected, behind a supported finding
EFFECT_SUPPORTED = 0.05  # |lift - 1| below this changes no decision


@dataclass(frozen=True)
class Abstention:
    """Too little to say anything: a value with its reason in words, never a number that looks neutral."""

    reason: str

    def payload(self) -> dict[str, Any]:
        return {"abstained": self.reason}


@dataclass(frozen=True)
class Finding:
    """One claim about one value of one thing.

    key: what it speaks of, such as {"title": "Founder"}. sample: leads or touches. converted: of them. rate: shrunken,
    with its 95 % interval low, high. lift: shrunken, within strata, against the expected count (or against the rest, for
    a flag), with its interval. q_value: false-discovery rate, None where it was not tested. p_better: P(lift > 1).
    evidence: what else the detector has to say of it, by name.
    """

    key: Mapping[str, Any]
    sample: int
    converted: int
    rate: float
    low: float
    high: float
    lift: float
    lift_low: float
    lift_high: float
    q_value: float | None
    p_better: float
    status: Status
    p_best: float | None = None
    stratified_by: str | None = None
    method: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def payload(self) -> dict[str, Any]:
        """The finding under the keys of the interface, numbers rounded, its own key first."""
        values: dict[str, Any] = {
            **self.key,
            "sample": self.sample,
            "converted": self.converted,
            "conversion_rate": self.converted / self.sample if self.sample else 0.0,
            "rate": self.rate,
            "low": self.low,
            "high": self.high,
            "lift": self.lift,
            "lift_low": self.lift_low,
            "lift_high": self.lift_high,
            "q_value": self.q_value,
            "p_better": self.p_better,
            "status": str(self.status),
            "p_best": self.p_best,
            "stratified_by": self.stratified_by,
            "method": self.method,
            **self.evidence,
        }
        payload: dict[str, Any] = rounded(values)
        return payload


def status_of(*, q_value: float, outcomes: float, lift: float, p_better: float) -> Status:
    """Supported, suggestive or none.

    outcomes: the larger of the conversions seen and those expected under no effect, so that a value that never converts
    although forty were expected can be supported as a bad one.
    """
    enough = outcomes >= OUTCOMES_SUPPORTED and abs(lift - 1) >= EFFECT_SUPPORTED
    if q_value <= Q_SUPPORTED and enough:
        return Status.SUPPORTED
    return Status.SUGGESTIVE if max(p_better, 1 - p_better) >= SIGN_SUGGESTIVE else Status.NONE


def rounded(value: Any) -> Any:
    """The value with every float, however deep, at six significant digits, as plain Python types.

    Raises ValueError on NaN and infinity: they have no place in a payload.
    """
    kind = type(value)
    if (
        kind is float
    ):  # most of what there is; a look at the type takes a tenth of the time of `isinstance` of a Mapping
        if not math.isfinite(value):
            raise ValueError(f"a payload holds {value!r}")
        return float(FORMAT % value)
    if kind in PLAIN:
        return value
    if kind is dict or isinstance(value, Mapping):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    return rounded(value.item()) if hasattr(value, "item") else value
