import json
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from engines.channels import PlanRefused
from engines.plan import draw, plan
from engines.seats import Seat, Seats
from patterns.guidance import Guidance
from tests.engines.guided import LEAD, guidance, planned_lead, winning

SYDNEY = ZoneInfo("Australia/Sydney")
MONDAY = datetime(2026, 3, 2, 8, tzinfo=SYDNEY)
DEFAULTS = Guidance.defaults()


def times(made):
    return [touch.at.strftime("%a %d %b %H:%M %z") for touch in made.touches]


def full(until, cap=1, number=1):
    """A sender that is booked up on each of the days from MONDAY to `until`."""
    days = (until - MONDAY.date()).days + 1
    return Seat(
        UUID(int=number),
        f"{number}@example.com",
        cap,
        {MONDAY.date() + timedelta(days=day): cap for day in range(days)},
    )


def test_the_plan_by_defaults_value_by_value():
    made = plan(planned_lead(), DEFAULTS, MONDAY)
    assert made.payload() == {
        "lead_id": str(LEAD),
        "sequence": [
            {"touch_number": number, "channel": channel}
            for number, channel in enumerate(["email", "linkedin", "email", "sms", "voice", "email"], start=1)
        ],
        "scheduled_touches": [
            {
                "touch_number": 1,
                "channel": "email",
                "scheduled_at": "2026-03-03T10:00:00+11:00",
                "day_of_week": 1,
                "hour": 10,
                "reason": "email, the default; Tuesday, a default day; 10:00, a default hour; no sender of email is known, "
                "so no daily cap",
            },
            {
                "touch_number": 2,
                "channel": "linkedin",
                "scheduled_at": "2026-03-05T14:00:00+11:00",
                "day_of_week": 3,
                "hour": 14,
                "reason": "linkedin, the default; at least 2 days after touch 1, the default; Thursday, a default day; "
                "14:00, a default hour; no sender of linkedin is known, so no daily cap",
            },
            {
                "touch_number": 3,
                "channel": "email",
                "scheduled_at": "2026-03-10T09:00:00+11:00",
                "day_of_week": 1,
                "hour": 9,
                "reason": "email, the default; at least 3 days after touch 2, the default; Tuesday, a default day; 09:00, a "
                "default hour; no sender of email is known, so no daily cap",
            },
            {
                "touch_number": 4,
                "channel": "sms",
                "scheduled_at": "2026-03-17T10:00:00+11:00",
                "day_of_week": 1,
                "hour": 10,
                "reason": "sms, the default; at least 4 days after touch 3, the default; Tuesday, a default day; 10:00, a "
                "default hour; no sender of sms is known, so no daily cap",
            },
            {
                "touch_number": 5,
                "channel": "voice",
                "scheduled_at": "2026-03-24T14:00:00+11:00",
                "day_of_week": 1,
                "hour": 14,
                "reason": "voice, the default; at least 5 days after touch 4, the default; Tuesday, a default day; 14:00, a "
                "default hour; no sender of voice is known, so no daily cap",
            },
            {
                "touch_number": 6,
                "channel": "email",
                "scheduled_at": "2026-03-31T14:00:00+11:00",
                "day_of_week": 1,
                "hour": 14,
                "reason": "email, the default; at least 7 days after touch 5, the default; Tuesday, a default day; 14:00, a "
                "default hour; no sender of email is known, so no daily cap",
            },
        ],
        "patterns_used": {"who": False, "what": False, "when": False, "how": False},
        "arm": "default",
    }
    assert (made.propensity, made.versions) == (1.0, {})


def test_the_same_arguments_give_the_same_bytes():
    known = guidance(best_days=(0, 3), gaps=(3, None, 2, None, None), best_first_channel="voice")
    first, second = (json.dumps(plan(planned_lead(), known, MONDAY).payload()) for _ in range(2))
    assert first == second
    elsewhere = plan(planned_lead(), known, MONDAY.astimezone(ZoneInfo("America/Lima")))
    assert json.dumps(elsewhere.payload()) == first


@pytest.mark.parametrize(
    ("as_of", "first"),
    [
        (datetime(2026, 3, 3, 9, 59, 59, tzinfo=SYDNEY), "Tue 03 Mar 10:00 +1100"),
        (datetime(2026, 3, 3, 10, 0, tzinfo=SYDNEY), "Tue 03 Mar 14:00 +1100"),  # after as_of, not at it
        (datetime(2026, 3, 3, 14, 0, tzinfo=SYDNEY), "Wed 04 Mar 10:00 +1100"),
        (datetime(2026, 3, 5, 13, 59, tzinfo=SYDNEY), "Thu 05 Mar 14:00 +1100"),
        (datetime(2026, 3, 5, 15, 0, tzinfo=SYDNEY), "Tue 10 Mar 10:00 +1100"),
        (datetime(2026, 3, 2, 23, 30, tzinfo=UTC), "Tue 03 Mar 14:00 +1100"),  # 10:30 on Tuesday at the lead
    ],
)
def test_the_first_touch_comes_after_the_moment(as_of, first):
    assert times(plan(planned_lead(), DEFAULTS, as_of, touch_count=1)) == [first]


