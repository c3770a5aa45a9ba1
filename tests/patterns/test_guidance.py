"""Guidance: what may be acted on, and what is left out with a word in the log."""

import copy
import json
import logging
import math
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection

from conversion.vocabulary import PatternType
from patterns import guidance
from patterns.guidance import Guidance, Stored
from patterns.models import ConversionPattern
from tests.patterns.stored import AT, WEIGHTS, WORDS, finding, how, keep, keep_all, plan, what, when, who

DEFAULTS = {"data_quality": 0.2, "authority": 0.25, "company_fit": 0.25, "timing": 0.15}
PROMOTED = {"data_quality": 0.05, "authority": 0.5, "company_fit": 0.2, "timing": 0.1}
OTHERS = {"data_quality": 0.15, "authority": 0.3, "company_fit": 0.25, "timing": 0.15}
DAMAGE = {
    "nan": math.nan,
    "infinity": math.inf,
    "negative": -0.5,
    "text": "1.5",
    "flag": True,
    "null": None,
    "object": {},
    "endless": 10**400,
}


def somebody(weights=None, tiers=None):
    return SimpleNamespace(pk="c-1", als_learned_weights=weights, als_tiers=tiers or {"hot": 80, "warm": 50})


def read(client=None, confidence=0.8, **payloads):
    rows = {kind: Stored(kind, 7, confidence, payload) for kind, payload in payloads.items()}
    return guidance.read(rows, client or somebody())


def without(payload, path):
    """The payload with what the dotted path names taken out."""
    return changed(payload, path, remove=True)


def changed(payload, path, value=None, *, remove=False):
    found = copy.deepcopy(payload)
    *holders, last = (int(part) if part.isdigit() else part for part in path.split("."))
    holder = found
    for part in holders:
        holder = holder[part]
    if remove:
        del holder[last]
    else:
        holder[last] = value
    return found


def said(caplog):
    return [record.getMessage() for record in caplog.records]


class TestWeights:
    @pytest.mark.parametrize(
        ("confidence", "expected"),
        [
            (0.0, DEFAULTS),
            (0.4999, DEFAULTS),
            (0.5, DEFAULTS),
            (0.6, {"data_quality": 0.15, "authority": 0.325, "company_fit": 0.25, "timing": 0.125}),
            (0.69, {"data_quality": 0.105, "authority": 0.3925, "company_fit": 0.25, "timing": 0.1025}),
            (0.7, WEIGHTS),
            (0.7001, WEIGHTS),
            (1.0, WEIGHTS),
        ],
    )
    def test_are_blended_by_confidence(self, confidence, expected):
        found = read(who=who(), confidence=confidence, client=somebody(PROMOTED))
        assert found.weights == expected
        assert sum(found.weights.values()) == pytest.approx(0.85, abs=1e-6)

    @pytest.mark.parametrize(
        ("confidence", "source", "versions"),
        [
            (0.4999, "default weights (who 7, confidence 0.50, counts from 0.5 on)", {}),
            (0.6, "learned weights, 50% of the way from the defaults (who 7, confidence 0.60)", {"who": 7}),
            (0.9, "learned weights (who 7, confidence 0.90)", {"who": 7}),
        ],
    )
    def test_say_where_they_come_from(self, confidence, source, versions):
        found = read(who=who(), confidence=confidence)
        assert (found.weights_source, found.versions) == (source, versions)
        assert found.evidence("weights") == source

    def test_are_the_defaults_where_nothing_was_learned(self, caplog):
        found = read()
        assert (found.weights, found.weights_source) == (DEFAULTS, "default weights")
        assert said(caplog) == []

    def test_are_the_promoted_ones_where_no_pattern_is_valid(self):
        found = read(client=somebody(PROMOTED))
        assert found.weights == PROMOTED
        assert found.weights_source == "learned weights of an earlier pattern, promoted at the time"
        assert found.versions == {}

    @pytest.mark.parametrize("stored", [PROMOTED, None])
    @pytest.mark.parametrize("value", DAMAGE.values(), ids=DAMAGE.keys())
    def test_that_are_refused_give_way(self, value, stored, caplog):
        found = read(who=changed(who(), "recommended_weights.authority", value), client=somebody(stored))
        assert found.weights == (stored or DEFAULTS)
        assert found.versions == {}
        (line,) = said(caplog)
        assert line.startswith("client c-1, pattern who, field recommended_weights.authority: ")

    @pytest.mark.parametrize(
        ("weights", "field"),
        [
            ({"data_quality": 0.2, "authority": 0.25, "company_fit": 0.25}, "recommended_weights.timing"),
            ({"data_quality": 0.5, "authority": 0.5, "company_fit": 0.5, "timing": 0.5}, "recommended_weights"),
            (
                {"data_quality": 0.04, "authority": 0.31, "company_fit": 0.3, "timing": 0.2},
                "recommended_weights.data_quality",
            ),
            ([0.2, 0.25, 0.25, 0.15], "recommended_weights"),
            (None, "recommended_weights"),
        ],
    )
    def test_need_all_keys_bounds_and_the_sum(self, weights, field, caplog):
        assert read(who=who(recommended_weights=weights)).weights == DEFAULTS
        (line,) = said(caplog)
        assert f"field {field}: " in line

    def test_may_have_keys_that_nobody_asks_for(self, caplog):
        found = read(who=who(recommended_weights={**WEIGHTS, "luck": math.nan}))
        assert found.weights == WEIGHTS
        assert said(caplog) == []

    def test_of_the_client_are_checked_as_well(self, caplog):
        found = read(client=somebody({**PROMOTED, "timing": -0.1}))
        assert found.weights == DEFAULTS
        (line,) = said(caplog)
        assert line.startswith("client c-1, pattern client, field als_learned_weights.timing: timing: ")

    @pytest.mark.parametrize("confidence", [math.nan, math.inf, -0.1, 1.1, None, "0.9", True])
    def test_of_a_pattern_without_a_usable_confidence_are_not_used(self, confidence, caplog):
        found = read(who=who(), confidence=confidence, client=somebody(PROMOTED))
        assert found.weights == PROMOTED
        (line,) = said(caplog)
        assert line.startswith("client c-1, pattern who, field confidence: ")


