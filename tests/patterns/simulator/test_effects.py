"""Every table of a world multiplies the hazard of the touches that it names, and of no others."""

from dataclasses import replace

import numpy as np
import pytest

from conversion.content import DEFAULT
from conversion.vocabulary import CHANNELS, TIERS, Channel, Tier
from patterns.simulator.effects import CEILING, World
from patterns.simulator.leads import INDUSTRY_NAMES, SIGNAL_NAMES, SIZE_NAMES, TITLE_NAMES
from tests.patterns.simulator.worlds import made

BASE = World("plain")


def ratio(**effects):
    """Hazard with these effects over the hazard without, (leads, touches), in the null world's history."""
    past = made("null")
    plain = BASE.hazard(past.people, past.sends, past.library)
    assert set(plain.ravel().tolist()) == {0.03}
    return replace(BASE, **effects).hazard(past.people, past.sends, past.library) / plain


@pytest.mark.parametrize(
    ("effects", "touched"),
    [
        ({"titles": {"Founder": 2.0}}, lambda past: past.people.title == TITLE_NAMES.index("Founder")),
        ({"industries": {"Software": 2.0}}, lambda past: past.people.industry == INDUSTRY_NAMES.index("Software")),
        ({"sizes": {"16-30": 2.0}}, lambda past: (past.people.employees >= 16) & (past.people.employees <= 30)),
        ({"sizes": {"501+": 2.0}}, lambda past: past.people.employees >= 501),
        ({"signals": {"hiring": 2.0}}, lambda past: past.people.signals[:, SIGNAL_NAMES.index("hiring")] == 1),
        ({"tiers": {Tier.HOT: 2.0}}, lambda past: past.people.tier == TIERS.index(Tier.HOT)),
    ],
)
def test_effects_of_leads(effects, touched):
    expected = np.where(touched(made("null")), 2.0, 1.0)
    assert 0 < (expected == 2).sum() < len(expected)
    assert np.allclose(ratio(**effects), expected[:, None])


@pytest.mark.parametrize(
    ("effects", "touched"),
    [
        ({"channels": {Channel.VOICE: 2.0}}, lambda sends: sends.channel == CHANNELS.index(Channel.VOICE)),
        ({"new_channel": 2.0}, lambda sends: sends.new),
        ({"touches": (1, 1, 2.0, 1, 1, 1)}, lambda sends: sends.touch == 3),
        ({"days": {1: 2.0}}, lambda sends: sends.day == 1),
        ({"hours": {15: 2.0}}, lambda sends: sends.hour == 15),
        ({"gaps": {"4-5": 2.0}}, lambda sends: (sends.gap == 4) | (sends.gap == 5)),
        ({"gaps": {"0-1": 2.0}}, lambda sends: (sends.gap == 0) | (sends.gap == 1)),
        ({"gaps": {"8-14": 2.0}}, lambda sends: sends.gap >= 8),
    ],
)
def test_effects_of_sends(effects, touched):
    expected = np.where(touched(made("null").sends), 2.0, 1.0)
    assert 0 < (expected == 2).sum() < expected.size
    assert np.allclose(ratio(**effects), expected)


@pytest.mark.parametrize(
    ("effects", "column", "names"),
    [
        ({"pain_points": {"leads": 2.0}}, "pain_points", DEFAULT.pain_names),
        ({"angles": {"neutral": 2.0}}, "angles", DEFAULT.angle_names),
        ({"subjects": {"question_about": 2.0}}, "subjects", DEFAULT.subject_names),
        ({"personalization": {"first_name": 2.0}}, "personalization", DEFAULT.flag_names),
    ],
)
def test_effects_of_content(effects, column, names):
    past = made("null")
    ((table),) = effects.values()
    held = getattr(past.library, column) >> names.index(next(iter(table))) & 1 == 1
    assert 0 < held.sum() < len(held)
    assert np.allclose(ratio(**effects), np.where(held, 2.0, 1.0)[past.sends.template])


def test_effects_multiply():
    past = made("null")
    both = ratio(titles={"Founder": 2.0}, new_channel=1.5)
    founder = past.people.title == TITLE_NAMES.index("Founder")
    assert np.allclose(both, np.where(founder, 2.0, 1.0)[:, None] * np.where(past.sends.new, 1.5, 1.0))


def test_the_best_length_is_the_best():
    past = made("null")
    got = ratio(length_decay=0.5)
    words, best = past.library.words[past.sends.template], past.library.best_words[past.sends.template]
    assert np.allclose(got, np.exp(-0.5 * np.log(words / best) ** 2))
    assert got.max() <= 1.0
    assert got.min() < 0.9


def test_luck_of_templates_is_on_the_logit_scale():
    past = made("null")
    lucky = replace(BASE, template_sd=0.6).hazard(past.people, past.sends, past.library)
    logit = np.log(lucky / (1 - lucky)) - np.log(0.03 / 0.97)
    assert np.allclose(logit, 0.6 * past.library.luck[past.sends.template])


def test_no_hazard_is_above_the_ceiling():
    assert np.allclose(ratio(new_channel=1000.0).max() * 0.03, CEILING)


@pytest.mark.parametrize(
    "effects", [{"titles": {"Fuonder": 2.0}}, {"pain_points": {"lead": 2.0}}, {"sizes": {"1-6": 2}}]
)
def test_an_effect_of_what_does_not_exist_is_refused(effects):
    with pytest.raises(KeyError, match="does not exist"):
        ratio(**effects)


@pytest.mark.parametrize(
    ("employees", "name"),
    [(1, "1-5"), (5, "1-5"), (6, "6-15"), (50, "31-50"), (51, "51-100"), (501, "501+"), (-1, None)],
)
def test_sizes_go_by_the_number_of_employees(employees, name):
    people = made("null").people
    size = replace(people, employees=np.full(len(people), employees)).size[0]
    assert size == (SIZE_NAMES.index(name) if name else -1)
