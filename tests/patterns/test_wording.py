"""Sentences about findings: values and words compared with findings made by hand."""

from types import SimpleNamespace

import pytest

from conversion.vocabulary import Outcome, PatternType
from patterns import known
from patterns.advice import advice, everything
from patterns.differences import against, differences
from patterns.report import Said, findings
from patterns.wording import Evidence, Thing, because, later, plan, still_needed, subject, surety, titled, told
from tests.patterns.stored import AT, PAYLOADS, finding, how, keep_all, what, when, who
from tests.patterns.stored import plan as sequence

OFTEN = "1.50 times as often as average, 1.25 to 1.75; 1,000 leads"
ODDS = "1.50 times the average odds, 1.25 to 1.75; 1,000 leads"

pytestmark = pytest.mark.filterwarnings("error")


def said_of(payload):
    return {said.name: told(said, "touches") for said in findings(payload)}


def said(path, **fields):
    return Said("whatever", finding(**fields), path=path)


@pytest.mark.parametrize(
    ("path", "fields", "says"),
    [
        (("title_rankings",), {"title": "Founder"}, "Founders book {}"),
        (
            ("title_rankings",),
            {"title": "Founder", "lift": 2.14, "lift_low": 1.62, "lift_high": 2.83, "sample": 412},
            "Founders book 2.1 times as often as average, 1.6 to 2.8; 412 leads",
        ),
        (("industry_rankings",), {"industry": "Software"}, "Leads in Software book {}"),
        (("best_days",), {"day": "Thursday", "day_index": 3}, "Touches on Thursdays book {}"),
        (("best_hours",), {"hour": 9}, "Touches at 09:00 book {}"),
        (("touch_hazard",), {"touch": 3}, "Third touches book {}"),
        (("touch_hazard",), {"touch": 12}, "Number 12 touches book {}"),
        (("gap_hazard",), {"gap": "4-5"}, "Touches 4 to 5 days after the one before book {}"),
        (("first_touch_effectiveness", "voice_first"), {"channel": "voice"}, "Leads whose first touch is a call book {}"),
        (("channel_effectiveness_by_tier", "hot", "voice"), {}, "Calls to hot leads book at {odds}"),
        (("channel_transitions", "email", "sms"), {}, "Text messages after an e-mail book at {odds}"),
        (("ctas", "by_type", "soft_ask"), {}, "Messages with a call to action of the type soft ask book {}"),
    ],
)  # fmt: skip
def test_a_finding_is_a_sentence_with_its_evidence(path, fields, says):
    assert told(said(path, **fields), "leads") == says.format(OFTEN, odds=ODDS)


def test_what_a_lift_is_taken_against_is_said_as_the_payload_has_it():
    assert said_of(who())["signal: hiring"].startswith(
        "Leads whose company is hiring book 1.50 times as often as those without,"
    )
    assert said_of(what())["pain point cost"].startswith(
        "Messages that name the pain point “cost” book 0.60 times as often as those without,"
    )
    assert "at 1.25 times the odds of a channel used before" in said_of(how())["new channel"]


def test_a_sequence_says_whether_anybody_was_put_on_it():
    tried, untried = (
        told(said, "leads")
        for said in findings({"winning_sequences": [sequence("voice email email"), sequence("email sms", tried=0)]})
    )
    assert tried == (
        "The sequence “a call, then 2 e-mails” books 1.30 times as often as the default plan, at least 1.10; "
        "50 leads were put on it"
    )
    assert untried.endswith("; by the model, not tried yet as a whole")


def test_another_outcome_has_its_own_verb():
    one = said(("title_rankings",), title="CEO")
    assert told(one, "leads", Outcome.REPLIED).startswith("CEOs reply 1.50 times")
    assert told(one, "leads", Outcome.POSITIVE_REPLY).startswith("CEOs reply positively 1.50 times")


def test_every_finding_of_every_payload_is_told():
    for kind, make in PAYLOADS.items():
        for one in findings(make()):
            text = told(one, "touches")
            assert f"{one.finding['lift']:.2f}" in text, (kind, one.path)
            assert text[0].isupper() or not text[0].isalpha()


