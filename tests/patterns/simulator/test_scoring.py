"""The points of many leads at once are those that the score's own rules give each of them."""

from types import SimpleNamespace

from conversion.als import components_of, score, tier
from conversion.vocabulary import TIERS, Tier
from patterns.simulator.rows import person_row
from patterns.simulator.scoring import ICP, NOTHING
from tests.patterns.simulator.worlds import made

WORDS = {"true": True, "false": False, "": None}


def as_lead(row):
    known = {name: WORDS.get(value, value) for name, value in row.items() if name in NOTHING}
    known["employee_count"] = int(row["employee_count"]) if row["employee_count"] else None
    return SimpleNamespace(**{**NOTHING, **known})


def test_points_and_tiers_are_those_of_the_rules():
    people = made("null").people
    for lead in range(600):
        components = components_of(as_lead(person_row(people, lead)), ICP)
        points = people.points[lead].tolist()
        assert points == [
            components.data_quality,
            components.authority,
            components.company_fit,
            components.timing,
            components.risk,
        ]
        assert TIERS[people.tier[lead]] == tier(score(components))


def test_there_are_leads_of_every_tier():
    people = made("null").people
    assert [(people.tier == TIERS.index(name)).sum() > 200 for name in (Tier.HOT, Tier.WARM, Tier.COOL)] == [True] * 3
