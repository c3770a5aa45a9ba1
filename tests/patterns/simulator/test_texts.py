"""What a text is listed to say is what is read from it, sentence by sentence and whole."""

import numpy as np
import pytest

from conversion.content import extract_cta, extract_pain_points
from conversion.extraction import extract_angles, extract_subject_patterns
from patterns.simulator import texts
from patterns.simulator.texts import Choice, compose


def said(sentence):
    return extract_pain_points(sentence), extract_cta(sentence), extract_angles(None, sentence)


@pytest.mark.parametrize(("name", "sentence"), [(n, s) for n, all_ in texts.PAIN_POINTS.items() for s in all_])
def test_a_pain_point_is_all_that_its_sentences_say(name, sentence):
    assert said(sentence) == ([name], None, ["neutral"])


@pytest.mark.parametrize(("name", "sentence"), [(n, s) for n, all_ in texts.ANGLES.items() for s in all_])
def test_an_angle_is_all_that_its_sentences_say(name, sentence):
    assert said(sentence) == ([], None, [name])


@pytest.mark.parametrize(("phrase", "sentence"), texts.CTAS.items())
def test_a_call_is_all_that_its_sentence_says(phrase, sentence):
    assert said(sentence) == ([], phrase, ["neutral"])


@pytest.mark.parametrize("sentence", [*texts.FILLERS, *texts.FLAGS.values(), texts.GREETING, texts.SIGN_OFF])
def test_fillers_and_personal_touches_say_nothing_else(sentence):
    assert said(sentence) == ([], None, ["neutral"])


@pytest.mark.parametrize("pattern", texts.SUBJECTS)
def test_a_subject_follows_its_pattern_and_no_other(pattern):
    rng = np.random.default_rng(0)
    for _ in range(20):
        line, patterns = texts.subject_line(pattern, rng)
        assert set(extract_subject_patterns(line)) == patterns
        assert pattern in {*patterns, ""}
        assert extract_angles(line, "Hello") == ["curiosity" if pattern in texts.CURIOUS_SUBJECTS else "neutral"]


def test_a_whole_text():
    choice = Choice(
        pain_points=frozenset({"leads", "cost"}),
        angle="authority",
        cta="quick call",
        subject="idea_for",
        flags=frozenset({"first_name", "company_mention"}),
        fillers=1,
    )
    text = compose(choice, np.random.default_rng(3))
    assert text.body == (
        "Hi {first_name},\n\nI looked at the website of {company} before writing. Tools for this are mostly too "
        "expensive. A steady pipeline is rare in this trade. A specialist of ours sets it up. After that you decide "
        "whether you want us to go on with it or not. Could we set up a quick call?\n\nKind regards, Alex"
    )
    assert text.subject == "Idea for summer"
    assert text.subjects == {"idea_for", "short_subject"}
    assert text.angles == {"authority", "curiosity"}
