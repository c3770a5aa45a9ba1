"""Templates: as many as tests need on both sides, features varied independently, words and characters exact."""

import numpy as np
import pytest

from conversion.content import DEFAULT
from conversion.vocabulary import CHANNELS, Channel
from patterns.simulator.library import STYLES, draw_library
from patterns.simulator.texts import CTAS

LIBRARY = draw_library(np.random.default_rng(5))


def test_each_channel_has_its_templates():
    counts = np.bincount(LIBRARY.channel).tolist()
    assert counts == [STYLES[channel].templates for channel in CHANNELS] == [120, 48, 64, 48, 32]
    assert len(LIBRARY) == 312
    assert all(bool(subject) == (code == 0) for subject, code in zip(LIBRARY.subject, LIBRARY.channel, strict=True))


@pytest.mark.parametrize(
    ("bits", "names"),
    [
        (LIBRARY.pain_points, DEFAULT.pain_names),
        (LIBRARY.angles, DEFAULT.angle_names),
        (LIBRARY.personalization, DEFAULT.flag_names),
        (LIBRARY.subjects, DEFAULT.subject_names),
    ],
)
def test_every_feature_is_in_several_templates_and_missing_in_several(bits, names):
    for position in range(len(names)):
        held = int((bits >> position & 1).sum())
        assert 4 <= held <= len(LIBRARY) - 4


def test_every_call_to_action_is_in_several_templates():
    counts = np.bincount(LIBRARY.cta[LIBRARY.cta >= 0], minlength=len(DEFAULT.cta_names))
    assert [DEFAULT.cta_names[code] for code in np.flatnonzero(counts)] == sorted(CTAS, key=DEFAULT.cta_names.index)
    assert counts[counts > 0].min() >= 15
    assert (LIBRARY.cta == -1).sum() >= 15


def test_texts_are_drawn_from_the_channel_and_from_what_is_allowed():
    rng = np.random.default_rng(0)
    channel = rng.integers(0, len(CHANNELS), (2_000, 6))
    template = LIBRARY.draw(channel, rng)
    assert (LIBRARY.channel[template] == channel).all()
    assert len(np.unique(template)) == len(LIBRARY)
    allowed = LIBRARY.pain_points & 1 == 1
    template = LIBRARY.draw(channel, rng, allowed)
    assert (LIBRARY.channel[template] == channel).all()
    assert set(np.unique(template).tolist()) == set(np.flatnonzero(allowed).tolist())


def test_lengths_vary():
    for channel in (Channel.EMAIL, Channel.LINKEDIN, Channel.VOICE):
        words = LIBRARY.words[LIBRARY.channel == CHANNELS.index(channel)]
        assert words.max() > 2 * words.min()
        assert words.min() < STYLES[channel].best_words < words.max()
