"""WHAT: which content leads to bookings (`docs/statistics.md`, "WHAT")."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from conversion.vocabulary import PatternType, Status
from patterns.detectors.atrisk import at_risk
from patterns.detectors.backing import chance_of_gain
from patterns.detectors.calls import TypeTests, type_tests
from patterns.detectors.families import any_supported, discoveries, findings_at, head, losers, ranked, rated, winners
from patterns.detectors.features import MIN_TEMPLATES, Fitted, feature_family, fit_features
from patterns.detectors.findings import Abstention, Finding, rounded
from patterns.detectors.frame import Frame
from patterns.detectors.lengths import optimal_lengths
from patterns.detectors.texts import Written, written
from patterns.detectors.variants import chance_of_winners, variant_arms, variant_part
from patterns.stats.rates import about

MIN_CONVERSIONS = 5
MIN_TOUCHES = 20
KEYS = {"subjects": "pattern", "pain_points": "pain_point", "ctas": "cta", "angles": "angle", "personalization": "flag"}
WORDS = {
    "subjects": "subject pattern",
    "pain_points": "pain point",
    "ctas": "call to action",
    "angles": "angle",
    "personalization": "personalization",
}

Findings = dict[str, list[Finding]]


class WhatDetector:
    """Lifts of subject patterns, pain points, calls to action, angles, personalization, length and variants."""

    algorithm = "what-2"

    def analyze(
        self, frame: Frame, as_of: datetime, rng: np.random.Generator, *, claims_only: bool = False
    ) -> dict[str, Any] | Abstention:
        """The `what` payload, or an abstention that says how many more touches are needed. as_of: aware."""
        table = at_risk(frame)
        counts = written(frame, table)
        if reason := too_few(counts):
            return reason
        fitted = fit_features(counts)
        families = {kind: feature_family(fitted, kind, key, against_rest=kind != "ctas") for kind, key in KEYS.items()}
        types = type_tests(fitted, frame.vocabulary)
        arms = variant_arms(counts)
        everything = rated([*families.values(), types.family, arms.family])
        *q_values, q_curves = discoveries(*(family.p_values for family in everything), fitted.curve_p_values)
        *by_kind, by_type, by_arm = map(findings_at, everything, q_values)
        found = dict(zip(families, by_kind, strict=True))
        parts: dict[str, Any] = {
            "subject_patterns": two_sided(fitted, found, "subjects", ("winning", "losing")),
            "pain_points": pain_points(fitted, found),
            "ctas": calls(fitted, found, types, by_type),
            "angles": part(fitted, "angles", {"rankings": [item.payload() for item in ranked(found["angles"])]}),
            "optimal_length": optimal_lengths(fitted.curves, fitted.effects, q_curves),
            "personalization_lift": personalization(fitted, found, frame.vocabulary.flag_names),
            "variants": variant_part(arms, by_arm),
        }
        if silent := unanimous(list(parts.values())):
            return silent
        named = any(length.get("status") == Status.SUPPORTED for length in parts["optimal_length"].values())
        backed = named or any(map(any_supported, (*found.values(), by_type)))
        confidence = 0.0
        if not claims_only:
            confidence = chance_of_gain(fitted, rng) if backed else chance_of_winners(by_arm)
        payload: dict[str, Any] = rounded(
            {**head(PatternType.WHAT, as_of, counts.touches, confidence, table.outcome), **parts}
        )
        return payload


def too_few(counts: Written) -> Abstention | None:
    """Why these touches are too few to learn from, None where they are enough."""
    touches, won = counts.touches, counts.bookings
    if not touches:
        return Abstention(f"no touch that was followed for long enough has a text (0 of {MIN_TOUCHES})")
    needed = max(MIN_TOUCHES - touches, (MIN_CONVERSIONS - won) * (touches + 1) / (won + 0.5))
    if needed <= 0:
        return None
    return Abstention(
        f"{won} conversions from {touches:,} touches with a text that were followed for long enough; {MIN_CONVERSIONS} "
        f"from {MIN_TOUCHES} are needed: {about(needed)} more touches at this rate"
    )


def part(fitted: Fitted, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    """The value, or why nothing can be said of this kind of feature."""
    columns = fitted.counts.columns(kind)
    word = WORDS[kind]
    if not columns:
        return Abstention(f"no text sent has a known {word}").payload()
    if np.isnan(fitted.p_values[columns]).all():
        return Abstention(f"{word}: {lacking(fitted, columns)}").payload()
    return value


def lacking(fitted: Fitted, columns: Sequence[int]) -> str:
    """What the best-documented of some untested features lacks."""
    at = list(columns)
    templates = int(fitted.templates[at].max())
    if templates < MIN_TEMPLATES:
        return (
            f"at most {templates} templates of the same kind with, and as many without it, were sent side by side; "
            f"{MIN_TEMPLATES} are needed, about {MIN_TEMPLATES - templates} more of each"
        )
    expected = float(fitted.sums.expected[at].max())
    touches = int(fitted.tally.trials[at].max())
    more = touches * (2 / max(expected, 0.1) - 1)
    return f"too few conversions to compare; about {about(more)} more touches with it are needed"


def two_sided(fitted: Fitted, found: Findings, kind: str, names: tuple[str, str]) -> dict[str, Any]:
    """Winners and losers of one kind, supported or suggestive."""
    good, bad = winners(found[kind]), losers(found[kind])
    lists = zip(names, (good, bad), strict=True)
    return part(fitted, kind, {name: [item.payload() for item in items] for name, items in lists})


def pain_points(fitted: Fitted, found: Findings) -> dict[str, Any]:
    """Winners and losers with `frequency`, the share of the bookings whose text has the pain point."""
    value = two_sided(fitted, found, "pain_points", ("effective", "ineffective"))
    bookings = fitted.counts.bookings
    for items in value.values():
        if isinstance(items, list):
            for item in items:
                item["frequency"] = item["converted"] / bookings
    return value


def calls(fitted: Fitted, found: Findings, types: TypeTests, by_type: list[Finding]) -> dict[str, Any]:
    """The effective calls to action, and every type: a type with one call in use is that call's finding."""
    alone = {name: found["ctas"][place] for name, place in types.alone.items()}
    shared = {item.key["type"]: item for item in by_type}
    items = {name: (alone | shared)[name].payload() for name in types.names}
    for item in items.values():
        item.pop("cta", None)
        item.pop("type", None)
    return part(fitted, "ctas", {"effective": [item.payload() for item in winners(found["ctas"])], "by_type": items})


def personalization(fitted: Fitted, found: Findings, names: Sequence[str]) -> dict[str, Any]:
    """A finding for each flag, against the texts without it."""
    columns = fitted.counts.columns("personalization")
    place = {item.key["flag"]: column for item, column in zip(found["personalization"], columns, strict=True)}
    items = {item.key["flag"]: item.payload() for item in found["personalization"]}
    value = {}
    for name in names:
        if name not in items:
            value[name] = Abstention(f"no text sent has {name}").payload()
        elif np.isnan(fitted.p_values[place[name]]):
            value[name] = Abstention(f"{name}: {lacking(fitted, [place[name]])}").payload()
        else:
            items[name].pop("flag")
            value[name] = items[name]
    return value


def unanimous(parts: Sequence[dict[str, Any]]) -> Abstention | None:
    """The first reason where every part, and every member of a part, abstains; else None."""
    reasons = []
    for value in parts:
        members = [value] if "abstained" in value else list(value.values())
        found = [member.get("abstained") if isinstance(member, dict) else None for member in members]
        if not all(found):
            return None
        reasons.extend(found)
    return Abstention(str(reasons[0])) if reasons else None