class TestTiers:
    def test_are_the_clients(self):
        assert read(client=somebody(tiers={"hot": 70, "warm": 40.5})).tiers == {"hot": 70, "warm": 40.5}

    def test_that_a_pattern_recommends_wait_for_a_person(self):
        assert read(who=who()).tiers == {"hot": 80, "warm": 50}

    @pytest.mark.parametrize(
        "tiers",
        [
            {"hot": 40, "warm": 50},
            {"hot": 50, "warm": 50},
            {"hot": 80},
            {"hot": math.nan, "warm": 1},
            [80, 50],
            "hot",
            {"hot": 101, "warm": 50},
        ],
    )
    def test_that_make_no_sense_are_the_defaults(self, tiers, caplog):
        assert read(client=somebody(tiers=tiers)).tiers == {"hot": 80, "warm": 50}
        (line,) = said(caplog)
        assert line.startswith("client c-1, pattern client, field als_tiers")


class TestTimes:
    def test_supported_days_and_hours_are_best_or_avoided(self):
        found = read(when=when())
        assert (found.best_days, found.avoid_days) == ((0, 3), (5, 1))
        assert (found.best_hours, found.avoid_hours) == ((15,), (18,))
        assert found.versions == {"when": 7}

    def test_each_has_its_evidence(self):
        found = read(when=when())
        assert found.evidence("day", 0) == WORDS.format("touches")
        assert found.evidence("hour", 15) == WORDS.format("touches")
        assert found.evidence("gap", 2) == f"3 days after the touch before: {WORDS.format('touches')}"
        assert found.evidence("day", 4) == ""

    @pytest.mark.parametrize(
        ("confidence", "days", "versions"), [(0.4999, (), {}), (0.5, (0, 3), {"when": 7}), (0.51, (0, 3), {"when": 7})]
    )
    def test_count_whole_from_a_confidence_of_a_half(self, confidence, days, versions):
        found = read(when=when(), confidence=confidence)
        assert (found.best_days, found.versions) == (days, versions)

    def test_gaps_are_learned_where_a_finding_supports_them(self):
        assert read(when=when()).gaps == (3, 3, 3, 3, 3)
        assert read(when=when(gap_hazard=[finding(gap="3", status="suggestive")])).gaps == (None,) * 5
        assert read(when=when(gap_hazard=[finding(gap="3", lift=0.8)])).gaps == (None,) * 5
        assert read(when=when(optimal_gap=None)).gaps == (None,) * 5  # it books more and costs unsubscribes
        assert read(when=when(optimal_gap="3")).gaps == (3,) * 5

    def test_gaps_of_a_payload_without_findings_of_gaps_are_learned_where_they_differ(self):
        found = read(when=without(when(), "gap_hazard"))
        assert found.gaps == (3, None, 3, 3, 3)
        assert found.evidence("gap", 1) == ""

    @pytest.mark.parametrize("days", [0, 15, -3, 2.5, math.nan, "3", True, None])
    def test_a_gap_that_no_plan_can_have_is_the_default(self, days, caplog):
        found = read(when=changed(when(), "optimal_sequence_gaps.touch_3_to_4", days))
        assert found.gaps == (3, 3, None, 3, 3)
        (line,) = said(caplog)
        assert line.startswith("client c-1, pattern when, field optimal_sequence_gaps.touch_3_to_4: ")

    def test_a_whole_number_may_be_written_with_a_point(self):
        assert read(when=changed(when(), "optimal_sequence_gaps.touch_1_to_2", 14.0)).gaps == (14, 3, 3, 3, 3)

    @pytest.mark.parametrize("value", DAMAGE.values(), ids=DAMAGE.keys())
    @pytest.mark.parametrize("measure", ["lift", "lift_low", "rate", "sample"])
    def test_a_damaged_finding_takes_its_part_with_it(self, measure, value, caplog):
        found = read(when=changed(when(), f"best_days.1.{measure}", value))
        assert (found.best_days, found.avoid_days) == ((), ())
        assert found.best_hours == (15,)
        (line,) = said(caplog)
        assert line.startswith(f"client c-1, pattern when, field best_days[1].{measure}: ")

    @pytest.mark.parametrize(
        ("path", "field"),
        [
            ("best_days", "best_days"),
            ("best_days.0.day_index", "best_days[0].day_index"),
            ("best_days.0.status", "best_days[0].status"),
            ("best_days.2.lift_high", "best_days[2].lift_high"),
        ],
    )
    def test_a_missing_key_takes_its_part_with_it(self, path, field, caplog):
        found = read(when=without(when(), path))
        assert (found.best_days, found.best_hours, found.gaps) == ((), (15,), (3, 3, 3, 3, 3))
        assert said(caplog) == [f"client c-1, pattern when, field {field}: missing; not used"]

    @pytest.mark.parametrize(
        ("path", "value", "problem"),
        [
            ("best_days.0.day_index", 7, "best_days[0].day_index: 7 is outside 0 to 6"),
            ("best_days.0.day_index", 0, "best_days: the same day_index twice"),
            ("best_days.0.status", "certain", "best_days[0].status: unknown status"),
            ("best_days.0.converted", 1001, "best_days[0].converted: 1001 is outside 0 to 1000"),
            ("best_days.0.rate", 1.01, "best_days[0].rate: 1.01 is outside 0 to 1"),
            ("best_days.0.q_value", math.nan, "best_days[0].q_value: not a finite number"),
            ("best_days", {}, "best_days: expected a list, got dict"),
            ("best_days.0", "Monday", "best_days[0]: expected an object, got str"),
        ],
    )
    def test_what_cannot_be_is_named(self, path, value, problem, caplog):
        assert read(when=changed(when(), path, value)).best_days == ()
        assert said(caplog) == [f"client c-1, pattern when, field {problem}; not used"]

    def test_what_abstained_is_left_out_without_a_word(self, caplog):
        found = read(when=when(best_days={"abstained": "one day only"}, gap_hazard=[]))
        assert (found.best_days, found.gaps) == ((), (None,) * 5)
        assert said(caplog) == []


