import time
from types import SimpleNamespace

import pytest

from conversion.content import (
    DEFAULT,
    capture,
    cta_type,
    extract_angles,
    extract_cta,
    extract_pain_points,
    extract_subject_patterns,
    segment_count,
    unpersonalised,
)

PAIN_POINTS = {
    "leads": "leads|pipeline|prospects|opportunities|qualified|mql|sql|inbound",
    "revenue": "revenue|sales|roi|profit|income|deals|closed|won",
    "time": "time|hours|manual|automate|efficiency|busy|overwhelmed|tedious",
    "scaling": "scale|scaling|capacity|hire|team|expand|growing",
    "competition": "competitors|competition|market share|behind|catching up|losing|threat",
    "cost": "cost|expensive|budget|waste|spending|save|afford|price|investment",
    "quality": "quality|results|performance|outcomes|better|improve|consistent",
    "clients": "clients|customers|retention|churn|satisfaction|referrals|testimonials",
}
ANGLES = {
    "roi_focused": "roi|return|revenue|profit|save|$5|7%|increase|boost|double",
    "social_proof": "clients like|companies like|others in your|case study|results for|helped|worked with",
    "curiosity": "noticed|wondering|quick question|curious|idea for|thought about|saw that",
    "fear_based": "missing out|losing|behind|risk|problem|struggle|challenge|pain",
    "value_add": "free|complimentary|audit|analysis|assessment|no cost|gift|bonus",
    "authority": "expert|specialist|years|experience|trusted|leading|top|best",
    "urgency": "limited|spots|ending|deadline|this week|today only|last chance",
}
CTAS = [
    ("open to a quick chat", "soft_ask"),
    ("worth 15 minutes", "time_specific"),
    ("worth a conversation", "soft_ask"),
    ("free audit", "value_offer"),
    ("free analysis", "value_offer"),
    ("quick call", "soft_ask"),
    ("schedule a call", "direct_ask"),
    ("book a time", "direct_ask"),
    ("interested in learning", "soft_ask"),
    ("happy to share", "value_offer"),
    ("let me know", "passive"),
    ("thoughts?", "question"),
    ("make sense to connect", "soft_ask"),
    ("grab 15 minutes", "time_specific"),
    ("coffee chat", "casual"),
]


@pytest.mark.parametrize(
    ("name", "keyword"), [(name, keyword) for name, line in PAIN_POINTS.items() for keyword in line.split("|")]
)
def test_each_keyword_of_a_pain_point(name, keyword):
    assert extract_pain_points(f"About {keyword.upper()}, then.") == [name]
    assert extract_pain_points(f"aboutx{keyword}x") == []


def test_keywords_of_two_pain_points():
    assert extract_pain_points("growth") == ["revenue", "scaling"]
    assert extract_pain_points("bandwidth") == ["time", "scaling"]


def test_pain_points_come_in_the_vocabulary_s_order():
    assert extract_pain_points("Clients churn; budget; hours; leads.") == ["leads", "time", "cost", "clients"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one lead", ["leads"]),
        ("an opportunity", ["leads"]),
        ("MQLs", ["leads"]),
        ("the pipeline's end", ["leads"]),
        ("your clients’ needs", ["clients"]),
        ("a sale", ["revenue"]),
        ("market-share", ["competition"]),
        ("market\n  shares", ["competition"]),
        ("Market—share", []),
        ("market, share", []),
        ("closed-won", ["revenue"]),
        ("cóst", ["cost"]),
        ("we won't", []),
        ("LEADERS mislead", []),
        ("sometimes, a timeline", []),
        ("busyness", []),
        (" \n\t", []),
        ("", []),
        (None, []),
    ],
)
def test_forms_of_keywords(text, expected):
    assert extract_pain_points(text) == expected


@pytest.mark.parametrize(("phrase", "kind"), CTAS)
def test_each_call_to_action(phrase, kind):
    assert extract_cta(f"So: {phrase.capitalize()} Bye") == phrase
    assert cta_type(phrase) == kind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Let me know. Coffee chat? A free audit, or open to a quick chat.", "open to a quick chat"),
        ("Let me know about the free audit", "free audit"),
        ("free audits", "free audit"),
        ("coffee-chat", "coffee chat"),
        ("Any thoughts ?", "thoughts?"),
        ("Any thoughts on it?", None),
        ("letting me know", None),
        ("quick. Call", None),
        ("", None),
        (None, None),
    ],
)
def test_the_first_call_to_action_in_order(text, expected):
    assert extract_cta(text) == expected


def test_type_of_an_unknown_call_to_action():
    assert cta_type("buy now") is None
    assert cta_type(None) is None


@pytest.mark.parametrize(
    ("name", "keyword"), [(name, keyword) for name, line in ANGLES.items() for keyword in line.split("|")]
)
def test_each_keyword_of_an_angle(name, keyword):
    assert name in extract_angles(None, f"well {keyword} indeed")
    assert name in extract_angles(f"{keyword}", "hello")
    assert "neutral" not in extract_angles(keyword, None)


