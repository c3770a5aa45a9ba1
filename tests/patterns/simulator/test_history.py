"""Histories: rates as planted, times in order, nothing after the end, the same bytes for the same seed."""

from datetime import timedelta

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from conversion.vocabulary import CHANNELS, CallOutcome, Channel
from patterns.detectors.atrisk import at_risk
from patterns.detectors.frame import DAY
from patterns.simulator.history import CALL_CODES
from patterns.simulator.world import WORLDS, simulate
from tests.patterns.simulator.worlds import AS_OF, made

VOICE = CHANNELS.index(Channel.VOICE)


@pytest.mark.parametrize("world", WORLDS)
def test_touches_book_as_often_as_their_hazards_say(world):
    past = made(world, leads=20_000)
    table = at_risk(past.frame())
    hazard = past.hazard[past.sent][table.row]
    z = (table.y.sum() - hazard.sum()) / np.sqrt((hazard * (1 - hazard)).sum())
    assert abs(z) < 3
    groups = np.array_split(np.argsort(hazard, kind="stable"), 5)
    parts = [(table.y[rows].sum() - hazard[rows].sum()) / np.sqrt(hazard[rows].sum()) for rows in groups]
    assert np.abs(parts).max() < 3.5


@pytest.mark.parametrize("world", ["null", "all", "survivorship"])
def test_nothing_is_sent_after_the_end_or_after_as_of(world):
    past = made(world)
    end = np.fmin(past.converted_at, past.left_at)[:, None]
    at = np.where(past.sent, past.sends.sent_at, -np.inf)
    assert not (at > end).any()
    assert at.max() <= AS_OF.timestamp()
    assert np.nanmax(past.converted_at) <= AS_OF.timestamp()
    assert past.sent[:, 0].all()
    assert not (past.sent[:, 1:] & ~past.sent[:, :-1]).any()
    # what ends is the last touch that was sent, and its booking comes within twelve days
    last = past.sent.sum(axis=1) - 1
    booked = np.flatnonzero(~np.isnan(past.converted_at))
    assert (past.booked.argmax(axis=1)[booked] == last[booked]).all()
    assert past.booked.sum() == len(booked)
    wait = past.converted_at[booked] - past.sends.sent_at[booked, last[booked]]
    assert wait.min() >= 0
    assert wait.max() <= 12 * DAY
    assert (np.isnan(past.converted_at) | np.isnan(past.left_at)).all()


def test_some_bookings_are_made_in_the_call_and_only_there():
    past = made("how", leads=20_000)
    at_once = past.booked & (past.sends.sent_at == past.converted_at[:, None])
    assert (past.sends.channel[at_once] == VOICE).all()
    assert (past.call[at_once] == CALL_CODES.index(CallOutcome.MEETING_BOOKED)).all()
    calls = past.booked & (past.sends.channel == VOICE)
    assert at_once.sum() / calls.sum() == pytest.approx(0.5, abs=0.05)
    assert (past.call[calls & ~at_once] == CALL_CODES.index(CallOutcome.CONNECTED)).all()


def test_recent_bookings_are_not_known_yet():
    past = made("null", leads=20_000)
    table = past.sent & (past.sends.sent_at > AS_OF.timestamp() - 3 * DAY)
    assert 0 < past.booked[table].mean() < 0.8 * past.hazard[table].mean()


def test_replies_answer_what_was_sent():
    past = made("null", leads=20_000)
    assert (past.reply_at[past.replied] > past.sends.sent_at[past.replied]).all()
    assert (past.reply_at[past.replied] <= AS_OF.timestamp()).all()
    assert not (past.positive & ~past.replied).any()
    assert (past.replied & ~past.booked & past.sent).sum() / past.sent.sum() == pytest.approx(0.02, abs=0.002)
    before = past.replied & past.booked
    assert (past.reply_at <= past.converted_at[:, None])[before].all()
    assert past.positive[before].all()


def test_nothing_matters_in_the_null_world():
    """Over the whole family of attributes, each independent of booking: p-values uniform, so none under 0.001."""
    past = made("null", leads=20_000)
    frame = past.frame()
    table = at_risk(frame)
    touches, leads = frame.touches, frame.leads
    columns = {
        "title": leads.title.codes[table.lead],
        "industry": leads.industry.codes[table.lead],
        "tier": table.tier,
        "channel": table.channel,
        "touch": table.touch,
        "new": table.new,
        "day": np.minimum(table.day, 5),
        "hour": np.clip(table.hour, 8, 17),
        "gap": np.minimum(table.gap, 9),
        "campaign": touches.campaign[table.row],
        "cta": touches.cta[table.row],
        "template": table.template,
    }
    p_values = {}
    for name, column in columns.items():
        codes = np.unique(column, return_inverse=True)[1]
        counts = np.stack([np.bincount(codes[~table.y]), np.bincount(codes[table.y], minlength=codes.max() + 1)])
        p_values[name] = chi2_contingency(counts).pvalue
    assert min(p_values.values()) > 0.001
    assert max(p_values.values()) > 0.5


def test_the_same_seed_gives_the_same_history():
    first, second, other = (simulate("all", 500, seed, AS_OF).frame() for seed in (3, 3, 4))
    for table in ("leads", "touches"):
        mine, same, its = (vars(getattr(frame, table)) for frame in (first, second, other))
        arrays = [name for name, column in mine.items() if isinstance(column, np.ndarray)]
        assert [name for name in arrays if mine[name].tobytes() != same[name].tobytes()] == []
        assert [name for name in arrays if mine[name].tobytes() == its[name].tobytes()] in ([], ["propensity"])


def test_an_earlier_as_of_has_the_same_length_of_history():
    past = simulate("null", 200, 1, AS_OF - timedelta(days=365))
    assert past.sends.sent_at.max() < AS_OF.timestamp() - 200 * DAY


def test_unusable_arguments_are_refused():
    with pytest.raises(KeyError):
        simulate("nowhere", 10, 1, AS_OF)
    with pytest.raises(ValueError, match="offset"):
        simulate("null", 10, 1, AS_OF.replace(tzinfo=None))
    with pytest.raises(ValueError, match="at least one lead"):
        simulate("null", 0, 1, AS_OF)


def test_one_lead_is_enough():
    frame = simulate("null", 1, 1, AS_OF).frame()
    assert len(frame.leads) == 1
    assert len(frame.touches) >= 1
