"""A pattern in plain words: what was learned and how sure, what is only a hint, what is unknown and what it would take."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conversion.vocabulary import PatternType, Status

SHOWN_SUPPORTED = 8  # of each pattern; the payload has them all
SHOWN_SUGGESTIVE = 3
Z_LEVEL, Z_POWER = 1.96, 0.84  # 5 % two-sided, power 80 %

QUESTIONS = {
    PatternType.WHO: "WHO converts",
    PatternType.WHAT: "WHAT works",
    PatternType.WHEN: "WHEN to write",
    PatternType.HOW: "HOW, by which channels",
}
UNITS = {PatternType.WHO: "leads", PatternType.WHAT: "touches", PatternType.WHEN: "touches", PatternType.HOW: "touches"}
# How a finding's place in the payload is said: prefix of its key's value. Places that are described elsewhere are left out.
PLACES = {
    "title_rankings": "title",
    "industry_rankings": "industry",
    "distribution": "company size",
    "timing_signals": "signal",
    "winning": "subject",
    "losing": "subject",
    "pain_points": "pain point",
    "effective": "pain point",
    "ineffective": "pain point",
    "ctas": "call to action",
    "by_type": "call to action of type",
    "angles": "angle",
    "personalization_lift": "mention of",
    "best_days": "on",
    "best_hours": "at hour",
    "touch_hazard": "touch",
    "first_touch_effectiveness": "first touch by",
    "multi_channel_lift": "",
    "winning_sequences": "sequence",
    "channel_effectiveness_by_tier": "",
    "channel_transitions": "",
}
MEASURES = frozenset(
    {
        "sample",
        "converted",
        "conversion_rate",
        "rate",
        "low",
        "high",
        "lift",
        "lift_low",
        "lift_high",
        "q_value",
        "p_better",
        "status",
        "p_best",
        "stratified_by",
        "method",
        "frequency",
        "sample_size",
        "tried",
        "day_index",
        "worth_low",
    }
)


@dataclass(frozen=True)
class Said:
    """A finding of a payload with its name in words."""

    name: str
    finding: Mapping[str, Any]

    @property
    def strength(self) -> float:
        return abs(math.log(max(self.finding["lift"], 1e-6)))


def findings(payload: Mapping[str, Any]) -> list[Said]:
    """Every finding of a payload that has a status and a lift, each once, with its name."""
    found: dict[str, Said] = {}
    for path, value in _walk(payload, ()):
        if "status" in value and value.get("lift") is not None:
            name = _name(path, value)
            found.setdefault(name, Said(name, value))
    return list(found.values())


def abstentions(payload: Mapping[str, Any]) -> dict[str, str]:
    """The parts of a payload that say nothing, by name, with their reasons."""
    return {
        " ".join(path).replace("_", " "): value["abstained"]
        for path, value in _walk(payload, ())
        if isinstance(value.get("abstained"), str)
    }


def _walk(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        yield path, value
        for key, item in value.items():
            yield from _walk(item, (*path, key))
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, path)


def _name(path: tuple[str, ...], finding: Mapping[str, Any]) -> str:
    own = [str(value) for key, value in finding.items() if key not in MEASURES and not isinstance(value, (dict, list))]
    if isinstance(finding.get("sequence"), list):
        own = [" > ".join(finding["sequence"])]
    place = next((PLACES[part] for part in reversed(path) if part in PLACES), "")
    last = own or [part.replace("_lift", "").replace("_", " ") for part in path if part not in PLACES]
    return " ".join([place, *last]).strip()


def sentence(said: Said, unit: str) -> str:
    """One finding with its evidence: name, lift with interval, rate, counts."""
    found = said.finding
    text = f"{said.name}: {times(found['lift'])} the average"
    if found.get("lift_high") is not None:
        text += f" ({found['lift_low']:.2f} to {found['lift_high']:.2f})"
    elif found.get("lift_low") is not None:
        text += f" (at least {found['lift_low']:.2f})"
    if "sample" in found:
        text += f"; {found['rate']:.1%} of {found['sample']:,} {unit}, {found['converted']:,} booked"
    return text


def times(lift: float) -> str:
    return f"{lift:.2f} times"


def more_needed(finding: Mapping[str, Any]) -> int | None:
    """About how many more leads or touches of this kind would settle a lift of this size, at 80 % power. None: no telling.

    The interval narrows with the square root of the sample: n' = n ((z + z_power) se / |log lift|)^2.
    """
    effect = math.log(max(finding["lift"], 1e-9))
    if not finding.get("sample") or not finding.get("lift_low") or not effect:
        return None
    error = (math.log(finding["lift_high"]) - math.log(finding["lift_low"])) / (2 * Z_LEVEL)
    more = finding["sample"] * (((Z_LEVEL + Z_POWER) * error / effect) ** 2 - 1)
    return _round_up(more) if more > 0 else None


def _round_up(number: float) -> int:
    """To two digits: more would pretend to know."""
    step = 10 ** max(0, int(math.log10(number)) - 1)
    return int(math.ceil(number / step) * step)


def lines(kind: PatternType, payload: Mapping[str, Any]) -> list[str]:
    """One pattern, or its abstention, as lines of text."""
    if "abstained" in payload:
        return [f"{QUESTIONS[kind]}: not enough data. {_capital(payload['abstained'])}"]
    unit = UNITS[kind]
    confidence = (
        f"confidence {payload['confidence']:.2f}" if payload["confidence"] else "nothing supported, defaults stay"
    )
    said = sorted(findings(payload), key=lambda one: (-one.strength, one.name))
    supported = [one for one in said if one.finding["status"] == Status.SUPPORTED]
    hints = [one for one in said if one.finding["status"] == Status.SUGGESTIVE]
    text = [
        f"{QUESTIONS[kind]}: {payload['sample_size']:,} {'leads' if kind == PatternType.HOW else unit}, {confidence}"
    ]
    text += [f"  + {sentence(one, unit)}" for one in supported[:SHOWN_SUPPORTED]]
    if len(supported) > SHOWN_SUPPORTED:
        text.append(f"  + and {len(supported) - SHOWN_SUPPORTED} more")
    text += _weights(payload)
    for one in hints[:SHOWN_SUGGESTIVE]:
        needed = more_needed(one.finding)
        would = f"; about {needed:,} more such {unit} would tell" if needed else ""
        text.append(f"  ? perhaps {sentence(one, unit)}{would}")
    rest = len(hints) - len(hints[:SHOWN_SUGGESTIVE])
    silent = len(said) - len(supported) - len(hints)
    if rest or silent:
        parts = [f"{rest} more hints"] * bool(rest) + [f"{silent} tested without a sign of an effect"] * bool(silent)
        text.append(f"  . {', '.join(parts)}")
    text += [f"  - {name}: {reason}" for name, reason in abstentions(payload).items()]
    return text


def _weights(payload: Mapping[str, Any]) -> list[str]:
    evidence = payload.get("weights_evidence", {})
    if "promoted" not in evidence:
        return []
    weights = ", ".join(
        f"{name.replace('_', ' ')} {value:.2f}" for name, value in payload["recommended_weights"].items()
    )
    if evidence["promoted"]:
        return [
            f"  + score weights, learned (AUC {evidence['auc_default']:.3f} to {evidence['auc_learned']:.3f}): {weights}"
        ]
    return [f"  . score weights stay as they are ({weights}): learned ones were not better on held-out leads"]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
