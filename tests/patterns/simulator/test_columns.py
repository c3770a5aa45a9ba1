"""The frame of a history: columns that fit together, and the same facts in another order of leads."""

import numpy as np
import pytest

from patterns.detectors.atrisk import at_risk
from patterns.detectors.frame import DAY
from patterns.simulator.columns import category
from tests.patterns.simulator.worlds import AS_OF, made


def test_every_column_has_a_row_a_lead_or_a_touch():
    frame = made("all").frame()
    assert len(frame.leads) == 4_000
    for name, column in vars(frame.touches).items():
        assert len(column) == len(frame.touches), name
    assert (np.bincount(frame.touches.lead, minlength=4_000) >= 1).all()
    same = frame.touches.lead[1:] == frame.touches.lead[:-1]
    assert (np.diff(frame.touches.lead) >= 0).all()
    assert (np.diff(frame.touches.sent_at)[same] > 0).all()
    assert frame.leads.components.min() >= 0
    assert frame.leads.components.max() == 1
    assert frame.as_of == AS_OF.timestamp()


def test_most_touches_are_at_risk_and_matured():
    past = made("null", leads=20_000)
    frame = past.frame()
    recent = frame.touches.sent_at > AS_OF.timestamp() - 14 * DAY
    assert len(at_risk(frame)) == (~recent).sum()
    assert 0.02 < recent.mean() < 0.1


def test_categories_hold_only_names_that_occur():
    column = category(np.array([2, -1, 0, 2]), ("a", "b", "c"))
    assert column.labels == ("a", "c")
    assert column.codes.tolist() == [1, -1, 0, 1]


@pytest.mark.parametrize("world", ["who", "how"])
def test_shuffling_changes_the_order_of_leads_and_nothing_else(world):
    past = made(world)
    frame, mixed = past.frame(), past.shuffled(5)
    assert (mixed.leads.employees != frame.leads.employees).any()
    assert mixed.leads.title.labels == frame.leads.title.labels
    mine, its = at_risk(frame), at_risk(mixed)
    for name in ("touch", "channel", "day", "hour", "template", "y", "left", "gap", "new", "previous"):
        assert (
            np.bincount(getattr(mine, name).astype(int) + 1).tolist()
            == np.bincount(getattr(its, name).astype(int) + 1).tolist()
        )
    by_title = [np.bincount(f.leads.title.codes[t.lead[t.y]] + 1).tolist() for f, t in ((frame, mine), (mixed, its))]
    assert by_title[0] == by_title[1]
    assert past.shuffled(5).touches.sent_at.tobytes() == mixed.touches.sent_at.tobytes()


def test_a_plan_that_one_lead_has_is_none():
    past = made("null", leads=12)
    counts = np.bincount(past.sends.plan, minlength=25)
    assert (counts[1:] == 1).any()
    shared = past.frame().touches.plan
    assert set(shared.tolist()) - {0} == set((1 + np.flatnonzero(counts[1:] > 1)).tolist())
