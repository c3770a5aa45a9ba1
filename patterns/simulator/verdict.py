"""How right a detector was: its supported findings against the truth of the world that it looked at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conversion.vocabulary import Status
from patterns.simulator.truth import Planted

STRONG = 1.5  # a lift of at least this, or at most its inverse, is one that a detector should find
NO_EFFECT = 0.02  # a true lift nearer to 1 than this is none: about the chance error of the truth's own population


@dataclass(frozen=True)
class Verdict:
    """found, missed: the strong effects that a supported finding names in the right direction, and the others.
    false: supported findings of what has no effect, or one in the other direction; right: the other supported ones.
    """

    found: tuple[Planted, ...]
    missed: tuple[Planted, ...]
    false: tuple[Planted, ...]
    right: tuple[Planted, ...]

    @property
    def false_share(self) -> float:
        """Of the supported findings, 0 where there are none."""
        return len(self.false) / max(len(self.false) + len(self.right), 1)

    @property
    def found_share(self) -> float:
        """Of the strong effects, 1 where there are none."""
        strong = len(self.found) + len(self.missed)
        return len(self.found) / strong if strong else 1.0


def judge(truth: Sequence[Planted], payload: Mapping[str, Any]) -> Verdict:
    """The verdict on one detector's payload, by its `type`. A supported finding whose truth is not known is not counted."""
    planted = [item for item in truth if item.detector == payload["type"]]
    claims = [(item, float(finding["lift"])) for item, finding in supported(planted, payload)]
    right = [item for item, lift in claims if same_direction(item.factor, lift)]
    strong = [item for item in planted if max(item.factor, 1 / item.factor) >= STRONG]
    return Verdict(
        found=tuple(item for item in strong if item in right),
        missed=tuple(item for item in strong if item not in right),
        false=tuple(item for item, lift in claims if not same_direction(item.factor, lift)),
        right=tuple(right),
    )


def same_direction(factor: float, lift: float) -> bool:
    return abs(factor - 1) >= NO_EFFECT and (factor > 1) == (lift > 1)


def supported(planted: Sequence[Planted], payload: Mapping[str, Any]) -> Iterator[tuple[Planted, Mapping[str, Any]]]:
    """Each supported finding of which the truth is known, once, with that truth."""
    for item in planted:
        matching = (finding for path, finding in findings_in(payload.get(item.kind)) if names(item, path, finding))
        finding = next(matching, None)
        if finding is not None and finding["status"] == Status.SUPPORTED:
            yield item, finding


def names(item: Planted, path: tuple[str, ...], finding: Mapping[str, Any]) -> bool:
    """Whether a finding is the item's: by its own fields, or by the end of the path to it."""
    values = tuple(item.key.values())
    return path[-len(values) :] == values or all(finding.get(name) == value for name, value in item.key.items())


def findings_in(part: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """The findings at any depth of a part of a payload, with the keys that lead to them."""
    if isinstance(part, Mapping):
        if "status" in part and "lift" in part:
            yield path, part
            return
        for key, inner in part.items():
            yield from findings_in(inner, (*path, key))
    elif isinstance(part, Sequence) and not isinstance(part, str):
        for inner in part:
            yield from findings_in(inner, path)
