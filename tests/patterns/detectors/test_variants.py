from dataclasses import replace

import numpy as np
import pytest

from conversion.vocabulary import CHANNELS, Channel, Status
from patterns.detectors.atrisk import at_risk
from patterns.detectors.families import findings
from patterns.detectors.texts import written
from patterns.detectors.variants import MOST_ARMS, chance_of_winners, variant_arms, variant_part
from patterns.detectors.what import WhatDetector
from patterns.simulator.world import simulate
from tests.patterns.detectors.contract import AS_OF, analyze, taken

EMAIL = CHANNELS.index(Channel.EMAIL)


@pytest.fixture(scope="module")
def quiet():
    """4,000 leads of a world in which nothing matters; e-mails without text but for the tests here."""
    return simulate("null", 4000, seed=17, as_of=AS_OF).frame()


def sent_in(frame, arms, factor=1.0):
    """E-mails in that many templates at random, the first of which books more often by that factor."""
    rng = np.random.default_rng(5)
    touches = frame.touches
    template = np.where(touches.channel == EMAIL, 1000 + rng.integers(0, arms, len(touches)), 0)
    booked = touches.booked.copy()
    losers = np.flatnonzero(booked & (template > 1000) & (rng.random(len(touches)) > 1 / factor))
    booked[losers] = False
    converted = frame.leads.converted_at.copy()
    converted[touches.lead[losers]] = np.nan
    columns = {"template": template, "booked": booked, "words": np.where(template > 0, 50, -1).astype(np.int32)}
    return replace(frame, touches=replace(touches, **columns), leads=replace(frame.leads, converted_at=converted))


def part_of(frame):
    arms = variant_arms(written(frame, at_risk(frame)))
    (found,) = findings([arms.family])
    return variant_part(arms, found), found


def test_each_touch_of_a_campaign_is_a_test(quiet):
    part, found = part_of(sent_in(quiet, 3))
    places = [(test["channel"], test["touch"], test["campaign"]) for test in part["tests"]]
    assert places == sorted(places)
    assert {place[0] for place in places} == {"email"}
    assert {place[2] for place in places} <= set(quiet.touches.campaign.tolist())
    assert len(places) == min(part["tests_found"], 12)
    assert all(len(test["variants"]) in (2, 3) for test in part["tests"])
    assert len(found) >= 2 * part["tests_found"]


def test_a_test_holds_the_counts_of_its_templates(quiet):
    frame = sent_in(quiet, 2)
    test = part_of(frame)[0]["tests"][0]
    table = at_risk(frame)
    touches = frame.touches
    for item in test["variants"]:
        mine = touches.template[table.row] == int(item["template"])
        mine &= (touches.touch[table.row] == test["touch"]) & (touches.campaign[table.row] == test["campaign"])
        assert (item["sample"], item["converted"]) == (mine.sum(), (mine & table.y).sum())


def test_two_alike_are_called_so(quiet):
    part, found = part_of(sent_in(quiet, 2))
    assert {item.status for item in found} <= {Status.NONE, Status.SUGGESTIVE}
    assert max(item.lift for item in found) < 1.15
    assert chance_of_winners(found) == 0.0
    for test in part["tests"]:
        one, other = test["variants"]
        assert one["p_best"] + other["p_best"] == pytest.approx(1)
        assert one["p_best"] == pytest.approx(one["p_better"], abs=0.06)


def test_a_variant_of_twice_the_rate_is_found():
    frame = sent_in(simulate("null", 20_000, seed=18, as_of=AS_OF).frame(), 2, factor=2.0)
    part, found = part_of(frame)
    better = [item for item in found if item.key["template"] == "1000"]
    assert np.median([item.lift for item in better]) == pytest.approx(4 / 3, rel=0.08)  # against both together
    assert sum(item.status == Status.SUPPORTED for item in better) >= 0.6 * len(better)  # 33 bookings to 17 each
    assert all(item.lift < 1 for item in found if item.status == Status.SUPPORTED and item not in better)
    first = part["tests"][0]["variants"][0]
    assert (first["template"], first["status"]) == ("1000", "supported")
    place = part["tests"][0]
    assert first["variant"] == f"template 1000, email touch {place['touch']} of campaign {place['campaign']}"
    assert first["p_best"] > 0.95
    assert chance_of_winners(found) > 0.95


def test_a_library_is_no_test(quiet):
    part, found = part_of(sent_in(quiet, MOST_ARMS + 1))
    assert part == {"abstained": "no touch of a campaign was sent in 2 to 10 templates side by side"}
    assert found == []


def test_few_bookings_say_how_many_more_sends(quiet):
    few = sent_in(taken(quiet, np.arange(150)), 2)
    reason = part_of(few)[0]["abstained"]
    assert "times as many sends are needed" in reason


def test_variants_stand_in_the_payload_whatever_the_order_of_leads(quiet):
    frame = sent_in(quiet, 2)
    once = analyze(WhatDetector(), frame)["variants"]
    assert once == part_of(frame)[0] | {"tests": once["tests"]}
    order = np.random.default_rng(1).permutation(len(frame.leads))
    assert analyze(WhatDetector(), taken(frame, order))["variants"] == once


def test_without_campaigns_the_months_are_strata_of_one_test(quiet):
    frame = sent_in(quiet, 2)
    frame = replace(frame, touches=replace(frame.touches, campaign=np.zeros(len(frame.touches), dtype=np.int64)))
    part, _ = part_of(frame)
    assert {test["campaign"] for test in part["tests"]} == {None}
    assert part["tests_found"] <= 6
