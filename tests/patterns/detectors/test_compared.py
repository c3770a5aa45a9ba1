"""Each finding of a payload, read back as touches, has the counts that the detector gave it."""

import numpy as np
import pytest

from patterns import report
from patterns.detectors.atrisk import at_risk
from patterns.detectors.compared import READERS, compared
from patterns.detectors.findings import Abstention
from patterns.detectors.how import HowDetector
from patterns.detectors.what import WhatDetector
from patterns.detectors.when import WhenDetector
from patterns.detectors.who import WhoDetector
from tests.patterns.detectors.contract import AS_OF

PER_TOUCH = set(READERS) - {"title_rankings", "industry_rankings", "size_analysis", "timing_signals", "touch_hazard"}


def findings(detector, frame):
    payload = detector().analyze(frame, AS_OF, np.random.default_rng(1))
    assert not isinstance(payload, Abstention)
    return list(report.every_finding(payload))


@pytest.mark.parametrize("detector", [WhatDetector, WhenDetector, HowDetector])
def test_touches_of_findings_are_those_that_were_counted(history, detector):
    table, seen = at_risk(history), set()
    for said in findings(detector, history):
        one = compared(said.path, said.finding, history, table)
        if said.path[0] in PER_TOUCH and one is not None:
            assert (int(one.holds.sum()), int((one.holds & table.y).sum())) == (
                said.finding["sample"],
                said.finding["converted"],
            ), said.name
            assert not (one.holds & ~one.among).any()
            seen.add(said.path[0])
    assert seen


def test_findings_about_leads_are_read_as_the_touches_of_these_leads(history):
    table = at_risk(history)
    for said in findings(WhoDetector, history):
        one = compared(said.path, said.finding, history, table)
        assert len(np.unique(table.lead[one.holds])) == said.finding["sample"], said.name
        assert int((one.holds & table.y).sum()) == said.finding["converted"], said.name


def test_choices_about_whole_leads_are_not_followed(history):
    table = at_risk(history)
    assert compared(("winning_sequences",), {"sequence": ["email"]}, history, table) is None
    assert compared(("first_touch_effectiveness", "email_first"), {"channel": "email"}, history, table) is None
    assert compared(("ctas", "by_type", "soft_ask"), {}, history, table) is None
    assert compared(("multi_channel_lift", "2_channel"), {}, history, table) is None


def test_what_no_longer_exists_holds_of_nothing(history):
    table = at_risk(history)
    assert not compared(("title_rankings",), {"title": "Astronaut"}, history, table).holds.any()
    assert compared(("pain_points", "effective"), {"pain_point": "gravity"}, history, table) is None
