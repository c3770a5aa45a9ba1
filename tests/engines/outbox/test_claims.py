from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connections
from django.utils.timezone import now

from conversion.vocabulary import ActivityState as State
from engines.outbox.claims import claim, release
from engines.outbox.sending import send
from engines.outbox.states import BEFORE, FINAL, move, move_mine
from tests.engines.outbox.conftest import expire, states

pytestmark = pytest.mark.django_db


def test_the_longest_waiting_come_first_and_none_twice(queued, limits):
    touches = queued(3)
    for minutes, touch in zip((5, 9, 7), touches, strict=True):
        touch.due_at = now() - timedelta(minutes=minutes)
        touch.save()
    first, second = claim(2, limits), claim(2, limits)
    assert {one.id for one in first} == {touches[1].pk, touches[2].pk}
    assert [one.id for one in second] == [touches[0].pk]
    assert claim(2, limits) == []


def test_what_is_not_due_or_not_queued_stays(queued, limits):
    queued(due_at=now() + timedelta(minutes=5))
    queued(state="planned")
    queued(state="held")
    queued(channel="mail")
    assert claim(10, limits) == []


def test_the_databases_clock_decides(queued, limits, monkeypatch):
    """A worker whose own clock is an hour ahead claims nothing early, and one behind loses nothing."""
    [touch] = queued(due_at=now() + timedelta(minutes=30))
    monkeypatch.setattr("django.utils.timezone.now", lambda: now() + timedelta(hours=1))
    monkeypatch.setattr("time.time", lambda: 9e9)
    assert claim(1, limits) == []
    touch.due_at = now() - timedelta(minutes=1)
    touch.save()
    [one] = claim(1, limits)
    touch.refresh_from_db()
    assert timedelta(seconds=55) < touch.claimed_until - now() <= timedelta(seconds=61)
    assert touch.claimed_by == one.token


def test_claims_that_will_not_be_used_go_back(queued, limits):
    queued(2)
    claims = claim(2, limits)
    assert release(claims) == 2
    assert states() == {"queued": 2}
    assert release(claims) == 0


def test_a_claim_that_ran_out_sends_nothing(queued, provider, limits):
    queued()
    [one] = claim(1, limits)
    expire(state="claimed")
    send(one, limits)
    assert provider.sent == []


def test_a_claim_that_somebody_else_holds_now_sends_nothing(queued, provider, limits):
    queued()
    [one] = claim(1, limits)
    release([one])
    [other] = claim(1, limits)
    send(one, limits)
    assert provider.sent == []
    send(other, limits)
    assert len(provider.sent) == 1


def test_what_is_final_stays():
    assert [state for state, before in BEFORE.items() if set(before) & set(FINAL)] == []
    with pytest.raises(ValueError, match="no touch goes from sent to queued"):
        move(State.QUEUED, State.SENT, pk=1)
    with pytest.raises(ValueError, match="no touch goes from sent to dispatching"):
        move_mine(State.DISPATCHING, State.SENT, uuid4(), "", {"attempts": 1})


def test_a_step_of_ones_own_touch(queued, limits):
    touch, other = queued(2)
    token = next(one.token for one in claim(2, limits) if one.id == touch.pk)
    columns = {"metadata": {"a": [1]}, "dispatched_at": now(), "pain_points": 5}
    assert move_mine(State.DISPATCHING, State.CLAIMED, touch.pk, "somebody else", columns) is False
    assert move_mine(State.DISPATCHING, State.CLAIMED, touch.pk, token, columns) is True
    assert move_mine(State.DISPATCHING, State.CLAIMED, touch.pk, token, columns) is False
    touch.refresh_from_db()
    other.refresh_from_db()
    assert (touch.state, other.state) == ("dispatching", "claimed")
    assert {name: getattr(touch, name) for name in columns} == columns


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_workers_share_a_queue_without_a_touch_twice(queued, limits):
    queued(60)

    def worker(_):
        try:
            found = []
            while batch := claim(7, limits):
                found += [one.id for one in batch]
            return found
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        taken = [pk for found in pool.map(worker, range(8)) for pk in found]
    assert len(taken) == len(set(taken)) == 60


def test_claiming_costs_the_same_for_any_number(queued, limits, django_assert_num_queries):
    queued(3)
    with django_assert_num_queries(4):  # the clock, open circuits, resting accounts, the claim
        assert len(claim(3, limits)) == 3
