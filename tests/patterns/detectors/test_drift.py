"""A fall of bookings and a finding that turned around are seen; chance, luck of texts and another mix are not."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.validation.drift import HALVED, LUCKY, NULL, TURNS, flat
from benchmarks.validation.weekly import Sending, frame_of, look
from patterns.detectors.atrisk import at_risk
from patterns.detectors.compared import compared
from patterns.detectors.drift import Drop, dispersion, rate_drop, since
from patterns.detectors.earlier import until
from patterns.detectors.findings import Abstention

HIRING = ("timing_signals", "hiring_lift"), {"signal": "hiring"}


@pytest.fixture(scope="module")
def halved():
    return frame_of(HALVED, 3)


def test_a_fall_by_half_is_seen_with_its_figures(halved):
    drop = rate_drop(until(halved, look(16)))
    assert isinstance(drop, Drop)
    assert drop.fell
    assert 2 <= drop.weeks <= 6
    assert drop.sent == pytest.approx(1_000 * drop.weeks, rel=0.1)
    assert drop.rate_before == pytest.approx(0.03, abs=0.006)
    assert drop.expected == pytest.approx(0.03 * drop.sent, rel=0.2)
    assert drop.won == pytest.approx(0.015 * drop.sent, rel=0.25)


def test_before_and_long_after_the_fall_there_is_none(halved):
    assert not rate_drop(until(halved, look(11))).fell
    assert not rate_drop(until(halved, look(35))).fell


def test_a_rise_is_no_fall():
    rising = replace(HALVED, hiring=lambda week: np.where(week < 12, 1.0, 3.0))
    assert not rate_drop(until(frame_of(rising, 1), look(16))).fell


def test_another_mix_of_channels_is_no_fall():
    frame = frame_of(replace(NULL, weekly=1_000), 1)
    rng = np.random.default_rng(1)
    late = frame.touches.sent_at > look(36)
    channel = np.where(late, 0, frame.touches.channel)  # in the end e-mail alone, which books a third as often
    booked = frame.touches.booked & ((channel > 0) | (rng.random(len(channel)) < 1 / 3))
    frame = replace(frame, touches=replace(frame.touches, channel=channel.astype(np.int8), booked=booked))
    drop = rate_drop(until(frame, look(42)))
    assert drop.rate < 0.6 * drop.rate_before
    assert not drop.fell


def test_too_little_says_how_much_more(halved):
    short = rate_drop(until(halved, look(-6)))
    assert isinstance(short, Abstention)
    assert "more weeks" in short.reason
    rare = rate_drop(until(frame_of(Sending(20, 0.01, flat(), flat()), 1), look(4)))
    assert "more outcomes in 8 weeks are needed" in rare.reason


def test_nothing_sent_is_too_little(halved):
    assert isinstance(rate_drop(until(halved, 0.0)), Abstention)


def followed(frame, moment, finding=HIRING):
    table = at_risk(frame)
    return since(frame, table, compared(*finding, frame, table), moment)


def test_touches_since_say_what_became_of_a_finding():
    frame = frame_of(TURNS, 1)
    before, after = followed(until(frame, look(12)), look(0)), followed(until(frame, look(24)), look(12))
    assert before.log_better > 20
    assert before.won > 1.2 * before.expected
    assert before.low > 0
    assert after.log_worse > 10
    assert after.high < 0
    assert after.sample == pytest.approx(12 * 500, rel=0.1)
    assert after.won / after.sample == pytest.approx(0.015, abs=0.005)


def test_no_whole_week_since_says_nothing():
    frame = until(frame_of(TURNS, 1), look(12))
    news = followed(frame, look(12) - 3 * 86_400)
    assert (news.sample, news.log_worse, news.log_better) == (0, 0, 0)


def test_luck_of_texts_is_allowed_for():
    sure = {True: 0, False: 0}
    for seed in range(8):
        frame = frame_of(replace(LUCKY, weekly=600, luck=0.6), seed)
        table = at_risk(frame)
        one = compared(("pain_points", "effective"), {"pain_point": frame.vocabulary.pain_names[0]}, frame, table)
        for clustered in sure:
            news = since(frame, table, replace(one, clustered=clustered), look(0))
            sure[clustered] += max(news.log_worse, news.log_better) > 3
    assert sure[False] >= 3
    assert sure[True] == 0


def test_dispersion_of_texts_that_do_not_differ_is_one():
    rng = np.random.default_rng(1)
    cell, template = rng.integers(0, 50, 20_000), rng.integers(0, 200, 20_000)
    rate = np.full(50, 0.05)
    alike = dispersion(cell, template, rng.random(20_000) < 0.05, rate)
    differ = dispersion(
        cell, template, rng.random(20_000) < 0.05 * np.exp(0.7 * rng.standard_normal(200))[template], rate
    )
    assert alike == pytest.approx(1, abs=0.2)
    assert differ > 2
