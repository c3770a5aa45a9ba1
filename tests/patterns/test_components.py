"""Learned components of a stored pattern: read whole, or left out with a word in the log."""

import copy
import math

import pytest

from tests.patterns.stored import who
from tests.patterns.test_guidance import DAMAGE, DEFAULTS, WEIGHTS, changed, read, said, without

HEAD = {"average": 12.0, "rule_average": 10.0, "per_rule_point": 0.5, "log_odds_per_point": 0.1}
COMPONENTS = {
    "rate": 0.2,
    "authority": {**HEAD, "title": {"Founder": 9.0, "Clerk": -4.5}},
    "company_fit": {**HEAD, "industry": {"Software": 3.0}, "size": {"16-30": 2.5}, "extra": {"plan": {"paid": 1.25}}},
    "timing": {**HEAD, "hiring": {"yes": 2.0, "no": -0.5}},
}
EVIDENCE = {"promoted": True, "intercept": -2.0, "scale": 3.0}


def payload(**fields):
    return who(learned_components=copy.deepcopy(COMPONENTS), weights_evidence=dict(EVIDENCE), **fields)


def test_are_read_with_their_calibration(caplog):
    found = read(who=payload())
    assert found.learned.parts["authority"].tables[0].points == {"founder": 9.0, "clerk": -4.5}
    assert found.learned.parts["authority"].tables[0].labels == {"founder": "Founder", "clerk": "Clerk"}
    assert [table.attribute for table in found.learned.parts["company_fit"].tables] == ["industry", "size", "plan"]
    assert found.learned.extras == ("plan",)
    assert found.calibration.probability(50) == 0.3775  # sigmoid(-2 + 3 * 0.5)
    assert found.weights_source == "learned weights and components (who 7, confidence 0.80)"
    assert said(caplog) == []


def test_count_by_confidence():
    found = read(who=payload(), confidence=0.6)
    assert found.learned.share == pytest.approx(0.5)
    assert found.calibration is None  # of a mixture nothing was held against what happened
    assert read(who=payload(), confidence=0.49).learned is None


def test_defaults_that_were_kept_are_calibrated():
    kept = payload(recommended_weights=dict(DEFAULTS))
    found = read(who={**kept, "learned_components": {"abstained": "no better"}}, confidence=0.0)
    assert (found.learned, found.weights) == (None, DEFAULTS)
    assert found.calibration.probability(0) == 0.1192


def test_need_not_be_there(caplog):
    found = read(who=who())
    assert (found.learned, found.calibration, found.weights) == (None, None, WEIGHTS)
    assert read(who=who(learned_components={"abstained": "too few"})).learned is None
    assert said(caplog) == []


@pytest.mark.parametrize("value", DAMAGE.values(), ids=DAMAGE.keys())
@pytest.mark.parametrize("path", ["authority.per_rule_point", "authority.title.Founder", "company_fit.extra.plan.paid"])
def test_that_are_damaged_give_way_to_the_rules(path, value, caplog):
    if value == -0.5:
        value = -1e9  # negative points are points
    found = read(who=changed(payload(), f"learned_components.{path}", value))
    assert (found.learned, found.weights) == (None, WEIGHTS)
    (line,) = said(caplog)
    assert f"field learned_components.{path}: " in line


@pytest.mark.parametrize("path", ["rate", "authority", "timing", "company_fit.average", "timing.log_odds_per_point"])
def test_that_lack_something_give_way_to_the_rules(path, caplog):
    found = read(who=without(payload(), f"learned_components.{path}"))
    assert (found.learned, found.weights) == (None, WEIGHTS)
    (line,) = said(caplog)
    assert f"field learned_components.{path}: missing" in line


def test_two_spellings_of_one_value_are_refused(caplog):
    assert read(who=changed(payload(), "learned_components.authority.title.FOUNDER", 1.0)).learned is None
    assert "stands there twice" in said(caplog)[0]


def test_a_damaged_calibration_leaves_the_score(caplog):
    found = read(who=changed(payload(), "weights_evidence.scale", math.nan))
    assert found.calibration is None
    assert found.learned is not None
    assert "field weights_evidence.scale: not a finite number" in said(caplog)[0]


def test_say_what_they_speak_of():
    found = read(who=payload(outcome="replied"))
    assert (found.learned.outcome, found.calibration.outcome) == ("replied", "replied")
    assert (read(who=payload()).calibration.outcome, read(who=payload(outcome=7)).learned.outcome) == (
        "booked",
        "booked",
    )


def test_what_is_borrowed_speaks_of_bookings():
    evidence = {**EVIDENCE, "borrowed": {"version": 1, "clients": 6, "p_better": 0.99}}
    assert read(who=payload(outcome="replied") | {"weights_evidence": evidence}).calibration.outcome == "booked"