@pytest.mark.parametrize(
    ("title", "says"),
    [
        ("Founder", "founders"),
        ("CEO", "CEOs"),
        ("Head of Growth", "heads of growth"),
        ("VP of Sales", "VPs of sales"),
        ("Marketing Coordinator", "marketing coordinators"),
        ("Chief Executive Officer", "chief executive officers"),
        ("VP Sales", "people titled “VP Sales”"),
        ("Geschäftsführer", "people titled “Geschäftsführer”"),
        ("Owner\u2028<script>", "people titled “Owner <script>”"),
        ("x" * 200, f"people titled “{'x' * 80}”"),
        ("", "people titled “”"),
    ],
)
def test_titles_become_people(title, says):
    assert titled(title) == says


@pytest.mark.parametrize(
    "what", ["day", "hour", "touch", "gap", "tier", "after", "channels", "sequence", "signal", "unheard of"]
)
@pytest.mark.parametrize("value", ["", "\u0000", "999", "-", "\u0663", "{}", "{0.__class__}", "a\nb"])
def test_values_that_nobody_expects_are_said_on_one_line(what, value):
    assert "\n" not in subject(Thing(what, value, value))


def test_runs_of_a_channel_are_counted():
    assert plan(["mail", *["voice"] * 5]) == "a letter, then 5 calls"
    assert plan(["email", "linkedin", "email"]) == "an e-mail, then a LinkedIn message, then an e-mail"


def test_one_decimal_only_where_it_hides_nothing():
    thing = Thing("title", "Founder")
    assert because(thing, Evidence(2.14, 1.62, 2.83)).endswith("2.1 times as often as average, 1.6 to 2.8")
    assert because(thing, Evidence(2.14, 1.02, 4.5)).endswith("2.14 times as often as average, 1.02 to 4.50")


def test_surety_is_the_nearer_end_and_nothing_where_the_interval_holds_one():
    assert surety(Evidence(1.5, 1.25, 1.75)) == pytest.approx(0.2231, abs=1e-4)
    assert surety(Evidence(0.5, 0.4, 0.8)) == pytest.approx(0.2231, abs=1e-4)
    assert surety(Evidence(1.1, 0.9, 1.3)) == surety(Evidence(1.1, None, None)) == 0.0


@pytest.mark.parametrize(
    ("reason", "needed"),
    [
        ("2 conversions among 12 leads; 10 among 30 are needed: about 50 more leads at this rate", "about 50 more leads"),
        ("2 conversions among 12 leads; 5 among 20 are needed: 16 more leads at this rate", "16 more leads"),
        ("2 conversions; 5 are needed: about 1,200 more touches at this rate", "about 1,200 more touches"),
        ("too few conversions to compare; about 400 more touches with it are needed", "about 400 more touches"),
        ("no lead's title is known", ""),
    ],
)  # fmt: skip
def test_what_is_still_needed_is_read_out_of_a_reason(reason, needed):
    assert still_needed(reason) == needed


def test_how_it_did_later():
    ratio = {"ratio": 1.43, "low": 1.15, "high": 1.77, "followed": 2465, "others": 12085}
    assert later({"backtest": ratio}) == (
        "Later touches that followed what was supported booked 1.43 times as often as the others, 1.15 to 1.77; "
        "2,465 touches that did, 12,085 that did not."
    )
    auc = {"auc": 0.61, "auc_default": 0.53, "leads": 2118, "converted": 404, "top_fifth_capture": 0.31}
    assert later({"backtest": auc}).startswith(
        "Of 2,118 leads that began later, the fifth with the highest scores held 31% of the 404 conversions (20% would be"
    )
    assert later({"backtest": {"abstained": "too few"}}) == "Not judged on later facts: too few."
    assert later({}) == ""


