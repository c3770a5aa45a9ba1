"""How far a stored pattern is believed, and which weights and components of the lead score follow from it and the client."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from conversion.als import DEFAULT_TIERS, DEFAULT_WEIGHTS, WeightsError, check_weights
from conversion.learned import LearnedComponents
from conversion.vocabulary import Tier
from patterns.components import Calibration, calibration_of, learned_of
from patterns.payloads import Payload, Unusable, number

# Confidence is the probability that acting beats the defaults: below a half, the defaults are the better bet. Weights
# reach full strength at 0.7; in between they are mixed, so that a weekly change of confidence moves scores a little.
ACTED_ON, WHOLE = 0.5, 0.7
DIGITS = 6  # of a mixed weight, as many as a payload keeps
NONE = "default weights"


@dataclass(frozen=True, slots=True)
class Weighting:
    """weights: of the score. source: where they come from, in words. version: of the WHO pattern that has a share in
    them, else None. learned: components that stand in place of the rules', None where the rules' count. calibration: what
    turns the score into a probability, None where these weights were never held against what happened.
    """

    weights: Mapping[str, float]
    source: str
    version: int | None = None
    learned: LearnedComponents | None = None
    calibration: Calibration | None = None


def trust_of(row: Any, client: Any) -> float | None:
    """The confidence of a stored pattern, 0-1; None, with a warning, where it is no such number."""
    payload = Payload(row.pattern_type, row.patterns, client)
    try:
        return number(row.confidence, "confidence", 0, 1)
    except Unusable as error:
        payload.refuse(error.field, error.problem)
        return None


def weighting(row: Any | None, client: Any) -> Weighting:
    """The weights to score with. row: the client's valid WHO pattern, None where there is none.

    A pattern's weights count by its confidence. Without a valid pattern, or where its weights are refused, those that
    were promoted before serve (`als_learned_weights`), then the defaults.
    """
    confidence = None if row is None else trust_of(row, client)
    if row is None or confidence is None:
        return promoted(client)
    payload = Payload(row.pattern_type, row.patterns, client)
    learned = payload.part("recommended_weights", checked, None)
    if learned is None:
        return promoted(client)
    return blend(learned, confidence, row.version, payload)


def blend(learned: Mapping[str, float], confidence: float, version: int, payload: Payload) -> Weighting:
    """Learned weights and components mixed with the defaults: none of them up to a confidence of 0.5, all from 0.7 on.

    The probability is known of what the pattern was calibrated with: its weights in full, or the defaults if it kept them.
    """
    share = min(max((confidence - ACTED_ON) / (WHOLE - ACTED_ON), 0.0), 1.0)
    origin = f"who {version}, confidence {confidence:.2f}"
    if share == 0:
        kept = calibration_of(payload) if dict(learned) == by_default() else None
        source = f"{NONE} ({origin}, counts from {ACTED_ON:.1f} on)"
        return Weighting(by_default(), source, calibration=kept)
    parts = learned_of(payload)
    what = "learned weights" if parts is None else "learned weights and components"
    if share == 1:
        return Weighting(dict(learned), f"{what} ({origin})", version, parts, calibration_of(payload))
    mixed = {name: round(usual + share * (learned[name] - usual), DIGITS) for name, usual in by_default().items()}
    source = f"{what}, {share:.0%} of the way from the defaults ({origin})"
    return Weighting(mixed, source, version, replace(parts, share=share) if parts else None)


def promoted(client: Any) -> Weighting:
    """The client's own weights, which a pattern once won, else the defaults."""
    if client.als_learned_weights is None:
        return Weighting(by_default(), NONE)
    stored = Payload("client", {"als_learned_weights": client.als_learned_weights}, client)
    weights = stored.part("als_learned_weights", checked, None)
    if weights is None:
        return Weighting(by_default(), NONE)
    return Weighting(weights, "learned weights of an earlier pattern, promoted at the time")


def checked(weights: object, field: str) -> dict[str, float]:
    try:
        return check_weights(weights)
    except WeightsError as error:
        raise Unusable(f"{field}.{error.field}" if error.field else field, str(error)) from error


def tiers_of(client: Any) -> dict[str, float]:
    """The client's least scores of hot and warm; the defaults, with a warning, where they are no such pair."""
    stored = Payload("client", {"als_tiers": client.als_tiers}, client)
    return stored.part("als_tiers", pair, None) or dict(DEFAULT_TIERS)


def pair(value: Any, field: str) -> dict[str, float]:
    names = (Tier.HOT.value, Tier.WARM.value)
    if not isinstance(value, Mapping) or any(name not in value for name in names):
        raise Unusable(field, "expected an object with hot and warm")
    hot, warm = (number(value[name], f"{field}.{name}", 0, 100) for name in names)
    if hot <= warm:
        raise Unusable(field, f"hot ({hot:g}) is not above warm ({warm:g})")
    return {"hot": hot, "warm": warm}


def by_default() -> dict[str, float]:
    return {str(name): weight for name, weight in DEFAULT_WEIGHTS.items()}
