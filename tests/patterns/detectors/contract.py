"""What every detector owes, whatever it looks at: the same cases for all four, called from each detector's tests.

    class TestContract(contract.DetectorContract):
        detector = WhoDetector()
        parts = frozenset({"title_rankings", ...})

The frame `history` is a fixture of this folder. A frame with too little says so in words; a frame with much of the same
says nothing wrong; the same facts, in whatever order of leads, give the same bytes; a payload has the keys of the
interface and holds plain finite numbers.
"""

import json
import math
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from conversion.vocabulary import EXITS, LeadStatus
from patterns.detectors.findings import Abstention
from patterns.detectors.frame import Category, Frame, Leads, Touches

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
HEAD = ("type", "version", "computed_at", "as_of", "outcome", "sample_size", "confidence")
FINDING = (
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
)


def analyze(detector: Any, frame: Frame) -> Any:
    return detector.analyze(frame, AS_OF, np.random.default_rng(20260301))


def as_bytes(detector: Any, frame: Frame) -> str:
    return json.dumps(analyze(detector, frame), allow_nan=False)


def taken(frame: Frame, order: Any) -> Frame:
    """The leads at these positions, in this order, each with its touches; a lead may be taken twice."""
    order = np.asarray(order, dtype=np.int64)
    counts = np.bincount(frame.touches.lead, minlength=len(frame.leads))
    starts = np.cumsum(counts) - counts
    many = counts[order]
    offset = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    rows = np.repeat(starts[order], many) + offset
    touches = {field.name: getattr(frame.touches, field.name)[rows] for field in fields(Touches)}
    touches["lead"] = np.repeat(np.arange(len(order)), many).astype(np.int32)
    columns = {field.name: column_at(getattr(frame.leads, field.name), order) for field in fields(Leads)}
    return replace(frame, leads=Leads(**columns), touches=Touches(**touches))


def column_at(column: Any, order: Any) -> Any:
    if isinstance(column, Category):
        codes = column.codes[order]
        used = np.unique(codes[codes >= 0])
        position = np.full(len(column.labels) + 1, -1, dtype=np.int32)
        position[used] = np.arange(len(used))
        return Category(position[codes], tuple(column.labels[code] for code in used))
    if isinstance(column, dict):
        return {name: column_at(value, order) for name, value in column.items()}
    return column[order]


def all_converted(frame: Frame) -> Frame:
    """Every lead books on the day after its first touch, which stays its only one."""
    first = np.flatnonzero(np.diff(frame.touches.lead, prepend=-1))
    touches = Touches(**{field.name: getattr(frame.touches, field.name)[first] for field in fields(Touches)})
    touches = replace(touches, booked=np.ones(len(first), dtype=bool))
    silent = np.full(len(frame.leads), np.nan)
    leads = replace(frame.leads, converted_at=touches.sent_at + 86_400, left_at=silent, exit=unknown(frame))
    return replace(frame, leads=leads, touches=touches)


def none_converted(frame: Frame) -> Frame:
    never = np.full(len(frame.leads), np.nan)
    none = np.zeros(len(frame.touches), dtype=bool)
    touches = replace(frame.touches, booked=none, replied=none, positive=none)
    return replace(frame, leads=replace(frame.leads, converted_at=never), touches=touches)


def all_left_before(frame: Frame) -> Frame:
    """Every lead unsubscribed a second before its first touch: nothing was ever at risk."""
    first = np.flatnonzero(np.diff(frame.touches.lead, prepend=-1))
    never = np.full(len(frame.leads), np.nan)
    gone = np.full(len(frame.leads), EXITS.index(LeadStatus.UNSUBSCRIBED), dtype=np.int8)
    leads = replace(frame.leads, converted_at=never, left_at=frame.touches.sent_at[first] - 1, exit=gone)
    return replace(none_converted(frame), leads=leads)


def unknown(frame: Frame) -> Any:
    return np.full(len(frame.leads), -1, dtype=np.int8)


def all_found(value: Any) -> list[dict[str, Any]]:
    """Every finding in a payload, however deep."""
    if isinstance(value, dict):
        here = [value] if "q_value" in value and "rate" in value else []
        return here + [found for item in value.values() for found in all_found(item)]
    return [found for item in value for found in all_found(item)] if isinstance(value, list) else []


