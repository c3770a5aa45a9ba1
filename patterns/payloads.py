"""Stored payloads, read as if anybody could have written them: every number is checked before it is believed.

A part that is missing, of the wrong type, not finite or out of range is left out whole, and a warning in the log names
the client, the pattern and the field. A part that abstained is left out without one. Keys that nobody asks for are
ignored.
"""

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from conversion.vocabulary import Outcome, Status

log = logging.getLogger(__name__)

T = TypeVar("T")
TRIALS_HIGHEST = 2**53  # counts above it are no longer exact as floats, and no client has so many touches


class Unusable(ValueError):  # noqa: N818 (says what the part is, not that the program failed)
    """A part of a payload that may not be used. field: dotted path from the top of the payload."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field, self.problem = field, problem


@dataclass(frozen=True, slots=True)
class Claim:
    """One checked finding. key: what it speaks of. sample: leads or touches, converted: of them. rate: shrunken, with
    its 95 % interval. lift with its interval. frequency: share among the converting touches, None where not given.
    outcome: what `converted` counts.
    """

    key: str | int
    sample: int
    converted: int
    rate: float
    low: float
    high: float
    lift: float
    lift_low: float
    lift_high: float
    q_value: float | None
    status: Status
    frequency: float | None = None
    outcome: Outcome = Outcome.BOOKED

    @property
    def helps(self) -> bool:
        return self.status == Status.SUPPORTED and self.lift > 1

    @property
    def harms(self) -> bool:
        return self.status == Status.SUPPORTED and self.lift < 1

    def words(self, unit: str, against: str = "the average") -> str:
        """The evidence: lift and rate with their 95 % intervals, and counts. unit: leads or touches."""
        return (
            f"{self.lift:.2f} times {against} ({self.lift_low:.2f} to {self.lift_high:.2f}); "
            f"{self.rate:.1%} ({self.low:.1%} to {self.high:.1%}) of {self.sample:,} {unit}, "
            f"{self.converted:,} {self.outcome.past}"
        )


ReadClaims = Callable[[Any, str], tuple[Claim, ...]]


class Payload:
    """One stored pattern of a client. client: anything with `pk`, for the log."""

    def __init__(self, kind: str, content: object, client: Any) -> None:
        self.kind, self.content, self.client = str(kind), content, client

    @property
    def outcome(self) -> Outcome:
        """What the pattern speaks of; bookings where it does not say."""
        return outcome_of(self.content)

    def part(self, path: str, read: Callable[[Any, str], T], otherwise: T) -> T:
        """What `read(value, path)` makes of the value at the dotted path; `otherwise` where it abstained or may not be
        used.
        """
        try:
            value = self._at(path)
            return otherwise if is_abstained(value) else read(value, path)
        except Unusable as error:
            self.refuse(error.field, error.problem)
            return otherwise

    def claims(self, path: str, read: ReadClaims) -> tuple[Claim, ...]:
        """The findings at the dotted path; none where the part abstained or may not be used."""
        return self.spoken(self.part(path, read, ()))

    def spoken(self, claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
        """The findings, which speak of what the pattern speaks of."""
        outcome = self.outcome
        return claims if outcome == Outcome.BOOKED else tuple(replace(one, outcome=outcome) for one in claims)

    def refuse(self, field: str, problem: str) -> None:
        """Say in the log that a field is not used."""
        log.warning("client %s, pattern %s, field %s: %s; not used", self.client.pk, self.kind, field, problem)

    def _at(self, path: str) -> Any:
        """The value at the path, or what holds it where that abstained."""
        value, seen = self.content, "payload"
        for name in path.split("."):
            holder = record(value, seen)
            if is_abstained(holder):
                return holder
            if name not in holder:
                raise Unusable(path, "missing")
            value, seen = holder[name], name
        return value


def outcome_of(content: object) -> Outcome:
    """What a payload speaks of; bookings where it does not say."""
    said = content.get("outcome") if isinstance(content, Mapping) else None
    return Outcome(said) if isinstance(said, str) and said in tuple(Outcome) else Outcome.BOOKED


def is_abstained(value: object) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("abstained"), str)


def record(value: object, field: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Unusable(field, f"expected an object, got {type(value).__name__}")
    return value


def items(value: object, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise Unusable(field, f"expected a list, got {type(value).__name__}")
    return value


def number(value: object, field: str, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number within [low, high]."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Unusable(field, f"expected a number, got {type(value).__name__}")
    try:
        found = float(value)
    except OverflowError:  # an integer of hundreds of digits
        found = math.inf
    if not math.isfinite(found):
        raise Unusable(field, "not a finite number")
    if not low <= found <= high:
        raise Unusable(field, f"{found:.6g} is outside {low:.6g} to {high:.6g}")
    return found


def whole(value: object, field: str, low: float, high: float) -> int:
    """A whole number within [low, high]; 3.0 is one, as JSON does not tell it from 3."""
    found = number(value, field, low, high)
    if found != int(found):
        raise Unusable(field, f"{found:.6g} is no whole number")
    return int(found)


def text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise Unusable(field, f"expected a text, got {type(value).__name__}")
    return value


def member(holder: Mapping[str, Any], name: str, field: str) -> Any:
    """holder[name], where field names the holder."""
    if name not in holder:
        raise Unusable(f"{field}.{name}", "missing")
    return holder[name]


def measure(holder: Mapping[str, Any], name: str, field: str, high: float = math.inf) -> float:
    """holder[name], a finite number from 0 to `high`. Payloads hold hundreds of them, so a good one costs one look."""
    value = holder.get(name)
    if type(value) is float and 0 <= value <= high and value != math.inf:
        return value
    return number(member(holder, name, field), f"{field}.{name}", 0, high)


def claim(value: object, field: str, key: str | int) -> Claim:
    """A finding that speaks of `key`."""
    found = record(value, field)
    sample = whole(member(found, "sample", field), f"{field}.sample", 0, TRIALS_HIGHEST)
    return Claim(
        key=key,
        sample=sample,
        converted=whole(member(found, "converted", field), f"{field}.converted", 0, sample),
        rate=measure(found, "rate", field, 1),
        low=measure(found, "low", field, 1),
        high=measure(found, "high", field, 1),
        lift=measure(found, "lift", field),
        lift_low=measure(found, "lift_low", field),
        lift_high=measure(found, "lift_high", field),
        q_value=optional(found, "q_value", field),
        status=status(member(found, "status", field), f"{field}.status"),
        frequency=optional(found, "frequency", field),
    )


def optional(holder: Mapping[str, Any], name: str, field: str) -> float | None:
    """holder[name], a number from 0 to 1; None where it is null or missing."""
    return None if holder.get(name) is None else measure(holder, name, field, 1)


def status(value: object, field: str) -> Status:
    try:
        return Status(text(value, field))
    except ValueError as error:
        raise Unusable(field, "unknown status") from error


def listed(key: str, read_key: Callable[[Any, str], str | int]) -> ReadClaims:
    """Reads a list of findings in which `key` says what each speaks of; each may stand in it once."""

    def read(value: object, field: str) -> tuple[Claim, ...]:
        found = []
        for i, item in enumerate(items(value, field)):
            place = f"{field}[{i}]"
            found.append(claim(item, place, read_key(member(record(item, place), key, place), f"{place}.{key}")))
        if len({one.key for one in found}) != len(found):
            raise Unusable(field, f"the same {key} twice")
        return tuple(found)

    return read


def named(names: Mapping[str, str]) -> ReadClaims:
    """Reads an object of findings. names: its key -> what the finding speaks of; others are ignored, and those that
    abstained or are not there are left out.
    """

    def read(value: object, field: str) -> tuple[Claim, ...]:
        holder = record(value, field)
        return tuple(
            claim(holder[name], f"{field}.{name}", key)
            for name, key in names.items()
            if name in holder and not is_abstained(holder[name])
        )

    return read


def unnamed(value: Any, field: str) -> tuple[Claim, ...]:
    """Reads an object of findings by its own keys; those that abstained are left out."""
    return named({name: name for name in record(value, field)})(value, field)


def whole_key(low: int, high: int) -> Callable[[Any, str], int]:
    return lambda value, field: whole(value, field, low, high)


def helping(claims: tuple[Claim, ...]) -> Iterator[Claim]:
    """Supported, lift above 1, the largest first."""
    return iter(sorted((one for one in claims if one.helps), key=lambda one: -one.lift))


def harming(claims: tuple[Claim, ...]) -> Iterator[Claim]:
    """Supported, lift below 1, the smallest first."""
    return iter(sorted((one for one in claims if one.harms), key=lambda one: one.lift))