def test_holidays_of_the_leads_country_are_passed_over():
    january = datetime(2026, 1, 23, 8, tzinfo=SYDNEY)
    monday = guidance(best_days=(0,))
    made = plan(planned_lead(), monday, january, touch_count=1)
    assert times(made) == ["Mon 02 Feb 10:00 +1100"]
    assert "passed over: 26 January (Australia Day)" in made.touches[0].reason
    abroad = plan(planned_lead(country="New Zealand"), monday, january, touch_count=1)
    assert times(abroad) == ["Mon 26 Jan 10:00 +1100"]


def test_a_country_without_known_holidays_is_said():
    made = plan(planned_lead(country=""), DEFAULTS, MONDAY)
    assert made.touches[0].reason.endswith("no public holidays known: the country is unknown")
    assert "holidays" not in made.touches[1].reason


def test_a_zone_that_is_not_the_leads_own_is_said():
    made = plan(planned_lead(timezone=""), DEFAULTS, MONDAY)
    assert "time zone: no time zone is known, so that of Australia: Australia/Sydney" in made.touches[0].reason
    assert "time zone" not in plan(planned_lead(), DEFAULTS, MONDAY).touches[0].reason


def test_learned_days_hours_and_gaps():
    known = guidance(best_days=(4, 0), best_hours=(16,), gaps=(3, 1, None, None, 14))
    made = plan(planned_lead(), known, MONDAY)
    assert times(made) == [
        "Mon 02 Mar 16:00 +1100",
        "Fri 06 Mar 16:00 +1100",
        "Mon 09 Mar 16:00 +1100",
        "Fri 13 Mar 16:00 +1100",
        "Fri 20 Mar 16:00 +1100",
        "Fri 10 Apr 16:00 +1000",  # Good Friday and Easter Monday lie between
    ]
    assert made.patterns_used == {"who": False, "what": False, "when": True, "how": False}
    assert (made.arm, made.versions) == ("learned", {"when": 2})
    assert (
        "at least 3 days after touch 1, as learned: proof of gap 1; best day Friday: proof of day 4"
        in made.touches[1].reason
    )


def test_a_day_that_the_country_never_works_on_gives_way():
    made = plan(planned_lead(), guidance(best_days=(6,)), MONDAY, touch_count=1)
    assert times(made) == ["Mon 02 Mar 10:00 +1100"]
    assert "Monday, since no preferred day was free within 28 days" in made.touches[0].reason
    assert made.patterns_used["when"] is False
    riyadh = planned_lead(timezone="Asia/Riyadh", country="Saudi Arabia")
    assert times(plan(riyadh, guidance(best_days=(6,)), MONDAY, touch_count=1)) == ["Sun 08 Mar 10:00 +0300"]


def test_days_to_avoid_are_used_only_where_no_other_is_left():
    sundays = guidance(best_days=(6,), avoid_days=(0, 1))
    assert times(plan(planned_lead(), sundays, MONDAY, touch_count=1)) == ["Wed 04 Mar 10:00 +1100"]
    never = guidance(best_days=(6,), avoid_days=(0, 1, 2, 3, 4))
    assert times(plan(planned_lead(), never, MONDAY, touch_count=1)) == ["Mon 02 Mar 10:00 +1100"]


def test_nobody_is_called_in_quiet_hours():
    late = guidance(best_hours=(22, 20))
    made = plan(planned_lead(), late, MONDAY)
    assert [(touch.channel, touch.at.hour) for touch in made.touches] == [
        ("email", 22),
        ("linkedin", 22),
        ("email", 22),
        ("sms", 20),
        ("voice", 20),
        ("email", 22),
    ]
    night = plan(planned_lead(), guidance(best_hours=(3,)), MONDAY)
    assert [touch.at.hour for touch in night.touches if touch.channel in ("sms", "voice")] == [10, 14]


def test_touch_count():
    assert len(plan(planned_lead(), DEFAULTS, MONDAY).touches) == 6
    made = plan(planned_lead(), DEFAULTS, MONDAY, touch_count=9)
    assert [touch.channel for touch in made.touches][6:] == ["email", "linkedin", "email"]
    assert "at least 3 days after touch 8, the default" in made.touches[8].reason


