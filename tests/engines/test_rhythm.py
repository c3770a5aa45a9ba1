import pytest

from engines.rhythm import rhythm
from patterns.guidance import Guidance
from tests.engines.guided import guidance


def test_defaults():
    usual = rhythm(Guidance.defaults())
    assert usual.days.ordered(0) == (
        (1, "Tuesday, a default day"),
        (2, "Wednesday, a default day"),
        (3, "Thursday, a default day"),
    )
    assert [hour for hour, _ in usual.hours.ordered(0)] == [10, 14, 9]
    assert usual.hours.ordered(0)[0][1] == "10:00, a default hour"
    assert [usual.gap(touch).days for touch in range(1, 9)] == [2, 3, 4, 5, 7, 3, 3, 3]
    assert {usual.gap(touch).reason for touch in range(1, 9)} == {"the default"}
    assert [part.learned for part in (usual.days, usual.hours, usual.ringing, usual.gap(1))] == [False] * 4


def test_default_hours_take_turns():
    hours = rhythm(Guidance.defaults()).hours
    assert [[hour for hour, _ in hours.ordered(touch)] for touch in range(4)] == [
        [10, 14, 9],
        [14, 9, 10],
        [9, 10, 14],
        [10, 14, 9],
    ]


def test_learned_days_and_hours_are_a_ranking():
    learned = rhythm(guidance(best_days=(0, 3), best_hours=(16, 11)))
    assert [learned.days.ordered(touch) for touch in (0, 1)] == [
        ((0, "best day Monday: proof of day 0"), (3, "best day Thursday: proof of day 3"))
    ] * 2
    assert learned.hours.ordered(5) == (
        (16, "best hour 16:00: proof of hour 16"),
        (11, "best hour 11:00: proof of hour 11"),
    )
    assert learned.days.learned
    assert learned.hours.learned


@pytest.mark.parametrize(
    ("avoid", "days", "reason"),
    [
        ((2,), (1, 3), "Tuesday, a default day, not Wednesday: proof of day 2"),
        ((4,), (1, 2, 3), "Tuesday, a default day"),  # no default: nothing is moved
        (
            (1, 2, 3),
            (0, 4),
            (
                "Monday, in place of the default days, not Tuesday: proof of day 1, "
                "not Wednesday: proof of day 2, not Thursday: proof of day 3"
            ),
        ),
        ((0, 1, 2, 3, 4), (1, 2, 3), "Tuesday, a default day"),
    ],
)
def test_days_to_avoid(avoid, days, reason):
    learned = rhythm(guidance(avoid_days=avoid))
    assert learned.days.values == days
    assert learned.days.reasons[0] == reason
    assert learned.days.learned is (days != (1, 2, 3))
    assert learned.avoided == frozenset(avoid)


def test_hours_to_avoid():
    assert rhythm(guidance(avoid_hours=(14,))).hours.values == (10, 9)
    assert rhythm(guidance(avoid_hours=(10, 14, 9))).hours.values == (11, 12, 13, 15, 16)
    assert rhythm(guidance(avoid_hours=tuple(range(24)))).hours.values == (10, 14, 9)


@pytest.mark.parametrize(
    ("best", "ringing"),
    [((7, 8, 20, 21), (8, 20)), ((22, 6), (10, 14, 9)), ((23, 12), (12,))],
)
def test_quiet_hours_are_no_hours_to_call_at_however_good(best, ringing):
    learned = rhythm(guidance(best_hours=best))
    assert learned.hours_for("email").values == learned.hours_for("linkedin").values == best
    assert learned.hours_for("voice").values == learned.hours_for("sms").values == ringing


def test_learned_gaps():
    learned = rhythm(guidance(gaps=(1, None, 14, 4, None)))
    assert [learned.gap(touch).days for touch in range(1, 8)] == [1, 3, 14, 4, 7, 3, 3]
    assert [learned.gap(touch).learned for touch in range(1, 8)] == [True, False, True, True, False, False, False]
    assert learned.gap(1).reason == "as learned: proof of gap 1"


def test_gaps_outside_the_bounds_are_brought_to_them():
    learned = rhythm(guidance(gaps=(0, 15, -3, 99)))
    assert [learned.gap(touch).days for touch in range(1, 6)] == [1, 14, 1, 14, 7]


def test_a_finding_without_a_proof_is_still_named():
    learned = rhythm(Guidance(best_days=(0,), gaps=(2,)))
    assert learned.days.reasons == ("best day Monday",)
    assert learned.gap(1).reason == "as learned"
