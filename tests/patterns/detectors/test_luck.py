from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from benchmarks.validation.outreach import World, outreach
from patterns.detectors.atrisk import at_risk
from patterns.detectors.effects import channel_family
from patterns.detectors.hazard import fit_hazard, hazard_patterns
from patterns.detectors.luck import frequent, with_template_luck
from patterns.simulator.world import simulate

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


def models(world, leads, seed):
    table = at_risk(simulate(world, leads, seed, AS_OF).frame())
    model = fit_hazard(hazard_patterns(table))
    return table, model, with_template_luck(model, table)


def test_frequent_templates_keep_a_code():
    template = np.array([9] * 25 + [0] * 30 + [4] * 19 + [7] * 20)
    assert frequent(template)[[0, 30, 60, 80]].tolist() == [1, -1, -1, 0]


def test_lucky_templates_widen_the_effects_of_channels_and_hardly_move_them():
    _, plain, wide = models("template_luck", 20_000, 3)
    before, after = channel_family(plain), channel_family(wide)
    assert after.lifts.centre == pytest.approx(before.lifts.centre, abs=0.07)
    ratio = after.lifts.spread / before.lifts.spread
    assert (ratio > 1.3).all()
    # Templates differ by 0.6 on the logit scale; 120 to 32 a channel make that 0.055 to 0.106 of its mean.
    added = np.sqrt(after.lifts.spread**2 - before.lifts.spread**2)
    assert added == pytest.approx([0.09, 0.10, 0.09, 0.10, 0.12], abs=0.035)


def test_a_channel_with_one_text_is_as_unsure_as_the_luck_of_a_text():
    """Texts that belong to one channel each cannot be told from it, however many were sent: no effect is supported."""
    frame = outreach(World(templates=1, luck=0.6), 6000, 2)
    table = at_risk(frame)
    plain = fit_hazard(hazard_patterns(table))
    before, after = channel_family(plain), channel_family(with_template_luck(plain, table))
    assert before.p_values.min() < 1e-6
    assert after.p_values.min() > 0.05
    assert (after.lifts.spread > 0.2).all()


def test_templates_that_do_not_differ_change_little():
    _, plain, wide = models("null", 20_000, 3)
    ratio = channel_family(wide).lifts.spread / channel_family(plain).lifts.spread
    assert (ratio < 1.15).all()


def test_without_templates_nothing_changes():
    table, plain, _ = models("null", 1500, 3)
    none = replace(table, template=np.zeros_like(table.template))
    assert with_template_luck(plain, none) is plain
