"""Planned together, leads are put on the plans that they are put on one after another."""

from copy import deepcopy
from dataclasses import replace
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.channels import PlanRefused
from engines.plan import plan
from engines.planner import Planner
from engines.seats import Seat, Seats
from tests.engines.guided import guidance, planned_lead
from tests.engines.test_plan import MONDAY, SYDNEY
from tests.engines.test_plan_properties import guidances, leads, moments, seatings, sequences


def outcome(decide, lead):
    try:
        return decide(lead)
    except (PlanRefused, ValueError) as answer:
        return f"{type(answer).__name__}: {answer}"


def booked(seats):
    return [one.booked for those in seats.of.values() for one in those]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(known=guidances, some=st.lists(leads, min_size=1, max_size=3), as_of=moments, data=st.data())
def test_leads_that_are_planned_together_are_planned_as_one_after_another(known, some, as_of, data):
    seats, sequence = data.draw(seatings(as_of)), data.draw(st.none() | sequences)
    many = [replace(lead, id=UUID(int=number)) for number, lead in enumerate(some * 5)]
    terms = {"touch_count": None, "sequence": sequence, "holdout_share": 0.3}
    planner, apart = Planner(known, as_of, deepcopy(seats), **terms), deepcopy(seats)

    def alone(lead):
        made = plan(lead, known, as_of, seats=apart, **terms)
        apart.book((touch.sender, touch.at) for touch in made.touches)
        return made

    for lead in many:
        assert outcome(planner.plan, lead) == outcome(alone, lead)
        assert booked(planner.seats) == booked(apart)


def test_leads_alike_share_their_touches_while_there_is_room():
    seat = Seat(UUID(int=1), "1@example.com", 2)
    planner = Planner(guidance(), MONDAY, Seats({"email": [seat]}, SYDNEY), touch_count=1)
    made = [planner.plan(planned_lead(id=UUID(int=number))) for number in range(3)]
    assert [one.lead_id for one in made] == [UUID(int=number) for number in range(3)]
    assert made[0].touches is made[1].touches
    assert [one.touches[0].at.day for one in made] == [3, 3, 4]
    assert sum(seat.booked.values()) == 3
