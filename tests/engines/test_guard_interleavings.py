"""Nothing goes to a suppressed, erased or out-of-hours lead, in whatever order sends and opt-outs come; and all else goes.

INTERLEAVINGS=5000 looks at more of them than the hundred of every day.
"""

import os
import random

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engines.guarded import client_of
from tests.engines.interleaved import World, start

EXAMPLES = int(os.environ.get("INTERLEAVINGS", "0")) or 75
OPT_OUTS = (
    *("stop", "unsubscribe", "bounce", "suppress_email", "suppress_phone", "suppress_domain", "suppress_for_twin"),
    *("forget_number", "forget_person", "erase", "convert"),
)
# Weekdays in the days around each change of the clocks of the three places, and a quiet week.
STARTS = (
    *(
        start(2026, 3, 6, 18),
        start(2026, 3, 8, 6),
        start(2026, 3, 27, 12),
        start(2026, 4, 3, 20),
        start(2026, 5, 12, 9),
    ),
    *(start(2026, 10, 2, 4), start(2026, 10, 23, 15), start(2026, 10, 30, 18), start(2026, 11, 2, 11)),
)
MINUTES = (1, 20, 60, 180, 360, 840, 1440, 2880)

PERSON, TOUCH = st.integers(0, 2), st.integers(0, 8)
STEPS = st.one_of(
    st.tuples(st.sampled_from(("claim", "dispatch", "record", "deliver")), TOUCH),
    st.tuples(st.sampled_from(("claim", "dispatch", "deliver")), TOUCH),
    st.tuples(st.just("advance"), st.sampled_from(MINUTES)),
    st.tuples(st.sampled_from(OPT_OUTS), PERSON),
)


def play(world, steps):
    for name, value in steps:
        if name == "deliver":
            for part in (world.claim, world.dispatch, world.record):
                part(value)
        else:
            getattr(world, name)(value)


@pytest.fixture(autouse=True)
def console(settings):
    """The default that sends nothing anywhere, on both databases; it needs no PUBLIC_URL."""
    settings.DEFAULT_PROVIDERS = dict.fromkeys(("email", "sms", "linkedin", "voice"), "console")


@pytest.fixture
def clients(make_client):
    return client_of(make_client), client_of(make_client, name="Twin")


def taken_back(clients, begin, steps):
    """Play in a transaction that is taken back. Returns the world as it was at the end."""
    with transaction.atomic():
        world = World(*clients, begin)
        play(world, steps)
        transaction.set_rollback(True)
    return world


@pytest.mark.django_db
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == 120,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(begin=st.sampled_from(STARTS), steps=st.lists(STEPS, min_size=5, max_size=40))
def test_any_order(clients, begin, steps):
    taken_back(clients, begin, steps)


def drawn(rng):
    """Mostly sends, one opt-out among eight steps: a world in which something still goes out."""
    kinds = rng.choices(("deliver", "claim", "dispatch", "advance", "opt out"), (5, 2, 2, 3, 0.6), k=60)
    for kind in kinds:
        if kind == "advance":
            yield kind, rng.choice(MINUTES)
        elif kind == "opt out":
            yield rng.choice(OPT_OUTS), rng.randrange(3)
        else:
            yield kind, rng.randrange(9)


@pytest.mark.django_db
def test_long_runs_send_and_stop(clients):
    """Each run by itself is checked at every question; together they are not empty."""
    ledger, verdicts = 0, set()
    for seed in range(EXAMPLES // 3):
        rng = random.Random(seed)
        world = taken_back(clients, rng.choice(STARTS), drawn(rng))
        ledger += len(world.ledger)
        verdicts |= set(world.verdicts)
    assert verdicts == {"Go", "Hold", "Cancel"}
    assert ledger > EXAMPLES // 2
