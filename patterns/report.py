"""A pattern in plain words: what was learned and how sure, what is only a hint, what is unknown and what it would take."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conversion.counts import counted
from conversion.vocabulary import Outcome, PatternType, Status
from patterns.payloads import outcome_of

SHOWN_SUPPORTED = 8  # of each pattern; the payload has them all
SHOWN_SUGGESTIVE = 3
LONGEST_NAME = 80  # characters of a title that are shown; the payload has them all
ACTED_ON = 0.5  # confidence from which a pattern changes decisions
Z_LEVEL, Z_POWER = 1.96, 0.84  # 5 % two-sided, power 80 %

QUESTIONS = {
    PatternType.WHO: "WHO converts",
    PatternType.WHAT: "WHAT works",
    PatternType.WHEN: "WHEN to write",
    PatternType.HOW: "HOW, by which channels",
}
UNITS = {PatternType.WHO: "leads", PatternType.WHAT: "touches", PatternType.WHEN: "touches", PatternType.HOW: "touches"}
# How a finding is called: by the key that names it, or by its place in the payload. {} is the name itself.
BY_PLACE = {
    "first_touch_effectiveness": "first touch by {}",
    "channel_effectiveness_by_tier": "{} to {} leads",
    "channel_transitions": "{} after {}",
    "by_type": "call to action of type {}",
    "personalization_lift": "personalization: {}",
}
BY_KEY = {
    "title": "title {}",
    "industry": "industry {}",
    "range": "company size {}",
    "signal": "signal: {}",
    "pain_point": "pain point {}",
    "cta": "call to action “{}”",
    "angle": "angle {}",
    "pattern": "subject {}",
    "day": "on {}",
    "hour": "at {}:00",
    "touch": "touch {}",
    "gap": "{} days after the touch before",
    "channel": "channel {}",
    "effect": "{}",
    "sequence": "sequence {}",
    "variant": "{}",
}
FLAGS = frozenset({"signal", "pain_point", "angle", "pattern"})  # compared with the rest without them
DETAILS = frozenset({"channel_effectiveness_by_tier", "channel_transitions"})
AVERAGE = "the average"
HOLDERS = (dict, list, Mapping)  # plain ones first: a payload can hold 100,000 numbers, and is walked for each page
EFFECTS = {
    "new_channel": "a channel new to the lead",
    "1_channel": "a touch after 1 channel",
    "2_channel": "a touch after 2 channels",
    "3_channel": "a touch after 3 channels",
    "4_plus_channels": "a touch after 4 channels or more",
}

CHANGES = {"added": "new", "kept": "kept", "withdrawn": "withdrawn", "turned": "turned around"}


@dataclass(frozen=True)
class Said:
    """A finding of a payload with its name in words."""

    name: str
    finding: Mapping[str, Any]
    against: str = AVERAGE
    is_detail: bool = False  # one channel at one tier, or after one other: said after what they add up to
    path: tuple[str, ...] = ()  # the keys that lead to it in the payload

    @property
    def strength(self) -> float:
        return abs(math.log(max(self.finding["lift"], 1e-6)))


def findings(payload: Mapping[str, Any]) -> list[Said]:
    """Every finding of a payload that has a status and a lift, each once, with its name."""
    found: dict[str, Said] = {}
    for said in every_finding(payload):
        found.setdefault(said.name, said)
    return list(found.values())


def every_finding(payload: Mapping[str, Any]) -> Iterator[Said]:
    """As `findings`, but one that stands in two places is said twice."""
    for path, value in _walk(payload, ()):
        if "status" in value and value.get("lift") is not None:
            yield Said(_name(path, value), value, _against(path, value), not DETAILS.isdisjoint(path), path)


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
            # Points are listed by names that come from outside: a column "status" is no finding's.
            if isinstance(item, HOLDERS) and (key != "learned_components" or "abstained" in item):
                yield from _walk(item, (*path, key))
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, HOLDERS):
                yield from _walk(item, path)


def _name(path: tuple[str, ...], finding: Mapping[str, Any]) -> str:
    """path: the keys that lead to the finding; the last ones name it where it has no key of its own."""
    last = path[-1].replace("_", " ")
    for place, words in BY_PLACE.items():
        if place in path:
            return words.format(finding.get("channel", last), path[-2])
    for key, words in BY_KEY.items():
        if key in finding:
            value = " > ".join(finding[key]) if isinstance(finding[key], list) else str(finding[key])
            return words.format(
                EFFECTS.get(value, value.replace("_", " ") if key not in ("title", "industry") else value)
            )
    return last


def _against(path: tuple[str, ...], finding: Mapping[str, Any]) -> str:
    """What the lift is taken against, as the detectors take it (`docs/statistics.md`)."""
    if "sequence" in finding:
        return "the default plan"
    if "channel_effects" in path:
        return "the other channels"
    if "channel_transitions" in path:
        return "all that followed it"
    if "new_channel" in path:
        return "a channel used before"
    return "those without" if FLAGS.intersection(finding) or "personalization_lift" in path else AVERAGE


def one_line(text: str) -> str:
    """Titles and the like come from outside: what is said of them stays one line, printable and short."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(shown.split())[:LONGEST_NAME]


