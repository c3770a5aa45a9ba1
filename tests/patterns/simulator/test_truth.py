"""The true lifts: exactly 1 where nothing matters, as planted where something does, and what many outcomes show."""

import numpy as np
import pytest

from patterns.detectors.atrisk import at_risk
from patterns.simulator.verdict import STRONG
from tests.patterns.simulator.worlds import made


def factors(world, **options):
    return {(item.kind, *item.key.values()): item.factor for item in made(world, **options).truth}


@pytest.mark.parametrize("world", ["null", "survivorship", "rare_night", "template_luck"])
def test_nothing_has_an_effect_where_nothing_matters(world):
    truth = factors(world)
    assert 150 < len(truth) < 190
    assert max(abs(factor - 1) for factor in truth.values()) < 1e-9


def test_confounding_by_tier_has_no_effect_on_channels_and_times():
    truth = made("confounded_tiers").truth
    apart = [item for item in truth if item.detector != "who" and item.kind != "touch_hazard"]
    assert max(abs(item.factor - 1) for item in apart) < 1e-9
    assert factors("confounded_tiers")["timing_signals", "hiring_lift"] > STRONG


def test_what_is_planted_has_the_lift_that_follows_from_its_share():
    who = factors("who", leads=20_000)
    # booking within six touches: (1 - (1 - 2a)^6) / (1 - (1 - a)^6) is less than 2; against all, Founders among them
    assert who["title_rankings", "Founder"] == pytest.approx(1.67, abs=0.02)
    assert who["title_rankings", "Marketing Coordinator"] == pytest.approx(0.50, abs=0.02)
    assert who["title_rankings", "CEO"] == pytest.approx(0.94, abs=0.02)
    assert who["timing_signals", "hiring_lift"] == pytest.approx(1.49, abs=0.02)
    assert who["timing_signals", "funded_lift"] == pytest.approx(1.0, abs=0.02)
    what = factors("what", leads=20_000)
    assert what["angles", "social_proof"] == pytest.approx(1.6)
    assert what["subject_patterns", "question_about"] == pytest.approx(1.6)
    assert what["ctas", "worth 15 minutes"] == pytest.approx(1.7 / (1 + 0.7 / 7), rel=0.02)
    assert what["ctas", "time_specific"] > 1.2
    when = factors("when", leads=20_000)
    assert when["best_days", "Thursday"] / when["best_days", "Tuesday"] == pytest.approx(3.6)
    assert when["best_hours", 15] / when["best_hours", 9] == pytest.approx(1.8)
    assert when["gap_hazard", "3"] / when["gap_hazard", "2"] == pytest.approx(1.8)
    how = factors("how", leads=20_000)
    assert how["multi_channel_lift", "new_channel"] == pytest.approx(1.3)
    assert how["channel_effectiveness_by_tier", "cool", "voice"] > STRONG
    assert how["channel_transitions", "email", "voice"] == pytest.approx(2 / 1.2, rel=0.05)
    assert how["channel_effects", "voice"] == pytest.approx(2.0)
    assert how["multi_channel_lift", "3_channel"] == 1.0
    assert how["first_touch_effectiveness", "voice_first"] > how["first_touch_effectiveness", "email_first"]


@pytest.mark.parametrize("world", ["who", "all", "confounded_tiers"])
def test_many_leads_show_the_true_lifts(world):
    past = made(world, leads=30_000)
    frame = past.frame()
    table = at_risk(frame)
    first = np.flatnonzero(np.diff(table.lead, prepend=-1))
    y = np.logical_or.reduceat(table.y, first)
    truth = factors(world, leads=30_000)
    for kind, column in (("title_rankings", frame.leads.title), ("industry_rankings", frame.leads.industry)):
        codes = column.codes[table.lead[first]]
        for code, name in enumerate(column.labels):
            rate = y[codes == code].mean() / y[codes >= 0].mean()
            error = np.sqrt(1 / y[codes == code].sum())
            assert abs(rate / truth[kind, name] - 1) < 3.5 * error + 0.01
    assert len(truth) > 150


def test_many_touches_show_the_true_lifts():
    past = made("all", leads=30_000)
    table = at_risk(past.frame())
    truth = factors("all", leads=30_000)
    for kind, column, names in (
        ("best_days", table.day, ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]),
        ("best_hours", table.hour, range(24)),
        ("touch_hazard", table.touch - 1, range(1, 7)),
    ):
        for code, name in enumerate(names):
            if (kind, name) in truth:
                rate = table.y[column == code].mean() / table.y.mean()
                error = np.sqrt(1 / max(table.y[column == code].sum(), 1))
                assert abs(rate / truth[kind, name] - 1) < 3.5 * error + 0.06, (kind, name)


def test_sequences_are_compared_with_the_default_one_of_their_length():
    past = made("how")
    assert past.sequence_lift(["email", "linkedin", "email"]) == 1.0
    # the first touch 0.03 or twice that; some of the first mails bounce, which no longer matters after the last touch
    assert past.sequence_lift(["voice"]) == pytest.approx(2.0)
    calls = 1 - (1 - 0.06) * (1 - 0.06)
    mails = 1 - (1 - 0.03) * (1 - 0.03 * 1.3)
    assert past.sequence_lift(["voice", "voice"]) == pytest.approx(calls / mails, rel=0.01)
    assert made("null").sequence_lift(["voice"] * 6) == pytest.approx(1.0, abs=0.01)
    with pytest.raises(ValueError, match="1 to 6 touches, got 7"):
        past.sequence_lift(["voice"] * 7)


def test_what_was_never_sent_has_no_truth():
    few = factors("null", leads=1)
    assert {key for key in few if key[0] == "title_rankings"} == {
        key for key in factors("null") if key[0] == "title_rankings"
    }
    assert len([key for key in few if key[0] == "best_days"]) <= 6
    assert max(abs(factor - 1) for factor in few.values()) < 1e-9
