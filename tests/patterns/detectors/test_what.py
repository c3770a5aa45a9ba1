from dataclasses import replace

import numpy as np
import pytest

from conversion.vocabulary import CHANNELS, Channel
from patterns.detectors.atrisk import at_risk
from patterns.detectors.findings import Abstention
from patterns.detectors.texts import written
from patterns.detectors.what import WhatDetector
from patterns.simulator.verdict import judge
from patterns.simulator.world import simulate
from tests.patterns.detectors import contract
from tests.patterns.detectors.contract import AS_OF, analyze, taken

PARTS = ("subject_patterns", "pain_points", "ctas", "angles", "optimal_length", "personalization_lift", "variants")


class TestContract(contract.DetectorContract):
    detector = WhatDetector()
    parts = frozenset(PARTS)


@pytest.fixture(scope="module")
def strong():
    return simulate("what", 20_000, seed=31, as_of=AS_OF)


@pytest.fixture(scope="module")
def payload(strong):
    return analyze(WhatDetector(), strong.frame())


def test_planted_content_is_found_and_nothing_else(strong, payload):
    verdict = judge(strong.truth, payload)
    assert verdict.missed == ()
    assert verdict.false_share <= 0.07
    assert payload["confidence"] > 0.9


def test_winners_and_losers_are_by_lift(payload):
    effective, ineffective = payload["pain_points"]["effective"], payload["pain_points"]["ineffective"]
    assert effective[0]["pain_point"] == "leads"
    assert effective[0]["lift"] == pytest.approx(1.8, rel=0.15)
    assert ineffective[0]["pain_point"] == "cost"
    assert ineffective[0]["lift"] == pytest.approx(0.5, rel=0.15)
    lifts = [item["lift"] for item in effective]
    assert lifts == sorted(lifts, reverse=True)
    assert all(item["status"] != "none" for item in effective + ineffective)


def test_frequency_is_the_share_of_bookings(strong, payload):
    table = at_risk(strong.frame())
    booked = strong.frame().touches.pain_points[table.row[table.y]]
    assert payload["pain_points"]["effective"][0]["frequency"] == pytest.approx((booked & 1).mean(), rel=1e-5)


def test_calls_and_their_types(payload):
    effective = payload["ctas"]["effective"]
    assert effective[0]["cta"] == "worth 15 minutes"
    types = payload["ctas"]["by_type"]
    assert types["time_specific"]["status"] == "supported"
    assert 1 < types["time_specific"]["lift"] < effective[0]["lift"]  # the other call of the type does nothing
    assert types["casual"]["sample"] > 0
    assert "cta" not in types["casual"]


def test_angles_are_all_listed_by_rate(payload):
    rates = [item["rate"] for item in payload["angles"]["rankings"]]
    assert len(rates) == 8
    assert rates == sorted(rates, reverse=True)


def test_subject_patterns_speak_of_e_mail_alone(strong, payload):
    best = payload["subject_patterns"]["winning"][0]
    assert best["pattern"] == "question_about"
    table = at_risk(strong.frame())
    touches = strong.frame().touches
    mail = touches.channel[table.row] == CHANNELS.index(Channel.EMAIL)
    assert best["sample"] == (mail & (touches.subjects[table.row] & 1 == 1)).sum()


def test_length_is_best_near_the_planted_one():
    """75 words by e-mail: the curve is steep enough to be seen in a world where little else varies."""
    found = [
        analyze(WhatDetector(), simulate("what", 20_000, seed=seed, as_of=AS_OF).frame())["optimal_length"]["email"]
        for seed in (101, 103, 104)
    ]
    seen = [part for part in found if "optimal_words" in part]
    assert seen
    for part in seen:
        assert part["range_min"] <= 75 <= part["range_max"]
        assert part["status"] == "supported"


def test_length_without_evidence_names_the_range_that_is_no_worse():
    found = analyze(WhatDetector(), simulate("null", 2000, seed=5, as_of=AS_OF).frame())["optimal_length"]
    assert set(found) == {"email", "linkedin", "sms"}
    assert "do no worse than any other length sent" in found["email"]["abstained"]
    assert "chars" in found["sms"]["abstained"]


@pytest.mark.parametrize("world", ["null", "template_luck"])
def test_luck_of_templates_is_not_taken_for_content(world):
    claims = 0
    for seed in range(8):
        found = analyze(WhatDetector(), simulate(world, 2000, seed=seed, as_of=AS_OF).frame())
        supported = any(item["status"] == "supported" for item in contract.all_found(found))
        claims += supported
        assert supported or found["confidence"] == 0
    assert claims <= 1


def test_few_templates_abstain_with_what_is_missing(history):
    """Three templates: whatever differs between them may be their luck."""
    channel = history.touches.channel == CHANNELS.index(Channel.EMAIL)
    template = np.where(channel, 1 + history.touches.template % 3, 0)
    first = np.array([0, *(np.flatnonzero(template == number)[0] for number in (1, 2, 3))])
    columns = ("pain_points", "cta", "angles", "subjects", "personalization")
    same = {name: getattr(history.touches, name)[first][template] for name in columns}
    found = analyze(WhatDetector(), replace(history, touches=replace(history.touches, template=template, **same)))
    reason = found.reason if isinstance(found, Abstention) else found["pain_points"]["abstained"]
    assert "4 are needed" in reason


def test_touches_without_text_do_not_count(history):
    silent = replace(history.touches, words=np.full(len(history.touches), -1, dtype=np.int32))
    answer = analyze(WhatDetector(), replace(history, touches=silent))
    assert answer == Abstention("no touch that was followed for long enough has a text (0 of 20)")


def test_few_touches_get_a_reason_with_numbers(history):
    answer = analyze(WhatDetector(), taken(history, np.arange(12)))
    assert isinstance(answer, Abstention)
    assert "5 from 20 are needed" in answer.reason


class TestWritten:
    def test_cells_hold_every_matured_touch_once(self, history):
        table = at_risk(history)
        counts = written(history, table)
        assert counts.touches == len(table)
        assert counts.bookings == table.y.sum()
        assert len(np.unique(counts.text * 10_000 + counts.stratum)) == len(counts.n)

    def test_a_template_whose_features_come_and_go_has_several_texts(self, history):
        """The first name is left out where it is not known: one template, two texts."""
        touches = history.touches
        known = touches.lead % 2 == 0
        flags = np.where(known, touches.personalization | 2, touches.personalization & ~2)
        frame = replace(history, touches=replace(touches, personalization=flags))
        counts = written(frame, at_risk(frame))
        table = at_risk(frame)
        pairs = np.unique(touches.template[table.row] * 4 + (flags[table.row] & 2))
        assert len(counts.length) == len(pairs)
        assert counts.template.max() + 1 == len(np.unique(touches.template[table.row]))
        column = [feature.name for feature in counts.features].index("first_name")
        with_name = counts.has[counts.text, column]
        assert counts.n[with_name].sum() == (flags[table.row] & 2 == 2).sum()

    def test_length_is_words_or_characters(self, history):
        counts = written(history, at_risk(history))
        sms = counts.channel == CHANNELS.index(Channel.SMS)
        assert counts.length[sms].mean() > 50 > counts.length[counts.channel == CHANNELS.index(Channel.EMAIL)].min()