class DetectorContract:
    detector: Any
    parts: frozenset[str]

    def test_an_empty_frame_abstains_with_a_reason(self, history):
        answer = analyze(self.detector, taken(history, []))
        assert isinstance(answer, Abstention)
        assert answer.reason

    def test_one_row_abstains_and_says_how_many_more(self, history):
        answer = analyze(self.detector, taken(history, [0]))
        assert isinstance(answer, Abstention)
        assert any(character.isdigit() for character in answer.reason)

    def test_nobody_converted_abstains(self, history):
        assert isinstance(analyze(self.detector, none_converted(history)), Abstention)

    def test_nobody_at_risk_abstains(self, history):
        assert isinstance(analyze(self.detector, all_left_before(history)), Abstention)

    def test_everybody_converted_supports_nothing(self, history):
        answer = analyze(self.detector, all_converted(history))
        if isinstance(answer, Abstention):
            return
        assert {item["status"] for item in all_found(answer)} <= {"none", "suggestive"}
        assert answer["confidence"] < 0.5

    def test_twice_the_same_bytes(self, history):
        assert as_bytes(self.detector, history) == as_bytes(self.detector, history)

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_shuffled_leads_give_the_same_bytes(self, history, seed):
        order = np.random.default_rng(seed).permutation(len(history.leads))
        assert as_bytes(self.detector, taken(history, order)) == as_bytes(self.detector, history)

    def test_a_doubled_client_has_twice_the_counts_and_the_same_raw_rates(self, history):
        once = analyze(self.detector, history)
        twice = analyze(self.detector, taken(history, np.repeat(np.arange(len(history.leads)), 2)))
        assert twice["sample_size"] == 2 * once["sample_size"]
        known = {identity(item): item for item in all_found(twice)}
        for item in all_found(once):
            double = known.get(identity(item))
            if double:  # lists of winners may differ
                assert (double["sample"], double["converted"]) == (2 * item["sample"], 2 * item["converted"])
                assert double["conversion_rate"] == item["conversion_rate"]

    def test_the_payload_has_the_keys_of_the_interface(self, history):
        answer = analyze(self.detector, history)
        assert tuple(answer)[: len(HEAD)] == HEAD
        assert set(answer) - set(HEAD) == self.parts
        assert answer["as_of"] == answer["computed_at"] == AS_OF.isoformat()
        assert 0 <= answer["confidence"] <= 1

    def test_every_finding_is_complete_and_ordered(self, history):
        found = all_found(analyze(self.detector, history))
        assert found
        for item in found:
            assert set(FINDING) <= set(item)
            assert 0 <= item["low"] <= item["rate"] <= item["high"] <= 1
            assert 0 < item["lift_low"] <= item["lift"] <= item["lift_high"] < math.inf
            assert 0 <= item["converted"] <= item["sample"]
            assert item["status"] in {"supported", "suggestive", "none"}
            assert item["q_value"] is None or 0 <= item["q_value"] <= 1
            assert item["status"] != "supported" or item["q_value"] <= 0.05

    def test_numbers_have_six_digits_and_are_finite(self, history):
        text = as_bytes(self.detector, history)  # allow_nan=False raises on NaN and infinity
        for number in numbers(json.loads(text)):
            assert number == float(f"{number:.6g}")

    def test_facts_after_as_of_change_nothing(self, history):
        """A touch sent in the last fortnight is not matured, so taking it out changes no count of what converted."""
        answer = analyze(self.detector, history)
        late = history.touches.sent_at > history.as_of - 86_400
        touches = Touches(**{field.name: getattr(history.touches, field.name)[~late] for field in fields(Touches)})
        again = analyze(self.detector, replace(history, touches=touches))
        assert again["sample_size"] == answer["sample_size"]


def identity(item: dict[str, Any]) -> str:
    named = {key: value for key, value in item.items() if key not in FINDING and not isinstance(value, float)}
    return json.dumps([named, item["conversion_rate"]], sort_keys=True)


def numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [number for item in value.values() for number in numbers(item)]
    if isinstance(value, list):
        return [number for item in value for number in numbers(item)]
    return [value] if isinstance(value, float) else []
