"""What changed from one version of a pattern to the next, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conversion.vocabulary import Outcome
from patterns.drift import turn
from patterns.report import one_line

HEADINGS = {"added": "New", "kept": "Kept", "withdrawn": "No longer supported"}
SHOWN = 12  # names of a heading


@dataclass(frozen=True)
class Change:
    """heading: such as "New". names: of the findings, or sentences about them. more: how many are not named."""

    heading: str
    names: Sequence[str]
    more: int = 0


def differences(comparison: Mapping[str, Any]) -> list[Change]:
    """comparison: of a stored version (`patterns.comparison`). Nothing for one that was not compared."""
    found = [change(heading, comparison.get(what)) for what, heading in HEADINGS.items()]
    turned = [told(one) for one in listed(comparison.get("turned")) if isinstance(one, Mapping)]
    if turned:
        found.append(Change("Turned around", turned[:SHOWN], len(turned[SHOWN:])))
    names = [name for name in listed(comparison.get("withheld")) if isinstance(name, str)]
    still = [name for name in names if name not in {one.get("name") for one in listed(comparison.get("turned"))}]
    if still:
        found.append(change("Turned around earlier, still not acted on", still))
    return [one for one in found if one.names]


def change(heading: str, names: Any) -> Change:
    said = [one_line(name) for name in listed(names) if isinstance(name, str)]
    return Change(heading, said[:SHOWN], len(said[SHOWN:]))


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def told(turned: Mapping[str, Any]) -> str:
    """A turn with its evidence; its name alone where that is not as `patterns.comparison` writes it."""
    name = one_line(str(turned.get("name", "")))
    try:
        return turn(name, turned)
    except (KeyError, TypeError, ValueError):
        return name


def against(comparison: Mapping[str, Any]) -> str:
    """What a version is compared with; empty where there is nothing to say."""
    before, past = comparison.get("against"), comparison.get("outcome_before")
    if not before:
        return "The first version: there is nothing to compare it with." if "against" in comparison else ""
    if past in tuple(Outcome):
        was = Outcome(past).past
        return f"Version {before} spoke of who {was}, so nothing is compared with it and all findings count as new."
    nothing = not differences(comparison)
    return (
        f"Against version {before}: nothing was supported, before or now." if nothing else f"Against version {before}:"
    )
