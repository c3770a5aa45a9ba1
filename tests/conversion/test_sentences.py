"""Read a sentence at a time or at once, a text says the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversion import sentences
from conversion.content import DEFAULT
from conversion.matching import Matcher, read
from conversion.sentences import Reader

OWN = DEFAULT.extended(
    {
        "pain_points": [{"name": "dotted", "keywords": ["no. 1 agency", "audit. worth", "roi free"]}],
        "ctas": [{"phrase": "share? yes", "type": "own"}],
    }
)
WORDS = (
    "leads pipeline free audit quick call market share market-share catching up let me know thoughts roi won't 5 5k $"
)
PHRASES = ("no. 1 agency", "worth 15 minutes", "40 %", "clients'", "o''brien", "Straße", "é", "½", "\ufe70", "🚀")
PARTS = st.sampled_from([*WORDS.split(), *PHRASES])
BREAKS = (" ", " ", " ", ". ", ".\n", "\n", "\n\n", "\r\n", ".", ".  ", "! ", ", ", ":\n", "? ", "\t")
JOINTS = (" -", "- ", " - ", "--", "-", " ?", "?", "'", "''", "\u2019 ", "\u2013", " \u2014 ", "\u00a0", "\u200b")
MARKS = st.sampled_from([*BREAKS, *JOINTS])
SENTENCES = st.lists(st.tuples(PARTS, MARKS), min_size=1, max_size=5).map(lambda pairs: "".join(map("".join, pairs)))
TEXTS = st.lists(st.tuples(st.integers(0, 5), MARKS), min_size=1, max_size=6)


def at_once(text, vocabulary):
    reading = read(text)
    return reading, Matcher.of(vocabulary).hits(reading)


def parts(answer):
    reading, hits = answer
    return reading.text, reading.words.split(), reading.size, int(hits)


@settings(max_examples=200, deadline=None)
@given(pool=st.lists(SENTENCES, min_size=6, max_size=6), texts=st.lists(TEXTS, min_size=3, max_size=12))
def test_the_same_as_at_once(pool, texts):
    reader = Reader(OWN)
    for text in ["".join(pool[which] + mark for which, mark in text) for text in texts]:
        assert parts(reader(text)) == parts(at_once(text, OWN))


@pytest.fixture
def whole(monkeypatch):
    """The texts that were read at once."""
    found = []
    monkeypatch.setattr(sentences, "read", lambda text: found.append(text) or read(text))
    return found


def test_what_was_met_twice_is_remembered(whole):
    reader = Reader(DEFAULT)
    letter = "Hi Ann,\n\nWe noticed your leads. They cost time. Is it worth a\nconversation? Let me know.\n\nBest, Alex"
    first = reader(letter)
    assert whole == [letter]  # six sentences, none of them known
    assert [parts(reader(letter)) for _ in range(3)] == [parts(first)] * 3
    other = letter.replace("Ann", "Ben").replace("Alex", "Alex\nPS: our free\naudit takes an hour")
    assert parts(reader(other)) == parts(at_once(other, DEFAULT))
    assert whole == [letter]
    assert "free audit" in DEFAULT.cta_names
    assert parts(reader(other)) != parts(first)


def test_what_depends_on_its_neighbour_is_read_at_once(whole):
    reader = Reader(DEFAULT)
    text = "Your leads\n- and clients\nare here"
    assert [parts(reader(text)) for _ in range(3)] == [parts(at_once(text, DEFAULT))] * 3
    assert whole == [text] * 3


def test_it_remembers_no_more_than_it_may(monkeypatch):
    monkeypatch.setattr(sentences, "MOST", 10)
    reader = Reader(DEFAULT)
    for number in range(100):
        reader(f"Your leads number {number}")
        reader(f"Your leads number {number}")
    assert 0 < len(reader._known) <= 10
    assert 0 < len(reader._met) <= 10 + sentences.NEW
    reader("x" * 600)
    reader("x" * 600)
    assert max(map(len, reader._known)) < 600


@pytest.mark.parametrize("text", [None, "", " \n"])
def test_nothing_says_nothing(text):
    assert Reader(DEFAULT)(text) == at_once(text, DEFAULT)
