"""Versions compared: what is new, kept, withdrawn, turned around, and what may be acted on after a turn."""

from datetime import UTC, datetime

import pytest

from benchmarks.validation.drift import NULL, TURNS
from benchmarks.validation.weekly import frame_of, look
from patterns.comparison import Last, compare
from patterns.detectors.earlier import until


def finding(status="supported", lift=2.0, **key):
    return {**key, "status": status, "lift": lift}


def who(at, *found, confidence=0.9):
    signals = {f"{one['signal']}_lift": one for one in found}
    as_of = datetime.fromtimestamp(look(at), UTC).isoformat()
    return {"type": "who", "as_of": as_of, "confidence": confidence, "timing_signals": signals}


def hiring(lift=2.0, status="supported"):
    return finding(status, lift, signal="hiring")


@pytest.fixture(scope="module")
def turns():
    return frame_of(TURNS, 1)


@pytest.fixture(scope="module")
def null():
    return frame_of(NULL, 1)


def version(frame, at, last, *found, number=1):
    payload, comparison = compare(who(at, *found), last, until(frame, look(at)))
    return Last(number, payload, comparison)


def test_a_first_version_is_all_new(null):
    one = version(null, 0, None, hiring(), finding("none", signal="funded"))
    assert one.comparison["against"] is None
    assert one.comparison["added"] == ["signal: hiring"]
    assert one.comparison["over_versions"] == {"versions": 1, "supported": 1, "withdrawn": 0, "turned": 0}
    assert one.comparison["withdrawn_share"] == 0
    assert one.payload == who(0, hiring(), finding("none", signal="funded"))


def test_kept_withdrawn_and_new_are_told_apart_and_counted(null):
    one = version(null, 0, None, hiring(), finding(signal="new_role"))
    two = version(null, 1, one, hiring(), finding(signal="funded"), finding("suggestive", signal="new_role"), number=2)
    changes = {name: two.comparison[name] for name in ("against", "added", "kept", "withdrawn", "turned")}
    assert changes == {
        "against": 1,
        "added": ["signal: funded"],
        "kept": ["signal: hiring"],
        "withdrawn": ["signal: new role"],
        "turned": [],
    }
    assert two.comparison["over_versions"] == {"versions": 2, "supported": 3, "withdrawn": 1, "turned": 0}
    assert two.comparison["withdrawn_share"] == pytest.approx(1 / 3, abs=1e-5)
    assert two.comparison["watched"]["signal: hiring"]["since"] == who(0)["as_of"]


def test_the_same_facts_again_change_nothing(null):
    one = version(null, 0, None, hiring())
    two = version(null, 0, one, hiring(), number=2)
    assert two.comparison["kept"] == ["signal: hiring"]
    assert two.payload == one.payload


def test_a_version_that_was_not_compared_is_followed_from_its_moment(turns):
    two = version(turns, 30, Last(7, who(0, hiring())), hiring())
    assert [one["name"] for one in two.comparison["turned"]] == ["signal: hiring"]
    assert two.comparison["turned"][0]["since"] == who(0)["as_of"]
    assert two.comparison["over_versions"] == {"versions": 1, "supported": 1, "withdrawn": 0, "turned": 1}


def test_what_turned_around_is_marked_and_not_supported(turns):
    one = version(turns, 12, None, hiring())
    two = version(turns, 26, one, hiring(1.3), number=2)
    (turn,) = two.comparison["turned"]
    assert turn["helped"]
    assert turn["converted"] < turn["expected"]
    assert turn["difference_high"] < 0
    assert two.comparison["withheld"] == ["signal: hiring"]
    marked = two.payload["timing_signals"]["hiring_lift"]
    assert (marked["status"], marked["turned"], marked["lift"]) == ("none", True, 1.3)


def test_the_opposite_is_not_acted_on_before_later_facts_establish_it(turns):
    one = version(turns, 12, None, hiring())
    two = version(turns, 26, one, hiring(), number=2)
    three = version(turns, 27, two, hiring(0.6), number=3)
    assert three.payload["timing_signals"]["hiring_lift"]["status"] == "none"
    assert three.comparison["withheld"] == ["signal: hiring"]
    assert three.comparison["turned"] == []
    four = version(turns, 50, three, hiring(0.6), number=4)
    assert four.payload["timing_signals"]["hiring_lift"]["status"] == "supported"
    assert (four.comparison["withheld"], four.comparison["added"]) == ([], ["signal: hiring"])
    assert four.comparison["watched"]["signal: hiring"]["helps"] is False


def test_the_old_claim_stays_withheld_while_facts_speak_against_it(turns):
    one = version(turns, 12, None, hiring())
    last = version(turns, 26, one, hiring(), number=2)
    for number, at in enumerate((30, 38, 46), start=3):
        last = version(turns, at, last, hiring(1.2), number=number)
        assert last.payload["timing_signals"]["hiring_lift"]["status"] == "none"


def test_a_turned_finding_that_nobody_claims_any_more_is_forgotten(null, turns):
    one = version(turns, 12, None, hiring())
    two = version(turns, 18, one, hiring(), number=2)
    two = two if two.comparison["turned"] else version(turns, 26, one, hiring(), number=2)
    began = datetime.fromisoformat(two.comparison["watched"]["signal: hiring"]["since"]).timestamp()
    weeks = round((began - look(0)) / 604_800)
    soon = version(turns, weeks + 1, two, hiring(status="none"), number=3)
    assert soon.comparison["withheld"] == ["signal: hiring"]
    later = version(turns, weeks + 9, soon, hiring(status="none"), number=4)
    assert later.comparison["watched"] == {}


def test_a_claim_that_flips_is_withheld_too(null):
    one = version(null, 0, None, hiring())
    two = version(null, 4, one, hiring(0.6), number=2)
    assert two.payload["timing_signals"]["hiring_lift"]["status"] == "none"


def test_plans_rest_on_the_effects_of_their_model(turns):
    plan = finding(sequence=["email", "voice"], lift=1.3)
    one = compare({**who(12, hiring()), "type": "how"}, None, until(turns, look(12)))
    last = Last(1, *one)
    payload, _ = compare(
        {**who(26, hiring()), "type": "how", "winning_sequences": [plan]}, last, until(turns, look(26))
    )
    assert payload["winning_sequences"][0]["status"] == "none"
    assert payload["confidence"] == 0
    assert plan["status"] == "supported"  # what was learned is not changed


def test_the_size_range_goes_with_its_size(turns):
    frame = turns
    sized = {"size_analysis": {"sweet_spot": {"min": 1, "max": 5}, "distribution": [{**finding(), "range": "1-5"}]}}
    last = Last(1, {**who(12), **sized}, {
        "against": None, "turned": [], "withheld": [], "watched": {
            "company size 1-5": {"path": ["size_analysis", "distribution"], "key": {"range": "1-5"}, "helps": True,
                                 "since": who(12)["as_of"], "turned": True},
        },
    })  # fmt: skip
    payload, _ = compare({**who(14), **sized}, last, until(frame, look(14)))
    assert payload["size_analysis"]["sweet_spot"] is None


def test_findings_of_another_outcome_are_not_compared(turns):
    replies, _ = compare({**who(12, hiring()), "outcome": "replied"}, None, until(turns, look(12)))
    two = version(turns, 26, Last(1, replies), hiring(1.3), number=2)
    assert two.comparison["outcome_before"] == "replied"
    assert two.comparison["added"] == ["signal: hiring"]
    assert [two.comparison[name] for name in ("kept", "withdrawn", "turned", "withheld")] == [[], [], [], []]
    assert two.payload["timing_signals"]["hiring_lift"]["status"] == "supported"