def sentence(said: Said, unit: str, outcome: Outcome = Outcome.BOOKED) -> str:
    """One finding with its evidence: name, lift with interval, rate, counts."""
    found = said.finding
    text = f"{one_line(said.name)}: {found['lift']:.2f} times {said.against}"
    if found.get("lift_high") is not None:
        text += f" ({found['lift_low']:.2f} to {found['lift_high']:.2f})"
    elif found.get("lift_low") is not None:
        text += f" (at least {found['lift_low']:.2f})"
    if "sample" in found:
        text += f"; {found['rate']:.1%} of {found['sample']:,} {unit}, {found['converted']:,} {outcome.past}"
    return text


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
    unit, outcome = UNITS[kind], outcome_of(payload)
    said = sorted(findings(payload), key=lambda one: (one.is_detail, -one.strength, one.name))
    supported = [one for one in said if one.finding["status"] == Status.SUPPORTED]
    hints = [one for one in said if one.finding["status"] == Status.SUGGESTIVE]
    text = [
        (
            f"{QUESTIONS[kind]}: {payload['sample_size']:,} {'leads' if kind == PatternType.HOW else unit}{_of(outcome)}, "
            f"{_confidence(payload, any_supported=bool(supported))}"
        )
    ]
    text += [f"  + {sentence(one, unit, outcome)}" for one in supported[:SHOWN_SUPPORTED]]
    if len(supported) > SHOWN_SUPPORTED:
        text.append(f"  + and {len(supported) - SHOWN_SUPPORTED} more")
    text += _weights(payload)
    text += [f"  ? perhaps {sentence(one, unit, outcome)}{_would_tell(one, unit)}" for one in hints[:SHOWN_SUGGESTIVE]]
    rest = len(hints) - len(hints[:SHOWN_SUGGESTIVE])
    silent = len(said) - len(supported) - len(hints)
    if rest or silent:
        parts = [f"{rest} more hint{'s' * (rest > 1)}"] * bool(rest) + [
            f"{silent} tested without a sign of an effect"
        ] * bool(silent)
        text.append(f"  . {', '.join(parts)}")
    text += [f"  - {name}: {reason}" for name, reason in abstentions(payload).items()]
    return text


def changes(comparison: Mapping[str, Any]) -> str:
    """What changed against the version before, in one line; empty for a first version."""
    if not comparison or not comparison["against"]:
        return ""
    if before := comparison.get("outcome_before"):
        past = Outcome(before).past
        return f"Version {comparison['against']} spoke of who {past}: nothing is compared with it, all findings count as new"
    parts = [f"{len(comparison[what])} {word}" for what, word in CHANGES.items() if comparison[what]]
    text = f"Against version {comparison['against']}: {', '.join(parts) or 'nothing supported, before or now'}"
    names = [one_line(name) for name in (*comparison["withdrawn"], *(one["name"] for one in comparison["turned"]))]
    text += f" (no longer: {'; '.join(names)})" if names else ""
    counts = comparison["over_versions"]
    gone = counts["withdrawn"] + counts["turned"]
    return text + (f"; of {counts['supported']} supported so far, {gone} withdrawn" if counts["supported"] else "")


def later(card: Mapping[str, Any]) -> str:
    """The backtest in one line; empty where there is none."""
    found = card.get("backtest")
    if not found:
        return ""
    if "abstained" in found:
        return f"On later facts: {found['abstained']}"
    if "auc" in found:
        return (
            f"On {counted(found['leads'], 'later lead')}: AUC {found['auc']:.2f} (defaults {found['auc_default']:.2f}), the "
            f"top fifth held {found['top_fifth_capture']:.0%} of {counted(found['converted'], 'conversion')}"
        )
    return (
        f"On later touches: those that follow what was supported did {found['ratio']:.2f} times as well as the others "
        f"({found['low']:.2f} to {found['high']:.2f}; {found['followed']:,} and {found['others']:,})"
    )


def _of(outcome: Outcome) -> str:
    """What the pattern speaks of, where it is not the usual."""
    return "" if outcome == Outcome.BOOKED else f" by who {outcome.past}, since bookings are few"


def _would_tell(said: Said, unit: str) -> str:
    needed = more_needed(said.finding)
    return f"; about {needed:,} more such {unit} would tell" if needed else ""


def _confidence(payload: Mapping[str, Any], *, any_supported: bool) -> str:
    if payload["confidence"]:
        acted_on = "" if payload["confidence"] >= ACTED_ON else ", not acted on"
        return f"confidence {payload['confidence']:.2f}{acted_on}"
    return "known, but nothing to act on" if any_supported else "nothing supported, defaults stay"


def _weights(payload: Mapping[str, Any]) -> list[str]:
    evidence = payload.get("weights_evidence", {})
    if "promoted" not in evidence:
        return []
    weights = ", ".join(
        f"{name.replace('_', ' ')} {value:.2f}" for name, value in payload["recommended_weights"].items()
    )
    if "borrowed" in evidence:
        lender = evidence["borrowed"]
        return [f"  + score weights, borrowed from what {lender['clients']} clients have in common: {weights}"]
    if evidence["promoted"]:
        return [
            f"  + score weights, learned (AUC {evidence['auc_default']:.3f} to {evidence['auc_learned']:.3f}): {weights}"
        ]
    return [f"  . score weights stay as they are ({weights}): learned ones were not better on held-out leads"]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
