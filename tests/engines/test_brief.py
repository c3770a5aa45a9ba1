"""The brief: what is known in words and as JSON, with its evidence, and nothing where nothing is known."""

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest

from engines.brief import Brief, brief, compose
from patterns import known
from tests.patterns.stored import AT, PAYLOADS, WORDS, finding, how, keep, keep_all, plan, what, when, who

CLIENT = SimpleNamespace(pk="c-1", name="Acme", deleted_at=None)
TEXT = """\
Brief for Acme, as of 2026-03-02 10:00 UTC
WHO 1: 500 leads, confidence 0.80 in its score weights, valid until 2026-03-03
WHAT 1: 500 touches, confidence 0.80, valid until 2026-03-03
WHEN 1: 500 touches, confidence 0.80, valid until 2026-03-03
HOW 1: 500 leads, confidence 0.80, valid until 2026-03-03

WHAT TO WRITE
Pain points that work:
  + leads: 1.50 times those without it (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 touches, 60 booked
Pain points to leave out:
  - cost: 0.60 times those without it (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 touches, 60 booked
Calls to action:
  + "quick call": 1.50 times the average (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 touches, 60 booked
Types of calls to action:
  + soft ask: 1.50 times the average (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 touches, 60 booked
  - passive: 0.70 times the average (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 touches, 60 booked
Angles:
  + curiosity: 1.50 times those without it (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 touches, 60 booked
Subjects:
  + quick question: 1.50 times those without it (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 touches, 60 booked
Length:
  + email: about 80 words, 60 to 110 do no worse; 900 touches, 50 booked, q 0.01
Personalization:
  + first name: 1.50 times those without it (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 touches, 60 booked

WHEN TO SEND
Best days:
  + Monday: 1.50 times the average (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 touches, 60 booked
  + Thursday: 1.40 times the average (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 touches, 60 booked
Days to avoid:
  - Saturday: 0.50 times the average (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 touches, 60 booked
  - Tuesday: 0.70 times the average (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 touches, 60 booked
Best hours:
  + 15:00: 1.50 times the average (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 touches, 60 booked
Hours to avoid:
  - 18:00: 0.80 times the average (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 touches, 60 booked
Touch that converts most:
  + touch 3: 1.50 times the average (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 touches, 60 booked
Days between touches:
  + 3, 3, 3, 3, 3 days before touches 2 to 6; 3 days after the touch before: \
1.50 times the average (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 touches, 60 booked
Time to a booking:
  . 12.5 days from the first touch on average, 80% within 20.2 days; from 500 touches

WHICH CHANNELS
First channel:
  + voice: 1.50 times the average (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 leads, 60 booked
A further channel:
  + a channel not used before: 1.25 times the odds of one used before (1.25 to 1.75); \
5.0% (4.0% to 6.2%) of 1,000 touches, 60 booked
Sequences:
  + email, voice: 1.20 times the default plan of the same length (at least 1.15); \
25.0% (20.0% to 30.0%) of leads book by the model, 50 leads were put on it
  + voice, email, voice: 1.30 times the default plan of the same length (at least 1.10); \
25.0% (20.0% to 30.0%) of leads book by the model, 50 leads were put on it
Best next channel:
  + after email, sms: 1.70 times the average odds (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 touches, 60 booked
Where bookings come from:
  . email 50%, voice 50%; from 500 leads. It says where touches were sent, too: no reason to send more there

WHO CONVERTS MOST
Titles:
  + Founder: 1.50 times the average (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 leads, 60 booked
Company sizes:
  + 16-30 employees: 1.50 times the average (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 leads, 60 booked
Signals:
  + hiring: 1.50 times those without it (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 leads, 60 booked
"""


def row(kind, payload, confidence=0.8):
    return SimpleNamespace(
        pattern_type=kind,
        version=1,
        patterns=payload,
        confidence=confidence,
        sample_size=500,
        computed_at=AT - timedelta(days=7),
        valid_until=AT + timedelta(days=1),
    )


def made(confidence=0.8, **payloads) -> Brief:
    rows = {kind: row(kind, payload, confidence) for kind, payload in payloads.items()}
    return compose(CLIENT, known.read(rows, CLIENT), AT)


def sections(found):
    return {part: list(lines) for part, lines in found.parts.items()}


def said(found, part, section):
    return [line.says for line in found.parts[part][section]]


def test_all_in_words():
    assert made(who=who(), what=what(), when=when(), how=how()).text() == TEXT