def test_a_sequence_by_hand_is_kept():
    known = guidance(winning_sequences=(winning("email email"),), best_first_channel="voice")
    made = plan(planned_lead(tier="hot"), known, MONDAY, sequence=["sms", "sms", "email"], holdout_share=0.5)
    assert [touch.channel for touch in made.touches] == ["sms", "sms", "email"]
    assert (made.arm, made.propensity) == ("manual", None)
    assert made.patterns_used["how"] is False
    with pytest.raises(PlanRefused, match="touch 1 cannot be made by mail: no postal address"):
        plan(planned_lead(), known, MONDAY, sequence=["mail"])
    with pytest.raises(ValueError, match="touch_count is 6, but the sequence has 1 touches"):
        plan(planned_lead(), known, MONDAY, sequence=["sms"], touch_count=6)


class TestCaps:
    def test_a_touch_waits_for_the_senders_next_free_day(self):
        seats = Seats({"email": [full(date(2026, 3, 4))]}, SYDNEY)
        made = plan(planned_lead(), DEFAULTS, MONDAY, seats=seats, touch_count=1)
        assert times(made) == ["Thu 05 Mar 10:00 +1100"]
        assert made.touches[0].sender == UUID(int=1)
        assert made.touches[0].reason.endswith("senders booked up on 2 earlier days; from 1@example.com")

    def test_another_sender_is_taken_before_another_day(self):
        seats = Seats({"email": [full(date(2026, 3, 4)), Seat(UUID(int=2), "2@example.com", 1)]}, SYDNEY)
        made = plan(planned_lead(), DEFAULTS, MONDAY, seats=seats, touch_count=1)
        assert (times(made), made.touches[0].sender) == (["Tue 03 Mar 10:00 +1100"], UUID(int=2))

    def test_the_lead_hears_from_the_same_sender_again(self):
        first = Seat(UUID(int=1), "1@example.com", 1, {date(2026, 3, 3): 1})
        seats = Seats({"email": [first, Seat(UUID(int=2), "2@example.com", 1, {date(2026, 3, 10): 1})]}, SYDNEY)
        made = plan(planned_lead(), DEFAULTS, MONDAY, seats=seats, sequence=["email", "voice", "email"])
        assert [touch.sender for touch in made.touches] == [UUID(int=2), None, UUID(int=2)]
        assert times(made)[2] == "Wed 11 Mar 09:00 +1100"

    def test_after_four_weeks_any_business_day_will_do(self):
        seats = Seats({"email": [full(date(2026, 4, 1))]}, SYDNEY)
        made = plan(planned_lead(), DEFAULTS, MONDAY, seats=seats, touch_count=1)
        assert times(made) == ["Thu 02 Apr 10:00 +1100"]  # the 32nd day
        assert "Thursday, since no preferred day was free within 28 days" in made.touches[0].reason

    def test_senders_that_are_booked_up_for_a_year(self):
        seats = Seats({"email": [full(date(2027, 3, 3))]}, SYDNEY)
        with pytest.raises(PlanRefused, match="touch 1 finds no place by email within 366 days of 02 March 2026"):
            plan(planned_lead(), DEFAULTS, MONDAY, seats=seats)

    def test_a_channel_without_an_active_sender_is_replaced(self):
        seats = Seats({"sms": [], "voice": []}, SYDNEY)
        made = plan(planned_lead(), DEFAULTS, MONDAY, seats=seats)
        assert [touch.channel for touch in made.touches] == ["email", "linkedin", "email", "email", "email", "email"]
        assert made.touches[3].reason.startswith("email in place of sms (no active sender); sms, the default")

    def test_the_senders_days_are_the_clients(self):
        """16:00 on Tuesday in New York is Wednesday in Sydney, where the sender is full."""
        lead = planned_lead(timezone="America/New_York", country="United States")
        seats = Seats({"email": [Seat(UUID(int=1), "1@example.com", 1, {date(2026, 3, 4): 1})]}, SYDNEY)
        made = plan(lead, guidance(best_hours=(16,)), MONDAY, seats=seats, touch_count=1)
        assert times(made) == ["Wed 04 Mar 16:00 -0500"]


