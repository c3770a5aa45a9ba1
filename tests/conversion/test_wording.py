import pickle

import pytest

from conversion.content import DEFAULT, Category, Cta, Vocabulary, VocabularyError, extract_cta, extract_pain_points


def test_positions_of_the_default_names():
    assert DEFAULT.pain_names == (
        "leads",
        "revenue",
        "time",
        "scaling",
        "competition",
        "cost",
        "quality",
        "clients",
    )
    assert DEFAULT.angle_names == (
        "roi_focused",
        "social_proof",
        "curiosity",
        "fear_based",
        "value_add",
        "authority",
        "urgency",
        "neutral",
    )
    assert DEFAULT.subject_names == (
        "question_about",
        "quick_question",
        "reply_style",
        "name_dash",
        "idea_for",
        "thought_about",
        "casual_greeting",
        "ends_question",
        "introduction",
        "partnership",
        "opportunity",
        "congratulatory",
        "short_subject",
        "medium_subject",
        "long_subject",
    )
    assert DEFAULT.flag_names == (
        "company_mention",
        "first_name",
        "recent_news",
        "mutual_connection",
        "industry_specific",
    )
    assert DEFAULT.cta_names == (
        "open to a quick chat",
        "worth 15 minutes",
        "worth a conversation",
        "free audit",
        "free analysis",
        "quick call",
        "schedule a call",
        "book a time",
        "interested in learning",
        "happy to share",
        "let me know",
        "thoughts?",
        "make sense to connect",
        "grab 15 minutes",
        "coffee chat",
    )


def test_extension_adds_keywords_and_puts_new_names_at_the_end():
    own = DEFAULT.extended(
        {
            "pain_points": [
                {"name": "time", "keywords": ["paperwork", "time"]},
                {"name": "compliance", "keywords": ["GDPR", "audit trail"]},
            ],
            "ctas": [{"phrase": "swing by our booth", "type": "casual"}],
            "angles": [{"name": "local", "keywords": ["in your suburb"]}],
            "subjects": [
                {"name": "introduction", "keywords": ["meet"]},
                {"name": "invitation", "keywords": ["invitation"]},
            ],
            "flags": [{"name": "recent_news", "keywords": ["your podcast"]}],
        }
    )
    assert own.pain_names == (*DEFAULT.pain_names, "compliance")
    assert own.pain_points[2] == Category(
        "time",
        (
            "time",
            "hours",
            "manual",
            "automate",
            "efficiency",
            "busy",
            "bandwidth",
            "overwhelmed",
            "tedious",
            "paperwork",
        ),
    )
    assert own.ctas[15] == Cta("swing by our booth", "casual")
    assert own.angle_names == (*DEFAULT.angle_names, "local")
    assert own.subject_names == (*DEFAULT.subject_names, "invitation")
    assert own.flag_names == DEFAULT.flag_names
    assert own.keeps(DEFAULT)
    assert not DEFAULT.keeps(own)
    assert extract_pain_points("Less paperwork, and gdpr sorted", own) == ["time", "compliance"]
    assert extract_cta("Let me know, or swing by our booths", own) == "let me know"
    assert extract_cta("Or swing by our booth", own) == "swing by our booth"
    assert extract_pain_points("Less paperwork, and gdpr sorted") == []


def test_entries_of_one_name_are_joined():
    twice = [{"name": "legal", "keywords": ["gdpr"]}, {"name": "legal", "keywords": ["privacy", "gdpr"]}]
    assert DEFAULT.extended({"pain_points": twice}).pain_points[8] == Category("legal", ("gdpr", "privacy"))


def test_a_vocabulary_that_drops_or_reorders_a_name_does_not_keep():
    first = DEFAULT.extended({"pain_points": [{"name": "a", "keywords": ["x"]}, {"name": "b", "keywords": ["y"]}]})
    turned = DEFAULT.extended({"pain_points": [{"name": "b", "keywords": ["y"]}, {"name": "a", "keywords": ["x"]}]})
    assert not turned.keeps(first)
    assert first.keeps(first)


def test_equal_extensions_are_equal_and_hash_alike():
    data = {"angles": [{"name": "local", "keywords": ["nearby"]}]}
    assert DEFAULT.extended(data) == DEFAULT.extended(data)
    assert hash(DEFAULT.extended(data)) == hash(DEFAULT.extended(data))
    assert DEFAULT.extended({}) == DEFAULT
    assert DEFAULT.extended(data) != DEFAULT