def test_all_as_json():
    answer = json.loads(json.dumps(made(who=who(), what=what(), when=when(), how=how()).payload()))
    assert list(answer) == ["client_id", "client", "as_of", "patterns", "content", "timing", "channels", "audience"]
    assert (answer["client_id"], answer["client"], answer["as_of"]) == ("c-1", "Acme", "2026-03-02T10:00:00+00:00")
    assert list(answer["patterns"]) == ["who", "what", "when", "how"]
    assert answer["patterns"]["what"] == {
        "version": 1,
        "confidence": 0.8,
        "sample_size": 500,
        "computed_at": "2026-02-23T10:00:00+00:00",
        "valid_until": "2026-03-03T10:00:00+00:00",
        "acted_on": True,
        "outcome": "booked",
    }
    assert answer["content"]["effective_pain_points"] == [
        {
            "value": "leads",
            "says": f"leads: {WORDS.format('touches').replace('the average', 'those without it')}",
            "effect": "helps",
            "evidence": {
                "sample": 1000,
                "converted": 60,
                "rate": 0.05,
                "low": 0.04,
                "high": 0.0625,
                "lift": 1.5,
                "lift_low": 1.25,
                "lift_high": 1.75,
                "q_value": 0.001,
                "frequency": 0.4,
            },
        }
    ]
    lines = {
        section: [(line["value"], line["effect"]) for line in answer[part][section]]
        for part in ("content", "timing", "channels", "audience")
        for section in answer[part]
    }
    assert lines == {
        "effective_pain_points": [("leads", "helps")],
        "ineffective_pain_points": [("cost", "harms")],
        "ctas": [("quick call", "helps")],
        "cta_types": [("soft_ask", "helps"), ("passive", "harms")],
        "angles": [("curiosity", "helps")],
        "subjects": [("quick_question", "helps")],
        "lengths": [({"channel": "email", "optimal_words": 80, "range_min": 60, "range_max": 110}, "helps")],
        "personalization": [("first_name", "helps")],
        "best_days": [({"day": "Monday", "day_index": 0}, "helps"), ({"day": "Thursday", "day_index": 3}, "helps")],
        "avoid_days": [({"day": "Saturday", "day_index": 5}, "harms"), ({"day": "Tuesday", "day_index": 1}, "harms")],
        "best_hours": [(15, "helps")],
        "avoid_hours": [(18, "harms")],
        "peak_touch": [(3, "helps")],
        "gaps": [({f"touch_{i}_to_{i + 1}": 3 for i in range(1, 6)}, "helps")],
        "conversion_window": [({"average_days": 12.5, "days_80_percent": 20.25}, "describes")],
        "first_channels": [("voice", "helps")],
        "further_channel": [("new_channel", "helps")],
        "sequences": [(["email", "voice"], "helps"), (["voice", "email", "voice"], "helps")],
        "next_channels": [({"after": "email", "next": "sms"}, "helps")],
        "booking_channels": [({"email": 0.5, "voice": 0.5}, "describes")],
        "titles": [("Founder", "helps")],
        "sizes": [("16-30", "helps")],
        "signals": [("hiring", "helps")],
    }


def test_nothing_where_nothing_is_known():
    found = made()
    assert found.text() == "Brief for Acme, as of 2026-03-02 10:00 UTC\n\nNothing is known yet.\n"
    assert found.payload() == {
        "client_id": "c-1",
        "client": "Acme",
        "as_of": "2026-03-02T10:00:00+00:00",
        "patterns": {},
    }


def test_below_a_half_only_what_happened_and_who_books_are_told():
    found = made(confidence=0.4999, who=who(), what=what(), when=when(), how=how())
    assert sections(found) == {
        "timing": ["conversion_window"],
        "channels": ["booking_channels"],
        "audience": ["titles", "sizes", "signals"],
    }
    assert (
        "WHEN 1: 500 touches, confidence 0.50, too low to act on, valid until 2026-03-03" in found.text().splitlines()
    )


def test_from_a_half_on_all_is_told():
    assert sections(made(confidence=0.5, what=what())) == sections(made(confidence=1.0, what=what()))


@pytest.mark.parametrize("status", ["suggestive", "none"])
def test_what_is_not_supported_is_not_told(status):
    weak = finding(status=status)
    found = made(
        who=who(title_rankings=[{**weak, "title": "Founder"}], size_analysis={"distribution": []}, timing_signals={}),
        when=when(
            touch_hazard=[{**weak, "touch": 3}], best_days=[{**weak, "day_index": 1}], best_hours=[], gap_hazard=[]
        ),
        how=how(
            winning_sequences=[plan("voice sms", status=status)],
            channel_transitions={"email": {"voice": weak}},
            multi_channel_lift={"new_channel": weak},
            first_touch_effectiveness={"voice_first": weak},
        ),
    )
    assert sections(found) == {"timing": ["conversion_window"], "channels": ["booking_channels"]}


def test_at_most_three_sequences_and_five_of_a_kind():
    found = made(
        who=who(title_rankings=[finding(title=f"Title {i}", lift=1 + i / 10) for i in range(1, 9)]),
        how=how(winning_sequences=[plan("voice " * i, lift_low=1 + i / 10) for i in range(1, 6)]),
    )
    assert [line.value for line in found.parts["audience"]["titles"]] == [f"Title {i}" for i in (8, 7, 6, 5, 4)]
    assert [len(line.value) for line in found.parts["channels"]["sequences"]] == [5, 4, 3]