class TestChannels:
    def test_what_is_supported(self):
        found = read(how=how())
        assert found.best_first_channel == "voice"
        assert found.winning_sequence == ("email", "voice")
        assert [one.channels for one in found.winning_sequences] == [("email", "voice"), ("voice", "email", "voice")]
        assert found.channel_lifts_by_tier == {"hot": {"voice": 1.8}, "cool": {"linkedin": 0.7}}
        assert found.better_channels("hot") == ("voice",)
        assert found.better_channels("cool") == found.better_channels("warm") == ()
        assert found.versions == {"how": 7}

    def test_the_evidence(self):
        found = read(how=how())
        assert found.evidence("best_first_channel", "voice") == WORDS.format("leads")
        assert found.evidence("channel_by_tier", ("hot", "voice")) == (
            "1.80 times the average odds (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 touches, 60 booked"
        )
        assert found.evidence("winning_sequence", ("email", "voice")) == (
            "1.20 times the default plan of the same length (at least 1.15); 25.0% (20.0% to 30.0%) of leads book by "
            "the model, 50 leads were put on it"
        )

    def test_a_sequence_of_a_length(self):
        found = read(how=how())
        assert found.sequence_of(3).channels == ("voice", "email", "voice")
        assert found.sequence_of(6) is None

    @pytest.mark.parametrize("status", ["suggestive", "none"])
    def test_only_supported_sequences_win(self, status):
        assert read(how=how(winning_sequences=[plan("voice", status=status)])).winning_sequence is None

    def test_a_sequence_that_is_no_better_does_not_win(self):
        assert read(how=how(winning_sequences=[plan("voice", lift=1.0)])).winning_sequence is None

    @pytest.mark.parametrize(
        ("tried", "words"), [(0, "not tried yet as a whole"), (1234, "1,234 leads were put on it")]
    )
    def test_says_whether_it_was_tried(self, tried, words):
        (found,) = read(how=how(winning_sequences=[plan("voice sms", tried=tried)])).winning_sequences
        assert found.evidence.endswith(f", {words}")

    @pytest.mark.parametrize("confidence", [0.0, 0.4999])
    def test_below_a_half_nothing_is_acted_on(self, confidence):
        found = read(how=how(), confidence=confidence)
        assert (found.winning_sequence, found.best_first_channel, found.versions) == (None, None, {})

    @pytest.mark.parametrize(
        ("path", "value", "problem"),
        [
            ("winning_sequences.0.sequence", ["fax"], "winning_sequences[0].sequence: 'fax' is no channel"),
            ("winning_sequences.0.sequence", [], "winning_sequences[0].sequence: 0 touches, expected 1 to 20"),
            (
                "winning_sequences.0.sequence",
                ["sms"] * 21,
                "winning_sequences[0].sequence: 21 touches, expected 1 to 20",
            ),
            ("winning_sequences.0.sequence", "voice", "winning_sequences[0].sequence: expected a list, got str"),
            ("winning_sequences.1.lift_low", math.nan, "winning_sequences[1].lift_low: not a finite number"),
            ("winning_sequences.1.lift", -2, "winning_sequences[1].lift: -2 is outside 0 to inf"),
            ("winning_sequences", None, "winning_sequences: expected a list, got NoneType"),
        ],
    )
    def test_damaged_sequences_are_not_followed(self, path, value, problem, caplog):
        found = read(how=changed(how(), path, value))
        assert (found.winning_sequences, found.best_first_channel) == ((), "voice")
        assert said(caplog) == [f"client c-1, pattern how, field {problem}; not used"]

    @pytest.mark.parametrize("value", ["fax", 3, ["voice"], "email"])
    def test_a_first_channel_needs_to_be_one_and_supported(self, value, caplog):
        found = read(how=how(best_first_channel=value))
        assert (found.best_first_channel, found.evidence("best_first_channel", "email")) == (None, "")
        (line,) = said(caplog)
        assert line.startswith("client c-1, pattern how, field best_first_channel: ")

    def test_no_first_channel_is_an_answer(self, caplog):
        assert read(how=how(best_first_channel=None)).best_first_channel is None
        assert said(caplog) == []

    def test_channels_and_tiers_that_nobody_knows_are_ignored(self, caplog):
        found = read(how=changed(how(), "channel_effectiveness_by_tier.hot.fax", "?"))
        assert found.channel_lifts_by_tier["hot"] == {"voice": 1.8}
        assert said(caplog) == []

    def test_a_damaged_tier_leaves_the_others(self, caplog):
        found = read(how=changed(how(), "channel_effectiveness_by_tier.hot.voice.lift", None))
        assert found.channel_lifts_by_tier == {"cool": {"linkedin": 0.7}}
        assert len(said(caplog)) == 1