def test_a_pickle_carries_no_cached_hash():
    hash(DEFAULT)
    copy = pickle.loads(pickle.dumps(DEFAULT))  # noqa: S301 (made on the line itself)
    assert "_hash" not in vars(copy)
    assert copy == DEFAULT
    assert hash(copy) == hash(DEFAULT)


def entry(name="x", keywords=("y",)):
    return {"name": name, "keywords": list(keywords)}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "vocabulary: expected an object, got list"),
        ({"pains": []}, "vocabulary: unknown key 'pains'"),
        ({"pain_points": {"leads": ["mql"]}}, "pain_points: expected a list, got dict"),
        ({"pain_points": ["leads"]}, r"pain_points\[0\]: expected an object, got str"),
        ({"pain_points": [{"name": "x"}]}, r"pain_points\[0\]: keywords is missing"),
        ({"pain_points": [{**entry(), "bit": 3}]}, r"pain_points\[0\]: unknown key 'bit'"),
        ({"pain_points": [entry(), entry("Über")]}, r"pain_points\[1\]\.name: a name has"),
        ({"pain_points": [entry(7)]}, r"pain_points\[0\]\.name: a name has"),
        ({"pain_points": [entry("x" * 41)]}, r"pain_points\[0\]\.name: a name has"),
        ({"pain_points": [{"name": "x", "keywords": "y"}]}, r"pain_points\[0\]\.keywords: expected a list"),
        ({"pain_points": [entry(keywords=())]}, r"pain_points\[0\]\.keywords: expected a list of at least one"),
        ({"pain_points": [entry(keywords=("y", 3))]}, r"pain_points\[0\]\.keywords\[1\]: expected a text, got int"),
        ({"pain_points": [entry(keywords=("  ",))]}, r"pain_points\[0\]\.keywords\[0\]: expected 1 to 100"),
        ({"pain_points": [entry(keywords=("?!",))]}, r"pain_points\[0\]\.keywords\[0\]: expected 1 to 100"),
        ({"pain_points": [entry(keywords=("a\x00b",))]}, r"pain_points\[0\]\.keywords\[0\]: expected 1 to 100"),
        ({"pain_points": [entry(keywords=("a\ud800",))]}, r"pain_points\[0\]\.keywords\[0\]: expected 1 to 100"),
        ({"pain_points": [entry(keywords=("y" * 101,))]}, r"pain_points\[0\]\.keywords\[0\]: expected 1 to 100"),
        ({"pain_points": [entry(keywords=[f"k{i}" for i in range(501)])]}, "x has more than 500 keywords"),
        ({"pain_points": [entry(f"n{i}") for i in range(55)]}, "pain_points: 63 names, at most 62 fit"),
        ({"angles": [entry("neutral")]}, r"angles\[0\]\.name: neutral is decided by a rule"),
        ({"subjects": [entry("long_subject")]}, r"subjects\[0\]\.name: long_subject is decided by a rule"),
        ({"flags": [entry("first_name")]}, r"flags\[0\]\.name: first_name is decided by a rule"),
        ({"flags": [entry("weather")]}, r"flags\[0\]\.name: weather is not one of company_mention, "),
        ({"ctas": [{"phrase": "Quick Call", "type": "x"}]}, r"ctas\[0\]\.phrase: 'Quick Call' is in the list already"),
        ({"ctas": [{"phrase": "tea", "type": ""}]}, r"ctas\[0\]\.type: a name has"),
        ({"ctas": [{"phrase": f"tea {i}", "type": "x"} for i in range(48)]}, "ctas: 63 names, at most 62 fit"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(data, message):
    with pytest.raises(VocabularyError, match=message):
        DEFAULT.extended(data)


def test_sixty_two_names_fit():
    own = DEFAULT.extended({"pain_points": [entry(f"n{i}", [f"word{i}x"]) for i in range(54)]})
    assert len(own.pain_names) == 62
    assert extract_pain_points("leads and word53x", own) == ["leads", "n53"]


def test_a_vocabulary_of_ones_own():
    own = Vocabulary(
        pain_points=(Category("hr", ("c++", "R&D", "co-founder", "$N")),),
        ctas=(Cta("tea", "casual"),),
        angles=DEFAULT.angles,
        subjects=DEFAULT.subjects,
        flags=DEFAULT.flags,
    )
    texts = [
        "We do C++.",
        "an r&d team",
        "our cofounders",
        "a co founder",
        "Co-Founder's",
        "for $ 5",
        "c",
        "cc++",
        "5 $",
    ]
    assert [bool(extract_pain_points(text, own)) for text in texts] == [True] * 6 + [False] * 3
