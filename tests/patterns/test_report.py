"""Patterns are said in plain words, each with its evidence and what is missing."""

import pytest

from conversion.vocabulary import PatternType
from patterns import report


def finding(status="supported", lift=2.0, low=1.5, high=2.6667, sample=400, converted=40, **key):
    return {
        **key, "sample": sample, "converted": converted, "conversion_rate": 0.1, "rate": 0.098, "low": 0.07,
        "high": 0.13, "lift": lift, "lift_low": low, "lift_high": high, "q_value": 0.01, "p_better": 0.99,
        "status": status, "p_best": None, "stratified_by": "month", "method": "test",
    }  # fmt: skip


@pytest.fixture
def who():
    return {
        "type": "who", "version": 1, "sample_size": 1200, "confidence": 0.91,
        "title_rankings": [
            finding(title="Founder"),
            finding("suggestive", 1.2, 0.95, 1.5158, title="Owner"),
            finding("none", 1.0, 0.9, 1.1, title="Director"),
        ],
        "industry_rankings": {"abstained": "no lead's industry is known"},
        "timing_signals": {"hiring_lift": finding("supported", 0.5, 0.4, 0.6, signal="hiring")},
        "recommended_weights": {"data_quality": 0.2, "authority": 0.4, "company_fit": 0.15, "timing": 0.1},
        "weights_evidence": {"promoted": True, "auc_default": 0.61, "auc_learned": 0.655},
    }  # fmt: skip


def test_a_pattern_in_words(who):
    assert report.lines(PatternType.WHO, who) == [
        "WHO converts: 1,200 leads, confidence 0.91",
        "  + signal: hiring: 0.50 times those without (0.40 to 0.60); 9.8% of 400 leads, 40 booked",
        "  + title Founder: 2.00 times the average (1.50 to 2.67); 9.8% of 400 leads, 40 booked",
        (
            "  + score weights, learned (AUC 0.610 to 0.655): "
            "data quality 0.20, authority 0.40, company fit 0.15, timing 0.10"
        ),
        (
            "  ? perhaps title Owner: 1.20 times the average (0.95 to 1.52); 9.8% of 400 leads, 40 booked; "
            "about 950 more such leads would tell"
        ),
        "  . 1 tested without a sign of an effect",
        "  - industry rankings: no lead's industry is known",
    ]


def test_weights_that_lost_are_said_to_stay(who):
    who["weights_evidence"]["promoted"] = False
    assert "  . score weights stay as they are" in "\n".join(report.lines(PatternType.WHO, who))


def test_an_abstention_in_words():
    assert report.lines(PatternType.WHEN, {"abstained": "3 conversions; 5 are needed"}) == [
        "WHEN to write: not enough data. 3 conversions; 5 are needed"
    ]


def test_nothing_supported_is_said(who):
    who["confidence"] = 0.0
    assert report.lines(PatternType.WHO, who)[0] == "WHO converts: 1,200 leads, known, but nothing to act on"
    who["confidence"] = 0.3
    assert report.lines(PatternType.WHO, who)[0] == "WHO converts: 1,200 leads, confidence 0.30, not acted on"


def test_how_many_more_would_tell():
    # Half the standard error that is there is needed at four times the sample: 2.8 se = |log lift| at n' = 4 n.
    assert report.more_needed(finding(lift=1.5, low=1.5 / 1.764, high=1.5 * 1.764, sample=1000)) == 3_000
    assert report.more_needed(finding(lift=4.0)) is None
    assert report.more_needed(finding(lift=1.0)) is None
    assert report.more_needed({"lift": 2.0, "lift_low": None}) is None


def test_names_of_findings_that_are_keyed_by_their_place():
    payload = {
        "channel_effectiveness_by_tier": {"hot": {"voice": finding(channel="voice")}},
        "winning_sequences": [finding(sequence=["email", "voice"])],
        "best_days": [finding(day="Tuesday", day_index=1)],
        "ctas": {"effective": [finding(cta="worth 15 minutes")], "by_type": {"soft_ask": finding()}},
        "multi_channel_lift": {"2_channel": finding(effect="2_channel")},
        "channel_transitions": {"email": {"sms": finding(channel="sms")}},
    }
    assert [said.name for said in report.findings(payload)] == [
        "voice to hot leads",
        "sequence email > voice",
        "on Tuesday",
        "call to action “worth 15 minutes”",
        "call to action of type soft ask",
        "a touch after 2 channels",
        "sms after email",
    ]


