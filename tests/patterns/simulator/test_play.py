"""Played forward, leads book as often as the hazard says, and stop where they stop."""

from dataclasses import replace

import numpy as np
import pytest

from conversion.vocabulary import EXITS, LeadStatus
from patterns.detectors.frame import DAY
from patterns.simulator.play import Outcome, chance_to_book, delays, first_emails, play
from tests.patterns.simulator.worlds import AS_OF, made

UNSUBSCRIBED, BOUNCED = EXITS.index(LeadStatus.UNSUBSCRIBED), EXITS.index(LeadStatus.BOUNCED)


def test_the_chance_to_book_of_a_constant_hazard():
    past = made("null")
    world = replace(past.world, unsubscribe=0.0)
    calls = replace(past.sends, channel=np.full_like(past.sends.channel, 3))
    assert np.allclose(chance_to_book(world, past.people, calls, past.library), 1 - 0.97**6)
    letters = replace(
        past.sends, channel=np.full_like(past.sends.channel, 0)
    )  # one in a hundred bounces, if it is silent
    assert np.allclose(chance_to_book(world, past.people, letters, past.library), 0.03 + 0.97 * 0.99 * (1 - 0.97**5))


@pytest.mark.parametrize("world", ["null", "who", "all", "template_luck"])
def test_leads_book_as_often_as_their_chances_say(world):
    past = made(world)
    chance = chance_to_book(past.world, past.people, past.sends, past.library)
    rng = np.random.default_rng(0)
    booked = np.mean(
        [play(past.world, past.people, past.sends, past.library, rng).booked >= 0 for _ in range(20)], axis=0
    )
    error = np.sqrt((chance * (1 - chance)).sum() / 20) / len(chance)
    assert abs(booked.mean() - chance.mean()) < 3 * error
    most = chance >= np.quantile(chance, 0.9)
    assert (
        abs(booked[most].mean() - chance[most].mean())
        < 4 * np.sqrt((chance * (1 - chance))[most].sum() / 20) / most.sum()
    )


def test_leads_leave_as_often_as_they_should():
    past = made("null", leads=30_000)
    sent = past.sends.touch <= past.outcome.ended[:, None] + 1
    left = (past.outcome.exit == UNSUBSCRIBED).sum() / (sent.sum() * 0.97)
    assert left == pytest.approx(0.003, rel=0.15)
    mailed = (first_emails(past.sends.channel) & sent).sum() * 0.97
    assert (past.outcome.exit == BOUNCED).sum() / mailed == pytest.approx(0.01, rel=0.2)
    assert (made("survivorship", leads=30_000).outcome.exit == UNSUBSCRIBED).mean() > 0.15


def test_one_ending_a_lead():
    outcome = made("who").outcome
    booked = outcome.booked >= 0
    assert (outcome.exit[booked] == -1).all()
    assert (outcome.ended[booked] == outcome.booked[booked]).all()
    assert (outcome.ended[~booked & (outcome.exit == -1)] == 6).all()


def test_the_value_of_the_last_touch():
    outcome = Outcome(booked=np.array([1, -1]), ended=np.array([1, 3]), exit=np.array([-1, -1]))
    assert outcome.at_end(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])).tolist() == [2.0, 6.0]


def test_what_follows_a_touch_comes_before_the_next_one():
    room = np.array([600.0, DAY, 5 * DAY, 30 * DAY, np.inf])
    drawn = delays(np.broadcast_to(room, (20_000, 5)), np.random.default_rng(0))
    assert (drawn < room).all()
    assert drawn[:, 1:].min() >= 7_200
    assert drawn.max() <= 12 * DAY
    assert drawn[:, 4].mean() / DAY == pytest.approx(2.05, abs=0.05)


def test_fresh_leads_of_a_world_are_played_under_a_plan():
    past = made("how")
    rng = np.random.default_rng(7)
    people = past.fresh(5_000, rng)
    sent_at = AS_OF.timestamp() + np.tile(np.arange(6) * 3 * DAY, (5_000, 1))
    chances = {}
    for code in (0, 3):
        sends = past.plan(people, np.full((5_000, 6), code, dtype=np.int8), sent_at, rng)
        chances[code] = past.chance(people, sends).mean()
        booked = (past.play(people, sends, rng).booked >= 0).mean()
        assert booked == pytest.approx(chances[code], abs=3 * np.sqrt(chances[code] / 5_000))
    assert chances[3] == pytest.approx(0.3079, abs=0.001)  # 1 - 0.94^6, less those who unsubscribe
    assert chances[0] == pytest.approx(0.1644, abs=0.001)
