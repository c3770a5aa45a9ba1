from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from conversion.vocabulary import TIERS
from patterns.detectors.atrisk import at_risk
from patterns.detectors.effects import (
    COUNT_KEYS,
    channel_family,
    channel_row,
    count_family,
    new_family,
    tier_families,
    transition_families,
)
from patterns.detectors.hazard import fit_hazard, hazard_patterns
from patterns.simulator.world import simulate

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


def fitted(frame):
    return fit_hazard(hazard_patterns(at_risk(frame)))


@pytest.fixture(scope="module")
def frame():
    return simulate("how", 4000, 5, AS_OF).frame()


@pytest.fixture(scope="module")
def model(frame):
    return fitted(frame)


def test_every_touch_is_in_one_cell_of_each_family(model):
    total = model.patterns.trials.sum()
    after = model.counts("used").trials.sum()
    assert channel_family(model).counts.trials.sum() == total
    assert sum(family.counts.trials.sum() for family in tier_families(model).values()) == total
    assert sum(family.counts.trials.sum() for family in transition_families(model).values()) == after
    assert count_family(model).counts.trials.sum() == after
    assert [key["effect"] for key in count_family(model).keys] == list(COUNT_KEYS)


def test_voice_is_better_in_every_tier_and_after_every_channel(model):
    for family in [*tier_families(model).values(), *transition_families(model).values()]:
        names = [key.get("channel", key.get("to")) for key in family.keys]
        assert names[int(np.argmax(family.lifts.lift))] == "voice"


def test_a_new_channel_is_compared_with_one_used_before(model):
    family = new_family(model)
    assert family.lifts.low[0] <= 1.3 <= family.lifts.high[0]
    assert family.lifts.p_better[0] > 0.9


def test_an_average_over_tiers_and_what_came_before_is_between_its_parts(model):
    average = channel_row(model, 3) @ model.fit.coefficients
    parts = [channel_row(model, 3, tier=t) @ model.fit.coefficients for t in range(len(TIERS))]
    assert min(parts) <= average <= max(parts)


def test_first_touches_alone_say_nothing_of_further_channels(frame):
    first = np.flatnonzero(np.diff(frame.touches.lead, prepend=-1))
    only_first = replace(
        frame, touches=type(frame.touches)(**{name: column[first] for name, column in vars(frame.touches).items()})
    )
    model = fitted(only_first)
    assert new_family(model) is None
    assert count_family(model) is None
    assert transition_families(model) == {}
    assert len(channel_family(model)) == 5


def test_one_channel_gives_no_family(frame):
    email = np.zeros(len(frame.touches), dtype=np.int8)
    model = fitted(replace(frame, touches=replace(frame.touches, channel=email)))
    assert channel_family(model) is None
    assert tier_families(model) == transition_families(model) == {}
    assert new_family(model) is None
