"""Learned components of a frame's leads are those that the score makes of the same leads."""

from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest

from conversion.als import MAXIMA
from conversion.vocabulary import COMPONENTS, Component
from patterns.detectors.scored import components_in_force
from patterns.simulator.world import simulate

PART = {"average": 9.0, "rule_average": 12.0, "per_rule_point": 0.5, "log_odds_per_point": 0.1}
LEARNED = {
    "rate": 0.1,
    "authority": {**PART, "title": {"FOUNDER": 8.0, "CEO": -30.0}},
    "company_fit": {**PART, "industry": {"Software": 3.0}, "size": {"16-30": 2.0, "501+": -1.0}},
    "timing": {**PART, "average": 5.0, "hiring": {"yes": 4.0, "no": -1.0}},
}


@pytest.fixture(scope="module")
def leads():
    return simulate("all", 300, 3, datetime(2026, 3, 2, tzinfo=UTC)).frame().leads


def test_rules_stay_where_nothing_was_learned(leads):
    rows = np.arange(50)
    for payload in ({}, {"learned_components": {"abstained": "not better"}}):
        assert np.array_equal(components_in_force(payload, leads, rows), leads.components[:50])


def test_components_are_made_of_values_and_rule_points(leads):
    rows = np.arange(300)
    found = components_in_force({"learned_components": LEARNED}, leads, rows) * [MAXIMA[name] for name in COMPONENTS]
    for row in rows:
        lead = SimpleNamespace(
            title=leads.title.labels[leads.title.codes[row]] if leads.title.codes[row] >= 0 else "",
            industry=leads.industry.labels[leads.industry.codes[row]],
            size=leads.employees[row],
            hiring=leads.hiring[row],
        )
        rule = leads.components[row] * [MAXIMA[name] for name in COMPONENTS]
        size = 2 if 16 <= lead.size <= 30 else -1 if lead.size >= 501 else 0
        expected = {
            Component.DATA_QUALITY: rule[0],
            Component.AUTHORITY: 9 + (rule[1] - 12) / 2 + {"Founder": 8, "CEO": -30}.get(lead.title, 0),
            Component.COMPANY_FIT: 9 + (rule[2] - 12) / 2 + 3 * (lead.industry == "Software") + size,
            Component.TIMING: 5 + (rule[3] - 12) / 2 + {1: 4, 0: -1, -1: 0}[int(lead.hiring)],
        }
        clipped = [min(max(expected[name], 0), MAXIMA[name]) for name in COMPONENTS]
        assert found[row] == pytest.approx(clipped)