def test_gaps_without_findings_of_gaps_say_which_are_the_defaults():
    payload = when()
    del payload["gap_hazard"]
    assert said(made(when=payload), "timing", "gaps") == ["3, default, 3, 3, 3 days before touches 2 to 6"]


def test_a_length_without_evidence_is_told_without():
    lengths = {"sms": {"optimal_chars": 140, "range_min": 100, "range_max": 150}, "email": {"abstained": "no"}}
    found = made(what=what(optimal_length={**lengths, "linkedin": {"abstained": "no"}}))
    (line,) = found.parts["content"]["lengths"]
    assert line.says == "sms: about 140 characters, 100 to 150 do no worse"
    assert (line.value["optimal_chars"], line.evidence) == (140, {})


def test_a_text_from_outside_stays_one_short_line():
    found = made(who=who(title_rankings=[finding(title="Chief\n\x1b[31m Officer\u2028" + "x" * 300)]))
    (line,) = found.parts["audience"]["titles"]
    name, _, _ = line.says.partition(": 1.50 times")
    assert name == "Chief [31m Officer " + "x" * 61
    assert len(name) == 80


@pytest.mark.parametrize(
    ("kind", "payload", "missing", "field"),
    [
        ("what", what(angles=None), ("content", "angles"), "angles"),
        ("what", what(personalization_lift=[]), ("content", "personalization"), "personalization_lift"),
        (
            "what",
            what(ctas={"effective": [finding(cta=3)], "by_type": {}}),
            ("content", "ctas"),
            "ctas.effective[0].cta",
        ),
        (
            "when",
            when(conversion_timing={"avg_days_to_convert": -1}),
            ("timing", "conversion_window"),
            "conversion_timing.",
        ),
        ("when", when(peak_converting_touch=0), ("timing", "peak_touch"), "peak_converting_touch"),
        ("how", how(booking_channel_distribution={"email": 1.5}), ("channels", "booking_channels"), "booking_channel_"),
        ("how", how(channel_transitions={"sms": 1}), ("channels", "next_channels"), "channel_transitions.sms"),
        ("who", who(size_analysis={}), ("audience", "sizes"), "size_analysis.distribution"),
    ],
)
def test_a_damaged_part_is_left_out_and_the_log_says_so(kind, payload, missing, field, caplog):
    part, section = missing
    whole, found = made(**{kind: PAYLOADS[kind]()}), made(**{kind: payload})
    assert section in whole.parts[part]
    assert section not in found.parts[part]
    (record,) = caplog.records
    assert record.getMessage().startswith(f"client c-1, pattern {kind}, field {field}")


def test_a_confidence_that_is_no_number_silences_its_pattern(caplog):
    assert made(confidence=float("nan"), what=what()).payload()["patterns"] == {}
    assert len(caplog.records) == 1


def test_the_same_patterns_give_the_same_bytes():
    payloads = {kind: build() for kind, build in PAYLOADS.items()}
    shuffled = dict(reversed(json.loads(json.dumps(payloads)).items()))
    first, second = made(**payloads), made(**shuffled)
    assert first.text() == second.text()
    assert json.dumps(first.payload()) == json.dumps(second.payload())


@pytest.mark.django_db
class TestOfAClient:
    def test_is_one_query(self, customer, django_assert_num_queries):
        keep_all(customer)
        with django_assert_num_queries(1):
            found = brief(customer, AT)
        assert found.text() == TEXT
        assert found.payload()["client_id"] == str(customer.pk)

    def test_expired_patterns_are_not_told(self, customer):
        keep_all(customer, valid_until=AT)
        assert brief(customer, AT).parts == {}
        assert list(brief(customer, AT - timedelta(microseconds=1)).parts) == [
            "content",
            "timing",
            "channels",
            "audience",
        ]

    def test_another_clients_patterns_are_not_told(self, make_client):
        ours, theirs = make_client("Ours"), make_client("Theirs")
        keep_all(theirs)
        keep(ours, "when")
        assert list(brief(ours, AT).payload()) == ["client_id", "client", "as_of", "patterns", "timing"]

    def test_a_deleted_client_has_none(self, make_client):
        with pytest.raises(ValueError, match="is deleted"):
            brief(make_client(deleted_at=AT), AT)


def test_a_pattern_of_replies_says_so():
    replied = {"outcome": "replied"}
    found = made(who=who() | replied, what=what() | replied, how=how() | replied)
    assert found.payload()["patterns"]["what"]["outcome"] == "replied"
    text = found.text()
    assert "WHO 1: 500 leads by who replied, confidence 0.80 in its score weights" in text
    assert "booked" not in text
    assert "leads book" not in text
    assert "1,000 touches, 60 replied" in text
    assert "of leads reply by the model" in text
