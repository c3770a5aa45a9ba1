"""What a value does to a booking once there is a reply."""

from dataclasses import replace

import numpy as np
import pytest

from patterns.detectors.booked import flags_with_bookings, values_with_bookings
from patterns.detectors.families import findings, flags_family, values_family
from patterns.detectors.what import WhatDetector
from patterns.detectors.when import WhenDetector
from patterns.detectors.who import WhoDetector
from patterns.simulator.world import simulate
from tests.patterns.detectors.contract import AS_OF, analyze


def answered(replies, bookings, size=2_000):
    """Rows of two values with these shares of replies, and of bookings among them."""
    value = np.repeat([0, 1], size)
    place = np.tile(np.arange(size), 2)
    y = place < np.rint(np.array(replies)[value] * size)
    booked = place < np.rint(np.array(replies)[value] * np.array(bookings)[value] * size)
    return value, y, booked, np.zeros(2 * size, dtype=np.int64)


def made(replies, bookings):
    value, y, booked, stratum = answered(replies, bookings)
    family = values_family("v", ["a", "b"], value, y, stratum, stratified_by="nothing")
    return findings([values_with_bookings(family, value, y, booked, stratum)])[0]


def test_bookings_among_those_who_answered():
    few, many = made([0.1, 0.2], [0.1, 0.1])
    assert few.evidence["booking"]["sample"] == 200
    assert few.evidence["booking"]["converted"] == 20
    assert many.evidence["booking"]["lift"] == pytest.approx(1.0, abs=0.05)
    assert many.evidence["booking"]["lift_low"] < 1 < many.evidence["booking"]["lift_high"]
    assert many.evidence["booking"]["lift_in_all"] == pytest.approx(many.lift, rel=0.05)
    assert many.status == "supported"


def test_a_value_that_draws_answers_and_loses_bookings_is_not_supported():
    few, many = made([0.1, 0.2], [0.5, 0.05])
    assert many.lift > 1.2
    assert many.evidence["booking"]["lift_in_all_high"] < 1
    assert (few.status, many.status) == ("none", "none")


def test_where_the_outcome_is_the_booking_nothing_is_added():
    value, y, _, stratum = answered([0.1, 0.2], [1, 1])
    family = values_family("v", ["a", "b"], value, y, stratum, stratified_by="nothing")
    assert values_with_bookings(family, value, y, y, stratum) is family
    flags = flags_family("f", ["x"], [value], y, stratum, stratified_by="nothing")
    assert flags_with_bookings(flags, [value], y, y, stratum) is flags


def test_flags():
    value, y, booked, stratum = answered([0.1, 0.2], [0.1, 0.2])
    flags = flags_family("f", ["x"], [value], y, stratum, stratified_by="nothing")
    found = findings([flags_with_bookings(flags, [value], y, booked, stratum)])[0][0]
    assert found.evidence["booking"]["sample"] == 400
    assert found.evidence["booking"]["converted"] == 80
    assert found.evidence["booking"]["lift"] == pytest.approx(2.0, rel=0.15)


@pytest.mark.parametrize(
    ("detector", "part"),
    [(WhoDetector, "title_rankings"), (WhatDetector, "angles"), (WhenDetector, "best_days")],
)
def test_payloads_that_speak_of_replies_say_so_and_what_became_of_them(detector, part):
    frame = simulate("all", leads=4_000, seed=2, as_of=AS_OF).frame()
    kept = np.arange(len(frame.leads)) % 20 == 0  # one booking in twenty stays, the others are positive replies
    touches, leads = frame.touches, frame.leads
    few = replace(
        frame,
        touches=replace(touches, booked=touches.booked & kept[touches.lead], positive=touches.booked.copy()),
        leads=replace(leads, converted_at=np.where(kept, leads.converted_at, np.nan)),
    )
    found = analyze(detector(), few)
    assert found["outcome"] == "positive_reply"
    items = found[part]["rankings"] if part == "angles" else found[part]
    assert all(item["booking"]["sample"] >= item["booking"]["converted"] for item in items)
    assert sum(item["booking"]["converted"] for item in items) > 0
    usual = analyze(detector(), frame)
    assert usual["outcome"] == "booked"
    first = usual[part]["rankings"][0] if part == "angles" else usual[part][0]
    assert "booking" not in first