def test_each_finding_says_what_it_is_compared_with():
    payload = {
        "timing_signals": {"hiring_lift": finding(signal="hiring")},
        "ctas": {"effective": [finding(cta="quick call")], "by_type": {"soft_ask": finding()}},
        "personalization_lift": {"first_name": finding()},
        "channel_effects": [finding(channel="voice")],
        "multi_channel_lift": {"new_channel": finding(effect="new_channel"), "2_channel": finding(effect="2_channel")},
        "winning_sequences": [finding(sequence=["email"])],
    }
    assert [said.against for said in report.findings(payload)] == [
        "those without",
        "the average",
        "the average",
        "those without",
        "the other channels",
        "a channel used before",
        "the average",
        "the default plan",
    ]


def test_what_changed_against_the_version_before():
    comparison = {
        "against": 3,
        "added": ["title Owner", "at 9:00"],
        "kept": ["title Founder"],
        "withdrawn": ["on Monday"],
        "turned": [{"name": "signal: hiring"}],
        "over_versions": {"versions": 4, "supported": 12, "withdrawn": 2, "turned": 1},
    }
    assert report.changes(comparison) == (
        "Against version 3: 2 new, 1 kept, 1 withdrawn, 1 turned around (no longer: on Monday; signal: hiring); "
        "of 12 supported so far, 3 withdrawn"
    )
    nothing = {
        "added": [],
        "kept": [],
        "withdrawn": [],
        "turned": [],
        "over_versions": {"supported": 0, "withdrawn": 0, "turned": 0},
    }
    assert report.changes({**nothing, "against": 1}) == "Against version 1: nothing supported, before or now"
    assert report.changes({**nothing, "against": None}) == ""
    assert report.changes({}) == ""


def test_how_it_did_on_later_facts():
    leads = {"leads": 1300, "converted": 250, "auc": 0.6, "auc_default": 0.54, "top_fifth_capture": 0.29}
    assert report.later({"backtest": leads}) == (
        "On 1,300 later leads: AUC 0.60 (defaults 0.54), the top fifth held 29% of 250 conversions"
    )
    touches = {"ratio": 1.535, "low": 1.36, "high": 1.73, "followed": 11590, "others": 24941}
    assert report.later({"backtest": touches}) == (
        "On later touches: those that follow what was supported did 1.53 times as well as the others "
        "(1.36 to 1.73; 11,590 and 24,941)"
    )
    assert report.later({"backtest": {"abstained": "nothing was supported"}}) == "On later facts: nothing was supported"
    assert report.later({}) == ""


def test_a_pattern_of_replies_says_so(who):
    head, supported, *_ = report.lines(PatternType.WHO, {**who, "outcome": "positive_reply"})
    assert head == "WHO converts: 1,200 leads by who replied positively, since bookings are few, confidence 0.91"
    assert supported.endswith("9.8% of 400 leads, 40 replied positively")


def test_another_outcome_than_the_last_versions_is_said():
    compared = {"against": 3, "outcome_before": "replied"}
    assert report.changes(compared) == (
        "Version 3 spoke of who replied: nothing is compared with it, all findings count as new"
    )


def test_names_from_outside_stay_on_one_printable_line(who):
    who["title_rankings"] = [finding(title="Big\n\x1b[31mBoss")]
    assert report.lines(PatternType.WHO, who)[2].startswith("  + title Big [31mBoss: 2.00 times")


def test_points_of_learned_components_are_no_findings(who):
    names = {"status": {"supported": 1.0}, "lift": {"high": 2.0}}
    who["learned_components"] = {"rate": 0.1, "company_fit": {"extra": names, "industry": {"status": 0.5, "lift": 1.0}}}
    assert [said.name for said in report.findings(who)] == [
        "title Founder",
        "title Owner",
        "title Director",
        "signal: hiring",
    ]
    assert report.abstentions({"learned_components": {"abstained": "too few"}}) == {"learned components": "too few"}