class TestClockChanges:
    def test_gaps_count_days_of_the_leads_clock(self):
        berlin = planned_lead(timezone="Europe/Berlin", country="Germany")
        thursday = datetime(2026, 3, 25, 12, tzinfo=UTC)
        made = plan(berlin, guidance(best_days=(3, 0), best_hours=(10,), gaps=(4, 7)), thursday, touch_count=2)
        assert times(made) == ["Thu 26 Mar 10:00 +0100", "Mon 30 Mar 10:00 +0200"]  # 95 hours

    def test_an_hour_that_the_clock_skips_is_not_used(self):
        """Cairo's clock goes from 0:00 to 1:00 on a Friday, which is taken for a business day where no country is known."""
        cairo = planned_lead(timezone="Africa/Cairo", country="")
        made = plan(cairo, guidance(best_days=(4,), best_hours=(0,)), datetime(2026, 4, 20, tzinfo=UTC), touch_count=1)
        assert times(made) == ["Fri 01 May 00:00 +0300"]  # not 24 April
        both = plan(
            cairo, guidance(best_days=(4,), best_hours=(0, 1)), datetime(2026, 4, 20, tzinfo=UTC), touch_count=1
        )
        assert times(both) == ["Fri 24 Apr 01:00 +0300"]

    def test_an_hour_that_comes_twice_is_the_first(self):
        berlin = planned_lead(timezone="Europe/Berlin", country="Saudi Arabia")  # where Sunday is a working day
        twice = guidance(best_days=(6,), best_hours=(2,))
        made = plan(berlin, twice, datetime(2026, 10, 24, tzinfo=UTC), touch_count=1)
        assert made.touches[0].at.isoformat() == "2026-10-25T02:00:00+02:00"
        between = plan(berlin, twice, datetime(2026, 10, 25, 0, 30, tzinfo=UTC), touch_count=1)
        assert times(between) == ["Sun 01 Nov 02:00 +0100"]  # the second 2:00 is still to come, but is not used

    def test_a_day_that_a_zone_leaves_out(self):
        apia = planned_lead(timezone="Pacific/Apia", country="")
        made = plan(apia, guidance(best_days=(4,), gaps=(1,)), datetime(2011, 12, 27, tzinfo=UTC), touch_count=1)
        assert times(made) == ["Fri 06 Jan 10:00 +1400"]


class TestHoldout:
    known = guidance(best_days=(0,))

    def test_nothing_is_drawn_by_default(self):
        assert plan(planned_lead(), self.known, MONDAY).arm == "learned"
        assert plan(planned_lead(), self.known, MONDAY).propensity == 1.0

    def test_a_lead_that_is_held_out_gets_the_defaults_and_is_told_so(self):
        held = plan(planned_lead(), self.known, MONDAY, holdout_share=1.0)
        usual = plan(planned_lead(), DEFAULTS, MONDAY)
        assert times(held) == times(usual)
        assert (held.arm, held.propensity, held.versions) == ("default", 1.0, {})
        assert held.touches[0].reason == (
            "held out by the draw of 100% of the leads, so by the defaults: " + usual.touches[0].reason
        )

    def test_the_share_and_its_probabilities(self):
        leads = [planned_lead(id=UUID(int=number)) for number in range(1000)]
        made = [plan(lead, self.known, MONDAY, touch_count=1, holdout_share=0.2) for lead in leads]
        held = [one for one in made if one.arm == "default"]
        assert len(held) == 220
        assert {one.propensity for one in held} == {0.2}
        assert {one.propensity for one in made if one.arm == "learned"} == {0.8}

    def test_the_draw_is_of_the_lead_and_the_patterns_versions_alone(self):
        assert draw(LEAD, {"how": 4, "when": 2}) == draw(LEAD, {"when": 2, "how": 4}) == 0.3048267848416523
        assert draw(LEAD, {"how": 4, "when": 3}) == 0.8005553241851129

    def test_where_nothing_was_learned_nothing_is_drawn(self):
        made = plan(planned_lead(), DEFAULTS, MONDAY, holdout_share=0.5)
        assert (made.arm, made.propensity) == ("default", 1.0)

    @pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
    def test_a_share_that_is_none(self, share):
        with pytest.raises(ValueError, match="holdout_share"):
            plan(planned_lead(), self.known, MONDAY, holdout_share=share)


@pytest.mark.parametrize(
    "as_of",
    [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC), datetime(2026, 3, 2)],  # noqa: DTZ001 (the case)
)
def test_absurd_moments_are_refused(as_of):
    with pytest.raises(ValueError, match="as_of"):
        plan(planned_lead(), DEFAULTS, as_of)


@pytest.mark.parametrize("year", [1970, 2099])
def test_the_first_and_the_last_year(year):
    made = plan(planned_lead(), DEFAULTS, datetime(year, 12, 30, tzinfo=UTC))
    assert [touch.number for touch in made.touches] == [1, 2, 3, 4, 5, 6]
