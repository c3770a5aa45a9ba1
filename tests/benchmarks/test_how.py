"""A small version of what `make validate` claims of HOW: the seeds are fixed, so it is no gamble."""

import numpy as np
import pytest

from benchmarks.validation import how, how_plans, textbook
from benchmarks.validation.claims import Scale
from benchmarks.validation.outreach import EMAIL, LINKEDIN, SMS, VOICE, World, outreach
from patterns.detectors.sequences import DEFAULT

RUNS = {
    "constant hazard": 4,
    "planted odds ratios": 6,
    "plans, voice 2, new channel 1.3": 6,
    "plans, the same, with exits and luck": 8,
    "luck of 1 text a channel": 3,
    "luck of 4 texts a channel": 3,
    "luck of 30 texts a channel": 3,
}
QUESTIONS = {
    question.name: question for module in (how, how_plans) for question in module.questions(Scale(range(2000, 2200)))
}


def test_every_question_is_asked():
    assert RUNS.keys() == QUESTIONS.keys()


@pytest.mark.parametrize("name", RUNS)
def test_claims_hold(name):
    question = QUESTIONS[name]
    for claim in question.judge([question.run(job) for job in question.jobs[: RUNS[name]]]):
        assert claim.holds, f"{claim.name}: {claim.measured}, {claim.bound}"


def test_a_plan_is_worth_its_hazards_by_hand():
    """One tier of leads at a time: calls at odds 1/4 against 1/9, of which a tenth leaves."""
    world = World(base=0.1, channel={VOICE: 2.25}, leaves={VOICE: 0.1})
    plan = np.array([[VOICE, EMAIL]])
    by_tier = []
    for ratio in (2.0, 1.0, 0.6):
        call, mail = 0.25 * ratio / (1 + 0.25 * ratio), ratio / 9 / (1 + ratio / 9)
        by_tier.append(call + (1 - call) * 0.9 * mail)
    assert world.worth(plan, world.draw_luck(1))[0] == pytest.approx(
        0.15 * by_tier[0] + 0.35 * by_tier[1] + 0.5 * by_tier[2]
    )


def test_clients_book_as_often_as_their_plans_say():
    world = World(channel={VOICE: 2.0}, new_channel=1.3, leaves={SMS: 0.05}, templates=3, luck=0.6)
    frame = outreach(world, 20_000, 3)
    rng = np.random.default_rng(1)
    expected = world.worth(rng.choice([EMAIL, SMS, LINKEDIN, VOICE], (20_000, 6)), world.draw_luck(3)).mean()
    assert np.isfinite(frame.leads.converted_at).mean() == pytest.approx(expected, abs=0.008)


def test_the_best_plan_is_no_worse_than_any_other():
    world = World(channel={VOICE: 2.0}, new_channel=1.3)
    luck = world.draw_luck(1)
    assert world.best(luck) == pytest.approx(0.2776, abs=1e-4)
    assert world.best(luck) == pytest.approx(world.worth(np.array([[VOICE] * 6]), luck)[0], rel=0.02)
    assert world.worth(np.array([DEFAULT]), luck)[0] == pytest.approx(0.2023, abs=1e-4)


def test_the_textbook_way_finds_sure_sequences_where_nothing_matters():
    frame = outreach(World(), 2_000, 1)
    assert min(textbook.winning(frame).values()) == 1.0
    lifts = textbook.channels_lifts(frame)
    assert lifts[0] == 1.0
    assert lifts[1] > lifts[2] > lifts[3]
    assert lifts[3] < 0.2
    assert textbook.with_channel_lift(frame, VOICE) < 0.8
