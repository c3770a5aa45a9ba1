"""A frame cut at an earlier moment is what would have been read then."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from conversion.vocabulary import Outcome
from patterns.detectors.atrisk import at_risk
from patterns.detectors.earlier import until
from patterns.detectors.findings import Abstention
from patterns.detectors.when import WhenDetector
from patterns.detectors.who import WhoDetector
from patterns.simulator.world import simulate

AS_OF = datetime(2026, 3, 2, tzinfo=UTC)
THEN = AS_OF - timedelta(days=100)


@pytest.fixture(scope="module")
def whole():
    return simulate("all", 1_500, 3, AS_OF).frame()


@pytest.fixture(scope="module")
def cut(whole):
    return until(whole, THEN.timestamp())


def test_nothing_later_is_left(whole, cut):
    moment = THEN.timestamp()
    assert cut.as_of == moment
    assert 0 < len(cut.touches) < len(whole.touches)
    assert len(cut.touches) == np.count_nonzero(whole.touches.sent_at <= moment)
    assert np.nanmax(cut.leads.converted_at) <= moment
    assert np.nanmax(cut.leads.left_at) <= moment
    assert np.array_equal(cut.leads.exit >= 0, ~np.isnan(cut.leads.left_at))
    assert not np.isnan(cut.leads.converted_at[cut.touches.lead[cut.touches.booked]]).any()
    assert np.array_equal(np.unique(cut.touches.lead), np.arange(len(cut.leads)))
    fresh = cut.touches.sent_at > moment - 14 * 86_400
    assert not (cut.touches.replied | cut.touches.positive)[fresh].any()


def test_what_was_matured_then_is_as_it_was(whole, cut):
    for outcome in Outcome:
        before, now = at_risk(cut, outcome), at_risk(whole, outcome)
        old = whole.touches.sent_at[now.row] <= THEN.timestamp() - 14 * 86_400
        assert np.array_equal(before.y, now.y[old])
        assert np.array_equal(before.touch, now.touch[old])


def test_categories_have_only_labels_in_use(whole):
    early = until(whole, float(np.sort(whole.touches.sent_at)[30]))
    for name in ("title", "industry"):
        category = getattr(early.leads, name)
        assert sorted(category.labels) == list(category.labels)
        assert set(category.codes[category.codes >= 0]) == set(range(len(category.labels)))
    assert len(early.leads.title.labels) < len(whole.leads.title.labels)


def test_a_plan_that_one_lead_has_is_none(whole):
    early = until(whole, float(np.sort(whole.touches.sent_at)[200]))
    plan, lead = early.touches.plan, early.touches.lead
    assert all(len(set(lead[plan == key])) > 1 for key in set(plan.tolist()) - {0})


def test_a_later_moment_changes_nothing(whole):
    assert until(whole, whole.as_of + 1) is whole


def test_nothing_before_the_first_touch(whole):
    empty = until(whole, float(whole.touches.sent_at.min()) - 1)
    assert (len(empty.leads), len(empty.touches)) == (0, 0)
    assert isinstance(WhoDetector().analyze(empty, AS_OF, np.random.default_rng(1)), Abstention)


def test_the_order_of_leads_does_not_matter(whole):
    shuffled = simulate("all", 1_500, 3, AS_OF).shuffled(5)
    payloads = [
        WhenDetector().analyze(until(frame, THEN.timestamp()), THEN, np.random.default_rng(1))
        for frame in (whole, shuffled)
    ]
    assert json.dumps(payloads[0]) == json.dumps(payloads[1])