@pytest.mark.parametrize("payload", [None, [], "x", 7])
def test_a_payload_that_is_no_object_says_nothing(payload, caplog):
    found = read(who=payload, when=payload, how=payload, what=payload)
    assert found.weights == DEFAULTS
    assert (found.best_days, found.gaps, found.winning_sequences) == ((), (None,) * 5, ())
    assert all("field payload: expected an object, got " in line for line in said(caplog))
    assert {line.split("pattern ")[1].split(",")[0] for line in said(caplog)} == {"who", "when", "how"}


def test_the_defaults():
    assert Guidance.defaults() == Guidance()
    assert Guidance.defaults({"hot": 70, "warm": 30}).tiers == {"hot": 70, "warm": 30}
    assert Guidance().weights == DEFAULTS
    assert Guidance().gaps == (None,) * 5


def test_the_same_patterns_give_the_same_guidance():
    payloads = {"who": who(), "what": what(), "when": when(), "how": how()}
    first = read(**payloads)
    second = read(**dict(reversed(json.loads(json.dumps(payloads)).items())))
    assert repr(first) == repr(second)


@pytest.mark.django_db
class TestForClient:
    def test_is_one_query(self, customer, django_assert_num_queries):
        keep_all(customer)
        with django_assert_num_queries(1):
            found = guidance.for_client(customer, AT)
        assert found.weights == WEIGHTS
        assert (found.best_days, found.best_first_channel, found.gaps) == ((0, 3), "voice", (3, 3, 3, 3, 3))
        assert found.versions == {"how": 1, "what": 1, "when": 1, "who": 1}

    def test_for_a_score_only_the_weights_are_read(self, customer, django_assert_num_queries):
        keep_all(customer)
        with django_assert_num_queries(1):
            found = guidance.for_client(customer, AT, only=(PatternType.WHO,))
        assert (found.weights, found.best_days, found.winning_sequences) == (WEIGHTS, (), ())
        assert found.versions == {"who": 1}

    def test_is_what_the_whole_rows_say(self, customer):
        keep_all(customer, confidence=0.6)
        rows = {row.pattern_type: row for row in ConversionPattern.objects.for_client(customer)}
        assert guidance.for_client(customer, AT) == guidance.read(rows, customer)

    def test_a_client_without_patterns_has_the_defaults(self, customer, django_assert_num_queries):
        with django_assert_num_queries(1):
            assert guidance.for_client(customer, AT).weights == DEFAULTS

    @pytest.mark.parametrize(
        ("left", "weights"),
        [(timedelta(microseconds=1), WEIGHTS), (timedelta(0), DEFAULTS), (-timedelta(days=1), DEFAULTS)],
    )
    def test_a_pattern_is_valid_up_to_the_moment_that_it_expires(self, customer, left, weights):
        keep_all(customer, valid_until=AT + left)
        found = guidance.for_client(customer, AT)
        assert found.weights == weights
        assert bool(found.best_days) == (weights == WEIGHTS)

    def test_an_expired_pattern_leaves_what_was_promoted(self, make_client):
        client = make_client(als_learned_weights=PROMOTED)
        keep(client, "who", valid_until=AT)
        assert guidance.for_client(client, AT).weights == PROMOTED

    def test_another_clients_patterns_say_nothing_here(self, make_client):
        ours, theirs = make_client("Ours"), make_client("Theirs")
        keep_all(theirs)
        keep(ours, "who", who(recommended_weights=OTHERS))
        found = guidance.for_client(ours, AT)
        assert (found.weights, found.best_days, found.versions) == (OTHERS, (), {"who": 1})

    @pytest.mark.parametrize("payload", [[1], "x", 7, {"recommended_weights": [1]}, {}])
    def test_a_tampered_row_falls_back(self, customer, payload, caplog):
        with caplog.at_level(logging.WARNING):
            keep(customer, "who", payload)
            keep(customer, "when", payload)
            found = guidance.for_client(customer, AT)
        assert (found.weights, found.best_days) == (DEFAULTS, ())
        assert said(caplog)[0].startswith(f"client {customer.pk}, pattern who, field recommended_weights")

    def test_a_number_beyond_all_bounds_falls_back(self, customer, caplog):
        """JSON has no infinity, yet 1e400 is read as one."""
        keep(customer, "who")
        wide = json.dumps(who()).replace('"authority": 0.4', '"authority": 1e400')
        with connection.cursor() as cursor:
            cursor.execute("UPDATE patterns_conversionpattern SET patterns = %s", [wide])
        assert guidance.for_client(customer, AT).weights == DEFAULTS
        (line,) = said(caplog)
        assert "field recommended_weights.authority: authority: not a finite number" in line
