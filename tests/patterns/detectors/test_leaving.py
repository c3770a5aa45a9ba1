from dataclasses import replace

import numpy as np
import pytest

from benchmarks.validation.outreach import EMAIL, SMS, VOICE, World, outreach
from patterns.detectors.atrisk import at_risk
from patterns.detectors.leaving import fit_leaving, usual_rows


@pytest.fixture(scope="module")
def table():
    return at_risk(outreach(World(leaves={SMS: 0.04}, usual_leaves=0.01), 6000, 2))


def test_the_channel_that_makes_leads_leave_is_told_from_the_others(table):
    by_touch = fit_leaving(table).by_touch(6)
    assert by_touch.shape == (6, 5)
    assert by_touch[:, SMS] == pytest.approx(0.04, rel=0.25)
    assert by_touch[:, VOICE] == pytest.approx(0.01, rel=0.4)


def test_few_who_left_are_shrunken_to_one_rate():
    table = at_risk(outreach(World(usual_leaves=0.003), 800, 3))
    by_touch = fit_leaving(table).by_touch(6)
    overall = table.left.sum() / (~table.y).sum()
    assert by_touch[:, [EMAIL, SMS, VOICE]] == pytest.approx(overall, rel=0.3)


def test_nobody_left_is_a_small_rate_and_no_error(table):
    none = fit_leaving(replace(table, left=np.zeros_like(table.left)))
    assert none.by_touch(6).max() < 1e-4
    assert np.isfinite(none.drawn_by_touch(6, np.random.default_rng(1), 50)).all()


def test_draws_centre_on_the_rates_and_know_the_level(table):
    leaving = fit_leaving(table)
    drawn = leaving.drawn_by_touch(6, np.random.default_rng(1), 2000)
    assert drawn.shape == (2000, 6, 5)
    assert np.median(drawn[:, :, :4], axis=0) == pytest.approx(leaving.by_touch(6)[:, :4], rel=0.06)
    assert drawn[:, :, SMS].mean(axis=1).std() / 0.04 < 0.2


def test_rows_of_a_plan_at_the_usual_gaps():
    rows = usual_rows(3).reshape(3, 5, -1)
    assert np.flatnonzero(rows[0, VOICE]).tolist() == [VOICE, 5]
    assert np.flatnonzero(rows[2, SMS]).tolist() == [SMS, 5 + 2, 5 + 10 + 2]  # three days, the third bin