@pytest.mark.parametrize(
    ("subject", "body", "expected"),
    [
        ("A gift", "the deadline", ["value_add", "urgency"]),
        ("clients", "like you", ["neutral"]),
        ("companies", "like you", ["neutral"]),
        ("company like", "a client like", ["neutral"]),
        ("Case studies", "", ["social_proof"]),
        ("Ideas for you", None, ["curiosity"]),
        ("hello", "there", ["neutral"]),
        ("hello", None, ["neutral"]),
        (None, "50 %", ["roi_focused"]),
        (None, "$ 500 or A$5", ["roi_focused"]),
        (None, "page%20x 2%20", ["neutral"]),
        (None, "$five", ["neutral"]),
        (None, None, []),
        ("", " ", []),
    ],
)
def test_angles_of_subject_and_body(subject, body, expected):
    assert extract_angles(subject, body) == expected


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Question about your site", ["question_about", "medium_subject"]),
        ("question FOR you", ["question_about", "short_subject"]),
        ("Question regarding it", ["question_about", "short_subject"]),
        ("A question about it", ["medium_subject"]),
        ("Quick question", ["quick_question", "short_subject"]),
        ("Quick questions", ["quick_question", "short_subject"]),
        ("Quick questionnaire", ["short_subject"]),
        ("Re: hello", ["reply_style", "short_subject"]),
        ("RE : hello", ["reply_style", "short_subject"]),
        ("Reply: hello", ["short_subject"]),
        ("Sarah - an idea", ["name_dash", "medium_subject"]),
        ("Sarah – an idea", ["name_dash", "medium_subject"]),
        ("Sarah—idea", ["name_dash", "short_subject"]),
        ("O’Brien- idea", ["name_dash", "short_subject"]),
        ("Follow-up", ["short_subject"]),
        ("Sarah Smith - idea", ["medium_subject"]),
        ("5 - 10", ["short_subject"]),
        ("Idea for Acme", ["idea_for", "short_subject"]),
        ("An idea for", ["short_subject"]),
        ("Thought about Acme", ["thought_about", "short_subject"]),
        ("Thoughts for Acme?", ["thought_about", "ends_question", "short_subject"]),
        ("Hey Sarah", ["casual_greeting", "short_subject"]),
        ("Hi, Sarah", ["casual_greeting", "short_subject"]),
        ("Hi!", ["short_subject"]),
        ("History lesson", ["short_subject"]),
        ("Ready ? ", ["ends_question", "short_subject"]),
        ("Ready? Go", ["short_subject"]),
        ("An introduction", ["introduction", "short_subject"]),
        ("Quick intro", ["introduction", "short_subject"]),
        ("Our partners", ["partnership", "short_subject"]),
        ("A partnership", ["partnership", "short_subject"]),
        ("Opportunities", ["opportunity", "short_subject"]),
        ("Congratulations, Sarah", ["congratulatory", "short_subject"]),
        ("congrats", ["congratulatory", "short_subject"]),
        ("one two three", ["short_subject"]),
        ("one two three four", ["medium_subject"]),
        ("one two three four five six", ["medium_subject"]),
        ("one two three four five six seven", ["long_subject"]),
        (
            "Hey Sarah - partner intro, congrats on the opportunity?",
            [
                "casual_greeting",
                "ends_question",
                "introduction",
                "partnership",
                "opportunity",
                "congratulatory",
                "long_subject",
            ],
        ),
        ("", []),
        ("  ", []),
        (None, []),
    ],
)
def test_subject_patterns(subject, expected):
    assert extract_subject_patterns(subject) == expected


def test_a_client_s_own_subject_pattern_stands_anywhere_and_an_opening_one_at_the_start():
    own = DEFAULT.extended(
        {
            "subjects": [
                {"name": "webinar", "keywords": ["webinar"]},
                {"name": "quick_question", "keywords": ["two minutes"]},
            ]
        }
    )
    assert extract_subject_patterns("Our webinars", own) == ["short_subject", "webinar"]
    assert extract_subject_patterns("Two minutes for a webinar", own) == ["quick_question", "medium_subject", "webinar"]
    assert extract_subject_patterns("In two minutes", own) == ["short_subject"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        (None, 0),
        ("a", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("é\n£Ω" * 40, 1),
        ("€" * 80, 1),  # two septets each
        ("€" * 81, 2),
        ("a" * 159 + "€", 2),
        ("a" * 158 + "[", 1),
        ("a" * 152 + "€" + "a" * 152, 3),  # an escape is not split: 152 + 154 septets do not fit two parts
        ("ê" * 70, 1),  # not in the GSM alphabet
        ("ê" * 71, 2),
        ("ê" * 134, 2),
        ("ê" * 135, 3),
        ("’" + "a" * 69, 1),
        ("’" + "a" * 70, 2),
        ("🚀" * 35, 1),
        ("🚀" * 36, 2),
        ("🚀" * 66, 2),  # 33 a part: a surrogate pair is not split
        ("🚀" * 67, 3),
    ],
)
def test_segment_count(text, expected):
    assert segment_count(text) == expected


@pytest.mark.parametrize("unit", ["a", "' ", "9", "- ", "market ", "quick-call ", "é", "🚀", "$", "will ", "a_", "re "])
def test_long_texts_are_read_in_linear_time(unit):
    lead = SimpleNamespace(first_name="Will", company_name="Market", industry="IT", last_name="Price")

    def seconds(size):
        text = (unit * size)[:size]
        started = time.process_time()
        capture(text, lead, text)
        unpersonalised(text, lead)
        return time.process_time() - started

    seconds(1000)
    # Sixteen times the text: a quadratic step would take 256 times as long, and minutes.
    assert seconds(200_000) < 60 * max(seconds(12_500), 0.005)