def told_of(**rows):
    stored = {
        kind: SimpleNamespace(
            pattern_type=kind,
            version=1,
            confidence=confidence,
            patterns=payload,
            sample_size=500,
            computed_at=AT,
            valid_until=AT,
        )
        for kind, (payload, confidence) in rows.items()
    }
    return known.read(stored, SimpleNamespace(pk=1))


def test_advice_is_the_surest_of_each_question_and_at_most_five():
    found = advice(told_of(who=(who(), 0.8), what=(what(), 0.8), when=(when(), 0.8), how=(how(), 0.8)))
    assert len(found) == 5
    assert {one.kind for one in found} == set(PatternType)
    assert [one.surety for one in found] == sorted((one.surety for one in found), reverse=True)


def test_advice_is_an_instruction_with_its_evidence():
    says = {
        one.thing.what: one.sentence
        for one in everything(told_of(who=(who(), 0.0), when=(when(), 0.9), how=(how(), 0.9)))
    }
    assert says["signal"] == (
        "Write first to leads whose company is hiring: they book 1.50 times as often as those without, 1.25 to 1.75; "
        "1,000 leads."
    )
    assert says["gap"] == (
        "Wait 3 days between touches: touches 3 days after the one before book 1.50 times as often as average, 1.25 to 1.75; "
        "1,000 touches."
    )
    assert says["sequence"] == (
        "Follow the sequence “an e-mail, then a call”: it books 1.20 times as often as the default plan, at least 1.15; "
        "50 leads were put on it."
    )
    assert "first" not in says  # plans follow the sequence


def test_what_harms_is_told_as_such_and_days_only_where_no_best_one_is_known():
    only_bad = when(
        best_days=[finding(day="Tuesday", day_index=1, lift=0.5, lift_low=0.4, lift_high=0.6)], best_hours=[]
    )
    says = [one.says for one in everything(told_of(when=(only_bad, 0.9), who=(who(), 0.0)))]
    assert "Do not send on Tuesdays" in says
    assert "Write to clerks last" not in says  # “Clerk” has no plural here
    assert "Write to people titled “Clerk” last" in says
    assert not any(one.says.startswith("Do not send") for one in everything(told_of(when=(when(), 0.9))))


def test_nothing_is_advised_by_what_is_not_acted_on():
    assert advice(told_of(what=(what(), 0.4), when=(when(), 0.49), how=(how(), 0.0))) == []
    assert advice(told_of()) == []


def test_differences_between_versions_are_named():
    turned = {
        "name": "on Monday",
        "helped": True,
        "since": "2026-01-05T00:00:00+00:00",
        "sample": 900,
        "converted": 9,
        "expected": 30.2,
    }
    comparison = {
        "against": 3,
        "added": ["title Founder"],
        "kept": [],
        "withdrawn": [f"title {number}" for number in range(20)],
        "turned": [turned],
        "withheld": ["on Friday", "on Monday"],
    }
    found = {change.heading: change for change in differences(comparison)}
    assert list(found["New"].names) == ["title Founder"]
    assert "Kept" not in found
    assert (len(found["No longer supported"].names), found["No longer supported"].more) == (12, 8)
    assert found["Turned around"].names[0].startswith("On Monday turned around: it was supported as better than")
    assert list(found["Turned around earlier, still not acted on"].names) == ["on Friday"]
    assert against(comparison) == "Against version 3:"


def test_a_version_without_anything_to_compare_says_so():
    assert against({"against": None}) == "The first version: there is nothing to compare it with."
    assert against({}) == ""
    assert against({"against": 1}) == "Against version 1: nothing was supported, before or now."
    assert against({"against": 1, "outcome_before": "replied"}).startswith("Version 1 spoke of who replied")


@pytest.mark.parametrize("value", [None, 5, "x", [5, None], {"a": 1}])
def test_a_comparison_that_nobody_wrote_breaks_nothing(value):
    for name in ("added", "kept", "withdrawn", "turned", "withheld"):
        assert isinstance(differences({name: value}), list)


def test_stored_patterns_are_read_by_the_same_way(customer):
    keep_all(customer)
    assert len(advice(known.for_client(customer, AT))) == 5
